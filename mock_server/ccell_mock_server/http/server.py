"""The HTTP server: Cheroot in a background thread, with connections that keep no threads while they send nothing."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Self, cast
from wsgiref.types import WSGIApplication

from cheroot.wsgi import Server as CherootServer

from ccell_fake.errors import CcellError
from ccell_mock_server.http import addresses
from ccell_mock_server.http.connections import Connection, Connections
from ccell_mock_server.http.limits import Limits
from ccell_mock_server.http.request import WsgiGateway
from ccell_mock_server.http.threads import Threads
from ccell_mock_server.http.tls import Certificate, TlsAdapter
from ccell_mock_server.http.waiting import MAX_PAUSES, MAX_WAITERS
from ccell_mock_server.log import logger

OnRefusal = Callable[[bytes, int, str, str], object]

_LOG = logger("http")

# Each request in progress keeps a thread. 32 threads remain if all others wait.
_THREAD_LIMIT = MAX_WAITERS + MAX_PAUSES + 32
_BACKLOG = 512
# How often the server checks whether it must stop. The cost of a check is not measurable.
_POLL_SECONDS = 0.01


class ServingError(CcellError):
    """The server cannot listen. The message names the address and the reason."""


class Server(CherootServer):
    """Cheroot's server with the project's connections.

    Attributes:
        limits: The limits.
        is_strict: Refuse request lines that HTTP does not allow.
        connections: All open connections.
        on_refusal: Called for each request that the server itself refuses; see HttpServer.
    """

    expiration_interval = _POLL_SECONDS
    is_strict: bool = False
    shutdown_timeout: float
    requests: Any

    def __init__(self, address: tuple[str, int], app: WSGIApplication, limits: Limits) -> None:
        super().__init__(address, app, request_queue_size=_BACKLOG, timeout=round(limits.idle))  # pyright: ignore[reportUnknownMemberType]
        self.limits = limits
        self.shutdown_timeout = limits.stop
        self.connections: set[Connection] = set()
        self.requests = Threads(self, _THREAD_LIMIT)
        self.gateway = WsgiGateway
        self.on_refusal: OnRefusal = _log_refusal

    @property
    def is_secure(self) -> bool:
        """True if it speaks TLS."""
        return self.ssl_adapter is not None

    def prepare(self) -> None:
        """Listen."""
        super().prepare()  # pyright: ignore[reportUnknownMemberType]
        manager: Any = vars(self)["_connections"]
        manager.close()
        self._connections = Connections(self)
        cast("socket.socket", self.socket).settimeout(0)

    def connect(self, sock: socket.socket, address: tuple[Any, ...]) -> Connection:
        """Make a connection of an accepted socket. Raises OSError if the client has left."""
        additions: dict[str, str] = {}
        if self.is_secure:
            # If the client has left, wrapping would fail and leave a socket open.
            sock.getpeername()
            sock, additions = self.ssl_adapter.wrap(sock)
        one = Connection(self, sock)
        one.remote_addr, one.remote_port = address[:2]
        one.ssl_env = additions
        return one

    def clear_stats(self) -> None:
        """Do not register the statistics with `logging`, which would keep a stopped server for ever."""
        super().clear_stats()  # type: ignore[no-untyped-call] # pyright: ignore[reportUnknownMemberType]
        del vars(logging)["statistics"][f"Cheroot HTTPServer {id(self)}"]

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind a socket, or close it."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002 - Cheroot's
        """Log a message."""
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
        limits: Limits | None = None,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        """Create a server that does not listen yet. Port 0 picks a free port.

        A strict server refuses request lines that HTTP does not allow, instead of encoding them. `on_refusal` is called
        for each request that the server itself refuses: with its first line, which may be malformed or cut, with the
        status and the text of the answer, and with the client's address.
        """
        self._host, self._port = host, port
        self._scheme = "http" if certificate is None else "https"
        self._server = Server((host, port), app, limits or Limits())
        self._server.is_strict = is_strict
        if on_refusal is not None:
            self._server.on_refusal = on_refusal
        if certificate is not None:
            self._server.ssl_adapter = TlsAdapter(str(certificate.chain), str(certificate.key))
            certificate.forget()
        self._thread = threading.Thread(target=self._server.serve, name="ccell-fake", daemon=True)

    @property
    def url(self) -> str:
        """Base URL for this machine, such as `http://127.0.0.1:8026`."""
        return next(self.urls())

    def urls(self) -> Iterator[str]:
        """Yield the base URLs under which it can be opened, for this machine first."""
        host, port = cast("tuple[str, int]", self._server.bind_addr)  # pyright: ignore[reportUnknownMemberType]
        for one in addresses.openable(host):
            yield addresses.base_url(self._scheme, one, port)

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
        for one in tuple(self._server.connections):
            with suppress(OSError, ValueError):
                one.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()


def _log_refusal(_line: bytes, status: int, reason: str, _peer: str) -> None:
    _LOG.info("refused a request with %d: %s", status, reason.strip())


def _reason(error: OSError) -> str:
    text = str(error)
    if "Address already in use" in text:
        return "the port is taken; choose another, or 0 for any free port"
    if "Permission denied" in text:
        return "the port is reserved; choose one above 1023"
    if "Cannot assign requested address" in text:
        return "this host does not have the address"
    return text
