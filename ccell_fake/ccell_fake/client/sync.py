"""Synchronous client: performs the steps of calls with a blocking transport."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import datetime
from inspect import iscoroutinefunction
from operator import methodcaller
from pathlib import Path
from typing import Literal, Self, TypeVar, Unpack, overload

import httpx2

from ccell_fake.client import calls
from ccell_fake.client.errors import ClientUnusable
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.options import ClientOptions, account_from_environment
from ccell_fake.client.parallel import ParallelSend
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.retries import Retry
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.submits import collect_submits
from ccell_fake.client.transport import FAILURES, AccountClient, check_timeout, outcome
from ccell_fake.client.writing import Dialect, RequestWriter
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import Report, Submit, Upmsg

# Pytest shows the line of the caller instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (ClientUnusable, TypeError, ValueError))

T = TypeVar("T")
Item = TypeVar("Item", Report | MalformedReport, Upmsg | MalformedUpmsg)


class Client(AccountClient):
    """Synchronous client of the gateway for one account. Threads that use the account share one client.

    It keeps within the account's thread limit, and retries a request that the gateway refuses with 1001006 for
    exceeding it. It never repeats a request whose outcome is unknown.
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
        transport: httpx2.BaseTransport | None = None,
        cacert: Path | str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a client without sending anything.

        Args:
            base_url: Address of the gateway, such as `https://sms.ccell.cn`, with or without `/sms3_api/xmlapi/`.
            userid: The account.
            password: Its password, or the password's md5 if the gateway accepts that (Q30).
            method: POST, or GET (T1), which puts the password into the URL, where proxies and servers log it.
            dialect: `xml`, or `json` for JSON-RPC (P6).
            signed: Send a seqid and a sign in place of the password (P1, P2). The sign needs the password itself.
            threads: Requests the account may have in progress at the same time (K1, K4).
            timeout: Seconds to wait for each read, write and free connection; None waits for ever. Connecting waits
                10 seconds at most. Keep it long (W13): the outcome of a send that times out is unknown.
            retry: How requests that exceed the thread limit are retried.
            transport: Transport to use in place of own HTTP connections, for a proxy or an application in this
                process. It must not repeat requests. The client closes it.
            cacert: File of the certificates to trust, as PEM; None for those of the host. A transport has its own.
            sleep: Function that pauses for a number of seconds.

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
        self._given_transport: httpx2.BaseTransport | None = transport
        self._sleep = sleep
        self._open()

    @classmethod
    def from_environment(cls, **options: Unpack[ClientOptions]) -> Self:
        """Create a client of the account that the environment names.

        CCELL_FAKE_URL is the base URL, CCELL_FAKE_USERID the account and CCELL_FAKE_PASSWORD its password. The commands
        read the same variables.

        Args:
            options: Options of the constructor, by name.

        Raises:
            ValueError: A variable is missing or empty, or an option is invalid.
        """
        return cls(*account_from_environment(), **options)

    def _open(self) -> None:
        self._slots = threading.BoundedSemaphore(self._threads)
        self._connections = self._given_transport or httpx2.HTTPTransport(verify=self._verify, limits=self._limits)

    def close(self) -> None:
        """Close the connections. No further call is possible."""
        self._close()
        self._connections.close()

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connections."""
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
        parallel: bool = False,
        timeout: float | None = None,
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
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent: ...

    @overload
    def send(
        self,
        to: Submit | Iterable[Submit],
        /,
        *,
        progress: Callable[[Sent], object] | None = None,
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent: ...

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
        parallel: bool = False,
        timeout: float | None = None,
    ) -> Sent:
        """Send one content to one or more numbers, a content of its own to each number, or submits.

        More than 500 numbers become several requests (S3), sent one after the other unless you set `parallel`. A
        submit without a linkid gets one, so that its reports can always be recognised.

        Args:
            to: A number, numbers, a mapping of numbers to contents, or submits created by `submit`.
            content: Text with its signature, for a number or numbers.
            sendtime: When to send: an aware time of any zone, or `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai (A1).
            linkid: Your own reference (A2).
            spcode: Extension to append to the account's port (A3).
            progress: Called with the result of each request, never twice at the same time.
            parallel: Use all threads of the account. No further request begins after an error. Requests in progress
                are finished.
            timeout: Seconds, in place of the client's timeout; None for the client's.

        Returns:
            A resp for each number, in the order given. Some may be refused: see `raise_for_refused`.

        Raises:
            ClientError: A request was refused, was not sent, or its outcome is unknown. The error carries earlier
                resps, unknown submits, and unsent submits.
            ValueError: There is nothing to send, the time is naive, XML cannot carry a text, or the timeout is not
                positive.
            TypeError: The arguments match none of these forms.
        """
        submits = collect_submits(to, content, sendtime=sendtime, linkid=linkid, spcode=spcode)
        if parallel:
            return self._send_in_parallel(ParallelSend(self._gateway, submits), progress, timeout)
        return self._only(calls.send(self._gateway, submits, progress), timeout)

    def reports(self, *, timeout: float | None = None) -> tuple[Report | MalformedReport, ...]:
        """Fetch all status reports, oldest first, in as many requests as needed (R1 to R3).

        The gateway hands out each report once. Reports that were fetched but did not reach a caller, because of an
        interrupt for example, are returned by the next call. A report that violates the document is returned as it
        came, as a `MalformedReport`; its `is_malformed` is true.

        Raises:
            ClientError: A request failed. The error has the reports of earlier requests as `taken`.
            ValueError: The timeout is not positive.
        """
        return self._only(self._reports.fetch_all(), timeout)

    def upmsgs(self, *, timeout: float | None = None) -> tuple[Upmsg | MalformedUpmsg, ...]:
        """Fetch all upstream messages, oldest first, as `reports` fetches reports (U1 to U3).

        Raises:
            ClientError: A request failed. The error has the messages of earlier requests as `taken`.
        """
        return self._only(self._upmsgs.fetch_all(), timeout)

    def follow_reports(
        self, interval: float = 10.0, stop: threading.Event | None = None, *, timeout: float | None = None
    ) -> Generator[Report | MalformedReport, None, None]:
        """Yield status reports as they come in, without end.

        Args:
            interval: Seconds to wait after a request that brought no report.
            stop: Set it to end, even during a pause. Reports fetched by then are still yielded.
            timeout: Seconds for each request, in place of the client's timeout; None for the client's.

        Raises:
            ClientError: A request failed. All reports fetched before were yielded; a new call continues after them.
            TypeError: `stop` is an event of an event loop.
            ValueError: The interval or the timeout is not positive.
        """
        return self._follow(self._reports, interval, stop, timeout)

    def follow_upmsgs(
        self, interval: float = 10.0, stop: threading.Event | None = None, *, timeout: float | None = None
    ) -> Generator[Upmsg | MalformedUpmsg, None, None]:
        """Yield upstream messages as they come in; arguments and errors as for `follow_reports`."""
        return self._follow(self._upmsgs, interval, stop, timeout)

    def info(self, *, timeout: float | None = None) -> AccountStatus:
        """Fetch the account's balance, credit, status and signatures (I1).

        Raises:
            ClientError: The request was refused or not answered.
            ValueError: The timeout is not positive.
        """
        return self._only(calls.info(self._gateway), timeout)

    def _only(self, plan: Plan[T], timeout: float | None) -> T:
        check_timeout(timeout)
        (value,) = self._run(plan, self._sleep, timeout)
        return value

    def _send_in_parallel(
        self, sending: ParallelSend, progress: Callable[[Sent], object] | None, timeout: float | None
    ) -> Sent:
        check_timeout(timeout)
        one_at_a_time = threading.Lock()

        def work() -> None:
            for place, plan in sending.plans():
                try:
                    part = self._only(plan, timeout)
                    sending.add(place, part)
                    if progress is not None:
                        with one_at_a_time:
                            progress(part)
                except Exception as error:  # noqa: BLE001 - raised below, in the caller's thread
                    sending.fail(place, error)

        with ThreadPoolExecutor(self._threads) as pool:
            workers = [pool.submit(work) for _ in range(min(self._threads, len(sending)))]
            try:
                wait(workers)
            except BaseException as interrupt:
                sending.stop()
                wait(workers)
                sending.note(interrupt)
                raise
        return sending.result()

    def _follow(
        self, fetcher: calls.Fetcher[Item], interval: float, stop: threading.Event | None, timeout: float | None
    ) -> Generator[Item, None, None]:
        check_timeout(timeout)
        if stop is None:
            return self._run(fetcher.follow(interval, lambda: False), self._sleep, timeout)
        if iscoroutinefunction(stop.wait):
            message = f"stop must be an event of threads, such as threading.Event, got {stop!r}"
            raise TypeError(message)
        return self._run(fetcher.follow(interval, stop.is_set), stop.wait, timeout)

    def _run(self, plan: Plan[T], sleep: Callable[[float], object], timeout: float | None) -> Generator[T, None, None]:
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
                        with self._slots:
                            try:
                                result = self._exchange(step, timeout)
                            except BaseException as error:  # noqa: BLE001 - the plan raises it again
                                plan.throw(error)
                    case Pause():
                        sleep(step.seconds)
                    case Output():
                        yield step.value

    def _exchange(self, call: HttpCall, timeout: float | None) -> StepOutcome:
        try:
            with closing(self._connections.handle_request(self._request(call, timeout))) as response:
                response.read()
        except FAILURES as error:
            return outcome(error)
        return outcome(response)
