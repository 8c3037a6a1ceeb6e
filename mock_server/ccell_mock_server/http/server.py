"""The HTTP server: Cheroot, made to take the document's own request lines, and to start and stop in a thread."""

import errno
import io
import logging
import os
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Never, Self, cast
from wsgiref.types import WSGIApplication

from cheroot.errors import MaxSizeExceeded
from cheroot.server import ChunkedRFile, HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server

from ccell_mock_server.http import connection, request_line, streams
from ccell_mock_server.http.paths import CONTROL_PREFIX
from ccell_mock_server.http.threads import Threads
from ccell_mock_server.http.tls import Certificate
from ccell_mock_server.http.waiting import MOST_PAUSES, MOST_WAITERS

_LOG = logging.getLogger("ccell_fake.http")

# Every request in progress keeps a thread; keep-alive connections that rest keep none. Those that wait or are delayed
# leave some for others.
_THREADS = MOST_WAITERS + MOST_PAUSES + 32
_BACKLOG = 512
_IDLE_SECONDS = 60
# How often the server looks whether it shall stop; what it costs to look is not measurable.
_POLL_SECONDS = 0.01
# How long a thread stays with a connection for its next request. To give a connection back to the thread that looks at
# all of them, and to get it from there again, takes longer than Cheroot takes for a request.
_STAY_MILLISECONDS = 10
# Above what the application refuses with a reason of its own; what lies beyond is refused by HTTP's means.
_HEAD_BYTES = 1024 * 1024
_BODY_BYTES = 16 * 1024 * 1024
_SNAPSHOT_BYTES = 1024 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 38\r\nConnection: close\r\n\r\nThis port speaks HTTPS; say https://.\n"


class ServingError(Exception):
    """The server cannot listen; the message names the address and the reason."""


class _Request(HTTPRequest):
    placed = b""

    def parse_request(self) -> None:
        try:
            super().parse_request()
        except (ValueError, UnboundLocalError) as error:
            # Cheroot lets some malformed heads through to errors of its own.
            _LOG.info("a request could not be read: %s", error)
            self._refuse("The head of the request is malformed.\n")

    def read_request_line(self) -> bool:
        line = self.rfile.readline()
        if line == b"\r\n":
            line = self.rfile.readline()
        stream = self.rfile
        self.placed = request_line.target(line)
        fault = request_line.fault(line) if self.server.is_strict else None
        if fault is not None:
            self.header_reader(stream, {})
            self._refuse(fault)
            return False
        self.rfile = io.BytesIO(request_line.well_formed(line))
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
            self._drain()

    def send_headers(self) -> None:
        """Let the head wait for the body, which stands right behind it wherever there is one."""
        self.conn.wfile.is_held = True
        try:
            super().send_headers()
        finally:
            self.conn.wfile.is_held = False

    def _drain(self) -> None:
        """Read what the application left of a chunked body, for the next request stands behind it."""
        body = cast("ChunkedRFile", self.rfile)
        try:
            while body.read(_CHUNK_BYTES):  # pyright: ignore[reportUnknownMemberType]
                pass
            # A generator, whatever its stub says.
            list(cast("Iterable[bytes]", body.read_trailer_lines()))
        except (ValueError, OSError, MaxSizeExceeded):
            self.close_connection = True

    def _refuse(self, reason: str) -> None:
        self.simple_response("400 Bad Request", reason)  # pyright: ignore[reportUnknownMemberType]


