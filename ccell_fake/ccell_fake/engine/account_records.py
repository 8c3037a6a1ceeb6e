"""Operations of the control API on the messages, reports and upstream messages of one account.

An operation on many records takes several transactions, so that requests are answered meanwhile.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ccell_fake.engine.account import Account
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import NoSuchThing, NotPossible
from ccell_fake.inspection import Listing, MessageFilter, Page, ReportFilter, ReportRecord, UpmsgFilter, UpmsgRecord
from ccell_fake.records import Keys

Record = TypeVar("Record", ReportRecord, UpmsgRecord)
Filter = TypeVar("Filter", ReportFilter, UpmsgFilter)

Opened = Callable[[], AbstractContextManager[tuple[Account, Ledger]]]
"""Opens a transaction of an account."""

_PIECE = 1_000


@dataclass(frozen=True, slots=True)
class QueueAdmin(Generic[Record, Filter]):
    """The reports or the upstream messages of an account.

    Attributes:
        opened: Opens a transaction.
        name: Name of a record, for messages.
        everything: A filter that all records match.
        find: Returns the records that match a filter.
        delete_rows: Deletes records by their numbers, and returns how many there were.
        requeue_rows: Puts records back into their queue by their numbers, and returns how many had been fetched.
        last: Chooses the key of the last record.
    """

    opened: Opened
    name: str
    everything: Filter
    find: Callable[[Account, Ledger, Filter, Listing], Page[Record]]
    delete_rows: Callable[[Account, Ledger, Collection[int]], int]
    requeue_rows: Callable[[Account, Ledger, Collection[int]], int]
    last: Callable[[Keys], int]

    def list(self, wanted: Filter, listing: Listing) -> Page[Record]:
        """Return the records that match a filter: planned, waiting and fetched."""
        with self.opened() as (account, ledger):
            return self.find(account, ledger, wanted, listing)

    def delete(self, id_: int) -> None:
        """Delete a record. Raises NoSuchThing if it does not exist."""
        with self.opened() as (account, ledger):
            ledger.record_events(account.key, account.now)
            if not self.delete_rows(account, ledger, [id_]):
                raise self._missing(id_)

    def delete_all(self, wanted: Filter, listing: Listing) -> int:
        """Delete the records that match a filter, and return how many."""
        return self._perform(wanted, listing, self.delete_rows)

    def requeue(self, id_: int) -> Record:
        """Put a record that was fetched back into its queue.

        Raises:
            NoSuchThing: The record does not exist.
            NotPossible: It was not fetched.
        """
        with self.opened() as (account, ledger):
            requeued = self.requeue_rows(account, ledger, [id_])
            found = self.find(account, ledger, self.everything, Listing(cursor=id_ - 1, limit=1)).items
            if not found or found[0].id != id_:
                raise self._missing(id_)
            if not requeued:
                message = f"{self.name} {id_} was not fetched; only a fetched one can be put back into the queue"
                raise NotPossible(message)
            return found[0]

    def requeue_all(self, wanted: Filter, listing: Listing) -> int:
        """Put the records that match a filter and were fetched back into their queue, and return how many."""
        return self._perform(wanted, listing, self.requeue_rows)

    def _perform(
        self, wanted: Filter, listing: Listing, perform: Callable[[Account, Ledger, Collection[int]], int]
    ) -> int:
        def find(account: Account, ledger: Ledger, part: Listing) -> Page[tuple[int, int]]:
            page = self.find(account, ledger, wanted, part)
            return Page(tuple((one.id, one.id) for one in page.items), page.next)

        return _in_pieces(self.opened, self.last, find, perform, listing)

    def _missing(self, id_: int) -> NoSuchThing:
        return NoSuchThing(f"there is no {self.name} {id_}")


def reports(opened: Opened) -> QueueAdmin[ReportRecord, ReportFilter]:
    """The reports of an account."""
    return QueueAdmin(
        opened,
        "report",
        ReportFilter(),
        lambda account, ledger, wanted, listing: ledger.inspect.reports(account.view, wanted, listing),
        lambda account, ledger, ids: ledger.delete_reports(account.key, ids),
        lambda account, ledger, ids: ledger.requeue_reports(account.key, ids, account.now),
        lambda keys: keys.report,
    )


def upmsgs(opened: Opened) -> QueueAdmin[UpmsgRecord, UpmsgFilter]:
    """The upstream messages of an account."""
    return QueueAdmin(
        opened,
        "upstream message",
        UpmsgFilter(),
        lambda account, ledger, wanted, listing: ledger.inspect.upmsgs(account.view, wanted, listing),
        lambda account, ledger, ids: ledger.delete_upmsgs(account.key, ids),
        lambda account, ledger, ids: ledger.requeue_upmsgs(account.key, ids, account.now),
        lambda keys: keys.upmsg,
    )


def delete_messages(opened: Opened, wanted: MessageFilter, listing: Listing) -> int:
    """Delete the messages that match a filter, and return how many. Messages that are submitted meanwhile stay."""

    def find(account: Account, ledger: Ledger, part: Listing) -> Page[tuple[int, int]]:
        return ledger.inspect.message_keys(account.view, wanted, part)

    def delete(account: Account, ledger: Ledger, msgids: Collection[int]) -> int:
        ledger.delete_messages(account.key, msgids)
        return len(msgids)

    return _in_pieces(opened, lambda keys: keys.submission, find, delete, listing)


def _in_pieces(
    opened: Opened,
    last: Callable[[Keys], int],
    find: Callable[[Account, Ledger, Listing], Page[tuple[int, int]]],
    perform: Callable[[Account, Ledger, Collection[int]], int],
    listing: Listing,
) -> int:
    """Perform an operation on the rows of a list, some in each transaction. Returns the number of rows.

    Args:
        opened: Opens a transaction.
        last: Chooses the key of the last row. Rows that come meanwhile are left out.
        find: Returns rows of a part of the list: their keys and their numbers.
        perform: Performs the operation on rows with these numbers, and returns on how many.
        listing: The list, oldest row first.
    """
    count, end, cursor = 0, None, listing.cursor
    while True:
        with opened() as (account, ledger):
            end = last(ledger.inspect.last_keys()) if end is None else end
            page = find(account, ledger, replace(listing, cursor=cursor, limit=_PIECE))
            ledger.record_events(account.key, account.now)
            count += perform(account, ledger, [number for key, number in page.items if key <= end])
        cursor = page.next
        if cursor is None:
            return count
