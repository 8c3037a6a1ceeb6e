"""Read and write transcript files.

A header line begins a run, and each line after it holds an exchange of some run. Each line is appended by one write, so
several recorders may share a file. A kill leaves at most one incomplete line. Lines are in the order of answers; a
reader gets exchanges in the order of requests. Pseudonyms are consistent within a run, not across runs.
"""

import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ccell_fake.clock import SHANGHAI
from ccell_fake.transcripts.exchange import Exchange, parse_line

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
"""Version of the format. A reader refuses any other."""

# Windows would write \r\n.
_BINARY = getattr(os, "O_BINARY", 0)
_HEADER = "ccell_transcript"
_RUN = "run"


class UnreadableTranscript(Exception):
    """A file that is not a transcript. The message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The exchanges of one recording.

    Attributes:
        id: Its ID in the file.
        started: Its start, aware.
        exchanges: Its exchanges, in the order of requests.
    """

    id: str
    started: datetime
    exchanges: tuple[Exchange, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of requests before the last one whose exchange is not in the file."""
        numbers = {exchange.number for exchange in self.exchanges}
        return tuple(number for number in range(1, max(numbers, default=0)) if number not in numbers)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The contents of a transcript file.

    Attributes:
        runs: The runs, in the order of their starts.
        incomplete: Numbers of the incomplete lines, from 1. They are skipped.
    """

    runs: tuple[RecordedRun, ...]
    incomplete: tuple[int, ...] = field(default=())


class Writer:
    """Appends the exchanges of one run. Any number of threads and processes may write to a file at the same time."""

    def __init__(self, path: Path, started: datetime) -> None:
        """Begin a run at the end of a file. A missing file is created with mode 600.

        Raises:
            UnreadableTranscript: The file exists and is not a transcript. It is not changed.
            OSError: The file cannot be written.
        """
        if path.is_file():
            _parse(path)
        self._run = secrets.token_hex(4)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o600)
        self._path = path
        header = {_HEADER: FORMAT, _RUN: self._run, "started": started.astimezone(SHANGHAI).isoformat()}
        self._append(json.dumps(header))

    def write(self, exchange: Exchange) -> None:
        """Append a redacted exchange. It is in the file when this returns.

        Raises:
            OSError: The file cannot be written.
        """
        self._append(json.dumps({_RUN: self._run, **exchange.to_json()}, ensure_ascii=False))

    def _append(self, line: str) -> None:
        with _locked(self._file):
            # A line after an incomplete one must begin on a line of its own.
            data = (b"" if _is_at_line_start(self._path) else b"\n") + f"{line}\n".encode()
            if os.write(self._file, data) < len(data):
                message = "the disk is full"
                raise OSError(message)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the file."""
        self.close()


@contextmanager
def _locked(file: int) -> Generator[None]:
    """Keep other processes from writing. Without it, a kill in the middle of a line could spoil the next one, too."""
    if fcntl is None:
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _is_at_line_start(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> Transcript:
    """Read a transcript file. Incomplete lines are skipped and reported.

    Raises:
        UnreadableTranscript: The file is missing, damaged, not a transcript, or of another format.
    """
    try:
        transcript = _parse(path)
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UnreadableTranscript(message) from error
    if not transcript.runs:
        message = f"{path}: not a transcript"
        raise UnreadableTranscript(message)
    return transcript


def _parse(path: Path) -> Transcript:
    """Parse a file, which may be empty. Raises UnreadableTranscript, or OSError if it cannot be read."""
    started: dict[str, datetime] = {}
    exchanges: dict[str, list[Exchange]] = {}
    incomplete: list[int] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line:
            continue
        try:
            members = parse_line(line.decode())
        except ValueError as error:
            if not _is_incomplete(line):
                raise _unreadable(path, number, f"{error}") from error
            incomplete.append(number)
            continue
        try:
            run = str(members.get(_RUN))
            if _HEADER in members:
                _check_format(members)
                started[run] = datetime.fromisoformat(members["started"])
                exchanges[run] = []
            else:
                exchanges[run].append(Exchange.from_json(members))
        except KeyError as error:
            raise _unreadable(path, number, f"no header for run {error} before it") from error
        except (ValueError, TypeError) as error:
            raise _unreadable(path, number, str(error)) from error
    runs = (
        RecordedRun(run, at, tuple(sorted(exchanges[run], key=lambda one: one.number))) for run, at in started.items()
    )
    return Transcript(tuple(runs), tuple(incomplete))


def _is_incomplete(line: bytes) -> bool:
    """Return whether a line of a transcript begins like this one."""
    beginnings = (f'{{"{_HEADER}": '.encode(), f'{{"{_RUN}": "'.encode())
    return any(line.startswith(one[: len(line)]) for one in beginnings)


def _check_format(header: dict[str, Any]) -> None:
    if header[_HEADER] != FORMAT:
        message = f"format must be {FORMAT}, got {header[_HEADER]}"
        raise ValueError(message)


def _unreadable(path: Path, number: int, reason: str) -> UnreadableTranscript:
    return UnreadableTranscript(f"{path}: line {number}: {reason}")
