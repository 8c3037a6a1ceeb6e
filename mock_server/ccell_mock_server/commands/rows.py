"""Print rows: for people as a table or as blocks, for programs as one JSON object a line."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, cast

from ccell_mock_server.commands import output
from ccell_mock_server.commands.terminal import UNLIMITED_WIDTH, console, fold, render, visible

Row = dict[str, Any]


def print_rows(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print rows as JSON lines, or as one table. Without rows, print nothing.

    A table that is wider than the terminal becomes a block for each row, with a line for each value that is not empty.

    Raises:
        Unwritten: Stdout cannot be written.
    """
    rows = list(rows)
    if as_json:
        for row in rows:
            output.echo(output.as_json(row))
    elif rows:
        output.echo(_layout(rows))


def line(row: Row, *, as_json: bool) -> str:
    """Return a row as one line: JSON, or the values."""
    return output.as_json(row) if as_json else fold("  ".join(map(shown, row.values())))


def shown(value: object) -> str:
    """Return a value as it is shown. It may come from strangers."""
    return visible(", ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value))


def _layout(rows: Sequence[Row]) -> str:
    from rich.table import Table  # noqa: PLC0415 - takes longer to import than the rest of a command

    on = console()
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    table = Table(*map(visible, names))
    for row in rows:
        table.add_row(*(shown(row.get(name, "")) for name in names))
    if on.measure(table, options=on.options.update(max_width=UNLIMITED_WIDTH)).maximum <= on.width:
        return render(table, on)
    blocks = Table.grid(padding=(0, 1, 0, 0))
    blocks.add_column(no_wrap=True, style="bold")
    blocks.add_column(overflow="fold")
    for number, row in enumerate(rows):
        if number:
            blocks.add_row()
        for name, value in row.items():
            if text := shown(value):
                blocks.add_row(f"{visible(name)}:", text)
    return render(blocks, on)
