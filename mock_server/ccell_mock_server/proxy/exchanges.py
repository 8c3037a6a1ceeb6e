"""Complete exchanges with the upstream's answer, and decode their requests and replies."""

from contextlib import suppress
from dataclasses import dataclass, replace

import httpx2

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import AnyReply, Request
from ccell_fake.transcripts import Ending, Exchange
from ccell_fake.wire import payload, replies, requests
from ccell_mock_server.proxy.upstream import UpstreamAnswer

LEFT_OUT = "compressed, and left out"
"""Reason for an absent body. Redaction cannot read compressed data."""


@dataclass(frozen=True, slots=True)
class DecodedExchange:
    """An exchange with its decoded request and reply. Each is None if it is absent or unreadable."""

    exchange: Exchange
    request: Request | None
    reply: AnyReply | None

    @property
    def userid(self) -> str:
        """The userid of the request; empty if it is absent or unreadable."""
        return (self.request.userid or "") if self.request else ""

    @property
    def is_over_thread_limit(self) -> bool:
        """True if it was refused because of concurrent requests (K2). A replay has no concurrent requests."""
        return self.reply is not None and self.reply.code == Code.CONCURRENCY_EXCEEDED


def decode(exchange: Exchange) -> DecodedExchange:
    """Decode an exchange as far as possible."""
    operation = exchange.operation
    request: Request | None = None
    reply: AnyReply | None = None
    if operation is not None:
        with suppress(UnreadableRequest):
            found = payload.find(exchange.method, exchange.query, exchange.body, exchange.content_type, payload.LENIENT)
            request = requests.parse(operation, found.data, encoding="declared")
        if exchange.ending is Ending.ANSWERED:
            with suppress(UnreadableReply):
                reply = replies.parse(operation, exchange.answer)
    return DecodedExchange(exchange, request, reply)


def add_answer(exchange: Exchange, answer: UpstreamAnswer) -> Exchange:
    """Add the upstream's answer to an exchange, decompressed."""
    if answer.ending is not Ending.ANSWERED:
        return replace(exchange, ending=answer.ending, reason=_join(exchange.reason, answer.reason))
    headers = httpx2.Headers(answer.headers)
    body, reason = _decompress(answer, headers.get("content-encoding", "").lower())
    return replace(
        exchange,
        status=int(answer.status[:3]),
        answer=body,
        answer_type=headers.get("content-type", ""),
        reason=_join(exchange.reason, reason),
    )


def _join(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _decompress(answer: UpstreamAnswer, encoding: str) -> tuple[bytes, str]:
    """Return the body and no reason, or no body and the reason. A gateway may compress despite Accept-Encoding."""
    if encoding in {"", "identity", "gzip", "deflate"}:
        with suppress(httpx2.DecodingError):
            return httpx2.Response(200, headers=list(answer.headers), content=answer.body).content, ""
    return b"", f"the answer was {LEFT_OUT}"
