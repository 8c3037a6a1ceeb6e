"""The command `journal`: list the requests that an emulator got, with the reason for each answer."""

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import json_lines, limit, userid
from ccell_mock_server.commands.rows import Row, print_rows

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient
    from ccell_fake.inspection import RequestRecord


@click.command(epilog=EXIT_CODES)
@control_command
@userid("Only requests of this account.")
@click.option("--code", metavar="PATTERN", help="Only answers with this code, also of one number, such as '1004*'.")
@click.option("--text", metavar="PATTERN", help="Only requests with this text, such as '*13800000000*'.")
@click.option("--refused", is_flag=True, help="Only requests that were refused as a whole.")
@click.option("--position", type=click.IntRange(min=1), help="Only the request at this position, with its whole text.")
@limit
@json_lines
def journal(
    control: "ControlClient",
    *,
    userid: str | None,
    code: str | None,
    text: str | None,
    refused: bool,
    position: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the requests of an emulator, with the rule that decided each answer. The newest comes first.

    * in a PATTERN stands for any text. Times are in Asia/Shanghai, by the clock of each account. With --json, a
    request has all members that the control API gives it.
    """
    if position is not None:
        found = [_at(control, position)]
    else:
        asked = control.requests(userid=userid, code=code, text=text, is_refused=True if refused else None)
        found = [*islice(asked, limit)]
    if as_json:
        print_rows(map(asdict, found), as_json=True)
    else:
        print_rows((_row(one) | (_texts(one) if position else {}) for one in found), as_json=False)


def _at(control: "ControlClient", position: int) -> "RequestRecord":
    from ccell_fake.inspection import RequestRecord  # noqa: PLC0415 - slow to import

    found = next(control.pages(RequestRecord, "/v1/requests", cursor=position + 1, limit=1), None)
    if found is None or found.position != position:
        message = f"the journal has no request at position {position}: none came, or its entry was dropped"
        raise click.ClickException(message)
    return found


def _row(one: "RequestRecord") -> Row:
    return {
        "position": one.position,
        "at": f"{one.at:%Y-%m-%d %H:%M:%S}",
        "userid": one.userid,
        "operation": one.operation or "",
        "code": one.code,
        "rule": one.rule,
        "basis": one.basis,
        "explanation": tuple(one.explanation.splitlines()),
    }


def _texts(one: "RequestRecord") -> Row:
    return {
        "request": one.request,
        "answer": "" if one.answer is None else one.answer,
        "delivery": one.delivery,
        "items": one.items,
        "door": one.door or "",
        "peer": one.peer,
        "place": one.place,
        "duration": f"{one.duration} µs",
    }
