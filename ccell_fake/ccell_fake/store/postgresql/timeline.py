"""The statements that find the events that time causes: scheduled messages sent, reports, upstream messages, opt-outs.

An event happens when the clock of its account first shows its time after its row was added. A row that is added late,
such as the report of a settled message, has a time that has passed already.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows that cause events of one kind.

    Attributes:
        table: Their table, and what their keys are called in `recorded`.
        columns: Order among events of one time, kind, msgid, msgid of a stray report, phone and text.
        rows: Where the columns come from.
        time: Column of the time.
        conditions: Conditions of the rows. Each has an index by account and time.
    """

    table: str
    columns: str
    rows: str
    time: str
    conditions: tuple[str, ...]

    def select(self, until: str, *further: str, tables: str = "") -> str:
        """Return the statement for the rows of :account up to a time."""
        return " UNION ALL ".join(
            f"SELECT {self.time} AS at, {self.columns} FROM {tables}{self.rows} WHERE "
            + " AND ".join(("one.account = %(account)s", condition, f"{self.time} <= {until}", *further))
            for condition in self.conditions
        )

    @property
    def between(self) -> str:
        """Events after one time, up to another."""
        return self.select("%(until)s", f"{self.time} > %(since)s")

    @property
    def unrecorded(self) -> str:
        """Events up to a time that are not recorded yet."""
        in_band = f"one.key > band.after_{self.table}", f"one.key <= band.{self.table}", f"{self.time} > band.until"
        later = f"one.key > (SELECT max({self.table}) FROM recorded WHERE account = %(account)s)"
        return f"{self.select('%(until)s', *in_band, tables='band, ')} UNION ALL {self.select('%(until)s', later)}"


_SOURCES = (
    _Source(
        "submission",
        "0 AS place, 'sent' AS kind, m.msgid, NULL::text AS stray, m.phone, one.content AS text",
        "submission one JOIN message m ON m.submission = one.key AND m.code = '0'",
        "one.due",
        ("one.due > one.submitted_at",),
    ),
    _Source(
        "report",
        "1, 'report', one.msgid, one.stray, one.phone, one.info",
        "report one",
        "one.recvtime",
        ("one.status = '0'", "one.status <> '0'"),
    ),
    _Source("upmsg", "2, 'upmsg', NULL::bigint, NULL, one.phone, one.msgcontent", "upmsg one", "one.motime", ("TRUE",)),
    _Source("opt_out", "3, 'opt_out', NULL::bigint, NULL, one.phone, ''", "opt_out one", "one.since", ("TRUE",)),
)
_ORDER = 'at, place, stray COLLATE "C" NULLS FIRST, msgid, phone COLLATE "C", text COLLATE "C"'
_MSGID = "coalesce(stray, msgid::text)"

TIMELINE = (
    f"SELECT at, kind, {_MSGID}, phone, text FROM ({' UNION ALL '.join(one.between for one in _SOURCES)}) happened"
    f" ORDER BY {_ORDER} LIMIT %(limit)s"
)
"""The first events of :account after :since up to :until, in order."""

_BANDS = ", ".join(
    f"{one.table}, lag({one.table}, 1, 0::bigint) OVER in_order AS after_{one.table}" for one in _SOURCES
)

RECORD = f"""
WITH band AS (
    SELECT until, {_BANDS} FROM recorded WHERE account = %(account)s
    WINDOW in_order AS (ORDER BY {", ".join(one.table for one in _SOURCES)})
),
happened AS ({" UNION ALL ".join(one.unrecorded for one in _SOURCES)})
INSERT INTO time_event (account, position, at, kind, msgid, phone, text)
SELECT %(account)s, nextval('positions'), at, kind, {_MSGID}, phone, text
FROM (SELECT * FROM happened ORDER BY {_ORDER}) in_order
"""
"""Record the events of :account up to :until that are not recorded yet.

The times of the rows in `recorded` fall as their keys grow. So the first of them whose key is not below that of a row
decides whether the row has caused its event.
"""
