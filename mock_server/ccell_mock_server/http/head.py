"""The head of a request: its request line, its fields, and the framing of its body (RFC 9112)."""

import re
from dataclasses import dataclass

HEAD_BYTES = 1024 * 1024
"""Size of the longest head. The longest query fits in it, percent-encoded."""

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_NOT_IN_VALUES = re.compile(rb"[\0\r\n]")


class BadRequestError(Exception):
    """A request that HTTP does not allow, or that is too long.

    Attributes:
        status: The status line of the answer, without the version.
        reason: The text of the answer.
    """

    def __init__(self, reason: str, status: str = "400 Bad Request") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request.

    Attributes:
        line: The request line with its line break.
        fields: The values of the fields by name in title case. Repeated fields are joined by commas. Names with an
            underscore are dropped.
        length: The length of the body; None if the body is chunked.
        expects_continue: Whether the client waits for 100 Continue before it sends the body.
    """

    line: bytes
    fields: dict[bytes, bytes]
    length: int | None
    expects_continue: bool


def find_end(data: bytearray, start: int) -> int:
    """Return the position after the empty line that ends a head, or 0. `start` bytes have been searched before."""
    searched = max(start - 3, 0)
    ends = [at + len(end) for end in (b"\n\r\n", b"\n\n") if (at := data.find(end, searched)) >= 0]
    return min(ends, default=0)


def parse(data: bytes) -> Head:
    """Parse a head with its empty line.

    Raises:
        BadRequestError: A field is malformed, or the length of the body is missing or ambiguous.
    """
    line, *lines = data.split(b"\n")
    values: dict[bytes, list[bytes]] = {}
    # The last two are the empty line and the end.
    for field in lines[:-2]:
        if not field.endswith(b"\r"):
            message = "Each line of the head must end with CR LF.\n"
            raise BadRequestError(message)
        name, colon, value = field[:-1].partition(b":")
        if not colon or _NAME.fullmatch(name) is None or _NOT_IN_VALUES.search(value):
            message = "Each field of the head must be a name, a colon and a value on one line.\n"
            raise BadRequestError(message)
        # WSGI cannot tell a name with an underscore from one with a hyphen, such as Content_Length.
        if b"_" not in name:
            values.setdefault(name.title(), []).append(value.strip(b" \t"))
    if len(values.get(b"Host", ())) > 1:
        message = "A request must not have more than one Host.\n"
        raise BadRequestError(message)
    fields = {name: b", ".join(repeated) for name, repeated in values.items()}
    expects_continue = fields.pop(b"Expect", b"").lower() == b"100-continue"
    return Head(line + b"\n", fields, _body_length(line, fields), expects_continue)


def _body_length(line: bytes, fields: dict[bytes, bytes]) -> int | None:
    """Return the length of the body, or None if it is chunked. One length remains of equal ones."""
    coding, lengths = fields.get(b"Transfer-Encoding"), fields.get(b"Content-Length")
    if coding is not None:
        if lengths is not None:
            message = "A request must not have both Content-Length and Transfer-Encoding.\n"
            raise BadRequestError(message)
        if coding.lower() != b"chunked" or line.rstrip().endswith(b"HTTP/1.0"):
            message = "Transfer-Encoding must be chunked, and needs HTTP/1.1.\n"
            raise BadRequestError(message)
        return None
    if lengths is None:
        return 0
    length, *others = {one.strip(b" \t") for one in lengths.split(b",")}
    if others or _LENGTH.fullmatch(length) is None:
        message = "Content-Length must be one number of at most 18 digits.\n"
        raise BadRequestError(message)
    fields[b"Content-Length"] = length
    return int(length)
