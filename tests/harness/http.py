"""Send exact bytes over HTTP and read the answer."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(url: str) -> socket.socket:
    """Connect to a server."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=30)


def receive(connection: socket.socket) -> RawAnswer:
    """Read an answer with a Content-Length or in chunks. Interim answers are skipped."""
    with connection.makefile("rb") as stream:
        while True:
            status = int(stream.readline().split()[1])
            headers: dict[str, str] = {}
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            if status != 100:
                is_chunked = headers.get("transfer-encoding") == "chunked"
                body = b"".join(_chunks(stream)) if is_chunked else stream.read(int(headers["content-length"]))
                return RawAnswer(status, headers, body)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        assert stream.readline() == b"\r\n"
    assert stream.readline() == b"\r\n"


def exchange(url: str, request: bytes) -> RawAnswer:
    """Send bytes on a new connection, and read the answer."""
    with connect(url) as connection:
        connection.sendall(request)
        return receive(connection)


def get(url: str, target: bytes, *headers: str, host: str = "127.0.0.1") -> RawAnswer:
    """Send a GET with an unchanged target."""
    lines = [f"Host: {host}", "Connection: close", *headers]
    return exchange(url, b"GET " + target + b" HTTP/1.1\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n")


def post(url: str, path: str, body: bytes, *headers: str) -> RawAnswer:
    """Send a POST with these headers and the required ones."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return exchange(url, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)
