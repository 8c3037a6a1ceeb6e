"""Where the payload of an HTTP request stands, and how it is encoded there (T4, W1 to W5)."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BLANKS = b" \t\r\n"


class Place(StrEnum):
    """Where a payload stood."""

    BODY = "body"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Payload:
    """An XML document as it arrived.

    Attributes:
        data: Its bytes, percent-decoded, without a byte order mark and blanks around.
        place: Where it stood.
    """

    data: bytes
    place: Place


def find(method: str, query: bytes, body: bytes, content_type: str = "", *, plus_is_blank: bool = True) -> Payload:
    """The payload of a GET's query or a POST's body; a POST whose body is blank is read from its query.

    A body is raw if it begins with `<` or `{`, else percent-encoded (W3); a query is always decoded (W4).

    Args:
        method: GET or POST.
        query: What stands behind the question mark, as sent.
        body: The body as sent.
        content_type: As sent; only multipart matters, and is refused.
        plus_is_blank: What + means in a query (Q25).

    Raises:
        UnreadableRequest: There is no payload, it is too long, or it does not begin as XML.
    """
    text = _trim(body) if method == "POST" else b""
    if text:
        place, limit = Place.BODY, PAYLOAD_BYTES
        if content_type.lower().startswith("multipart/"):
            message = "the body is multipart; send the XML itself as the body"
            raise UnreadableRequest(message, "T4")
        if not text.startswith((b"<", b"{", *_UTF_16)):
            text = _percent_decoded(text, plus_is_blank=True)
    else:
        place, limit = Place.QUERY, QUERY_BYTES
        text = _percent_decoded(query, plus_is_blank=plus_is_blank)
    if len(body if place is Place.BODY else text) > limit:
        message = f"the {place} is longer than {limit} bytes"
        raise UnreadableRequest(message)
    if not text.startswith((b"<", *_UTF_16)):
        raise UnreadableRequest(_what_is_wrong(text, place), "T4")
    return Payload(text, place)


def _trim(text: bytes) -> bytes:
    if text.startswith(_UTF_16):
        # What looks like a blank at its end may be half a character; whether UTF-16 is taken is not decided here (Q36).
        return text
    return text.strip(_BLANKS).removeprefix(_BYTE_ORDER_MARK).strip(_BLANKS)


def _percent_decoded(text: bytes, *, plus_is_blank: bool) -> bytes:
    return _trim(unquote_to_bytes(text.replace(b"+", b" ") if plus_is_blank else text))


def _what_is_wrong(text: bytes, place: Place) -> str:
    if not text:
        return "there is no payload; send the XML as the body of a POST or as the whole query of a GET"
    if text.startswith(b"{"):
        return f"the {place} is JSON; this interface takes XML"
    name, equals, value = text.partition(b"=")
    if equals and _trim(unquote_to_bytes(value)).startswith(b"<"):
        return f"the {place} begins with {name[:32].decode(errors='replace')}=; the XML stands alone, without a name"
    return f"the {place} does not begin with <"
