"""Rows that wait to be written, many with one statement.

Each statement lets other threads run before it returns, which costs far more than the statement under load. So rows
wait until a table is read, until there are many, or, in a durable store, until the transaction ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from sqlite3 import Connection

from ccell_fake.clock import to_micros
from ccell_fake.records import Met

Row = tuple[int | str | None, ...]

_ROWS_PER_STATEMENT = 500

ADD_MET = """
ON CONFLICT DO UPDATE SET
    count = count + excluded.count,
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at)
"""
"""The end of a statement that inserts rows of table `met`: counts of the same are added."""


@dataclass(slots=True)
class _Count:
    """Count of something that an account has met, and when."""

    count: int
    first_at: datetime
    last_at: datetime


class RowBuffer:
    """Rows for several tables, in the order of adding, and counts for the table `met`."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}
        self._met: dict[tuple[int, Met], _Count] = {}
        self._count = 0

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

    def add(self, table: str, rows: list[Row]) -> None:
        """Add rows. `table` may name the columns after the table; otherwise a row has a value for each column."""
        self._rows.setdefault(table, []).extend(rows)
        self._count += len(rows)

    def count(self, account: int, met: Iterable[Met], at: datetime) -> None:
        """Count what an account has met at a time."""
        for one in met:
            self._add_count((account, one), 1, at, at)

    def _add_count(self, key: tuple[int, Met], count: int, first_at: datetime, last_at: datetime) -> None:
        known = self._met.get(key)
        if known is None:
            self._met[key] = _Count(count, first_at, last_at)
        else:
            known.count += count
            known.last_at = last_at

    def move_to(self, other: "RowBuffer") -> None:
        """Move all rows to the end of another buffer."""
        for table, rows in self._rows.items():
            other.add(table, rows)
        for key, one in self._met.items():
            other._add_count(key, one.count, one.first_at, one.last_at)  # noqa: SLF001 - of the same class
        self.clear()

    def write(self, connection: Connection) -> None:
        """Write all rows, and keep them. The caller owns the transaction, and drops the rows when they are safe."""
        for table, rows in self._rows.items():
            for chunk in _chunks(rows):
                statement = _insert(table, len(chunk[0]), len(chunk))
                connection.execute(statement, list(chain.from_iterable(chunk)))
        if self._met:
            counts = [
                (account, kind, name, one.count, to_micros(one.first_at), to_micros(one.last_at))
                for (account, (kind, name)), one in self._met.items()
            ]
            for chunk in _chunks(counts):
                connection.execute(_insert("met", 6, len(chunk)) + ADD_MET, list(chain.from_iterable(chunk)))

    def clear(self) -> None:
        """Drop all rows."""
        self._rows.clear()
        self._met.clear()
        self._count = 0


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield rows[start : start + _ROWS_PER_STATEMENT]


@lru_cache(maxsize=64)
def _insert(table: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * count)}"
