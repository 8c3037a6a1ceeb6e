"""A request of the gateway, however it was carried here: its bytes in, an answer with its evidence out."""

import logging
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request
from ccell_fake.wire import payload, requests, secrets
from ccell_mock_server.config.credentials import is_public
from ccell_mock_server.http.waiting import TooManyWaitersError
from ccell_mock_server.metrics import Metrics

_LOG = logging.getLogger("ccell_fake.gateway")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it was carried here.

    Attributes:
        operation: The endpoint.
        method: GET or POST.
        query: What stands behind the question mark, as it was sent.
        body: The body, or why it could not be read to its end.
        content_type: As the request declares it; empty where it does not.
        peer: The address it came from.
        began: When it came in, on the clock of `elapsed`.
        client: Whose leaving ends what the request waits for; None where that cannot be seen.
    """

    operation: Operation
    method: str
    query: bytes
    body: bytes | UnreadableRequest
    content_type: str
    peer: str
    began: float
    client: object = None


def receive(gateway: Gateway, metrics: Metrics, received: ReceivedRequest) -> Answer:
    """Answer a request, count it, and log what was refused.

    Raises:
        TooManyWaitersError: It is to be delayed, and as many are as may be.
    """
    arrival = _arrival(gateway, received)
    try:
        answer = gateway.answer(arrival)
    except TooManyWaitersError:
        raise
    except Exception:  # noqa: BLE001 - logged, and answered in the gateway's own terms
        _LOG.exception("%s failed", received.operation)
        answer = gateway.fail(arrival)
    metrics.count(received.operation, answer.reply.code, elapsed() - received.began)
    if answer.explanation:
        _LOG.info("%s answered %s by %s\n  %s", received.operation, answer.reply.code, answer.basis, answer.explanation)
    return answer


def _arrival(gateway: Gateway, received: ReceivedRequest) -> Arrival:
    answers = gateway.accounts.answers
    operation, body = received.operation, received.body
    place, data = "", b""
    asked: Request | UnreadableRequest
    if isinstance(body, UnreadableRequest):
        asked, data = body, unquote_to_bytes(received.query)
    else:
        try:
            found = payload.find(
                received.method, received.query, body, received.content_type, plus_is_blank=answers["Q25"] == "blank"
            )
            place, data = found.place, found.data
            asked = requests.parse(operation, data, as_declared=answers["Q36"] == "declared")
        except UnreadableRequest as error:
            asked = error
            data = data or body or unquote_to_bytes(received.query)
    password = "" if isinstance(asked, UnreadableRequest) else asked.password or ""
    text = secrets.legible(data, "" if is_public(password) else password)
    return Arrival(operation, asked, received.peer, place, text, received.began, received.client)
