"""Write to stdout and stderr without losing anything that exists nowhere else, whatever the streams can take."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from ccell_fake.printable import escape_json

if TYPE_CHECKING:
    from rich.table import Table

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


def echo(text: str) -> None:
    """Write a line to stdout. Raises Unwritten."""
    if not is_open():
        return
    try:
        # Click would write UTF-8 where ASCII is wanted.
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        _give_up(error)
        raise Unwritten from error


def _give_up(error: OSError) -> None:
    # Python would try to write the rest at its exit, and fail again.
    sys.stdout = io.StringIO()
    tell(f"Error: stdout cannot be written: {error.strerror}")


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


# Without a terminal there is no width, and nothing must be cut or wrapped.
_UNLIMITED_WIDTH = 10_000


def render(table: "Table") -> str:
    """Render a table as stdout can carry it: as wide as the terminal, or as its rows."""
    from rich.console import Console  # noqa: PLC0415 - takes longer to import than the rest of a command

    encoding = sys.stdout.encoding if is_open() else "utf-8"
    with io.TextIOWrapper(io.BytesIO(), encoding) as file:
        is_terminal = is_open() and sys.stdout.isatty()
        width = None if is_terminal else _UNLIMITED_WIDTH
        console = Console(
            file=file, width=width, force_terminal=is_terminal, markup=False, emoji=False, highlight=False
        )
        with console.capture() as captured:
            console.print(table)
        return captured.get().rstrip("\n")


def tell(text: str) -> None:
    """Write a line to stderr. If that fails, the exit code still tells what happened."""
    with suppress(OSError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def keep(rows: Iterable[object]) -> None:
    """Save rows that are not on stdout, as JSON lines, in a new temporary file, or else write them to stderr."""
    lines = [escape_json(json.dumps(row, ensure_ascii=False)) for row in rows]
    try:
        descriptor, path = tempfile.mkstemp(prefix="ccell-fake-", suffix=".jsonl")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError:
        tell("\n".join(lines))
    else:
        tell(f"What was not printed is in {path}")


def as_json(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Render a value as one line of JSON that stdout can carry, and that controls no terminal."""
    text = escape_json(json.dumps(value, ensure_ascii=False))
    try:
        text.encode((sys.stdout.encoding if is_open() else "") or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
