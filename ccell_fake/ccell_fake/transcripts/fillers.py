"""Texts of messages without what they say: other characters, as many and as wide, with the same signature."""

import re
from collections.abc import Iterator

from ccell_fake.transcripts import secret_finder
from ccell_fake.transcripts.views import Edit, View

REQUEST = (b"content",)
ANSWER = (b"msgcontent",)
"""What the text of a message is called."""
_SIGNATURE = re.compile("【[^【】]*】")
_LETTER, _CHINESE, _WIDE = "x", "某", "😀"
_LAST_ASCII, _LAST_OF_16_BITS = "\x7f", "\uffff"


def edits(view: View, names: tuple[bytes, ...]) -> Iterator[Edit]:
    """What is to stand in place of each text that is called so."""
    for start, end in secret_finder.values(view.skeleton, names):
        yield from view.edits(start, filler(view.text[start:end]))


def filler(text: str) -> str:
    """A text of the same length, counted either way (Q35), with nothing of it but blanks and the signature."""
    shown = [character if character.isspace() else _filler(character) for character in text]
    for match in _SIGNATURE.finditer(text):
        shown[match.start() : match.end()] = match[0]
    return "".join(shown)


def _filler(character: str) -> str:
    if character <= _LAST_ASCII:
        return _LETTER
    return _CHINESE if character <= _LAST_OF_16_BITS else _WIDE
