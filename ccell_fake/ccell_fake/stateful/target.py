"""Targets of a run: a gateway with an account that the machine can observe, and possibly control."""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Protocol

from ccell_fake.clock import elapsed
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient
from ccell_fake.control.errors import ControlError
from ccell_fake.faults import Fault
from ccell_fake.inspection import JournalEntry
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.stateful.exchange import AccountSnapshot, GatewayRequest, Submitted
from ccell_fake.stateful.steps import Plan, StepFault

BALANCE = 100_000
"""Balance of an account at the beginning, in messages."""

REFUSED = {"19500001111": Code.NUMBER_UNRECOGNISED}
"""Numbers that the gateway refuses, with their codes."""

_FIRST_USERID, _PASSWORD = 300_001, "123456"
_EXCESSES = 60
_IDLE_SECONDS, _PAUSE_SECONDS = 5.0, 0.005


class AccountDriver(Protocol):
    """Control of an account whose clock moves only on request."""

    def advance(self, by: timedelta) -> None:
        """Move the clock forwards."""

    def reply(self, phone: str, content: str) -> None:
        """Send a message from a phone."""

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let the report of a sent message come in now."""

    def snapshot(self) -> AccountSnapshot:
        """Current state of the account."""
        ...


class Opened(Protocol):
    """An account opened for one run."""

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        ...

    @property
    def userid(self) -> str:
        """The account."""
        ...

    @property
    def password(self) -> str:
        """The account's password."""
        ...

    @property
    def now(self) -> datetime:
        """Time of its clock, aware, to the second."""
        ...

    @property
    def driver(self) -> AccountDriver | None:
        """Control of the account if it has default settings and is unused; None if nothing controls it."""
        ...

    @property
    def may_fetch(self) -> bool:
        """True if reports and upstream messages may be fetched."""
        ...

    @property
    def allowance(self) -> int:
        """Number of messages that this run may send."""
        ...

    @property
    def first_number(self) -> int:
        """Number of the first message. No earlier run used it or a higher one."""
        ...

    def supports(self, fault: StepFault) -> bool:
        """Return whether a fault of this kind can be arranged."""
        ...

    def busy(self) -> AbstractContextManager[object]:
        """Have all threads of the account in use inside the block."""
        ...

    def arrange(self, fault: Fault) -> None:
        """Add a fault after those already arranged."""

    def clear_faults(self) -> None:
        """Remove the remaining faults."""

    def wait_until_idle(self) -> None:
        """Wait until the gateway has noticed that no request is in progress any more."""
        ...

    def count_requests(self) -> int:
        """Count the requests that arrived since the last call of `requests`."""
        ...

    def requests(self, is_own: Callable[[str], bool]) -> Iterable[GatewayRequest]:
        """Requests that arrived since the last call, oldest first.

        Args:
            is_own: Whether the text of a request that names no account is the integration's.

        Raises:
            Withheld: A request was blocked; raised at its place among the others.
            Unfaithful: The gateway must not answer so; raised at its place.
        """
        ...

    def wait_for_more(self) -> bool:
        """Wait a moment for further reports. Returns False without waiting after the waiting time is used up."""
        ...

    def close(self) -> None:
        """Close the account."""


class Target(Protocol):
    """A gateway to run against."""

    @property
    def is_repeatable(self) -> bool:
        """True if a failed run may be repeated to find the shortest failing one."""
        ...

    @property
    def phones(self) -> Sequence[str]:
        """The only numbers that may be sent to; empty if all may."""
        ...

    def open(self, plan: Plan) -> Opened:
        """Open an account for one run.

        Args:
            plan: What the account is like, as far as the target can choose.

        Raises:
            Spent: No further run is possible.
        """
        ...


