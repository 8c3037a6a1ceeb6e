"""The recorder: a WSGI application that carries requests to a gateway, answers with what came, and writes both down.

Requests are numbered as they come in, and nothing keeps one waiting for another. Each is written once its answer is
there, before the client gets it.
"""

import itertools
import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, cast
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx2

from ccell_fake.clock import Clock
from ccell_fake.engine import magic
from ccell_fake.transcripts import Ending, Exchange, Redaction, Writer
from ccell_mock_server import connection
from ccell_mock_server.recording.upstream import Answered, Upstream, is_control

_LOG = logging.getLogger("ccell_fake.recording")
_PLAIN = "text/plain;charset=UTF-8"
PUBLIC = frozenset({*magic.USERIDS, *magic.REQUEST_PHONES, *magic.NUMBER_PHONES, *magic.REPORT_PHONES})
"""What is nobody's and has to stay for a replay to be answered alike: magic numbers."""

_LEFT_OUT = "compressed, and left out"


class Recorder:
    """Stands between clients and a gateway.

    Attributes:
        failures: How many exchanges could not be written.
    """

    def __init__(self, upstream: Upstream, writer: Writer, redaction: Redaction, clock: Clock) -> None:
        """Record from now on.

        Args:
            upstream: The gateway.
            writer: Where exchanges go.
            redaction: What is done to them before.
            clock: What tells when requests come in.
        """
        self._upstream = upstream
        self._writer = writer
        self._redaction = redaction
        self._clock = clock
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self.failures: int = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Carry a request, write it down, and answer."""
        method, target = environ["REQUEST_METHOD"], _target(environ)
        path, _, query = target.partition(b"?")
        if is_control(path):
            return _said(start_response, "404 Not Found", "Nothing but the gateway is behind this address.")
        if method not in {"GET", "POST"}:
            return _said(start_response, "405 Method Not Allowed", "The gateway takes GET and POST.")
        try:
            body = _body(environ)
        except (OSError, ValueError):
            return _said(start_response, "400 Bad Request", "The body broke off before its announced end.")
        with self._guard:
            number, at = next(self._numbers), self._clock.now()
        headers = tuple(_headers(environ))
        answered = self._upstream.ask(method, target, headers, body)
        exchange = Exchange(
            number,
            at,
            method,
            path.decode("latin-1"),
            query,
            b"" if "HTTP_CONTENT_ENCODING" in environ else body,
            environ.get("CONTENT_TYPE", ""),
            reason=f"the body was {_LEFT_OUT}" if "HTTP_CONTENT_ENCODING" in environ else "",
        )
        self._write(with_answer(exchange, answered))
        if answered.ending is not Ending.ANSWERED:
            shown = self._redaction.text(answered.reason)
            return _said(start_response, "502 Bad Gateway", f"The gateway gave no answer, {answered.ending}: {shown}")
        start_response(
            answered.status, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answered.headers]
        )
        return [answered.body]

    def _write(self, exchange: Exchange) -> None:
        try:
            self._writer.write(self._redaction.exchange(exchange))
        except Exception as error:  # noqa: BLE001 - the gateway has done what it was asked; the client has to learn of it
            # No traceback: it would hold what was to be redacted.
            self.failures += 1
            _LOG.error("exchange %d could not be written: %s", exchange.number, type(error).__name__)


def with_answer(exchange: Exchange, answered: Answered) -> Exchange:
    """An exchange with what came of it, its answer without compression."""
    if answered.ending is not Ending.ANSWERED:
        return replace(exchange, ending=answered.ending, reason=_joined(exchange.reason, answered.reason))
    headers = httpx2.Headers(answered.headers)
    answer, left_out = _plain(answered, headers.get("content-encoding", "").lower())
    return replace(
        exchange,
        status=int(answered.status[:3]),
        answer=answer,
        answer_type=headers.get("content-type", ""),
        reason=_joined(exchange.reason, left_out),
    )


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _plain(answered: Answered, encoding: str) -> tuple[bytes, str]:
    """An answer's body without compression, which a gateway may use though it was asked not to."""
    left_out = f"the answer was {_LEFT_OUT}"
    if encoding not in {"", "identity", "gzip", "deflate"}:
        return b"", left_out
    try:
        return httpx2.Response(200, headers=list(answered.headers), content=answered.body).content, ""
    except httpx2.DecodingError:
        return b"", left_out


def _target(environ: WSGIEnvironment) -> bytes:
    placed = environ.get(connection.TARGET)
    if isinstance(placed, bytes) and placed:
        return placed
    path, query = str(environ["PATH_INFO"]), str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}".removesuffix("?").encode("latin-1")


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title().encode(), str(value).encode("latin-1")
    if environ.get("CONTENT_TYPE"):
        yield b"Content-Type", environ["CONTENT_TYPE"].encode("latin-1")


def _body(environ: WSGIEnvironment) -> bytes:
    announced = environ.get("CONTENT_LENGTH")
    if environ["REQUEST_METHOD"] != "POST" or (not announced and "HTTP_TRANSFER_ENCODING" not in environ):
        return b""
    stream = cast("IO[bytes]", environ["wsgi.input"])
    body = stream.read(int(announced)) if announced else stream.read()
    if announced and len(body) < int(announced):
        raise ValueError(announced)
    return body


def _said(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    body = f"{text}\n".encode()
    start_response(status, [("Content-Type", _PLAIN), ("Content-Length", str(len(body)))])
    return [body]
