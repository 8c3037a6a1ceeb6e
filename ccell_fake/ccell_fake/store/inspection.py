"""Queries of what the store holds, for tests. They change nothing. Lists are oldest first."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.inspection import (
    Item,
    JournalEntry,
    Listing,
    MessageFilter,
    MessageRecord,
    MessageReport,
    Page,
    QueueStatus,
    ReportRecord,
    State,
    TimelineEvent,
    UpmsgRecord,
)
from ccell_fake.model import Operation
from ccell_fake.records import NO_KEYS, Keys, View
from ccell_fake.store.narrowing import Value, narrow
from ccell_fake.store.schema import SEARCH_INDEXES

_STATE = (
    "CASE WHEN m.code <> '0' THEN 'refused' WHEN s.due > {now} AND s.due > s.submitted_at THEN 'scheduled'"
    " WHEN r.recvtime IS NULL OR r.recvtime > {now} THEN 'sent' WHEN r.status = '0' THEN 'delivered' ELSE 'failed' END"
)
_COLUMNS = (
    "s.key, m.msgid, s.account, s.position, m.phone, s.content, s.linkid, s.spcode, s.due, s.submitted_at, m.code,"
    f" m.info, m.charge, {_STATE} AS state, r.status, r.info, r.recvtime, r.fetched_at"
)
_NOW = ":now"
_NOW_OF_EACH = "coalesce(a.frozen_at, :base + a.offset)"
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
    "code": "m.code = :code",
    "state": "state = :state",
}
_PATTERNS = {"phone", "linkid", "content"}
_WITH_CASE = {"linkid", "content"}
_REPORTED = {State.DELIVERED, State.FAILED}
_GLOB = str.maketrans({"?": "[?]", "[": "[[]"})
# Each kind of event is found by its time, and by its key if its time has passed already. One condition with OR would
# use no index.
_TIMELINE = """
SELECT s.due, 0, 'sent', m.msgid, m.phone, s.content
    FROM submission s INDEXED BY submission_scheduled CROSS JOIN message m ON m.submission = s.key
    WHERE s.account = :account AND s.due > :since AND s.due <= :until AND s.due > s.submitted_at AND m.code = '0'
UNION ALL SELECT s.due, 0, 'sent', m.msgid, m.phone, s.content
    FROM submission s CROSS JOIN message m ON m.submission = s.key
    WHERE s.key > :submission AND +s.account = :account AND s.due <= min(:since, :until)
        AND s.due > s.submitted_at AND m.code = '0'
UNION ALL SELECT recvtime, 1, 'report', coalesce(stray, msgid), phone, info FROM report INDEXED BY report_delivered
    WHERE account = :account AND status = '0' AND recvtime > :since AND recvtime <= :until
UNION ALL SELECT recvtime, 1, 'report', coalesce(stray, msgid), phone, info FROM report INDEXED BY report_failed
    WHERE account = :account AND status <> '0' AND recvtime > :since AND recvtime <= :until
UNION ALL SELECT recvtime, 1, 'report', coalesce(stray, msgid), phone, info FROM report
    WHERE key > :report AND +account = :account AND recvtime <= min(:since, :until)
UNION ALL SELECT motime, 2, 'upmsg', NULL, phone, msgcontent FROM upmsg INDEXED BY upmsg_of
    WHERE account = :account AND motime > :since AND motime <= :until
UNION ALL SELECT motime, 2, 'upmsg', NULL, phone, msgcontent FROM upmsg
    WHERE key > :upmsg AND +account = :account AND motime <= min(:since, :until)
UNION ALL SELECT since, 3, 'opt_out', NULL, phone, '' FROM opt_out
    WHERE account = :account AND since > :since AND since <= :until
