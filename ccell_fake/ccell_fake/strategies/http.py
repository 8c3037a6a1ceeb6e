"""Where clients put a request and how they encode it there: the pieces of HTTP requests (T4, W1 to W5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES
from ccell_fake.model import Operation, Request
from ccell_fake.strategies.checks import check_choice, named
from ccell_fake.strategies.xml import documents
from ccell_fake.wire import requests

_CONTENT_TYPES = (
    "text/xml",
    None,
    "text/xml;charset=UTF-8",
    "application/xml; charset=utf-8",
    "application/x-www-form-urlencoded",
    "text/plain",
)
_ESCAPE = re.compile(rb"%[0-9A-F]{2}")


def _everything(data: bytes) -> bytes:
    return quote(data, safe="").encode()


def _as_java(data: bytes) -> bytes:
    """As `URLEncoder` does it: a blank is a plus."""
    return quote_plus(data, safe="*").encode()


def _as_dotnet(data: bytes) -> bytes:
    """As `HttpUtility` does it: like Java, in lower case."""
    return _ESCAPE.sub(lambda escape: escape[0].lower(), quote_plus(data, safe="!*()").encode())


def _as_browser(data: bytes) -> bytes:
    # A browser leaves a plus alone as well, and then the gateway reads a blank (Q25).
    return quote(data, safe="!$&'()*,/:;=?@[]").encode()


# What stays raw here is all but what would end the request line or the query, or be read as something else.
def _as_curl(data: bytes) -> bytes:
    return re.sub(rb"[\x00-\x20#%+\x7f]", _escaped, data)


def _as_document(data: bytes) -> bytes:
    return re.sub(rb"[\x00-\x1f#%+\x7f]", _escaped, data)


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % ord(match[0])


_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (_everything, _as_java, _as_dotnet, _as_browser)
_RAW_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (_as_curl, _as_document)
_BODY_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (bytes, *_ENCODINGS)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """An HTTP request in pieces, before it is known where it goes.

    Attributes:
        method: `GET` or `POST`.
        target: Path and query, as they stand in the request line.
        headers: Names and values; Host and Content-Length are added when it is written.
        body: The body.
    """

    method: Literal["GET", "POST"]
    target: bytes
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> bytes:
        """The target up to its query."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """What stands behind the target's question mark."""
        return self.target.partition(b"?")[2]

    def to_bytes(self, host: str = "127.0.0.1") -> bytes:
        """What is to be written to a connection, which is kept open for more.

        Args:
            host: What the Host header says.
        """
        length = [("Content-Length", str(len(self.body)))] if self.method == "POST" else []
        lines = [f"{name}: {value}\r\n" for name, value in [("Host", host), *self.headers, *length]]
        head = b"%s %s HTTP/1.1\r\n" % (self.method.encode(), self.target)
        return head + "".join(lines).encode() + b"\r\n" + self.body


@named
def payloads(
    request: Request, operation: Operation | str = Operation.SEND, *, strict_http: bool = False
) -> SearchStrategy[RawRequest]:
    """HTTP requests that all say the same, as one client or another would send it; the simplest is a POST of the XML.

    They differ in how the XML is written, whether it stands in the body or in the query, how it is encoded there, the
    Content-Type, and whether the path has a slash too many. The gateway reads the request out of each of them.

    Args:
        request: What is said.
        operation: The endpoint it is said to: `send`, `report`, `upmsg` or `info`.
        strict_http: Leave out the request lines that HTTP does not allow, such as those of the document's GET samples.

    Raises:
        InvalidArgument: There is no such endpoint, or no XML carries the request unchanged, or it is too long.
    """
    check_choice("operation", operation, tuple(Operation))
    operation = Operation(operation)
    rendered = requests.render(request)
    if len(rendered) > PAYLOAD_BYTES:
        message = f"the request takes {len(rendered)} bytes of XML; the gateway takes {PAYLOAD_BYTES}"
        raise InvalidArgument(message)
    if requests.parse(operation, rendered) != request:
        message = f"the request holds a character that XML cannot carry, or submits for {operation}"
        raise InvalidArgument(message)
    data = documents(request).map(lambda written: written if len(written) <= PAYLOAD_BYTES else rendered)
    paths = st.sampled_from([operation.path, operation.path.replace("xmlapi/", "xmlapi//")]).map(str.encode)
    return _placed(data, paths, strict_http=strict_http)


@st.composite
def _placed(
    draw: DrawFn, documents: SearchStrategy[bytes], paths: SearchStrategy[bytes], *, strict_http: bool
) -> RawRequest:
    data, path = draw(documents), draw(paths)
    content_type = draw(st.sampled_from(_CONTENT_TYPES))
    headers = () if content_type is None else (("Content-Type", content_type),)
    place = draw(st.sampled_from(["body", "query", "query of a POST"]))
    if place == "body" or len(data) > QUERY_BYTES:
        body = draw(st.sampled_from(_BODY_ENCODINGS))(data)
        return RawRequest("POST", path, headers, body if len(body) <= PAYLOAD_BYTES else data)
    encodings = _ENCODINGS if strict_http else (*_ENCODINGS, *_RAW_ENCODINGS)
    target = path + b"?" + draw(st.sampled_from(encodings))(data)
    return RawRequest("GET", target) if place == "query" else RawRequest("POST", target, headers)
