"""The synchronous client: carries out the steps of the calls with a blocking transport."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from types import TracebackType
from typing import Literal, Self, TypeVar, overload

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
Item = TypeVar("Item", Report, Upmsg)


class Client:
    """A client of the gateway for one account, to be shared by all the threads that use the account.

    It keeps within the account's threads, repeats a request that was one too many all the same (1001006), and repeats
    nothing else: no request goes out a second time of which it is not known that it did nothing.
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
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent yet.

        Args:
            base_url: Where the gateway is, such as `https://sms.ccell.cn`, with or without `/sms3_api/xmlapi/`.
            userid: The account.
            password: Its password, or the md5 of it where the gateway takes that (Q30).
            method: How to submit (T1); the password of a GET stands in its URL, where proxies and servers log it.
            threads: Requests the account may have in progress at the same time (K1, K4).
            timeout: Seconds to wait for the gateway to take or to give anything, 10 at most for a connection; None
                for ever. As long as real clients wait for a send (W13), for a send given up early is one whose outcome
                is unknown.
            retry: How a request that went over the limit is repeated.
            transport: What carries requests instead of HTTP connections of its own, for a proxy, certificates, or an
                application in this process; it must not repeat requests itself. It is closed with the client.
            sleep: What pauses are spent with, in seconds.

        Raises:
            ValueError: The address, the method or the number of threads is none.
        """
        self._gateway = GatewayCalls(base_url, userid, password, method, retry)
        self._reports = calls.Drain[Report](self._gateway, Operation.REPORT)
        self._upmsgs = calls.Drain[Upmsg](self._gateway, Operation.UPMSG)
        limits, verify = http.limits(threads), http.certificates(self._gateway.url)
        self._slots = threading.BoundedSemaphore(threads)
        self._timeout = http.timeouts(timeout)
        self._transport = transport or httpx2.HTTPTransport(verify=verify, limits=limits)
        self._sleep = sleep

    def __repr__(self) -> str:
        """Where it sends and for whom, without the password."""
        return f"Client({self._gateway.url!r}, {self._gateway.userid!r})"

    def close(self) -> None:
        """Close its connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    @overload
    def send(
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
    def send(
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
    def send(self, to: Submit | Iterable[Submit], /, *, progress: Callable[[Sent], object] | None = None) -> Sent: ...

    def send(
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
        """Send one content to one or more numbers, a content of its own to each number, or submits.

        More than 500 numbers become several requests (S3), sent one after the other. Each submit without a linkid gets
        one, so that whatever happens its reports can be recognised.

        Args:
            to: A number, numbers, a mapping of numbers to contents, or what `submit` makes.
            content: The text with its signature, for a number or numbers.
            sendtime: When to send: an aware time of any zone, or `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai (A1).
            linkid: Your own reference (A2).
            spcode: The extension to append to the account's port (A3).
            progress: Called with what became of the numbers of each request, as soon as it is known.

        Returns:
            A resp for each number, in the order given. Numbers can be refused among them: see `raise_for_refused`.

        Raises:
            ClientError: A request was refused, did not go out, or its outcome is unknown. The error carries what was
                answered before, what is unknown, and what was not sent.
            ValueError: There is nothing to send, the time is naive, or XML cannot carry a text.
            TypeError: The arguments belong to none of these forms.
        """
        submits = gathered(to, content, sendtime=sendtime, linkid=linkid, spcode=spcode)
        return self._only(calls.send(self._gateway, submits, progress))

    def reports(self) -> tuple[Report, ...]:
        """Every status report there is, oldest first, in as many requests as it takes (R1 to R3).

        The gateway hands out each report once. One that was fetched and did not reach a caller, for an interrupt say,
        is kept and begins the next call.

        Raises:
            ClientError: A request failed; the error carries the reports of those before it as `taken`.
        """
        return self._only(self._reports.all())

    def upmsgs(self) -> tuple[Upmsg, ...]:
        """Every upstream message there is, oldest first, likewise (U1 to U3).

        Raises:
            ClientError: A request failed; the error carries the messages of those before it as `taken`.
        """
        return self._only(self._upmsgs.all())

    def follow_reports(
        self, interval: float = 10.0, stop: threading.Event | None = None
    ) -> Generator[Report, None, None]:
        """Status reports as they come in, without end.

        Args:
            interval: Seconds between two requests where there was no report.
            stop: Once it is set, even in a pause, what was fetched by then is still handed over, and that is the end.

        Raises:
            ClientError: A request failed. Every report fetched before was handed over; a new call goes on behind them.
            ValueError: The interval is not positive.
        """
        return self._follow(self._reports, interval, stop)

    def follow_upmsgs(
        self, interval: float = 10.0, stop: threading.Event | None = None
    ) -> Generator[Upmsg, None, None]:
        """Upstream messages as they come in, likewise.

        Args:
            interval: Seconds between two requests where there was no message.
            stop: Ends it once it is set, likewise.

        Raises:
            ClientError: A request failed.
            ValueError: The interval is not positive.
        """
        return self._follow(self._upmsgs, interval, stop)

    def info(self) -> AccountStatus:
        """How the account stands: balance, credit, status, signatures (I1).

        Raises:
            ClientError: The request was refused or not answered.
        """
        return self._only(calls.info(self._gateway))

    def _only(self, plan: Plan[T]) -> T:
        (value,) = self._run(plan, self._sleep)
        return value

    def _follow(
        self, drain: calls.Drain[Item], interval: float, stop: threading.Event | None
    ) -> Generator[Item, None, None]:
        if stop is None:
            return self._run(drain.follow(interval, lambda: False), self._sleep)
        return self._run(drain.follow(interval, stop.is_set), stop.wait)

    def _run(self, plan: Plan[T], sleep: Callable[[float], object]) -> Generator[T, None, None]:
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
                        with self._slots:
                            try:
                                outcome = self._exchange(step)
                            except BaseException as error:  # noqa: BLE001 - the plan raises it again
                                plan.throw(error)
                    case Pause():
                        sleep(step.seconds)
                    case Part():
                        yield step.value

    def _exchange(self, ask: Ask) -> StepOutcome:
        try:
            request = http.request(ask, self._timeout)
            with closing(self._transport.handle_request(request)) as response:
                response.read()
        except http.FAILURES as error:
            return http.failure(error)
        return http.answer(response)
