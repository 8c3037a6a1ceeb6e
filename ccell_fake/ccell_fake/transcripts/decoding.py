"""Decode text for redaction, and map each decoded character to its position in the source.

Decodes character sets, percent-encoding, XML references and backslash escapes.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_PERCENT_OR_PLUS = re.compile(rf"{_PERCENT.pattern}|\+")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"'\\/]))")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
MARK = b"\x7f"
"""Stands in a skeleton for a decoded reference or a character outside ASCII."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the characters from start to end of a source."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A decoded text.

    Attributes:
        source: The text before decoding.
        text: The text after decoding.
        skeleton: The text with MARK for each reference and each character outside ASCII. These delimit nothing.
        offsets: Position in the source of each decoded character, and of the end.
        depth: Number of times the source was percent-decoded.
    """

    source: str
    text: str
    skeleton: bytes
    offsets: list[int]
    depth: int

    def edit(self, start: int, end: int, text: str) -> Edit:
        """Replace characters with ASCII that needs no encoding."""
        return Edit(self.offsets[start], self.offsets[end], text)

    def edit_each(self, start: int, text: str) -> Iterator[Edit]:
        """Replace characters one for one, each encoded like its predecessor. Unchanged characters get an edit too."""
        for position, character in enumerate(text, start):
            begin, end = self.offsets[position], self.offsets[position + 1]
            before = self.source[begin:end]
            is_same = character == self.text[position]
            yield Edit(begin, end, before if is_same else self._encode_like(before, character))

    def _encode_like(self, before: str, character: str) -> str:
        inner, times = before, 0
        while times < self.depth and _PERCENT.fullmatch(inner):
            inner, times = _unquote(inner), times + 1
        encoded = character
        if _REFERENCE.fullmatch(inner):
            encoded = f"&#{ord(character)};"
        elif _ESCAPE.fullmatch(inner):
            encoded = f"\\u{ord(character):04x}"
        for _ in range(times):
            encoded = "".join(f"%{byte:02X}" for byte in encoded.encode("utf-8", "surrogateescape"))
        return encoded


def decode_text(
    source: str, depth: int = 0, *, plus_is_blank: bool = False, has_backslash_escapes: bool = False
) -> DecodedText:
    """Decode a text.

    Args:
        source: The text.
        depth: Number of times to percent-decode it.
        plus_is_blank: Decode `+` as a blank.
        has_backslash_escapes: Decode the escapes of JSON and Python instead of XML references.
    """
    text, offsets = source, list(range(len(source) + 1))
    for _ in range(depth):
        pattern = _PERCENT_OR_PLUS if plus_is_blank else _PERCENT
        text, _masked, offsets = _replace(text, offsets, pattern, _decode_percent)
    pattern, decode = (_ESCAPE, _decode_escape) if has_backslash_escapes else (_REFERENCE, _decode_reference)
    text, masked, offsets = _replace(text, offsets, pattern, decode)
    return DecodedText(source, text, mask_non_ascii(masked), offsets, depth)


def _replace(
    text: str,
    offsets: list[int],
    pattern: re.Pattern[str],
    decode: Callable[[re.Match[str]], Sequence[tuple[str, int]]],
) -> tuple[str, str, list[int]]:
    """Decode each match to characters and their widths; no characters leave the match as it is.

    Returns:
        The decoded text, the same with MARK for each decoded character, and the offsets.
    """
    decoded: list[str] = []
    masked: list[str] = []
    kept: list[int] = []
    end = 0
    for match in pattern.finditer(text):
        characters = decode(match)
        if not characters:
            continue
        plain = text[end : match.start()]
        decoded.append(plain)
        masked += (plain, MARK.decode() * len(characters))
        kept += offsets[end : match.start()]
        position = match.start()
        for character, width in characters:
            decoded.append(character)
            kept.append(offsets[position])
            position += width
        end = match.end()
    return "".join([*decoded, text[end:]]), "".join([*masked, text[end:]]), [*kept, *offsets[end:]]


def _decode_percent(match: re.Match[str]) -> list[tuple[str, int]]:
    if match[0] == "+":
        return [(" ", 1)]
    return [(one, 3 * len(one.encode("utf-8", "surrogateescape"))) for one in _unquote(match[0])]


def _decode_reference(match: re.Match[str]) -> list[tuple[str, int]]:
    if match[3]:
        return [(_NAMED[match[3]], 0)]
    number = int(match[1]) if match[1] else int(match[2], 16)
    is_character = 0 < number < 0x110000 and not 0xD800 <= number < 0xE000  # noqa: PLR2004 - Unicode's bounds
    return [(chr(number), 0)] if is_character else []


def _decode_escape(match: re.Match[str]) -> list[tuple[str, int]]:
    return [(match[3] or chr(int(match[1] or match[2], 16)), 0)]


def mask_non_ascii(text: str) -> bytes:
    """Encode a text to one byte per character, with MARK for each question mark and non-ASCII character."""
    return text.encode("ascii", "replace").replace(b"?", MARK)


def _unquote(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def apply_edits(source: str, edits: Iterable[Edit]) -> str:
    """Apply edits. An edit that overlaps an earlier one only removes the rest of its characters."""
    result = list(source)
    is_taken = bytearray(len(source))
    for edit in edits:
        free = [position for position in range(edit.start, edit.end) if not is_taken[position]]
        is_whole = len(free) == edit.end - edit.start
        for position in free:
            result[position] = edit.text if is_whole and position == edit.start else ""
            is_taken[position] = True
    return "".join(result)


def decode_bytes(data: bytes) -> tuple[str, str]:
    """Decode bytes without loss.

    The encoding comes from the byte order mark, the first character or the XML declaration. The default is UTF-8, with
    invalid bytes kept as surrogates.

    Returns:
        The text and its encoding.
    """
    declared = _DECLARED.match(data)
    marked = next((name for start, name in _UTF_16.items() if data.startswith(start)), None)
    for encoding in filter(None, (marked, declared and declared[1].decode())):
        try:
            text = data.decode(encoding)
            if text.encode(encoding) == data:
                return text, encoding
        except (LookupError, ValueError):
            continue
    return data.decode("utf-8", "surrogateescape"), "utf-8"


def encode_text(text: str, encoding: str) -> bytes:
    """Encode a text from `decode_bytes` again."""
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
