"""The command `record`: run a recording proxy between clients and a gateway."""

import logging
import sys
from pathlib import Path

import click

from ccell_fake.errors import CcellError
from ccell_mock_server.commands import output
from ccell_mock_server.commands.options import FILE_TO_WRITE, POSITIVE_SECONDS, cacert
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config.settings import is_loopback

DEFAULT_PORT = 8027

_EXIT_CODES = f"""
\b
Exit codes: 0 done; 1 something could not be written;
2 wrong usage, an upstream that is not allowed, or a file that is no transcript;
{output.UNWRITTEN} stdout could not be written.
"""


@click.command(epilog=_EXIT_CODES)
@click.option("--upstream", required=True, metavar="URL", help="The gateway, such as http://127.0.0.1:8026.")
@click.option(
    "--to",
    "path",
    required=True,
    metavar="FILE",
    type=FILE_TO_WRITE,
    help="Transcript to write; an existing one is appended to.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks one.")
@click.option("--allow-host", "allowed", multiple=True, metavar="NAME", help="Allow an upstream host off loopback.")
@cacert
@click.option("--timeout", type=POSITIVE_SECONDS, default=300.0, show_default=True, help="Seconds to wait.")
@click.option("--userid", help="Userid to replace everywhere.")
@click.option("--password", help="Password to replace everywhere.")
@click.option("--phone", "phones", multiple=True, help="Phone to replace everywhere; may be repeated.")
@click.option("--contents/--no-contents", default=True, help="Keep the texts of messages.  [default: keep them]")
def record(  # noqa: PLR0913 - its options
    *,
    upstream: str,
    path: Path,
    host: str,
    port: int,
    allowed: tuple[str, ...],
    cacert: Path | None,
    timeout: float,
    userid: str | None,
    password: str | None,
    phones: tuple[str, ...],
    contents: bool,
) -> None:
    """Record what clients and a gateway exchange.

    Recording ends at Ctrl-C or SIGTERM. Point clients to the printed address. Passwords, userids, phones and e-mail
    addresses are replaced by pseudonyms before anything is written.
    """
    # These are slow to import. Other commands do not need them.
    from ccell_fake.clock import SystemClock  # noqa: PLC0415
    from ccell_fake.transcripts import Redaction, UnreadableTranscript, Writer  # noqa: PLC0415
    from ccell_mock_server.http.server import HttpServer  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415
    from ccell_mock_server.proxy.recorder import PUBLIC, Recorder  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import Upstream, UpstreamError  # noqa: PLC0415

    if not is_loopback(host):
        message = f"--host must be a loopback address, got {host}; the proxy has no access control"
        raise click.UsageError(message)
    redaction = Redaction(
        [password] if password else (), phones, [userid] if userid else (), contents=contents, keep=PUBLIC
    )
    clock = SystemClock()
    try:
        gateway = Upstream(upstream, allowed, cacert, timeout)
    except UpstreamError as error:
        raise click.UsageError(str(error)) from error
    try:
        with stop_event() as stop, log_to_stderr(logging.WARNING), Writer(path, clock.now()) as writer:
            recorder = Recorder(gateway, writer, redaction, clock)
            with HttpServer(recorder, host, port) as server:
                output.echo(f"ccell-fake records to {path} on {server.url}")
                wait_for(stop)
    except UnreadableTranscript as error:
        message = f"--to must name a transcript or a new file: {error}"
        raise click.UsageError(message) from error
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise click.ClickException(message) from error
    except CcellError as error:
        raise click.ClickException(str(error)) from error
    finally:
        gateway.close()
    if recorder.failures:
        exchanges = "1 exchange" if recorder.failures == 1 else f"{recorder.failures} exchanges"
        output.tell(f"{exchanges} could not be written")
        sys.exit(1)
