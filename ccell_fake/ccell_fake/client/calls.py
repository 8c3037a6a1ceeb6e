"""The calls of an account as plans: every decision of the client, without a socket, a thread or an event loop."""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import chain
from typing import Generic, TypeVar, cast

from ccell_fake.client import results
from ccell_fake.client.errors import ClientError, OutcomeUnknown, RequestRefused
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.steps import Ask, Part, Pause, Plan, StepOutcome
from ccell_fake.client.submits import split
from ccell_fake.codes import Code
from ccell_fake.model import AccountInfo, AnyReply, Operation, Report, Resp, Submit, Upmsg

Item = TypeVar("Item", Report, Upmsg)

# What a refusal with any other code leaves undone is said nowhere.
_NOTHING_SUBMITTED = frozenset(Code) - {Code.SYSTEM_ERROR}


def send(gateway: GatewayCalls, submits: tuple[Submit, ...], progress: Callable[[Sent], object] | None) -> Plan[Sent]:
    """Send in requests of at most 500 numbers (S3), one after the other, and hand over what became of them all.

    Args:
        gateway: Where to.
        submits: What to send.
        progress: Called with what became of each request.
    """
    requests = split(submits)
    done: list[Sent] = []
    for place, request in enumerate(requests):
        try:
            part = yield from gateway.ask(Operation.SEND, _reader_of(request), request)
        except ClientError as error:
            _say_how_far(error, done, requests[place:])
            raise
        except BaseException as error:
            # An interrupt is none of this package's errors, but it leaves a send as unknown as they do.
            interrupted = OutcomeUnknown("send: interrupted")
            _say_how_far(interrupted, done, requests[place:])
            error.add_note(str(interrupted))
            raise
        done.append(part)
        if progress is not None:
            progress(part)
    yield Part(results.joined(done))


def _say_how_far(error: ClientError, done: list[Sent], left: tuple[tuple[Submit, ...], ...]) -> None:
    """Fill in what was answered before, and what is left: the request that failed and those behind it."""
    before = results.joined(done)
    error.resps, error.unanswered = before.resps, before.unanswered
    failed, later = left[0], tuple(chain.from_iterable(left[1:]))
    if _is_unknown(error):
        error.unknown, error.unsent = failed, later
    else:
        error.unsent = failed + later


def _reader_of(request: tuple[Submit, ...]) -> Callable[[AnyReply], Sent]:
    return lambda reply: results.sent(request, cast("tuple[Resp, ...]", reply.items))


def _is_unknown(error: ClientError) -> bool:
    if isinstance(error, RequestRefused):
        return error.code not in _NOTHING_SUBMITTED
    return isinstance(error, OutcomeUnknown)


class Drain(Generic[Item]):
    """A queue that hands out everything once: reports or upstream messages.

    What the gateway has handed out stays here until a caller has it, whether a call fails, is cancelled or is left
    early; the next call begins with it.
    """

    def __init__(self, gateway: GatewayCalls, operation: Operation) -> None:
        """Drain a gateway's queue of this operation."""
        self._gateway = gateway
        self._operation = operation
        self._waiting: deque[Item] = deque()

    def all(self) -> Plan[tuple[Item, ...]]:
        """Everything there is, in as many requests as it takes (R2, U2); an error carries what came before it."""
        try:
            while (yield from self._fetch()):
                pass
        except ClientError as error:
            error.taken = self._taken()
            raise
        yield Part(self._taken())

    def follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        """One after the other, asking again after so many seconds whenever there are no more.

        Args:
            interval: Seconds.
            is_stopped: Whether to end, asked whenever everything that was fetched is handed over.

        Raises:
            ValueError: The interval is not positive.
        """
        if not interval > 0:
            message = f"an interval of {interval} seconds is none"
            raise ValueError(message)
        return self._follow(interval, is_stopped)

    def _follow(self, interval: float, is_stopped: Callable[[], bool]) -> Plan[Item]:
        while True:
            while (item := self._next()) is not None:
                yield Part(item)
            if is_stopped():
                return
            if not (yield from self._fetch()):
                yield Pause(interval)

    def _fetch(self) -> Generator[Ask | Pause, StepOutcome | None, bool]:
        """Fetch a page; whether there was anything."""
        page = yield from self._gateway.ask(self._operation, _tidied)
        self._waiting.extend(cast("tuple[Item, ...]", page))
        return bool(page)

    def _next(self) -> Item | None:
        # Not asked first whether there is one: another thread may have it by then.
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def _taken(self) -> tuple[Item, ...]:
        return tuple(iter(self._next, None))


def _tidied(reply: AnyReply) -> tuple[Report | Upmsg, ...]:
    """The items without the blanks that stand around numbers in the document's upmsg sample (Q19)."""
    items = cast("tuple[Report | Upmsg, ...]", reply.items)
    return tuple(replace(item, phone=item.phone.strip()) for item in items)


def info(gateway: GatewayCalls) -> Plan[AccountStatus]:
    """How the account stands (I1)."""
    yield Part((yield from gateway.ask(Operation.INFO, _account)))


def _account(reply: AnyReply) -> AccountStatus:
    if not reply.items:
        message = "it holds no account"
        raise ValueError(message)
    return results.account(cast("AccountInfo", reply.items[0]))
