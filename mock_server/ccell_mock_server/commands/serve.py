"""The commands `serve` and `check-config`: run the emulator, and check its configuration.

Each setting of the server is an option of `serve`, and so has an environment variable.
"""

import secrets
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from ccell_fake.errors import CcellError
from ccell_mock_server.commands.configuration import (
    LOG_OPTIONS,
    SETTING_OPTIONS,
    config_of,
    config_of_environment,
    invalid_config_ends,
    log_level,
    variables_of,
)
from ccell_mock_server.commands.options import FILE
from ccell_mock_server.commands.output import Unwritten, echo, tell
from ccell_mock_server.commands.signals import stop_event, wait_for
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config.settings import Config, is_loopback

_TOKEN_BYTES = 16


@click.command(params=[*SETTING_OPTIONS, *LOG_OPTIONS])
@click.option("--print-config", is_flag=True, help="Print the resulting configuration and exit.")
@click.pass_context
def serve(context: click.Context, /, *, print_config: bool, **_options: object) -> None:
    """Run the emulator until Ctrl-C, SIGTERM or SIGHUP."""
    with invalid_config_ends():
        config = config_of(context)
    if print_config:
        echo(configuration.as_toml(config).rstrip("\n"))
        return
    # These are slow to import.
    from ccell_mock_server.commands.greeting import greeting, play_demo  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.log import log_to_stderr  # noqa: PLC0415

    level = log_level(context)
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
            _say(greeting(emulator, path, variables_of(context), demo=demo, token=token), token)
            wait_for(stop)
            _say("stopping")
            if config.server.stop_delay:
                emulator.dispatcher.announce_stop()
                stop.clear()
                wait_for(stop, config.server.stop_delay)
    except CcellError as error:
        raise click.ClickException(str(error)) from error


@click.command("check-config")
@click.argument("path", metavar="[FILE]", type=FILE, required=False)
def check_config(path: Path | None) -> None:
    """Check the configuration that `serve` would use: a file, and the environment variables that win over it.

    Without FILE, the file is that of `serve`: the one that CCELL_FAKE_CONFIG names, else ccell.toml of the current
    folder, if there is one. Neither the port nor the store is opened.

    Exits with 0 if it is valid, or 2 with all its errors.
    """
    with invalid_config_ends():
        config, variables, file = config_of_environment(path, is_whole=True)
    accounts = len(config.accounts)
    with_variables = f" with {', '.join(variables)}" if variables else ""
    named = f"{file or 'the default configuration'} is valid"
    echo(f"{named}{with_variables}: {accounts} account{'' if accounts == 1 else 's'}")


def _needs_token(config: Config) -> bool:
    return not config.server.control_token and not is_loopback(config.server.host)


def _say(text: str, token: str = "") -> None:
    """Print a text, even if nobody reads stdout any more. A generated token in it then goes to stderr."""
    try:
        echo(text)
    except Unwritten:
        if token:
            tell(f"The control token is {token}")
