"""Find and replace the passwords in a request."""

import codecs
import hashlib
import html
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

HIDDEN = "********"
"""Replaces a secret."""

NAMES = (b"pass", b"pwd", b"pswd", b"secret", b"token")
"""The beginnings of names of passwords."""

# Attributes, elements and parameters, even misspelt or in malformed XML. All repetition before the value is bounded, so
# that no payload makes the search slow.
_VALUE = re.compile(
    rb"""(?P<name>[\w-]{1,40}["']?(?:\s{0,16}(?:=|:|%3[Dd])\s{0,16}|>|\r?\n\r?\n))"""
    rb"""(?:"[^"]*"?|'[^']*'?|%22.*?(?:%22|$)|%27.*?(?:%27|$)"""
    rb"""|&(?:quot|\#34|\#x22);.*?(?:&(?:quot|\#34|\#x22);|$)|[^\s&<>"',;}]+)""",
    re.DOTALL,
)
_SHORTEST = 6
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def legible(data: bytes, known: str = "") -> str:
    """Decode a payload and replace all passwords.

    Args:
        data: The payload.
        known: A secret to replace anywhere. Ignored if it is too short to be unmistakable.
    """
    if data.startswith(_UTF_16):
        data = data.decode("utf-16", "replace").encode(errors="replace")
    shown, reached = bytearray(), 0
    for start, end in values(data, NAMES):
        shown += data[reached:start] + f'"{HIDDEN}"'.encode()
        reached = end
    text = (bytes(shown) + data[reached:]).decode(errors="replace")
    return text.replace(known, HIDDEN) if len(known) >= _SHORTEST else text


def values(data: bytes, names: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Find the values, quotes included, of the attributes, elements and parameters whose names begin as given.

    Args:
        data: XML, JSON or a form, well-formed or not.
        names: Beginnings of names, in lower case.
    """
    reached = 0
    for start in _starts(data, names):
        match = _VALUE.match(data, start) if start >= reached else None
        if match is not None:
            reached = match.end()
            yield match.end("name"), reached


def _starts(data: bytes, names: tuple[bytes, ...]) -> list[int]:
    """Find the names. A regular expression would take far longer."""
    lowered = data.lower()
    starts: list[int] = []
    for name in names:
        start = lowered.find(name)
        while start >= 0:
            starts.append(start)
            start = lowered.find(name, start + 1)
    return sorted(starts)


def forms(password: str) -> list[str]:
    """Return a password and its md5 (W9) as XML, HTML and URLs write them, the longest first."""
    if not password:
        return []
    digest = hashlib.md5(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    plain = {password, escape(password, {'"': "&quot;"}), html.escape(password)}
    encoded = {
        form
        for one in plain
        for form in (quote(one, "", errors="replace"), quote(one, errors="replace"), quote_plus(one, errors="replace"))
    }
    # One form may be the beginning of another.
    return sorted({digest, *plain, *encoded}, key=len, reverse=True)
