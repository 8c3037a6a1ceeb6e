"""The HTTP server: Cheroot in a background thread, extended to accept the document's request lines."""

import errno
import io
import logging
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Never, Self, cast
from weakref import WeakSet
from wsgiref.types import WSGIApplication

from cheroot.errors import MaxSizeExceeded
from cheroot.server import ChunkedRFile, HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

from ccell_fake.errors import CcellError
from ccell_mock_server.http import connection, request_line, streams
from ccell_mock_server.http.paths import CONTROL_PREFIX
from ccell_mock_server.http.threads import Threads
from ccell_mock_server.http.tls import Certificate, TlsAdapter, shake_hands
from ccell_mock_server.http.waiting import MAX_PAUSES, MAX_WAITERS
from ccell_mock_server.log import logger

_LOG = logger("http")

# Each request in progress keeps a thread, an idle connection keeps none. 32 threads remain if all others wait.
_THREAD_LIMIT = MAX_WAITERS + MAX_PAUSES + 32
_BACKLOG = 512
_IDLE_SECONDS = 60
# How often the server checks whether it must stop. The cost of a check is not measurable.
_POLL_SECONDS = 0.01
# How long a thread waits for the next request of its connection. To hand the connection to the selecting thread and
# back takes longer than a request.
_KEEP_MILLISECONDS = 10
# These limits are above those of the application, which refuses with a reason.
_HEAD_BYTES = 1024 * 1024
_BODY_BYTES = 16 * 1024 * 1024
_SNAPSHOT_BYTES = 1024 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class ServingError(CcellError):
    """The server cannot listen. The message names the address and the reason."""


class _Request(HTTPRequest):
    raw_target = b""

    def parse_request(self) -> None:
        try:
            super().parse_request()
        except (ValueError, UnboundLocalError) as error:
            # Cheroot fails on some malformed heads.
            _LOG.info("malformed request: %s", error)
            self._refuse("The head of the request is malformed.\n")

    def read_request_line(self) -> bool:
        line = self.rfile.readline()
        if line == b"\r\n":
            line = self.rfile.readline()
        stream = self.rfile
        self.raw_target = request_line.raw_target(line)
        error = request_line.strict_error(line) if self.server.is_strict else None
        if error is not None:
            self.header_reader(stream, {})
            self._refuse(error)
            return False
        self.rfile = io.BytesIO(request_line.normalize(line))
        try:
            return bool(super().read_request_line())  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        finally:
            self.rfile = stream

    def respond(self) -> None:
        length = int(self.inheaders.get(b"Content-Length", 0))
        if length > _BODY_BYTES and not self.path.startswith(CONTROL_PREFIX.encode()):
            self.simple_response("413 Request Entity Too Large", "The body is too large.\n")  # pyright: ignore[reportUnknownMemberType]
            self.close_connection = True
            return
        try:
            super().respond()
        finally:
            self.conn.wfile.release()
        if self.chunked_read and not self.close_connection:
            self._skip_body()

    def send_headers(self) -> None:
        """Hold the head back until the body follows."""
        self.conn.wfile.is_held = True
        try:
            super().send_headers()
        finally:
            self.conn.wfile.is_held = False

    def _skip_body(self) -> None:
        """Read the rest of a chunked body. The next request comes after it."""
        body = cast("ChunkedRFile", self.rfile)
        try:
            while body.read(_CHUNK_BYTES):  # pyright: ignore[reportUnknownMemberType]
                pass
            # It is a generator, although its stub differs.
            list(cast("Iterable[bytes]", body.read_trailer_lines()))
        except (ValueError, OSError, MaxSizeExceeded):
            self.close_connection = True

    def _refuse(self, reason: str) -> None:
        self.simple_response("400 Bad Request", reason)  # pyright: ignore[reportUnknownMemberType]


