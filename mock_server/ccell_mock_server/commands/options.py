"""Options that several commands share, and the environment variable of each option."""

import math
import os
import re
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from ccell_fake.certificates import trusted
from ccell_fake.clock import EARLIEST, LATEST, SHANGHAI, SystemClock
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.token import TOKEN_FORM, is_token, read_token
from ccell_mock_server.http.paths import DEFAULT_PORT

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    # Not every supported version of Click has generic types.
    _ParamType = click.ParamType

MOST_ROWS = 1_000_000_000
"""Largest number of rows that a command takes."""

_Command = TypeVar("_Command", bound=Callable[..., None])

DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
_LONGEST = 10 * 365 * 86_400
_DURATION, _TIME = re.compile(r"([0-9]{1,5})([smhd])"), re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class _Seconds(click.FloatRange):
    name = "number of seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - Click's
        """Convert text. Every comparison of a range accepts NaN."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail("nan is no number of seconds.", param, ctx)
        return seconds


class FilePath(click.Path):
    """The path of a file. An empty text would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - Click's
        """Return the path."""
        if not os.fspath(value):
            self.fail("must name a file, got an empty text", param, ctx)
        return super().convert(value, param, ctx)


class _Certificates(FilePath):
    """A file of certificates, which is read before the command does anything."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401 - Click's
        """Return the path of the file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            trusted("", path)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return path


SECONDS = _Seconds(min=0, max=_LONGEST)
"""Type of an option: a finite duration."""

POSITIVE_SECONDS = _Seconds(min=0, max=_LONGEST, min_open=True)
"""Type of an option: a finite duration above 0."""


def instant(text: str) -> datetime:
    """Type of an option: a time in Asia/Shanghai or with an offset, or a duration before now, such as 10m."""
    now = SystemClock().now()
    try:
        if duration := _DURATION.fullmatch(text):
            time = now - timedelta(**{_UNITS[duration[2]]: int(duration[1])})
        else:
            time = datetime.fromisoformat(f"{now:%Y-%m-%d} {text}" if _TIME.fullmatch(text) else text)
    except ValueError:
        message = f"must be like 10m, 08:30 or '2026-01-31 08:30:00', got {text!r}"
        raise click.BadParameter(message) from None
    time = time if time.tzinfo else time.replace(tzinfo=SHANGHAI)
    if not EARLIEST <= time <= LATEST:
        message = f"must be from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}, got {text!r}"
        raise click.BadParameter(message)
    return time


class _Userid(_ParamType):
    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - Click's
        """Return the userid of an account. No path of the control API could have another text."""
        from ccell_mock_server.config.accounts import USERID_FORM, is_userid  # noqa: PLC0415 - slow to import

        if not value:
            self.fail("must name an account, got an empty text", param, ctx)
        if not is_userid(value):
            self.fail(f"must consist of {USERID_FORM}, got {value!r}", param, ctx)
        return value


USERID = _Userid()
"""Type of an option: the userid of an account of an emulator."""


class Table(_ParamType):
    """Type of an option: a table of the configuration, or a list of tables, as TOML or JSON."""

    name = "TOML or JSON"

    def __init__(self, setting: str, *, is_list: bool = False) -> None:
        """Read a table of the configuration. One table may stand for a list of one."""
        self._setting, self._is_list = setting, is_list

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - Click's
        """Convert text."""
        from ccell_mock_server.config import toml  # noqa: PLC0415 - other commands do not need it

        if not isinstance(value, str):
            return value
        try:
            read = toml.read_value(value, self._setting)
        except ConfigError as error:
            self.fail(f"{error}", param, ctx)
        if read is None:
            self.fail(f"must be a {'list of tables' if self._is_list else 'table'}, got null", param, ctx)
        return [read] if self._is_list and isinstance(read, dict) else read


