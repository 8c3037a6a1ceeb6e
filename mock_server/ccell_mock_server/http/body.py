"""The body of a request: separate its content from its framing, and read one that is too long to wait for."""

import errno
import io
import math
import re
import socket
from collections.abc import Callable
from typing import Any, Protocol

from ccell_fake.clock import elapsed
from ccell_mock_server.http.head import BadRequestError

BODY_BYTES = 4 * 1024 * 1024
"""Size of the longest body of which no thread needs to wait for the rest. It is above the application's limits."""

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
# The longest line between chunks, and the longest trailer.
_LINE_BYTES = 64 * 1024
_RECEIVE_BYTES = 256 * 1024
# A thread waits for a minute, and for a second more per piece of this size.
_FIRST_SECONDS = 60
_BYTES_PER_SECOND = 64 * 1024


class Framing(Protocol):
    """Separates the content of a body from its framing.

    Attributes:
        is_finished: Whether the whole body was taken.
    """

    is_finished: bool

    def take(self, received: bytearray) -> bytes:
        """Remove the next bytes of a body from the received ones, and return their content.

        Raises:
            BadRequestError: The framing is malformed.
        """
        ...


class Counted:
    """The framing of a body of a known length."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.is_finished: bool = not length

    def take(self, received: bytearray) -> bytes:
        """Remove and return the next bytes of a body."""
        content = _take(received, self._left)
        self._left -= len(content)
        self.is_finished = not self._left
        return content


class Chunked:
    """The framing of a chunked body. Trailers are dropped."""

    def __init__(self) -> None:
        self.is_finished: bool = False
        self._left = 0
        self._read_line: Callable[[bytes], None] = self._begin_chunk
        self._trailer_bytes = 0

    def take(self, received: bytearray) -> bytes:
        """Remove the next bytes of a body, and return the content of their chunks."""
        content = bytearray()
        while received and not self.is_finished:
            if self._left:
                piece = _take(received, self._left)
                self._left -= len(piece)
                content += piece
                continue
            end = received.find(b"\n") + 1
            if not end:
                _check(len(received) <= _LINE_BYTES)
                break
            self._read_line(_take(received, end))
        return bytes(content)

    def _begin_chunk(self, line: bytes) -> None:
        size = _CHUNK.fullmatch(line)
        _check(size is not None)
        self._left = int(size[1], 16) if size else 0
        self._read_line = self._end_chunk if self._left else self._read_trailer

    def _end_chunk(self, line: bytes) -> None:
        _check(line == b"\r\n")
        self._read_line = self._begin_chunk

    def _read_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        _check(line.endswith(b"\r\n") and self._trailer_bytes <= _LINE_BYTES)
        self.is_finished = line == b"\r\n"


def _take(received: bytearray, size: int) -> bytes:
    taken = bytes(received[:size])
    del received[:size]
    return taken


def _check(is_chunked: bool) -> None:  # noqa: FBT001 - a condition
    if not is_chunked:
        message = "The chunks of the body are malformed.\n"
        raise BadRequestError(message)


class StreamedBody(io.RawIOBase):
    """Reads an unfinished body from its connection.

    A read raises an OSError if the body ends early, is malformed, too long or too slow.

    Attributes:
        waiting_since: When a thread began to wait for the next part; infinite if none does.
    """

    def __init__(
        self,
        client: socket.socket,
        framing: Framing,
        content: bytearray,
        received: bytearray,
        limit: int,
        before: Callable[[], None],
    ) -> None:
        """Continue a body.

        Args:
            client: The connection.
            framing: Its framing.
            content: The content that was separated already.
            received: Bytes that were received already, without their content.
            limit: Size of the largest body.
            before: Called before the first wait.
        """
        super().__init__()
        self._client = client
        self._framing = framing
        self._content = content
        self._received = received
        self._limit = limit
        self._before: Callable[[], None] | None = before
        self._size = len(content)
        self._start = elapsed()
        self.waiting_since: float = math.inf

    @property
    def is_finished(self) -> bool:
        """True if the whole body was received."""
        return self._framing.is_finished

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer
        """Read the next bytes."""
        while not self._content and not self._framing.is_finished:
            self._receive()
        piece = _take(self._content, len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _receive(self) -> None:
        if self._before is not None:
            self._before()
            self._before = None
        left = self._start + _FIRST_SECONDS + self._size / _BYTES_PER_SECOND - elapsed()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, "the body is too slow")
        self._client.settimeout(left)
        self.waiting_since = elapsed()
        try:
            received = self._client.recv(_RECEIVE_BYTES)
        finally:
            self.waiting_since = math.inf
        self._client.settimeout(_FIRST_SECONDS)
        if not received:
            raise ConnectionResetError(errno.ECONNRESET, "the body ends early")
        self._received += received
        try:
            self._content += self._framing.take(self._received)
        except BadRequestError as error:
            raise OSError(errno.EBADMSG, error.reason) from error
        self._size += len(received)
        if self._size > self._limit:
            raise OSError(errno.EFBIG, "the body is too large")
