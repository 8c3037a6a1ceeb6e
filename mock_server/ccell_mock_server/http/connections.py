"""Connections: one thread receives all requests, and gives each complete one to a thread of its own.

So a connection without a request, or with a part of one, keeps no thread. It is closed when its time is over.
"""

import errno
import io
import math
import re
import select
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from cheroot.server import HTTPConnection

from ccell_fake.clock import elapsed
from ccell_mock_server.http import head
from ccell_mock_server.http.body import BODY_BYTES, Chunked, Counted, Framing, StreamedBody
from ccell_mock_server.http.head import HEAD_BYTES, BadRequestError, Head
from ccell_mock_server.http.paths import CONTROL_PREFIX
from ccell_mock_server.http.request import Request, last_answer
from ccell_mock_server.http.request_line import raw_target
from ccell_mock_server.http.streams import Outgoing
from ccell_mock_server.http.tls import shake_hands
from ccell_mock_server.log import logger

_LOG = logger("http")

# How often the deadlines are checked, and how long accepting pauses without free descriptors.
_CHECK_SECONDS = 1
_REPORT_SECONDS = 60
# The longest snapshot of the emulator's state.
_SNAPSHOT_BYTES = 1024 * 1024 * 1024
# All connections together may hold this much of requests that no thread has taken yet.
_WAITING_BYTES = 256 * 1024 * 1024
_RECEIVE_BYTES = 64 * 1024
# How much of the first line of a malformed request is reported.
_LINE_BYTES = 1024
# A thread waits this long for the next request of its connection, and reads it in a few parts. To hand the connection
# to the receiving thread and back takes longer than a request.
_KEEP_MILLISECONDS = 10
_KEEP_PARTS = 4
_SELECT_SECONDS = 0.01
_BLANK_LINES = re.compile(rb"(?:\r?\n)+")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_DESCRIPTOR = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


_TOO_SLOW = last_answer("408 Request Timeout", "The request did not arrive in time.\n")
_TOO_MUCH = last_answer("503 Service Unavailable", "The server holds as many incomplete requests as it may hold.\n")


