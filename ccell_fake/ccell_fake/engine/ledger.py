"""The interface between the engine and its store. Instants are microseconds since 1970, lists are oldest first."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    JournalEntry,
    Listing,
    MessageFilter,
    MessageRecord,
    Page,
    QueueStatus,
    ReportRecord,
    TimelineEvent,
    UpmsgRecord,
)
from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.records import AccountRow, BalanceRow, Keys, MessageRow, ReportRow, Submission, View


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

    def reports(self, account: int, cursor: int, limit: int) -> Page[ReportRecord]:
        """A page of the reports of an account, including those still to come."""
        ...

    def upmsgs(self, account: int, cursor: int, limit: int) -> Page[UpmsgRecord]:
        """A page of the upstream messages of an account, including those still to come."""
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

    def timeline(self, account: int, since: int, until: int, limit: int, keys: Keys = ...) -> list[TimelineEvent]:
        """The events of an account between two times, in order.

        Args:
            account: Key of the account.
            since: Only events after this time.
            until: Only events up to this time.
            limit: Most events to return.
            keys: Rows with greater keys than these are included whatever their time.
        """
        ...

    def last_keys(self) -> Keys:
        """Keys of the last submission, report and upstream message, of any account."""
        ...

    def next_due(self, account: int, now: int) -> int | None:
        """Time of the next event that time causes, or None."""
        ...

    def scheduled(self, account: int, now: int) -> int:
        """Number of messages of an account that are still to be sent."""
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

    def at_commit(self, act: Callable[[], object]) -> None:
        """Call a function once the transaction is committed."""
        ...

    def at_rollback(self, act: Callable[[], object]) -> None:
        """Call a function if the transaction is rolled back. The last one is called first."""
        ...

    def account(self, userid: str) -> int:
        """Return the store's number for an account. The first call assigns it."""
        ...

    def accounts(self) -> list[AccountRow]:
        """Return the accounts in the order of opening."""
        ...

    def save_account(self, row: AccountRow) -> None:
        """Save an account's settings and its clock setting."""
        ...

    def forget(self, account: int) -> None:
        """Delete an account with all its data."""
        ...

    def balance(self, account: int, now: int) -> BalanceRow:
        """Return the account's balance after all charges and refunds that are due."""
        ...

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        """Charge messages now or when due. A negative number is a refund."""
        ...

    def greatest_msgid(self, first: int, last: int) -> int | None:
        """Return the greatest msgid of any account's messages from the first to the last one of a second, or None."""
        ...

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        """Save a submission with its messages. It belongs to the request whose journal entry is written next."""
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

    def write(self, account: int | None, entry: JournalEntry) -> int:
        """Save a journal entry and return its position. An account's oldest entries are dropped."""
        ...


class Store(Protocol):
    """A store. It runs one transaction at a time."""

    def exclusive(self) -> AbstractContextManager[object]:
        """Lock out every other transaction."""
        ...

    def transaction(self) -> AbstractContextManager[Ledger]:
        """Open a transaction. It is committed at the end of the block, or rolled back on an exception."""
        ...
