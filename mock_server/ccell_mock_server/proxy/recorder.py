"""The recorder: a WSGI application that forwards requests to a gateway and records the exchanges.

Requests are numbered by arrival and forwarded concurrently. Each exchange is written before the client gets the answer.
"""

import itertools
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.clock import Clock
from ccell_fake.engine import magic
from ccell_fake.transcripts import Ending, Exchange, Redaction, Writer
from ccell_mock_server.gateway import cross_site
from ccell_mock_server.log import logger
from ccell_mock_server.proxy.exchanges import add_answer
from ccell_mock_server.proxy.request import METHODS, IncompleteBody, forward_answer, read, request_target, respond
from ccell_mock_server.proxy.upstream import Upstream, is_control_path

_LOG = logger("recording")
PUBLIC = frozenset({*magic.USERIDS, *magic.REQUEST_PHONES, *magic.NUMBER_PHONES, *magic.REPORT_PHONES})
"""Magic numbers. They are not redacted, because a replay needs them."""


class Recorder:
    """Records the exchanges between clients and a gateway.

    Attributes:
        failures: Number of exchanges that could not be written.
    """

    def __init__(self, upstream: Upstream, writer: Writer, redaction: Redaction, clock: Clock) -> None:
        """Record exchanges with `upstream` to `writer`, redacted, at the times of `clock`."""
        self._upstream = upstream
        self._writer = writer
        self._redaction = redaction
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.failures: int = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a request, write the exchange, and answer."""
        if cross_site.is_cross_site(environ):
            return cross_site.refuse(start_response)
        if is_control_path(request_target(environ).partition(b"?")[0]):
            return respond(start_response, "404 Not Found", "This address serves only the gateway's endpoints.")
        if environ["REQUEST_METHOD"] not in METHODS:
            return respond(start_response, "405 Method Not Allowed", "The method must be GET or POST.")
        try:
            request = read(environ)
        except IncompleteBody as error:
            return respond(start_response, "400 Bad Request", f"{error}")
        with self._lock:
            number, at = next(self._numbers), self._clock.now()
        answer = self._upstream.forward(request.method, request.target, request.headers, request.body)
        self._write(add_answer(request.exchange(number, at), answer))
        if answer.ending is not Ending.ANSWERED:
            reason = self._redaction.text(answer.reason)
            return respond(start_response, "502 Bad Gateway", f"No answer from the gateway: {answer.ending}: {reason}")
        return forward_answer(start_response, answer)

    def _write(self, exchange: Exchange) -> None:
        try:
            self._writer.write(self._redaction.exchange(exchange))
        except Exception as error:  # noqa: BLE001 - the gateway has processed the request; the client needs its answer
            # A traceback would contain unredacted data.
            self.failures += 1
            _LOG.error("exchange %d could not be written: %s", exchange.number, type(error).__name__)
