"""Faster streams for Cheroot's connections.

Cheroot reads each line in Python and sends each head in its own packet. That takes longer than the rest of a request.
These streams read lines in C, and send the head of an answer together with its body.
"""

import io
import socket
from typing import Any, cast

from cheroot.makefile import StreamWriter


class Incoming(io.BufferedReader):
    """Reads requests from a socket, at most `size` bytes ahead."""

    def __init__(self, sock: socket.socket, size: int) -> None:
        self._source = _Source(sock, "rb")
        super().__init__(self._source, size)

    def has_data(self) -> bool:
        """Return whether the buffer holds unread data."""
        self._source.is_paused = True
        try:
            return bool(self.peek())
        finally:
            self._source.is_paused = False


class _Source(socket.SocketIO):
    is_paused = False

    def readinto(self, b: Any) -> int | None:  # noqa: ANN401 - a buffer
        return None if self.is_paused else super().readinto(b)


class Outgoing:
    """Writes answers to a socket. While `is_held`, data waits until the next write."""

    def __init__(self, sock: socket.socket, size: int) -> None:
        self._stream = cast("io.BufferedWriter", StreamWriter(sock, "wb", size))
        self._held = b""
        self.is_held = False

    def write(self, data: bytes) -> int:
        """Send waiting data and this data, or let both wait."""
        self._held += data
        if not self.is_held:
            self.release()
        return len(data)

    def release(self) -> None:
        """Send waiting data."""
        held, self._held = self._held, b""
        if held:
            self._stream.write(held)


def make_stream(sock: socket.socket, mode: str, size: int) -> Incoming | Outgoing:
    """Return one side of a connection, with Cheroot's signature."""
    return Incoming(sock, size) if "r" in mode else Outgoing(sock, size)
