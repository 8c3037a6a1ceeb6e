"""The stream of a connection's answers: it sends the head of an answer together with its body, and never waits long."""

import errno
import socket
import ssl

# A client that takes longer for a piece of this size is gone.
_PIECE_BYTES = 256 * 1024


class Outgoing:
    """Writes answers to a socket, whose timeout is the longest time for a piece.

    Attributes:
        is_held: Data waits until the next write.
        is_sending: A thread waits until the client reads.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._held = b""
        self.is_held: bool = False
        self.is_sending: bool = False

    def write(self, data: bytes) -> int:
        """Send waiting data and this data, or let both wait."""
        self._held += data
        if not self.is_held:
            self.release()
        return len(data)

    def release(self) -> None:
        """Send waiting data. Raises BrokenPipeError if the client does not read it."""
        held, self._held = memoryview(self._held), b""
        self.is_sending = True
        try:
            for start in range(0, len(held), _PIECE_BYTES):
                self._socket.sendall(held[start : start + _PIECE_BYTES])
        except (ssl.SSLError, TimeoutError) as error:
            raise BrokenPipeError(errno.EPIPE, "the client does not read") from error
        finally:
            self.is_sending = False
