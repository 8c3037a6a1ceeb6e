"""The gateway's four endpoints over HTTP: the bytes of a request in, the bytes of an answer and its evidence out."""

from functools import partial
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed
from werkzeug.wsgi import get_content_length, get_input_stream

from ccell_fake.clock import elapsed
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Operation
from ccell_mock_server.gateway import responses
from ccell_mock_server.gateway.handler import ReceivedRequest, receive
from ccell_mock_server.http.connection import client_of
from ccell_mock_server.http.waiting import Notifier, TooManyWaitersError
from ccell_mock_server.metrics import Metrics

_METHODS = ["GET", "POST"]
_BROKEN_OFF = "the body broke off before its announced end"


def blueprint(gateway: Gateway, notifier: Notifier, metrics: Metrics) -> Blueprint:
    """The endpoints of a gateway, each also with the doubled slash that a careless join makes (W5)."""
    views = Blueprint("gateway", __name__)
    for operation in Operation:
        view = partial(_view, gateway, notifier, metrics, operation)
        for path in (operation.path, operation.path.replace("xmlapi/", "xmlapi//")):
            views.add_url_rule(
                path, f"{operation}{path.count('/')}", view, methods=_METHODS, provide_automatic_options=False
            )
    return views


def _view(gateway: Gateway, notifier: Notifier, metrics: Metrics, operation: Operation) -> Response:
    # Flask's view of the request looks everything up anew, and that takes as long as the rest of what is done here.
    method, environ = request.method, request.environ
    if method not in _METHODS:
        # Werkzeug lets HEAD in wherever GET is; one that took reports along would lose them.
        raise MethodNotAllowed(_METHODS)
    try:
        answer = receive(gateway, metrics, _received(operation, method, environ))
    except TooManyWaitersError as error:
        return Response(f"{error}\n", 503, {"Retry-After": "1"}, content_type="text/plain;charset=UTF-8")
    return responses.response(answer, environ, notifier, gateway.leave)


def _received(operation: Operation, method: str, environ: WSGIEnvironment) -> ReceivedRequest:
    began = elapsed()
    body: bytes | UnreadableRequest
    try:
        body = _body(environ) if method == "POST" else b""
    except UnreadableRequest as error:
        body = error
    return ReceivedRequest(
        operation,
        method,
        environ.get("QUERY_STRING", "").encode("latin-1"),
        body,
        environ.get("CONTENT_TYPE", ""),
        environ.get("REMOTE_ADDR", ""),
        began,
        client_of(environ),
    )


def _body(environ: WSGIEnvironment) -> bytes:
    """The body, up to one byte more than a payload may have."""
    body = b""
    announced, stream = get_content_length(environ), get_input_stream(environ)
    wanted = PAYLOAD_BYTES + 1 if announced is None else min(PAYLOAD_BYTES + 1, announced)
    try:
        while len(body) < wanted and (chunk := stream.read(wanted - len(body))):
            body += chunk
    except (ClientDisconnected, ValueError, OSError) as error:
        raise UnreadableRequest(_BROKEN_OFF) from error
    if announced is not None and len(body) < wanted:
        raise UnreadableRequest(_BROKEN_OFF)
    return body
