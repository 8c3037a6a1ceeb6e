"""The commands `send`, `report`, `upmsg` and `info`: the real client, at the emulator or the live service."""

import re
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import IO, TYPE_CHECKING, Literal

import click

from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_mock_server.config.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from ccell_fake.client import Client, ClientError, Report, Upmsg

REFUSED = 1
NOT_SENT = 3
UNKNOWN = 4
INTERRUPTED = 130

_EXIT_CODES = f"""
\b
Exit codes: 0 done; {REFUSED} the request or a number was refused; 2 wrong usage;
{NOT_SENT} the request did not go out, nothing was sent; {UNKNOWN} the answer was lost, the outcome unknown.
"""


@dataclass(frozen=True, slots=True)
class _Access:
    """What all four commands take."""

    base_url: str
    userid: str
    password: str | None = field(repr=False)
    password_stdin: bool
    method: Literal["POST", "GET"]
    timeout: float

    def secret(self) -> str:
        """The password: given, from the first line of stdin, or asked for without an echo."""
        if self.password_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        if self.password is not None:
            return self.password
        if not sys.stdin.isatty():
            message = "give a password: --password-stdin, CCELL_PASSWORD or --password"
            raise click.UsageError(message)
        return str(click.prompt("Password", hide_input=True, err=True))


_Command = Callable[..., None]


