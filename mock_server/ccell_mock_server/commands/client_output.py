"""What the client's commands print: a table for people, or one JSON object a line for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, cast

import click

from ccell_fake.client import AccountStatus, ClientError, Report, Resp, Submit, Upmsg

Row = dict[str, Any]

# Where no terminal sets a width, nothing is to be cut or wrapped.
_WIDE = 10_000


def rows_of_resps(resps: Iterable[Resp], unanswered: Iterable[str]) -> list[Row]:
    """A row for each number that was answered, and for each that its answer left out."""
    answered = [_row("accepted" if resp.is_accepted else "refused", resp) for resp in resps]
    return answered + [_row("unanswered", Resp("", phone, "", "")) for phone in unanswered]


def rows_of_error(error: ClientError) -> list[Row]:
    """The same for a send that failed, and a row for each number whose outcome is unknown, or that was not sent."""
    return [
        *rows_of_resps(error.resps, error.unanswered),
        *_rows_of_submits(error.unknown, "unknown"),
        *_rows_of_submits(error.unsent, "unsent"),
    ]


def _rows_of_submits(submits: Iterable[Submit], state: str) -> list[Row]:
    return [
        _row(state, Resp("", phone, "", "", one.linkid)) for one in submits for phone in (one.phone or "").split(",")
    ]


def _row(state: str, resp: Resp) -> Row:
    return {
        "phone": resp.phone,
        "state": state,
        "code": resp.code,
        "info": resp.info,
        "msgid": resp.msgid,
        "linkid": resp.linkid or "",
    }


def row_of(item: Report | Upmsg | AccountStatus) -> Row:
    """The fields of a report, an upstream message or an account, with times in ISO 8601."""
    row: Row = asdict(item)
    return row | {name: row[name].isoformat() for name in ("recvtime", "motime") if name in row}


def lines(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print each row on a line of its own, as soon as there is one."""
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(map(_legible, row.values())))


def show(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print rows, as a table unless as JSON; nothing where there are none."""
    every = list(rows)
    if as_json:
        lines(every, as_json=True)
    elif every:
        _table(every)


def _table(rows: Sequence[Row]) -> None:
    # Rich takes longer to import than the rest of a command.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    shown = Table(*rows[0])
    for row in rows:
        shown.add_row(*map(_legible, row.values()))
    width = None if sys.stdout.isatty() else _WIDE
    Console(width=width, markup=False, emoji=False, highlight=False).print(shown)


def _legible(value: object) -> str:
    """A value as a terminal may be given it: what a stranger's message holds must not steer it."""
    text = ", ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value)
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
