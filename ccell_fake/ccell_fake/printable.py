"""Escape the characters of a text that would control a terminal or forge a line."""

import json
import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def escape_controls(text: str) -> str:
    r"""Replace control characters, line breaks, marks of direction and half surrogate pairs by escapes like `\x1b`."""
    # Printable texts need no search, and nearly all texts are printable.
    return text if text.isprintable() else _CONTROLS.sub(_escape, text)


def escape_json(text: str) -> str:
    """Replace the same characters in JSON, which stays the same value."""
    return text if text.isprintable() else _CONTROLS.sub(lambda match: json.dumps(match[0])[1:-1], text)


def escape_lines(text: str) -> str:
    """Escape each line of a text. Lines after the first are indented by two blanks, unless they are already."""
    first, *others = map(escape_controls, text.split("\n"))
    return "\n".join((first, *(line if line.startswith("  ") else f"  {line}" for line in others)))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
