"""A request on a connection of Cheroot, and its way to the WSGI application."""

import contextlib
import errno
import io
from http.client import HTTP_VERSION_NOT_SUPPORTED, INTERNAL_SERVER_ERROR
from typing import Any, Never, cast

from cheroot.server import HTTPRequest
from cheroot.wsgi import Gateway_10

from ccell_mock_server.http import connection, request_line
from ccell_mock_server.http.head import BadRequestError
from ccell_mock_server.log import logger

_LOG = logger("http")


def last_answer(status: str, reason: str) -> bytes:
    """Return an answer after which the connection is closed."""
    body = reason.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


class Request(HTTPRequest):
    """A request whose head the connection has read already."""

    raw_target: bytes = b""
    ready: bool
    rfile: Any
    close_connection: bool
    conn: Any
    """A `Connection`, whose module imports this one."""

    def parse_request(self) -> None:
        """Check the head. An error is answered at once."""
        try:
            self.ready = self.read_request_line() and self.read_request_headers()  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
        except BadRequestError as error:
            self.conn.has_unread_data = True
            self.simple_response(error.status, error.reason)  # pyright: ignore[reportUnknownMemberType]
        except (ValueError, UnboundLocalError) as error:
            # Cheroot fails on some malformed heads.
            _LOG.info("malformed request: %s", error)
            self.simple_response("400 Bad Request", "The head of the request is malformed.\n")  # pyright: ignore[reportUnknownMemberType]

    def read_request_line(self) -> bool:
        """Read the request line, which the document writes with raw blanks, quotes, brackets and UTF-8."""
        line = self.conn.head.line
        self.raw_target = request_line.raw_target(line)
        error = request_line.strict_error(line) if self.server.is_strict else None
        if error is not None:
            raise BadRequestError(error)
        self.rfile = io.BytesIO(request_line.normalize(line))
        return bool(super().read_request_line())  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]

    def header_reader(self, _stream: object, fields: dict[bytes, bytes]) -> None:
        """Use the fields that the connection has read."""
        fields.update(self.conn.head.fields)

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer an error with a text, and close. Refusals are reported; Cheroot logs errors of the application."""
        code = int(status.split(" ", 1)[0])
        if code < INTERNAL_SERVER_ERROR or code == HTTP_VERSION_NOT_SUPPORTED:
            self.server.on_refusal(self.conn.request_line, code, msg, self.conn.remote_addr)
        with contextlib.suppress(OSError):
            self.conn.wfile.write(last_answer(status, msg))

    def respond(self) -> None:
        """Answer the request."""
        self.rfile = self.conn.open_body()
        try:
            self.server.gateway(self).respond()
            if self.ready:
                self.ensure_headers_sent()
            if self.chunked_write:
                self.conn.wfile.write(b"0\r\n\r\n")
        finally:
            self.conn.wfile.release()

    def send_headers(self) -> None:
        """Hold the head back until the body follows. A connection whose thread waited for the body ends."""
        self.conn.has_unread_data = not self.conn.is_finished
        self.close_connection = self.close_connection or isinstance(self.rfile, io.BufferedReader)
        self.conn.wfile.is_held = True
        try:
            super().send_headers()
        finally:
            self.conn.wfile.is_held = False


class WsgiGateway(Gateway_10):
    """Calls the WSGI application, with the additions to its environment."""

    def __init__(self, req: HTTPRequest) -> None:
        super().__init__(req)  # pyright: ignore[reportUnknownMemberType]
        additions = {
            connection.SOCKET: self.req.conn.socket,
            connection.HANG_UP: self._hang_up,
            connection.CLOSE: self._close_after,
            connection.TARGET: cast("Request", self.req).raw_target,
        }
        cast("dict[str, object]", self.env).update(additions)

    def _close_after(self) -> None:
        self.req.close_connection = True

    def _hang_up(self, *, with_head: bool, with_reset: bool) -> Never:
        if with_head:
            self.req.ensure_headers_sent()
        self.req.sent_headers = True
        if with_reset:
            self.req.conn.is_reset = True
        # Cheroot attributes this error to the client.
        raise BrokenPipeError(errno.EPIPE, "hung up")
