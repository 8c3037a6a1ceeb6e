"""The gateway's endpoints over WSGI: four for XML, and one for JSON-RPC.

Answers may be sent whole, in pieces, cut off, or not at all.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Answer, TakenSlot
from ccell_fake.engine.faults import ConnectionEnd, Delivery
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES, UNCHUNKED_BYTES
from ccell_mock_server.gateway.handler import ReceivedRequest, answer_headers, handle, is_chunked
from ccell_mock_server.gateway.routes import Route
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import Notifier
from ccell_mock_server.metrics import Metrics

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

PLAIN = "text/plain;charset=UTF-8"

_MOST_DIGITS = 19
_INCOMPLETE_BODY = "the body is shorter than announced"


class Endpoints:
    """Answers requests to the endpoints."""

    def __init__(self, gateway: Gateway, notifier: Notifier, metrics: Metrics) -> None:
        self._gateway = gateway
        self._notifier = notifier
        self._metrics = metrics

    def answer(self, route: Route, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request to an endpoint as a WSGI application does. The method is one of METHODS."""
        answer = handle(self._gateway, self._metrics, receive(route, environ))
        has_length = not is_chunked(self._gateway, answer.delivery)
        # Without a length, an HTTP/1.1 server sends each piece as a chunk.
        start_response(answer.delivery.status_line, answer_headers(answer, has_length=has_length))
        if answer.slot is None:
            return _body(answer, environ, self._notifier)
        from werkzeug.wsgi import ClosingIterator  # noqa: PLC0415 - slow to import, and rarely used

        return ClosingIterator(_body(answer, environ, self._notifier), partial(self._gateway.release, answer.slot))


def receive(route: Route, environ: "WSGIEnvironment") -> ReceivedRequest:
    """Read a request."""
    received_at, method = elapsed(), environ["REQUEST_METHOD"]
    body: bytes | UnreadableRequest
    try:
        body = read_body(environ) if method == "POST" else b""
    except UnreadableRequest as error:
        body = error
    return ReceivedRequest(
        route.endpoint,
        method,
        environ.get("QUERY_STRING", "").encode("latin-1"),
        body,
        environ.get("CONTENT_TYPE", ""),
        environ.get("REMOTE_ADDR", ""),
        received_at,
        client_of(environ),
        route.grounds,
    )


def read_body(environ: "WSGIEnvironment") -> bytes:
    """Read the body, up to one byte more than the limit. Raises UnreadableRequest if it is incomplete."""
    body = b""
    announced, stream = _input(environ)
    size = PAYLOAD_BYTES + 1 if announced is None else min(PAYLOAD_BYTES + 1, announced)
    try:
        while len(body) < size and (chunk := stream.read(size - len(body))):
            body += chunk
    except (ValueError, OSError) as error:
        raise UnreadableRequest(_INCOMPLETE_BODY) from error
    if announced is not None and len(body) < size:
        raise UnreadableRequest(_INCOMPLETE_BODY)
    return body


def _input(environ: "WSGIEnvironment") -> tuple[int | None, IO[bytes]]:
    """Return the announced length of the body, or None, and the stream to read it from."""
    announced = environ.get("CONTENT_LENGTH", "")
    if announced.isdecimal() and len(announced) < _MOST_DIGITS and "HTTP_TRANSFER_ENCODING" not in environ:
        return int(announced), environ["wsgi.input"]
    from werkzeug import wsgi  # noqa: PLC0415 - slow to import, and rarely used

    length = wsgi.get_content_length(environ)
    return length, wsgi.get_input_stream(environ) if length is None else environ["wsgi.input"]


def _body(answer: Answer, environ: "WSGIEnvironment", notifier: Notifier) -> Iterable[bytes]:
    delivery = answer.delivery
    if delivery.ending is not ConnectionEnd.OPEN:
        return cut_off(delivery, environ)
    # An answer in pieces keeps its slot until it has left.
    if answer.slot:
        return _in_pieces(delivery, answer.slot, environ, notifier)
    return [delivery.body[start : start + UNCHUNKED_BYTES] for start in range(0, len(delivery.body), UNCHUNKED_BYTES)]


def cut_off(delivery: Delivery, environ: "WSGIEnvironment") -> Iterator[bytes]:
    """Yield the part of a body that is sent, then end the connection."""
    if delivery.sent:
        yield delivery.body[: delivery.sent]
    hang_up(environ, with_head=delivery.sent is not None, with_reset=delivery.ending is ConnectionEnd.RESET)


def _in_pieces(delivery: Delivery, slot: TakenSlot, environ: "WSGIEnvironment", notifier: Notifier) -> Iterator[bytes]:
    client = client_of(environ)
    for start in range(0, len(delivery.body), delivery.piece):
        if start and not notifier.pause(delivery.seconds, slot.lifetime, client):
            hang_up(environ)
        yield delivery.body[start : start + delivery.piece]
