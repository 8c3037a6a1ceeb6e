"""Handle a request of the gateway, from any transport: parse it, answer it, count it and log refusals."""

import logging
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ccell_fake.engine.answer import Answer
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request
from ccell_fake.wire import payload, replies, requests, secrets
from ccell_mock_server.config.accounts import is_public
from ccell_mock_server.metrics import Metrics

_LOG = logging.getLogger("ccell_fake.gateway")


class ReceivedRequest(NamedTuple):
    """An unparsed request.

    Attributes:
        body: The body, or the reason why it could not be read.
        received_at: When the request was received, by `elapsed`.
        client: The client's socket. A disconnect ends the waits of the request.
    """

    operation: Operation
    method: str
    query: bytes
    body: bytes | UnreadableRequest
    content_type: str
    peer: str
    received_at: float
    client: object = None


def handle(gateway: Gateway, metrics: Metrics, received: ReceivedRequest) -> Answer:
    """Answer a request, count it, and log a refusal."""
    arrival = parse(gateway, received)
    try:
        answer = gateway.answer(arrival)
    except Exception:  # noqa: BLE001 - it is logged, and the gateway answers with an error of its own
        _LOG.exception("%s failed", received.operation)
        answer = gateway.answer_failure(arrival)
    metrics.count(received.operation, answer.reply.code, answer.duration / 1_000_000)
    if answer.explanation:
        _LOG.info("%s answered %s by %s\n  %s", received.operation, answer.reply.code, answer.basis, answer.explanation)
    return answer


def answer_headers(answer: Answer) -> list[tuple[str, str]]:
    """Return the HTTP headers of an answer, with its rule and basis."""
    return [
        ("Content-Length", str(len(answer.delivery.body))),
        ("Content-Type", answer.delivery.content_type or replies.CONTENT_TYPE),
        ("X-CCell-Rule", answer.rule),
        ("X-CCell-Basis", answer.basis),
    ]


def parse(gateway: Gateway, received: ReceivedRequest) -> Arrival:
    """Parse a request. The password is replaced in its text."""
    answers = gateway.accounts.answers
    operation, body = received.operation, received.body
    place, data = "", b""
    request: Request | UnreadableRequest
    if isinstance(body, UnreadableRequest):
        request, data = body, unquote_to_bytes(received.query)
    else:
        try:
            located = payload.find(
                received.method, received.query, body, received.content_type, plus_is_blank=answers["Q25"] == "blank"
            )
            place, data = located.place, located.data
            request = requests.parse(operation, data, as_declared=answers["Q36"] == "declared")
        except UnreadableRequest as error:
            request = error
            data = data or body or unquote_to_bytes(received.query)
    password = "" if isinstance(request, UnreadableRequest) else request.password or ""
    text = secrets.legible(data, "" if is_public(password) else password)
    return Arrival(operation, request, received.peer, place, text, received.received_at, received.client)
