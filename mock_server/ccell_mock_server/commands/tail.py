"""The command `tail`: show the messages, reports and replies of an emulator as they happen."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import click

from ccell_mock_server.commands import output
from ccell_mock_server.commands.control import EXIT_CODES, control_command
from ccell_mock_server.commands.options import MOST_ROWS, json_lines, since, userid
from ccell_mock_server.commands.signals import interrupt_at_stop

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient, Event
    from ccell_mock_server.commands.event_lines import Wanted

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


@click.command(epilog=EXIT_CODES)
@control_command
@userid("Only events of this account, which may be opened later.")
@click.option("--phone", metavar="PATTERN", help="Only events about these numbers, such as '138*'.")
@click.option("--code", metavar="PATTERN", help="Only messages and requests with this code, such as '1004*'.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0, max=MOST_ROWS),
    default=0,
    help="Begin with the last N requests that match.",
)
@since("Begin with the requests that match since this time")
@json_lines
def tail(
    control: "ControlClient",
    *,
    userid: str | None,
    phone: str | None,
    code: str | None,
    lines: int,
    since: datetime | None,
    as_json: bool,
) -> None:
    """Show messages, reports and replies as they happen, until Ctrl-C.

    Refused messages and requests come with the reason. * in a PATTERN stands for any text. Times are in Asia/Shanghai,
    by the clock of each account. The command connects again after a restart of the emulator.
    """
    from ccell_mock_server.commands.event_lines import EventLines, Wanted, render_line  # noqa: PLC0415 - slow to import

    if not output.is_open():
        message = "stdout must be open"
        raise click.UsageError(message)
    wanted, described = Wanted(userid, phone, code), EventLines()
    with interrupt_at_stop(), suppress(KeyboardInterrupt):
        for event in _follow(control, _start(control, wanted, lines, since)):
            line = described.describe(event)
            if not wanted.match(event):
                continue
            if as_json:
                output.echo(output.as_json({"kind": event.kind, **event.data}))
            elif line is not None:
                output.echo(render_line(line))


def _start(control: "ControlClient", wanted: "Wanted", lines: int, since: datetime | None) -> int | None:
    """Return the position after which to begin; None for now."""
    if not lines and since is None:
        # The control API must answer now, though the stream may connect later.
        next(control.accounts(), None)
        return None
    if wanted.phone is None:
        requests = control.requests(userid=wanted.userid, code=wanted.code)
        found: Iterator[tuple[int, datetime]] = ((one.position, one.at) for one in requests)
    else:
        account = control if wanted.userid is None else control.account(wanted.userid)
        messages = account.messages(newest_first=True, phone=wanted.phone, code=wanted.code)
        found = ((one.position, one.submitted_at) for one in messages)
    if since is not None:
        found = takewhile(lambda one: one[1] >= since, found)
    positions = {position for position, _ in islice(found, lines or None)}
    return min(positions) - 1 if positions else None


def _follow(control: "ControlClient", start: int | None) -> "Iterator[Event]":
    """Yield the events after a position, and connect again as often as the connection is lost."""
    from ccell_fake.control.client import JournalTruncated, Unreachable  # noqa: PLC0415 - slow to import

    last, pause, news = "", _FIRST_PAUSE, "listening, until Ctrl-C"
    while True:
        try:
            with control.events(after_position=start, last_event_id=last) as events:
                last, pause = events.last_event_id, _FIRST_PAUSE
                if news:
                    output.tell(news)
                    news = ""
                for event in events:
                    last = event.id
                    yield event
                    if event.kind == "resync" and event.data["reason"] == "unknown_id":
                        # All that a new emulator has is new.
                        last, start = "", 0
                        break
                else:
                    time.sleep(pause)
        except JournalTruncated as error:
            output.tell("the journal has dropped the first of these requests")
            start = error.problem.after_position
        except Unreachable as error:
            if not news:
                news = "connected again"
                output.tell(f"{error}\nconnecting again, until Ctrl-C")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
