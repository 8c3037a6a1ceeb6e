"""Rows on their way into tables: kept back, and then written many with one statement.

Every statement lets other threads run before it returns. Under load that costs far more than the statement, so a
request writes nothing by itself: its rows wait until something is read that may need them, until they are many, or,
where they have to outlive the process, until the request's transaction ends.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from sqlite3 import Connection

Row = tuple[int | str | None, ...]

_ROWS_PER_STATEMENT = 500


class RowBuffer:
    """Rows for several tables, in the order in which they came."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[str, list[Row]] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many rows wait."""
        return self._count

    def add(self, table: str, rows: list[Row]) -> None:
        """Keep rows, each with a value for every column of the table, or for every one that is named behind it."""
        self._rows.setdefault(table, []).extend(rows)
        self._count += len(rows)

    def move_to(self, other: "RowBuffer") -> None:
        """Hand everything on, behind what waits there."""
        for table, rows in self._rows.items():
            other.add(table, rows)
        self.clear()

    def write(self, connection: Connection) -> None:
        """Write everything, within a transaction that is someone else's affair."""
        for table, rows in self._rows.items():
            for chunk in _chunks(rows):
                statement = _insert(table, len(chunk[0]), len(chunk))
                connection.execute(statement, list(chain.from_iterable(chunk)))
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()
        self._count = 0


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield rows[start : start + _ROWS_PER_STATEMENT]


@lru_cache(maxsize=64)
def _insert(table: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * count)}"
