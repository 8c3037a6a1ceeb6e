"""Queries of what the store holds, for tests. They change nothing. Lists are oldest first."""

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
from ccell_fake.store.postgresql.matching import compare, matching, within
from ccell_fake.store.postgresql.narrowing import narrow
from ccell_fake.store.postgresql.queues import NOW_OF_EACH, REPORTS, UPMSGS, Queue
from ccell_fake.store.postgresql.texts import like
from ccell_fake.store.postgresql.timeline import TIMELINE

_STATE = (
    "CASE WHEN m.code <> '0' THEN 'refused' WHEN s.due > {now} AND s.due > s.submitted_at THEN 'scheduled'"
    " WHEN r.recvtime IS NULL OR r.recvtime > {now} THEN 'sent' WHEN r.status = '0' THEN 'delivered' ELSE 'failed' END"
)
_COLUMNS = (
    "s.key, m.msgid, s.account, s.position, m.phone, s.content, s.linkid, s.spcode, s.due, s.submitted_at, m.code,"
    " m.info, m.charge, {state}, r.status, r.info, r.recvtime, r.fetched_at"
)
_NOW = "%(now)s"
_MESSAGES = (
    "submission s JOIN message m ON m.submission = s.key LEFT JOIN LATERAL (SELECT * FROM report"
    " WHERE report.account = s.account AND report.msgid = m.msgid ORDER BY report.key LIMIT 1) r ON TRUE"
)
# The keys of an account's submissions grow with their positions.
_ORDER = "s.position{0}, s.key{0}, m.msgid{0}"
_ORDER_OF_ALL = "s.key{0}, m.msgid{0}"
_FILTERED = {
    "phone": "m.phone",
    "linkid": "s.linkid",
    "content": "s.content",
    "msgid": 'm.msgid::text COLLATE "C"',
    "code": "m.code",
}
_ENTRY = (
    "at, operation, door, peer, place, request, answer, delivery, items, code, rule, basis, explanation,"
    " duration, position"
)
_ANY = "*"
_MAX_MSGID = 2**63


