"""The commands `send`, `report`, `upmsg` and `info`: use the client with the emulator or the live service."""

import re
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import IO, TYPE_CHECKING, Any

import click

from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_fake.model import Operation
from ccell_mock_server.commands import output
from ccell_mock_server.commands.options import POSITIVE_SECONDS, cacert, gateway_url
from ccell_mock_server.commands.signals import interrupt_at_stop, stop_event

if TYPE_CHECKING:
    from ccell_fake.client import Client, ClientError, Malformed, Report, Upmsg

REFUSED = 1
NOT_SENT = 3
UNKNOWN = 4

_EXIT_CODES = f"""
\b
Exit codes: 0 done; {REFUSED} the request or a number was refused; 2 wrong usage;
{NOT_SENT} the request was not sent; {UNKNOWN} the answer was lost, the outcome is unknown;
{output.UNWRITTEN} the results could not be printed, stderr names the file that has them;
{output.BROKEN} an error of this program; {output.INTERRUPTED} interrupted.
"""

_CLIENT_OPTIONS = ("method", "dialect", "signed", "timeout", "cacert")

_Command = Callable[..., None]


class _NumbersFile(click.File):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:  # noqa: ANN401 - Click's
        """Open the file. Click does not expect that stdin may be closed."""
        if value == "-" and not sys.stdin:
            self.fail("stdin is closed", param, ctx)
        return super().convert(value, param, ctx)


def _client_command(command: _Command) -> _Command:
    """Add the options of all four commands, and pass a client to the command.

    Errors of the client go to stderr and become the exit code.
    """

    @gateway_url
    @click.option("--userid", required=True, help="Userid of the account.")
    @click.option("--password", help="Password; a terminal prompts for it if missing.")
    @click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
    @click.option("--method", type=click.Choice(["POST", "GET"]), default="POST", show_default=True)
    @click.option(
        "--dialect", type=click.Choice(["xml", "json"]), default="xml", show_default=True, help="XML or JSON-RPC."
    )
    @click.option("--signed", is_flag=True, help="Send a seqid and a sign in place of the password.")
    @click.option(
        "--timeout", type=POSITIVE_SECONDS, default=90.0, show_default=True, help="Seconds to wait for the gateway."
    )
    @cacert
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
    @wraps(command)
    def run(
        *,
        url: str,
        userid: str,
        password: str | None,
        password_stdin: bool,
        **options: Any,  # noqa: ANN401 - those of the client, and those of the command
    ) -> None:
        # httpx2 and lxml are slow to import, and printing a help does not need them.
        from ccell_fake.client import Client, ClientError, UnreadableAnswer  # noqa: PLC0415

        if not output.is_open():
            message = "stdout must be open, for example to /dev/null; nothing was sent"
            raise click.UsageError(message)
        try:
            secret = _read_password() if password_stdin else _password(password)
            with _usage_errors():
                client = Client(url, userid, secret, **{name: options.pop(name) for name in _CLIENT_OPTIONS})
            with client:
                command(client, **options)
        except ClientError as error:
            output.tell(f"Error: {error}")
            if isinstance(error, UnreadableAnswer) and error.operation is not Operation.INFO:
                # It may hold reports that the gateway does not hand out again.
                output.keep([{"status": error.status, "received": error.received.decode("utf-8", "backslashreplace")}])
            raise click.exceptions.Exit(_exit_code(error)) from None

    return run


