"""Queries of what the store holds, for tests. They change nothing. Lists are oldest first."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ccell_fake.clock import from_micros
from ccell_fake.inspection import (
    Item,
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
from ccell_fake.model import Operation
from ccell_fake.records import Keys, LoggedEvent, MetRow, View
from ccell_fake.store.conversions import (
    journal_entry,
    message_keys,
    message_page,
    message_record,
    page,
    request_record,
)
from ccell_fake.store.matching import GLOB, matching, within
from ccell_fake.store.narrowing import Value, narrow
from ccell_fake.store.queues import NOW_OF_EACH, REPORTS, UPMSGS, Queue
from ccell_fake.store.schema import SEARCH_INDEXES
from ccell_fake.store.timeline import TIMELINE

_STATE = (
    "CASE WHEN m.code <> '0' THEN 'refused' WHEN s.due > {now} AND s.due > s.submitted_at THEN 'scheduled'"
    " WHEN r.recvtime IS NULL OR r.recvtime > {now} THEN 'sent' WHEN r.status = '0' THEN 'delivered' ELSE 'failed' END"
)
_COLUMNS = (
    "s.key, m.msgid, s.account, s.position, m.phone, s.content, s.linkid, s.spcode, s.due, s.submitted_at, m.code,"
    f" m.info, m.charge, {_STATE} AS state, r.status, r.info, r.recvtime, r.fetched_at"
)
_NOW = ":now"
# CROSS JOIN keeps the order of the tables. A plus sign keeps a column out of the choice of an index.
_BY_POSITION = "submission s CROSS JOIN message m ON m.submission = s.key"
_BY_MSGID = "message m CROSS JOIN submission s ON s.key = m.submission"
_FIRST_REPORT = (
    "LEFT JOIN report r ON r.key = (SELECT min(key) FROM report WHERE account = s.account AND msgid = m.msgid)"
)
_BY_KEY = "submission s JOIN account a ON a.key = s.account CROSS JOIN message m ON m.submission = s.key"
# The keys of submissions grow with their positions.
_ORDER = "s.position{0}, s.key{0}, m.msgid{0}"
_ORDER_OF_ALL = "s.key{0}, m.msgid{0}"
_CONDITIONS = {
    "phone": "m.phone GLOB :phone",
    "linkid": "s.linkid GLOB :linkid",
    "content": "s.content GLOB :content",
    "msgid": "m.msgid = CAST(:msgid AS INTEGER) AND CAST(m.msgid AS TEXT) = :msgid",
    "code": "m.code GLOB :code",
    "state": "state = :state",
}
_MSGID_PATTERN = "CAST(m.msgid AS TEXT) GLOB :msgid"
_ENTRY = (
    "at, operation, door, peer, place, request, answer, delivery, items, code, rule, basis, explanation,"
    " duration, position"
)
# A line of the explanation begins with the code of one or more numbers.
_REQUEST_CONDITIONS = {
    "userid": "a.userid = :userid",
    "operation": "operation = :operation",
    "code": "code GLOB :code OR char(10) || explanation GLOB '*' || char(10) || :code || ': *'",
    "text": "casefold(request) GLOB casefold(:text)",
    "is_refused": "(code <> '0') = :is_refused",
    "cursor": "position < :cursor",
}
_ANY = "*"
_UNLIMITED = -1
_INDEX = re.compile(rf"INDEXED BY ({'|'.join(SEARCH_INDEXES)})")


class SqliteInspection:
    """Queries within a transaction of a ledger; `engine.ledger.Inspection` describes them."""

    def __init__(
        self, read: Callable[..., list[tuple[Any, ...]]], count_journal: Callable[[int], int], journal_entries: int
    ) -> None:
        """Query a database.

        Args:
            read: Runs a statement with its values and fetches all rows.
            count_journal: Returns the number of journal entries of an account, deleted ones not included.
            journal_entries: Number of journal entries that an account keeps.
        """
        self._read = read
        self._count_journal = count_journal
        self._journal_entries = journal_entries
        self._made: set[str] = set()

    def forget_indexes(self) -> None:
        """Make the indexes again if they are missing. A rollback may have removed them."""
        self._made.clear()

    def search(self, statement: str, values: dict[str, Value]) -> list[tuple[Any, ...]]:
        """Run a statement, after making the indexes for searches that it names."""
        for name in _INDEX.findall(statement):
            if name not in self._made:
                self._read(f"CREATE INDEX IF NOT EXISTS {name} ON {SEARCH_INDEXES[name]}", {})
                self._made.add(name)
        return self._read(statement, values)

    def messages(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[MessageRecord]:
        """A page of the messages of an account that match a filter."""
        return message_page(self._matching(view, wanted, listing), {view.key: view}, listing)

    def message_keys(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[tuple[int, int]]:
        """The keys of the submissions and the msgids of such a page."""
        return message_keys(self._matching(view, wanted, listing), listing.limit)

    def _matching(self, view: View, wanted: MessageFilter, listing: Listing) -> list[tuple[Any, ...]]:
        values: dict[str, Value] = {"account": view.key, "now": view.now}
        conditions = [*_conditions(wanted, listing, values)]
        # An index compares case.
        indexed = replace(wanted, linkid=None) if listing.ignore_case else wanted
        few = narrow(indexed, values, self.search)
        if few is not None:
            conditions.append(f"m.msgid IN ({few})")
        if few is None and (wanted.msgid is None or _ANY in wanted.msgid):
            tables, conditions = _BY_POSITION, ["s.account = :account", *conditions]
            if listing.cursor is not None:
                # The submission of the cursor may be deleted; that next to it has the bound.
                sign, order = ("<=", "DESC") if listing.newest_first else (">=", "")
                bound = (
                    f"SELECT position FROM submission WHERE key {sign} :last_submission ORDER BY key {order} LIMIT 1"
                )
                conditions.append(f"s.position {sign} ({bound})")
        else:
            tables, conditions = _BY_MSGID, ["+m.account = :account", *conditions]
        return self._messages(tables, conditions, values, _NOW, _ORDER, newest_first=listing.newest_first)

    def messages_of_all(
        self, views: Mapping[int, View], base: int, wanted: MessageFilter, listing: Listing
    ) -> Page[MessageRecord]:
        """A page of the messages of all accounts that match a filter."""
        values: dict[str, Value] = {"base": base}
        conditions = [*_conditions(wanted, listing, values)]
        rows = self._messages(
            _BY_KEY, conditions, values, NOW_OF_EACH, _ORDER_OF_ALL, newest_first=listing.newest_first
        )
        return message_page(rows, views, listing)

    def messages_of(self, view: View, position: int) -> list[MessageRecord]:
        """The messages of the request at a position."""
        values: dict[str, Value] = {"account": view.key, "now": view.now, "position": position, "limit": _UNLIMITED}
        conditions = ["s.account = :account", "s.position = :position"]
        rows = self._messages(_BY_POSITION, conditions, values, _NOW, _ORDER)
        return [message_record(row, view) for row in rows]

    def _messages(
        self,
        tables: str,
        conditions: list[str],
        values: dict[str, Value],
        now: str,
        order: str,
        *,
        newest_first: bool = False,
    ) -> list[tuple[Any, ...]]:
        statement = f"SELECT {_COLUMNS.format(now=now)} FROM {tables} {_FIRST_REPORT} WHERE {' AND '.join(conditions)}"
        return self._read(f"{statement} ORDER BY {order.format(' DESC' if newest_first else '')} LIMIT :limit", values)

    def reports(self, view: View, wanted: ReportFilter, listing: Listing) -> Page[ReportRecord]:
        """A page of the reports of an account that match a filter."""
        return self._queued(REPORTS, {view.key: view}, None, wanted, listing)

    def reports_of_all(
        self, views: Mapping[int, View], base: int, wanted: ReportFilter, listing: Listing
    ) -> Page[ReportRecord]:
        """A page of the reports of all accounts that match a filter."""
        return self._queued(REPORTS, views, base, wanted, listing)

    def upmsgs(self, view: View, wanted: UpmsgFilter, listing: Listing) -> Page[UpmsgRecord]:
        """A page of the upstream messages of an account that match a filter."""
        return self._queued(UPMSGS, {view.key: view}, None, wanted, listing)

    def upmsgs_of_all(
        self, views: Mapping[int, View], base: int, wanted: UpmsgFilter, listing: Listing
    ) -> Page[UpmsgRecord]:
        """A page of the upstream messages of all accounts that match a filter."""
        return self._queued(UPMSGS, views, base, wanted, listing)

    def _queued(
        self,
        queue: Queue[Item],
        views: Mapping[int, View],
        base: int | None,
        wanted: ReportFilter | UpmsgFilter,
        listing: Listing,
    ) -> Page[Item]:
        statement, values = queue.statement(views, base, wanted, listing)
        return queue.page(self.search(statement, values), views, listing.limit)

    def journal(
        self,
        account: int,
        after_position: int,
        limit: int | None = None,
        operation: str | None = None,
        code: str | None = None,
    ) -> Page[JournalEntry]:
        """A page of the entries of an account after a position."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = :account AND position > :after_position"
            " AND operation = coalesce(:operation, operation) AND code = coalesce(:code, code)"
            " ORDER BY position LIMIT :limit",
            {
                "account": account,
                "after_position": max(after_position, self.last_dropped(account)),
                "limit": _UNLIMITED if limit is None else limit + 1,
                "operation": operation,
                "code": code,
            },
        )
        return page(rows, limit, journal_entry, lambda row: row[-1])

    def requests(self, wanted: RequestFilter, cursor: int | None, limit: int) -> Page[RequestRecord]:
        """A page of the entries of all accounts and of none that match a filter, the newest first."""
        values: dict[str, Value] = {
            "userid": wanted.userid,
            "operation": wanted.operation,
            "code": None if wanted.code is None else wanted.code.translate(GLOB),
            "text": None if wanted.text is None else wanted.text.translate(GLOB),
            "is_refused": wanted.is_refused,
            "cursor": cursor,
        }
        conditions = [f"({_REQUEST_CONDITIONS[name]})" for name, value in values.items() if value is not None]
        rows = self._read(
            f"SELECT {_ENTRY}, a.userid FROM journal JOIN account a ON a.key = account"
            f"{' WHERE ' if conditions else ''}{' AND '.join(conditions)} ORDER BY position DESC LIMIT :limit",
            {**values, "limit": limit + 1},
        )
        return page(rows, limit, request_record, lambda row: row[-2])

    def latest_journal(self, account: int, after_position: int, limit: int) -> list[JournalEntry]:
        """The last entries of an account after a position."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = :account AND position > :after_position"
            " ORDER BY position DESC LIMIT :limit",
            {"account": account, "after_position": max(after_position, self.last_dropped(account)), "limit": limit},
        )
        return [journal_entry(row) for row in reversed(rows)]

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """The entries of all accounts and of none, or of one account, after a position, each with its account."""
        rows = self._read(
            f"SELECT account, {_ENTRY} FROM journal WHERE position > :after_position"
            f"{'' if account is None else ' AND account = :account'} ORDER BY position LIMIT :limit",
            {"after_position": after_position, "limit": limit, "account": account},
        )
        return [(row[0], journal_entry(row[1:])) for row in rows]

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped entry after a position, of all journals or of one; 0 if none was dropped."""
        return self._dropped_after("last_dropped", "account_dropped", after_position, account)

    def events_dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped event after a position, of all accounts or of one; 0 if none was dropped."""
        return self._dropped_after("last_event_dropped", "account_event_dropped", after_position, account)

    def _dropped_after(self, column: str, index: str, after_position: int, account: int | None) -> int:
        ((dropped,),) = self.search(
            f"SELECT coalesce(max({column}), 0) FROM account {f'INDEXED BY {index}' if account is None else ''}"
            f" WHERE {column} > 0 AND {column} > :after_position{'' if account is None else ' AND key = :account'}",
            {"after_position": after_position, "account": account},
        )
        return int(dropped)

    def last_dropped(self, account: int) -> int:
        """Position of the last dropped entry of an account; 0 if none was dropped."""
        spare = self._count_journal(account) - self._journal_entries
        if spare > 0:
            # The oldest entries are deleted many at a time.
            ((position,),) = self._read(
                "SELECT position FROM journal WHERE account = :account ORDER BY position LIMIT 1 OFFSET :spare",
                {"account": account, "spare": spare - 1},
            )
            return int(position)
        ((dropped,),) = self._read("SELECT last_dropped FROM account WHERE key = :account", {"account": account})
        return int(dropped)

    def last_position(self, account: int) -> int:
        """Position of the last entry of an account; 0 if it has none."""
        ((last,),) = self._read(
            "SELECT coalesce(max(position), 0) FROM journal WHERE account = :account", {"account": account}
        )
        return max(int(last), self.last_dropped(account))

    def timeline(self, account: int, since: int, until: int, limit: int) -> list[TimelineEvent]:
        """The events between two times."""
        values: dict[str, Value] = {"account": account, "since": since, "until": until, "limit": limit}
        return [
            TimelineEvent(from_micros(at), kind, None if msgid is None else str(msgid), phone, text)
            for at, _, kind, msgid, phone, text in self.search(TIMELINE, values)
        ]

    def events(self, after_position: int, limit: int, account: int | None = None) -> list[LoggedEvent]:
        """The recorded events after a position."""
        rows = self._read(
            "SELECT position, account, at, kind, msgid, phone, text FROM time_event WHERE position > :after_position"
            f"{'' if account is None else ' AND account = :account'} ORDER BY position LIMIT :limit",
            {"after_position": after_position, "limit": limit, "account": account},
        )
        return [LoggedEvent(*row) for row in rows]

    def last_keys(self) -> Keys:
        """Keys of the last rows, of any account."""
        (keys,) = self._read(
            "SELECT (SELECT coalesce(max(key), 0) FROM submission), (SELECT coalesce(max(key), 0) FROM report),"
            " (SELECT coalesce(max(key), 0) FROM upmsg), (SELECT coalesce(max(key), 0) FROM opt_out)",
            {},
        )
        return Keys(*keys)

    def next_due(self, account: int, now: int) -> int | None:
        """Time of the next event."""
        ((due,),) = self._read(
            "SELECT min(due) FROM ("
            " SELECT min(due) AS due FROM submission WHERE account = :account AND due > :now AND due > submitted_at"
            " UNION ALL SELECT min(due) FROM report WHERE account = :account AND due > :now AND fetched_at IS NULL"
            " UNION ALL SELECT min(due) FROM upmsg WHERE account = :account AND due > :now AND fetched_at IS NULL)",
            {"account": account, "now": now},
        )
        return None if due is None else int(due)

    def scheduled(self, account: int, now: int) -> int:
        """Number of messages of an account that are still to be sent."""
        ((count,),) = self._read(
            "SELECT count(*) FROM submission s JOIN message m ON m.submission = s.key"
            " WHERE s.account = :account AND s.due > :now AND s.due > s.submitted_at AND m.code = '0'",
            {"account": account, "now": now},
        )
        return int(count)

    def met(self, account: int | None = None) -> list[MetRow]:
        """Items that an account has met, or all accounts and requests of none together."""
        rows = self._read(
            "SELECT kind, name, sum(count), min(first_at), max(last_at) FROM met"
            " WHERE account = :account OR :account IS NULL GROUP BY kind, name",
            {"account": account},
        )
        return [MetRow(*row) for row in rows]

    def queue(self, account: int, operation: Operation, now: int) -> QueueStatus:
        """The state of the queue that an endpoint, `report` or `upmsg`, takes from."""
        ((waiting, later, fetched_at),) = self._read(
            "SELECT count(*) FILTER (WHERE due <= :now), count(*) FILTER (WHERE due > :now),"
            " (SELECT at FROM journal WHERE account = :account AND operation = :operation AND code = '0'"
            " ORDER BY position DESC LIMIT 1)"
            f" FROM {operation} INDEXED BY {operation}_waiting WHERE account = :account AND fetched_at IS NULL",
            {"account": account, "operation": operation, "now": now},
        )
        return QueueStatus(int(waiting), int(later), None if fetched_at is None else from_micros(fetched_at))

    def excesses(self, account: int, since: int, until: int) -> int:
        """Number of excesses from a time to another, both included."""
        ((count,),) = self._read(
            "SELECT count(*) FROM excess WHERE account = :account AND at BETWEEN :since AND :until",
            {"account": account, "since": since, "until": until},
        )
        return int(count)

    def waiting(self) -> tuple[int, int]:
        """Number of reports and of upstream messages that are not handed out, of all accounts."""
        ((reports, upmsgs),) = self._read(
            "SELECT (SELECT count(*) FROM report WHERE fetched_at IS NULL),"
            " (SELECT count(*) FROM upmsg WHERE fetched_at IS NULL)",
            {},
        )
        return int(reports), int(upmsgs)


def _conditions(wanted: MessageFilter, listing: Listing, values: dict[str, Value]) -> Iterator[str]:
    """Yield the conditions of a filter and of a part of a list, and add their values."""
    is_pattern = _ANY in (wanted.msgid or "")
    conditions = {**_CONDITIONS, "msgid": _MSGID_PATTERN} if is_pattern else _CONDITIONS
    yield from matching(wanted, conditions, values, ignore_case=listing.ignore_case)
    values["position"], values["limit"] = listing.after_position, listing.limit + 1
    yield "s.position > :position"
    yield from within(listing, "s.submitted_at", values)
    if listing.cursor is not None:
        submission, _, msgid = str(listing.cursor).partition("-")
        values |= {"last_submission": int(submission), "last_msgid": int(msgid)}
        yield f"(s.key, m.msgid) {'<' if listing.newest_first else '>'} (:last_submission, :last_msgid)"
