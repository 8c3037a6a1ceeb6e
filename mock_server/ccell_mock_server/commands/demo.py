"""The command `demo`: lifelike traffic on an account of its own of a running emulator, or of one that lives as long."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from ccell_fake.codes import Code
from ccell_mock_server.config.settings import DemoSettings, parse

if TYPE_CHECKING:
    from ccell_fake.testing.server import Server
    from ccell_mock_server.demo import Played

_USUAL = DemoSettings()
_MOST = 10_000
_LONGEST = 1_000


@click.command()
@click.option(
    "--url",
    envvar="CCELL_FAKE_URL",
    show_envvar=True,
    help="Where an emulator serves.  [default: one of its own, which ends with the command]",
)
@click.option("--control-token", envvar="CCELL_FAKE_CONTROL_TOKEN", show_envvar=True, default="", help="If it has one.")
@click.option("--userid", default="", help="What the account that is opened is called.  [default: a userid is made]")
@click.option("--messages", type=click.IntRange(1, _MOST), default=_USUAL.messages, show_default=True)
@click.option(
    "--hours",
    type=click.FloatRange(0, _LONGEST, min_open=True),
    default=_USUAL.hours,
    show_default=True,
    help="Over how long a time, up to now, they were sent, by the account's clock.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="What decides everything.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(
    url: str | None,
    control_token: str,
    userid: str,
    messages: int,
    hours: float,
    seed: int,
    as_json: bool,  # noqa: FBT001 - click passes a flag so
) -> None:
    """Let lifelike traffic happen on an emulator: sends, refusals, schedules, reports, replies.

    It opens an account for it by the emulator's control API, and sends nothing where there is none.
    """
    from ccell_fake.errors import CcellError  # noqa: PLC0415 - what only prints a help does without
    from ccell_mock_server.commands.client_output import lines, show  # noqa: PLC0415

    try:
        from ccell_mock_server.demo import play  # noqa: PLC0415

        with _server(url, control_token) as server:
            played = play(server, seed, messages, timedelta(hours=hours), userid)
    except (CcellError, ImportError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        lines([asdict(played)], as_json=True)
    else:
        show([{"what": what, "number": number} for what, number in _rows(played)], as_json=False)
        if url is not None:
            click.echo(f"account {played.userid}, password {played.password}")


@contextmanager
def _server(url: str | None, token: str) -> Generator["Server"]:
    """The emulator at an address, once its control API has answered; or one of this process, without a socket."""
    if url is not None:
        from ccell_fake.control.client import Unreachable  # noqa: PLC0415
        from ccell_fake.testing.server import Server  # noqa: PLC0415

        try:
            with Server.at(url, token) as server:
                # An address that answers just anything is not written to.
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


def _rows(played: "Played") -> Iterator[tuple[str, Any]]:
    yield "submits", played.submits
    yield "messages", sum(played.states.values())
    for state, number in played.states.items():
        yield f"  {state}", number
        if state == "refused":
            yield from ((f"    {code} {Code(code).text}", count) for code, count in played.refused.items())
        if state == "failed":
            yield from ((f"    {reason}", count) for reason, count in played.failed.items())
    yield "reports fetched", played.reports_fetched
    yield "reports waiting or to come", played.reports_left
    yield "replies", played.replies
    yield "  not fetched", played.replies_left
