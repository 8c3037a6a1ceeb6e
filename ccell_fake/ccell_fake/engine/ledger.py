"""What the engine needs remembered: the seam between what the gateway decides and where it is kept."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from ccell_fake.model import Report, Upmsg
from ccell_fake.records import JournalEntry, Message, ReportRow, Standing, Submission


class Ledger(Protocol):
    """What can be read and written within one transaction. Instants are microseconds since 1970."""

    def standing(self, account: int, now: int) -> Standing:
        """How the account stands, once charges and refunds that have fallen due are taken in."""
        ...

    def charge(self, account: int, messages: int, due: int | None = None) -> None:
        """Charge messages, or refund a negative number of them, at once or when an instant has come."""
        ...

    def greatest_msgid(self, first: int, last: int) -> int | None:
        """The greatest serial number given out within a span."""
        ...

    def add_messages(self, account: int, submission: Submission, messages: list[Message]) -> None:
        """Keep a submission with its messages."""
        ...

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Keep reports until they are fetched."""
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

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        """Hand out upstream messages that have come in, oldest first; the arguments are those of reports."""
        ...

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Note an excess of threads; how many there were since an instant, this one included."""
        ...

    def set_locked(self, account: int, *, is_locked: bool) -> None:
        """Lock or unlock an account; either way its excesses are forgotten."""
        ...

    def write(self, account: int | None, entry: JournalEntry) -> None:
        """Keep a journal entry; the oldest of an account fall out."""
        ...


class Store(Protocol):
    """Where it is remembered."""

    def exclusive(self) -> AbstractContextManager[object]:
        """Keep every other thread out of transactions and of the requests in progress."""
        ...

    def transaction(self) -> AbstractContextManager[Ledger]:
        """A ledger of which either everything is kept, before the block ends, or nothing."""
        ...

    def account(self, userid: str) -> int:
        """The store's number for an account, given out when it is first asked for."""
        ...
