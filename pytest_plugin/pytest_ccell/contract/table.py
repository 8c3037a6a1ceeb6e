"""The results of a run as the terminal shows them: a line for each clause and question."""

from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.table import Table

from ccell_fake.contract.results import CheckOutcome, Result


def rendered(results: Iterable[Result], width: int) -> str:
    """The table, so many columns wide."""
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("", "outcome", "what it is about"):
        table.add_column(name, overflow="fold")
    for id_, of_one in groupby(results, key=lambda result: result.id):
        grouped = list(of_one)
        table.add_row(id_, ", ".join(_verdicts(grouped)), "\n".join([grouped[0].says, *_notes(grouped)]))
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
    lines = (
        f"{f'{result.aspect}: ' if result.aspect else ''}{result.note.splitlines()[0]}"
        for result in results
        if result.note
    )
    return list(dict.fromkeys(lines))
