"""Queries of reports and upstream messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from ccell_fake.inspection import Item, Listing, Page, QueueState, ReportFilter, ReportRecord, UpmsgFilter, UpmsgRecord
from ccell_fake.records import View
from ccell_fake.store.conversions import page, report_record, upmsg_record
from ccell_fake.store.postgresql.matching import matching, within

_STATE = "CASE WHEN q.fetched_at IS NOT NULL THEN 'fetched' WHEN q.due <= {now} THEN 'waiting' ELSE 'planned' END"

NOW_OF_EACH = 'coalesce(a.frozen_at, %(base)s + a."offset")'
"""The time of the account of a row of table `account a`."""


@dataclass(frozen=True, slots=True)
class Queue(Generic[Item]):
    """The reports or the upstream messages, as a table.

    Attributes:
        table: The table.
        time: Column of the time a row comes in.
        columns: Further columns of a record.
        filtered: The column of each member of a filter except the state.
        record: Makes a record of userid, key, state and the further columns.
    """

    table: str
    time: str
    columns: str
    filtered: Mapping[str, str]
    record: Callable[..., Item]

    def statement(
        self, views: Mapping[int, View], base: int | None, wanted: ReportFilter | UpmsgFilter, listing: Listing
    ) -> tuple[str, dict[str, Any]]:
        """Return a statement and its values. Its rows are account, key, state and the further columns.

        Args:
            views: The accounts by their keys.
            base: The gateway's time, to read all accounts. None reads only the one of `views`.
            wanted: The filter.
            listing: The part to return, and its order.
        """
        values: dict[str, Any] = {"limit": listing.limit + 1}
        if base is None:
            (view,) = views.values()
            values |= {"account": view.key, "now": view.now}
            tables, now, conditions = f"{self.table} q", "%(now)s", ["q.account = %(account)s"]
        else:
            # An account that was opened meanwhile is not there.
            values |= {"base": base, "accounts": list(views)}
            tables, now = f"{self.table} q JOIN account a ON a.key = q.account", NOW_OF_EACH
            conditions = ["q.account = ANY(%(accounts)s::bigint[])"]
        state = _STATE.format(now=now)
        conditions += matching(wanted, {**self.filtered, "state": state}, values, ignore_case=listing.ignore_case)
        conditions += within(listing, f"q.{self.time}", values)
        if listing.cursor is not None:
            values["cursor"] = listing.cursor
            conditions.append(f"q.key {'<' if listing.newest_first else '>'} %(cursor)s")
        order = "DESC" if listing.newest_first else ""
        return (
            f"SELECT q.account, q.key, {state}, {self.columns} FROM {tables}"
            f" WHERE {' AND '.join(conditions)} ORDER BY q.key {order} LIMIT %(limit)s"
        ), values

    def page(self, rows: list[tuple[Any, ...]], views: Mapping[int, View], limit: int) -> Page[Item]:
        """Make a page of the rows of the statement."""

        def record(row: tuple[Any, ...]) -> Item:
            account, key, state, *rest = row
            return self.record(views[account].userid, key, QueueState(state), *rest)

        return page(rows, limit, record, lambda row: row[1])


REPORTS: Queue[ReportRecord] = Queue(
    "report",
    "recvtime",
    "coalesce(q.stray, q.msgid::text), q.linkid, q.phone, q.status, q.info, q.recvtime, q.fetched_at",
    {
        "phone": "q.phone",
        "linkid": "q.linkid",
        "msgid": 'coalesce(q.stray, q.msgid::text COLLATE "C")',
        "status": "q.status",
        "info": "q.info",
    },
    report_record,
)
UPMSGS: Queue[UpmsgRecord] = Queue(
    "upmsg",
    "motime",
    "q.spnumber, q.phone, q.msgcontent, q.motime, q.fetched_at",
    {"phone": "q.phone", "spnumber": "q.spnumber", "msgcontent": "q.msgcontent"},
    upmsg_record,
)
