"""The commands `serve` and `check-config`: run the emulator, and check its configuration."""

import logging
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from ccell_fake.errors import CcellError
from ccell_fake.model import JSON_PATH, Operation
from ccell_fake.settings import AccountSettings
from ccell_mock_server.commands.options import origins
from ccell_mock_server.commands.output import Unwritten, echo, tell
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.accounts import is_public
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.http.authority import fingerprint
from ccell_mock_server.http.paths import CONTROL_PREFIX, DEFAULT_PORT

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator
    from ccell_mock_server.http.tls import Certificate

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
    help="Log only records of this level and above. Refusals are info.",
)
@click.option("-q", "--quiet", is_flag=True, help="The same as --log-level warning.")
@click.option("--print-config", is_flag=True, help="Print the resulting configuration and exit.")
@click.pass_context
def serve(
    context: click.Context, /, path: Path | None, *, log_level: str, quiet: bool, print_config: bool, **options: object
) -> None:
    """Run the emulator until Ctrl-C, SIGTERM or SIGHUP."""
    config = load(path, {name: value for name, value in options.items() if value not in (None, ())}, origins(context))
    if print_config:
        echo(configuration.as_toml(config).rstrip("\n"))
        return
    # These are slow to import.
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415

    level = logging.WARNING if quiet else getattr(logging, log_level.upper())
    try:
        with stop_event() as stop, ExitStack() as stack:
            emulator = Emulator(config)
            stack.callback(emulator.stop)
            demo = play_demo(emulator)
            stack.enter_context(log_to_stderr(level))
            emulator.start()
            _say("\n".join([*_greeting(emulator), *demo]))
            wait_for(stop)
            _say("stopping")
    except CcellError as error:
        raise click.ClickException(str(error)) from error


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


def play_demo(emulator: "Emulator") -> list[str]:
    """Play the traffic of the table `[demo]`, if there is one. Returns the lines of the greeting about it."""
    demo = emulator.config.demo
    if demo is None:
        return []
    from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

    return [f"account {demo.userid}, password {open_demo(emulator, demo)}, with traffic of {demo.hours:g} hours"]


def main_accounts(emulator: "Emulator") -> list[AccountSettings]:
    """Return the accounts of the configuration. If the store has other accounts only, return one of these."""
    opened = emulator.services.accounts
    configured = [*filter(None, (opened.get(one.userid) for one in emulator.config.accounts))]
    return [account.settings for account in configured or islice(opened, 1)]


def _greeting(emulator: "Emulator") -> list[str]:
    url, certificate = emulator.url, emulator.certificate
    accounts = main_accounts(emulator)
    lines = [
        f"ccell-fake {version('ccell-fake')} serves on {url}",
        f"  console {url}{CONTROL_PREFIX}",
        *(f"  {operation:<7} {url}{operation.path}" for operation in Operation),
        f"  {'json':<7} {url}{JSON_PATH}",
        *(f"account {one.userid}, password {_printable_password(one)}, balance {one.balance}" for one in accounts),
    ]
    if accounts:
        trust = f" --cacert {quote(str(certificate.authority))}" if certificate and certificate.authority else ""
        body = f'<root userid="{accounts[0].userid}" password="{_printable_password(accounts[0])}"></root>'
        lines += ["try", f"  curl{trust} {url}{Operation.INFO.path} -d '{body}'"]
    return [*lines, *_trust(url, certificate)]


def _trust(url: str, certificate: "Certificate | None") -> list[str]:
    """Say which certificate clients must trust, how to get it, and for which names it is."""
    if certificate is None or certificate.authority is None:
        return []
    return [
        f"authority {certificate.authority}",
        f"  SHA-256 {fingerprint(certificate.authority.read_bytes())}",
        f"  print   ccell-fake ca --url {url}",
        f"  names   {', '.join(certificate.names)}",
    ]


def _printable_password(account: AccountSettings) -> str:
    return account.password if is_public(account.password) else "YOUR-PASSWORD"
