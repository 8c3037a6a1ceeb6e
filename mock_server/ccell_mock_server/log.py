"""The log: every line is escaped, and a log that nobody reads delays no answer."""

import contextlib
import logging
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from datetime import datetime
from io import FileIO
from logging.handlers import QueueHandler
from pathlib import Path

from ccell_fake.clock import SHANGHAI
from ccell_fake.printable import escape_lines

_FORMAT, _TIME = "%(asctime)s %(message)s", "%H:%M:%S+08:00"
_MOST_RECORDS = 10_000
_LAST_SECONDS = 1.0


def logger(name: str) -> logging.Logger:
    """Return the logger `ccell_fake.NAME`. All its handlers get escaped records, whoever installed them."""
    one = logging.getLogger(f"ccell_fake.{name}")
    one.addFilter(_escape)
    return one


def _escape(record: logging.LogRecord) -> bool:
    record.msg, record.args = escape_lines(record.getMessage()), ()
    if record.exc_info:
        record.exc_text = escape_lines("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    return True


class _Formatter(logging.Formatter):
    """Escapes the records of other loggers, too. Times are those of the host, in Asia/Shanghai as in all answers."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's
        return f"{datetime.fromtimestamp(record.created, SHANGHAI):{datefmt}}"

    def format(self, record: logging.LogRecord) -> str:
        return escape_lines(super().format(record))


class _BoundedHandler(QueueHandler):
    """Queues formatted lines, and counts those that find no place."""

    def __init__(self, lines: "queue.Queue[str | None]") -> None:
        super().__init__(lines)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> str:
        return self.format(record)

    def enqueue(self, record: object) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


@contextlib.contextmanager
def log_to_stderr(level: int) -> Generator[None]:
    """Write the records of all loggers to stderr, from a thread of its own.

    At most 10,000 records wait for a stderr that is not read. Later ones are dropped. Their number is logged as soon as
    stderr is read again. The records have one second to be written at the end.
    """
    with _logging(_stderr_writer(), level):
        yield


@contextlib.contextmanager
def log_to_file(path: Path, level: int) -> Generator[None]:
    """Append the records of all loggers to a file. Raises OSError if it cannot be opened."""
    with path.open("ab", buffering=0) as file, _logging(_encoded(file), level):
        yield


@contextlib.contextmanager
def _logging(write: Callable[[str], object], level: int) -> Generator[None]:
    lines: queue.Queue[str | None] = queue.Queue(_MOST_RECORDS)
    handler = _BoundedHandler(lines)
    handler.setFormatter(_Formatter(_FORMAT, _TIME))
    root = logging.getLogger()
    former = root.level
    root.setLevel(level)
    root.addHandler(handler)
    # A thread that hangs in a write must hold no lock that the end of the process needs.
    thread = threading.Thread(target=_write_lines, args=(handler, lines, write), name="ccell-fake-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(former)
        handler.close()
        with contextlib.suppress(queue.Full):
            lines.put_nowait(None)
            thread.join(_LAST_SECONDS)


def _write_lines(handler: _BoundedHandler, lines: "queue.Queue[str | None]", write: Callable[[str], object]) -> None:
    told = 0
    while (line := lines.get()) is not None:
        # Whoever closed stderr wants no log.
        with contextlib.suppress(OSError, ValueError):
            write(f"{line}\n")
            if lines.empty() and handler.dropped > told:
                told, missing = handler.dropped, handler.dropped - told
                write(f"{missing} lines were dropped from the log, because stderr was not read\n")


def _stderr_writer() -> Callable[[str], object]:
    """Return a function that writes to stderr without a buffer, whose lock the end of the process would wait for."""
    stream = sys.stderr
    if stream is None:
        return len
    try:
        raw = open(stream.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115 - as long as the process
    except (OSError, ValueError):
        return stream.write
    return _encoded(raw, stream.encoding or "utf-8")


def _encoded(raw: FileIO, encoding: str = "utf-8") -> Callable[[str], object]:
    return lambda text: raw.write(text.encode(encoding, "backslashreplace"))
