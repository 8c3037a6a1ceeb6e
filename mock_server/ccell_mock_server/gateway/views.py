"""The gateway's four endpoints over HTTP. Answers may be sent whole, in pieces, cut off, or not at all."""

from collections.abc import Iterator
from functools import partial
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed
from werkzeug.wsgi import get_content_length, get_input_stream

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Answer, TakenSlot
from ccell_fake.engine.faults import ConnectionEnd, Delivery
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Operation
from ccell_mock_server.gateway.handler import ReceivedRequest, answer_headers, handle
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import Notifier, TooManyWaitersError
from ccell_mock_server.metrics import Metrics

_METHODS = ["GET", "POST"]
_INCOMPLETE_BODY = "the body is shorter than announced"


def blueprint(gateway: Gateway, notifier: Notifier, metrics: Metrics) -> Blueprint:
    """Create the endpoints of a gateway. Each also accepts a doubled slash, which clients send by mistake (W5)."""
    views = Blueprint("gateway", __name__)
    for operation in Operation:
        view = partial(_view, gateway, notifier, metrics, operation)
        for path in (operation.path, operation.path.replace("xmlapi/", "xmlapi//")):
            views.add_url_rule(
                path, f"{operation}{path.count('/')}", view, methods=_METHODS, provide_automatic_options=False
            )
    return views


def _view(gateway: Gateway, notifier: Notifier, metrics: Metrics, operation: Operation) -> Response:
    # Each attribute of Flask's request is a lookup, and these add up to half the time of this function.
    method, environ = request.method, request.environ
    if method not in _METHODS:
        # Werkzeug allows HEAD wherever GET is allowed. The reports of a HEAD would be lost.
        raise MethodNotAllowed(_METHODS)
    try:
        answer = handle(gateway, metrics, _receive(operation, method, environ))
    except TooManyWaitersError as error:
        return Response(f"{error}\n", 503, {"Retry-After": "1"}, content_type="text/plain;charset=UTF-8")
    response = Response(_body(answer, environ, notifier), answer.delivery.status, answer_headers(answer))
    if answer.slot is not None:
        response.call_on_close(partial(gateway.release, answer.slot))
    return response


def _receive(operation: Operation, method: str, environ: WSGIEnvironment) -> ReceivedRequest:
    received_at = elapsed()
    body: bytes | UnreadableRequest
    try:
        body = _read_body(environ) if method == "POST" else b""
    except UnreadableRequest as error:
        body = error
    return ReceivedRequest(
        operation,
        method,
        environ.get("QUERY_STRING", "").encode("latin-1"),
        body,
        environ.get("CONTENT_TYPE", ""),
        environ.get("REMOTE_ADDR", ""),
        received_at,
        client_of(environ),
    )


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Read the body, up to one byte more than the limit."""
    body = b""
    announced, stream = get_content_length(environ), get_input_stream(environ)
    size = PAYLOAD_BYTES + 1 if announced is None else min(PAYLOAD_BYTES + 1, announced)
    try:
        while len(body) < size and (chunk := stream.read(size - len(body))):
            body += chunk
    except (ClientDisconnected, ValueError, OSError) as error:
        raise UnreadableRequest(_INCOMPLETE_BODY) from error
    if announced is not None and len(body) < size:
        raise UnreadableRequest(_INCOMPLETE_BODY)
    return body


def _body(answer: Answer, environ: WSGIEnvironment, notifier: Notifier) -> bytes | Iterator[bytes]:
    delivery = answer.delivery
    if delivery.ending is not ConnectionEnd.OPEN:
        return cut_off(delivery, environ)
    return _in_pieces(delivery, answer.slot, environ, notifier) if delivery.piece else delivery.body


def cut_off(delivery: Delivery, environ: WSGIEnvironment) -> Iterator[bytes]:
    """Yield the part of a body that is sent, then end the connection."""
    if delivery.sent:
        yield delivery.body[: delivery.sent]
    hang_up(environ, with_head=delivery.sent is not None, with_reset=delivery.ending is ConnectionEnd.RESET)


def _in_pieces(
    delivery: Delivery, slot: TakenSlot | None, environ: WSGIEnvironment, notifier: Notifier
) -> Iterator[bytes]:
    client = client_of(environ)
    for start in range(0, len(delivery.body), delivery.piece):
        if start and not notifier.pause(delivery.seconds, slot.slots if slot else delivery, client):
            hang_up(environ)
        yield delivery.body[start : start + delivery.piece]
