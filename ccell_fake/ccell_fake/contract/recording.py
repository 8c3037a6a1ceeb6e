"""The transport of the suite: carries requests, and keeps what was asked and answered as evidence."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2


@dataclass(frozen=True, slots=True)
class Kept:
    """One request and what came of it.

    Attributes:
        request: As it went out.
        response: What was answered, read to its end; None where nothing was.
        failure: Why nothing was; empty where something was.
    """

    request: httpx2.Request
    response: httpx2.Response | None
    failure: str = ""


class NotRecorded(Exception):
    """A request that was not made before, at a time when no new ones are."""


class Recording(httpx2.BaseTransport):
    """Carries requests with another transport, and keeps them in the order in which they were answered."""

    def __init__(
        self,
        transport: httpx2.BaseTransport,
        kept: list[Kept],
        admit: Callable[[httpx2.Request], None] = lambda _: None,
    ) -> None:
        """Carry with a transport.

        Args:
            transport: What carries.
            kept: Where they are kept.
            admit: Asked before anything leaves; what it raises keeps the request here.
        """
        self._transport = transport
        self._admit = admit
        self._kept = kept
        self._only_recorded = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry a request.

        Raises:
            NotRecorded: It is a new one, and there are to be none.
        """
        if self._only_recorded:
            return self._recorded(request)
        self._admit(request)
        try:
            response = self._transport.handle_request(request)
            response.read()
        except httpx2.RequestError as error:
            self._kept.append(Kept(request, None, type(error).__name__))
            raise
        self._kept.append(Kept(request, response))
        return response

    def only_recorded(self) -> None:
        """From now on, let nothing out: what was asked before is answered as it was."""
        self._only_recorded = True

    def _recorded(self, request: httpx2.Request) -> httpx2.Response:
        asked = _identity(request)
        for kept in self._kept:
            if kept.response is not None and _identity(kept.request) == asked:
                return kept.response
        raise NotRecorded

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


def _identity(request: httpx2.Request) -> tuple[str, str, bytes]:
    return request.method, str(request.url), request.read()
