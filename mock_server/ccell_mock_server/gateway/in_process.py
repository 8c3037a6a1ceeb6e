"""The road into an emulator of this process, for the client: httpx2 transports without a socket between.

They hand requests to the gateway itself. Whatever a fault does to a connection arrives as the error that httpx2 would
raise for it.
"""

from functools import partial

import anyio.to_thread
import httpx2

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.faults import ConnectionEnd
from ccell_fake.engine.gateway import Gateway
from ccell_fake.model import Operation
from ccell_mock_server.gateway import responses
from ccell_mock_server.gateway.handler import ReceivedRequest, receive
from ccell_mock_server.gateway.timeouts import CallTimeout, CallTimeouts
from ccell_mock_server.http.waiting import TooManyWaitersError
from ccell_mock_server.metrics import Metrics

_PEER = "127.0.0.1"
_OPERATIONS = {operation.path: operation for operation in Operation}


class InProcessTransport(httpx2.BaseTransport):
    """Carries requests to a gateway in the caller's thread.

    A caller whose time-out is over before the answer is there gets httpx2.ReadTimeout, and the request is done.
    """

    def __init__(self, gateway: Gateway, metrics: Metrics, patience: CallTimeouts) -> None:
        """Carry requests to a gateway.

        Args:
            gateway: Who answers.
            metrics: What counts requests.
            patience: The pauses of the gateway.
        """
        self._gateway = gateway
        self._metrics = metrics
        self._patience = patience

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request.

        Raises:
            httpx2.TransportError: A fault, or the time-out, let no whole answer through.
        """
        began = elapsed()
        operation = _OPERATIONS.get(request.url.path)
        if operation is None or request.method not in {"GET", "POST"}:
            return httpx2.Response(404 if operation is None else 405)
        content_type = request.headers.get("content-type", "")
        received = ReceivedRequest(
            operation, request.method, request.url.query, request.read(), content_type, _PEER, began
        )
        with self._patience.limited(request.extensions.get("timeout", {}).get("read")) as limit:
            try:
                answer = receive(self._gateway, self._metrics, received)
            except TooManyWaitersError:
                return httpx2.Response(503)
            self._dribble(answer, limit)
        failure = _failure(answer, is_late=limit.is_over)
        if failure is not None:
            raise failure
        return _response(answer)

    def _dribble(self, answer: Answer, limit: CallTimeout) -> None:
        """Wait while an answer arrives in pieces."""
        delivery, seat = answer.delivery, answer.seat
        if seat is None:
            return
        try:
            for _ in range(delivery.piece, len(delivery.body), delivery.piece):
                if limit.is_over or not self._patience.pause(delivery.seconds, seat.slots):
                    break
        finally:
            self._gateway.leave(seat)


class AsyncInProcessTransport(httpx2.AsyncBaseTransport):
    """The same for asyncio: each request is answered in a thread, so that the loop goes on.

    One that is cancelled is done all the same.
    """

    def __init__(self, transport: InProcessTransport) -> None:
        """Carry requests where a transport does."""
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request.

        Raises:
            httpx2.TransportError: A fault, or the time-out, let no whole answer through.
        """
        handle = partial(self._transport.handle_request, request)
        return await anyio.to_thread.run_sync(handle, abandon_on_cancel=True)


def _failure(answer: Answer, *, is_late: bool) -> httpx2.TransportError | None:
    """What the client sees instead of an answer, or None."""
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


def _response(answer: Answer) -> httpx2.Response:
    delivery = answer.delivery
    return httpx2.Response(delivery.status, headers=responses.headers(answer), stream=httpx2.ByteStream(delivery.body))
