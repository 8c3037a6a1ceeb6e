"""Calls of an account as plans of steps, without sockets, threads or an event loop."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from itertools import chain
from typing import Any, Generic, TypeVar, cast

from ccell_fake.client import results
from ccell_fake.client.errors import ClientError, OutcomeUnknown, RequestRefused
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.submits import split_requests
from ccell_fake.codes import Code
from ccell_fake.model import AccountInfo, Malformed, Operation, Reply, Report, Resp, Submit, Upmsg

Item = TypeVar("Item", Report | MalformedReport, Upmsg | MalformedUpmsg)

# The document does not say whether a request refused with any other code was submitted in part.
_NOTHING_SUBMITTED = frozenset(Code) - {Code.SYSTEM_ERROR}


def send(gateway: GatewayCalls, submits: tuple[Submit, ...], progress: Callable[[Sent], object] | None) -> Plan[Sent]:
    """Send submits in requests of at most 500 numbers (S3), one after the other, and output all results as one.

    `progress` is called with the result of each request.
    """
    requests = split_requests(submits)
    done: list[Sent] = []
    for index, request in enumerate(requests):
        try:
            part = yield from gateway.call(Operation.SEND, _resp_reader(request), request)
        except ClientError as error:
            _record_progress(error, done, requests[index:])
            raise
        except BaseException as error:
            # An interrupt is no ClientError, but it leaves the outcome unknown, too.
            interrupted = OutcomeUnknown("send: interrupted")
            _record_progress(interrupted, done, requests[index:])
            error.add_note(str(interrupted))
            raise
        done.append(part)
        if progress is not None:
            progress(part)
    yield Output(results.merge(done))


def _resp_reader(request: tuple[Submit, ...]) -> Callable[[Reply[Any]], Sent]:
    return lambda reply: results.match_resps(request, cast("tuple[Resp | Malformed, ...]", reply.items))


def _record_progress(error: ClientError, done: list[Sent], remaining: tuple[tuple[Submit, ...], ...]) -> None:
    """Set the error's progress; the first of the remaining requests is the one that failed."""
    before = results.merge(done)
    error.resps, error.unanswered, error.malformed = before.resps, before.unanswered, before.malformed
    failed, later = remaining[0], tuple(chain.from_iterable(remaining[1:]))
    if _is_outcome_unknown(error):
        error.unknown, error.unsent = failed, later
    else:
        error.unsent = failed + later


def _is_outcome_unknown(error: ClientError) -> bool:
    if isinstance(error, RequestRefused):
        return error.code not in _NOTHING_SUBMITTED
    return isinstance(error, OutcomeUnknown)


class Fetcher(Generic[Item]):
    """Fetches reports or upstream messages, which the gateway hands out only once.

    Fetched items stay in a buffer until a caller has them, even if a call fails, is cancelled or is abandoned. The
    next call begins with the buffer.
    """

    def __init__(self, gateway: GatewayCalls, operation: Operation) -> None:
        self._gateway = gateway
        self._operation = operation
        self._buffer: deque[Item] = deque()

    def forget(self) -> None:
        """Empty the buffer: its items belong to another process."""
        self._buffer.clear()

    def fetch_all(self) -> Plan[tuple[Item, ...]]:
        """Fetch pages until one is empty (R2, U2). An error carries the items fetched before it."""
        try:
            while (yield from self._fetch_page()):
                pass
        except ClientError as error:
            error.taken = self._take_buffer()
            raise
        yield Output(self._take_buffer())

    def follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        """Output items one by one; after an empty page, wait `interval` seconds and fetch again.

        `is_stopped` is called whenever the buffer is empty.

        Raises:
            ValueError: The interval is not positive.
        """
        if not interval > 0:
            message = f"interval must be positive, got {interval}"
            raise ValueError(message)
        return self._follow(interval, is_stopped)

    def _follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        while True:
            while (item := self._next()) is not None:
                yield Output(item)
            if is_stopped():
                return
            if not (yield from self._fetch_page()):
                yield Pause(interval)

    def _fetch_page(self) -> Generator[HttpCall | Pause, StepOutcome | None, bool]:
        """Fetch a page into the buffer. Returns whether it had items."""
        page = yield from self._gateway.call(self._operation, self._read_page)
        self._buffer.extend(page)
        return bool(page)

    def keep(self, outcomes: Iterable[StepOutcome | Exception], cancelled: BaseException) -> None:
        """Put the items of the answer of a cancelled call into the buffer, or note on the cancellation why not."""
        for outcome in outcomes:
            page = outcome if isinstance(outcome, Exception) else self._read(outcome)
            if isinstance(page, Exception):
                cancelled.add_note(str(page))
            else:
                self._buffer.extend(page)

    def _read(self, outcome: StepOutcome) -> tuple[Item, ...] | ClientError:
        return self._gateway.read(self._operation, outcome, self._read_page)

    def _read_page(self, reply: Reply[Any]) -> tuple[Item, ...]:
        return cast("tuple[Item, ...]", tuple(map(self._read_item, reply.items)))

    def _read_item(self, item: Report | Upmsg | Malformed) -> Report | MalformedReport | Upmsg | MalformedUpmsg:
        if isinstance(item, Malformed):
            kind = MalformedReport if self._operation is Operation.REPORT else MalformedUpmsg
            return kind(item.reason, item.attributes)
        # The document's upmsg sample has a blank after the phone (Q19).
        return replace(item, phone=item.phone.strip())

    def _next(self) -> Item | None:
        # Another thread may empty the buffer after any check.
        try:
            return self._buffer.popleft()
        except IndexError:
            return None

    def _take_buffer(self) -> tuple[Item, ...]:
        return tuple(iter(self._next, None))


def info(gateway: GatewayCalls) -> Plan[AccountStatus]:
    """Fetch the account's balance and status (I1)."""
    yield Output((yield from gateway.call(Operation.INFO, _read_account)))


def _read_account(reply: Reply[Any]) -> AccountStatus:
    if not reply.items:
        message = "it has no account"
        raise ValueError(message)
    return results.read_account(cast("AccountInfo", reply.items[0]))
