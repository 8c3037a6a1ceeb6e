"""Find and decode the payload of an HTTP request (T4, W1 to W5, J3)."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES
from ccell_fake.model import JSON_PATH, Door

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BLANKS = b" \t\r\n"
_FORMATS = {Door.XML: "XML", Door.JSON: "JSON"}
_BEGINNINGS = {Door.XML: (b"<", *_UTF_16), Door.JSON: (b"{",)}


class Place(StrEnum):
    """The place of a payload in a request."""

    BODY = "body"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Payload:
    """An XML document or a JSON text as it arrived.

    Attributes:
        data: Its bytes, percent-decoded, without byte order mark and surrounding blanks.
        place: Where it was found.
    """

    data: bytes
    place: Place


def find(
    method: str,
    query: bytes,
    body: bytes,
    content_type: str = "",
    *,
    door: Door = Door.XML,
    plus_is_blank: bool = True,
) -> Payload:
    """Find the payload in the query of a GET or the body of a POST. If the body is blank, use the query.

    A body is raw if it begins with `<` or `{`, else percent-encoded (W3). A query is always decoded (W4).

    Args:
        method: GET or POST.
        query: The query, as sent.
        body: The body, as sent.
        content_type: The Content-Type. Only multipart matters; it is refused.
        door: The door, which decides whether the payload must begin as XML or as JSON.
        plus_is_blank: Whether + in a query means a blank (Q25).

    Raises:
        UnreadableRequest: There is no payload, it is too long, or it does not begin as the door needs it.
    """
    text = _trim(body) if method == "POST" else b""
    if text:
        place, limit = Place.BODY, PAYLOAD_BYTES
        if content_type.lower().startswith("multipart/"):
            message = f"the body is multipart; send the {_FORMATS[door]} itself as the body"
            raise UnreadableRequest(message, "T4")
        if not text.startswith((b"<", b"{", *_UTF_16)):
            text = _percent_decoded(text, plus_is_blank=True)
    else:
        place, limit = Place.QUERY, QUERY_BYTES
        text = _percent_decoded(query, plus_is_blank=plus_is_blank)
    if len(body if place is Place.BODY else text) > limit:
        message = f"the {place} is longer than {limit} bytes"
        raise UnreadableRequest(message)
    if not text.startswith(_BEGINNINGS[door]):
        raise UnreadableRequest(_reason(text, place, door), "T4" if door is Door.XML else "P6")
    return Payload(text, place)


def _trim(text: bytes) -> bytes:
    if text.startswith(_UTF_16):
        # A trailing blank may be half a character. Whether UTF-16 is accepted is decided later (Q36).
        return text
    return text.strip(_BLANKS).removeprefix(_BYTE_ORDER_MARK).strip(_BLANKS)


def _percent_decoded(text: bytes, *, plus_is_blank: bool) -> bytes:
    return _trim(unquote_to_bytes(text.replace(b"+", b" ") if plus_is_blank else text))


def _reason(text: bytes, place: Place, door: Door) -> str:
    wanted = _FORMATS[door]
    if not text:
        return f"there is no payload; send the {wanted} as the body of a POST or as the whole query of a GET"
    if text.startswith(b"{"):
        return f"the {place} is JSON; send XML, or the JSON to {JSON_PATH}"
    if text.startswith(b"<"):
        return f"the {place} is XML; send JSON, or the XML to the path of its endpoint"
    name, equals, value = text.partition(b"=")
    if equals and _trim(unquote_to_bytes(value)).startswith(_BEGINNINGS[door]):
        return f"the {place} begins with {name[:32].decode(errors='replace')}=; send the {wanted} alone, without a name"
    return f"the {place} does not begin with {_BEGINNINGS[door][0].decode()}"
