"""Find and decode the payload of an HTTP request (T4, W1 to W5, J3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES
from ccell_fake.model import JSON_PATH, Door
from ccell_fake.wire import xml
from ccell_fixtures.registries import ASSUMPTIONS

BY_DEFAULT: Mapping[str, str] = {id_: str(ASSUMPTIONS[id_].default) for id_ in ("Q25", "Q54", "Q55", "Q56")}
"""The default answers to the questions about finding and decoding a payload."""

LENIENT: Mapping[str, str] = {**BY_DEFAULT, "Q55": "keep", "Q56": "drop"}
"""Answers that refuse as little as possible, to read what another gateway may accept."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BLANKS = b" \t\r\n"
_FORMATS = {Door.XML: "XML", Door.JSON: "JSON"}
_BEGINNINGS = {Door.XML: (b"<", *_UTF_16), Door.JSON: (b"{",)}
_PLACED_BY = {Door.XML: "T4", Door.JSON: "P6"}
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Place(StrEnum):
    """The place of a payload in a request."""

    BODY = "body"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Payload:
    """An XML document or a JSON text as it arrived.

    Attributes:
        data: Its bytes, percent-decoded, without byte order mark and surrounding blanks.
        place: Where it was found; None if nothing was.
        grounds: The observations and questions that finding and decoding it rested on. Those without an effect on this
            payload are left out.
    """

    data: bytes
    place: Place | None
    grounds: tuple[str, ...] = ()


def find(
    method: str,
    query: bytes,
    body: bytes,
    content_type: str = "",
    answers: Mapping[str, str] = BY_DEFAULT,
    *,
    door: Door = Door.XML,
) -> Payload:
    """Find the payload in the query of a GET or the body of a POST. Use the query of a POST if its body is blank.

    A query is always percent-decoded (W4), a body as Q54 is answered.

    Args:
        method: GET or POST.
        query: The query, as sent.
        body: The body, as sent.
        content_type: The Content-Type. Only multipart matters; it is refused.
        answers: The answers to Q25, Q54, Q55 and Q56.
        door: The door, which decides whether the payload must begin as XML or as JSON.

    Raises:
        UnreadableRequest: There is no payload, it is too long, it cannot be decoded, or it does not begin as the door
            needs it.
    """
    reader = _Reader(answers)
    text = reader.trim(body) if method == "POST" else b""
    place = Place.BODY if text else Place.QUERY
    if text and content_type.lower().startswith("multipart/"):
        message = f"the body is multipart; send the {_FORMATS[door]} itself as the body"
        raise UnreadableRequest(message, _PLACED_BY[door])
    text = reader.decode_body(text) if text else reader.decode_query(query)
    size, limit = (len(body), PAYLOAD_BYTES) if place is Place.BODY else (len(text), QUERY_BYTES)
    if size > limit:
        message = f"the {place} is longer than {limit} bytes"
        raise UnreadableRequest(message)
    if not text.startswith(_BEGINNINGS[door]):
        raise UnreadableRequest(*_reason(text, place, door))
    if reader.stray_percent:
        message = f"the {place} has a % without two hexadecimal digits ({reader.stray_percent}); write it as %25"
        raise UnreadableRequest(message, "Q55")
    if door is Door.XML and not xml.is_declared_utf_8(text):
        reader.grounds.append("Q36")
    return Payload(text, place, tuple(reader.grounds))


class _Reader:
    """Decodes one payload.

    Attributes:
        grounds: The observations and questions that had an effect.
        stray_percent: Where a % without digits is, if that is refused; otherwise empty.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self.grounds: list[str] = []
        self.stray_percent: str = ""

    def trim(self, text: bytes) -> bytes:
        if text.startswith(_UTF_16):
            # A trailing blank may be half a character. Whether UTF-16 is accepted is decided later (Q36).
            return text
        text = text.strip(_BLANKS)
        if not text.startswith(_BYTE_ORDER_MARK):
            return text
        if self._answers["Q56"] == "refuse":
            message = "the payload begins with a byte order mark; it must begin with the first character of the format"
            raise UnreadableRequest(message, "Q56")
        self.grounds.append("Q56")
        return text.removeprefix(_BYTE_ORDER_MARK).strip(_BLANKS)

    def decode_query(self, query: bytes) -> bytes:
        if b"+" in query:
            self.grounds.append("Q25")
        return self._decode(query, plus_is_blank=self._answers["Q25"] == "blank")

    def decode_body(self, text: bytes) -> bytes:
        if (b"%" not in text and b"+" not in text) or text.startswith(_UTF_16):
            return text
        answer, is_raw = self._answers["Q54"], text.startswith((b"<", b"{"))
        is_decoded = answer == "always" or (answer == "marked" and not is_raw)
        self.grounds.append("W3" if answer == "marked" and is_decoded else "Q54")
        return self._decode(text, plus_is_blank=True) if is_decoded else text

    def _decode(self, text: bytes, *, plus_is_blank: bool) -> bytes:
        stray = _STRAY_PERCENT.search(text)
        if stray is not None:
            self.grounds.append("Q55")
            if self._answers["Q55"] == "refuse":
                self.stray_percent = f"byte {stray.start()}"
        return self.trim(unquote_to_bytes(text.replace(b"+", b" ") if plus_is_blank else text))


def _reason(text: bytes, place: Place, door: Door) -> tuple[str, str]:
    """Return why a payload is refused that does not begin as it must, and the clause or question that says so."""
    wanted, beginnings, ground = _FORMATS[door], _BEGINNINGS[door], _PLACED_BY[door]
    if not text:
        return f"there is no payload; send the {wanted} as the body of a POST or as the whole query of a GET", ground
    if text.startswith(b"{"):
        return f"the {place} is JSON; send XML, or the JSON to {JSON_PATH}", ground
    if text.startswith(b"<"):
        return f"the {place} is XML; send JSON, or the XML to the path of its endpoint", ground
    if place is Place.BODY and unquote_to_bytes(text).startswith(beginnings):
        return f"the body is percent-encoded; send the {wanted} as it is", "Q54"
    name, equals, value = text.partition(b"=")
    if equals and unquote_to_bytes(value).lstrip(_BLANKS).startswith(beginnings):
        beginning = f"the {place} begins with {name[:32].decode(errors='replace')}="
        return f"{beginning}; send the {wanted} alone, without a name", ground
    return f"the {place} does not begin with {beginnings[0].decode()}", ground
