"""The command `ccell-fake`: serve the emulator, wait until it serves, look over a configuration."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_mock_server.commands import client, contract, reply
from ccell_mock_server.commands import demo as demo_command
from ccell_mock_server.commands import record as recording
from ccell_mock_server.commands import replay as replaying
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.credentials import is_public
from ccell_mock_server.config.errors import ConfigError

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator
    from ccell_mock_server.http.tls import Certificate

_Command = TypeVar("_Command", bound=Callable[..., None])

_DEFAULT_URL = f"http://127.0.0.1:{configuration.DEFAULT_PORT}"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("ccell-fake"), prog_name="ccell-fake")
def main() -> None:
    """A verified fake of the CCell SMS gateway.

    Each option can also be set as an environment variable, such as CCELL_FAKE_PORT.
    """


def _option(*names: str, **attributes: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401 - click's
    """An option that can also be set by the variable of its name."""
    variable = "CCELL_FAKE_" + names[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


@main.command()
@_option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@_option("--port", type=int, help=f"The port; 0 picks a free one.  [default: {configuration.DEFAULT_PORT}]")
@_option(
    "--config", "path", type=click.Path(path_type=Path), help="A TOML file.  [default: ccell.toml, if there is one]"
)
@_option("--store", help="A file that keeps everything over a restart.")
@_option("--seed", type=int, help="What decides everything that looks like chance.  [default: 0]")
@_option("--profile", help="A file with the answers of a live service, to go by.")
@_option("--tls", is_flag=True, default=None, help="Speak TLS, with a certificate made on the spot.")
@_option("--tls-cert", help="Your own certificate with its chain, PEM.")
@_option("--tls-key", help="Its private key, PEM.")
@_option("--strict-http", is_flag=True, default=None, help="Refuse request lines with raw blanks, quotes or UTF-8.")
@_option("--control-token", help="What the control API asks for; beyond loopback there has to be one.")
@_option("--print-config", is_flag=True, help="Print the configuration that results, and stop.")
def serve(path: Path | None, print_config: bool, **options: object) -> None:  # noqa: FBT001 - click passes a flag so
    """Run the emulator until Ctrl-C or SIGTERM."""
    config = _configuration(path, {name: value for name, value in options.items() if value is not None})
    if print_config:
        click.echo(configuration.as_toml(config), nl=False)
        return
    # Flask and the server take most of the start; the other commands do without.
    from ccell_fake.store.database import StoreError  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.http.server import ServingError  # noqa: PLC0415
    from ccell_mock_server.http.tls import CertificateError  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        emulator = Emulator(config)
        lines = _demo(emulator, config.demo)
        with emulator:
            click.echo("\n".join([_greeting(emulator.url, config, emulator.certificate), *lines]))
            # In slices, for a wait without end would keep signals out on Windows.
            while not stopped.wait(1):
                pass
            click.echo("stopping")
    except (StoreError, ServingError, CertificateError) as error:
        raise click.ClickException(str(error)) from error


def _demo(emulator: "Emulator", demo: configuration.DemoSettings | None) -> list[str]:
    """The traffic to begin with, and what is said of it."""
    if demo is None:
        return []
    from ccell_mock_server.demo import begin  # noqa: PLC0415 - Faker is slow to import

    return [f"account {demo.userid}, password {begin(emulator, demo)}, with traffic of {demo.hours:g} hours"]


def _configuration(path: Path | None, overrides: dict[str, object]) -> configuration.Config:
    try:
        return configuration.find(path, overrides)
    except ConfigError as error:
        click.echo(f"{error}", err=True)
        sys.exit(2)


def _greeting(url: str, config: configuration.Config, certificate: "Certificate | None") -> str:
    lines = [
        f"ccell-fake {version('ccell-fake')} serves on {url}",
        *(f"  {operation:<7} {url}{operation.path}" for operation in Operation),
        *(f"account {one.userid}, password {_shown(one)}, balance {one.balance}" for one in config.accounts),
    ]
    for account in config.accounts[:1]:
        trust = f" --cacert {certificate.authority}" if certificate and certificate.authority else ""
        body = f'<root userid="{account.userid}" password="{_shown(account)}"></root>'
        lines += ["try", f"  curl{trust} {url}{Operation.INFO.path} -d '{body}'"]
    return "\n".join(lines)


def _shown(account: AccountSettings) -> str:
    return account.password if is_public(account.password) else "YOUR-PASSWORD"


@main.command()
@_option("--url", default=_DEFAULT_URL, show_default=True, help="Where the emulator shall serve.")
@_option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait.")
def ready(url: str, timeout: float) -> None:
    """Wait until the emulator serves: exit 0 once it does, 1 if it does not in time."""
    from ccell_mock_server.commands.ready import NotReadyError, wait  # noqa: PLC0415 - httpx is slow to import

    try:
        wait(url, timeout)
    except NotReadyError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{url} is ready")


@main.command("check-config")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def check_config(path: Path) -> None:
    """Look over a configuration: exit 0 if it can be used, 2 with everything that is wrong if not."""
    config = _configuration(path, {})
    accounts = len(config.accounts)
    click.echo(f"{path} is fine: {accounts} account{'' if accounts == 1 else 's'}")


_COMMANDS = (
    *client.COMMANDS,
    reply.reply,
    demo_command.demo,
    recording.record,
    replaying.replay,
    *contract.COMMANDS,
)
for _command in _COMMANDS:
    main.add_command(_command)
