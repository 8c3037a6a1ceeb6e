"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ccell_mock_server.http.paths import DEFAULT_PORT

_Command = TypeVar("_Command", bound=Callable[..., None])

DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"


def env_option(name: str, *names: str, **attributes: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401 - click's
    """Add an option that can also be set by an environment variable, such as CCELL_FAKE_PORT for `--port`."""
    variable = "CCELL_FAKE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def emulator_url(command: _Command) -> _Command:
    """Add the option `--url`, the address of an emulator."""
    return env_option("--url", default=DEFAULT_URL, show_default=True, help="Address of the emulator.")(command)


def control_token(command: _Command) -> _Command:
    """Add the option `--control-token`."""
    return env_option("--control-token", default="", help="Token of the control API, if it has one.")(command)
