"""Connection of steps to httpx2: HttpCall to request, response or error to outcome; shared set-up of both clients.

Transports are used without httpx2's clients. Those log URLs, and the URL of a GET contains the password. They also
follow redirects, which could send a message twice.
"""

import ssl
from functools import lru_cache
from typing import Any

import httpx2

from ccell_fake.client import calls
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import Failure, HttpAnswer, HttpCall, StepOutcome
from ccell_fake.model import Operation, Report, Upmsg

FAILURES = (httpx2.RequestError, httpx2.InvalidURL)
"""Errors that mean no answer. httpx2 refuses a URL above 64 KiB, which a long GET needs."""

# Raised before any of the request can leave.
_BEFORE_SENDING = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
_CONNECT_SECONDS = 10.0


class AccountClient:
    """Internal. State that the synchronous and the asynchronous client share."""

    def __init__(
        self, base_url: str, userid: str, password: str, method: str, threads: int, timeout: float | None, retry: Retry
    ) -> None:
        if threads < 1:
            message = f"threads must be at least 1, got {threads}"
            raise ValueError(message)
        self._gateway = GatewayCalls(base_url, userid, password, method, retry)
        self._reports = calls.Fetcher[Report | MalformedReport](self._gateway, Operation.REPORT)
        self._upmsgs = calls.Fetcher[Upmsg | MalformedUpmsg](self._gateway, Operation.UPMSG)
        self._fetchers: dict[Operation, calls.Fetcher[Any]] = {
            Operation.REPORT: self._reports,
            Operation.UPMSG: self._upmsgs,
        }
        connect = _CONNECT_SECONDS if timeout is None else min(timeout, _CONNECT_SECONDS)
        self._timeout = httpx2.Timeout(timeout, connect=connect)
        self._limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)

    def __repr__(self) -> str:
        """Base URL and userid, without the password."""
        return f"{type(self).__name__}({self._gateway.url!r}, {self._gateway.userid!r})"

    def _verify(self) -> ssl.SSLContext | bool:
        return certificates(self._gateway.url)

    def _request(self, call: HttpCall) -> httpx2.Request:
        # The query contains the password, and each is different: do not cache it.
        url = httpx2.URL(f"{call.url}?{call.query}") if call.query else _parse_url(call.url)
        headers = {"Host": url.netloc.decode(), **call.headers}
        if call.body:
            headers["Content-Length"] = str(len(call.body))
        # Given a stream, httpx2 does not compute further headers, which takes as long as everything else.
        stream, extensions = httpx2.ByteStream(call.body), {"timeout": self._timeout.as_dict()}
        request = httpx2.Request(call.method, url, headers=headers, stream=stream, extensions=extensions)
        # Some transports read the content.
        request.read()
        return request


def certificates(url: str) -> ssl.SSLContext | bool:
    """TLS verification by the host's authorities, which load slowly; plain HTTP does without them."""
    return True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@lru_cache
def _parse_url(url: str) -> httpx2.URL:
    """Parse once: parsing takes longer than the rest of building a request."""
    return httpx2.URL(url)


def outcome(result: httpx2.Response | httpx2.RequestError | httpx2.InvalidURL) -> StepOutcome:
    """Convert a response that has been read, or the error raised in its place."""
    if isinstance(result, httpx2.Response):
        return HttpAnswer(result.status_code, dict(result.headers.items()), result.content)
    reason = f"{type(result).__name__}: {result}" if str(result) else type(result).__name__
    return Failure(reason, is_sent=not isinstance(result, _BEFORE_SENDING))
