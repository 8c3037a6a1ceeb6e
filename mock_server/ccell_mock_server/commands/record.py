"""The command `record`: stand between a client and a gateway, and write down what they say."""

import signal
import sys
import threading
from pathlib import Path

import click

DEFAULT_PORT = 8027


@click.command()
@click.option("--upstream", required=True, metavar="URL", help="The gateway, such as http://127.0.0.1:8026.")
@click.option(
    "--to",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The transcript; what it holds stays.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The loopback address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks one.")
@click.option("--allow-host", "allowed", multiple=True, metavar="NAME", help="Let the upstream be this host.")
@click.option(
    "--cacert",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose certificates to trust, PEM; they are always verified.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=300.0, show_default=True, help="Seconds to wait.")
@click.option("--userid", envvar="CCELL_USERID", show_envvar=True, help="Replaced wherever it stands.")
@click.option("--password", envvar="CCELL_PASSWORD", show_envvar=True, help="Likewise.")
@click.option("--phone", "phones", multiple=True, help="Likewise; may be given several times.")
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
    r"""Write down what clients and a gateway say, until Ctrl-C or SIGTERM.

    Clients use the address that is printed as their gateway. Passwords, userids, phones and e-mail addresses are
    replaced by pseudonyms before anything is written.

    \b
    Exit codes: 0 done; 1 something could not be written; 2 wrong usage, or an upstream that is not allowed.
    """
    # Slow to import; the other commands do without.
    from ccell_fake.clock import SystemClock  # noqa: PLC0415
    from ccell_fake.transcripts import Redaction, Writer  # noqa: PLC0415
    from ccell_mock_server.config.settings import is_loopback  # noqa: PLC0415
    from ccell_mock_server.http.server import HttpServer, ServingError  # noqa: PLC0415
    from ccell_mock_server.proxy.recorder import PUBLIC, Recorder  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import Upstream, UpstreamError  # noqa: PLC0415

    if not is_loopback(host):
        message = f"{host} is not this machine; a recorder listens on loopback only"
        raise click.UsageError(message)
    redaction = Redaction(
        [password] if password else (), phones, [userid] if userid else (), contents=contents, keep=PUBLIC
    )
    clock = SystemClock()
    try:
        gateway = Upstream(upstream, allowed, cacert, timeout)
    except UpstreamError as error:
        raise click.UsageError(str(error)) from error
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        with Writer(path, clock.now()) as writer:
            recorder = Recorder(gateway, writer, redaction, clock)
            with HttpServer(recorder, host, port) as server:
                click.echo(f"ccell-fake records to {path} on {server.url}")
                # In slices, for a wait without end would keep signals out on Windows.
                while not stopped.wait(1):
                    pass
    except (OSError, ServingError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        gateway.close()
    if recorder.failures:
        click.echo(f"{recorder.failures} exchanges could not be written", err=True)
        sys.exit(1)
