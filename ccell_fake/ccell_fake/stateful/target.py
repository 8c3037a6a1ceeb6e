"""Targets of a run: a gateway with an account that the machine can observe, and possibly control."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from ccell_fake.control.client import AccountControl, ControlClient
from ccell_fake.faults import Fault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.stateful.exchange import AccountSnapshot, GatewayRequest, Submitted


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
    def phones(self) -> Sequence[str]:
        """The only numbers that may be sent to; empty if all may."""
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

    def supports(self, fault: Fault) -> bool:
        """Return whether a fault of this kind can be arranged."""
        ...

    def arrange(self, fault: Fault) -> None:
        """Add a fault after those already arranged."""

    def clear_faults(self) -> None:
        """Remove the remaining faults."""

    def requests(self) -> Iterable[GatewayRequest]:
        """Requests that arrived since the last call, oldest first.

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

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        """Open an account for one run.

        Args:
            balance: Its balance, if the target can set it.
            report_delay: Time from sending to the report, if the target can set it.

        Raises:
            Spent: No further run is possible.
        """
        ...


class EmulatorTarget:
    """An emulator at any address, used through its control API.

    Every run begins with the same account at the same time, so that the same steps lead to the same requests.

    Attributes:
        is_repeatable: True.
    """

    def __init__(self, url: str, control: ControlClient) -> None:
        """Run against the emulator at a base URL, with a client of its control API."""
        self.is_repeatable: bool = True
        self._url = url
        self._control = control
        self._first: _EmulatorAccount | None = None

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        """Open an account for one run. The account of the run before must be closed."""
        settings = AccountSettings(balance=balance, report_delay=report_delay.total_seconds())
        if self._first is None:
            account = self._control.open(settings)
            now = account.clock().now.replace(microsecond=0)
            opened = self._first = _EmulatorAccount(self._url, account, account.password, balance, now)
        else:
            userid, password = self._first.userid, self._first.password
            account = self._control.open(replace(settings, userid=userid, password=password))
            opened = _EmulatorAccount(self._url, account, password, balance, self._first.opened_at)
        return opened


class _EmulatorAccount:
    def __init__(self, url: str, account: AccountControl, password: str, allowance: int, now: datetime) -> None:
        self.url = url
        self.userid = account.userid
        self.password = password
        self.phones = ()
        self.may_fetch = True
        self.allowance = allowance
        self.first_number = 1
        self._account = account
        self.opened_at = now
        self.now = account.freeze(now).now
        self._position = 0

    @property
    def driver(self) -> AccountDriver:
        return self

    def advance(self, by: timedelta) -> None:
        self.now = self._account.advance(by).now

    def supports(self, fault: Fault) -> bool:  # noqa: ARG002 - as Opened has it
        return True

    def arrange(self, fault: Fault) -> None:
        self._account.add_fault(fault)

    def clear_faults(self) -> None:
        self._account.remove_faults()

    def reply(self, phone: str, content: str) -> None:
        self._account.reply(phone, content)

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        self._account.settle(msgid, "0" if is_delivered else "-1")

    def requests(self) -> list[GatewayRequest]:
        entries = list(self._account.journal(self._position))
        if not entries:
            return []
        submitted: dict[int, tuple[Submitted, ...]] = {}
        if any(entry.operation is Operation.SEND for entry in entries):
            messages = self._account.messages(after_position=self._position)
            for position, group in groupby(messages, lambda one: one.position):
                submitted[position] = tuple(
                    Submitted(one.msgid, one.phone, one.content, one.sendtime, one.code) for one in group
                )
        self._position = entries[-1].position
        return [
            GatewayRequest(entry.operation, entry.code, entry.delivery, entry.items, submitted.get(entry.position, ()))
            for entry in entries
            if entry.operation is not None
        ]

    def snapshot(self) -> AccountSnapshot:
        account = self._account.status()
        return AccountSnapshot(
            account.left - account.reserved,
            {one.msgid: one.state for one in self._account.messages()},
            frozenset(
                (one.msgid, one.status, one.recvtime, one.fetched_at is not None) for one in self._account.reports()
            ),
            tuple((one.phone, one.msgcontent, one.fetched_at is not None) for one in self._account.upmsgs()),
        )

    def wait_for_more(self) -> bool:
        return False

    def close(self) -> None:
        self._account.close()
