"""The transport of the suite: carries requests, and keeps what was asked and answered as evidence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2

from ccell_fake.clock import SystemClock
from ccell_fake.transcripts.exchange import Ending, Exchange

_CLOCK = SystemClock()


class NotRecorded(Exception):
    """A request that was not made before, at a time when no new ones are."""


class Recording(httpx2.BaseTransport):
    """Carries requests with another transport, and keeps them in the order in which they were answered."""

    def __init__(
        self,
        transport: httpx2.BaseTransport,
        kept: list[Exchange],
        admit: Callable[[httpx2.Request], None] = lambda _: None,
    ) -> None:
        """Carry with a transport.

        Args:
            transport: What carries.
            kept: Where they are kept.
            admit: Asked before anything leaves; what it raises keeps the request here.
        """
        self._transport = transport
        self._kept = kept
        self._admit = admit
        self._only_recorded = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry a request.

        Raises:
            NotRecorded: It is a new one, and there are to be none.
        """
        if self._only_recorded:
            return self._recorded(request)
        self._admit(request)
        at = _CLOCK.now()
        try:
            response = self._transport.handle_request(request)
            response.read()
        except httpx2.RequestError as error:
            ending = Ending.TIMED_OUT if isinstance(error, httpx2.TimeoutException) else Ending.LOST
            self._keep(request, at, ending=ending, reason=type(error).__name__)
            raise
        content_type = response.headers.get("content-type", "")
        self._keep(request, at, status=response.status_code, answer=response.content, answer_type=content_type)
        return response

    def only_recorded(self) -> None:
        """From now on, let nothing out: what was asked before is answered as it was."""
        self._only_recorded = True

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _keep(self, request: httpx2.Request, at: datetime, **answer: Any) -> None:  # noqa: ANN401 - as Exchange has them
        method, path, query, body = _identity(request)
        content_type = request.headers.get("content-type", "")
        number = len(self._kept) + 1
        self._kept.append(Exchange(number, at, method, path, query, body, content_type=content_type, **answer))

    def _recorded(self, request: httpx2.Request) -> httpx2.Response:
        asked = _identity(request)
        for kept in self._kept:
            if (kept.method, kept.path, kept.query, kept.body) == asked and kept.status is not None:
                return httpx2.Response(kept.status, headers={"Content-Type": kept.answer_type}, content=kept.answer)
        raise NotRecorded


def _identity(request: httpx2.Request) -> tuple[str, str, bytes, bytes]:
    target: bytes = request.extensions.get("target", request.url.raw_path)
    return request.method, request.url.path, target.partition(b"?")[2], request.read()
