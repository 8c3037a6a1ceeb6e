"""What was said in an exchange, as far as it can be understood."""

from contextlib import suppress
from dataclasses import dataclass

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import AnyReply, Request
from ccell_fake.transcripts import Ending, Exchange
from ccell_fake.wire import payload, replies, requests


@dataclass(frozen=True, slots=True)
class DecodedExchange:
    """An exchange as it is understood.

    Attributes:
        exchange: The exchange.
        request: What was asked; None where that cannot be read.
        reply: What was answered; None likewise, or where nothing was.
    """

    exchange: Exchange
    request: Request | None
    reply: AnyReply | None

    @property
    def userid(self) -> str:
        """Whose exchange it is; empty where that cannot be read."""
        return (self.request.userid or "") if self.request else ""

    @property
    def hung_on_others(self) -> bool:
        """Whether it was refused for what else was in progress (K2), which one after the other never is."""
        return self.reply is not None and self.reply.code == Code.CONCURRENCY_EXCEEDED


def understood(exchange: Exchange) -> DecodedExchange:
    """An exchange, read as far as it can be."""
    operation = exchange.operation
    request: Request | None = None
    reply: AnyReply | None = None
    if operation is not None:
        with suppress(UnreadableRequest):
            found = payload.find(exchange.method, exchange.query, exchange.body, exchange.content_type)
            request = requests.parse(operation, found.data, as_declared=True)
        if exchange.ending is Ending.ANSWERED:
            with suppress(UnreadableReply):
                reply = replies.parse(operation, exchange.answer)
    return DecodedExchange(exchange, request, reply)
