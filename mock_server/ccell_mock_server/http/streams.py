"""The stream of a connection's answers: it sends the head of an answer together with its body, and never waits long."""

import errno
import math
import socket
import ssl

from ccell_fake.clock import elapsed

# A client that takes longer for a piece of this size is gone.
_PIECE_BYTES = 256 * 1024


class Outgoing:
    """Writes answers to a socket, whose timeout is the longest time for a piece.

    Attributes:
        is_held: Data waits until the next write.
        sending_since: When a thread began to send the present piece; infinite if none does.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._held = b""
        self.is_held: bool = False
        self.sending_since: float = math.inf

    def write(self, data: bytes) -> int:
        """Send waiting data and this data, or let both wait."""
        self._held += data
        if not self.is_held:
            self.release()
        return len(data)

    def release(self) -> None:
        """Send waiting data. Raises BrokenPipeError if the client does not read it."""
        held, self._held = memoryview(self._held), b""
        try:
            for start in range(0, len(held), _PIECE_BYTES):
                self.sending_since = elapsed()
                self._socket.sendall(held[start : start + _PIECE_BYTES])
        except (ssl.SSLError, TimeoutError) as error:
            raise BrokenPipeError(errno.EPIPE, "the client does not read") from error
        finally:
            self.sending_since = math.inf