class _WsgiGateway(Gateway_10):
    def __init__(self, req: HTTPRequest) -> None:
        super().__init__(req)  # pyright: ignore[reportUnknownMemberType]
        additions = {
            connection.SOCKET: self.req.conn.socket,
            connection.HANG_UP: self._hang_up,
            connection.TARGET: cast("_Request", self.req).raw_target,
        }
        cast("dict[str, object]", self.env).update(additions)

    def _hang_up(self, *, with_head: bool, with_reset: bool) -> Never:
        if with_head:
            self.req.ensure_headers_sent()
        self.req.sent_headers = True
        if with_reset:
            self.req.conn.is_reset = True
        # Cheroot attributes this error to the client.
        raise BrokenPipeError(errno.EPIPE, "hung up")


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    is_reset = False
    _has_shaken_hands = False

    def __init__(self, server: Server, sock: socket.socket, _makefile: object = None) -> None:
        super().__init__(server, sock, streams.make_stream)  # pyright: ignore[reportUnknownMemberType]
        cast("_Server", server).connections.add(self)
        # Windows has no poll. There, a thread does not wait for the next request of its connection.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock, select.POLLIN)

    def communicate(self) -> bool:
        if isinstance(self.socket, ssl.SSLSocket) and not self._has_shaken_hands:
            if not shake_hands(self.socket):
                return False
            self._has_shaken_hands = True
        while super().communicate():  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
            if not self._has_next_request():
                return True
        return False

    def _has_next_request(self) -> bool:
        """Return whether the next request arrives soon. Does not wait if other connections need a thread."""
        if self._poll is None or self.server.requests.qsize:
            return False
        return self.rfile.has_data() or bool(self._poll.poll(_KEEP_MILLISECONDS))

    def _close_kernel_socket(self) -> None:
        if not self.is_reset:
            super()._close_kernel_socket()  # type: ignore[misc]
            return
        # A linger time of zero makes the close a reset.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Server(Server):
    ConnectionClass = _Connection
    expiration_interval = _POLL_SECONDS
    keep_alive_conn_limit = sys.maxsize
    max_request_header_size = _HEAD_BYTES
    max_request_body_size = _SNAPSHOT_BYTES
    is_strict = False
    connections: "WeakSet[_Connection]"

    def clear_stats(self) -> None:
        """Do not register the statistics with `logging`, which would keep a stopped server for ever."""
        super().clear_stats()  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
        del vars(logging)["statistics"][f"Cheroot HTTPServer {id(self)}"]

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002 - Cheroot's
        _LOG.log(level, "%s", msg, exc_info=traceback)


class HttpServer:
    """Serves a WSGI application at an address, with background threads."""

    def __init__(
        self,
        app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        certificate: Certificate | None = None,
        is_strict: bool = False,
    ) -> None:
        """Create a server that does not listen yet. Port 0 picks a free port.

        A strict server refuses request lines that HTTP does not allow, instead of encoding them.
        """
        self._host, self._port = host, port
        self._scheme = "http" if certificate is None else "https"
        self._server = _Server(
            (host, port), app, request_queue_size=_BACKLOG, timeout=_IDLE_SECONDS, shutdown_timeout=0
        )
        self._server.requests = Threads(self._server, _THREAD_LIMIT)
        self._server.connections = WeakSet()
        self._server.is_strict = is_strict
        self._server.gateway = _WsgiGateway
        if certificate is not None:
            self._server.ssl_adapter = TlsAdapter(str(certificate.chain), str(certificate.key))
        self._thread = threading.Thread(target=self._server.serve, name="ccell-fake", daemon=True)

    @property
    def url(self) -> str:
        """Base URL, such as `http://127.0.0.1:8026`."""
        host, port = cast("tuple[str, int]", self._server.bind_addr)  # pyright: ignore[reportUnknownMemberType]
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def start(self) -> None:
        """Start to listen. Raises ServingError if the address is not available."""
        try:
            self._server.prepare()
        except OSError as error:
            message = f"cannot listen on {self._host}:{self._port}: {_reason(error)}"
            raise ServingError(message) from error
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the requests in progress."""
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join()
        # Cheroot forgets connections that wait for a thread, or that come back from one meanwhile.
        for connection_ in tuple(self._server.connections):
            with suppress(OSError, ValueError):
                connection_.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()


def _reason(error: OSError) -> str:
    text = str(error)
    if "Address already in use" in text:
        return "the port is taken; choose another, or 0 for any free port"
    if "Permission denied" in text:
        return "the port is reserved; choose one above 1023"
    return text
