"""The help of the commands, in the width of the terminal."""

from collections.abc import Iterable

import click

_NARROW = 60
_VERBATIM = "\b\n"


class _Formatter(click.HelpFormatter):
    """Folds what Click leaves wider than a narrow terminal: tables of options, and lines that keep their breaks."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a table, with a short first column on a narrow terminal."""
        super().write_dl([*rows], self.width // 4 if self.width < _NARROW else col_max, col_spacing)

    def write_text(self, text: str) -> None:
        r"""Write paragraphs. Lines of those that begin with `\b` continue under themselves."""
        super().write_text("\n\n".join(map(self._fold, text.split("\n\n"))))

    def _fold(self, paragraph: str) -> str:
        if not paragraph.startswith(_VERBATIM):
            return paragraph
        lines = paragraph.removeprefix(_VERBATIM).split("\n")
        return _VERBATIM + "\n".join(map(self._fold_line, lines))

    def _fold_line(self, line: str) -> str:
        indent = " " * (len(line) - len(line.lstrip()))
        width = self.width - self.current_indent
        return line if len(line) <= width else click.wrap_text(line.strip(), width, indent, f"{indent}  ")


class HelpContext(click.Context):
    """The context of a command whose help fits in the terminal."""

    formatter_class: type[click.HelpFormatter] = _Formatter
