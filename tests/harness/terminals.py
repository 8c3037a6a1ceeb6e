"""Run `ccell-fake` on a pseudo-terminal, and read what a person sees."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pyte
from wcwidth import wcswidth

from harness.processes import COMMAND

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_LINES = 400
# The terminal has to control the process, or its end sends no SIGHUP.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A terminal in which a command runs.

    Attributes:
        written: The bytes that the command wrote, with the line breaks of a terminal.
        code: The exit code, after the block.
    """

    def __init__(
        self, *arguments: str, columns: int, encoding: str = "utf-8", variables: Mapping[str, str], folder: Path
    ) -> None:
        self.written = b""
        self.code = -1
        self._columns, self._encoding = columns, encoding
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *COMMAND, *arguments],
            env={**kept, "TERM": "xterm", "PYTHONIOENCODING": encoding, **variables},
            cwd=folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Read the rest, and wait for the end."""
        try:
            self.read()
            self.code = self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            if self._master >= 0:
                os.close(self._master)

    def read(self, until: str | None = None) -> None:
        """Read until the command has written a text, or to its end."""
        while self._master >= 0 and (until is None or "".join(until.split()) not in "".join(self.shown().split())):
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                # The command has ended.
                chunk = b""
            if not chunk:
                assert until is None, f"{until!r} was not written: {self.written!r}"
                return
            self.written += chunk

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._master, text.encode())

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the command."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self._master)
        self._master = -1

    def lines(self) -> list[str]:
        """The lines that the command wrote, without their styles. Every byte must be of the encoding."""
        return _STYLE.sub("", self.written.decode(self._encoding)).replace("\r\n", "\n").split("\n")

    def widths(self) -> list[int]:
        """The columns that each line takes."""
        return [wcswidth(line) for line in self.lines()]

    def shown(self) -> str:
        """The lines of the screen."""
        screen = pyte.Screen(self._columns, _LINES)
        pyte.Stream(screen).feed(self.written.decode(self._encoding, "ignore"))
        return "\n".join(line.rstrip() for line in screen.display).rstrip("\n")