class EmulatorTarget:
    """An emulator at any address, used through its control API.

    Every run begins with the same account, so that the same plan leads to the same requests.

    Attributes:
        is_repeatable: True.
        phones: Empty: it may send to all.
    """

    def __init__(self, url: str, control: ControlClient) -> None:
        """Run against the emulator at a base URL, with a client of its control API."""
        self.is_repeatable: bool = True
        self.phones: Sequence[str] = ()
        self._url = url
        self._control = control
        self._userid = _FIRST_USERID
        self._strays = max((one.position for one in control.journal()), default=0)

    def open(self, plan: Plan) -> Opened:
        """Open an account for one run. The account of the run before must be closed."""
        settings = AccountSettings(
            balance=BALANCE,
            report_delay=plan.report_delay.total_seconds(),
            lock_after=_EXCESSES,
            assumptions={"Q19": "yes"} if plan.has_blank_before_phones else {},
        )
        account = self._open_first_free(settings)
        account.freeze(plan.start)
        return _EmulatorAccount(self, account, plan.start)

    def _open_first_free(self, settings: AccountSettings) -> AccountControl:
        """Open an account under the first userid that nobody else uses, so that requests are the same in every run."""
        while True:
            try:
                return self._control.open(replace(settings, userid=str(self._userid), password=_PASSWORD))
            except ControlError as error:
                if error.problem.status != HTTPStatus.CONFLICT:
                    raise
                self._userid += 1

    @property
    def url(self) -> str:
        """Base URL."""
        return self._url

    def strays(self) -> list[JournalEntry]:
        """Requests without an account since the last call."""
        entries = list(self._control.journal(self._strays))
        self._strays = max((one.position for one in entries), default=self._strays)
        return entries


class _EmulatorAccount:
    def __init__(self, target: EmulatorTarget, account: AccountControl, now: datetime) -> None:
        self.url = target.url
        self.userid = account.userid
        self.password = account.password
        self.may_fetch = True
        self.allowance = BALANCE
        self.first_number = 1
        self.now = now
        self._target = target
        self._account = account
        self._position = 0

    @property
    def driver(self) -> AccountDriver:
        return self

    def advance(self, by: timedelta) -> None:
        self.now = self._account.advance(by).now

    def supports(self, fault: StepFault) -> bool:  # noqa: ARG002 - as Opened has it
        return True

    def arrange(self, fault: Fault) -> None:
        self._account.add_fault(fault)

    def clear_faults(self) -> None:
        self._account.remove_faults()

    @contextmanager
    def busy(self) -> Generator[None]:
        with self._account.hold(DEFAULT_THREADS):
            yield
        # The clock stands still, so that excesses would be counted for ever.
        self._account.unlock()

    def reply(self, phone: str, content: str) -> None:
        self._account.reply(phone, content)

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        self._account.settle(msgid, "0" if is_delivered else "-1")

    def wait_until_idle(self) -> None:
        deadline = elapsed() + _IDLE_SECONDS
        while self._account.status().in_progress and elapsed() < deadline:
            threading.Event().wait(_PAUSE_SECONDS)

    def count_requests(self) -> int:
        return sum(1 for _ in self._account.journal(self._position))

    def requests(self, is_own: Callable[[str], bool]) -> list[GatewayRequest]:
        entries = list(self._account.journal(self._position))
        if not entries:
            strays = [one for one in self._target.strays() if self.userid in one.request or is_own(one.request)]
            return [_request(one, ()) for one in strays]
        submitted: dict[int, tuple[Submitted, ...]] = {}
        if any(entry.operation is Operation.SEND for entry in entries):
            messages = self._account.messages(after_position=self._position)
            for position, group in groupby(messages, lambda one: one.position):
                submitted[position] = tuple(
                    Submitted(one.msgid, one.phone, one.content, one.sendtime, one.code, one.linkid) for one in group
                )
        self._position = entries[-1].position
        return [_request(entry, submitted.get(entry.position, ())) for entry in entries]

    def snapshot(self) -> AccountSnapshot:
        account = self._account.status()
        return AccountSnapshot(
            account.left - account.reserved,
            {one.msgid: one.state for one in self._account.messages()},
            frozenset(
                (one.msgid, one.status, one.recvtime, one.fetched_at is not None) for one in self._account.reports()
            ),
            tuple((one.phone.strip(), one.msgcontent, one.fetched_at is not None) for one in self._account.upmsgs()),
        )

    def wait_for_more(self) -> bool:
        return False

    def close(self) -> None:
        self._account.close()


def _request(entry: JournalEntry, submitted: tuple[Submitted, ...]) -> GatewayRequest:
    return GatewayRequest(
        entry.operation,
        entry.code,
        entry.delivery,
        entry.items,
        submitted,
        explanation=entry.explanation,
        text=entry.request,
        at=entry.at,
    )
