"""httpx2 transports that call the gateway of this process without a socket.

A fault of the connection is raised as the error that httpx2 raises for it.
"""

from functools import partial
from http.client import BAD_REQUEST
from urllib.parse import unquote

import anyio.to_thread
import httpx2

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.faults import ConnectionEnd
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.process import Owner
from ccell_mock_server.gateway import routes, unrouted
from ccell_mock_server.gateway.handler import ReceivedRequest, answer_headers, handle, is_chunked
from ccell_mock_server.gateway.routes import METHODS
from ccell_mock_server.gateway.timeouts import CallTimeout, CallTimeouts
from ccell_mock_server.gateway.unrouted import UnroutedRequest
from ccell_mock_server.metrics import Metrics

_PEER = "127.0.0.1"


class InProcessTransport(httpx2.BaseTransport):
    """Calls a gateway in the caller's thread.

    The request is still completed if the caller's timeout ends first, and httpx2.ReadTimeout is raised.
    """

    def __init__(self, gateway: Gateway, metrics: Metrics, timeouts: CallTimeouts, owner: Owner) -> None:
        self._owner = owner
        self._gateway = gateway
        self._metrics = metrics
        self._timeouts = timeouts
        self._is_stopped = False

    def stop(self) -> None:
        """Refuse all further requests, because the gateway has stopped."""
        self._is_stopped = True

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request.

        Raises:
            TransportError: A fault or the timeout prevented a complete answer, or the gateway has stopped.
            InheritedError: This process is a fork of the one that created the gateway.
        """
        self._owner.check()
        if self._is_stopped:
            message = "the emulator has stopped"
            raise httpx2.ConnectError(message)
        received_at = elapsed()
        answers, (path, query) = self._gateway.accounts.answers, _target(request)
        route = routes.find(path, answers)
        if route is None or request.method not in METHODS:
            return self._refuse(request, received_at, *routes.refuse(path, answers))
        too_long = routes.refuse_length(query, answers)
        if too_long:
            return self._refuse(request, received_at, BAD_REQUEST, "Q58", too_long)
        content_type = request.headers.get("content-type", "")
        received = ReceivedRequest(
            route.endpoint,
            request.method,
            query,
            request.read(),
            content_type,
            _PEER,
            received_at,
            grounds=route.grounds,
        )
        with self._timeouts.limit(request.extensions.get("timeout", {}).get("read")) as timeout:
            answer = handle(self._gateway, self._metrics, received)
            self._wait_for_pieces(answer, timeout)
        error = _connection_error(answer, is_late=timeout.is_over)
        if error is not None:
            raise error
        stream = httpx2.ByteStream(answer.delivery.body)
        headers = answer_headers(answer, has_length=not is_chunked(self._gateway, answer.delivery))
        return httpx2.Response(answer.delivery.status, headers=headers, stream=stream)

    def _refuse(
        self, request: httpx2.Request, received_at: float, status: int, ground: str, reason: str = ""
    ) -> httpx2.Response:
        """Refuse a request that reaches no endpoint."""
        path, query = _target(request)
        refused = UnroutedRequest(
            request.method, path, query, request.read(), _PEER, received_at, status, reason, ground
        )
        unrouted.record(self._gateway, self._metrics, refused, reason)
        headers = unrouted.headers(refused, self._gateway.accounts.answers) if reason else []
        return httpx2.Response(status, headers=headers, text=reason)

    def _wait_for_pieces(self, answer: Answer, timeout: CallTimeout) -> None:
        """Wait as long as an answer in pieces takes to arrive."""
        delivery, slot = answer.delivery, answer.slot
        if slot is None:
            return
        try:
            for _ in range(delivery.piece, len(delivery.body), delivery.piece):
                if timeout.is_over or not self._timeouts.pause(delivery.seconds, slot.lifetime):
                    break
        finally:
            self._gateway.release(slot)


class AsyncInProcessTransport(httpx2.AsyncBaseTransport):
    """Calls a gateway from asyncio, each request in a thread. A cancelled request is still completed."""

    def __init__(self, transport: InProcessTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises the same errors as the transport."""
        handle_request = partial(self._transport.handle_request, request)
        return await anyio.to_thread.run_sync(handle_request, abandon_on_cancel=True)


def _target(request: httpx2.Request) -> tuple[str, bytes]:
    """Return the decoded path and the query. An httpx2 transport takes another target from the extensions."""
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path, _, query = target.partition(b"?")
    return unquote(path.decode("latin-1")), query


def _connection_error(answer: Answer, *, is_late: bool) -> httpx2.TransportError | None:
    if is_late:
        return httpx2.ReadTimeout("timed out")
    match answer.delivery.ending:
        case ConnectionEnd.RESET:
            return httpx2.ReadError("the connection was reset")
        case ConnectionEnd.CLOSED if answer.delivery.sent is None:
            return httpx2.RemoteProtocolError("the connection was closed without an answer")
        case ConnectionEnd.CLOSED:
            return httpx2.RemoteProtocolError("the connection was closed in the middle of the answer")
        case ConnectionEnd.OPEN:
            return None
