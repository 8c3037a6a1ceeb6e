"""Operations of the control API on one account: clock, faults, holds, messages, reports and journal."""

import re
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime

from ccell_fake.clock import EARLIEST, LATEST, AccountClock, ClockSetting, from_micros, in_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.coverage import Coverage
from ccell_fake.engine import account_records, coverage_table, outcomes, personas
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_records import QueueAdmin
from ccell_fake.engine.account_views import (
    clock_status,
    describe_account,
    describe_activity,
    fault_events,
    read_journal,
    unlock_events,
)
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.errors import NoSuchThing, NotPossible
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    AccountActivity,
    AccountRecord,
    AdvanceResult,
    ClockStatus,
    ContentCount,
    Hold,
    JournalEntry,
    Listing,
    MessageFilter,
    MessageRecord,
    Page,
    ReportFilter,
    ReportRecord,
    State,
    UpmsgFilter,
    UpmsgRecord,
)
from ccell_fake.model import Operation, Upmsg
from ccell_fake.records import ReportRow
from ccell_fake.settings import AccountSettings

_CANONICAL_MSGID = re.compile("[1-9][0-9]{0,17}|[1-8][0-9]{18}")

MAX_EVENTS = 10_000
"""Maximum number of events that an advance returns."""

MAX_FAULTS = 1_000
"""Maximum number of faults of an account."""