ORDER BY 1, 2, 4 LIMIT :limit
"""
_ENTRY = (
    "at, operation, peer, place, request, answer, delivery, items, code, rule, basis, explanation, duration, position"
)
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

    def _search(self, statement: str, values: dict[str, Value]) -> list[tuple[Any, ...]]:
        """Run a statement, after making the indexes that it names."""
        for name in _INDEX.findall(statement):
            if name not in self._made:
                self._read(f"CREATE INDEX IF NOT EXISTS {name} ON {SEARCH_INDEXES[name]}", {})
                self._made.add(name)
        return self._read(statement, values)

    def messages(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[MessageRecord]:
        """A page of the messages of an account that match a filter."""
        values: dict[str, Value] = {"account": view.key, "now": view.now}
        conditions = [*_matching(wanted, listing, values), *_part(listing, values)]
        # An index compares case.
        indexed = replace(wanted, linkid=None) if listing.ignore_case else wanted
        few = narrow(indexed, values, self._search)
        if few is not None:
            conditions.append(f"m.msgid IN ({few})")
        if few is None and wanted.msgid is None:
            tables, conditions = _BY_POSITION, ["s.account = :account", *conditions]
            if listing.cursor is not None:
                sign = "<=" if listing.newest_first else ">="
                conditions.append(f"s.position {sign} (SELECT position FROM submission WHERE key = :last_submission)")
        else:
            tables, conditions = _BY_MSGID, ["+m.account = :account", *conditions]
        rows = self._messages(tables, conditions, values, _NOW, _ORDER, newest_first=listing.newest_first)
        return _message_page(rows, {view.key: view}, listing)

    def messages_of_all(
        self, views: Mapping[int, View], base: int, wanted: MessageFilter, listing: Listing
    ) -> Page[MessageRecord]:
        """A page of the messages of all accounts that match a filter."""
        values: dict[str, Value] = {"base": base}
        conditions = [*_matching(wanted, listing, values), *_part(listing, values)]
        rows = self._messages(
            _BY_KEY, conditions, values, _NOW_OF_EACH, _ORDER_OF_ALL, newest_first=listing.newest_first
        )
        return _message_page(rows, views, listing)

    def messages_of(self, view: View, position: int) -> list[MessageRecord]:
        """The messages of the request at a position."""
        values: dict[str, Value] = {"account": view.key, "now": view.now, "position": position, "limit": _UNLIMITED}
        conditions = ["s.account = :account", "s.position = :position"]
        rows = self._messages(_BY_POSITION, conditions, values, _NOW, _ORDER)
        return [_message(row, view) for row in rows]

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

    def reports(self, account: int, cursor: int, limit: int) -> Page[ReportRecord]:
        """A page of the reports of an account."""
        rows = self._search(
            "SELECT key, coalesce(stray, msgid), linkid, phone, status, info, recvtime, fetched_at"
            " FROM report INDEXED BY report_listed WHERE account = :account AND key > :cursor"
            " ORDER BY key LIMIT :limit",
            {"account": account, "cursor": cursor, "limit": limit + 1},
        )
        return _page(rows, limit, _report, lambda row: row[0])

    def upmsgs(self, account: int, cursor: int, limit: int) -> Page[UpmsgRecord]:
        """A page of the upstream messages of an account."""
        rows = self._read(
            "SELECT key, spnumber, phone, msgcontent, motime, fetched_at FROM upmsg"
            " WHERE account = :account AND key > :cursor ORDER BY key LIMIT :limit",
            {"account": account, "cursor": cursor, "limit": limit + 1},
        )
        return _page(rows, limit, _upmsg, lambda row: row[0])

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
        return _page(rows, limit, _entry, lambda row: row[-1])

    def latest_journal(self, account: int, after_position: int, limit: int) -> list[JournalEntry]:
        """The last entries of an account after a position."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = :account AND position > :after_position"
            " ORDER BY position DESC LIMIT :limit",
            {"account": account, "after_position": max(after_position, self.last_dropped(account)), "limit": limit},
        )
        return [_entry(row) for row in reversed(rows)]

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """The entries of all accounts and of none, or of one account, after a position, each with its account."""
        rows = self._read(
            f"SELECT account, {_ENTRY} FROM journal WHERE position > :after_position"
            f"{'' if account is None else ' AND account = :account'} ORDER BY position LIMIT :limit",
            {"after_position": after_position, "limit": limit, "account": account},
        )
        return [(row[0], _entry(row[1:])) for row in rows]

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped entry after a position, of all journals or of one; 0 if none was dropped."""
        ((dropped,),) = self._search(
            "SELECT coalesce(max(last_dropped), 0) FROM account"
            f" {'INDEXED BY account_dropped' if account is None else ''}"
            " WHERE last_dropped > 0 AND last_dropped > :after_position"
            f"{'' if account is None else ' AND key = :account'}",
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

    def timeline(self, account: int, since: int, until: int, limit: int, keys: Keys = NO_KEYS) -> list[TimelineEvent]:
        """The events between two times."""
        values: dict[str, Value] = {"account": account, "since": since, "until": until, "limit": limit}
        values |= {"submission": keys.submission, "report": keys.report, "upmsg": keys.upmsg}
        return [
            TimelineEvent(from_micros(at), kind, None if msgid is None else str(msgid), phone, text)
            for at, _, kind, msgid, phone, text in self._search(_TIMELINE, values)
        ]

    def last_keys(self) -> Keys:
        """Keys of the last rows, of any account."""
        ((submission, report, upmsg),) = self._read(
            "SELECT (SELECT coalesce(max(key), 0) FROM submission), (SELECT coalesce(max(key), 0) FROM report),"
            " (SELECT coalesce(max(key), 0) FROM upmsg)",
            {},
        )
        return Keys(submission, report, upmsg)

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

    def queue(self, account: int, operation: Operation, now: int) -> QueueStatus:
        """The state of the queue that an endpoint, `report` or `upmsg`, takes from."""
        ((waiting, later, fetched_at),) = self._read(
            "SELECT count(*) FILTER (WHERE due <= :now), count(*) FILTER (WHERE due > :now),"
            " (SELECT at FROM journal WHERE account = :account AND operation = :operation AND code = '0'"
            " ORDER BY position DESC LIMIT 1)"
            f" FROM {operation} WHERE account = :account AND fetched_at IS NULL",
            {"account": account, "operation": operation, "now": now},
        )
        return QueueStatus(int(waiting), int(later), _time(fetched_at))

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


def _matching(wanted: MessageFilter, listing: Listing, values: dict[str, Value]) -> Iterator[str]:
    """Yield the conditions of a filter, and add their values."""
    for name, condition in _CONDITIONS.items():
        value: str | None = getattr(wanted, name)
        if value is None:
            continue
        values[name] = value.translate(_GLOB) if name in _PATTERNS else str(value)
        if listing.ignore_case and name in _WITH_CASE:
            yield f"casefold({condition.replace(' GLOB ', ') GLOB casefold(')})"
        else:
            yield condition


def _part(listing: Listing, values: dict[str, Value]) -> Iterator[str]:
    """Yield the conditions of a part of a list, and add their values."""
    values["position"], values["limit"] = listing.after_position, listing.limit + 1
    yield "s.position > :position"
    for name, sign, instant in (("since", ">=", listing.since), ("until", "<", listing.until)):
        if instant is not None:
            values[name] = to_micros(instant)
            yield f"s.submitted_at {sign} :{name}"
    if listing.cursor is not None:
        submission, _, msgid = listing.cursor.partition("-")
        values |= {"last_submission": int(submission), "last_msgid": int(msgid)}
        yield f"(s.key, m.msgid) {'<' if listing.newest_first else '>'} (:last_submission, :last_msgid)"


def _message_page(rows: list[tuple[Any, ...]], views: Mapping[int, View], listing: Listing) -> Page[MessageRecord]:
    return _page(rows, listing.limit, lambda row: _message(row, views[row[2]]), lambda row: f"{row[0]}-{row[1]}")


def _page(
    rows: list[tuple[Any, ...]],
    limit: int | None,
    record: Callable[[tuple[Any, ...]], Item],
    cursor: Callable[[tuple[Any, ...]], str | int],
) -> Page[Item]:
    """Make a page of rows. One row more than the limit means that there is a next page."""
    items = tuple(record(row) for row in rows[:limit])
    return Page(items, cursor(rows[limit - 1]) if limit is not None and len(rows) > limit else None)


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _report(row: tuple[Any, ...]) -> ReportRecord:
    _, msgid, linkid, phone, status, info, recvtime, fetched_at = row
    return ReportRecord(str(msgid), linkid, phone, status, info, from_micros(recvtime), _time(fetched_at))


def _upmsg(row: tuple[Any, ...]) -> UpmsgRecord:
    _, spnumber, phone, msgcontent, motime, fetched_at = row
    return UpmsgRecord(spnumber, phone, msgcontent, from_micros(motime), _time(fetched_at))


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    at, operation, *rest = row
    return JournalEntry(from_micros(at), Operation(operation) if operation else None, *rest)


def _message(row: tuple[Any, ...], view: View) -> MessageRecord:
    _, msgid, _, position, phone, content, linkid, spcode, due, submitted_at, code, info, charge, state, *report = row
    status, report_info, recvtime, fetched_at = report
    characters, segments, verification_code = view.describe(content)
    return MessageRecord(
        view.userid,
        str(msgid),
        phone,
        content,
        linkid,
        spcode,
        from_micros(due) if due > submitted_at else None,
        from_micros(submitted_at),
        code,
        info,
        State(state),
        # A report that is still to come has decided the state, and is not shown.
        None
        if recvtime is None or State(state) not in _REPORTED
        else MessageReport(status, report_info, from_micros(recvtime), _time(fetched_at)),
        position,
        characters,
        segments,
        charge,
        verification_code,
    )
