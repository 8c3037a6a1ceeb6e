"""A load as light as one can be made in Python: one process, a few connections, canned bytes, nothing parsed twice."""

import selectors
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ccell_fake.clock import elapsed


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    request: bytes
    length: int
    left: int = 0


def _answer_length(url: str, request: bytes) -> int:
    """Return the number of bytes of the answer to a request, head included."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
    head = received.partition(b"\r\n\r\n")[0].lower()
    (length,) = (line.split(b":")[1] for line in head.splitlines() if line.startswith(b"content-length"))
    return len(head) + 4 + int(length)


def requests_per_second(url: str, request: bytes, seconds: float = 3.0, connections: int = 8) -> float:
    """Return the number of answers that a server gives in a second. Every answer has to be as long as the first."""
    return rate([(url, request)] * connections, seconds)


def rate(targets: Sequence[tuple[str, bytes]], seconds: float) -> float:
    """Return the answers a second of several servers together. Each URL and request has a connection of its own."""
    lengths = {target: _answer_length(*target) for target in dict.fromkeys(targets)}
    selector = selectors.DefaultSelector()
    opened: list[_Connection] = []
    for url, request in targets:
        address = urlsplit(url)
        connected = socket.create_connection((address.hostname or "", address.port or 0))
        connection = _Connection(connected, request, lengths[url, request])
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        opened.append(connection)
    answered = 0
    begun = elapsed()
    for connection in opened:
        connection.socket.sendall(connection.request)
        connection.left = connection.length
    while (taken := elapsed() - begun) < seconds:
        for key, _ in selector.select(1):
            connection = key.data
            received = len(connection.socket.recv(65536))
            connection.left -= received
            if received == 0 or connection.left < 0:
                message = "the server closed the connection, or answered with another length"
                raise RuntimeError(message)
            if connection.left == 0:
                answered += 1
                connection.left = connection.length
                connection.socket.sendall(connection.request)
    for connection in opened:
        connection.socket.close()
    selector.close()
    return answered / taken


def post(path: str, body: bytes) -> bytes:
    """A POST as bytes."""
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)
