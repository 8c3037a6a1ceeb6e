"""The command `replay`: ask the emulator what a transcript asked, and list the differences."""

import json
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ccell_fake.settings import AccountSettings

if TYPE_CHECKING:
    from ccell_fake.control.client import ControlClient
    from ccell_fake.transcripts import Transcript
    from ccell_mock_server.config.settings import Config
    from ccell_mock_server.proxy.replay import Chosen, Replayed
    from ccell_mock_server.proxy.upstream import Upstream

DIFFERENT = 1
UNUSABLE = 2
_CELL_CHARACTERS = 120


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--url", help="An emulator that serves, on loopback; one of this process's own unless given.")
@click.option(
    "--control-token", envvar="CCELL_FAKE_CONTROL_TOKEN", show_envvar=True, default="", help="If that one has one."
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A TOML file, as serve takes it.")
@click.option("--profile", help="A file with the answers of a live service, to go by.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def replay(
    path: Path, url: str | None, control_token: str, config_path: Path | None, profile: str | None, *, as_json: bool
) -> None:
    r"""Ask the emulator what the transcript FILE asked, and list what it answers otherwise.

    The accounts have the settings that the transcript shows; an account of the configuration, with the userid that the
    transcript has for it or as the only one of each, has the last word.

    \b
    Exit codes: 0 the answers are the same; 1 they differ; 2 the transcript or the emulator cannot be used.
    """
    # Slow to import; the other commands do without.
    from ccell_fake.errors import CcellError  # noqa: PLC0415
    from ccell_fake.store.database import StoreError  # noqa: PLC0415
    from ccell_fake.transcripts import UnreadableTranscript, read  # noqa: PLC0415
    from ccell_mock_server.config.errors import ConfigError  # noqa: PLC0415
    from ccell_mock_server.config.settings import is_loopback  # noqa: PLC0415
    from ccell_mock_server.http.server import ServingError  # noqa: PLC0415
    from ccell_mock_server.proxy.replay import replay as replayed  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import UpstreamError  # noqa: PLC0415

    if url and (config_path or profile):
        message = "--url names an emulator that has its configuration; --config and --profile are for one of our own"
        raise click.UsageError(message)
    if url and not is_loopback(urlsplit(url).hostname or ""):
        message = "a replay opens accounts and moves their clocks; it is for an emulator on this machine"
        raise click.UsageError(message)
    try:
        transcript = read(path)
        with _emulator(url, control_token, config_path, profile) as (upstream, control, config):
            chosen = _chosen(config, transcript)
            results = [replayed(run, upstream, control, chosen) for run in transcript.runs]
    except (UnreadableTranscript, ConfigError, CcellError, UpstreamError, ServingError, StoreError) as error:
        click.echo(f"{error}", err=True)
        sys.exit(UNUSABLE)
    for place, result in enumerate(results, 1):
        _show(place, result, as_json=as_json)
    for number in transcript.unfinished:
        click.echo(f"line {number} is unfinished, and was passed over", err=True)
    if any(result.differences for result in results):
        sys.exit(DIFFERENT)


@contextmanager
def _emulator(
    url: str | None, token: str, config_path: Path | None, profile: str | None
) -> Generator[tuple["Upstream", "ControlClient", "Config | None"]]:
    from ccell_fake.control.client import ControlClient  # noqa: PLC0415
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.config import settings as configuration  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415
    from ccell_mock_server.proxy.upstream import Upstream  # noqa: PLC0415

    with ExitStack() as stack:
        if url is not None:
            upstream = Upstream(url)
            stack.callback(upstream.close)
            yield upstream, stack.enter_context(ControlClient(url, token)), None
            return
        server = {"host": "127.0.0.1", "port": 0, "store": "", "tls": False, "tls_cert": "", "tls_key": ""}
        given = server | ({"profile": profile} if profile else {})
        config = (
            configuration.load(config_path, given)
            if config_path
            else configuration.parse({}, "the command line", given)
        )
        emulator = stack.enter_context(Emulator(replace(config, accounts=())))
        upstream = Upstream(emulator.url)
        stack.callback(upstream.close)
        yield upstream, fake.server(emulator).control, config if config_path else None


def _chosen(config: "Config | None", transcript: "Transcript") -> "Chosen":
    from ccell_mock_server.proxy import inferred_accounts  # noqa: PLC0415

    configured = {account.userid: account for account in config.accounts} if config else {}
    userids = {account.userid for run in transcript.runs for account in inferred_accounts.accounts(run)}
    only = next(iter(configured.values())) if len(configured) == 1 and len(userids) == 1 else None

    def chosen(learnt: AccountSettings) -> AccountSettings:
        account = configured.get(learnt.userid, only)
        if account is None:
            return learnt
        return replace(
            account, userid=learnt.userid, password=learnt.password, outcomes=inferred_accounts.SILENT, personas=()
        )

    return chosen


def _show(place: int, result: "Replayed", *, as_json: bool) -> None:
    if as_json:
        for difference in result.differences:
            click.echo(json.dumps({"run": result.run.id, **asdict(difference)}, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if result.differences:
        table = Table("number", "operation", "what", "recorded", "replayed")
        for one in result.differences:
            cells = (f"{one.number}", one.operation, one.where, one.recorded, one.replayed)
            table.add_row(*(Text(cell[:_CELL_CHARACTERS]) for cell in cells))
        Console().print(table)
    left_out = f"; not compared: {', '.join(map(str, result.left_out))}" if result.left_out else ""
    missing = f"; not in the file: {', '.join(map(str, result.run.missing))}" if result.run.missing else ""
    found = len(result.differences) or "no"
    noun = "difference" if found == 1 else "differences"
    click.echo(f"run {place}: {result.compared} answers compared, {found} {noun}{left_out}{missing}")
