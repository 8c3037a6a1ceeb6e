"""Asynchronous client: performs the steps of calls with an asynchronous transport."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, closing
from datetime import datetime
from typing import Literal, Self, TypeVar, overload

import anyio
import httpx2

from ccell_fake.client import calls
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.submits import collect_submits
from ccell_fake.client.transport import FAILURES, AccountClient, outcome
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import Report, Submit, Upmsg

T = TypeVar("T")


class AsyncClient(AccountClient):
    """Asynchronous client of the gateway for one account. Tasks that use the account share one client.

    A task cancelled during a request frees its slot. The outcome of its send is then unknown, and a note on the
    cancellation says so; what its fetch had requested is lost. Prefer a `timeout` to cancelling.
    """

    def __init__(
        self,
        base_url: str,
        userid: str,
        password: str,
        *,
        method: Literal["POST", "GET"] = "POST",
        threads: int = DEFAULT_THREADS,
        timeout: float | None = 90.0,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so sharing it is safe
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        """Create a client, as `Client` does; `transport` and `sleep` are asynchronous.

        Raises:
            ValueError: The base URL, the method or the number of threads is invalid.
        """
        super().__init__(base_url, userid, password, method, threads, timeout, retry)
        self._slots = anyio.CapacityLimiter(threads)
        self._transport = transport or httpx2.AsyncHTTPTransport(verify=self._verify(), limits=self._limits)
        self._sleep = sleep

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

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
    ) -> Sent: ...

    @overload
    async def send(
        self, to: Submit | Iterable[Submit], /, *, progress: Callable[[Sent], object] | None = None
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
    ) -> Sent:
        """Send, as `Client.send` does; `progress` is a synchronous function."""
        submits = collect_submits(to, content, sendtime=sendtime, linkid=linkid, spcode=spcode)
        return await self._only(calls.send(self._gateway, submits, progress))

    async def reports(self) -> tuple[Report | MalformedReport, ...]:
        """Fetch all status reports, as `Client.reports` does."""
        return await self._only(self._reports.fetch_all())

    async def upmsgs(self) -> tuple[Upmsg | MalformedUpmsg, ...]:
        """Fetch all upstream messages, as `Client.upmsgs` does."""
        return await self._only(self._upmsgs.fetch_all())

    def follow_reports(self, interval: float = 10.0) -> AsyncGenerator[Report | MalformedReport, None]:
        """Yield status reports, as `Client.follow_reports` does; leave the loop or cancel the task to end it."""
        return self._run(self._reports.follow(interval, _never))

    def follow_upmsgs(self, interval: float = 10.0) -> AsyncGenerator[Upmsg | MalformedUpmsg, None]:
        """Yield upstream messages; leave the loop or cancel the task to end it."""
        return self._run(self._upmsgs.follow(interval, _never))

    async def info(self) -> AccountStatus:
        """Fetch the account's balance and status, as `Client.info` does."""
        return await self._only(calls.info(self._gateway))

    async def _only(self, plan: Plan[T]) -> T:
        (value,) = [value async for value in self._run(plan)]
        return value

    async def _run(self, plan: Plan[T]) -> AsyncGenerator[T, None]:
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
                        async with self._slots:
                            try:
                                result = await self._exchange(step)
                            except BaseException as error:  # noqa: BLE001 - the plan raises it again
                                plan.throw(error)
                    case Pause():
                        await self._sleep(step.seconds)
                    case Output():
                        yield step.value

    async def _exchange(self, call: HttpCall) -> StepOutcome:
        try:
            async with aclosing(await self._transport.handle_async_request(self._request(call))) as response:
                await response.aread()
        except FAILURES as error:
            return outcome(error)
        return outcome(response)


def _never() -> bool:
    return False
