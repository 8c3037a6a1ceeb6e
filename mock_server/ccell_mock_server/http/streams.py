"""What a connection is read from and written to: lines read in C, and an answer's head sent along with its body.

Cheroot's own streams read each line in Python and send each head by itself, which takes longer than all else that it
does for a request.
"""

import io
import socket
from typing import Any, cast

from cheroot.makefile import StreamWriter


class Incoming(io.BufferedReader):
    """What a client sends."""

    def __init__(self, sock: socket.socket, size: int) -> None:
        """Read from a socket, at most so many bytes ahead."""
        self._source = _Source(sock, "rb")
        super().__init__(self._source, size)

    def has_data(self) -> bool:
        """Whether something was read ahead that nobody has asked for yet."""
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
    """What a client is sent.

    Attributes:
        is_held: Whether what is written waits for what is written next.
    """

    def __init__(self, sock: socket.socket, size: int) -> None:
        """Write to a socket."""
        self._stream = cast("io.BufferedWriter", StreamWriter(sock, "wb", size))
        self._held = b""
        self.is_held = False

    def write(self, data: bytes) -> int:
        """Send this behind what waits, or let it wait, too."""
        self._held += data
        if not self.is_held:
            self.release()
        return len(data)

    def release(self) -> None:
        """Send what waits."""
        held, self._held = self._held, b""
        if held:
            self._stream.write(held)


def of(sock: socket.socket, mode: str, size: int) -> Incoming | Outgoing:
    """One side of a connection, as Cheroot asks for it."""
    return Incoming(sock, size) if "r" in mode else Outgoing(sock, size)
