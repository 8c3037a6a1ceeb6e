"""The commands `send`, `report`, `upmsg` and `info`: use the client with the emulator or the live service."""

import re
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import IO, TYPE_CHECKING, Literal

import click

from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_mock_server.commands.options import DEFAULT_URL
from ccell_mock_server.commands.signals import stop_event

if TYPE_CHECKING:
    from ccell_fake.client import Client, ClientError, Malformed, Report, Upmsg

REFUSED = 1
NOT_SENT = 3
UNKNOWN = 4
INTERRUPTED = 130

_EXIT_CODES = f"""
\b
Exit codes: 0 done; {REFUSED} the request or a number was refused; 2 wrong usage;
{NOT_SENT} the request was not sent; {UNKNOWN} the answer was lost, the outcome is unknown.
"""

_Command = Callable[..., None]


def _client_command(command: _Command) -> _Command:
    """Add the options of all four commands, and pass a client to the command.

    Errors of the client go to stderr and become the exit code.
    """

    @click.option(
        "--base-url",
        envvar="CCELL_BASE_URL",
        show_envvar=True,
        default=DEFAULT_URL,
        show_default=True,
        help="Address of the gateway.",
    )
    @click.option("--userid", envvar="CCELL_USERID", show_envvar=True, required=True, help="Userid of the account.")
    @click.option(
        "--password", envvar="CCELL_PASSWORD", show_envvar=True, help="Password; a terminal prompts for it if missing."
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
        # httpx2 is slow to import, and printing a help does not need it.
        from ccell_fake.client import Client, ClientError  # noqa: PLC0415

        secret = sys.stdin.readline().rstrip("\r\n") if password_stdin else _password(password)
        try:
            with Client(base_url, userid, secret, method=method, timeout=timeout) as client:
                command(client, **options)
        except ClientError as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(_exit_code(error)) from None
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    return run


def _password(password: str | None) -> str:
    if password is not None:
        return password
    if not sys.stdin.isatty():
        message = "give a password: --password-stdin, CCELL_PASSWORD or --password"
        raise click.UsageError(message)
    return str(click.prompt("Password", hide_input=True, err=True))


def _exit_code(error: "ClientError") -> int:
    from ccell_fake.client import NotSent, OutcomeUnknown  # noqa: PLC0415

    if error.unknown or isinstance(error, OutcomeUnknown):
        return UNKNOWN
    return NOT_SENT if isinstance(error, NotSent) else REFUSED


@click.command(epilog=_EXIT_CODES)
@_client_command
@click.argument("phones", metavar="[PHONE]...", nargs=-1)
@click.argument("content")
@click.option(
    "--numbers",
    type=click.File(encoding="utf-8-sig"),
    help="File of numbers, separated by blanks or commas; - is stdin.",
)
@click.option("--sendtime", help="Time to send, YYYY-MM-DD HH:MM:SS in Asia/Shanghai.  [default: now]")
@click.option("--linkid", help="Your reference, which the reports repeat.  [default: generated]")
@click.option("--spcode", help="Extension to append to the account's port.")
def send(
    client: "Client",
    phones: tuple[str, ...],
    content: str,
    numbers: IO[str] | None,
    *,
    as_json: bool,
    sendtime: str | None,
    linkid: str | None,
    spcode: str | None,
) -> None:
    """Send CONTENT, which must include its signature, to every PHONE."""
    from ccell_fake.client import ClientError, Sent  # noqa: PLC0415
    from ccell_mock_server.commands.client_output import error_rows, print_rows, resp_rows  # noqa: PLC0415

    parts: list[Sent] = []
    texts = phones if numbers is None else (*phones, numbers.read())
    all_phones = [phone for text in texts for phone in re.split(r"[\s,]+", text) if phone]
    try:
        with _progress_bar(len(all_phones)) as advance:

            def progress(part: Sent) -> None:
                parts.append(part)
                advance(len(part.resps) + len(part.unanswered))

            sent = client.send(all_phones, content, sendtime=sendtime, linkid=linkid, spcode=spcode, progress=progress)
    except ClientError as error:
        print_rows(error_rows(error), as_json=as_json)
        raise
    except KeyboardInterrupt as interrupt:
        print_rows([row for part in parts for row in resp_rows(part.resps, part.unanswered)], as_json=as_json)
        click.echo("\n".join(["interrupted", *getattr(interrupt, "__notes__", [])]), err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    print_rows(resp_rows(sent.resps, sent.unanswered), as_json=as_json)
    if sent.refused or sent.unanswered:
        raise click.exceptions.Exit(REFUSED)


@contextmanager
def _progress_bar(total: int) -> Generator[Callable[[int], None]]:
    """Show a bar on stderr if that is a terminal and there is more than one request."""
    if total <= NUMBERS_PER_REQUEST or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sending", total=total)
        yield lambda count: bar.advance(task, count)


def _fetch_command(
    name: str,
    items: str,
    fetch: "Callable[[Client], tuple[Report | Upmsg | Malformed, ...]]",
    follow_items: "Callable[[Client, float, threading.Event], Iterator[Report | Upmsg | Malformed]]",
) -> click.Command:
    @click.command(name, epilog=_EXIT_CODES, help=f"Fetch {items}. The gateway hands out each only once.")
    @_client_command
    @click.option("--interval", type=float, default=10.0, show_default=True, help="Seconds between two requests.")
    @click.option("--follow", is_flag=True, help="Keep fetching until Ctrl-C, and print each at once.")
    def command(client: "Client", *, follow: bool, interval: float, as_json: bool) -> None:
        from ccell_fake.client import ClientError  # noqa: PLC0415
        from ccell_mock_server.commands.client_output import item_row, print_lines, print_rows  # noqa: PLC0415

        # A request in progress must end, or the items of its answer would be lost.
        with stop_event(first_signal_only=True) as stop:
            if follow:
                print_lines(map(item_row, follow_items(client, interval, stop)), as_json=as_json)
                return
            try:
                print_rows(map(item_row, fetch(client)), as_json=as_json)
            except ClientError as error:
                print_rows(map(item_row, error.taken), as_json=as_json)
                raise

    return command


report: click.Command = _fetch_command(
    "report",
    "status reports",
    lambda client: client.reports(),
    lambda client, interval, stop: client.follow_reports(interval, stop),
)
upmsg: click.Command = _fetch_command(
    "upmsg",
    "upstream messages",
    lambda client: client.upmsgs(),
    lambda client, interval, stop: client.follow_upmsgs(interval, stop),
)


@click.command(epilog=_EXIT_CODES)
@_client_command
def info(client: "Client", *, as_json: bool) -> None:
    """Show balance, credit, status and signatures of the account."""
    from ccell_mock_server.commands.client_output import item_row, print_rows  # noqa: PLC0415

    print_rows([item_row(client.info())], as_json=as_json)
