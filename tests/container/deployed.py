"""Run `serve` with the variables of a deployment, and with folders in place of its volumes."""

import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from harness import processes

from ccell_mock_server.cli import main

ROOT = Path(__file__).parents[2]


def variables_of(command: str) -> set[str]:
    """The environment variables that a command reads."""
    found = main.get_command(click.Context(main), command)
    assert found
    return {str(option.envvar) for option in found.params if isinstance(option, click.Option)}


def mapped(environment: Mapping[str, str], folders: Mapping[str, Path]) -> dict[str, str]:
    """The variables of a container, with folders in place of the paths at which it mounts them."""
    values = dict(environment)
    for path, folder in folders.items():
        values = {name: value.replace(f"{path}/", f"{folder}/") for name, value in values.items()}
    return values


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with variables to its end."""
    command = [*processes.COMMAND, *arguments]
    environment = {**os.environ, **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def serving(environment: Mapping[str, str]) -> Generator[str]:
    """Run `serve` with variables on a free port of loopback. Yields its address."""
    command = [*processes.COMMAND, "serve", "--host", "127.0.0.1", "--port", "0"]
    environment = {**os.environ, **environment}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[-1]
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
