"""Secrets in what was sent, replaced before anyone reads it."""

import codecs
import re

HIDDEN = "********"
"""What stands in place of a secret."""

_NAMES = (b"pass", b"pwd", b"pswd", b"secret", b"token")
# Attributes, elements and parameters, however misspelt and whether or not the XML around them can be read. What is
# repeated is bounded before the value, so that no payload makes the search long.
_PASSWORD = re.compile(
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
    shown, end = bytearray(), 0
    for start in _starts(data):
        match = _PASSWORD.match(data, start) if start >= end else None
        if match is not None:
            shown += data[end : match.end("name")] + f'"{HIDDEN}"'.encode()
            end = match.end()
    text = (bytes(shown) + data[end:]).decode(errors="replace")
    return text.replace(known, HIDDEN) if len(known) >= _SHORTEST else text


def _starts(data: bytes) -> list[int]:
    """Where something is called a password. To search for it by an expression takes far longer."""
    lowered = data.lower()
    starts: list[int] = []
    for name in _NAMES:
        start = lowered.find(name)
        while start >= 0:
            starts.append(start)
            start = lowered.find(name, start + 1)
    return sorted(starts)
