"""The commands `contract` and `calibrate`: the contract suite, run by pytest, whatever the folder around it sets."""

import tempfile
from collections.abc import Callable, Iterator
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import click

from ccell_fake.contract.costs import REFUSED

_SUITE = "ccell_fake.contract"
# The command has imported our packages before pytest could rewrite them, which only their tests would profit from.
_INI = "[pytest]\nfilterwarnings = ignore:Module already imported:pytest.PytestAssertRewriteWarning\n"
_OF_ASYNCIO = "asyncio_default_fixture_loop_scope = function\n"
_USAGE, _REFUSED, _BROKEN, _INTERRUPTED = 2, 3, 70, 130
_HANDED_OVER = """
\b
Whatever stands behind -- is handed over to pytest, such as -- -n 2 -k Q13.
A live gateway is named by CCELL_BASE_URL, CCELL_USERID and CCELL_PASSWORD.
"""

_Command = Callable[..., None]


def _options(command: _Command) -> _Command:
    """What both commands take, handed on as pytest's options."""

    @click.option(
        "--target",
        type=click.Choice(["emulator", "live"]),
        default="emulator",
        show_default=True,
        help="Whom to ask.",
    )
    @click.option("--url", help="An emulator that runs already; otherwise one is started.")
    @click.option("--live", is_flag=True, help="Needed for --target=live: yes, ask with a real account.")
    @click.option("--allow", metavar="KINDS", help="Live: what may be done, of sms, drain and risk, with commas.")
    @click.option("--phone", multiple=True, metavar="NUMBER", help="Live: a number of your own. May be given again.")
    @click.option("--budget", type=click.IntRange(0), help="Live: how many messages may be sent at most.")
    @click.option("--account", type=click.Path(), help="Live: a TOML file with what is known of the account.")
    @click.option("--patience", type=float, help="Live: seconds to wait for a report.  [default: 60]")
    @click.option("--cacert", type=click.Path(), help="Live: certificates to trust instead of the host's.")
    @click.option("--report", multiple=True, type=click.Path(), help="Write a report: .json, .md or .html.")
    @click.option("--compare", type=click.Path(), help="An earlier report, .json, to hold the run against.")
    @click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
    @wraps(command)
    def run(pytest_args: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - as click has them
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


@click.command(epilog=_HANDED_OVER)
@_options
@click.option("--profile", type=click.Path(), help="Start the emulator with a profile, and expect its answers.")
def contract(arguments: list[str]) -> None:
    """Ask every clause of the document and every question it leaves open.

    Exit codes: 0 every clause that was asked holds; 1 one does not, or the account cannot be asked; 2 wrong usage;
    3 nobody consented; 5 no test was selected; 70 the suite itself failed; 130 interrupted.
    """
    _run(arguments)


@click.command(epilog=_HANDED_OVER)
@_options
@click.option("--to", "calibrate", type=click.Path(), help="Write the answers as a profile.")
@click.option("--drift", type=click.Path(), help="Fail where an answer differs from a profile.")
def calibrate(arguments: list[str]) -> None:
    """Ask the open questions, and write the answers for the emulator to go by, or hold them against a profile.

    Exit codes: 0 done; 1 an answer differs, or is none that is known, or the account cannot be asked; 2 wrong usage;
    3 nobody consented; 5 no test was selected; 70 the suite itself failed; 130 interrupted.
    """
    if not any(argument.startswith(("--ccell-calibrate=", "--ccell-drift=")) for argument in arguments):
        message = "say what for: --to FILE writes a profile, --drift FILE holds the answers against one"
        raise click.UsageError(message)
    _run(arguments)


def _run(arguments: list[str]) -> None:
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing:
        message = f'this takes {" and ".join(missing)}: pip install "ccell-fake[contract]"'
        raise click.UsageError(message)
    import pytest  # noqa: PLC0415 - may not be installed

    with tempfile.TemporaryDirectory() as folder:
        ini = Path(folder, "pytest.ini")
        ini.write_text(_INI + (_OF_ASYNCIO if find_spec("pytest_asyncio") else ""), "utf-8")
        own = ["-c", str(ini), f"--rootdir={folder}", "--noconftest", "-p", "no:cacheprovider", "-q", "--tb=short"]
        code = int(pytest.main([*own, *arguments, "--pyargs", _SUITE]))
    as_ours = {
        int(pytest.ExitCode.INTERRUPTED): _INTERRUPTED,
        int(pytest.ExitCode.INTERNAL_ERROR): _BROKEN,
        int(pytest.ExitCode.USAGE_ERROR): _USAGE,
        REFUSED: _REFUSED,
    }
    raise click.exceptions.Exit(as_ours.get(code, code))


COMMANDS = (contract, calibrate)
"""The commands."""
