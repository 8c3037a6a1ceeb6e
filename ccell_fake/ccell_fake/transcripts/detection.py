"""Find passwords, names, phones and e-mail addresses in decoded text, by their names or by their form."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ccell_fake.transcripts.decoding import MARK, DecodedText, mask_non_ascii
from ccell_fake.wire import secrets

_SHORTEST_NUMBER = 7


class SecretKind(StrEnum):
    """The kind of a named value."""

    PASSWORD = "password"  # noqa: S105 - a name
    NAME = "name"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class SecretMatch:
    """A named value, from start to end of a decoded text."""

    kind: SecretKind
    start: int
    end: int


# A sign is made of the password, which can be guessed from it (P2). A longer name, such as SIGNCODE, is another thing.
_SIGN = tuple(b"sign" + end for end in (b'"', b"'", b"=", b":", b" ", b"\t", b"\r", b"\n", b">", b"%", MARK))

_NAMES = {
    SecretKind.PASSWORD: (*(name.encode() for name in secrets.NAMES if name.isascii()), *_SIGN),
    SecretKind.NAME: (b"userid", b"user_id"),
    SecretKind.PHONE: (b"phone", b"mobile"),
}
# ID and NAME of info. Values that begin with 10 are ports. Ports are public, and upstream messages show them too.
_INFO = re.compile(rb"<(ID|NAME)>([^<]*)</\1", re.IGNORECASE)
_PORT = re.compile(rb"10[0-9]{5,}")
_VALUE = re.compile(
    rb"""[\w-]{1,40}(?:
    # elements
    >\s{0,256}(?:<!\[CDATA\[(?P<cdata>.{1,256}?)\]\]>|(?P<element>[^<\s](?:[^<]*[^<\s])?))
    # parts of multipart forms
    |["']?(?:;[^\r\n]{0,256})?(?:\r?\n[^\r\n]{1,256}){0,4}\r?\n\r?\n(?P<part>[^\r\n]+)
    # attributes, parameters, members and lists, and names that are values themselves
    |["']?(?:(?:\s|,\s{0,16}["'])\s{0,16}value["']?)?\s{0,16}(?:=>?|:|%3[Dd])[\s\[({]{0,16}
    (?P<value>"[^"]*(?:"(?=\w)[^"]*)*"?|'[^']*(?:'(?=\w)[^']*)*'?|%22.*?(?:%22|$)|%27.*?(?:%27|$)
    |&(?:quot|\#34|\#x22);.*?(?:&(?:quot|\#34|\#x22);|$)|(?<==)[^\s&<>"']+|[^\s&<>"',;}\]]+))""",
    re.DOTALL | re.VERBOSE,
)
"""Matches a name and its value, even in malformed text. The name and all that precedes the value are bounded."""

_VALUE_FIRST = re.compile(
    rb"""\bvalue["']?\s{0,16}[=:]\s{0,16}(?P<value>"[^"]*"|'[^']*')(?:\s|,\s{0,16}["'])\s{0,16}name["']?\s{0,16}[=:]"""
    rb"""\s{0,16}["']?(?P<name>[\w-]{1,40})""",
    re.IGNORECASE,
)
_CHINESE = re.compile("(?:密码|口令)\\s{0,16}=\\s{0,16}[\"']?([^\\s\"'<>&]+)")
_QUOTES = (b'"', b"'")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_DIGITS = re.compile(r"\d{7,}")
_MOBILE = re.compile(r"(?:00)?(?:86)?(1[3-9][0-9]{9})")
_SPACED = re.compile(r"(?<!\d)1[3-9]\d[ \-]\d{4}[ \-]\d{4}(?!\d)")
DIGIT_GROUPS = re.compile(r"\d(?:[ \-]?\d){6,}")
"""Matches digits that single blanks or hyphens may divide."""


def find_named(text: DecodedText) -> Iterator[SecretMatch]:
    """Find named values in any spelling, even in broken XML."""
    yield from _find_named(text.skeleton)
    for match in _INFO.finditer(text.skeleton):
        value = match[2].strip()
        if value and _PORT.fullmatch(value) is None:
            start = match.start(2) + match[2].index(value)
            yield SecretMatch(SecretKind.NAME, start, start + len(value))
    yield from (SecretMatch(SecretKind.PASSWORD, *match.span(1)) for match in _CHINESE.finditer(text.text))


def find_unquoted(text: DecodedText) -> Iterator[SecretMatch]:
    """Find named values without quotes, as in a form."""
    return (
        match for match in _find_named(text.skeleton) if text.skeleton[match.start - 1 : match.start] not in _QUOTES
    )


def find_in_quotation(text: DecodedText) -> Iterator[SecretMatch]:
    """Find named values whose quotes are references, as in an error that quotes a request."""
    if MARK in text.skeleton:
        yield from _find_named(mask_non_ascii(text.text))


def _find_named(data: bytes) -> Iterator[SecretMatch]:
    for kind, names in _NAMES.items():
        for start, end in find_values(data, names):
            yield SecretMatch(kind, start, end)


def find_values(data: bytes, names: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Find the values, without quotes, of everything whose name begins with one of the names.

    Skips percent-encoded values, which a further decoding shows, and values that begin with a reference.
    """
    for start, end in _values(data, names):
        first = data[start : start + 1]
        if first in _QUOTES:
            yield start + 1, end - 1 if end > start + 1 and data[end - 1 : end] == first else end
        elif not data.startswith((b"%", MARK), start) and data[start - 3 : start].lower() != b"%3d":
            yield start, end


def _values(data: bytes, names: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Find the values, quotes included, of the attributes, elements and parameters whose names contain one of `names`.

    Args:
        data: XML, JSON or a form, well-formed or not.
        names: Beginnings of names, in lower case.
    """
    reached = 0
    for start in _starts(data, names):
        match = _VALUE.match(data, start) if start >= reached else None
        if match is not None and match.lastgroup:
            reached = match.end()
            yield match.span(match.lastgroup)
    for match in _VALUE_FIRST.finditer(data):
        if any(name in match["name"].lower() for name in names):
            yield match.span("value")


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


def find_emails(text: str) -> Iterator[re.Match[str]]:
    """Find e-mail addresses."""
    return _EMAIL.finditer(text) if "@" in text else iter(())


def find_mobiles(text: str) -> Iterator[re.Match[str]]:
    """Find mainland mobile numbers, with or without country code, divided into groups or not."""
    yield from _SPACED.finditer(text)
    yield from (match for match in _DIGITS.finditer(text) if _MOBILE.fullmatch(ascii_digits(match[0])[0]))


def ascii_digits(text: str) -> tuple[str, list[int]]:
    """Return the digits of a text, in any script, as ASCII, and their positions."""
    positions = [position for position, character in enumerate(text) if character.isdecimal()]
    return "".join(str(unicodedata.decimal(text[position])) for position in positions), positions


def parse_phone(text: str) -> tuple[str, list[int]]:
    """Return the digits of one number without country code, and their positions. Both are empty if it is too short."""
    digits, positions = ascii_digits(text)
    mobile = _MOBILE.fullmatch(digits)
    if mobile is not None:
        return mobile[1], positions[mobile.start(1) :]
    return (digits, positions) if len(digits) >= _SHORTEST_NUMBER else ("", [])
