"""Read requests from WSGI unchanged, and write answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.transcripts import Exchange
from ccell_mock_server.http import connection
from ccell_mock_server.proxy.exchanges import LEFT_OUT
from ccell_mock_server.proxy.upstream import UpstreamAnswer

METHODS = ("GET", "POST")
_PLAIN = "text/plain;charset=UTF-8"


class IncompleteBody(ValueError):
    """The body of a request is shorter than its Content-Length, or cannot be read."""


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """A request as received. `target` is path and query from the request line; `content_type` may be empty."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    content_type: str
    body: bytes
    is_compressed: bool

    def exchange(self, number: int, at: datetime) -> Exchange:
        """Return an exchange without an answer. A compressed body is left out."""
        path, _, query = self.target.partition(b"?")
        return Exchange(
            number,
            at,
            self.method,
            path.decode("latin-1"),
            query,
            b"" if self.is_compressed else self.body,
            self.content_type,
            reason=f"the body was {LEFT_OUT}" if self.is_compressed else "",
        )


def read(environ: WSGIEnvironment) -> ProxiedRequest:
    """Read a request and its body.

    Raises:
        IncompleteBody: The body is incomplete.
    """
    try:
        body = _read_body(environ)
    except (OSError, ValueError) as error:
        message = "The body is incomplete."
        raise IncompleteBody(message) from error
    return ProxiedRequest(
        environ["REQUEST_METHOD"],
        request_target(environ),
        tuple(_headers(environ)),
        environ.get("CONTENT_TYPE", ""),
        body,
        "HTTP_CONTENT_ENCODING" in environ,
    )


def request_target(environ: WSGIEnvironment) -> bytes:
    """Return the path and query of a request. Does not read its body."""
    target = environ.get(connection.TARGET)
    if isinstance(target, bytes) and target:
        return target
    path, query = str(environ["PATH_INFO"]), str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}".removesuffix("?").encode("latin-1")


def respond(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    """Answer with a plain text of the proxy itself."""
    body = f"{text}\n".encode()
    start_response(status, [("Content-Type", _PLAIN), ("Content-Length", str(len(body)))])
    return [body]


def forward_answer(start_response: StartResponse, answer: UpstreamAnswer) -> list[bytes]:
    """Answer with the upstream's answer."""
    start_response(answer.status, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers])
    return [answer.body]


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title().encode(), str(value).encode("latin-1")
    if environ.get("CONTENT_TYPE"):
        yield b"Content-Type", environ["CONTENT_TYPE"].encode("latin-1")


def _read_body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH")
    if environ["REQUEST_METHOD"] != "POST" or (not length and "HTTP_TRANSFER_ENCODING" not in environ):
        return b""
    stream = cast("IO[bytes]", environ["wsgi.input"])
    body = stream.read(int(length)) if length else stream.read()
    if length and len(body) < int(length):
        raise ValueError(length)
    return body
