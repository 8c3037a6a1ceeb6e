"""Print the results of the client's commands: as tables for people, or one JSON object a line for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, cast

import click

from ccell_fake.client import (
    AccountStatus,
    ClientError,
    Malformed,
    Report,
    Resp,
    Submit,
    Upmsg,
)

Row = dict[str, Any]

# Without a terminal there is no width, and nothing must be cut or wrapped.
_UNLIMITED_WIDTH = 10_000


def resp_rows(resps: Iterable[Resp], unanswered: Iterable[str]) -> list[Row]:
    """Return a row for each answered number, and for each number that the answer omits."""
    rows = [_row("accepted" if resp.is_accepted else "refused", resp) for resp in resps]
    return rows + [_row("unanswered", Resp("", phone, "", "")) for phone in unanswered]


def error_rows(error: ClientError) -> list[Row]:
    """Return the rows of a failed send, including the numbers that are unsent or whose outcome is unknown."""
    return [
        *resp_rows(error.resps, error.unanswered),
        *_submit_rows(error.unknown, "unknown"),
        *_submit_rows(error.unsent, "unsent"),
    ]


def _submit_rows(submits: Iterable[Submit], state: str) -> list[Row]:
    return [
        _row(state, Resp("", phone, "", "", one.linkid)) for one in submits for phone in (one.phone or "").split(",")
    ]


def _row(state: str, resp: Resp) -> Row:
    others = {name: getattr(resp, name) or "" for name in ("code", "info", "msgid", "linkid")}
    return {"phone": resp.phone, "state": state, **others}


def item_row(item: Report | Upmsg | Malformed | AccountStatus) -> Row:
    """Return the fields of a report, an upstream message or an account, with times in ISO 8601.

    The row of a malformed item has its attributes as they came, and the violation as `malformed`.
    """
    if isinstance(item, Malformed):
        return {**item.attributes, "malformed": item.reason}
    row: Row = asdict(item)
    return row | {name: row[name].isoformat() for name in ("recvtime", "motime") if name in row}


def print_lines(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print each row on its own line as soon as it arrives."""
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(map(_printable, row.values())))


def print_rows(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print rows as JSON lines or as one table. Without rows, print nothing."""
    rows = list(rows)
    if as_json:
        print_lines(rows, as_json=True)
    elif rows:
        _print_table(rows)


def _print_table(rows: Sequence[Row]) -> None:
    # Rich takes longer to import than the rest of a command.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*map(_printable, columns))
    for row in rows:
        table.add_row(*(_printable(row.get(name, "")) for name in columns))
    width = None if sys.stdout.isatty() else _UNLIMITED_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)


def _printable(value: object) -> str:
    """Replace characters that could control the terminal: the text may come from strangers."""
    text = ", ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value)
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
