"""What the engine needs remembered: the seam between what the gateway decides and where it is kept."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    JournalEntry,
    MessageFilter,
    MessageRecord,
    Page,
    ReportRecord,
    TimelineEvent,
    UpmsgRecord,
)
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import AccountRow, BalanceRow, Keys, MessageRow, ReportRow, Submission


class Inspection(Protocol):
    """Queries within one transaction. Times in arguments are microseconds since 1970; lists are oldest first."""

    def messages(
        self,
        account: int,
        now: int,
        wanted: MessageFilter,
        *,
        after_position: int = 0,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[MessageRecord]:
        """A page of the messages that match a filter.

        Args:
            account: Key of the account.
            now: Time of the account, which decides the state.
            wanted: The filter.
            after_position: Only messages of requests after this position in the journal.
            cursor: `next` of the page before.
            limit: Most messages to return.
        """
        ...

    def messages_of(self, account: int, now: int, position: int) -> list[MessageRecord]:
        """The messages of the request at a position."""
        ...

    def latest_messages(self, account: int, now: int, limit: int) -> list[MessageRecord]:
        """The last messages of an account."""
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
        """The last entries of an account after a position, oldest first."""
        ...

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """The entries of all accounts, or of one, after a position, in their order, each with its account."""
        ...

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped entry after a position, of all accounts or of one; 0 if none was dropped."""
        ...

    def last_dropped(self, account: int) -> int:
        """Position of the last dropped entry of an account; 0 if none was dropped."""
        ...

    def last_position(self, account: int) -> int:
        """Position of the last entry of an account; 0 if it has none."""
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

    def waiting(self) -> tuple[int, int]:
        """Number of reports and of upstream messages of all accounts that are not handed out, including later ones."""
        ...


class Ledger(Protocol):
    """What can be read and written within one transaction. Instants are microseconds since 1970."""

    @property
    def inspect(self) -> Inspection:
        """What a test may look at."""
        ...

    def account(self, userid: str) -> int:
        """The store's number for an account, given out when it is first asked for."""
        ...

    def accounts(self) -> list[AccountRow]:
        """The accounts that are remembered, in the order of opening."""
        ...

    def keep_account(self, row: AccountRow) -> None:
        """Keep an account's settings and how its clock stands."""
        ...

    def forget(self, account: int) -> None:
        """Forget an account and everything that hangs on it."""
        ...

    def standing(self, account: int, now: int) -> BalanceRow:
        """How the account stands, once charges and refunds that have fallen due are taken in."""
        ...

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        """Charge messages, or refund a negative number of them for one message, at once or when an instant has come."""
        ...

    def greatest_msgid(self, account: int, second: int) -> int | None:
        """The greatest serial number that an account's messages of a second have, named by its first microsecond."""
        ...

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        """Keep a submission with its messages; its request is the one whose journal entry is written next."""
        ...

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Keep reports until they are fetched."""
        ...

    def settle(self, account: int, row: ReportRow) -> None:
        """Put a report in the place of those a message was going to have, and undo the refund that hung on them."""
        ...

    def cost_of(self, account: int, msgid: int) -> int:
        """What a message cost."""
        ...

    def take_reports(self, account: int, now: int, limit: int, again: int | None) -> list[Report]:
        """Hand out reports that have come in, oldest first.

        Args:
            account: Whose.
            now: Which have come in.
            limit: How many at most.
            again: When they come in once more, or None for never.
        """
        ...

    def add_upmsg(self, account: int, upmsg: Upmsg) -> None:
        """Keep an upstream message until it is fetched."""
        ...

    def opt_out(self, account: int, phone: str, since: int) -> None:
        """Note that a phone wants no more messages from an instant on."""
        ...

    def opted_out(self, account: int, now: int) -> frozenset[str]:
        """The phones that want no more messages."""
        ...

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        """Hand out upstream messages that have come in, oldest first; the arguments are those of reports."""
        ...

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Note an excess of threads; how many there were since an instant, this one included."""
        ...

    def set_locked(self, account: int, at: int | None) -> None:
        """Lock an account at an instant, or unlock it; either way its excesses are forgotten."""
        ...

    def faults(self, account: int) -> tuple[FaultStatus, ...]:
        """The faults of an account, in the order of arranging."""
        ...

    def add_fault(self, account: int, fault: Fault) -> FaultStatus:
        """Arrange a fault behind those that are there."""
        ...

    def drop_faults(self, account: int, ids: Iterable[int]) -> None:
        """Take faults away."""
        ...

    def count_faults(self, account: int, faults: tuple[FaultStatus, ...]) -> None:
        """Keep the counts of the faults of an account."""
        ...

    def write(self, account: int | None, entry: JournalEntry) -> int:
        """Keep a journal entry and return its position. The oldest entries of an account are dropped."""
        ...


class Store(Protocol):
    """Where it is remembered."""

    def exclusive(self) -> AbstractContextManager[object]:
        """Keep every other thread out of transactions and of the requests in progress."""
        ...

    def transaction(self) -> AbstractContextManager[Ledger]:
        """A ledger of which either everything is kept, before the block ends, or nothing."""
        ...
