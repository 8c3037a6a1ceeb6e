"""Write to stdout and stderr without losing anything that exists nowhere else, whatever the streams can take."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

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
        # Python would try to write the rest at its exit, and fail again.
        sys.stdout = io.StringIO()
        tell(f"Error: stdout cannot be written: {error.strerror}")
        raise Unwritten from error


def render(table: "Table", width: int | None = None) -> str:
    """Render a table as stdout can carry it. Without a width, it is as wide as the terminal."""
    from rich.console import Console  # noqa: PLC0415 - takes longer to import than the rest of a command

    encoding = sys.stdout.encoding if is_open() else "utf-8"
    with io.TextIOWrapper(io.BytesIO(), encoding) as file:
        is_terminal = is_open() and sys.stdout.isatty()
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
