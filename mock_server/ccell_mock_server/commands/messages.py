"""The command `messages`: search the messages of an emulator."""

from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from ccell_fake.inspection import State
from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import json_lines, limit, since, userid
from ccell_mock_server.commands.rows import Row, print_rows

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient
    from ccell_fake.inspection import MessageRecord


@click.command(epilog=EXIT_CODES)
@control_command
@userid("Only messages of this account.")
@click.option("--phone", metavar="PATTERN", help="Only messages to these numbers, such as '138*'.")
@click.option("--content", metavar="PATTERN", help="Only messages with this text, such as '*1234*'.")
@click.option("--code", metavar="PATTERN", help="Only messages with this code: 0, or of a refusal, such as '1004*'.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only messages in this state.")
@since("Only messages submitted at this time or later")
@limit
@json_lines
def messages(
    control: "ControlClient",
    *,
    userid: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
    **conditions: Any,  # noqa: ANN401 - those of the control API
) -> None:
    """Search the messages of an emulator. The newest comes first.

    * in a PATTERN stands for any text. Times are in Asia/Shanghai, by the clock of each account. With --json, a
    message has all members that the control API gives it.
    """
    account = control if userid is None else control.account(userid)
    found = account.messages(newest_first=True, since=since, ignore_case=True, **conditions)
    print_rows((asdict(one) if as_json else _row(one) for one in islice(found, limit)), as_json=as_json)


def _row(one: "MessageRecord") -> Row:
    return {
        "submitted_at": f"{one.submitted_at:%Y-%m-%d %H:%M:%S}",
        "userid": one.userid,
        "phone": one.phone,
        "state": one.state,
        "code": one.code,
        "info": one.report.info if one.report else one.info,
        "content": one.content,
        "msgid": one.msgid,
        "linkid": one.linkid,
    }
