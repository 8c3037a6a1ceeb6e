"""The command `replay`: send a transcript's requests to an emulator and list different answers."""

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ccell_fake.errors import CcellError
from ccell_fake.settings import AccountSettings
from ccell_mock_server.commands import output
from ccell_mock_server.commands.options import FILE, cacert, control_token, origins
from ccell_mock_server.commands.rows import Row, print_rows
from ccell_mock_server.commands.terminal import fold
from ccell_mock_server.config.settings import Config, is_loopback, load, parse

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient
    from ccell_fake.transcripts import Difference, Transcript
    from ccell_mock_server.proxy.replay import ReplayResult, SettingsChooser
    from ccell_mock_server.proxy.upstream import Upstream

DIFFERENT = 1
UNUSABLE = 2
_CELL_CHARACTERS = 120
_SAME_CHARACTERS = 40
_EXIT_CODES = f"""
\b
Exit codes: 0 the answers are the same; {DIFFERENT} they differ;
{UNUSABLE} wrong usage, or the transcript or the emulator cannot be used;
{output.UNWRITTEN} stdout could not be written.
"""


@click.command(epilog=_EXIT_CODES)
@click.argument("path", metavar="FILE", type=FILE)
@click.option("--url", help="Address of an emulator on loopback.  [default: start one in this process]")
@control_token
@cacert
@click.option("--config", "config_path", type=FILE, help="TOML file, as for serve.")
@click.option("--profile", help="File with a live service's answers to the open questions.")
@click.option("--ignore-layout", is_flag=True, help="Exit with 0 if only the layout of answers differs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def replay(
    path: Path,
    *,
    url: str | None,
    control_token: str,
    cacert: Path | None,
    config_path: Path | None,
    profile: str | None,
    ignore_layout: bool,
    as_json: bool,
) -> None:
    """Replay a transcript and list different answers.

    The requests of FILE are sent to an emulator again, at their own times.

    The accounts' settings are inferred from the transcript. An account of the configuration overrides them if it has
    the userid that the transcript shows, or if both have only one account.
    """
    # These are slow to import. Other commands do not need them.
    from ccell_fake.transcripts import UnreadableTranscript, read  # noqa: PLC0415
    from ccell_mock_server.proxy.replay import replay as replay_run  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import UpstreamError  # noqa: PLC0415

    if url and (config_path or profile):
        message = "--config and --profile configure the emulator of this process; they cannot be used with --url"
        raise click.UsageError(message)
    if url and not is_loopback(urlsplit(url).hostname or ""):
        message = f"--url must be on loopback, got {url}; a replay opens accounts and moves clocks"
        raise click.UsageError(message)
    try:
        transcript = read(path)
        with _emulator(url, control_token, cacert, config_path, profile) as (
            upstream,
            control,
            config,
        ):
            choose_settings = _settings_chooser(config, transcript)
            results = [replay_run(run, upstream, control, choose_settings) for run in transcript.runs]
    except (CcellError, UnreadableTranscript, UpstreamError) as error:
        output.tell(f"{error}")
        sys.exit(UNUSABLE)
    for number, result in enumerate(results, 1):
        _print_result(number, result, as_json=as_json)
    for number in transcript.incomplete:
        output.tell(f"line {number} is incomplete and was skipped")
    differences = [difference for result in results for difference in result.differences]
    if any(not (ignore_layout and _is_layout(difference)) for difference in differences):
        sys.exit(DIFFERENT)


@contextmanager
def _emulator(
    url: str | None, token: str, cacert: Path | None, config_path: Path | None, profile: str | None
) -> Generator["tuple[Upstream, ControlClient, Config | None]"]:
    from ccell_fake.control.client import ControlClient  # noqa: PLC0415
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import Upstream  # noqa: PLC0415

    with ExitStack() as stack:
        if url is not None:
            upstream = Upstream(url, cacert=cacert)
            stack.callback(upstream.close)
            yield upstream, stack.enter_context(ControlClient(url, token, cacert=cacert)), None
            return
        overrides: dict[str, object] = {"host": "127.0.0.1", "port": 0, "store": "", "tls": False, "tls_names": []}
        overrides |= dict.fromkeys(("tls_dir", "tls_cert", "tls_key"), "")
        overrides |= {"profile": profile} if profile else {}
        sources = origins(click.get_current_context())
        config = (
            load(config_path, overrides, sources) if config_path else parse({}, "the command line", overrides, sources)
        )
        emulator = stack.enter_context(Emulator(replace(config, accounts=())))
        upstream = Upstream(emulator.url)
        stack.callback(upstream.close)
        yield upstream, fake.server(emulator).control, config if config_path else None