class Connection(HTTPConnection):
    """A connection that receives its requests without waiting.

    Attributes:
        deadline: When the connection is closed unless the next step of the client comes before.
        is_reset: Close it with a reset.
        has_unread_data: The client may still be sending a request that was answered.
        is_refused: The client can read a refusal, and what it sends is dropped.
    """

    RequestHandlerClass = Request
    server: Any
    """A `Server`, whose module imports this one."""
    wfile: Outgoing

    def __init__(self, server: Any, sock: socket.socket) -> None:  # noqa: ANN401 - a `Server`
        super().__init__(server, sock, _make_stream)  # pyright: ignore[reportUnknownMemberType]
        self.is_reset: bool = False
        self.has_unread_data: bool = False
        self.is_refused: bool = False
        self._is_at_end = False
        self._must_shake_hands = isinstance(sock, ssl.SSLSocket)
        self._received = bytearray()
        self._begin()
        sock.settimeout(0)
        # Windows has no poll. There, a thread does not wait for the next request of its connection.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock, select.POLLIN)
        server.connections.add(self)

    def _begin(self) -> None:
        """Expect the next request."""
        self.deadline: float = elapsed() + self.server.limits.idle
        self._has_begun = False
        self._searched = 0
        self._head: Head | None = None
        self._error: BadRequestError | None = None
        self._framing: Framing = Counted(0)
        self._body: StreamedBody | None = None
        self._content = bytearray()
        self._limit = BODY_BYTES

    @property
    def head(self) -> Head:
        """The head of the request. Raises BadRequestError if the request is malformed or too long."""
        if self._error is not None or self._head is None:
            raise self._error or BadRequestError("The request has no head.\n")
        return self._head

    @property
    def request_line(self) -> bytes:
        """The first line of the request, or its beginning if the head is malformed or too long."""
        return self._head.line if self._head is not None else bytes(self._received[:_LINE_BYTES]).partition(b"\n")[0]

    @property
    def is_finished(self) -> bool:
        """True if the request was received to its end."""
        return self._framing.is_finished

    @property
    def size(self) -> int:
        """The number of bytes that wait for a thread."""
        return len(self._received) + len(self._content)

    @property
    def is_idle(self) -> bool:
        """True if no part of a request was received."""
        return self._head is None and not self._received

    def receive(self) -> bool:
        """Receive what has arrived, without waiting. Returns False if nothing more can come."""
        try:
            if self._must_shake_hands:
                shake_hands(cast("ssl.SSLSocket", self.socket))
                self._must_shake_hands = False
            received = self.socket.recv(_RECEIVE_BYTES)
            # The selector does not see what TLS has decrypted.
            while received and isinstance(self.socket, ssl.SSLSocket) and (pending := self.socket.pending()):
                received += self.socket.recv(pending)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except OSError:
            self.has_unread_data = self._must_shake_hands
            received = b""
        if received and not self._has_begun:
            self._has_begun = True
            self.deadline = elapsed() + self.server.limits.head
        if not self.is_refused:
            self._received += received
        self._is_at_end = not received
        return not self._is_at_end

    def is_ready(self) -> bool:
        """Return whether a thread can take the request: it is complete, malformed, or too long to be held."""
        try:
            if self._head is None:
                self._read_head()
            if self._head is None:
                return False
            self._content += self._framing.take(self._received)
            if len(self._content) > self._limit:
                self._refuse_length()
        except BadRequestError as error:
            self._error = error
        is_long = len(self._content) > BODY_BYTES or (self._head is not None and (self._head.length or 0) > BODY_BYTES)
        if self._error is not None or self.is_finished or is_long or self._is_at_end:
            return True
        self._invite()
        return False

    def _read_head(self) -> None:
        blank = _BLANK_LINES.match(self._received)
        if blank is not None:
            del self._received[: blank.end()]
            self._searched = 0
        end = head.find_end(self._received, self._searched)
        self._searched = len(self._received)
        if (end or self._searched) > HEAD_BYTES:
            reason = f"The head of the request is longer than {HEAD_BYTES} bytes.\n"
            raise BadRequestError(reason, "431 Request Header Fields Too Large")
        if not end:
            return
        self._head = head.parse(bytes(self._received[:end]))
        del self._received[:end]
        self.deadline = elapsed() + self.server.limits.body
        self._framing = Chunked() if self._head.length is None else Counted(self._head.length)
        if raw_target(self._head.line).startswith(CONTROL_PREFIX.encode()):
            self._limit = _SNAPSHOT_BYTES
        if (self._head.length or 0) > self._limit:
            self._refuse_length()

    def _refuse_length(self) -> None:
        reason = f"The body is longer than {self._limit} bytes.\n"
        raise BadRequestError(reason, "413 Request Entity Too Large")

    def _invite(self) -> None:
        """Send 100 Continue if the client waits for it."""
        if self._head is not None and self._head.expects_continue and not self.size:
            self._head = Head(self._head.line, self._head.fields, self._head.length, expects_continue=False)
            with suppress(OSError):
                self.socket.send(_CONTINUE)

    def open_body(self) -> io.BytesIO | io.BufferedReader:
        """Return a stream of the body. Raises BadRequestError if the request is malformed."""
        content, self._content = self._content, bytearray()
        if self.is_finished:
            return io.BytesIO(content)
        self._body = StreamedBody(self.socket, self._framing, content, self._received, self._limit, self._invite)
        return io.BufferedReader(self._body)

    def communicate(self) -> bool:
        """Answer the request, and those that follow soon. Returns whether the connection stays open."""
        self.socket.settimeout(self.server.limits.reading)
        while super().communicate():  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
            self._begin()
            self.socket.settimeout(0)
            if not self.is_ready() and not self._has_next_request():
                return not self._is_at_end
            self.socket.settimeout(self.server.limits.reading)
        return False

    def _has_next_request(self) -> bool:
        """Return whether the next request arrives soon. Does not wait if other connections need a thread."""
        for _ in range(_KEEP_PARTS):
            if self._poll is None or self.server.requests.qsize or not self._poll.poll(_KEEP_MILLISECONDS):
                return False
            if not self.receive() or self.is_ready():
                return self.is_ready()
        return False

    def refuse(self, answer: bytes) -> None:
        """Send an answer without waiting, and close the connection. A client that shakes hands reads no answer."""
        if not self._must_shake_hands:
            with suppress(OSError):
                self.socket.send(answer)
        self.close()

    def close(self) -> None:
        """Close the connection, as soon as the client has read a refusal of what it still sends."""
        if self.has_unread_data and self.server.ready and not self.is_reset:
            self.has_unread_data, self.is_refused = False, True
            self.deadline = elapsed() + self.server.limits.refused
            self._received.clear()
            with suppress(OSError, ValueError, KeyError):
                self.socket.settimeout(0)
                # Not the method of TLS, which would forget its keys.
                socket.socket.shutdown(self.socket, socket.SHUT_WR)
                self.server.put_conn(self)  # pyright: ignore[reportUnknownMemberType]
                return
        self.server.connections.discard(self)
        super().close()  # pyright: ignore[reportUnknownMemberType]

    @property
    def waiting_since(self) -> float:
        """Time since which its thread waits for the client to send or to read; infinite if it does not wait."""
        return min(self.wfile.sending_since, math.inf if self._body is None else self._body.waiting_since)

    def interrupt(self, *, is_late: bool) -> None:
        """Wake the thread that waits for the client's data, or for the client to read if it is late."""
        how = socket.SHUT_RDWR if is_late and self.wfile.sending_since < math.inf else socket.SHUT_RD
        with suppress(OSError):
            socket.socket.shutdown(self.socket, how)

    def _close_kernel_socket(self) -> None:
        if not self.is_reset:
            super()._close_kernel_socket()  # type: ignore[misc]
            return
        # A linger time of zero makes the close a reset.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _make_stream(sock: socket.socket, mode: str, _size: int) -> io.BytesIO | Outgoing:
    """Return one side of a connection, with Cheroot's signature. Requests are not read from a stream."""
    return io.BytesIO() if "r" in mode else Outgoing(sock)


