"""A relay that keeps what one client sends."""

import socket
import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import parse_headers
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was sent.

    Attributes:
        method: GET or POST.
        headers: The headers.
        payload: The body of a POST, the query of a GET.
    """

    method: str
    headers: Message
    payload: str


class Wire:
    """A relay before a server.

    Attributes:
        url: Its address.
        data: What the client has sent.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.data = b""

    def sent(self) -> Sent:
        """Return the only request."""
        with BytesIO(self.data) as stream:
            method, target, _ = stream.readline().decode().split(" ")
            headers, body = parse_headers(stream), stream.read().decode(errors="replace")
        return Sent(method, headers, body if method == "POST" else target.partition("?")[2])


@contextmanager
def wire(url: str) -> Generator[Wire]:
    """Run a relay before the server at an address."""
    split = urlsplit(url)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((split.hostname or "", split.port or 0)) as server:
                answering = threading.Thread(target=_copy, args=(server, self.request))
                answering.start()
                with suppress(OSError):
                    while data := self.request.recv(65536):
                        kept.data += data
                        server.sendall(data)
                _end(server)
                answering.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as relay:
        kept = Wire(f"http://127.0.0.1:{relay.server_address[1]}")
        thread = threading.Thread(target=relay.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield kept
        finally:
            relay.shutdown()
            thread.join()


def _copy(source: Any, target: Any) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(target)


def _end(connection: Any) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
