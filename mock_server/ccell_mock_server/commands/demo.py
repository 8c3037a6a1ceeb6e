"""The command `demo`: play lifelike traffic on an account of a running emulator or of a temporary one."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccell_fake.codes import Code
from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import cacert, control_token
from ccell_mock_server.commands.output import echo
from ccell_mock_server.commands.rows import print_rows
from ccell_mock_server.config.settings import DemoSettings, parse

if TYPE_CHECKING:
    from ccell_fake.testing.account import Server
    from ccell_mock_server.demo import TrafficSummary

_DEFAULTS = DemoSettings()
_MAX_MESSAGES = 10_000
_MAX_HOURS = 1_000


@click.command()
@click.option("--url", help="Address of an emulator.  [default: start a temporary one]")
@control_token
@cacert
@click.option(
    "--userid",
    envvar="CCELL_FAKE_DEMO_USERID",
    default="",
    help="Userid of the account to open, not of one that is open already.  [default: generated]",
)
@click.option("--messages", type=click.IntRange(1, _MAX_MESSAGES), default=_DEFAULTS.messages, show_default=True)
@click.option(
    "--hours",
    type=click.FloatRange(0, _MAX_HOURS, min_open=True),
    default=_DEFAULTS.hours,
    show_default=True,
    help="Length of the traffic, which ends now by the account's clock.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed for all randomness.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(
    *,
    url: str | None,
    control_token: str,
    cacert: Path | None,
    userid: str,
    messages: int,
    hours: float,
    seed: int,
    as_json: bool,
) -> None:
    """Play lifelike traffic on an emulator.

    The traffic has sends, refusals, schedules, reports and replies. The control API opens an account
    for it. Nothing is sent to a server without a control API.
    """
    try:
        from ccell_mock_server.demo import play_traffic  # noqa: PLC0415

        with _server(url, control_token, cacert) as server:
            summary = play_traffic(server, seed, messages, timedelta(hours=hours), userid)
    except (CcellError, ImportError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_rows([asdict(summary)], as_json=True)
    else:
        print_rows([{"what": what, "number": number} for what, number in _rows(summary)], as_json=False)
        if url is not None:
            echo(f"account {summary.userid}, password {summary.password}")


@contextmanager
def _server(url: str | None, token: str, cacert: Path | None) -> Generator["Server"]:
    """Yield the emulator at a URL after its control API has answered, or a temporary one without a socket."""
    if url is not None:
        from ccell_fake.control.client import Unreachable  # noqa: PLC0415
        from ccell_fake.testing.account import Server  # noqa: PLC0415

        try:
            with Server.at(url, token, cacert) as server:
                # Only an address that answers as a control API is written to.
                next(server.control.accounts(), None)
                yield server
        except ValueError as error:
            message = f"no control API answers at {url}: {error}"
            raise Unreachable(message) from error
        return
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415

    emulator = Emulator(parse({}, "demo"))
    try:
        with fake.server(emulator, lambda: "", is_in_process=True) as server:
            yield server
    finally:
        emulator.stop()


def _rows(summary: "TrafficSummary") -> Iterator[tuple[str, Any]]:
    yield "submits", summary.submits
    yield "messages", sum(summary.states.values())
    for state, number in summary.states.items():
        yield f"  {state}", number
        if state == "refused":
            yield from ((f"    {code} {Code(code).text}", count) for code, count in summary.refused.items())
        if state == "failed":
            yield from ((f"    {reason}", count) for reason, count in summary.failed.items())
    yield "reports fetched", summary.reports_fetched
    yield "reports waiting or to come", summary.reports_left
    yield "replies", summary.replies
    yield "  not fetched", summary.replies_left
