"""A transcript as a file: a line says where a run begins, and each line after it holds an exchange of some run.

Lines are only ever appended, each by one write, so several may record into one file and a program that is killed leaves
at most one line unfinished. A line is written once its answer is there; read, the exchanges of a run stand in the order
in which their requests came in. Pseudonyms are the same within a run, and are not across runs.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ccell_fake.clock import SHANGHAI
from ccell_fake.transcripts.exchange import Exchange, table

FORMAT = 1
"""The version of the format; a reader refuses what is newer than it."""

_HEADER = "ccell_transcript"
_RUN = "run"


class UnreadableTranscript(Exception):
    """A file that is no transcript; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What was recorded between a start and a stop.

    Attributes:
        id: Its name in the file.
        started: When it began, aware.
        exchanges: What was recorded, in the order in which requests came in.
    """

    id: str
    started: datetime
    exchanges: tuple[Exchange, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of requests that came in before the last one of the file and whose answer was not written."""
        numbers = {exchange.number for exchange in self.exchanges}
        return tuple(number for number in range(1, max(numbers, default=0)) if number not in numbers)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a file holds.

    Attributes:
        runs: In the order in which they began.
        unfinished: The numbers of the lines that somebody was killed in the middle of, from 1; they hold nothing.
    """

    runs: tuple[RecordedRun, ...]
    unfinished: tuple[int, ...] = field(default=())


class Writer:
    """Appends the exchanges of one run; any number of threads and processes may write into a file at the same time."""

    def __init__(self, path: Path, started: datetime) -> None:
        """Begin a run at the end of a file, which is made where there is none, for nobody else to read.

        Raises:
            OSError: It cannot be written.
        """
        self._run = secrets.token_hex(4)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._path = path
        header = {_HEADER: FORMAT, _RUN: self._run, "started": started.astimezone(SHANGHAI).isoformat()}
        self._append(json.dumps(header))

    def write(self, exchange: Exchange) -> None:
        """Append an exchange, which has to be redacted already; it is there as soon as this returns.

        Raises:
            OSError: It could not be written.
        """
        self._append(json.dumps({_RUN: self._run, **exchange.to_json()}, ensure_ascii=False))

    def _append(self, line: str) -> None:
        # Whoever was killed in the middle of a line shall not take this one along.
        data = (b"" if _is_at_line_start(self._path) else b"\n") + f"{line}\n".encode()
        if os.write(self._file, data) < len(data):
            message = "the disk is full"
            raise OSError(message)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the file."""
        self.close()


def _is_at_line_start(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> Transcript:
    """What a file holds. A line that was not finished is passed over, and told of.

    Raises:
        UnreadableTranscript: There is no such file, it is no transcript or of a newer format, or a line is damaged.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        message = f"{path}: {error}"
        raise UnreadableTranscript(message) from error
    started: dict[str, datetime] = {}
    exchanges: dict[str, list[Exchange]] = {}
    unfinished: list[int] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            held = table(line.decode())
        except ValueError as error:
            if not _is_begun(line):
                raise _damaged(path, number, f"{error}") from error
            unfinished.append(number)
            continue
        try:
            run = str(held.get(_RUN))
            if _HEADER in held:
                _check(held)
                started[run] = datetime.fromisoformat(held["started"])
                exchanges[run] = []
            else:
                exchanges[run].append(Exchange.from_json(held))
        except KeyError as error:
            raise _damaged(path, number, f"there is no line before it that begins run {error}") from error
        except (ValueError, TypeError) as error:
            raise _damaged(path, number, str(error)) from error
    if not started:
        message = f"{path}: it is no transcript"
        raise UnreadableTranscript(message)
    runs = (
        RecordedRun(run, at, tuple(sorted(exchanges[run], key=lambda one: one.number))) for run, at in started.items()
    )
    return Transcript(tuple(runs), tuple(unfinished))


def _is_begun(line: bytes) -> bool:
    """Whether somebody began to write a line of ours."""
    begun = (f'{{"{_HEADER}": '.encode(), f'{{"{_RUN}": "'.encode())
    return any(line.startswith(one[: len(line)]) for one in begun)


def _check(header: dict[str, Any]) -> None:
    if header[_HEADER] != FORMAT:
        message = f"it is of format {header[_HEADER]}; this reads format {FORMAT}"
        raise ValueError(message)


def _damaged(path: Path, number: int, reason: str) -> UnreadableTranscript:
    return UnreadableTranscript(f"{path}: line {number}: {reason}")
