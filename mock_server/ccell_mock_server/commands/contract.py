"""The commands `contract` and `calibrate`: run the contract suite with pytest."""

import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import click

from ccell_fake.extras import install
from ccell_mock_server.commands import output
from ccell_mock_server.commands.options import SECONDS, FilePath

_SUITE = "ccell_fake.contract"
# These packages are imported before pytest can rewrite their assertions. Only their tests would need that.
_INI = "[pytest]\nfilterwarnings = ignore:Module already imported:pytest.PytestAssertRewriteWarning\n"
_ASYNCIO_INI = "asyncio_default_fixture_loop_scope = function\n"
_USAGE, _NO_CONSENT, _BROKEN, _INTERRUPTED = 2, 3, 70, 130
_EPILOG = """
\b
Arguments after -- go to pytest, such as -- -n 2 -k Q13.
CCELL_FAKE_URL, CCELL_FAKE_USERID and CCELL_FAKE_PASSWORD name a live service.
"""

_Command = Callable[..., None]


def _options(command: _Command) -> _Command:
    """Add the options of both commands, and convert them to options of pytest."""

    @click.option(
        "--target",
        type=click.Choice(["emulator", "live"]),
        default="emulator",
        show_default=True,
        help="Gateway to test.",
    )
    @click.option("--url", help="Address of a running emulator.  [default: start one]")
    @click.option("--live", is_flag=True, help="Required for --target=live: consent to use a real account.")
    @click.option(
        "--allow", metavar="KINDS", help="Live: permitted costs, separated by commas: sms, drain, risk, json."
    )
    @click.option("--phone", multiple=True, metavar="NUMBER", help="Live: a number of your own; may be repeated.")
    @click.option("--budget", type=click.IntRange(0), help="Live: maximum number of messages.")
    @click.option("--account", type=FilePath(), help="Live: TOML file with the known settings of the account.")
    @click.option("--patience", type=SECONDS, help="Live: seconds to wait for a report.  [default: 60]")
    @click.option("--cacert", type=FilePath(), help="Certificates to trust instead of the host's.")
    @click.option("--report", multiple=True, type=FilePath(), help="Write a report: .json, .md or .html.")
    @click.option("--compare", type=FilePath(), help="Earlier report, .json, to compare the run with.")
    @click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
    @wraps(command)
    def run(pytest_args: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's
        command([*_as_arguments(options), *pytest_args])

    return run


def _as_arguments(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, tuple):
            yield from (f"--ccell-{name}={one}" for one in cast("tuple[str, ...]", value))
        elif value is True:
            yield f"--ccell-{name}"
        elif value not in (None, False):
            yield f"--ccell-{name}={value}"


@click.command(epilog=_EPILOG)
@_options
@click.option("--profile", type=FilePath(), help="Start the emulator with a profile and expect its answers.")
def contract(arguments: list[str]) -> None:
    """Test every clause of the document, published fact and open question.

    Exit codes: 0 every tested clause holds; 1 a clause does not hold, or the account is unusable; 2 wrong usage;
    3 consent is missing; 5 no test was selected, or stdout could not be written; 70 the suite itself failed;
    130 interrupted.
    """
    _run(arguments)


@click.command(epilog=_EPILOG)
@_options
@click.option("--to", "calibrate", type=FilePath(), help="Write the answers to a profile.")
@click.option("--drift", type=FilePath(), help="Fail if an answer differs from a profile.")
def calibrate(arguments: list[str]) -> None:
    """Answer the open questions.

    The answers are written to a profile, or compared with one.

    Exit codes: 0 done; 1 an answer differs or is unknown, or the account is unusable; 2 wrong usage;
    3 consent is missing; 5 no test was selected, or stdout could not be written; 70 the suite itself failed;
    130 interrupted.
    """
    if not any(argument.startswith(("--ccell-calibrate=", "--ccell-drift=")) for argument in arguments):
        message = "give --to FILE to write a profile, or --drift FILE to compare the answers with one"
        raise click.UsageError(message)
    _run(arguments)


def _run(arguments: list[str]) -> None:
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing:
        message = f"{' and '.join(missing)} must be installed: {install('contract')}"
        raise click.UsageError(message)
    try:
        with _sigterm_as_interrupt(), output.uninterrupted():
            code = _run_pytest(arguments)
            if code:
                raise click.exceptions.Exit(code)
    except KeyboardInterrupt:
        # Pytest handles an interrupt only after it has read its options.
        raise click.exceptions.Exit(_INTERRUPTED) from None


def _run_pytest(arguments: list[str]) -> int:
    import pytest  # noqa: PLC0415 - may not be installed

    with tempfile.TemporaryDirectory() as folder:
        ini = Path(folder, "pytest.ini")
        ini.write_text(_INI + (_ASYNCIO_INI if find_spec("pytest_asyncio") else ""), "utf-8")
        options = ["-c", str(ini), f"--rootdir={folder}", "--noconftest", "-p", "no:cacheprovider", "-q", "--tb=short"]
        # Paths of tests in the summary are of no use to the command. It names the tests itself.
        options += ["-rN", "--ccell-command"]
        code = int(pytest.main([*options, *arguments, "--pyargs", _SUITE]))
    from ccell_fake.contract.checks import REFUSED  # noqa: PLC0415 - slow to import

    exit_codes = {
        int(pytest.ExitCode.INTERRUPTED): _INTERRUPTED,
        int(pytest.ExitCode.INTERNAL_ERROR): _BROKEN,
        int(pytest.ExitCode.USAGE_ERROR): _USAGE,
        REFUSED: _NO_CONSENT,
    }
    return exit_codes.get(code, code)


@contextmanager
def _sigterm_as_interrupt() -> Generator[None]:
    """Handle SIGTERM like an interrupt."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
