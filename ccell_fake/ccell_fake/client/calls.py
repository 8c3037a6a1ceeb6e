"""Calls of an account as plans of steps, without sockets, threads or an event loop."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from itertools import chain
from operator import methodcaller
from typing import Any, Generic, TypeVar, cast

from ccell_fake.client import results
from ccell_fake.client.errors import ClientError, ClientUnusable, OutcomeUnknown, RequestRefused
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.steps import HttpCall, Output, Pause, Plan, StepOutcome
from ccell_fake.client.submits import split_requests
from ccell_fake.codes import Code
from ccell_fake.model import AccountInfo, Malformed, Operation, Reply, Report, Resp, Submit, Upmsg

Item = TypeVar("Item", Report | MalformedReport, Upmsg | MalformedUpmsg)

# Pytest shows the line of the caller instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (ClientUnusable, ValueError))

_Request = tuple[Submit, ...]

_LOG = logging.getLogger("ccell_fake.client")

# The document does not say whether a request refused with any other code was submitted in part.
_NOTHING_SUBMITTED = frozenset(Code) - {Code.SYSTEM_ERROR}


def send(gateway: GatewayCalls, submits: tuple[Submit, ...], progress: Callable[[Sent], object] | None) -> Plan[Sent]:
    """Send submits in requests of at most 500 numbers (S3), one after the other, and output all results as one.

    `progress` is called with the result of each request.
    """
    requests = split_requests(submits)
    done: list[Sent] = []
    for index, request in enumerate(requests):
        later = requests[index + 1 :]
        try:
            part = yield from gateway.call(Operation.SEND, _resp_reader(request), request)
        except ClientError as error:
            _record_progress(error, done, request, later)
            raise
        except BaseException as error:
            # An interrupt is no ClientError, but it leaves the outcome unknown, too.
            _note_progress(error, done, request, later)
            raise
        done.append(part)
        if progress is not None:
            try:
                progress(part)
            except BaseException as error:
                _note_progress(error, done, (), later)
                raise
    yield Output(results.merge(done))


def _resp_reader(request: tuple[Submit, ...]) -> Callable[[Reply[Any]], Sent]:
    return lambda reply: results.match_resps(request, cast("tuple[Resp | Malformed, ...]", reply.items))


def _note_progress(error: BaseException, done: list[Sent], failed: _Request, later: tuple[_Request, ...]) -> None:
    interrupted = OutcomeUnknown("send: interrupted")
    _record_progress(interrupted, done, failed, later)
    error.add_note(str(interrupted))


def _record_progress(error: ClientError, done: list[Sent], failed: _Request, later: tuple[_Request, ...]) -> None:
    """Set the error's progress: the results before it, the request that failed, and those that were not sent."""
    before = results.merge(done)
    error.resps, error.unanswered, error.malformed = before.resps, before.unanswered, before.malformed
    unsent = tuple(chain.from_iterable(later))
    if _is_outcome_unknown(error):
        error.unknown, error.unsent = failed, unsent
    else:
        error.unsent = failed + unsent


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
        """Fetch pages until there are no more. An error carries the items fetched before it."""
        before: tuple[Item, ...] = ()
        try:
            while self._may_continue(before, page := (yield from self._fetch_page())):
                before = page
        except ClientError as error:
            error.taken = self._take_buffer()
            raise
        yield Output(self._take_buffer())

    def follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        """Output items one by one; after the last page, wait `interval` seconds and fetch again.

        `is_stopped` is called whenever the buffer is empty.

        Raises:
            ValueError: The interval is not positive.
        """
        if not interval > 0:
            message = f"interval must be positive, got {interval}"
            raise ValueError(message)
        return self._follow(interval, is_stopped)

    def _follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        before: tuple[Item, ...] = ()
        while True:
            while (item := self._next()) is not None:
                yield Output(item)
            if is_stopped():
                return
            page = yield from self._fetch_page()
            if not self._may_continue(before, page):
                yield Pause(interval)
            before = page

    def _fetch_page(self) -> Generator[HttpCall | Pause, StepOutcome | None, tuple[Item, ...]]:
        """Fetch a page, and keep its items in the buffer."""
        page = yield from self._gateway.call(self._operation, self._read_page)
        self._buffer.extend(page)
        return page

    def _may_continue(self, before: tuple[Item, ...], page: tuple[Item, ...]) -> bool:
        """Return whether there may be another page: not after an empty one (R2, U2), nor after a repeated one (R1)."""
        if page and page == before:
            _LOG.warning("%s: the gateway handed out the same %d items twice", self._operation, len(page))
        return bool(page) and page != before

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
