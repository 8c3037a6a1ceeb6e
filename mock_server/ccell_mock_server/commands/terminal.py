"""Show text on stdout as it can take it: its width, its colours and its encoding."""

import io
import os
import re
import shutil
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

from ccell_fake.printable import escape_controls
from ccell_mock_server.commands.output import encoding, is_open

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# A pipe or a file has no width, and nothing is folded there.
_UNLIMITED_WIDTH = 1_000_000
_SMALLEST_WIDTH = 20
_COLOURLESS = {"dumb", "unknown"}
# A word has the blank after it, so that no line begins with that one.
_WORD = re.compile(r"\S+\s?|\s")
_PART = re.compile(r"\\(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})|.", re.DOTALL)


def width() -> int:
    """Return the columns of a line. The variable COLUMNS has precedence over the size of a terminal.

    A pipe or a file has no limit, even with COLUMNS: some programs set it for all that they start.
    """
    return max(shutil.get_terminal_size().columns, _SMALLEST_WIDTH) if is_terminal() else _UNLIMITED_WIDTH


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return is_open() and sys.stdout.isatty()


def is_coloured() -> bool:
    """Return whether stdout gets colours: a terminal does.

    NO_COLOR and TERM=dumb turn them off. FORCE_COLOR and CLICOLOR_FORCE turn them on elsewhere, too.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal() and os.environ.get("TERM") not in _COLOURLESS


def visible(text: str) -> str:
    r"""Escape what would control a terminal, and what the encoding of stdout lacks, such as `\x1b` and `\u4f60`."""
    return escape_controls(text).encode(encoding(), "backslashreplace").decode(encoding())


def console() -> "Console":
    """Return a console that writes nothing to stdout, but has its colours, its encoding and its width."""
    from rich.console import Console  # noqa: PLC0415 - takes longer to import than the rest of a command

    colours = is_coloured()
    return Console(
        file=io.TextIOWrapper(io.BytesIO(), encoding()),
        width=width(),
        height=100,
        force_terminal=colours,
        color_system="standard" if colours else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )


def render(text: "Text") -> str:
    """Render a text in the colours of stdout, without folding it."""
    on = console()
    with on.capture() as captured:
        on.print(text, end="", soft_wrap=True)
    return captured.get()


def fold(text: str, columns: int | None = None) -> str:
    """Escape a text, and fold it at the width of stdout or at another. The lines together are the escaped text."""
    text = visible(text)
    places = [0, *breaks(text, columns or width()), len(text)]
    return "\n".join(text[start:end] for start, end in pairwise(places))


def breaks(text: str, columns: int) -> list[int]:
    """Return the places where to break an escaped text: before words, and in a word that is longer than a line.

    An escape stays whole in at least 10 columns, which the longest one has.
    """
    from rich.cells import cell_len  # noqa: PLC0415 - likewise

    found: list[int] = []
    if cell_len(text) <= columns:
        return found
    start = 0
    for word in _WORD.finditer(text):
        if cell_len(text[start : word.end()]) <= columns:
            continue
        if word.start() > start:
            start = word.start()
            found.append(start)
        for part in _PART.finditer(text, word.start(), word.end()):
            if part.start() > start and cell_len(text[start : part.end()]) > columns:
                start = part.start()
                found.append(start)
    return found
