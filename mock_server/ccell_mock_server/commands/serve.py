"""The commands `serve` and `check-config`: run the emulator, and check its configuration."""

import logging
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import origins
from ccell_mock_server.commands.output import Unwritten, echo, tell
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.http.paths import DEFAULT_PORT

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator

_INVALID_CONFIG = 2


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help=f"Port to listen on; 0 picks a free one.  [default: {DEFAULT_PORT}]")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="TOML file.  [default: ccell.toml if it exists]"
)
@click.option("--store", help="File that keeps all data across restarts.")
@click.option("--max-messages", type=int, help="Messages to keep per account.  [default: all]")
@click.option(
    "--max-message-age", type=float, help="Seconds to keep messages, by the account's clock.  [default: for ever]"
)
@click.option("--seed", type=int, help="Seed for all randomness.  [default: 0]")
@click.option("--profile", help="File with a live service's answers to the open questions.")
@click.option("--tls", is_flag=True, default=None, help="Use TLS with a generated certificate.")
@click.option(
    "--tls-name",
    "tls_names",
    multiple=True,
    metavar="NAME",
    help="Name or address for the generated certificate, such as sms.example.com; may be repeated. Turns TLS on.",
)
@click.option(
    "--tls-dir", help="Folder that keeps the authority of generated certificates.  [default: beside the store]"
)
@click.option("--tls-cert", help="Your certificate with its chain, as PEM.")
@click.option("--tls-key", help="The private key of --tls-cert, as PEM.")
@click.option(
    "--strict-http", is_flag=True, default=None, help="Refuse request lines with raw blanks, quotes or UTF-8."
)
@click.option("--allow-cross-site", is_flag=True, default=None, help="Answer requests from web pages of other sites.")
@click.option("--control-token", help="Token of the control API. Required when not on loopback.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Log only records of this level and above. Accepted sends and refusals are info, every request is debug.",
)
@click.option("-q", "--quiet", is_flag=True, help="The same as --log-level warning.")
@click.option("-v", "--verbose", is_flag=True, help="The same as --log-level debug.")
@click.option("--print-config", is_flag=True, help="Print the resulting configuration and exit.")
@click.pass_context
def serve(
    context: click.Context,
    /,
    path: Path | None,
    *,
    log_level: str,
    quiet: bool,
    verbose: bool,
    print_config: bool,
    **options: object,
) -> None:
    """Run the emulator until Ctrl-C, SIGTERM or SIGHUP."""
    config = load(path, {name: value for name, value in options.items() if value not in (None, ())}, origins(context))
    if print_config:
        echo(configuration.as_toml(config).rstrip("\n"))
        return
    # These are slow to import.
    from ccell_mock_server.commands.greeting import greeting  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415

    level = _level(log_level, quiet=quiet, verbose=verbose)
    try:
        with stop_event() as stop, ExitStack() as stack:
            emulator = Emulator(config)
            stack.callback(emulator.stop)
            demo = play_demo(emulator)
            stack.enter_context(log_to_stderr(level))
            emulator.start()
            _say(greeting(emulator, configuration.config_file(path), demo))
            wait_for(stop)
            _say("stopping")
    except CcellError as error:
        raise click.ClickException(str(error)) from error


def _level(name: str, *, quiet: bool, verbose: bool) -> int:
    if quiet and verbose:
        message = "--quiet and --verbose exclude each other"
        raise click.UsageError(message)
    if quiet:
        return logging.WARNING
    return logging.DEBUG if verbose else int(getattr(logging, name.upper()))


@click.command("check-config")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def check_config(path: Path) -> None:
    """Check a configuration file. Exits with 0 if it is valid, or 2 with all its errors."""
    accounts = len(load(path).accounts)
    echo(f"{path} is valid: {accounts} account{'' if accounts == 1 else 's'}")


def load(
    path: Path | None, overrides: Mapping[str, object] | None = None, origins: Mapping[str, str] | None = None
) -> configuration.Config:
    """Load the configuration as `config.settings.load` does. If it is invalid, print its errors and exit with 2."""
    try:
        return configuration.load(path, overrides or {}, origins or {})
    except ConfigError as error:
        tell(f"{error}")
        sys.exit(_INVALID_CONFIG)


def _say(text: str) -> None:
    """Print a text, even if nobody reads stdout any more."""
    with suppress(Unwritten):
        echo(text)


def play_demo(emulator: "Emulator") -> str:
    """Play the traffic of the table `[demo]`, and describe its account. Returns empty text without the table."""
    demo = emulator.config.demo
    if demo is None:
        return ""
    from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

    return f"{demo.userid}, password {open_demo(emulator, demo)}, with traffic of {demo.hours:g} hours"
