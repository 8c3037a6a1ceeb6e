"""Run the command `ccell-fake` as a process."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from harness import forked

COMMAND = (sys.executable, "-m", "ccell_fake")


@contextmanager
def serving(folder: Path, *options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run `ccell-fake serve` on a free port. Yields the process and its address, and kills it at the end."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `ccell-fake` to its end."""
    return forked.run("ccell-fake", arguments, folder, os.environ)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