def _access_options(command: _Command) -> _Command:
    """The options of all four commands, handed to the command as one value."""

    @click.option(
        "--base-url",
        envvar="CCELL_BASE_URL",
        show_envvar=True,
        default=f"http://127.0.0.1:{DEFAULT_PORT}",
        show_default=True,
        help="Where the gateway is.",
    )
    @click.option("--userid", envvar="CCELL_USERID", show_envvar=True, required=True, help="The account.")
    @click.option(
        "--password", envvar="CCELL_PASSWORD", show_envvar=True, help="Its password; asked for on a terminal."
    )
    @click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
    @click.option("--method", type=click.Choice(["POST", "GET"]), default="POST", show_default=True)
    @click.option("--timeout", type=float, default=90.0, show_default=True, help="Seconds to wait for the gateway.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
    @wraps(command)
    def run(
        *,
        base_url: str,
        userid: str,
        password: str | None,
        password_stdin: bool,
        method: Literal["POST", "GET"],
        timeout: float,
        **options: object,
    ) -> None:
        command(_Access(base_url, userid, password, password_stdin, method, timeout), **options)

    return run


@contextmanager
def _client(access: _Access) -> Generator["Client"]:
    """A client; what goes wrong with it is said on stderr and becomes the exit code."""
    # httpx2 and lxml take most of a start; what only prints a help does without.
    from ccell_fake.client import Client, ClientError  # noqa: PLC0415

    try:
        with Client(
            access.base_url, access.userid, access.secret(), method=access.method, timeout=access.timeout
        ) as client:
            yield client
    except ClientError as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(_exit_code(error)) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _exit_code(error: "ClientError") -> int:
    from ccell_fake.client import NotSent, OutcomeUnknown  # noqa: PLC0415

    if error.unknown or isinstance(error, OutcomeUnknown):
        return UNKNOWN
    return NOT_SENT if isinstance(error, NotSent) else REFUSED


@click.command(epilog=_EXIT_CODES)
@_access_options
@click.argument("phones", metavar="[PHONE]...", nargs=-1)
@click.argument("content")
@click.option(
    "--numbers", type=click.File(encoding="utf-8-sig"), help="A file of numbers, - for stdin: blanks or commas between."
)
@click.option("--sendtime", help="When to send, YYYY-MM-DD HH:MM:SS in Asia/Shanghai.  [default: at once]")
@click.option("--linkid", help="Your own reference, which the reports bring back.  [default: one is made]")
@click.option("--spcode", help="The extension to append to the account's port.")
def send(
    access: _Access,
    phones: tuple[str, ...],
    content: str,
    numbers: IO[str] | None,
    as_json: bool,  # noqa: FBT001 - click passes a flag so
    **options: str | None,
) -> None:
    """Send CONTENT, with its signature, to every PHONE."""
    from ccell_fake.client import ClientError, Sent  # noqa: PLC0415
    from ccell_mock_server.commands.client_output import rows_of_error, rows_of_resps, show  # noqa: PLC0415

    parts: list[Sent] = []
    with _client(access) as client:
        given = [number for text in (*phones, _text(numbers)) for number in re.split(r"[\s,]+", text) if number]
        try:
            with _progress(len(given)) as advance:

                def progress(part: Sent) -> None:
                    parts.append(part)
                    advance(len(part.resps) + len(part.unanswered))

                sent = client.send(given, content, progress=progress, **options)
        except ClientError as error:
            show(rows_of_error(error), as_json=as_json)
            raise
        except KeyboardInterrupt as interrupt:
            show([row for part in parts for row in rows_of_resps(part.resps, part.unanswered)], as_json=as_json)
            click.echo("\n".join(["interrupted", *getattr(interrupt, "__notes__", [])]), err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
    show(rows_of_resps(sent.resps, sent.unanswered), as_json=as_json)
    if sent.refused or sent.unanswered:
        raise click.exceptions.Exit(REFUSED)


def _text(numbers: IO[str] | None) -> str:
    return "" if numbers is None else numbers.read()


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal and there is more than one request to wait for."""
    if total <= NUMBERS_PER_REQUEST or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sending", total=total)
        yield lambda count: bar.advance(task, count)


def _drain_options(command: _Command) -> _Command:
    command = click.option(
        "--interval", type=float, default=10.0, show_default=True, help="Seconds between two looks."
    )(command)
    return click.option("--follow", is_flag=True, help="Print them as they come in, until Ctrl-C.")(command)


@click.command(epilog=_EXIT_CODES)
@_access_options
@_drain_options
def report(access: _Access, follow: bool, interval: float, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Fetch status reports. The gateway hands out each once: what is printed here comes to nobody else."""
    with _client(access) as client, _seen_through() as stop:
        _print(client.follow_reports(interval, stop) if follow else client.reports, as_json=as_json)


@click.command(epilog=_EXIT_CODES)
@_access_options
@_drain_options
def upmsg(access: _Access, follow: bool, interval: float, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Fetch upstream messages. The gateway hands out each once: what is printed here comes to nobody else."""
    with _client(access) as client, _seen_through() as stop:
        _print(client.follow_upmsgs(interval, stop) if follow else client.upmsgs, as_json=as_json)


@contextmanager
def _seen_through() -> Generator[threading.Event]:
    """Let a drain end in its own time when it is told to stop: what a request has taken would be lost with it.

    The event is set at the first SIGINT or SIGTERM; the second does what it always does.
    """
    stop = threading.Event()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def end(_number: int, _frame: object) -> None:
        stop.set()
        restore()

    for number in before:
        signal.signal(number, end)
    try:
        yield stop
    finally:
        restore()


def _print(source: "Iterator[Report | Upmsg] | Callable[[], tuple[Report | Upmsg, ...]]", *, as_json: bool) -> None:
    """Print what is followed line by line, and what is drained at once; also what came before an error."""
    from ccell_fake.client import ClientError  # noqa: PLC0415
    from ccell_mock_server.commands.client_output import lines, row_of, show  # noqa: PLC0415

    if not callable(source):
        lines(map(row_of, source), as_json=as_json)
        return
    try:
        show(map(row_of, source()), as_json=as_json)
    except ClientError as error:
        show(map(row_of, error.taken), as_json=as_json)
        raise


@click.command(epilog=_EXIT_CODES)
@_access_options
def info(access: _Access, as_json: bool) -> None:  # noqa: FBT001 - click passes a flag so
    """Show balance, credit, status and signatures of the account."""
    from ccell_mock_server.commands.client_output import row_of, show  # noqa: PLC0415

    with _client(access) as client:
        show([row_of(client.info())], as_json=as_json)


COMMANDS: tuple[click.Command, ...] = (send, report, upmsg, info)
