"""The two clients under one roof, so that one test holds for both; and plans carried out without any client."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ccell_fake.client import AsyncClient, Client, Retry
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.model import AnyReply
from ccell_fake.wire import replies

KINDS = ("sync", "async")
T = TypeVar("T")


class _Blocking:
    """An asynchronous client, called from outside its loop as the synchronous one is."""

    def __init__(self, client: AsyncClient, portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        if name.startswith("follow_"):
            return lambda *given, **named: self._each(method(*given, **named))
        return lambda *given, **named: self._portal.call(partial(method, *given, **named))

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
    """A client of either kind for the document's account; both are called alike."""
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
    """The document's account at an address that nobody asks."""
    return GatewayCalls("http://gateway.invalid", "200001", "123456", method, retry)


class Carried:
    """A plan carried out with given outcomes.

    Attributes:
        asked: The requests it made.
        paused: The pauses it took.
        parts: What it handed over.
    """

    def __init__(self) -> None:
        self.asked: list[HttpCall] = []
        self.paused: list[float] = []
        self.parts: list[Any] = []

    def out(self, plan: Plan[T], outcomes: Iterable[StepOutcome] | Callable[[HttpCall], StepOutcome]) -> list[T]:
        """Carry it out to its end, or until the outcomes are used up."""
        given = None if callable(outcomes) else iter(outcomes)
        outcome: StepOutcome | None = None
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration:
                return self.parts
            outcome = None
            match step:
                case HttpCall():
                    self.asked.append(step)
                    outcome = outcomes(step) if callable(outcomes) else next(given or iter(()), None)
                    if outcome is None:
                        plan.close()
                        return self.parts
                case Pause():
                    self.paused.append(step.seconds)
                case Output():
                    self.parts.append(step.value)


def body(reply: AnyReply) -> bytes:
    """A reply's bytes."""
    return replies.render(reply)


def transport(handler: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.MockTransport:
    """A transport of either kind that answers by a function."""
    return httpx2.MockTransport(handler)
