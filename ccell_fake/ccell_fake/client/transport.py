"""Connection of steps to httpx2: HttpCall to request, response or error to outcome; shared set-up of both clients.

Transports are used without httpx2's clients. Those log URLs, and the URL of a GET contains the password. They also
follow redirects, which could send a message twice.
"""

import os
from abc import ABC, abstractmethod
from contextlib import suppress
from functools import lru_cache
from operator import methodcaller
from pathlib import Path
from typing import Any, Never, TypeVar
from weakref import WeakSet

import httpx2

from ccell_fake.certificates import trusted
from ccell_fake.client import calls
from ccell_fake.client.errors import ClientUnusable
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import Failure, HttpAnswer, HttpCall, Plan, StepOutcome
from ccell_fake.client.writing import SEQID_NUMBERS, RequestWriter
from ccell_fake.model import Operation, Report, Upmsg

T = TypeVar("T")

# Pytest shows the line of the caller instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (ClientUnusable, ValueError))

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


_CLIENTS: "WeakSet[AccountClient]" = WeakSet()


class AccountClient(ABC):
    """Internal. State that the synchronous and the asynchronous client share."""

    def __init__(
        self,
        writer: RequestWriter,
        threads: int,
        timeout: float | None,
        retry: Retry,
        *,
        cacert: Path | str | None,
        has_own_connections: bool,
    ) -> None:
        if threads < 1:
            message = f"threads must be at least 1, got {threads}"
            raise ValueError(message)
        check_timeout(timeout, "to wait for ever")
        self._gateway = GatewayCalls(writer, retry)
        self._reports = calls.Fetcher[Report | MalformedReport](self._gateway, Operation.REPORT)
        self._upmsgs = calls.Fetcher[Upmsg | MalformedUpmsg](self._gateway, Operation.UPMSG)
        self._fetchers: dict[Operation, calls.Fetcher[Any]] = {
            Operation.REPORT: self._reports,
            Operation.UPMSG: self._upmsgs,
        }
        self._threads = threads
        self._timeout = timeout
        self._limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
        self._has_own_connections = has_own_connections
        self._verify = trusted(writer.url, cacert) if has_own_connections else False
        self._is_used = False
        self._inherited: list[object] = []
        # Why no request can be sent; empty if it can.
        self._obstacle = ""
        _CLIENTS.add(self)

    def __repr__(self) -> str:
        """Base URL and userid, without the password."""
        return f"{type(self).__name__}({self._gateway.url!r}, {self._gateway.userid!r})"

    @abstractmethod
    def _open(self) -> None:
        """Prepare slots and connections, without connecting."""

    def _close(self) -> None:
        self._obstacle = "the client is closed"

    def _forked(self) -> None:
        """Open anew in a child process. Connections, slots in use and fetched items belong to its parent."""
        self._reports.forget()
        self._upmsgs.forget()
        if self._is_used and not self._has_own_connections:
            self._obstacle = "the transport has connections of the parent process; make the client after the fork"
        self._is_used = False
        # Neither close nor free them: that would end the parent's TLS sessions, or warn.
        self._inherited.append(getattr(self, "_connections", None))
        self._open()

    def _refuse(self, plan: Plan[T], unusable: ClientUnusable) -> Never:
        """Let a plan add its progress to an error, and raise that without the frames of the plan."""
        with suppress(ClientUnusable):
            plan.throw(unusable)
        raise unusable.with_traceback(None)

    def _begin(self, operation: Operation) -> ClientUnusable | None:
        """Note that a request begins here. Returns an error if none can be sent."""
        if self._obstacle:
            return ClientUnusable(f"{operation}: nothing was sent: {self._obstacle}", operation)
        self._is_used = True
        return None

    def _request(self, call: HttpCall, timeout: float | None) -> httpx2.Request:
        # The query contains the password, and each is different: do not cache it.
        url = httpx2.URL(f"{call.url}?{call.query}") if call.query else _parse_url(call.url)
        headers = {"Host": url.netloc.decode(), **call.headers}
        if call.body:
            headers["Content-Length"] = str(len(call.body))
        # Given a stream, httpx2 does not compute further headers, which takes as long as everything else.
        stream, extensions = (
            httpx2.ByteStream(call.body),
            {"timeout": _limit(self._timeout if timeout is None else timeout)},
        )
        request = httpx2.Request(call.method, url, headers=headers, stream=stream, extensions=extensions)
        # Some transports read the content.
        request.read()
        return request


def check_timeout(timeout: float | None, none: str = "for the client's") -> None:
    """Refuse a timeout that is not positive.

    Args:
        timeout: Seconds.
        none: The meaning of None.

    Raises:
        ValueError: It is not positive.
    """
    if timeout is not None and not timeout > 0:
        message = f"timeout must be positive, or None {none}, got {timeout}"
        raise ValueError(message)


def _limit(timeout: float | None) -> dict[str, float | None]:
    connect = _CONNECT_SECONDS if timeout is None else min(timeout, _CONNECT_SECONDS)
    return httpx2.Timeout(timeout, connect=connect).as_dict()


def _reopen_clients() -> None:
    SEQID_NUMBERS.restart()
    for client in list(_CLIENTS):
        client._forked()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reopen_clients)


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
