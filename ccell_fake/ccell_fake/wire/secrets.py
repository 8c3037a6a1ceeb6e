"""Secrets in what was sent, replaced before anyone reads it."""

import codecs
import hashlib
import html
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

HIDDEN = "********"
"""What stands in place of a secret."""

NAMES = (b"pass", b"pwd", b"pswd", b"secret", b"token")
"""How everything begins that is called a password."""

# Attributes, elements and parameters, however misspelt and whether or not the XML around them can be read. What is
# repeated is bounded before the value, so that no payload makes the search long.
_VALUE = re.compile(
    rb"""(?P<name>[\w-]{1,40}["']?(?:\s{0,16}(?:=|:|%3[Dd])\s{0,16}|>|\r?\n\r?\n))"""
    rb"""(?:"[^"]*"?|'[^']*'?|%22.*?(?:%22|$)|%27.*?(?:%27|$)"""
    rb"""|&(?:quot|\#34|\#x22);.*?(?:&(?:quot|\#34|\#x22);|$)|[^\s&<>"',;}]+)""",
    re.DOTALL,
)
_SHORTEST = 6
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def legible(data: bytes, known: str = "") -> str:
    """What was sent as text, with the values of everything called a password replaced.

    Args:
        data: What was sent.
        known: A secret that is replaced wherever it stands, unless it is so short that it may stand there by chance.
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
    """Where the value stands, its quotes included, of each attribute, element or parameter whose name begins so.

    Args:
        data: XML, JSON or a form, well-formed or not.
        names: In lower case.
    """
    reached = 0
    for start in _starts(data, names):
        match = _VALUE.match(data, start) if start >= reached else None
        if match is not None:
            reached = match.end()
            yield match.end("name"), reached


def _starts(data: bytes, names: tuple[bytes, ...]) -> list[int]:
    """Where something is called so. To search for it by an expression takes far longer."""
    lowered = data.lower()
    starts: list[int] = []
    for name in names:
        start = lowered.find(name)
        while start >= 0:
            starts.append(start)
            start = lowered.find(name, start + 1)
    return sorted(starts)


def forms(password: str) -> list[str]:
    """A password and its md5 (W9) as XML, HTML and URLs write them, the longest first; none for an empty one."""
    if not password:
        return []
    digest = hashlib.md5(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    plain = {password, escape(password, {'"': "&quot;"}), html.escape(password)}
    encoded = {
        form
        for one in plain
        for form in (quote(one, "", errors="replace"), quote(one, errors="replace"), quote_plus(one, errors="replace"))
    }
    # One form may begin as another does.
    return sorted({digest, *plain, *encoded}, key=len, reverse=True)
