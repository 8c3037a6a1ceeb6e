"""The gateway's four endpoints over HTTP: the bytes of a request in, the bytes of an answer and its evidence out."""

import logging
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed

from ccell_fake.codes import Code
from ccell_fake.engine.evidence import Answer
from ccell_fake.engine.facts import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Layout, Operation, Reply, Request
from ccell_fake.wire import payload, replies, requests

_LOG = logging.getLogger("ccell_fake.gateway")
_METHODS = ["GET", "POST"]
_BROKEN_OFF = "the body broke off before its announced end"


def blueprint(gateway: Gateway) -> Blueprint:
    """The endpoints of a gateway, each also with the doubled slash that a careless join makes (W5)."""
    views = Blueprint("gateway", __name__)
    for operation in Operation:
        view = partial(_view, gateway, operation)
        for path in (operation.path, operation.path.replace("xmlapi/", "xmlapi//")):
            views.add_url_rule(
                path, f"{operation}{path.count('/')}", view, methods=_METHODS, provide_automatic_options=False
            )
    return views


def _view(gateway: Gateway, operation: Operation) -> Response:
    if request.method not in _METHODS:
        # Werkzeug lets HEAD in wherever GET is; one that took reports along would lose them.
        raise MethodNotAllowed(_METHODS)
    try:
        arrival = Arrival(operation, _read(gateway, operation), request.remote_addr or "")
        answer = gateway.answer(arrival)
    except Exception:  # noqa: BLE001 - logged, and answered in the gateway's own terms
        _LOG.exception("%s failed", operation)
        failure = Reply(Code.SYSTEM_ERROR, Code.SYSTEM_ERROR.text)
        answer = Answer(failure, Layout(), "failure", "documented C1", "the emulator failed; its log says how")
    if answer.explanation:
        _LOG.info("%s answered %s by %s\n  %s", operation, answer.reply.code, answer.basis, answer.explanation)
    response = Response(replies.render(answer.reply, answer.layout), content_type=replies.CONTENT_TYPE)
    response.headers["X-CCell-Rule"] = answer.rule
    response.headers["X-CCell-Basis"] = answer.basis
    return response


def _read(gateway: Gateway, operation: Operation) -> Request | UnreadableRequest:
    try:
        found = payload.find(
            request.method,
            request.query_string,
            _body() if request.method == "POST" else b"",
            request.content_type or "",
            plus_is_blank=gateway.answers["Q25"] == "blank",
        )
        return requests.parse(operation, found.data, as_declared=gateway.answers["Q36"] == "declared")
    except UnreadableRequest as error:
        return error


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
