"""The configuration of the emulator as a command reads it: options of the settings, and their variables."""

import logging
import sys
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from click.core import ParameterSource

from ccell_mock_server.commands.options import FILE, PORT, Table, add_variables, origins, variable
from ccell_mock_server.commands.output import tell
from ccell_mock_server.config import settings
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import KNOWN_SETTINGS, TABLES, Config
from ccell_mock_server.http.paths import DEFAULT_PORT

_INVALID_CONFIG = 2
_SETTINGS = {*KNOWN_SETTINGS["server"], *TABLES}

SETTING_OPTIONS = (
    click.Option(["--host"], help="Address to listen on.  [default: 127.0.0.1]"),
    click.Option(["--port"], type=PORT, help=f"Port to listen on; 0 picks a free one.  [default: {DEFAULT_PORT}]"),
    click.Option(["--config", "path"], type=FILE, help="TOML file.  [default: ccell.toml if it exists]"),
    click.Option(
        ["--accounts"],
        type=Table("accounts", is_list=True),
        help="Accounts, in place of those of the file: a table, or a list of tables.",
    ),
    click.Option(["--assumptions"], type=Table("assumptions"), help="Answers to open questions: a table."),
    click.Option(["--demo"], type=Table("demo"), help="Lifelike traffic to start with: a table, {} for the defaults."),
    click.Option(
        ["--store"], help="File that keeps all data across restarts, or postgresql://… that several emulators share."
    ),
    click.Option(
        ["--database-connections"], type=int, help="Most connections to the database for requests.  [default: 8]"
    ),
    click.Option(["--journal-entries"], type=int, help="Journal entries to keep per account.  [default: 10000]"),
    click.Option(["--max-messages"], type=int, help="Messages to keep per account.  [default: all]"),
    click.Option(
        ["--max-message-age"], type=float, help="Seconds to keep messages, by the account's clock.  [default: for ever]"
    ),
    click.Option(
        ["--stop-delay"],
        type=float,
        help="Seconds from a signal to the stop, in which readyz answers 503, so that a proxy notices.  [default: 0]",
    ),
    click.Option(["--seed"], type=int, help="Seed for all randomness.  [default: 0]"),
    click.Option(
        ["--magic/--no-magic"],
        default=None,
        help="Answer a userid that is a status code with that code.  [default: magic]",
    ),
    click.Option(["--profile"], help="File with a live service's answers to the open questions."),
    click.Option(["--tls"], is_flag=True, default=None, help="Use TLS with a generated certificate."),
    click.Option(
        ["--tls-name", "tls_names"],
        multiple=True,
        metavar="NAME",
        help="Name or address for the generated certificate, such as sms.example.com; may be repeated. Turns TLS on.",
    ),
    click.Option(
        ["--tls-dir"], help="Folder that keeps the authority of generated certificates.  [default: beside the store]"
    ),
    click.Option(["--tls-cert"], help="Your certificate with its chain, as PEM."),
    click.Option(["--tls-key"], help="The private key of --tls-cert, as PEM."),
    click.Option(
        ["--strict-http"], is_flag=True, default=None, help="Refuse request lines with raw blanks, quotes or UTF-8."
    ),
    click.Option(
        ["--allow-cross-site"], is_flag=True, default=None, help="Answer requests from web pages of other sites."
    ),
    click.Option(
        ["--control-token"], help="Token of the control API.  [default when not on loopback: generate one and print it]"
    ),
    click.Option(["--control-token-file"], metavar="FILE", help="File with this token, in place of --control-token."),
)
"""An option for each setting of the server, for each other table, and for the file."""

LOG_OPTIONS = (
    click.Option(
        ["--log-level"],
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help="Log only records of this level and above. Accepted sends and refusals are info, every request is debug.",
    ),
    click.Option(["-q", "--quiet"], is_flag=True, help="The same as --log-level warning."),
    click.Option(["-v", "--verbose"], is_flag=True, help="The same as --log-level debug."),
)
"""The options that `log_level` reads."""


