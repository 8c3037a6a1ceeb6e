"""How an answer leaves: whole, in pieces, cut off, or not at all."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import Response

from ccell_fake.engine.answer import Answer, SlotGuard
from ccell_fake.engine.faults import ConnectionEnd, Delivery
from ccell_fake.wire import replies
from ccell_mock_server.http.connection import client_of, hang_up
from ccell_mock_server.http.waiting import Notifier


def headers(answer: Answer) -> dict[str, str]:
    """The head of an answer: what is announced of its body, and what it rests on."""
    return {
        "Content-Length": str(len(answer.delivery.body)),
        "Content-Type": answer.delivery.content_type or replies.CONTENT_TYPE,
        "X-CCell-Rule": answer.rule,
        "X-CCell-Basis": answer.basis,
    }


def response(
    answer: Answer, environ: dict[str, Any], notifier: Notifier, leave: Callable[[SlotGuard | None], None]
) -> Response:
    """An answer as Flask sends it.

    Args:
        answer: What to send.
        environ: The request's.
        notifier: What the time between pieces is waited out with.
        leave: Frees the slot of an answer that has left.
    """
    delivery = answer.delivery
    body: bytes | Iterator[bytes] = delivery.body
    if delivery.ending is not ConnectionEnd.OPEN:
        body = broken_off(delivery, environ)
    elif delivery.piece:
        body = _in_pieces(delivery, answer.seat, environ, notifier)
    sent = Response(body, delivery.status, headers(answer))
    if answer.seat is not None:
        sent.call_on_close(partial(leave, answer.seat))
    return sent


def broken_off(delivery: Delivery, environ: dict[str, Any]) -> Iterator[bytes]:
    """A body as far as it is sent, and the end of the connection."""
    if delivery.sent:
        yield delivery.body[: delivery.sent]
    hang_up(environ, with_head=delivery.sent is not None, with_reset=delivery.ending is ConnectionEnd.RESET)


def _in_pieces(
    delivery: Delivery, seat: SlotGuard | None, environ: dict[str, Any], notifier: Notifier
) -> Iterator[bytes]:
    client = client_of(environ)
    for start in range(0, len(delivery.body), delivery.piece):
        if start and not notifier.pause(delivery.seconds, seat.slots if seat else delivery, client):
            hang_up(environ)
        yield delivery.body[start : start + delivery.piece]
