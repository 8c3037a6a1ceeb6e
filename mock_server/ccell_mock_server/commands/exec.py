"""The command `exec`: run another command with an emulator of its own."""

import errno
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccell_fake.errors import CcellError
from ccell_fake.proxies import exempt
from ccell_fake.settings import AccountSettings
from ccell_mock_server.commands import output
from ccell_mock_server.commands.greeting import main_accounts
from ccell_mock_server.commands.options import PORT, origins
from ccell_mock_server.commands.serve import load, play_demo, serve
from ccell_mock_server.commands.signals import passing_on

if TYPE_CHECKING:
    from ccell_mock_server.emulator import Emulator

_NOT_EXECUTABLE, _NOT_FOUND, _SIGNALLED = 126, 127, 128

_EPILOG = f"""
\b
Variables that COMMAND gets:
  CCELL_FAKE_URL            base URL, such as http://127.0.0.1:40123
  CCELL_FAKE_USERID         an account of the emulator
  CCELL_FAKE_PASSWORD       its password
  CCELL_FAKE_CACERT         the certificates to trust, with --tls
  CCELL_FAKE_CONTROL_TOKEN  the token of the control API, if it has one
  NO_PROXY, no_proxy        with the emulator's address, if there is a proxy

\b
Exit codes: that of COMMAND; {_SIGNALLED} and the number of the signal that ended it;
{_NOT_FOUND} COMMAND was not found; {_NOT_EXECUTABLE} it cannot be executed. If the emulator cannot start,
COMMAND does not run: 2 wrong usage or configuration; 1 any other reason;
{output.BROKEN} an error of this program.
"""

_OTHERWISE = {"host", "port", "log_level", "quiet", "verbose", "print_config"}
"""Options of `serve` that this command has in another form, or not at all."""


@click.command(
    "exec",
    params=[option for option in serve.params if option.name not in _OTHERWISE],
    context_settings={"allow_interspersed_args": False},
    epilog=_EPILOG,
)
@click.option("--port", type=PORT, default=0, help="Port of 127.0.0.1 to listen on.  [default: a free one]")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Append the log to a file, not to stderr.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="Log only records of this level and above. Refusals are info.  [default: info with --log, otherwise warning]",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec(  # noqa: A001 - the name of the command
    context: click.Context,
    /,
    path: Path | None,
    command: tuple[str, ...],
    *,
    log: Path | None,
    log_level: str | None,
    **options: object,
) -> None:
    """Run COMMAND with an emulator that it finds by its environment.

    The emulator listens on a free port of 127.0.0.1, and stops when COMMAND ends. Write -- before COMMAND.
    """
    options["host"] = "127.0.0.1"
    config = load(path, {name: value for name, value in options.items() if value not in (None, ())}, origins(context))
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415 - slow to import

    level = log_level or ("info" if log else "warning")
    try:
        with ExitStack() as stack:
            emulator = Emulator(config)
            stack.callback(emulator.stop)
            play_demo(emulator)
            stack.enter_context(_logging(log, getattr(logging, level.upper())))
            emulator.start()
            code = _run(command, _environment(emulator, origins(context).values()))
    except CcellError as error:
        raise click.ClickException(str(error)) from error
    context.exit(code)


@contextmanager
def _logging(path: Path | None, level: int) -> Generator[None]:
    from ccell_mock_server.log import log_to_file, log_to_stderr  # noqa: PLC0415 - slow to import

    with ExitStack() as stack:
        try:
            stack.enter_context(log_to_file(path, level) if path else log_to_stderr(level))
        except OSError as error:
            message = f"--log {path}: cannot be written: {error.strerror}"
            raise click.ClickException(message) from error
        yield


def _environment(emulator: "Emulator", settings: Collection[str]) -> dict[str, str]:
    """Return the environment of the command, without the variables of the settings."""
    account = _account(emulator)
    certificate = emulator.certificate
    authority = certificate.authority if certificate else None
    variables = {
        "CCELL_FAKE_URL": emulator.url,
        "CCELL_FAKE_USERID": account.userid,
        "CCELL_FAKE_PASSWORD": account.password,
        "CCELL_FAKE_CACERT": str(authority or ""),
        "CCELL_FAKE_CONTROL_TOKEN": emulator.config.server.control_token,
    }
    given = {name: value for name, value in variables.items() if value}
    # The variables of the settings were for this emulator. Those of another one are as wrong.
    others = {*settings, "CCELL_FAKE_CACERT"}
    inherited = {name: value for name, value in os.environ.items() if name not in others}
    return {**inherited, **given, **exempt(os.environ, emulator.url)}


def _account(emulator: "Emulator") -> AccountSettings:
    """Return an account for the command. Opens one if there is none."""
    opened = main_accounts(emulator)
    if opened:
        return opened[0]
    services = emulator.services
    return services.accounts.open(services.credentials.complete(AccountSettings())).settings


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run a command to its end. Returns its exit code, as a shell does."""
    # Windows starts a script such as npm.cmd only by its full name.
    found = shutil.which(command[0]) if sys.platform == "win32" else None
    with passing_on() as wait:
        try:
            process = subprocess.Popen([found or command[0], *command[1:]], env=environment)  # noqa: S603 - what the user wants to run
        except OSError as error:
            output.tell(f"Error: {command[0]}: {error.strerror}")
            raise click.exceptions.Exit(_NOT_FOUND if error.errno == errno.ENOENT else _NOT_EXECUTABLE) from error
        code = wait(process)
    return code if code >= 0 else _SIGNALLED - code
