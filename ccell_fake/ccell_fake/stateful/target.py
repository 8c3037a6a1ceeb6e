"""What the machine runs against: a gateway with an account that can be looked at, and perhaps be arranged."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from ccell_fake.control.client import AccountControl, ControlClient
from ccell_fake.faults import Fault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.stateful.exchange import AccountSnapshot, GatewayRequest, Submitted


class Spent(Exception):
    """There is nothing left for another run: whatever it may cost has been spent."""


class AccountDriver(Protocol):
    """A hold on an account, whose clock moves only when it is moved."""

    def advance(self, by: timedelta) -> None:
        """Move its clock forwards."""
        ...

    def reply(self, phone: str, content: str) -> None:
        """Let a phone send a message."""
        ...

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let the report of a message that was sent come in now."""
        ...

    def standing(self) -> AccountSnapshot:
        """How it stands."""
        ...


class Opened(Protocol):
    """An account, opened for one run."""

    @property
    def url(self) -> str:
        """Where the gateway is."""
        ...

    @property
    def userid(self) -> str:
        """The account."""
        ...

    @property
    def password(self) -> str:
        """Its password."""
        ...

    @property
    def now(self) -> datetime:
        """What its clock shows, aware, to the second."""
        ...

    @property
    def arranger(self) -> AccountDriver | None:
        """What has a hold on it, where it is under default settings and was just made; None where nothing has."""
        ...

    @property
    def phones(self) -> Sequence[str]:
        """The only numbers that may be sent to; none where all may."""
        ...

    @property
    def is_drained(self) -> bool:
        """Whether reports and upstream messages may be fetched."""
        ...

    @property
    def allowance(self) -> int:
        """How many messages may be handed over in this run."""
        ...

    @property
    def first(self) -> int:
        """The number of the first message; no earlier run had it, or one behind it."""
        ...

    def takes(self, fault: Fault) -> bool:
        """Whether a fault of this kind can strike here."""
        ...

    def arrange(self, fault: Fault) -> None:
        """Let a fault strike behind those that are there."""
        ...

    def calm(self) -> None:
        """Take away the faults that have not struck."""
        ...

    def exchanges(self) -> Iterable[GatewayRequest]:
        """The requests that came since this was last asked, oldest first.

        Raises:
            Withheld: One was kept back; where it stands among them.
            Unfaithful: One was answered as it must not be; likewise.
        """
        ...

    def is_worth_waiting(self) -> bool:
        """Wait a moment for what the gateway brings about by itself; False, and no waiting, once that is over."""
        ...

    def close(self) -> None:
        """Forget it."""
        ...


class Target(Protocol):
    """A gateway."""

    @property
    def is_repeatable(self) -> bool:
        """Whether what failed may be tried again, to find out the shortest way there."""
        ...

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        """Open an account for one run.

        Args:
            balance: How many messages it has, where that can be arranged.
            report_delay: How long after sending reports come in, likewise.

        Raises:
            Spent: There is to be no other run.
        """
        ...


class EmulatorTarget:
    """An emulator, wherever it runs, by way of its control API.

    Attributes:
        is_repeatable: Anything may be tried again.
    """

    def __init__(self, url: str, control: ControlClient) -> None:
        """Run against an emulator.

        Args:
            url: Where the integration is to find the gateway.
            control: Its control API.
        """
        self.is_repeatable: bool = True
        self._url = url
        self._control = control

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        """Open an account of its own for one run."""
        settings = AccountSettings(balance=balance, report_delay=report_delay.total_seconds())
        return _EmulatorAccount(self._url, self._control.open(settings), balance)


class _EmulatorAccount:
    """Its own arranger."""

    def __init__(self, url: str, account: AccountControl, allowance: int) -> None:
        self.url = url
        self.userid = account.userid
        self.password = account.password
        self.phones = ()
        self.is_drained = True
        self.allowance = allowance
        self.first = 1
        self._account = account
        self.now = account.freeze(account.clock().now.replace(microsecond=0)).now
        self._position = 0

    @property
    def arranger(self) -> AccountDriver:
        return self

    def advance(self, by: timedelta) -> None:
        self.now = self._account.advance(by).now

    def takes(self, fault: Fault) -> bool:  # noqa: ARG002 - as Opened has it
        return True

    def arrange(self, fault: Fault) -> None:
        self._account.add_fault(fault)

    def calm(self) -> None:
        self._account.remove_faults()

    def reply(self, phone: str, content: str) -> None:
        self._account.reply(phone, content)

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        self._account.settle(msgid, "0" if is_delivered else "-1")

    def exchanges(self) -> list[GatewayRequest]:
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
        ]

    def standing(self) -> AccountSnapshot:
        seen = self._account.status()
        return AccountSnapshot(
            seen.left - seen.reserved,
            {one.msgid: one.state for one in self._account.messages()},
            frozenset(
                (one.msgid, one.status, one.recvtime, one.fetched_at is not None) for one in self._account.reports()
            ),
            tuple((one.phone, one.msgcontent, one.fetched_at is not None) for one in self._account.upmsgs()),
        )

    def is_worth_waiting(self) -> bool:
        return False

    def close(self) -> None:
        self._account.close()
