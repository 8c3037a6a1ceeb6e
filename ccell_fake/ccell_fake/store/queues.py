"""Queries of reports and upstream messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from ccell_fake.inspection import Item, Listing, Page, QueueState, ReportFilter, ReportRecord, UpmsgFilter, UpmsgRecord
from ccell_fake.records import View
from ccell_fake.store.conversions import page, report_record, upmsg_record
from ccell_fake.store.matching import matching, within
from ccell_fake.store.narrowing import Value

_STATE = "CASE WHEN q.fetched_at IS NOT NULL THEN 'fetched' WHEN q.due <= {now} THEN 'waiting' ELSE 'planned' END"
_STATE_IS = "state = :state"


@dataclass(frozen=True, slots=True)
class Queue(Generic[Item]):
    """The reports or the upstream messages, as a table.

    Attributes:
        table: The table.
        index: Index of the rows of an account.
        time: Column of the time a row comes in.
        columns: Further columns of a record.
        conditions: A condition for each member of a filter.
        record: Makes a record of userid, key, state and the further columns.
    """

    table: str
    index: str
    time: str
    columns: str
    conditions: Mapping[str, str]
    record: Callable[..., Item]

    def statement(
        self, views: Mapping[int, View], base: int | None, wanted: ReportFilter | UpmsgFilter, listing: Listing
    ) -> tuple[str, dict[str, Value]]:
        """Return a statement and its values. Its rows are account, key, state and the further columns.

        Args:
            views: The accounts by their keys.
            base: The gateway's time, to read all accounts. None reads only the one of `views`.
            wanted: The filter.
            listing: The part to return, and its order.
        """
        values: dict[str, Value] = {"limit": listing.limit + 1}
        if base is None:
            (view,) = views.values()
            values |= {"account": view.key, "now": view.now}
            tables, now, conditions = f"{self.table} q INDEXED BY {self.index}", ":now", ["q.account = :account"]
        else:
            values["base"] = base
            tables, now = f"{self.table} q CROSS JOIN account a ON a.key = q.account", NOW_OF_EACH
            conditions = []
        conditions += matching(wanted, self.conditions, values, ignore_case=listing.ignore_case)
        conditions += within(listing, f"q.{self.time}", values)
        if listing.cursor is not None:
            values["cursor"] = listing.cursor
            conditions.append(f"q.key {'<' if listing.newest_first else '>'} :cursor")
        order = "DESC" if listing.newest_first else ""
        return (
            f"SELECT q.account, q.key, {_STATE.format(now=now)} AS state, {self.columns} FROM {tables}"
            f" WHERE {' AND '.join(conditions) or 'TRUE'} ORDER BY q.key {order} LIMIT :limit"
        ), values

    def page(self, rows: list[tuple[Any, ...]], views: Mapping[int, View], limit: int) -> Page[Item]:
        """Make a page of the rows of the statement."""

        def record(row: tuple[Any, ...]) -> Item:
            account, key, state, *rest = row
            return self.record(views[account].userid, key, QueueState(state), *rest)

        return page(rows, limit, record, lambda row: row[1])


NOW_OF_EACH = "coalesce(a.frozen_at, :base + a.offset)"
"""The time of the account of a row of table `account a`."""


REPORTS: Queue[ReportRecord] = Queue(
    "report",
    "report_listed",
    "recvtime",
    "coalesce(q.stray, q.msgid), q.linkid, q.phone, q.status, q.info, q.recvtime, q.fetched_at",
    {
        "phone": "q.phone GLOB :phone",
        "linkid": "q.linkid GLOB :linkid",
        "msgid": "coalesce(q.stray, q.msgid) GLOB :msgid",
        "status": "q.status GLOB :status",
        "info": "q.info GLOB :info",
        "state": _STATE_IS,
    },
    report_record,
)
UPMSGS: Queue[UpmsgRecord] = Queue(
    "upmsg",
    "upmsg_listed",
    "motime",
    "q.spnumber, q.phone, q.msgcontent, q.motime, q.fetched_at",
    {
        "phone": "q.phone GLOB :phone",
        "spnumber": "q.spnumber GLOB :spnumber",
        "msgcontent": "q.msgcontent GLOB :msgcontent",
        "state": _STATE_IS,
    },
    upmsg_record,
)
