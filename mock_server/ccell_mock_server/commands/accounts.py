"""The command `accounts`: list the accounts of an emulator, with what goes on at each."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import json_lines, userid
from ccell_mock_server.commands.rows import Row, print_rows

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient
    from ccell_fake.inspection import AccountActivity, AccountRecord, ClockStatus


@click.command(epilog=EXIT_CODES)
@control_command
@userid("Only this account.")
@json_lines
def accounts(control: "ControlClient", *, userid: str | None, as_json: bool) -> None:
    """List the accounts of an emulator, with what goes on at each.

    `left` is what is left of balance and credit. `in_progress` is the requests in progress, of those that may be at the
    same time. `reports` and `upmsgs` wait to be fetched.
    """
    found = control.accounts() if userid is None else iter([control.account(userid).status()])
    print_rows(_rows(control, found, as_json=as_json), as_json=as_json)


def _rows(control: "ControlClient", found: "Iterator[AccountRecord]", *, as_json: bool) -> Iterator[Row]:
    from ccell_fake.control.client import NotFound  # noqa: PLC0415 - slow to import

    for record in found:
        # An account may be closed meanwhile.
        with suppress(NotFound):
            account = control.account(record.userid)
            clock, activity = account.clock(), account.activity()
            if as_json:
                yield {**asdict(record), "clock": asdict(clock), "activity": asdict(activity)}
            else:
                yield _row(record, clock, activity)


def _row(record: "AccountRecord", clock: "ClockStatus", activity: "AccountActivity") -> Row:
    return {
        "userid": record.userid,
        "left": record.left,
        "status": "locked" if record.is_locked else record.settings.status,
        "clock": clock.mode,
        "now": f"{clock.now:%Y-%m-%d %H:%M:%S}",
        "in_progress": f"{activity.in_progress}/{record.settings.max_concurrency}",
        "scheduled": activity.scheduled,
        "reports": activity.reports.waiting,
        "upmsgs": activity.upmsgs.waiting,
    }