class _Gateway(Gateway_10):
    """WSGI, with what an answer needs that shall not arrive as it is."""

    def __init__(self, req: HTTPRequest) -> None:
        super().__init__(req)  # pyright: ignore[reportUnknownMemberType]
        lent = {connection.SOCKET: self.req.conn.socket, connection.HANG_UP: self._hang_up}
        lent[connection.TARGET] = cast("_Request", self.req).placed
        cast("dict[str, object]", self.env).update(lent)

    def _hang_up(self, *, with_head: bool, with_reset: bool) -> Never:
        """End the connection where the answer stands."""
        if with_head:
            self.req.ensure_headers_sent()
        self.req.sent_headers = True
        if with_reset:
            self.req.conn.is_reset = True
        # An error that the connection takes for its client's.
        raise BrokenPipeError(errno.EPIPE, "hung up")


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    _is_greeted = False
    is_reset = False

    def __init__(self, server: Server, sock: socket.socket, _makefile: object = None) -> None:
        super().__init__(server, sock, streams.of)  # pyright: ignore[reportUnknownMemberType]
        # Windows has none, and there every connection is given back at once.
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock, select.POLLIN)

    def communicate(self) -> bool:
        if isinstance(self.socket, ssl.SSLSocket) and not self._is_greeted:
            if not _greet(self.socket):
                return False
            self._is_greeted = True
        while super().communicate():  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
            if not self._is_soon_asked():
                return True
        return False

    def _is_soon_asked(self) -> bool:
        """Whether the next request is there in a moment; while others wait for a thread, it is not waited for."""
        if self._poll is None or self.server.requests.qsize:
            return False
        return self.rfile.has_data() or bool(self._poll.poll(_STAY_MILLISECONDS))

    def _close_kernel_socket(self) -> None:
        if not self.is_reset:
            super()._close_kernel_socket()  # type: ignore[misc]
            return
        # To close without waiting for anything is to reset.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _greet(client: ssl.SSLSocket) -> bool:
    """Shake hands in the connection's own thread, so that a silent client keeps nobody waiting."""
    try:
        client.do_handshake()
    except ssl.SSLError as error:
        if error.reason == "HTTP_REQUEST":
            with socket.socket(fileno=os.dup(client.fileno())) as plain:
                plain.sendall(_PLAIN_HTTP)
        return False
    except OSError:
        return False
    return True


class _Tls(BuiltinSSLAdapter):
    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        context = cast("ssl.SSLContext", self.context)  # pyright: ignore[reportUnknownMemberType]
        wrapped = context.wrap_socket(sock, do_handshake_on_connect=False, server_side=True)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class _Server(Server):
    ConnectionClass = _Connection
    expiration_interval = _POLL_SECONDS
    keep_alive_conn_limit = sys.maxsize
    max_request_header_size = _HEAD_BYTES
    max_request_body_size = _SNAPSHOT_BYTES
    is_strict = False

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
    """A WSGI application on an address, served by threads in the background."""

    def __init__(
        self,
        app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        certificate: Certificate | None = None,
        is_strict: bool = False,
    ) -> None:
        """A server that does not listen yet.

        Args:
            app: What to serve.
            host: The address to listen on.
            port: The port; 0 picks a free one.
            certificate: What to speak TLS with, or None for plain HTTP.
            is_strict: Refuse request lines that HTTP does not allow, instead of making them well-formed.
        """
        self._host, self._port = host, port
        self._scheme = "http" if certificate is None else "https"
        self._server = _Server(
            (host, port),
            app,
            request_queue_size=_BACKLOG,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=0,
        )
        self._server.requests = Threads(self._server, _THREADS)
        self._server.is_strict = is_strict
        self._server.gateway = _Gateway
        if certificate is not None:
            self._server.ssl_adapter = _Tls(str(certificate.chain), str(certificate.key))
        self._thread = threading.Thread(target=self._server.serve, name="ccell-fake", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8026`."""
        host, port = cast("tuple[str, int]", self._server.bind_addr)  # pyright: ignore[reportUnknownMemberType]
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def start(self) -> None:
        """Listen; from the moment this returns requests are answered.

        Raises:
            ServingError: The address cannot be listened on.
        """
        try:
            self._server.prepare()
        except OSError as error:
            message = f"cannot listen on {self._host}:{self._port}: {_reason(error)}"
            raise ServingError(message) from error
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let requests in progress end, and wait for it."""
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def _reason(error: OSError) -> str:
    text = str(error)
    if "Address already in use" in text:
        return "the port is taken; another one or 0 for any free one would do"
    if "Permission denied" in text:
        return "the port needs more rights; one above 1023 would do"
    return text
