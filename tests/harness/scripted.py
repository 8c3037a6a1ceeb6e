"""Scripted server: reads well-formed requests and performs one act for each."""

import re
import socket
import struct
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress

Act = Callable[[socket.socket], bool]
"""Acts on a connection. Returns whether the connection stays open."""


class Script:
    """Requests and connections of a scripted server.

    Attributes:
        url: Base URL.
        requests: Every request, head and body, in order.
        connections: Number of connections.
        arrived: Released for each request.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[bytes] = []
        self.connections = 0
        self.arrived = threading.Semaphore(0)


@contextmanager
def server(*acts: Act) -> Generator[Script]:
    """Run a server with one act for each request; it closes the connection when no act is left."""
    left = iter(acts)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        script = Script(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listening, script, left))
        thread.start()
        try:
            yield script
        finally:
            with suppress(OSError):
                # Wakes accept, which closing alone does not.
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)
            assert not thread.is_alive()


def _serve(listening: socket.socket, script: Script, acts: Iterator[Act]) -> None:
    threads: list[threading.Thread] = []
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            break
        script.connections += 1
        threads.append(threading.Thread(target=_talk, args=(connection, script, acts)))
        threads[-1].start()
    for thread in threads:
        thread.join(60)


def _talk(connection: socket.socket, script: Script, acts: Iterator[Act]) -> None:
    with closing(connection), suppress(OSError):
        while (request := _receive(connection)) is not None:
            script.requests.append(request)
            script.arrived.release()
            act = next(acts, None)
            if act is None or not act(connection):
                return


def _receive(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    length = re.search(rb"content-length: *(\d+)", data, re.IGNORECASE)
    end = data.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
    while len(data) < end:
        data += connection.recv(65536)
    return data


def answer(
    body: bytes | str, status: str = "200 OK", content_type: str = "text/xml;charset=UTF-8", *headers: str
) -> Act:
    """Answer and keep the connection."""
    data = body.encode() if isinstance(body, str) else body

    def act(connection: socket.socket) -> bool:
        connection.sendall(_head(status, content_type, len(data), headers) + data)
        return True

    return act


def broken_off(body: str) -> Act:
    """Announce an answer and send half of it."""

    def act(connection: socket.socket) -> bool:
        data = body.encode()
        connection.sendall(_head("200 OK", "text/xml", len(data), ()) + data[: len(data) // 2])
        return False

    return act


def unannounced(body: bytes) -> Act:
    """Answer without a length, so that only the end of the connection ends it."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n" + body)
        return False

    return act


def raw(data: bytes) -> Act:
    """Send just these bytes."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return act


def hang_up(_connection: socket.socket) -> bool:
    """Close without an answer."""
    return False


def reset(connection: socket.socket) -> bool:
    """Close so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def silence(connection: socket.socket) -> bool:
    """Say nothing until the other side goes away."""
    return bool(connection.recv(1))


def _head(status: str, content_type: str, length: int, headers: Iterable[str]) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
