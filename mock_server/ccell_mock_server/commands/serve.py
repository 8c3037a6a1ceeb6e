"""The commands `serve` and `check-config`: run the emulator, and check its configuration.

Each setting of the server is an option of `serve`, and so has an environment variable.
"""

import logging
import secrets
import sys
from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccell_fake.errors import CcellError
from ccell_mock_server.commands.options import PORT, Table, add_variables, origins
from ccell_mock_server.commands.output import Unwritten, echo, tell
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import KNOWN_SETTINGS, TABLES, Config, is_loopback
from ccell_mock_server.http.paths import DEFAULT_PORT

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator

_INVALID_CONFIG = 2
_SETTINGS = {*KNOWN_SETTINGS["server"], *TABLES}
_TOKEN_BYTES = 16


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=PORT, help=f"Port to listen on; 0 picks a free one.  [default: {DEFAULT_PORT}]")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="TOML file.  [default: ccell.toml if it exists]"
)
@click.option(
    "--accounts",
    type=Table("accounts", is_list=True),
    help="Accounts, in place of those of the file: a table, or a list of tables.",
)
@click.option("--assumptions", type=Table("assumptions"), help="Answers to open questions: a table.")
@click.option("--demo", type=Table("demo"), help="Lifelike traffic to start with: a table, {} for the defaults.")
@click.option(
    "--store", help="File that keeps all data across restarts, or postgresql://… that several emulators share."
)
@click.option(
    "--database-connections",
    type=int,
    help="Most connections to the database for requests.  [default: 8]",
)
@click.option("--journal-entries", type=int, help="Journal entries to keep per account.  [default: 10000]")
@click.option("--max-messages", type=int, help="Messages to keep per account.  [default: all]")
@click.option(
    "--max-message-age", type=float, help="Seconds to keep messages, by the account's clock.  [default: for ever]"
)
@click.option(
    "--stop-delay",
    type=float,
    help="Seconds from a signal to the stop, in which readyz answers 503, so that a proxy notices.  [default: 0]",
)
@click.option("--seed", type=int, help="Seed for all randomness.  [default: 0]")
@click.option(
    "--magic/--no-magic", default=None, help="Answer a userid that is a status code with that code.  [default: magic]"
)
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
@click.option(
    "--control-token", help="Token of the control API.  [default when not on loopback: generate one and print it]"
)
@click.option("--control-token-file", metavar="FILE", help="File with this token, in place of --control-token.")
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
    *,
    log_level: str,
    quiet: bool,
    verbose: bool,
    print_config: bool,
    **_settings: object,
) -> None:
    """Run the emulator until Ctrl-C, SIGTERM or SIGHUP."""
    with _invalid_config_ends():
        config = _config(context)
    if print_config:
        echo(configuration.as_toml(config).rstrip("\n"))
        return
    # These are slow to import.
    from ccell_mock_server.commands.greeting import greeting  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415

    level = _level(log_level, quiet=quiet, verbose=verbose)
    token = secrets.token_urlsafe(_TOKEN_BYTES) if _needs_token(config) else ""
    if token:
        config = replace(config, server=replace(config.server, control_token=token))
    try:
        with stop_event() as stop, ExitStack() as stack:
            emulator = Emulator(config)
            stack.callback(emulator.stop)
            demo = play_demo(emulator)
            stack.enter_context(log_to_stderr(level))
            emulator.start()
            path = configuration.config_file(context.params["path"])
            _say(greeting(emulator, path, _variables(context), demo=demo, token=token), token)
            wait_for(stop)
            _say("stopping")
            if config.server.stop_delay:
                emulator.dispatcher.announce_stop()
                stop.clear()
                wait_for(stop, config.server.stop_delay)
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
    """Check the configuration that `serve` would use: a file, and the environment variables that win over it.

    Exits with 0 if it is valid, or 2 with all its errors.
    """
    with _invalid_config_ends():
        config, variables = config_of_environment(path)
    accounts = len(config.accounts)
    with_variables = f" with {', '.join(variables)}" if variables else ""
    echo(f"{path} is valid{with_variables}: {accounts} account{'' if accounts == 1 else 's'}")


def config_of_environment(
    path: Path | None = None, without: Collection[str] = (), *, needs_token: bool = False
) -> tuple[Config, list[str]]:
    """Load the configuration that `serve` would use without options.

    Args:
        path: TOML file, in place of the one that `CCELL_FAKE_CONFIG` names.
        without: Settings whose variables are not read.
        needs_token: Refuse to listen beyond loopback without a control token.

    Returns:
        The configuration, and the environment variables of the settings in it.

    Raises:
        ConfigError: The configuration is invalid.
        click.UsageError: A variable is invalid.
    """
    options = [one for one in serve.params if one.name in _SETTINGS - {*without} or one.name == "path"]
    command = click.Command("serve", params=options)
    add_variables(command)
    context = command.make_context("serve", [])
    if path is not None:
        context.params["path"] = path
    return _config(context, needs_token=needs_token), _variables(context)


def _variables(context: click.Context) -> list[str]:
    """Return the environment variables of the settings."""
    return [variable for name, variable in origins(context).items() if name in _SETTINGS]


def _config(context: click.Context, *, needs_token: bool = False) -> Config:
    # An option that may be repeated has an empty tuple if it is absent.
    given = {name: value for name, value in context.params.items() if value not in (None, ())}
    overrides = {name: value for name, value in given.items() if name in _SETTINGS}
    return configuration.load(context.params["path"], overrides, origins(context), needs_token=needs_token)


def load(path: Path | None, overrides: Mapping[str, object], origins: Mapping[str, str]) -> Config:
    """Load the configuration as `config.settings.load` does. If it is invalid, print its errors and exit with 2."""
    with _invalid_config_ends():
        return configuration.load(path, overrides, origins)


@contextmanager
def _invalid_config_ends() -> Generator[None]:
    """Print a ConfigError and end the command."""
    try:
        yield
    except ConfigError as error:
        tell(f"{error}")
        sys.exit(_INVALID_CONFIG)


def _needs_token(config: Config) -> bool:
    return not config.server.control_token and not is_loopback(config.server.host)


def _say(text: str, token: str = "") -> None:
    """Print a text, even if nobody reads stdout any more. A generated token in it then goes to stderr."""
    try:
        echo(text)
    except Unwritten:
        if token:
            tell(f"The control token is {token}")


def play_demo(emulator: "Emulator") -> str:
    """Play the traffic of the table `[demo]`, and describe its account. Returns empty text without the table."""
    demo = emulator.config.demo
    if demo is None:
        return ""
    from ccell_mock_server.demo import open_demo  # noqa: PLC0415 - Faker is slow to import

    return f"{demo.userid}, password {open_demo(emulator, demo)}, with traffic of {demo.hours:g} hours"