class _Port(click.types.IntParamType):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - Click's
        """Convert text. Kubernetes may have set the variable."""
        if str(value).startswith("tcp://"):
            message = (
                f"must be a number, got {value!r}. Kubernetes sets this variable for a Service with the name "
                "ccell-fake: set enableServiceLinks: false in the pod, or rename the Service."
            )
            self.fail(message, param, ctx)
        return super().convert(value, param, ctx)


PORT = _Port()
"""Type of an option: a port."""

FILE, FILE_TO_WRITE = FilePath(path_type=Path), FilePath(dir_okay=False, path_type=Path)
"""Types of an option: the path of a file, and of one that is not a folder if it exists."""


def variable(option: click.Option) -> str:
    """Return the environment variable of an option, such as CCELL_FAKE_PORT for `--port`."""
    name = max(option.opts, key=len)
    return "CCELL_FAKE_" + name.removeprefix("--").replace("-", "_").upper()


def add_variables(command: click.Command) -> None:
    """Let each option of a command be set by its environment variable too, and show the variable in the help."""
    for option in command.params:
        if isinstance(option, click.Option):
            option.envvar = option.envvar or variable(option)
            option.show_envvar = True


def origins(context: click.Context) -> dict[str, str]:
    """Return the variable that each option comes from, by the name of its parameter, if it comes from a variable."""
    return {
        option.name: variable(option)
        for option in context.command.params
        if isinstance(option, click.Option)
        and option.name
        and context.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT
    }


def gateway_url(command: _Command) -> _Command:
    """Add the option `--url`, the address of a gateway."""
    return click.option("--url", default=DEFAULT_URL, show_default=True, help="Address of the gateway.")(command)


def emulator_url(command: _Command) -> _Command:
    """Add the option `--url`, the address of an emulator."""
    return click.option("--url", default=DEFAULT_URL, show_default=True, help="Address of the emulator.")(command)


def cacert(command: _Command) -> _Command:
    """Add the option `--cacert`, the certificates to trust."""
    return click.option(
        "--cacert",
        metavar="FILE",
        type=_Certificates(exists=True, dir_okay=False),
        help="Certificates to trust instead of the host's, as PEM. `ccell-fake ca` prints an emulator's.",
    )(command)


def insecure_context() -> ssl.SSLContext:
    """Return a context that accepts any certificate, for requests that hold no secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def control_token(command: _Command) -> _Command:
    """Add the options `--control-token` and `--control-token-file`. The command gets the token as `control_token`."""

    @click.option("--control-token", default="", help="Token of the control API, if it has one.")
    @click.option(
        "--control-token-file",
        metavar="FILE",
        type=FILE,
        help="File with this token, in place of --control-token.",
    )
    @wraps(command)
    def run(*, control_token: str, control_token_file: Path | None, **options: Any) -> None:  # noqa: ANN401 - the command's
        if control_token and control_token_file:
            message = "--control-token and --control-token-file must not both be set, also not by their variables"
            raise click.UsageError(message)
        try:
            token = read_token(control_token_file) if control_token_file else control_token
            if not is_token(token):
                message = f"--control-token must be {TOKEN_FORM}"
                raise click.UsageError(message)
        except ConfigError as error:
            message = f"--control-token-file: {error}"
            raise click.UsageError(message) from None
        command(control_token=token, **options)

    return cast("_Command", run)


def userid(help_: str) -> Callable[[_Command], _Command]:
    """Return the option `--userid` of a command that uses the control API, with its help."""
    return click.option("--userid", type=USERID, help=help_)


def json_lines(command: _Command) -> _Command:
    """Add the option `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")(command)


def limit(command: _Command) -> _Command:
    """Add the option `--limit`, the rows to print."""
    count = click.IntRange(min=1, max=MOST_ROWS)
    return click.option("--limit", type=count, default=20, show_default=True, help="Rows to print.")(command)


def since(help_: str) -> Callable[[_Command], _Command]:
    """Return the option `--since`, with its help."""
    return click.option("--since", type=instant, metavar="TIME", help=f"{help_}: 10m ago, 08:30, or a date and a time.")
