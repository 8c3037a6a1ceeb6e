"""Strategy for HTTP requests as different clients write them: place and encoding of the payload (T4, W1 to W5, J3)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import JSON_PATH, Operation, Request
from ccell_fake.strategies import json, xml
from ccell_fake.strategies.checks import check_choice, named
from ccell_fake.wire import json_requests, requests
from ccell_fixtures.registries import ASSUMPTIONS

# Q58
_QUERY_BYTES = int(str(ASSUMPTIONS["Q58"].default))

_JSON_TYPES = ("application/json", None, "application/x-www-form-urlencoded", "text/plain;charset=ISO-8859-1")
_CONTENT_TYPES = (
    "text/xml",
    None,
    "text/xml;charset=UTF-8",
    "application/xml; charset=utf-8",
    "application/x-www-form-urlencoded",
    "text/plain",
)
_ESCAPE = re.compile(rb"%[0-9A-F]{2}")


def _encode_all(data: bytes) -> bytes:
    return quote(data, safe="").encode()


def _as_java(data: bytes) -> bytes:
    """Encode like Java's `URLEncoder`: a blank becomes a plus."""
    return quote_plus(data, safe="*").encode()


def _as_dotnet(data: bytes) -> bytes:
    """Encode like .NET's `HttpUtility`: like Java, in lower case."""
    return _ESCAPE.sub(lambda escape: escape[0].lower(), quote_plus(data, safe="!*()").encode())


def _as_browser(data: bytes) -> bytes:
    # A browser also leaves a plus unchanged, which the gateway reads as a blank (Q25).
    return quote(data, safe="!$&'()*,/:;=?@[]").encode()


# Everything stays raw except what would end the request line or the query, or change the meaning.
def _as_curl(data: bytes) -> bytes:
    return re.sub(rb"[\x00-\x20#%+\x7f]", _escape, data)


def _as_document(data: bytes) -> bytes:
    return re.sub(rb"[\x00-\x1f#%+\x7f]", _escape, data)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % ord(match[0])


_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (_encode_all, _as_java, _as_dotnet, _as_browser)
_RAW_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (_as_curl, _as_document)
_BODY_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (bytes, *_ENCODINGS)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """Parts of an HTTP request, without a host.

    Attributes:
        method: `GET` or `POST`.
        target: Path and query of the request line.
        headers: Names and values; `to_bytes` adds Host and Content-Length.
        body: Body.
    """

    method: Literal["GET", "POST"]
    target: bytes
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> bytes:
        """Target without its query."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """Query of the target."""
        return self.target.partition(b"?")[2]

    def to_bytes(self, host: str = "127.0.0.1") -> bytes:
        """Bytes for a connection that stays open, with this Host header."""
        length = [("Content-Length", str(len(self.body)))] if self.method == "POST" else []
        lines = [f"{name}: {value}\r\n" for name, value in [("Host", host), *self.headers, *length]]
        head = b"%s %s HTTP/1.1\r\n" % (self.method.encode(), self.target)
        return head + "".join(lines).encode() + b"\r\n" + self.body


@named
def payloads(
    request: Request,
    operation: Operation | str = Operation.SEND,
    *,
    dialect: Literal["xml", "json"] = "xml",
    strict_http: bool = False,
) -> SearchStrategy[RawRequest]:
    """HTTP requests that carry a request as different clients would. The simplest is a POST.

    They differ in the form of the XML or JSON, its place in body or query, its encoding, the Content-Type, and a double
    slash in the path. The gateway reads the same request from each. A query has at most 8192 bytes (Q58).

    Args:
        request: The request.
        operation: The endpoint: `send`, `report`, `upmsg` or `info`.
        dialect: XML, or JSON for JSON-RPC.
        strict_http: Omit request lines that HTTP forbids, such as those of the document's GET samples.

    Raises:
        InvalidArgument: The endpoint is unknown, XML cannot carry the request unchanged, or it is too long.
    """
    check_choice("operation", operation, tuple(Operation))
    check_choice("dialect", dialect, ("xml", "json"))
    operation = Operation(operation)
    rendered = requests.render(request)
    if len(rendered) > PAYLOAD_BYTES:
        message = f"the XML of the request must have at most {PAYLOAD_BYTES} bytes, got {len(rendered)}"
        raise InvalidArgument(message)
    if requests.parse(operation, rendered) != request:
        message = f"the request contains a character that XML cannot carry, or submits for {operation}"
        raise InvalidArgument(message)
    if dialect == "json":
        data, path, rendered = json.documents(operation, request), JSON_PATH, json_requests.render(operation, request)
    else:
        data, path = xml.documents(request), operation.path
    data = data.map(lambda written: written if len(written) <= PAYLOAD_BYTES else rendered)
    paths = st.sampled_from([path, "//".join(path.rsplit("/", 1))]).map(str.encode)
    types = _JSON_TYPES if dialect == "json" else _CONTENT_TYPES
    return _requests(data, paths, types, strict_http=strict_http)


@st.composite
def _requests(
    draw: DrawFn,
    documents: SearchStrategy[bytes],
    paths: SearchStrategy[bytes],
    types: tuple[str | None, ...],
    *,
    strict_http: bool,
) -> RawRequest:
    data, path = draw(documents), draw(paths)
    content_type = draw(st.sampled_from(types))
    headers = () if content_type is None else (("Content-Type", content_type),)
    place = draw(st.sampled_from(["body", "query", "query of a POST"]))
    if place != "body":
        encodings = _ENCODINGS if strict_http else (*_ENCODINGS, *_RAW_ENCODINGS)
        query = draw(st.sampled_from(encodings))(data)
        target = path + b"?" + query
        if len(query) <= _QUERY_BYTES:
            return RawRequest("GET", target) if place == "query" else RawRequest("POST", target, headers)
    body = draw(st.sampled_from(_BODY_ENCODINGS))(data)
    return RawRequest("POST", path, headers, body if len(body) <= PAYLOAD_BYTES else data)
