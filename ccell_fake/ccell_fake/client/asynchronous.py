"""Asynchronous client: performs the steps of calls with an asynchronous transport."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, closing
from datetime import datetime
from inspect import iscoroutinefunction
from operator import methodcaller
from pathlib import Path
from typing import Literal, Protocol, Self, TypeVar, Unpack, overload

import anyio
import httpx2
from anyio.lowlevel import EventLoopToken, current_token

from ccell_fake.client import calls
from ccell_fake.client.errors import ClientUnusable
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.options import AsyncClientOptions, account_from_environment
from ccell_fake.client.parallel import ParallelSend
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.submits import collect_submits
from ccell_fake.client.transport import FAILURES, AccountClient, check_timeout, outcome
from ccell_fake.client.writing import Dialect, RequestWriter
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import Operation, Report, Submit, Upmsg

# Pytest shows the line of the caller instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (ClientUnusable, TypeError, ValueError))

T = TypeVar("T")
Item = TypeVar("Item", Report | MalformedReport, Upmsg | MalformedUpmsg)


class StopEvent(Protocol):
    """An event of asyncio or of anyio."""

    def is_set(self) -> bool:
        """True if it is set."""
        ...

    def wait(self) -> Awaitable[object]:
        """Wait until it is set."""
        ...


class AsyncClient(AccountClient):
    """Asynchronous client of the gateway for one account. Tasks that use the account share one client.

    A task cancelled during a send frees its slot. The outcome is then unknown, and a note on the cancellation says so.
    A task cancelled during a fetch ends when the answer is there, because the gateway does not repeat it; the next
    fetch returns its items. Prefer a `timeout` to cancelling.
    """

    def __init__(
        self,
        base_url: str,
        userid: str,
        password: str,
        *,
        method: Literal["POST", "GET"] = "POST",
        dialect: Dialect = "xml",
        signed: bool = False,
        threads: int = DEFAULT_THREADS,
        timeout: float | None = 90.0,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so sharing it is safe
        transport: httpx2.AsyncBaseTransport | None = None,
        cacert: Path | str | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        """Create a client, as `Client` does; `transport` and `sleep` are asynchronous.

        Raises:
            ValueError: The base URL, method, dialect, number of threads, timeout or file of certificates is invalid.
        """
        super().__init__(
            RequestWriter(base_url, userid, password, method=method, dialect=dialect, signed=signed),
            threads,
            timeout,
            retry,
            cacert=cacert,
            has_own_connections=transport is None,
        )
        self._given_transport: httpx2.AsyncBaseTransport | None = transport
        self._sleep = sleep
        self._open()

    @classmethod
    def from_environment(cls, **options: Unpack[AsyncClientOptions]) -> Self:
        """Create a client, as `Client.from_environment` does."""
        return cls(*account_from_environment(), **options)

    def _open(self) -> None:
        self._slots = anyio.CapacityLimiter(self._threads)
        self._loop: EventLoopToken | None = None
        self._connections = self._given_transport or httpx2.AsyncHTTPTransport(verify=self._verify, limits=self._limits)

    async def aclose(self) -> None:
        """Close the connections. No further call is possible."""
        self._close()
        await self._connections.aclose()

    async def __aenter__(self) -> Self:
        """Return self."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the connections."""
        await self.aclose()

    @overload
    async def send(
        self,
        to: str | Iterable[str],
        content: str,
        /,
        *,
        sendtime: datetime | str | None = None,
        linkid: str | None = None,
        spcode: str | None = None,
        progress: Callable[[Sent], object] | None = None,
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent: ...

    @overload
    async def send(
        self,
        to: Mapping[str, str],
        /,
        *,
        sendtime: datetime | str | None = None,
        linkid: str | None = None,
        spcode: str | None = None,
        progress: Callable[[Sent], object] | None = None,
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent: ...

    @overload
    async def send(
        self,
        to: Submit | Iterable[Submit],
        /,
        *,
        progress: Callable[[Sent], object] | None = None,
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent: ...

    async def send(
        self,
        to: str | Iterable[str] | Mapping[str, str] | Submit | Iterable[Submit],
        content: str | None = None,
        /,
        *,
        sendtime: datetime | str | None = None,
        linkid: str | None = None,
        spcode: str | None = None,
        progress: Callable[[Sent], object] | None = None,
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent:
        """Send, as `Client.send` does; `progress` is a synchronous function."""
        submits = collect_submits(to, content, sendtime=sendtime, linkid=linkid, spcode=spcode)
        if parallel:
            return await self._send_in_parallel(ParallelSend(self._gateway, submits), progress, timeout)
        return await self._only(calls.send(self._gateway, submits, progress), timeout)

    async def reports(self, *, timeout: float | None = None) -> tuple[Report | MalformedReport, ...]:
        """Fetch all status reports, as `Client.reports` does."""
        return await self._only(self._reports.fetch_all(), timeout)

    async def upmsgs(self, *, timeout: float | None = None) -> tuple[Upmsg | MalformedUpmsg, ...]:
        """Fetch all upstream messages, as `Client.upmsgs` does."""
        return await self._only(self._upmsgs.fetch_all(), timeout)

    def follow_reports(
        self, interval: float = 10.0, stop: StopEvent | None = None, *, timeout: float | None = None
    ) -> AsyncGenerator[Report | MalformedReport, None]:
        """Yield status reports, as `Client.follow_reports` does; `stop` is an event of asyncio or anyio.

        The next call continues after the last yielded report if the task of this one is cancelled.
        """
        return self._follow(self._reports, interval, stop, timeout)

    def follow_upmsgs(
        self, interval: float = 10.0, stop: StopEvent | None = None, *, timeout: float | None = None
    ) -> AsyncGenerator[Upmsg | MalformedUpmsg, None]:
        """Yield upstream messages, as `follow_reports` yields reports."""
        return self._follow(self._upmsgs, interval, stop, timeout)

    async def info(self, *, timeout: float | None = None) -> AccountStatus:
        """Fetch the account's balance and status, as `Client.info` does."""
        return await self._only(calls.info(self._gateway), timeout)

    async def _only(self, plan: Plan[T], timeout: float | None) -> T:
        check_timeout(timeout)
        (value,) = [value async for value in self._run(plan, self._sleep, timeout)]
        return value

    async def _send_in_parallel(
        self, sending: ParallelSend, progress: Callable[[Sent], object] | None, timeout: float | None
    ) -> Sent:
        check_timeout(timeout)

        async def work() -> None:
            for place, plan in sending.plans():
                try:
                    part = await self._only(plan, timeout)
                    sending.add(place, part)
                    if progress is not None:
                        progress(part)
                except Exception as error:  # noqa: BLE001 - raised below, outside the group
                    sending.fail(place, error)

        try:
            async with anyio.create_task_group() as group:
                for _ in range(min(self._threads, len(sending))):
                    group.start_soon(work)
        except BaseException as error:
            sending.note(error)
            raise
        return sending.result()

    def _follow(
        self, fetcher: calls.Fetcher[Item], interval: float, stop: StopEvent | None, timeout: float | None
    ) -> AsyncGenerator[Item, None]:
        check_timeout(timeout)
        if stop is None:
            return self._run(fetcher.follow(interval, lambda: False), self._sleep, timeout)

        if not iscoroutinefunction(stop.wait):
            message = f"stop must be an event of the event loop, such as asyncio.Event, got {stop!r}"
            raise TypeError(message)

        async def wait(seconds: float) -> None:
            with anyio.move_on_after(seconds):
                await stop.wait()

        return self._run(fetcher.follow(interval, stop.is_set), wait, timeout)

    async def _run(
        self, plan: Plan[T], sleep: Callable[[float], Awaitable[object]], timeout: float | None
    ) -> AsyncGenerator[T, None]:
        result: StepOutcome | None = None
        with closing(plan):
            while True:
                try:
                    step = plan.send(result)
                except StopIteration:
                    return
                result = None
                match step:
                    case HttpCall():
                        unusable = self._begin(step.operation)
                        if unusable is not None:
                            self._refuse(plan, unusable)
                        async with self._slots:
                            try:
                                result = await self._exchange(step, timeout)
                            except BaseException as error:  # noqa: BLE001 - the plan raises it again
                                plan.throw(error)
                    case Pause():
                        await sleep(step.seconds)
                    case Output():
                        yield step.value

    def _begin(self, operation: Operation) -> ClientUnusable | None:
        loop = current_token()
        if self._loop is None:
            self._loop = loop
        elif self._loop != loop and not self._obstacle:
            message = "the client belongs to another event loop; make one in each"
            return ClientUnusable(f"{operation}: nothing was sent: {message}", operation)
        return super()._begin(operation)

    async def _exchange(self, call: HttpCall, timeout: float | None) -> StepOutcome:
        fetcher = self._fetchers.get(call.operation)
        if fetcher is None:
            return await self._send_request(call, timeout)
        outcomes: list[StepOutcome | Exception] = []

        async def finish() -> None:
            with anyio.CancelScope(shield=True):
                try:
                    outcomes.append(await self._send_request(call, timeout))
                except Exception as error:  # noqa: BLE001 - raised below, outside the group
                    outcomes.append(error)

        try:
            # A shield alone does not stop Task.cancel; a group waits for its tasks in any case.
            async with anyio.create_task_group() as group:
                group.start_soon(finish)
        except BaseException as cancelled:
            fetcher.keep(outcomes, cancelled)
            raise
        (result,) = outcomes
        if isinstance(result, Exception):
            raise result
        return result

    async def _send_request(self, call: HttpCall, timeout: float | None) -> StepOutcome:
        try:
            async with aclosing(await self._connections.handle_async_request(self._request(call, timeout))) as response:
                await response.aread()
        except FAILURES as error:
            return outcome(error)
        return outcome(response)
