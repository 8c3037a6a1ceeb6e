"""What bytes say, and where each character of it stands in them: through percent-encoding and XML's references."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*|\+")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"'\\/]))")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
MARK = b"\x7f"
"""What stands in a skeleton where there is a reference or no ASCII."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to stand in place of some characters of a source.

    Attributes:
        start: Where they begin.
        end: Where they end.
        text: What is to stand there.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """A text that a source stands for.

    Attributes:
        source: The text as it is written.
        text: What it says.
        skeleton: The same with a mark in place of each reference and of what is not ASCII, which then delimit nothing.
        places: Where each character of the text begins in the source, and where the last one ends.
        depth: How often it was percent-decoded.
    """

    source: str
    text: str
    skeleton: bytes
    places: list[int]
    depth: int

    def edit(self, start: int, end: int, text: str) -> Edit:
        """Put ASCII that needs no encoding anywhere in place of characters."""
        return Edit(self.places[start], self.places[end], text)

    def edits(self, start: int, text: str) -> Iterator[Edit]:
        """Put characters in place of as many, each written as the one before was; one that stays is taken as well."""
        for at, character in enumerate(text, start):
            begin, end = self.places[at], self.places[at + 1]
            before = self.source[begin:end]
            yield Edit(begin, end, before if character == self.text[at] else self._written(character, before))

    def _written(self, character: str, before: str) -> str:
        inner = before
        for _ in range(self.depth):
            inner = _unquoted(inner)
        written = f"&#{ord(character)};" if _REFERENCE.fullmatch(inner) else character
        written = f"\\u{ord(character):04x}" if _ESCAPE.fullmatch(inner) else written
        depth = self.depth if "%" in before else 0
        for _ in range(depth):
            written = "".join(f"%{byte:02X}" for byte in written.encode("utf-8", "surrogateescape"))
        return written


def view(source: str, depth: int = 0, *, plus_is_blank: bool = False, is_escaped: bool = False) -> View:
    """What a text says.

    Args:
        source: The text.
        depth: How often it is percent-decoded.
        plus_is_blank: Whether a plus is decoded with it.
        is_escaped: Whether backslashes are resolved, as JSON and Python write them, or else XML's references.
    """
    pattern, referred = (_ESCAPE, _escaped) if is_escaped else (_REFERENCE, _referred)
    text, places = source, list(range(len(source) + 1))
    for _ in range(depth):
        text, places = _decoded(text, places, plus_is_blank=plus_is_blank)
    shape: list[str] = []
    said: list[str] = []
    kept: list[int] = []
    end = 0
    for match in pattern.finditer(text):
        character = referred(match)
        if character is None:
            continue
        plain = text[end : match.start()]
        said += (plain, character)
        shape += (plain, MARK.decode())
        kept += (*places[end : match.start()], places[match.start()])
        end = match.end()
    said.append(text[end:])
    shape.append(text[end:])
    kept += places[end:]
    return View(source, "".join(said), ascii_of("".join(shape)), kept, depth)


def ascii_of(text: str) -> bytes:
    """A byte for each character: itself, or a mark for one that is not ASCII."""
    return text.encode("ascii", "replace").replace(b"?", MARK)


def _referred(match: re.Match[str]) -> str | None:
    if match[3]:
        return _NAMED[match[3]]
    number = int(match[1]) if match[1] else int(match[2], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else None  # noqa: PLR2004 - Unicode's bounds


def _escaped(match: re.Match[str]) -> str:
    return match[3] or chr(int(match[1] or match[2], 16))


def _decoded(text: str, places: list[int], *, plus_is_blank: bool) -> tuple[str, list[int]]:
    said: list[str] = []
    kept: list[int] = []
    end = 0
    for match in _PERCENT.finditer(text):
        if match[0] == "+" and not plus_is_blank:
            continue
        said.append(text[end : match.start()])
        kept += places[end : match.start()]
        at = match.start()
        for character in " " if match[0] == "+" else _unquoted(match[0]):
            said.append(character)
            kept.append(places[at])
            at += 1 if match[0] == "+" else 3 * len(character.encode("utf-8", "surrogateescape"))
        end = match.end()
    said.append(text[end:])
    return "".join(said), [*kept, *places[end:]]


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def edited(source: str, edits: Iterable[Edit]) -> str:
    """The source with its edits made; of one that overlaps an earlier one the rest is left out of the source."""
    written: list[str] = list(source)
    is_taken = bytearray(len(source))
    for edit in edits:
        free = [place for place in range(edit.start, edit.end) if not is_taken[place]]
        is_whole = len(free) == edit.end - edit.start
        for place in free:
            written[place] = edit.text if is_whole and place == edit.start else ""
            is_taken[place] = True
    return "".join(written)


def decoded(data: bytes) -> tuple[str, str]:
    """Bytes as text, and the encoding from which and to which nothing of them is lost.

    It is the one that a byte order mark, the first character or the XML declaration says, else UTF-8 with what is not
    UTF-8 kept.
    """
    declared = _DECLARED.match(data)
    said = next((name for start, name in _UTF_16.items() if data.startswith(start)), None)
    for encoding in filter(None, (said, declared and declared[1].decode())):
        try:
            text = data.decode(encoding)
            if text.encode(encoding) == data:
                return text, encoding
        except (LookupError, ValueError):
            continue
    return data.decode("utf-8", "surrogateescape"), "utf-8"


def encoded(text: str, encoding: str) -> bytes:
    """The bytes that `decoded` made a text of."""
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
