"""The commands `serve` and `check-config`: run the emulator, and check its configuration."""

import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccell_fake.errors import CcellError
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_mock_server.commands.options import env_option
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.accounts import is_public
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.http.paths import DEFAULT_PORT

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator

_INVALID_CONFIG = 2


@click.command()
@env_option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@env_option("--port", type=int, help=f"Port to listen on; 0 picks a free one.  [default: {DEFAULT_PORT}]")
@env_option("--config", "path", type=click.Path(path_type=Path), help="TOML file.  [default: ccell.toml if it exists]")
@env_option("--store", help="File that keeps all data across restarts.")
@env_option("--seed", type=int, help="Seed for all randomness.  [default: 0]")
@env_option("--profile", help="File with a live service's answers to the open questions.")
@env_option("--tls", is_flag=True, default=None, help="Use TLS with a generated certificate.")
@env_option("--tls-cert", help="Your certificate with its chain, as PEM.")
@env_option("--tls-key", help="The private key of --tls-cert, as PEM.")
@env_option("--strict-http", is_flag=True, default=None, help="Refuse request lines with raw blanks, quotes or UTF-8.")
@env_option("--allow-cross-site", is_flag=True, default=None, help="Answer requests from web pages of other sites.")
@env_option("--control-token", help="Token of the control API. Required when not on loopback.")
@env_option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Log only records of this level and above. Refusals are info.",
)
@click.option("-q", "--quiet", is_flag=True, help="The same as --log-level warning.")
@env_option("--print-config", is_flag=True, help="Print the resulting configuration and exit.")
def serve(path: Path | None, *, log_level: str, quiet: bool, print_config: bool, **options: object) -> None:
    """Run the emulator until Ctrl-C or SIGTERM."""
    config = _load(path, {name: value for name, value in options.items() if value is not None})
    if print_config:
        click.echo(configuration.as_toml(config), nl=False)
        return
    # These are slow to import.
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415

    level = logging.WARNING if quiet else getattr(logging, log_level.upper())
    try:
        with stop_event() as stop, log_to_stderr(level):
            emulator = Emulator(config)
            demo = _play_demo(emulator)
            with emulator:
                _say("\n".join([*_greeting(emulator), *demo]))
                wait_for(stop)
                _say("stopping")
    except CcellError as error:
        raise click.ClickException(str(error)) from error


@click.command("check-config")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def check_config(path: Path) -> None:
    """Check a configuration file. Exits with 0 if it is valid, or 2 with all its errors."""
    accounts = len(_load(path, {}).accounts)
    click.echo(f"{path} is valid: {accounts} account{'' if accounts == 1 else 's'}")


def _load(path: Path | None, overrides: dict[str, object]) -> configuration.Config:
    try:
        return configuration.load(path, overrides)
    except ConfigError as error:
        click.echo(f"{error}", err=True)
        sys.exit(_INVALID_CONFIG)


def _say(text: str) -> None:
    """Print a text, even if nobody reads stdout any more."""
    try:
        click.echo(text)
    except OSError:
        # The end of the process flushes stdout again.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)


def _play_demo(emulator: "Emulator") -> list[str]:
    demo = emulator.config.demo
    if demo is None:
        return []
    from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

    return [f"account {demo.userid}, password {open_demo(emulator, demo)}, with traffic of {demo.hours:g} hours"]


def _greeting(emulator: "Emulator") -> list[str]:
    url, accounts, certificate = emulator.url, emulator.config.accounts, emulator.certificate
    lines = [
        f"ccell-fake {version('ccell-fake')} serves on {url}",
        *(f"  {operation:<7} {url}{operation.path}" for operation in Operation),
        *(f"account {one.userid}, password {_printable_password(one)}, balance {one.balance}" for one in accounts),
    ]
    if accounts:
        trust = f" --cacert {certificate.authority}" if certificate and certificate.authority else ""
        body = f'<root userid="{accounts[0].userid}" password="{_printable_password(accounts[0])}"></root>'
        lines += ["try", f"  curl{trust} {url}{Operation.INFO.path} -d '{body}'"]
    return lines


def _printable_password(account: AccountSettings) -> str:
    return account.password if is_public(account.password) else "YOUR-PASSWORD"
