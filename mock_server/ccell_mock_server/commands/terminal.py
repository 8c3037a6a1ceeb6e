"""Show text on stdout as it can take it: its width, its colours and its encoding."""

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

from ccell_fake.printable import escape_controls
from ccell_mock_server.commands.output import encoding, is_open

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# A pipe or a file has no width, and nothing is folded there.
_UNLIMITED_WIDTH = 1_000_000
_SMALLEST_WIDTH = 20
_COLOURLESS = {"dumb", "unknown"}


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


def console(columns: int | None = None) -> "Console":
    """Return a console that writes nothing to stdout, but has its colours, its encoding, and its width or another."""
    from rich.console import Console  # noqa: PLC0415 - takes longer to import than the rest of a command

    colours = is_coloured()
    return Console(
        file=io.TextIOWrapper(io.BytesIO(), encoding()),
        width=columns or width(),
        height=100,
        force_terminal=colours,
        color_system="standard" if colours else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )


def render(shown: "RenderableType", columns: int | None = None) -> str:
    """Render a table or a text, in the width of stdout or another, as lines without blanks at their ends."""
    on = console(columns)
    with on.capture() as captured:
        on.print(shown)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def fold(text: str, columns: int | None = None) -> str:
    """Escape a text, and fold it at the width of stdout or at another."""
    from rich.cells import cell_len  # noqa: PLC0415 - likewise

    text, columns = visible(text), columns or width()
    if cell_len(text) <= columns:
        return text
    from rich.text import Text  # noqa: PLC0415 - likewise

    return render(Text(text, overflow="fold"), columns)
