"""Where something stands that has to be replaced: what is called a password, userid or phone, or looks like one."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ccell_fake.transcripts import views
from ccell_fake.transcripts.views import View
from ccell_fake.wire import secrets

SHORTEST_NUMBER = 7
"""Fewer digits than this are nobody's phone."""


class SecretKind(StrEnum):
    """What something is by its name."""

    PASSWORD = "password"  # noqa: S105 - a name
    NAME = "name"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Match:
    """A value in a view.

    Attributes:
        kind: What it is.
        start: Where it begins.
        end: Where it ends.
    """

    kind: SecretKind
    start: int
    end: int


_NAMES = {
    # A signature over the password lets it be guessed (J2).
    SecretKind.PASSWORD: (*secrets.NAMES, b'sign"'),
    SecretKind.NAME: (b"userid", b"user_id"),
    SecretKind.PHONE: (b"phone", b"mobile"),
}
# ID and NAME of info; what begins with 10 is a port, which is nobody's name and stands in upstream messages as well.
_INFO = re.compile(rb"<(ID|NAME)>\s*(?!10[0-9]{5,}\s*<)([^<]+?)\s*</\1", re.IGNORECASE)
_QUOTES = (b'"', b"'")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_DIGITS = re.compile(r"\d{7,}")
_GROUPS = re.compile(r"\d(?:[ \-]?\d){6,}")
_MOBILE = re.compile(r"(?:00)?(?:86)?(1[3-9][0-9]{9})")
_SPACED = re.compile(r"(?<!\d)1[3-9]\d[ \-]\d{4}[ \-]\d{4}(?!\d)")
_WORD = re.compile(r"\w+")


def named(view: View) -> Iterator[Match]:
    """What is called something, in whatever spelling and however broken the XML around it is."""
    yield from _named(view.skeleton)
    for match in _INFO.finditer(view.skeleton):
        yield Match(SecretKind.NAME, *match.span(2))


def bare(view: View) -> Iterator[Match]:
    """What is called something and has no quotes around it, as in a form."""
    return (found for found in _named(view.skeleton) if view.skeleton[found.start - 1 : found.start] not in _QUOTES)


def quoted(view: View) -> Iterator[Match]:
    """The same where its quotes are references themselves, as where an error quotes a request."""
    if views.MARK in view.skeleton:
        yield from _named(views.ascii_of(view.text))


def _named(data: bytes) -> Iterator[Match]:
    for kind, names in _NAMES.items():
        for start, end in values(data, names):
            yield Match(kind, start, end)


def values(data: bytes, names: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Where the value of everything stands whose name begins so, without its quotes.

    What is percent-encoded is left to a view that decodes it, and what begins with a reference to `quoted`.
    """
    for start, end in secrets.values(data, names):
        first = data[start : start + 1]
        if first in _QUOTES:
            yield start + 1, end - 1 if end > start + 1 and data[end - 1 : end] == first else end
        elif not data.startswith((b"%", views.MARK), start) and data[start - 3 : start].lower() != b"%3d":
            yield start, end


def emails(text: str) -> Iterator[re.Match[str]]:
    """The addresses in a text."""
    return _EMAIL.finditer(text) if "@" in text else iter(())


def mobiles(text: str) -> Iterator[re.Match[str]]:
    """The mainland mobile numbers in a text, with or without the country's digits, divided into groups or not."""
    yield from _SPACED.finditer(text)
    yield from (match for match in _DIGITS.finditer(text) if _MOBILE.fullmatch(plain_digits(match[0])[0]))


def groups(text: str) -> Iterator[re.Match[str]]:
    """The runs of digits that a blank or a hyphen may divide."""
    return _GROUPS.finditer(text)


def words(text: str) -> Iterator[re.Match[str]]:
    """The words of a text."""
    return _WORD.finditer(text)


def plain_digits(text: str) -> tuple[str, list[int]]:
    """The digits of a text, of whatever script, as ASCII, and where they stand."""
    places = [place for place, character in enumerate(text) if character.isdecimal()]
    return "".join(str(unicodedata.decimal(text[place])) for place in places), places


def number(text: str) -> tuple[str, list[int]]:
    """The digits of one number, without the country's, and where they stand; none where it is no number."""
    plain, places = plain_digits(text)
    mobile = _MOBILE.fullmatch(plain)
    if mobile is not None:
        return mobile[1], places[mobile.start(1) :]
    return (plain, places) if len(plain) >= SHORTEST_NUMBER else ("", [])
