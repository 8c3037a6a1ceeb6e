"""Profiles: what a gateway answered to the open questions, for the emulator to go by and others to be held against."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ccell_fake.contract.checks import Given
from ccell_fake.contract.results import CheckOutcome, ContractRun
from ccell_fixtures.registries import ASSUMPTIONS

_LONGEST = 300


def of(run: ContractRun) -> dict[str, dict[str, Any]]:
    """The profile of a run: answer, evidence and date of each question that it answered, and answered only one way."""
    profile: dict[str, dict[str, Any]] = {}
    for result in run.results:
        if result.outcome is CheckOutcome.ANSWERED and result.answer is not None:
            answer = list(result.answer) if isinstance(result.answer, tuple) else result.answer
            profile[result.id] = {
                "answer": answer,
                "evidence": _evidence(result.evidence, result.note),
                "date": run.at.date(),
            }
    settled = {id_ for id_ in profile if len({one.answer for one in run.results if one.id == id_} - {None}) == 1}
    return {id_: profile[id_] for id_ in ASSUMPTIONS if id_ in settled}


def _evidence(exchanges: Iterable[Mapping[str, Any]], note: str) -> str:
    """The exchange that settled it, in a few lines."""
    lines = [note] if note else []
    for exchange in list(exchanges)[-1:]:
        asked, answered = _short(exchange.get("body") or exchange.get("query")), _short(exchange.get("answer"))
        lines.append(f"{exchange['method']} {exchange['path']} {asked} -> {exchange.get('status')} {answered}")
    return "\n".join(lines)


def _short(held: object) -> str:
    text = str(held or "")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def kept(earlier: Mapping[str, Mapping[str, Any]], run: ContractRun) -> dict[str, Mapping[str, Any]]:
    """What an earlier profile says of the questions that a run did not answer."""
    answered = {result.id for result in run.results if result.outcome is CheckOutcome.ANSWERED}
    return {id_: entry for id_, entry in earlier.items() if id_ not in answered}


def written(profile: Mapping[str, Mapping[str, Any]]) -> str:
    """A profile as TOML, in the order of the registry."""
    return tomli_w.dumps({id_: dict(profile[id_]) for id_ in ASSUMPTIONS if id_ in profile}, multiline_strings=True)


def write(path: Path, profile: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a profile, all of it or nothing.

    Raises:
        OSError: It cannot be written.
    """
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(written(profile), "utf-8")
    beside.replace(path)


def differences(expected: Mapping[str, Given], found: Mapping[str, Given]) -> tuple[str, ...]:
    """What a gateway answers otherwise than a profile says, a line each; what it was not asked is none."""
    return tuple(
        f"{id_}: {_shown(found[id_])}, not {_shown(answer)} ({ASSUMPTIONS[id_].question})"
        for id_, answer in expected.items()
        if id_ in found and found[id_] != answer
    )


def _shown(answer: Given) -> str:
    return answer if isinstance(answer, str) else ", ".join(answer)