def _settings_chooser(config: Config | None, transcript: "Transcript") -> "SettingsChooser":
    from ccell_mock_server.proxy import inferred_accounts  # noqa: PLC0415

    configured = {account.userid: account for account in config.accounts} if config else {}
    userids = {account.userid for run in transcript.runs for account in inferred_accounts.infer_accounts(run)}
    only = next(iter(configured.values())) if len(configured) == 1 and len(userids) == 1 else None

    def choose_settings(inferred: AccountSettings) -> AccountSettings:
        account = configured.get(inferred.userid, only)
        if account is None:
            return inferred
        return replace(
            account,
            userid=inferred.userid,
            password=inferred.password,
            outcomes=inferred_accounts.NO_REPORTS,
            personas=(),
        )

    return choose_settings


def _print_result(number: int, result: "ReplayResult", *, as_json: bool) -> None:
    if as_json:
        print_rows(({"run": result.run.id, **asdict(difference)} for difference in result.differences), as_json=True)
        return
    print_rows(map(_shortened, _rows(result.differences)), as_json=False)
    skipped = f"; not compared: {', '.join(map(str, result.skipped))}" if result.skipped else ""
    missing = f"; not in the file: {', '.join(map(str, result.run.missing))}" if result.run.missing else ""
    answers = "1 answer" if result.compared == 1 else f"{result.compared} answers"
    layouts = sum(map(_is_layout, result.differences))
    count = len(result.differences) - layouts or "no"
    noun = "difference" if count == 1 else "differences"
    only = f", {layouts} in layout only" if layouts else ""
    output.echo(fold(f"run {number}: {answers} compared, {count} {noun}{only}{skipped}{missing}"))


def _shortened(row: Row) -> Row:
    """Cut two long values so that both show the place where they begin to differ."""
    recorded, replayed = row["recorded"], row["replayed"]
    if max(len(recorded), len(replayed)) <= _CELL_CHARACTERS:
        return row
    same = takewhile(lambda pair: pair[0] == pair[1], zip(recorded, replayed, strict=False))
    start = max(sum(1 for _ in same) - _SAME_CHARACTERS, 0)
    return {**row, "recorded": _cut(recorded, start), "replayed": _cut(replayed, start)}


def _cut(text: str, start: int) -> str:
    before, kept, after = text[:start], text[start : start + _CELL_CHARACTERS], text[start + _CELL_CHARACTERS :]
    return f"{'…' if before else ''}{kept}{'…' if after else ''}"


def _is_layout(difference: "Difference") -> bool:
    from ccell_fake.transcripts import LAYOUT  # noqa: PLC0415 - slow to import

    return difference.where == LAYOUT


def _rows(differences: Iterable["Difference"]) -> Iterator[Row]:
    """The rows of the table: first what a client reads, then each pair of layouts once."""
    layouts: dict[tuple[str, str], list[Difference]] = {}
    for one in differences:
        if _is_layout(one):
            layouts.setdefault((one.recorded, one.replayed), []).append(one)
        else:
            yield _row(f"{one.number}", one.operation, one)
    for same in layouts.values():
        first, others = same[0], len(same) - 1
        number = f"{first.number} and {others} more" if others else f"{first.number}"
        yield _row(number, ", ".join(dict.fromkeys(one.operation for one in same)), first)


def _row(number: str, operation: str, one: "Difference") -> Row:
    return {
        "number": number,
        "operation": operation,
        "what": one.where,
        "recorded": one.recorded,
        "replayed": one.replayed,
    }