class AccountAdmin:
    """One account, for the control API. Instants are microseconds since 1970.

    Every method raises NoSuchThing if the account does not exist.
    """

    def __init__(self, accounts: Accounts, store: Store, userid: str) -> None:
        """Refer to an account. Each method looks it up."""
        self._accounts = accounts
        self._store = store
        self.userid = userid

    @contextmanager
    def opened(self) -> Generator[tuple[Account, Ledger]]:
        """Open a transaction. Yields the account and a ledger."""
        with self._store.transaction(self.userid) as ledger:
            account = self._account(ledger)
            ledger.apply_cap(account.key, account.now)
            yield account, ledger

    def _account(self, ledger: Ledger) -> Account:
        account = self._accounts.find(self.userid, ledger)
        if account is None:
            message = f"there is no account {self.userid!r}"
            raise NoSuchThing(message)
        return account

    def status(self) -> AccountRecord:
        """Return the account's state."""
        with self.opened() as (account, ledger):
            return self._status(account, ledger)

    def _status(self, account: Account, ledger: Ledger) -> AccountRecord:
        return describe_account(account, ledger, self._base_now())

    def _base_now(self) -> int:
        return to_micros(self._accounts.clock.now())

    def activity(self) -> AccountActivity:
        """Return what goes on at the account."""
        with self.opened() as (account, ledger):
            return describe_activity(account, ledger)

    def count(self, content: str) -> ContentCount:
        """Count a content as the gateway does."""
        with self.opened() as (account, _):
            return ContentCount(*account.view.describe(content))

    def change(
        self, change: Callable[[AccountSettings], AccountSettings], *, sets_balance: bool = False
    ) -> AccountRecord:
        """Change the settings by a function of the present ones. Queues stay.

        Args:
            change: Returns the settings.
            sets_balance: Whether the balance is what is left from now on, even if it is the same as before.
        """
        with self.opened() as (account, ledger):
            changed = self._accounts.save(change(account.settings), ledger, sets_balance=sets_balance)
            return self._status(changed, ledger)

    def close(self) -> None:
        """Delete the account with all its data, and end its waits."""
        with self.opened() as (account, ledger):
            self._accounts.close(account, ledger)

    def reset(self) -> AccountRecord:
        """Delete the account's data except its settings and what it has met, and end its waits."""
        with self.opened() as (account, ledger):
            return self._status(self._accounts.reset(account, ledger), ledger)

    def coverage(self) -> Coverage:
        """Return what the client of the account has met."""
        with self.opened() as (account, ledger):
            return coverage_table.describe(ledger.inspect.met(account.key), self.userid)

    def unlock(self) -> None:
        """Unlock the account."""
        with self.opened() as (account, ledger):
            ledger.set_locked(account.key, None)

    def clock(self) -> ClockStatus:
        """Return the mode and the time of the clock."""
        with self.opened() as (account, _):
            return clock_status(account)

    def set_clock(self, change: Callable[[Account], ClockSetting]) -> ClockStatus:
        """Set the clock by a function of the account.

        Raises:
            NotPossible: The time would be out of range.
        """
        with self.opened() as (account, ledger):
            setting = change(account)
            _check_time(AccountClock(account.clock.base, setting).now())
            return clock_status(self._accounts.set_clock(account, setting, ledger))

    def advance(self, to: Callable[[int], int]) -> AdvanceResult:
        """Move the clock forwards. Returns its time, and the first MAX_EVENTS events that were due, in order.

        Args:
            to: Maps the account's time to the time to move to.

        Raises:
            NotPossible: The time to move to is in the past or out of range.
        """
        with self.opened() as (account, ledger):
            since = account.now
            until = to(since)
            _check_time(from_micros(until))
            if until < since:
                message = f"the clock already shows {from_micros(since).isoformat()}; to move it back, set it"
                raise NotPossible(message)
            locked_at = ledger.balance(account.key, since).locked_at
            moved = self._accounts.set_clock(account, account.clock.advanced(until - since), ledger)
            events = [
                *ledger.inspect.timeline(account.key, since, until, MAX_EVENTS + 1),
                *unlock_events(account, locked_at, since, until),
                *fault_events(ledger.faults(account.key), since, until),
            ]
            events.sort(key=lambda one: one.at)
            return AdvanceResult(from_micros(moved.now), tuple(events[:MAX_EVENTS]), is_cut=len(events) > MAX_EVENTS)

    def holds(self) -> tuple[Hold, ...]:
        """Return the holds."""
        with self.opened() as (account, ledger):
            return ledger.holds(account.key)

    def hold(self, slots: int, operation: Operation | None, seconds: float) -> Hold:
        """Hold slots, all of them or none.

        Args:
            slots: Number of slots.
            operation: The endpoint, if each endpoint has its own limit (Q21); None for any.
            seconds: Time after which the hold ends. It does not change if the host's clock or the account's is set.

        Raises:
            NotPossible: Too few slots are free.
        """
        with self.opened() as (account, ledger):
            scope = operation if account.policy.answers["Q21"] == "endpoint" else None
            free = max(account.settings.max_concurrency - ledger.in_progress(account.key, scope), 0)
            if slots > free:
                noun = "slot" if slots == 1 else "slots"
                message = f"cannot hold {slots} {noun}; {free} of {account.settings.max_concurrency} are free"
                raise NotPossible(message)
            until = from_micros(self._base_now() + in_micros(seconds))
            return ledger.hold(account.key, slots, operation, until, seconds)

    def release(self, ids: Iterable[int] | None = None) -> None:
        """End some holds, or all.

        Raises:
            NoSuchThing: A hold does not exist, or has ended.
        """
        with self.opened() as (account, ledger):
            there = {hold.id for hold in ledger.holds(account.key)}
            ledger.release_holds(account.key, there if ids is None else _each_of(ids, there, "hold"))

    def faults(self) -> tuple[FaultStatus, ...]:
        """Return the faults with their counts."""
        with self.opened() as (account, ledger):
            return ledger.faults(account.key)

    def add_fault(self, fault: Fault) -> FaultStatus:
        """Add a fault after the present ones.

        Raises:
            NotPossible: The account has too many faults.
        """
        with self.opened() as (account, ledger):
            if len(ledger.faults(account.key)) >= MAX_FAULTS:
                message = f"the account has {MAX_FAULTS} faults, the maximum; remove some first"
                raise NotPossible(message)
            return ledger.add_fault(account.key, fault)

    def drop_faults(self, ids: Iterable[int] | None = None) -> None:
        """Remove some faults, or all.

        Raises:
            NoSuchThing: A fault does not exist.
        """
        with self.opened() as (account, ledger):
            there = {row.id for row in ledger.faults(account.key)}
            ledger.drop_faults(account.key, there if ids is None else _each_of(ids, there, "fault"))

    def messages(self, wanted: MessageFilter, listing: Listing = Listing()) -> Page[MessageRecord]:  # noqa: B008 - frozen, so sharing it is safe
        """The messages that match a filter."""
        with self.opened() as (account, ledger):
            return ledger.inspect.messages(account.view, wanted, listing)

    def message(self, msgid: str) -> MessageRecord:
        """Return one message.

        Raises:
            NoSuchThing: No message has this serial number.
        """
        with self.opened() as (account, ledger):
            return self._message(msgid, account, ledger)

    def _message(self, msgid: str, account: Account, ledger: Ledger) -> MessageRecord:
        found = ledger.inspect.messages(account.view, MessageFilter(msgid=msgid), Listing(limit=1)).items
        if not found:
            message = f"account {self.userid} has no message {msgid!r}"
            raise NoSuchThing(message)
        return found[0]

    def settle(self, msgid: str, status: str, info: str | None) -> MessageRecord:
        """Let the report of a message come in now, instead of its planned outcome.

        Args:
            msgid: The serial number.
            status: 0 for delivered.
            info: The report's info; None for 成功 or UNDELIV.

        Raises:
            NoSuchThing: The message does not exist.
            NotPossible: The message was refused, is not sent yet, or its report was fetched.
        """
        with self.opened() as (account, ledger):
            seen, now = self._message(msgid, account, ledger), account.now
            if seen.state is State.REFUSED:
                message = f"message {msgid} was refused with {seen.code}; only an accepted message has a report"
                raise NotPossible(message)
            if seen.state is State.SCHEDULED:
                message = f"message {msgid} is not sent yet; advance the clock to its sendtime first"
                raise NotPossible(message)
            if seen.report is not None and seen.report.fetched_at is not None:
                message = f"the report of message {msgid} was already fetched"
                raise NotPossible(message)
            if info is None:
                info = Code.SUCCESS.text if status == outcomes.DELIVERED_STATUS else outcomes.UNDELIVERED
            # Refunds that are due must be applied before the report is replaced.
            ledger.balance(account.key, now)
            ledger.record_events(account.key, now)
            ledger.settle(account.key, ReportRow(int(msgid), seen.linkid, seen.phone, now, status, info))
            if account.policy.answers["Q33"] == "refunded":
                was_refunded = seen.report is not None and seen.report.status != outcomes.DELIVERED_STATUS
                is_refunded = status != outcomes.DELIVERED_STATUS
                ledger.charge(account.key, (was_refunded - is_refunded) * ledger.cost_of(account.key, int(msgid)))
            return self._message(msgid, account, ledger)

    def delete_message(self, msgid: str) -> None:
        """Delete a message.

        Raises:
            NoSuchThing: No message has this serial number.
        """
        with self.opened() as (account, ledger):
            ledger.record_events(account.key, account.now)
            ledger.delete_messages(account.key, [int(self._message(msgid, account, ledger).msgid)])

    def delete_messages(self, wanted: MessageFilter, listing: Listing) -> int:
        """Delete the messages that match a filter, and return how many."""
        return account_records.delete_messages(self.opened, wanted, listing)

    @property
    def reports(self) -> QueueAdmin[ReportRecord, ReportFilter]:
        """The reports."""
        return account_records.reports(self.opened)

    def add_report(self, msgid: str, linkid: str, phone: str, status: str, info: str, delay: float) -> ReportRecord:
        """Let a stray report come in after a delay in seconds. Its msgid is any text; its message need not exist."""
        with self.opened() as (account, ledger):
            due = account.now + in_micros(delay)
            if _CANONICAL_MSGID.fullmatch(msgid):
                ledger.add_reports(account.key, (ReportRow(int(msgid), linkid, phone, due, status, info),))
            else:
                ledger.add_stray_report(account.key, msgid, ReportRow(0, linkid, phone, due, status, info))
            (listed,) = ledger.inspect.reports(account.view, ReportFilter(), Listing(newest_first=True, limit=1)).items
            return listed

    @property
    def upmsgs(self) -> QueueAdmin[UpmsgRecord, UpmsgFilter]:
        """The upstream messages."""
        return account_records.upmsgs(self.opened)

    def add_upmsg(self, phone: str, content: str, spcode: str, delay: float) -> UpmsgRecord:
        """Let a phone send a message.

        Args:
            phone: The sender.
            content: The text. It may opt out if the phone has a persona.
            spcode: The extension, appended to the account's port.
            delay: Seconds from now.
        """
        with self.opened() as (account, ledger):
            motime = from_micros(account.now + in_micros(delay))
            upmsg = Upmsg(account.settings.spnumber + spcode, phone, motime, content)
            personas.receive(account.key, upmsg, account.policy.personas, ledger)
            (listed,) = ledger.inspect.upmsgs(account.view, UpmsgFilter(), Listing(newest_first=True, limit=1)).items
            return listed

    def journal(
        self,
        after_position: int,
        limit: int | None = None,
        operation: Operation | None = None,
        code: str | None = None,
    ) -> Page[JournalEntry]:
        """The journal entries after a position, oldest first.

        Raises:
            EntriesDropped: Some of them are no longer kept.
        """
        with self.opened() as (account, ledger):
            return read_journal(account.key, self.userid, ledger, after_position, limit, operation, code)


def _check_time(instant: datetime) -> None:
    if not EARLIEST <= instant <= LATEST:
        message = f"the clock must be between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}"
        raise NotPossible(message)


def _each_of(ids: Iterable[int], there: set[int], what: str) -> list[int]:
    wanted = list(ids)
    for id_ in wanted:
        if id_ not in there:
            message = f"there is no {what} {id_}"
            raise NoSuchThing(message)
    return wanted
