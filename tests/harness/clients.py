"""One interface for both clients, and a runner of plans without a client."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ccell_fake.client import AsyncClient, Client, Retry
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.writing import RequestWriter
from ccell_fake.model import AnyReply
from ccell_fake.wire import replies

KINDS = ("sync", "async")
T = TypeVar("T")


class _Blocking:
    """Asynchronous client with the synchronous interface."""

    def __init__(self, client: AsyncClient, portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        if name.startswith("follow_"):
            return lambda *args, **kwargs: self._each(method(*args, **kwargs))
        return lambda *args, **kwargs: self._portal.call(partial(method, *args, **kwargs))

    def _each(self, iterator: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._portal.call(iterator.__anext__)
                except StopAsyncIteration:
                    return
        finally:
            self._portal.call(iterator.aclose)


@contextmanager
def client(kind: str, url: str, password: str = "123456", **options: Any) -> Generator[Client]:
    """Client of a kind for the document's account, with the synchronous interface."""
    if kind == "sync":
        with Client(url, "200001", password, **options) as one:
            yield one
        return
    if "sleep" in options:
        options["sleep"] = _asynchronous(options["sleep"])
    with start_blocking_portal() as portal:
        other = AsyncClient(url, "200001", password, **options)
        with portal.wrap_async_context_manager(other):
            yield cast("Client", _Blocking(other, portal))


def _asynchronous(sleep: Callable[[float], object]) -> Callable[[float], Any]:
    async def asleep(seconds: float) -> None:
        sleep(seconds)

    return asleep


def gateway(retry: Retry = Retry(), method: str = "POST") -> GatewayCalls:  # noqa: B008 - frozen
    """Calls of the document's account at an address that is never used."""
    return GatewayCalls(writer("123456", method), retry)


def writer(password: str, method: str = "POST", *, dialect: str = "xml", signed: bool = False) -> RequestWriter:
    """Writes requests of the document's account to an address that is never used."""
    return RequestWriter("http://gateway.invalid", "200001", password, method=method, dialect=dialect, signed=signed)


class PlanRunner:
    """Runs a plan with prepared outcomes.

    Attributes:
        calls: HTTP calls of the plan.
        pauses: Seconds of its pauses.
        outputs: Its outputs.
    """

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []
        self.pauses: list[float] = []
        self.outputs: list[Any] = []

    def run(self, plan: Plan[T], outcomes: Iterable[StepOutcome] | Callable[[HttpCall], StepOutcome]) -> list[T]:
        """Run to the end, or until the outcomes are used up."""
        prepared = None if callable(outcomes) else iter(outcomes)
        outcome: StepOutcome | None = None
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration:
                return self.outputs
            outcome = None
            match step:
                case HttpCall():
                    self.calls.append(step)
                    outcome = outcomes(step) if callable(outcomes) else next(prepared or iter(()), None)
                    if outcome is None:
                        plan.close()
                        return self.outputs
                case Pause():
                    self.pauses.append(step.seconds)
                case Output():
                    self.outputs.append(step.value)


def body(reply: AnyReply) -> bytes:
    """Bytes of a reply."""
    return replies.render(reply)


def transport(handler: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.MockTransport:
    """Transport of both kinds that answers by a function."""
    return httpx2.MockTransport(handler)
