"""The statements that find the events that time causes: scheduled messages sent, reports, upstream messages, opt-outs.

An event happens when the clock of its account first shows its time after its row was added. A row that is added late,
such as the report of a settled message, has a time that has passed already.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows that cause events of one kind.

    Attributes:
        table: Their table, and what their keys are called in `recorded`.
        columns: Order among events of one time, kind, msgid, phone and text.
        rows: Where the columns come from. `{index}` stands for the choice of an index.
        time: Column of the time.
        indexes: Indexes by account and time, each with the condition of its rows.
    """

    table: str
    columns: str
    rows: str
    time: str
    indexes: dict[str, str]

    @property
    def by_time(self) -> Iterator[str]:
        """The statement that reads each index. Its condition is still open."""
        for index, condition in self.indexes.items():
            rows = self.rows.format(index=f"INDEXED BY {index}")
            yield (
                f"SELECT {self.time}, {self.columns} FROM {{tables}}{rows}"
                f" WHERE one.account = :account AND {condition} AND {self.time} <= :until"
            )

    @property
    def between(self) -> str:
        """Events after one time, up to another."""
        return " UNION ALL ".join(f"{one.format(tables='')} AND {self.time} > :since" for one in self.by_time)

    @property
    def unrecorded(self) -> str:
        """Events up to a time that are not recorded yet."""
        earlier = (
            f"{one.format(tables='band CROSS JOIN ')} AND {self.time} > band.until"
            f" AND one.key > band.after_{self.table} AND one.key <= band.{self.table}"
            for one in self.by_time
        )
        # A plus sign keeps a column out of the choice of an index: later rows are few, and are found by their keys.
        later = " UNION ALL ".join(
            f"SELECT {self.time}, {self.columns} FROM {self.rows.format(index='')}"
            f" WHERE one.key > (SELECT max({self.table}) FROM recorded WHERE account = :account)"
            f" AND +one.account = :account AND {condition.replace('one.', '+one.')} AND +{self.time} <= :until"
            for condition in self.indexes.values()
        )
        return " UNION ALL ".join((*earlier, later))


_SOURCES = (
    _Source(
        "submission",
        "0, 'sent', m.msgid, m.phone, one.content",
        "submission one {index} CROSS JOIN message m ON m.submission = one.key AND m.code = '0'",
        "one.due",
        {"submission_scheduled": "one.due > one.submitted_at"},
    ),
    _Source(
        "report",
        "1, 'report', coalesce(one.stray, one.msgid), one.phone, one.info",
        "report one {index}",
        "one.recvtime",
        {"report_delivered": "one.status = '0'", "report_failed": "one.status <> '0'"},
    ),
    _Source(
        "upmsg",
        "2, 'upmsg', NULL, one.phone, one.msgcontent",
        "upmsg one {index}",
        "one.motime",
        {"upmsg_of": "TRUE"},
    ),
    _Source(
        "opt_out",
        "3, 'opt_out', NULL, one.phone, ''",
        "opt_out one {index}",
        "one.since",
        {"opt_out_since": "TRUE"},
    ),
)
_ORDER = "1, 2, 4, 5, 6"

TIMELINE = f"{' UNION ALL '.join(one.between for one in _SOURCES)} ORDER BY {_ORDER} LIMIT :limit"
"""The first events of :account after :since up to :until, in order."""

_BANDS = ", ".join(f"{one.table}, lag({one.table}, 1, 0) OVER in_order AS after_{one.table}" for one in _SOURCES)

RECORD = f"""
INSERT INTO time_event (account, position, at, kind, msgid, phone, text)
WITH band AS (
    SELECT until, {_BANDS} FROM recorded WHERE account = :account
    WINDOW in_order AS (ORDER BY {", ".join(one.table for one in _SOURCES)})
),
happened (at, place, kind, msgid, phone, text) AS ({" UNION ALL ".join(one.unrecorded for one in _SOURCES)})
SELECT :account, :position + row_number() OVER (ORDER BY at, place, msgid, phone, text),
    at, kind, CAST(msgid AS TEXT), phone, text FROM happened
"""
"""Record the events of :account up to :until that are not recorded yet, at positions after :position.

The times of the rows in `recorded` fall as their keys grow. So the first of them whose key is not below that of a row
decides whether the row has caused its event.
"""
