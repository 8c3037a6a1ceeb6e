"""Print rows: for people as a table or as blocks, for programs as one JSON object a line."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, cast

import click

from ccell_mock_server.commands import output
from ccell_mock_server.commands.terminal import fold, is_coloured, visible, width

Row = dict[str, Any]

# Rich lays out such tables, too, but takes a second for a thousand rows.
_FRAME = ("┏━┳┓", "┃ ┃┃", "┡━╇┩", "│ ││", "└─┴┘")
_ASCII_FRAME = ("+-++", "| ||", "|-+|", "| ||", "+-++")
"""The lines of a table: above the head, the head, below it, a row, and below the rows.

Each has its left end, what fills it, what separates columns, and its right end.
"""


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
        output.echo("\n".join(_layout(rows)))


def line(row: Row, *, as_json: bool) -> str:
    """Return a row as one line: JSON, or the values."""
    return output.as_json(row) if as_json else fold("  ".join(map(_shown, row.values())))


def _shown(value: object) -> str:
    """Return a value as it is shown. It may come from strangers."""
    return visible(", ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value))


def _layout(rows: Sequence[Row]) -> Iterator[str]:
    from rich.cells import cell_len  # noqa: PLC0415 - not every command prints rows

    names = list(dict.fromkeys(chain.from_iterable(rows)))
    table = [list(map(visible, names)), *([_shown(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    if sum(widths) + 3 * len(widths) + 1 > width():
        return _blocks(table)
    padded = [[cell + " " * (wide - cell_len(cell)) for cell, wide in zip(row, widths, strict=True)] for row in table]
    return _framed(padded, widths)


def _framed(table: list[list[str]], widths: list[int]) -> Iterator[str]:
    above, head, below_head, body, below = _FRAME if output.encoding().lower().startswith("utf") else _ASCII_FRAME
    names, *rows = table
    yield _ruled(above, widths)
    yield _row(head, map(_bold, names))
    yield _ruled(below_head, widths)
    yield from (_row(body, cells) for cells in rows)
    yield _ruled(below, widths)


def _ruled(ends: str, widths: Iterable[int]) -> str:
    return _row(ends, (ends[1] * wide for wide in widths))


def _row(ends: str, cells: Iterable[str]) -> str:
    fill = ends[1]
    return ends[0] + ends[2].join(f"{fill}{cell}{fill}" for cell in cells) + ends[3]


def _blocks(table: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a block for each row. A name that takes more than half of the width has a line of its own."""
    from rich.cells import cell_len  # noqa: PLC0415 - likewise

    names, *rows = table
    longest = max(cell_len(name) for name in names) + 1
    indent = min(longest + 1, width() // 2)
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, value in zip(names, row, strict=True):
            if not value:
                continue
            label, lines = f"{name}:", fold(value, width() - indent).split("\n")
            if cell_len(label) < indent:
                yield _bold(label) + " " * (indent - cell_len(label)) + lines.pop(0)
            else:
                yield _bold(fold(label))
            yield from (" " * indent + one for one in lines)


def _bold(text: str) -> str:
    return click.style(text, bold=True) if is_coloured() else text