def log_level(context: click.Context) -> int:
    """Return the level of the log. An option of the command line wins over variables.

    Raises:
        click.UsageError: --quiet and --verbose are both given in the same place.
    """
    for source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
        names = ("quiet", "verbose", "log_level")
        given = {name: context.params[name] for name in names if context.get_parameter_source(name) is source}
        if given.get("quiet") and given.get("verbose"):
            message = "--quiet and --verbose exclude each other"
            raise click.UsageError(message)
        if given.get("quiet"):
            return logging.WARNING
        if given.get("verbose"):
            return logging.DEBUG
        if "log_level" in given:
            break
    return int(getattr(logging, context.params["log_level"].upper()))


def config_of(context: click.Context, *, needs_token: bool = False, checks_files: bool = False) -> Config:
    """Load the configuration that the parameters of a command describe. Raises ConfigError.

    Args:
        context: The command's context. It has the parameters of `SETTING_OPTIONS`.
        needs_token: Refuse to listen beyond loopback without a control token.
        checks_files: Check the files that an emulator uses from its start.
    """
    # An option that may be repeated has an empty tuple if it is absent.
    given = {name: value for name, value in context.params.items() if value not in (None, ())}
    overrides = {name: value for name, value in given.items() if name in _SETTINGS}
    return settings.load(
        given.get("path"), overrides, origins(context), needs_token=needs_token, checks_files=checks_files
    )


def config_of_environment(
    path: Path | None = None, without: Collection[str] = (), *, needs_token: bool = False, is_whole: bool = False
) -> tuple[Config, list[str], Path | None]:
    """Load the configuration that `serve` would use without options.

    Args:
        path: TOML file, in place of the one that `CCELL_FAKE_CONFIG` names.
        without: Settings whose variables are not read.
        needs_token: Refuse to listen beyond loopback without a control token.
        is_whole: Check also the files that an emulator uses from its start, and the variables of the log.

    Returns:
        The configuration, the environment variables of the settings in it, and its file, if there is one.

    Raises:
        ConfigError: The configuration is invalid. The message names all problems of the variables and of the file.
    """
    options = [*(one for one in SETTING_OPTIONS if one.name not in without), *(LOG_OPTIONS if is_whole else ())]
    add_variables(click.Command("serve", params=[*options]))
    valid: list[click.Parameter] = []
    problems: list[str] = []
    for option in options:
        try:
            click.Command("serve", params=[option]).make_context("serve", [])
            valid.append(option)
        except click.BadParameter as error:
            problems.append(f"{variable(option)}: {error.message}")
    context = click.Command("serve", params=valid).make_context("serve", [])
    if is_whole and not problems:
        try:
            log_level(context)
        except click.UsageError as error:
            problems.append(f"CCELL_FAKE_QUIET, CCELL_FAKE_VERBOSE: {error.message}")
    if path is not None:
        context.params["path"] = path
    try:
        config = config_of(context, needs_token=needs_token, checks_files=is_whole)
    except ConfigError as error:
        problems.append(f"{error}")
        raise ConfigError("\n".join(problems)) from error
    if problems:
        raise ConfigError("\n".join(problems))
    return config, variables_of(context), settings.config_file(context.params.get("path"))


def variables_of(context: click.Context) -> list[str]:
    """Return the environment variables of the settings."""
    return [name for setting, name in origins(context).items() if setting in _SETTINGS]


def load(path: Path | None, overrides: Mapping[str, object], origins: Mapping[str, str]) -> Config:
    """Load the configuration as `config.settings.load` does. Print its errors and exit with 2 if it is invalid."""
    with invalid_config_ends():
        return settings.load(path, overrides, origins)


@contextmanager
def invalid_config_ends() -> Generator[None]:
    """Print a ConfigError and end the command."""
    try:
        yield
    except ConfigError as error:
        tell(f"{error}")
        sys.exit(_INVALID_CONFIG)
