"""Reservation of msgids, in transactions of its own, so that no account waits for another."""

from typing import Any

from psycopg import Connection

from ccell_fake.limits import MSGIDS_PER_SECOND

_KEPT_SECONDS = 10_000
# How many seconds pass before earlier ones are dropped.
_SPARE_SECONDS = 64

_RESERVE = f"""
INSERT INTO msgid AS one (second, greatest)
SELECT %(second)s, %(width)s + greatest(
    %(start)s,
    (SELECT max(msgid) FROM message WHERE msgid >= %(second)s AND msgid < %(second)s::bigint + {MSGIDS_PER_SECOND}),
    (SELECT max(u.greatest) FROM used_msgid u WHERE u.second = %(second)s::bigint / {MSGIDS_PER_SECOND})
)
ON CONFLICT (second) DO UPDATE SET greatest = %(width)s + greatest(one.greatest, %(start)s)
RETURNING greatest, xmax = 0, set_config('synchronous_commit', 'off', TRUE)
"""
_DROP = "DELETE FROM msgid WHERE second <= (SELECT second FROM msgid ORDER BY second DESC LIMIT 1 OFFSET %(kept)s)"


def reserve(connection: Connection[Any], second: int, start: int, width: int) -> int:
    """Reserve msgids, as `Ledger.reserve_msgids` says.

    Nothing waits for the disk here: the messages are committed later, so the disk has the reservation before them.

    Args:
        connection: A connection with autocommit.
        second: The first msgid of the second.
        start: The least msgid to reserve behind.
        width: How many msgids to reserve.
    """
    values = {"second": second, "start": start, "width": width}
    row = connection.execute(_RESERVE.encode(), values).fetchone()
    assert row is not None, "the statement returns a row"  # noqa: S101 - for the type
    greatest, is_first, _ = row
    if is_first and second // MSGIDS_PER_SECOND % _SPARE_SECONDS == 0:
        connection.execute(_DROP.encode(), {"kept": _KEPT_SECONDS})
    return int(greatest) - width
