"""A request as it was placed at one of our own servers, to be carried on as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.transcripts import Exchange
from ccell_mock_server.http import connection
from ccell_mock_server.proxy.upstream import LEFT_OUT, UpstreamAnswer

METHODS = ("GET", "POST")
_PLAIN = "text/plain;charset=UTF-8"


class BrokenOff(ValueError):
    """The body of a request ended before its announced end."""


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """A request.

    Attributes:
        method: Its method.
        target: Path and query, as they stood in the request line.
        headers: Its headers.
        content_type: Its Content-Type; empty where it has none.
        body: Its body.
        is_compressed: Whether the body is.
    """

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    content_type: str
    body: bytes
    is_compressed: bool

    def exchange(self, number: int, at: datetime) -> Exchange:
        """What is written down of it, its answer still to come; a compressed body is left out."""
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
    """Read a request to its end.

    Raises:
        BrokenOff: It has none.
    """
    try:
        body = _body(environ)
    except (OSError, ValueError) as error:
        message = "The body broke off before its announced end."
        raise BrokenOff(message) from error
    return ProxiedRequest(
        environ["REQUEST_METHOD"],
        target(environ),
        tuple(_headers(environ)),
        environ.get("CONTENT_TYPE", ""),
        body,
        "HTTP_CONTENT_ENCODING" in environ,
    )


def target(environ: WSGIEnvironment) -> bytes:
    """Path and query of a request, before its body is read."""
    placed = environ.get(connection.TARGET)
    if isinstance(placed, bytes) and placed:
        return placed
    path, query = str(environ["PATH_INFO"]), str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}".removesuffix("?").encode("latin-1")


def say(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    """Answer in words of our own."""
    body = f"{text}\n".encode()
    start_response(status, [("Content-Type", _PLAIN), ("Content-Length", str(len(body)))])
    return [body]


def pass_on(start_response: StartResponse, answered: UpstreamAnswer) -> list[bytes]:
    """Answer as the gateway did."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answered.headers]
    start_response(answered.status, headers)
    return [answered.body]


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title().encode(), str(value).encode("latin-1")
    if environ.get("CONTENT_TYPE"):
        yield b"Content-Type", environ["CONTENT_TYPE"].encode("latin-1")


def _body(environ: WSGIEnvironment) -> bytes:
    announced = environ.get("CONTENT_LENGTH")
    if environ["REQUEST_METHOD"] != "POST" or (not announced and "HTTP_TRANSFER_ENCODING" not in environ):
        return b""
    stream = cast("IO[bytes]", environ["wsgi.input"])
    body = stream.read(int(announced)) if announced else stream.read()
    if announced and len(body) < int(announced):
        raise ValueError(announced)
    return body
