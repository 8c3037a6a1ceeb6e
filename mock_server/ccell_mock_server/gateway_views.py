"""The gateway's four endpoints over HTTP: the bytes of a request in, the bytes of an answer and its evidence out."""

import logging
from functools import partial
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed

from ccell_fake.clock import elapsed
from ccell_fake.engine.facts import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Operation, Request
from ccell_fake.wire import payload, requests, secrets
from ccell_mock_server import deliveries
from ccell_mock_server.bell import Bell, TooManyWaitersError
from ccell_mock_server.connection import client_of
from ccell_mock_server.metrics import Metrics
from ccell_mock_server.minting import is_public

_LOG = logging.getLogger("ccell_fake.gateway")
_METHODS = ["GET", "POST"]
_BROKEN_OFF = "the body broke off before its announced end"


def blueprint(gateway: Gateway, bell: Bell, metrics: Metrics) -> Blueprint:
    """The endpoints of a gateway, each also with the doubled slash that a careless join makes (W5)."""
    views = Blueprint("gateway", __name__)
    for operation in Operation:
        view = partial(_view, gateway, bell, metrics, operation)
        for path in (operation.path, operation.path.replace("xmlapi/", "xmlapi//")):
            views.add_url_rule(
                path, f"{operation}{path.count('/')}", view, methods=_METHODS, provide_automatic_options=False
            )
    return views


def _view(gateway: Gateway, bell: Bell, metrics: Metrics, operation: Operation) -> Response:
    if request.method not in _METHODS:
        # Werkzeug lets HEAD in wherever GET is; one that took reports along would lose them.
        raise MethodNotAllowed(_METHODS)
    arrival = _arrival(gateway, operation)
    try:
        answer = gateway.answer(arrival)
    except TooManyWaitersError as error:
        return Response(f"{error}\n", 503, {"Retry-After": "1"}, content_type="text/plain;charset=UTF-8")
    except Exception:  # noqa: BLE001 - logged, and answered in the gateway's own terms
        _LOG.exception("%s failed", operation)
        answer = gateway.fail(arrival)
    metrics.count(operation, answer.reply.code, elapsed() - arrival.began)
    if answer.explanation:
        _LOG.info("%s answered %s by %s\n  %s", operation, answer.reply.code, answer.basis, answer.explanation)
    return deliveries.response(answer, request.environ, bell, gateway.leave)


def _arrival(gateway: Gateway, operation: Operation) -> Arrival:
    began = elapsed()
    answers = gateway.accounts.answers
    body, place, data = b"", "", b""
    asked: Request | UnreadableRequest
    try:
        body = _body() if request.method == "POST" else b""
        found = payload.find(
            request.method,
            request.query_string,
            body,
            request.content_type or "",
            plus_is_blank=answers["Q25"] == "blank",
        )
        place, data = found.place, found.data
        asked = requests.parse(operation, data, as_declared=answers["Q36"] == "declared")
    except UnreadableRequest as error:
        asked = error
        data = data or body or unquote_to_bytes(request.query_string)
    password = "" if isinstance(asked, UnreadableRequest) else asked.password or ""
    text = secrets.legible(data, "" if is_public(password) else password)
    return Arrival(operation, asked, request.remote_addr or "", place, text, began, client_of(request.environ))


def _body() -> bytes:
    """The body, up to one byte more than a payload may have."""
    body = b""
    announced = request.content_length
    wanted = PAYLOAD_BYTES + 1 if announced is None else min(PAYLOAD_BYTES + 1, announced)
    try:
        while len(body) < wanted and (chunk := request.stream.read(wanted - len(body))):
            body += chunk
    except (ClientDisconnected, ValueError, OSError) as error:
        raise UnreadableRequest(_BROKEN_OFF) from error
    if announced is not None and len(body) < wanted:
        raise UnreadableRequest(_BROKEN_OFF)
    return body
