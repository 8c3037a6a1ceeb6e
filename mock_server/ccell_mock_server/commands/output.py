"""Write to stdout and stderr without losing anything that exists nowhere else, whatever the streams can take."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, cast

import click

from ccell_fake.printable import escape_controls, escape_json

UNWRITTEN, BROKEN, INTERRUPTED = 5, 70, 130
"""Exit codes of every command: stdout could not be written, an unexpected error, an interrupt."""


class Unwritten(click.exceptions.Exit):
    """Stdout could not be written, and stderr says why. It ends the command with exit code 5."""

    def __init__(self) -> None:
        super().__init__(UNWRITTEN)


def replace_unencodable() -> None:
    """Let stdout and stderr escape the characters that their encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_open() -> bool:
    """Return whether there is a stdout. A caller may have closed it (`>&-`)."""
    # It is None then, which its type does not say.
    return bool(sys.stdout)


def encoding() -> str:
    """Return the encoding of stdout."""
    return (sys.stdout.encoding if is_open() else "") or "utf-8"


def echo(text: str) -> None:
    """Write a line to stdout. Raises Unwritten."""
    if not is_open():
        return
    try:
        # Click would write UTF-8 where ASCII is wanted.
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _give_up(error)
        raise Unwritten from error


def _give_up(error: OSError | ValueError) -> None:
    # Python would try to write the rest at its exit, and fail again.
    sys.stdout = io.StringIO()
    tell(f"Error: stdout cannot be written: {getattr(error, 'strerror', None) or error}")


class _Dropping:
    """Writes to a stream until it fails, and drops the rest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the stream's
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._until_failed(lambda: self._stream.write(text)) or len(text)

    def flush(self) -> None:
        self._until_failed(self._stream.flush)

    def _until_failed(self, act: Callable[[], int | None]) -> int | None:
        if self.error is None:
            try:
                return act()
            except OSError as error:
                self.error = error
        return None


@contextmanager
def uninterrupted() -> Generator[None]:
    """Let code that writes to stdout go on if stdout cannot be written or is closed.

    Raises:
        Unwritten: At the end, unless the block raised an error itself. Stdout could not be written.
    """
    if not is_open():
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            yield
        return
    stdout = sys.stdout
    dropping = _Dropping(stdout)
    sys.stdout = cast("TextIO", dropping)
    try:
        yield
        dropping.flush()
    finally:
        sys.stdout = stdout
        if dropping.error is not None:
            _give_up(dropping.error)
    if dropping.error is not None:
        raise Unwritten from dropping.error


def tell(text: str) -> None:
    """Write a text to stderr, without what controls a terminal. The exit code tells what happened if that fails."""
    with suppress(OSError, AttributeError, ValueError):
        lines = map(escape_controls, text.split("\n"))
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()


def keep(rows: Iterable[object]) -> None:
    """Save rows that are not on stdout, as JSON lines, in a new temporary file, or else write them to stderr."""
    lines = [escape_json(json.dumps(row, ensure_ascii=False, default=datetime.isoformat)) for row in rows]
    try:
        descriptor, path = tempfile.mkstemp(prefix="ccell-fake-", suffix=".jsonl")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError:
        tell("\n".join(lines))
    else:
        tell(f"What was not printed is in {path}")


def as_json(value: Any) -> str:  # noqa: ANN401 - JSON and times
    """Render a value as one line of JSON that stdout can carry, and that controls no terminal. Times are ISO 8601."""
    text = escape_json(json.dumps(value, ensure_ascii=False, default=datetime.isoformat))
    try:
        text.encode(encoding())
    except UnicodeEncodeError:
        return json.dumps(value, default=datetime.isoformat)
    return text
