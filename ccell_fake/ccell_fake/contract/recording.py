"""HTTP transport that records every exchange of a check as evidence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import httpx2

from ccell_fake.clock import SystemClock
from ccell_fake.transcripts.exchange import Ending, Exchange

_CLOCK = SystemClock()


class NotRecorded(Exception):
    """A replayed request was never recorded."""


class Recording(httpx2.BaseTransport):
    """Sends requests with another transport, and records them in the order of their answers."""

    def __init__(
        self,
        transport: httpx2.BaseTransport,
        exchanges: list[Exchange],
        guard: Callable[[httpx2.Request], None] = lambda _: None,
    ) -> None:
        """Record exchanges.

        Args:
            transport: Sends the requests.
            exchanges: Collects the exchanges.
            guard: Called before each request. An exception from it stops the request.
        """
        self._transport = transport
        self._exchanges = exchanges
        self._guard = guard
        self._is_replaying = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, or replay it.

        Raises:
            NotRecorded: It was to be replayed, but never recorded.
        """
        if self._is_replaying:
            return self._replay(request)
        self._guard(request)
        at = _CLOCK.now()
        try:
            response = self._transport.handle_request(request)
            response.read()
        except httpx2.RequestError as error:
            ending = Ending.TIMED_OUT if isinstance(error, httpx2.TimeoutException) else Ending.LOST
            self._record(request, at, ending=ending, reason=type(error).__name__)
            raise
        content_type = response.headers.get("content-type", "")
        self._record(request, at, status=response.status_code, answer=response.content, answer_type=content_type)
        return response

    def replay_only(self) -> None:
        """Send no further requests. Answer recorded ones as before."""
        self._is_replaying = True

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _record(self, request: httpx2.Request, at: datetime, **answer: Any) -> None:  # noqa: ANN401 - as Exchange has them
        method, path, query, body = _identity(request)
        content_type = request.headers.get("content-type", "")
        number = len(self._exchanges) + 1
        self._exchanges.append(Exchange(number, at, method, path, query, body, content_type=content_type, **answer))

    def _replay(self, request: httpx2.Request) -> httpx2.Response:
        identity = _identity(request)
        for one in self._exchanges:
            if (one.method, one.path, one.query, one.body) == identity and one.status is not None:
                return httpx2.Response(one.status, headers={"Content-Type": one.answer_type}, content=one.answer)
        raise NotRecorded


def split_target(request: httpx2.Request) -> tuple[bytes, bytes]:
    """Return path and query of a request as they are sent, which may differ from its URL."""
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path, _, query = target.partition(b"?")
    return path, query


def _identity(request: httpx2.Request) -> tuple[str, str, bytes, bytes]:
    path, query = split_target(request)
    return request.method, unquote(path.decode("latin-1")), query, request.read()
