"""The asynchronous client: carries out the steps of the calls with an asynchronous transport."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, closing
from datetime import datetime
from types import TracebackType
from typing import Literal, Self, TypeVar, overload

import anyio
import httpx2

from ccell_fake.client import calls
from ccell_fake.client import transport as http
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import Ask, Part, Pause, Plan, StepOutcome
from ccell_fake.client.submits import gathered
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import Operation, Report, Submit, Upmsg

T = TypeVar("T")


class AsyncClient:
    """The same client for asyncio, to be shared by all the tasks that use the account.

    A task that is cancelled in the middle of a request frees its slot. Whether its send was submitted is then unknown
    (a note on the cancellation says so), and what its drain's request would have brought is lost; so give the client
    a `timeout` rather than cancel.
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
        """As `Client`, with a transport and a sleep that are asynchronous.

        Raises:
            ValueError: The address, the method or the number of threads is none.
        """
        self._gateway = GatewayCalls(base_url, userid, password, method, retry)
        self._reports = calls.Drain[Report](self._gateway, Operation.REPORT)
        self._upmsgs = calls.Drain[Upmsg](self._gateway, Operation.UPMSG)
        limits, verify = http.limits(threads), http.certificates(self._gateway.url)
        self._slots = anyio.CapacityLimiter(threads)
        self._timeout = http.timeouts(timeout)
        self._transport = transport or httpx2.AsyncHTTPTransport(verify=verify, limits=limits)
        self._sleep = sleep

    def __repr__(self) -> str:
        """Where it sends and for whom, without the password."""
        return f"AsyncClient({self._gateway.url!r}, {self._gateway.userid!r})"

    async def aclose(self) -> None:
        """Close its connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
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
        """As `Client.send`; `progress` is an ordinary function."""
        submits = gathered(to, content, sendtime=sendtime, linkid=linkid, spcode=spcode)
        return await self._only(calls.send(self._gateway, submits, progress))

    async def reports(self) -> tuple[Report, ...]:
        """As `Client.reports`."""
        return await self._only(self._reports.all())

    async def upmsgs(self) -> tuple[Upmsg, ...]:
        """As `Client.upmsgs`."""
        return await self._only(self._upmsgs.all())

    def follow_reports(self, interval: float = 10.0) -> AsyncGenerator[Report, None]:
        """As `Client.follow_reports`; leave the loop or cancel the task to end it."""
        return self._run(self._reports.follow(interval, _never))

    def follow_upmsgs(self, interval: float = 10.0) -> AsyncGenerator[Upmsg, None]:
        """As `Client.follow_upmsgs`, likewise."""
        return self._run(self._upmsgs.follow(interval, _never))

    async def info(self) -> AccountStatus:
        """As `Client.info`."""
        return await self._only(calls.info(self._gateway))

    async def _only(self, plan: Plan[T]) -> T:
        (value,) = [part async for part in self._run(plan)]
        return value

    async def _run(self, plan: Plan[T]) -> AsyncGenerator[T, None]:
        outcome: StepOutcome | None = None
        with closing(plan):
            while True:
                try:
                    step = plan.send(outcome)
                except StopIteration:
                    return
                outcome = None
                match step:
                    case Ask():
                        async with self._slots:
                            try:
                                outcome = await self._exchange(step)
                            except BaseException as error:  # noqa: BLE001 - the plan raises it again
                                plan.throw(error)
                    case Pause():
                        await self._sleep(step.seconds)
                    case Part():
                        yield step.value

    async def _exchange(self, ask: Ask) -> StepOutcome:
        try:
            request = http.request(ask, self._timeout)
            async with aclosing(await self._transport.handle_async_request(request)) as response:
                await response.aread()
        except http.FAILURES as error:
            return http.failure(error)
        return http.answer(response)


def _never() -> bool:
    return False
