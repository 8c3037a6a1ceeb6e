"""The page about the contract: its commands run as printed, its file is taken, its table names every option."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from contract.minimal import Account, MinimalGateway
from harness import contract, processes

from ccell_fake.contract.costs import KINDS
from ccell_fake.contract.live.settings import read_known
from ccell_mock_server.commands.contract import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
RUN = [line for line in LINES if line.startswith("ccell-fake c")]


@pytest.fixture
def gateway() -> Iterator[MinimalGateway]:
    with MinimalGateway(accounts=(Account("200001", contract.PASSWORD),)) as gateway:
        yield gateway


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (known,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "known.toml").write_text(known, "utf-8")
    (tmp_path / "profile.toml").write_text('[Q13]\nanswer = "number"\n[Q30]\nanswer = "no"\n', "utf-8")
    return tmp_path


@pytest.mark.parametrize("line", RUN)
def test_the_commands_run_as_printed(gateway: MinimalGateway, folder: Path, line: str) -> None:
    done = subprocess.run(
        [*processes.COMMAND, *shlex.split(line)[1:]],
        cwd=folder,
        env=contract.environment(gateway.url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_line_of_the_page_is_one_that_is_run_here_or_elsewhere() -> None:
    elsewhere = ("pytest --pyargs ccell_fake.contract", "export CCELL_BASE_URL", "ccell-fake serve --profile")
    assert [line for line in LINES if line not in RUN and not line.startswith(elsewhere)] == []


def test_the_file_of_the_page_is_one_that_is_taken(folder: Path) -> None:
    assert read_known(folder / "known.toml")["processing_time"] == 0.3


def test_every_option_and_every_kind_of_cost_is_named() -> None:
    options = {one.opts[0] for command in COMMANDS for one in command.params if isinstance(one, click.Option)}
    named = [*sorted(options), *KINDS]
    assert [name for name in named if f"`{name}`" not in PAGE] == []
