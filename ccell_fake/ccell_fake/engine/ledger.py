"""The interface between the engine and its store. Instants are microseconds since 1970, lists are oldest first."""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ccell_fake.clock import ClockSetting
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    Hold,
    JournalEntry,
    Listing,
    MessageFilter,
    MessageRecord,
    Page,
    QueueStatus,
    ReportFilter,
    ReportRecord,
    RequestFilter,
    RequestRecord,
    TimelineEvent,
    UpmsgFilter,
    UpmsgRecord,
)
from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.records import (
    AccountRow,
    BalanceRow,
    Figure,
    Keys,
    LoggedEvent,
    MessageRow,
    Met,
    MetRow,
    ReportRow,
    Slot,
    Submission,
    View,
)
from ccell_fake.settings import AccountSettings


class Inspection(Protocol):
    """Queries within one transaction. Times in arguments are microseconds since 1970; lists are oldest first."""

    def messages(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[MessageRecord]:
        """A page of the messages of an account that match a filter."""
        ...

    def messages_of_all(
        self, views: Mapping[int, View], base: int, wanted: MessageFilter, listing: Listing
    ) -> Page[MessageRecord]:
        """A page of the messages of all accounts that match a filter.

        Args:
            views: The accounts by their keys.
            base: The gateway's time.
            wanted: The filter.
            listing: The part to return, and its order.
        """
        ...

    def messages_of(self, view: View, position: int) -> list[MessageRecord]:
        """The messages of the request at a position."""
        ...

    def message_keys(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[tuple[int, int]]:
        """The same page as keys: for each message the key of its submission, and its msgid."""
        ...

    def reports(self, view: View, wanted: ReportFilter, listing: Listing) -> Page[ReportRecord]:
        """A page of the reports of an account that match a filter, including those still to come."""
        ...

    def reports_of_all(
        self, views: Mapping[int, View], base: int, wanted: ReportFilter, listing: Listing
    ) -> Page[ReportRecord]:
        """A page of the reports of all accounts that match a filter, with the arguments of `messages_of_all`."""
        ...

    def upmsgs(self, view: View, wanted: UpmsgFilter, listing: Listing) -> Page[UpmsgRecord]:
        """A page of the upstream messages of an account that match a filter, including those still to come."""
        ...

    def upmsgs_of_all(
        self, views: Mapping[int, View], base: int, wanted: UpmsgFilter, listing: Listing
    ) -> Page[UpmsgRecord]:
        """A page of the upstream messages of all accounts that match, with the arguments of `messages_of_all`."""
        ...

    def journal(
        self,
        account: int,
        after_position: int,
        limit: int | None = None,
        operation: str | None = None,
        code: str | None = None,
    ) -> Page[JournalEntry]:
        """A page of the entries of an account after a position, except dropped ones. No limit returns all."""
        ...

    def requests(self, wanted: RequestFilter, cursor: int | None, limit: int) -> Page[RequestRecord]:
        """A page of the entries of all accounts and of none that match a filter, the newest first."""
        ...

    def latest_journal(self, account: int, after_position: int, limit: int) -> list[JournalEntry]:
        """Return the last entries after a position."""
        ...

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """Return the entries of all accounts and of none (0), or of one, after a position, each with its account."""
        ...

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Return the position of the last dropped entry after a position, of all journals or of one, or 0."""
        ...

    def last_dropped(self, account: int) -> int:
        """Return the position of the account's last dropped entry, or 0."""
        ...

    def last_position(self, account: int) -> int:
        """Return the position of the account's last entry, or 0."""
        ...

    def events_dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Return the position of the last dropped event after a position, of all accounts or of one, or 0."""
        ...

    def events(self, after_position: int, limit: int, account: int | None = None) -> list[LoggedEvent]:
        """Return the recorded events of all accounts and of none (0), or of one, after a position."""
        ...

    def timeline(self, account: int, since: int, until: int, limit: int) -> list[TimelineEvent]:
        """The events of an account between two times, in order.

        Args:
            account: Key of the account.
            since: Only events after this time.
            until: Only events up to this time.
            limit: Most events to return.
        """
        ...

    def last_keys(self) -> Keys:
        """Keys of the last submission, report, upstream message and opt-out, of any account."""
        ...

    def next_due(self, account: int, now: int) -> int | None:
        """Time of the next event that time causes, or None."""
        ...

    def scheduled(self, account: int, now: int) -> int:
        """Number of messages of an account that are still to be sent."""
        ...

    def met(self, account: int | None = None) -> list[MetRow]:
        """Return what an account has met, or all accounts and requests of none together."""
        ...

    def queue(self, account: int, operation: Operation, now: int) -> QueueStatus:
        """Return the state of the queue that an endpoint, `report` or `upmsg`, takes from."""
        ...

    def excesses(self, account: int, since: int, until: int) -> int:
        """Count the excesses from a time to another, both included."""
        ...

    def waiting(self) -> tuple[int, int]:
        """Number of reports and of upstream messages of all accounts that are not handed out, including later ones."""
        ...


class Ledger(Protocol):
    """The data of all accounts within one transaction. `account` is the store's number for an account."""

    @property
    def inspect(self) -> Inspection:
        """The queries of the control API."""
        ...

    @property
    def history(self) -> str:
        """Name of the history that positions belong to: 16 hexadecimal digits. A restored snapshot has another."""
        ...

    @property
    def position(self) -> int:
        """Position of the last journal entry or event of any account."""
        ...

    def begin_events(self, times: Callable[[], Mapping[int, int]]) -> int:
        """Record the events that time causes from now on, unless they are recorded already.

        The transaction must be one of all accounts.

        Args:
            times: Returns the time of each account.

        Returns:
            The present position. Later ones are greater, also after a restart.
        """
        ...

    def record_events(self, account: int, now: int) -> None:
        """Record the events of an account up to its time. Does nothing if nobody has ever listened."""
        ...

    def at_commit(self, act: Callable[[], object]) -> None:
        """Call a function once the transaction is committed."""
        ...

    def at_rollback(self, act: Callable[[], object]) -> None:
        """Call a function if the transaction is rolled back. The last one is called first."""
        ...

    def account_row(self, userid: str) -> AccountRow | None:
        """Return an account as it is now, or None if it is not open."""
        ...

    def account_with_key(self, account: int) -> AccountRow | None:
        """Return an account as it is now by the store's number for it, or None if it is not open."""
        ...

    def accounts(self) -> list[AccountRow]:
        """Return the accounts in the order of opening."""
        ...

    def open_account(self, userid: str) -> int:
        """Return the store's number for an account. The first call assigns it."""
        ...

    def save_account(self, account: int, settings: AccountSettings, clock: ClockSetting) -> AccountRow:
        """Save an account's settings and its clock setting. Returns the account as it is now."""
        ...

    def forget(self, account: int) -> None:
        """Delete an account with all its data."""
        ...

    def forget_strays(self) -> None:
        """Delete the journal of the requests of no account."""
        ...

    def balance(self, account: int, now: int) -> BalanceRow:
        """Return the account's balance after all charges and refunds that are due."""
        ...

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        """Charge messages now or when due. A negative number is a refund."""
        ...

    def reserve_msgids(self, second: int, start: int, width: int) -> int:
        """Reserve msgids, which no other request gets.

        Args:
            second: The first msgid of the second, of any account.
            start: The least msgid to reserve behind.
            width: How many msgids to reserve.

        Returns:
            The msgid before the reserved ones: the greatest one in use in this second, or `start` if that is greater.
        """
        ...

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        """Save a submission with its messages. It belongs to the request whose journal entry is written next."""
        ...

    def delete_messages(self, account: int, msgids: Collection[int]) -> None:
        """Delete messages, and their reports that were fetched. Charges stay. Their msgids are not used again."""
        ...

    def delete_reports(self, account: int, ids: Collection[int]) -> int:
        """Delete reports, wherever they are. Returns how many there were."""
        ...

    def delete_upmsgs(self, account: int, ids: Collection[int]) -> int:
        """Delete upstream messages, wherever they are. Returns how many there were."""
        ...

    def requeue_reports(self, account: int, ids: Collection[int], now: int) -> int:
        """Put reports back into their queue, to be fetched once more. Returns how many had been fetched."""
        ...

    def requeue_upmsgs(self, account: int, ids: Collection[int], now: int) -> int:
        """Put upstream messages back into their queue, to be fetched once more. Returns how many had been fetched."""
        ...

    def apply_cap(self, account: int, now: int) -> None:
        """Delete some of the messages that the account does not keep any longer. `now` is its time."""
        ...

    def add_unreported(self, account: int, msgids: Iterable[int]) -> None:
        """Record the accepted messages that get no report."""
        ...

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Save reports."""
        ...

    def add_stray_report(self, account: int, msgid: str, row: ReportRow) -> None:
        """Add a report with a msgid that no message can have. The msgid of its row is 0."""
        ...

    def settle(self, account: int, row: ReportRow) -> None:
        """Replace the pending reports of a message by one report, and cancel their refund."""
        ...

    def cost_of(self, account: int, msgid: int) -> int:
        """Return the charge of a message."""
        ...

    def take_reports(self, account: int, now: int, limit: int, again: int | None) -> list[Report]:
        """Take the reports that are due, oldest first.

        Args:
            account: The account.
            now: The account's time.
            limit: Maximum number of reports.
            again: When they are due once more; None for never.
        """
        ...

    def add_upmsg(self, account: int, upmsg: Upmsg) -> None:
        """Save an upstream message."""
        ...

    def opt_out(self, account: int, phone: str, since: int) -> None:
        """Record that a phone has opted out, from an instant on."""
        ...

    def opted_out(self, account: int, now: int) -> frozenset[str]:
        """Return the phones that have opted out."""
        ...

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        """Take the upstream messages that are due, with the arguments of `take_reports`."""
        ...

    def use_seqid(self, account: int, seqid: str) -> bool:
        """Remember the seqid of a request. Returns False if it is remembered already. The oldest ones are forgotten."""
        ...

    def in_progress(self, account: int, operation: Operation | None = None) -> int:
        """Count the taken slots of an account, of one endpoint or of all, holds included."""
        ...

    def enter(self, account: int, operation: Operation) -> Slot:
        """Take a slot."""
        ...

    def leave(self, slot: Slot) -> None:
        """Free a slot. A second call does nothing."""
        ...

    def hold(self, account: int, slots: int, operation: Operation | None, until: datetime, seconds: float) -> Hold:
        """Hold slots for some seconds. The host's clock shows `until` then, unless it is set meanwhile."""
        ...

    def holds(self, account: int) -> tuple[Hold, ...]:
        """Return the holds of an account that have not ended."""
        ...

    def release_holds(self, account: int, ids: Iterable[int]) -> None:
        """End holds."""
        ...

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Record that the thread limit was exceeded, and count how often since an instant."""
        ...

    def set_locked(self, account: int, at: int | None) -> None:
        """Lock an account at an instant, or unlock it with None. Both clear the recorded excesses."""
        ...

    def faults(self, account: int) -> tuple[FaultStatus, ...]:
        """The faults of an account, in the order of arranging."""
        ...

    def add_fault(self, account: int, fault: Fault) -> FaultStatus:
        """Add a fault after the present ones."""
        ...

    def drop_faults(self, account: int, ids: Iterable[int]) -> None:
        """Remove faults."""
        ...

    def count_faults(self, account: int, faults: tuple[FaultStatus, ...]) -> None:
        """Keep the counts of the faults of an account."""
        ...

    def count_met(self, account: int | None, met: Iterable[Met], at: datetime) -> None:
        """Count what an account, or a request of none, has met, at a time of the gateway's clock."""
        ...

    def hand_over_met(self, account: int, to: int | None) -> None:
        """Add what an account has met to another account, or to the requests of none. `forget` keeps it."""
        ...

    def write(self, account: int | None, entry: JournalEntry) -> int:
        """Save a journal entry and return its position. An account's oldest entries are dropped."""
        ...


class Store(Protocol):
    """A store. A transaction is committed at the end of its block, or rolled back on an exception."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What the metrics show about it."""
        ...

    def transaction(self, userid: str | None) -> AbstractContextManager[Ledger]:
        """Open a transaction on one account, which need not exist, or on the requests of no account (None).

        No other transaction on the account runs meanwhile, in any emulator. Other accounts must not be touched.
        """
        ...

    def transaction_of_all(self) -> AbstractContextManager[Ledger]:
        """Open a transaction on all accounts. No other transaction runs meanwhile, in any emulator."""
        ...

    def reading(self) -> AbstractContextManager[Ledger]:
        """Open a transaction that reads any accounts and changes nothing."""
        ...

    def leave(self, slot: Slot) -> None:
        """Free a slot, in a transaction of its own. A second call does nothing."""
        ...