@contextmanager
def _usage_errors() -> Generator[None]:
    """Report an invalid argument of the client as wrong usage."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _read_password() -> str:
    """Read the first line of stdin. Other readers get the lines after it."""
    line = b"" if sys.stdin is None else sys.stdin.buffer.readline()  # pyright: ignore[reportUnnecessaryComparison] - closed by the caller
    if not line:
        message = "--password-stdin needs a line on stdin, but stdin is empty or closed"
        raise click.UsageError(message)
    try:
        return line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        message = "--password-stdin must be UTF-8"
        raise click.UsageError(message) from None


def _password(password: str | None) -> str:
    if password is not None:
        return password
    if sys.stdin is None or not sys.stdin.isatty():  # pyright: ignore[reportUnnecessaryComparison] - closed by the caller
        message = "give a password: --password-stdin, CCELL_FAKE_PASSWORD or --password"
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
    type=_NumbersFile(encoding="utf-8-sig"),
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
    phones = _split_phones(phones, content, numbers)
    try:
        with interrupt_at_stop(), _progress_bar(len(phones)) as advance:

            def progress(part: Sent) -> None:
                parts.append(part)
                advance(len(part.resps) + len(part.unanswered))

            with _usage_errors():
                sent = client.send(phones, content, sendtime=sendtime, linkid=linkid, spcode=spcode, progress=progress)
    except ClientError as error:
        with suppress(output.Unwritten):
            print_rows(error_rows(error), as_json=as_json)
        raise
    except KeyboardInterrupt:
        with suppress(output.Unwritten):
            print_rows([row for part in parts for row in resp_rows(part.resps, part.unanswered)], as_json=as_json)
        raise
    print_rows(resp_rows(sent.resps, sent.unanswered), as_json=as_json)
    if sent.refused or sent.unanswered:
        raise click.exceptions.Exit(REFUSED)


def _split_phones(phones: tuple[str, ...], content: str, numbers: IO[str] | None) -> tuple[str, ...]:
    with _usage_errors():
        texts = phones if numbers is None else (*phones, numbers.read())
    found = tuple(phone for text in texts for phone in re.split(r"[\s,]+", text) if phone)
    if not found:
        missing = f"PHONE and CONTENT are both needed, got only {content!r}"
        raise click.UsageError(f"{numbers.name} holds no number" if numbers else missing)
    return found


@contextmanager
def _progress_bar(total: int) -> Generator[Callable[[int], None]]:
    """Show a bar on stderr if that is a terminal and there is more than one request."""
    if total <= NUMBERS_PER_REQUEST or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("sending", total=total)
    # If the terminal is lost, the bar fails, but not the send.
    with suppress(OSError):
        bar.start()
    try:
        yield lambda count: bar.advance(task, count)
    finally:
        with suppress(OSError):
            bar.stop()


def _fetch_command(
    name: str,
    items: str,
    fetch: "Callable[[Client], tuple[Report | Upmsg | Malformed, ...]]",
    follow_items: "Callable[[Client, float, threading.Event], Iterator[Report | Upmsg | Malformed]]",
) -> click.Command:
    @click.command(name, epilog=_EXIT_CODES, help=f"Fetch {items}. The gateway hands out each only once.")
    @_client_command
    @click.option(
        "--interval", type=POSITIVE_SECONDS, default=10.0, show_default=True, help="Seconds between two requests."
    )
    @click.option("--follow", is_flag=True, help="Keep fetching until Ctrl-C, and print each at once.")
    def command(client: "Client", *, follow: bool, interval: float, as_json: bool) -> None:
        from ccell_fake.client import ClientError  # noqa: PLC0415
        from ccell_mock_server.commands.client_output import item_row, print_lines, print_rows  # noqa: PLC0415

        # A request in progress must end, or the items of its answer would be lost.
        with stop_event(first_signal_only=True) as stop:
            followed = map(item_row, follow_items(client, interval, stop))
            try:
                if follow:
                    print_lines(followed, as_json=as_json, finish=stop.set)
                else:
                    print_rows(map(item_row, fetch(client)), as_json=as_json)
            except ClientError as error:
                with suppress(output.Unwritten):
                    print_rows(map(item_row, error.taken), as_json=as_json)
                raise
            except KeyboardInterrupt:
                # The client still has what earlier requests fetched. It requests nothing more.
                stop.set()
                with suppress(output.Unwritten):
                    print_lines(map(item_row, follow_items(client, interval, stop)), as_json=as_json)
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
