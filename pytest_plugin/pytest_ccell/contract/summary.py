"""Sections of the terminal summary: results, profile, changes and differences."""

from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ccell_fake.contract import profiles
from ccell_fake.contract.checks import AnswerValue
from ccell_fake.contract.results import CheckOutcome, ContractRun, Result

Section = tuple[str, str]
"""Title and text."""


def results_section(run: ContractRun, width: int) -> Section:
    """The table of results, `width` columns wide."""
    return f"ccell contract: {run.target}", render_table(run.results, width)


def profile_section(path: Path, answers: int, kept: int | None) -> Section:
    """The number of answers in a profile: of this run, and kept from before. `kept` is None if it was not written."""
    if kept is None:
        return "no profile was written", f"{path}: the run has no answers or is incomplete"
    fresh = "1 answer is" if answers == 1 else f"{answers} answers are"
    return "profile", f"{path}: {fresh} from this run, {kept} {'is' if kept == 1 else 'are'} kept from before"


def again_section(functions: Iterable[str]) -> Section:
    """The arguments of the command that run the failed tests again."""
    return "run the failed tests again", f'-- -k "{" or ".join(functions)}"'


def changes_section(run: ContractRun, earlier: ContractRun) -> Section:
    """The changes since an earlier run."""
    changes = [f"{name}: {then} -> {now}" for name, then, now in run.changes(earlier)]
    return f"changed since {earlier.at:%Y-%m-%d %H:%M}", "\n".join(changes) or "nothing"


def differences_section(profile: Mapping[str, AnswerValue], answers: Mapping[str, AnswerValue]) -> Section:
    """The differences from a profile."""
    differences = profiles.find_differences(profile, answers)
    nothing = "nothing" if answers else "no question of the profile was asked"
    return "differences from the profile", "\n".join(differences) or nothing


def render_table(results: Iterable[Result], width: int) -> str:
    """Render results as a table with one row for each clause, published fact and question."""
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("", "kind", "outcome", "what it is about"):
        table.add_column(name, overflow="fold")
    for id_, group in groupby(results, key=lambda result: result.id):
        grouped = list(group)
        about = "\n".join([grouped[0].says, *_notes(grouped)])
        table.add_row(id_, grouped[0].kind, ", ".join(_verdicts(grouped)), about)
    out = StringIO()
    Console(file=out, width=width, color_system=None, markup=False, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _verdicts(results: list[Result]) -> Iterator[str]:
    if len(results) == 1:
        yield results[0].verdict
        return
    yield from (result.verdict for result in results if result.outcome is CheckOutcome.ANSWERED)
    for outcome in (CheckOutcome.FAILED, CheckOutcome.PASSED, CheckOutcome.NOT_ASKED):
        count = sum(result.outcome is outcome for result in results)
        if count:
            yield f"{count} {outcome}"


def _notes(results: list[Result]) -> list[str]:
    notes = (
        f"{f'{result.aspect}: ' if result.aspect else ''}{result.note.splitlines()[0]}"
        for result in results
        if result.note
    )
    return list(dict.fromkeys(notes))