class Connections:
    """Accepts connections and receives their requests, in one thread, as Cheroot's connection manager."""

    can_add_keepalive_connection = True

    def __init__(self, server: Any) -> None:  # noqa: ANN401 - a `Server`
        """Make a manager that does not accept connections yet."""
        self._server = server
        self._limit = server.limits.connections
        reason = f"The server has {self._limit} connections, which is the maximum.\n"
        self._too_many = last_answer("503 Service Unavailable", reason)
        self._selector = selectors.DefaultSelector()
        self._guard = threading.Lock()
        self._running = threading.Lock()
        self._is_stopping = False
        self._is_closed = False
        self._is_accepting = False
        self._next_check = 0.0
        self._next_report = 0.0

    def put(self, one: Connection) -> None:
        """Receive what comes on a connection, or close it after the end."""
        with self._guard:
            if not self._is_closed:
                self._selector.register(one.socket, selectors.EVENT_READ, one)
                return
        one.close()

    def stop(self) -> None:
        """End the thread that runs."""
        self._is_stopping = True
        with self._running:
            pass

    def close(self) -> None:
        """Close all connections that wait for a request."""
        waiting = self._waiting()
        with self._guard:
            self._is_closed = True
            self._selector.close()
        for one in waiting:
            one.close()

    def run(self, interval: float) -> None:
        """Receive requests. Looks at least every `interval` seconds whether it must stop."""
        if isinstance(self._selector, selectors.SelectSelector):
            # It waits only for the sockets that it had when the wait began, and others are put there meanwhile.
            interval = min(interval, _SELECT_SECONDS)
        with self._running:
            self._resume()
            while not self._is_stopping:
                for key, _ in self._selector.select(interval):
                    one = cast("Connection | None", key.data)
                    if one is None:
                        self._accept()
                    else:
                        self._forget(one.socket)
                        self._guarded(one, self._advance)
                if elapsed() >= self._next_check:
                    self._next_check = elapsed() + _CHECK_SECONDS
                    self._resume()
                    self._check_deadlines()
                    self._server.requests.interrupt_slow(self._server.limits.busy)

    def _forget(self, sock: socket.socket) -> None:
        with self._guard:
            self._selector.unregister(sock)

    def _waiting(self) -> list[Connection]:
        with self._guard:
            return [key.data for key in self._selector.get_map().values() if key.data is not None]

    def _guarded(self, one: Connection, step: Callable[[Connection], None]) -> None:
        """Take a step with a connection. An error ends this connection only."""
        try:
            step(one)
        except Exception:  # noqa: BLE001 - the other connections go on
            _LOG.exception("a connection failed")
            one.has_unread_data = False
            with suppress(OSError):
                one.close()

    def _advance(self, one: Connection) -> None:
        """Receive what has arrived on a connection that is not watched."""
        is_open = one.receive()
        if one.is_refused and is_open:
            self.put(one)
        elif not one.is_refused and one.is_ready():
            self._server.process_conn(one)  # pyright: ignore[reportUnknownMemberType]
        elif not is_open:
            one.close()
        elif one.size > _RECEIVE_BYTES and self._waiting_bytes() > _WAITING_BYTES:
            _LOG.info("refused a request with 503: too many are incomplete")
            one.has_unread_data = True
            one.refuse(_TOO_MUCH)
        else:
            self.put(one)

    def _waiting_bytes(self) -> int:
        return sum(one.size for one in tuple(self._server.connections))

    def _accept(self) -> None:
        try:
            sock, address = self._server.socket.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTOR:
                self._pause(error)
            # Otherwise, the client is gone.
            return
        if len(self._server.connections) >= self._limit:
            self._refuse(sock)
            return
        try:
            one = self._server.connect(sock, address)
        except OSError:
            # The client left before the handshake.
            sock.close()
            return
        self._guarded(one, self._advance)

    def _refuse(self, sock: socket.socket) -> None:
        self._report(f"refused a connection: {self._limit} are open, which is the maximum")
        with sock, suppress(OSError):
            sock.settimeout(0)
            if not self._server.is_secure:
                sock.send(self._too_many)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(_RECEIVE_BYTES)

    def _pause(self, error: OSError) -> None:
        """Stop accepting until the next check. Connections wait in the kernel meanwhile."""
        self._report(f"cannot accept connections for now: {error.strerror}")
        self._forget(self._server.socket)
        self._is_accepting = False

    def _resume(self) -> None:
        if not self._is_accepting:
            self._is_accepting = True
            with self._guard:
                self._selector.register(self._server.socket, selectors.EVENT_READ)

    def _report(self, message: str) -> None:
        """Log a state once a minute at most."""
        if elapsed() >= self._next_report:
            self._next_report = elapsed() + _REPORT_SECONDS
            _LOG.warning("%s", message)

    def _check_deadlines(self) -> None:
        now = elapsed()
        for one in self._waiting():
            if one.deadline <= now:
                self._forget(one.socket)
                self._guarded(one, _end)


def _end(late: Connection) -> None:
    if late.is_idle or late.is_refused:
        late.close()
    else:
        _LOG.info("refused a request with 408: it did not arrive in time")
        late.refuse(_TOO_SLOW)