class PostgresqlInspection:
    """Queries within a transaction of a ledger; `engine.ledger.Inspection` describes them.

    Those of all accounts stop before the first position that a running transaction has drawn.
    """

    def __init__(
        self,
        read: Callable[[str, dict[str, Any]], list[tuple[Any, ...]]],
        count_journal: Callable[[int], int],
        journal_entries: int,
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

    def _safe_position(self) -> int:
        ((position,),) = self._read("SELECT safe_position()", {})
        return int(position)

    def messages(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[MessageRecord]:
        """A page of the messages of an account that match a filter."""
        return message_page(self._matching(view, wanted, listing), {view.key: view}, listing)

    def message_keys(self, view: View, wanted: MessageFilter, listing: Listing) -> Page[tuple[int, int]]:
        """The keys of the submissions and the msgids of such a page."""
        return message_keys(self._matching(view, wanted, listing), listing.limit)

    def _matching(self, view: View, wanted: MessageFilter, listing: Listing) -> list[tuple[Any, ...]]:
        values: dict[str, Any] = {"account": view.key, "now": view.now}
        conditions = ["s.account = %(account)s", *_conditions(wanted, listing, values, _NOW)]
        # An index compares case.
        few = narrow(replace(wanted, linkid=None) if listing.ignore_case else wanted, values, self._read)
        if few is not None:
            conditions.append(f"m.msgid = ANY(ARRAY({few}))")
        elif listing.cursor is not None:
            # The submission of the cursor may be deleted; that next to it has the bound.
            sign, order = ("<=", "DESC") if listing.newest_first else (">=", "")
            conditions.append(
                f"s.position {sign} (SELECT position FROM submission WHERE account = %(account)s"
                f" AND key {sign} %(last_submission)s ORDER BY key {order} LIMIT 1)"
            )
        return self._messages(conditions, values, _NOW, _ORDER, newest_first=listing.newest_first)

    def messages_of_all(
        self, views: Mapping[int, View], base: int, wanted: MessageFilter, listing: Listing
    ) -> Page[MessageRecord]:
        """A page of the messages of all accounts that match a filter."""
        values: dict[str, Any] = {"base": base, "accounts": list(views)}
        # An account that was opened meanwhile is not there.
        conditions = ["s.account = ANY(%(accounts)s::bigint[])", *_conditions(wanted, listing, values, NOW_OF_EACH)]
        rows = self._messages(conditions, values, NOW_OF_EACH, _ORDER_OF_ALL, newest_first=listing.newest_first)
        return message_page(rows, views, listing)

    def messages_of(self, view: View, position: int) -> list[MessageRecord]:
        """The messages of the request at a position."""
        values: dict[str, Any] = {"account": view.key, "now": view.now, "position": position, "limit": None}
        conditions = ["s.account = %(account)s", "s.position = %(position)s"]
        return [message_record(row, view) for row in self._messages(conditions, values, _NOW, _ORDER)]

    def _messages(
        self, conditions: list[str], values: dict[str, Any], now: str, order: str, *, newest_first: bool = False
    ) -> list[tuple[Any, ...]]:
        columns = _COLUMNS.format(state=_STATE.format(now=now))
        tables = _MESSAGES if now == _NOW else f"{_MESSAGES} JOIN account a ON a.key = s.account"
        return self._read(
            f"SELECT {columns} FROM {tables} WHERE {' AND '.join(conditions)}"
            f" ORDER BY {order.format(' DESC' if newest_first else '')} LIMIT %(limit)s",
            values,
        )

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
        return queue.page(self._read(statement, values), views, listing.limit)

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
            f"SELECT {_ENTRY} FROM journal WHERE account = %(account)s AND position > %(after_position)s"
            f"{'' if operation is None else ' AND operation = %(operation)s'}"
            f"{'' if code is None else ' AND code = %(code)s'} ORDER BY position LIMIT %(limit)s",
            {
                "account": account,
                "after_position": max(after_position, self.last_dropped(account)),
                "limit": None if limit is None else limit + 1,
                "operation": operation,
                "code": code,
            },
        )
        return page(rows, limit, journal_entry, lambda row: row[-1])

    def requests(self, wanted: RequestFilter, cursor: int | None, limit: int) -> Page[RequestRecord]:
        """A page of the entries of all accounts and of none that match a filter, the newest first."""
        values: dict[str, Any] = {"limit": limit + 1, "safe": self._safe_position()}
        conditions = ["position <= %(safe)s"]
        for name, column, value in (
            ("userid", "a.userid", wanted.userid),
            ("operation", "operation", wanted.operation),
            ("is_refused", "(code <> '0')", wanted.is_refused),
        ):
            if value is not None:
                values[name] = value
                conditions.append(f"{column} = %({name})s")
        if wanted.code is not None:
            # A line of the explanation begins with the code of one or more numbers.
            values["line"] = f"%\n{like(wanted.code)}: %"
            in_line = r"E'\n' || explanation LIKE %(line)s"
            conditions.append(f"({compare('code', 'code', wanted.code, values)} OR {in_line})")
        if wanted.text is not None:
            conditions.append(compare("request", "text", wanted.text, values, ignore_case=True))
        if cursor is not None:
            values["cursor"] = cursor
            conditions.append("position < %(cursor)s")
        rows = self._read(
            f"SELECT {_ENTRY}, a.userid FROM journal JOIN account a ON a.key = account"
            f" WHERE {' AND '.join(conditions)} ORDER BY position DESC LIMIT %(limit)s",
            values,
        )
        return page(rows, limit, request_record, lambda row: row[-2])

    def latest_journal(self, account: int, after_position: int, limit: int) -> list[JournalEntry]:
        """The last entries of an account after a position."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = %(account)s AND position > %(after_position)s"
            " ORDER BY position DESC LIMIT %(limit)s",
            {"account": account, "after_position": max(after_position, self.last_dropped(account)), "limit": limit},
        )
        return [journal_entry(row) for row in reversed(rows)]

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """The entries of all accounts and of none, or of one account, after a position, each with its account."""
        rows = self._after(f"account, {_ENTRY} FROM journal", after_position, limit, account)
        return [(row[0], journal_entry(row[1:])) for row in rows]

    def events(self, after_position: int, limit: int, account: int | None = None) -> list[LoggedEvent]:
        """The recorded events after a position."""
        columns = "position, account, at, kind, msgid, phone, text"
        rows = self._after(f"{columns} FROM time_event", after_position, limit, account)
        return [LoggedEvent(*row) for row in rows]

    def _after(self, selected: str, after_position: int, limit: int, account: int | None) -> list[tuple[Any, ...]]:
        values = {"after_position": after_position, "limit": limit, "account": account}
        if account is None:
            values["safe"] = self._safe_position()
        condition = "position <= %(safe)s" if account is None else "account = %(account)s"
        return self._read(
            f"SELECT {selected} WHERE position > %(after_position)s AND {condition} ORDER BY position LIMIT %(limit)s",
            values,
        )

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped entry after a position, of all journals or of one; 0 if none was dropped."""
        return self._dropped_after("last_dropped", after_position, account)

    def events_dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped event after a position, of all accounts or of one; 0 if none was dropped."""
        return self._dropped_after("last_event_dropped", after_position, account)

    def _dropped_after(self, column: str, after_position: int, account: int | None) -> int:
        ((dropped,),) = self._read(
            f"SELECT coalesce(max({column}), 0) FROM account WHERE {column} > 0 AND {column} > %(after_position)s"
            f"{'' if account is None else ' AND key = %(account)s'}",
            {"after_position": after_position, "account": account},
        )
        return int(dropped)

    def last_dropped(self, account: int) -> int:
        """Position of the last dropped entry of an account; 0 if none was dropped."""
        spare = self._count_journal(account) - self._journal_entries
        if spare > 0:
            # The oldest entries are deleted many at a time.
            rows = self._read(
                "SELECT position FROM journal WHERE account = %(account)s ORDER BY position LIMIT 1 OFFSET %(spare)s",
                {"account": account, "spare": spare - 1},
            )
            # While only reading, others may drop entries meanwhile, or delete the account.
            if rows:
                return int(rows[0][0])
        rows = self._read("SELECT last_dropped FROM account WHERE key = %(account)s", {"account": account})
        return int(rows[0][0]) if rows else 0

    def last_position(self, account: int) -> int:
        """Position of the last entry of an account; 0 if it has none."""
        ((last,),) = self._read(
            "SELECT coalesce(max(position), 0) FROM journal WHERE account = %(account)s", {"account": account}
        )
        return max(int(last), self.last_dropped(account))

    def timeline(self, account: int, since: int, until: int, limit: int) -> list[TimelineEvent]:
        """The events between two times."""
        values = {"account": account, "since": since, "until": until, "limit": limit}
        return [TimelineEvent(from_micros(at), *rest) for at, *rest in self._read(TIMELINE, values)]

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
        of_queue = "SELECT min(due) FROM {} WHERE account = %(account)s AND due > %(now)s AND fetched_at IS NULL"
        ((due,),) = self._read(
            "SELECT least((SELECT min(due) FROM submission WHERE account = %(account)s AND due > %(now)s"
            f" AND due > submitted_at), ({of_queue.format('report')}), ({of_queue.format('upmsg')}))",
            {"account": account, "now": now},
        )
        return None if due is None else int(due)

    def scheduled(self, account: int, now: int) -> int:
        """Number of messages of an account that are still to be sent."""
        ((count,),) = self._read(
            "SELECT count(*) FROM submission s JOIN message m ON m.submission = s.key"
            " WHERE s.account = %(account)s AND s.due > %(now)s AND s.due > s.submitted_at AND m.code = '0'",
            {"account": account, "now": now},
        )
        return int(count)

    def met(self, account: int | None = None) -> list[MetRow]:
        """Items that an account has met, or all accounts and requests of none together."""
        rows = self._read(
            "SELECT kind, name, sum(count)::bigint, min(first_at), max(last_at) FROM met"
            f"{'' if account is None else ' WHERE account = %(account)s'} GROUP BY kind, name ORDER BY kind, name",
            {"account": account},
        )
        return [MetRow(*row) for row in rows]

    def queue(self, account: int, operation: Operation, now: int) -> QueueStatus:
        """The state of the queue that an endpoint, `report` or `upmsg`, takes from."""
        ((waiting, later, fetched_at),) = self._read(
            "SELECT count(*) FILTER (WHERE due <= %(now)s), count(*) FILTER (WHERE due > %(now)s),"
            " (SELECT at FROM journal WHERE account = %(account)s AND operation = %(operation)s AND code = '0'"
            " ORDER BY position DESC LIMIT 1)"
            f" FROM {operation} WHERE account = %(account)s AND fetched_at IS NULL",
            {"account": account, "operation": operation, "now": now},
        )
        return QueueStatus(int(waiting), int(later), None if fetched_at is None else from_micros(fetched_at))

    def excesses(self, account: int, since: int, until: int) -> int:
        """Number of excesses from a time to another, both included."""
        ((count,),) = self._read(
            "SELECT count(*) FROM excess WHERE account = %(account)s AND at BETWEEN %(since)s AND %(until)s",
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


def _conditions(wanted: MessageFilter, listing: Listing, values: dict[str, Any], now: str) -> Iterator[str]:
    """Yield the conditions of a filter and of a part of a list, and add their values."""
    columns = {**_FILTERED, "state": _STATE.format(now=now)}
    if wanted.msgid is not None and _ANY not in wanted.msgid:
        del columns["msgid"]
        # Only a number as it is written finds a message.
        is_number = wanted.msgid.isdecimal() and str(int(wanted.msgid)) == wanted.msgid
        values["msgid"] = int(wanted.msgid) if is_number and int(wanted.msgid) < _MAX_MSGID else None
        yield "m.msgid = %(msgid)s::bigint"
    yield from matching(wanted, columns, values, ignore_case=listing.ignore_case)
    values["position"], values["limit"] = listing.after_position, listing.limit + 1
    yield "s.position > %(position)s"
    yield from within(listing, "s.submitted_at", values)
    if listing.cursor is not None:
        submission, _, msgid = str(listing.cursor).partition("-")
        values |= {"last_submission": int(submission), "last_msgid": int(msgid)}
        yield f"(s.key, m.msgid) {'<' if listing.newest_first else '>'} (%(last_submission)s, %(last_msgid)s)"
