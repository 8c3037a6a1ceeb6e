"""The recorder: a WSGI application that carries requests to a gateway, answers with what came, and writes both down.

Requests are numbered as they come in, and nothing keeps one waiting for another. Each is written once its answer is
there, before the client gets it.
"""

import itertools
import logging
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from ccell_fake.clock import Clock
from ccell_fake.engine import magic
from ccell_fake.transcripts import Ending, Exchange, Redaction, Writer
from ccell_mock_server.proxy import request as placed
from ccell_mock_server.proxy.upstream import Upstream, is_control, with_answer

_LOG = logging.getLogger("ccell_fake.recording")
PUBLIC = frozenset({*magic.USERIDS, *magic.REQUEST_PHONES, *magic.NUMBER_PHONES, *magic.REPORT_PHONES})
"""What is nobody's and has to stay for a replay to be answered alike: magic numbers."""


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
        if is_control(placed.target(environ).partition(b"?")[0]):
            return placed.say(start_response, "404 Not Found", "Nothing but the gateway is behind this address.")
        if environ["REQUEST_METHOD"] not in placed.METHODS:
            return placed.say(start_response, "405 Method Not Allowed", "The gateway takes GET and POST.")
        try:
            request = placed.read(environ)
        except placed.BrokenOff as error:
            return placed.say(start_response, "400 Bad Request", f"{error}")
        with self._guard:
            number, at = next(self._numbers), self._clock.now()
        answered = self._upstream.ask(request.method, request.target, request.headers, request.body)
        self._write(with_answer(request.exchange(number, at), answered))
        if answered.ending is not Ending.ANSWERED:
            shown = self._redaction.text(answered.reason)
            return placed.say(
                start_response, "502 Bad Gateway", f"The gateway gave no answer, {answered.ending}: {shown}"
            )
        return placed.pass_on(start_response, answered)

    def _write(self, exchange: Exchange) -> None:
        try:
            self._writer.write(self._redaction.exchange(exchange))
        except Exception as error:  # noqa: BLE001 - the gateway has done what it was asked; the client has to learn of it
            # No traceback: it would hold what was to be redacted.
            self.failures += 1
            _LOG.error("exchange %d could not be written: %s", exchange.number, type(error).__name__)
