"""Profiles: a gateway's answers to the open questions, to configure an emulator or to compare with."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ccell_fake.contract.checks import AnswerValue
from ccell_fake.contract.results import CheckOutcome, ContractRun
from ccell_fixtures.registries import ASSUMPTIONS

_LONGEST = 300


def from_run(run: ContractRun) -> dict[str, dict[str, Any]]:
    """The profile of a run: answer, evidence and date of each question with exactly one answer."""
    profile: dict[str, dict[str, Any]] = {}
    for result in run.results:
        if result.outcome is CheckOutcome.ANSWERED and result.answer is not None:
            answer = list(result.answer) if isinstance(result.answer, tuple) else result.answer
            evidence = _last_exchange(result.evidence, result.note)
            profile[result.id] = {"answer": answer, "evidence": evidence, "date": run.at.date()}
    settled = {id_ for id_ in profile if len({one.answer for one in run.results if one.id == id_} - {None}) == 1}
    return {id_: profile[id_] for id_ in ASSUMPTIONS if id_ in settled}


def _last_exchange(exchanges: Iterable[Mapping[str, Any]], note: str) -> str:
    """The note and the last exchange, in a few lines."""
    lines = [note] if note else []
    for exchange in list(exchanges)[-1:]:
        request, answer = _shorten(exchange.get("body") or exchange.get("query")), _shorten(exchange.get("answer"))
        lines.append(f"{exchange['method']} {exchange['path']} {request} -> {exchange.get('status')} {answer}")
    return "\n".join(lines)


def _shorten(value: object) -> str:
    text = str(value or "")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def keep_unanswered(profile: Mapping[str, Mapping[str, Any]], run: ContractRun) -> dict[str, Mapping[str, Any]]:
    """The entries of an earlier profile for questions that a run did not answer."""
    answered = {result.id for result in run.results if result.outcome is CheckOutcome.ANSWERED}
    return {id_: entry for id_, entry in profile.items() if id_ not in answered}


def to_toml(profile: Mapping[str, Mapping[str, Any]]) -> str:
    """A profile as TOML, in the order of the registry."""
    return tomli_w.dumps({id_: dict(profile[id_]) for id_ in ASSUMPTIONS if id_ in profile}, multiline_strings=True)


def write(path: Path, profile: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a profile atomically.

    Raises:
        OSError: The file cannot be written.
    """
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(to_toml(profile), "utf-8")
    partial.replace(path)


def find_differences(expected: Mapping[str, AnswerValue], answers: Mapping[str, AnswerValue]) -> tuple[str, ...]:
    """One line for each answer that differs from a profile. Unanswered questions do not differ."""
    return tuple(
        f"{id_}: {_render(answers[id_])}, not {_render(answer)} ({ASSUMPTIONS[id_].question})"
        for id_, answer in expected.items()
        if id_ in answers and answers[id_] != answer
    )


def _render(answer: AnswerValue) -> str:
    return answer if isinstance(answer, str) else ", ".join(answer)
