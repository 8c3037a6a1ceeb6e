"""Rows that wait to be written, many with one statement.

Each statement lets other threads run before it returns, which costs far more than the statement under load. So rows
wait until a table is read, until there are many, or, in a durable store, until the transaction ends.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from sqlite3 import Connection

Row = tuple[int | str | None, ...]

_ROWS_PER_STATEMENT = 500


class RowBuffer:
    """Rows for several tables, in the order of adding."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

    def add(self, table: str, rows: list[Row]) -> None:
        """Add rows. `table` may name the columns after the table; otherwise a row has a value for each column."""
        self._rows.setdefault(table, []).extend(rows)
        self._count += len(rows)

    def move_to(self, other: "RowBuffer") -> None:
        """Move all rows to the end of another buffer."""
        for table, rows in self._rows.items():
            other.add(table, rows)
        self.clear()

    def write(self, connection: Connection) -> None:
        """Write all rows, and keep them. The caller owns the transaction, and drops the rows when they are safe."""
        for table, rows in self._rows.items():
            for chunk in _chunks(rows):
                statement = _insert(table, len(chunk[0]), len(chunk))
                connection.execute(statement, list(chain.from_iterable(chunk)))

    def clear(self) -> None:
        """Drop all rows."""
        self._rows.clear()
        self._count = 0


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield rows[start : start + _ROWS_PER_STATEMENT]


@lru_cache(maxsize=64)
def _insert(table: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * count)}"
