"""Turns: tests of all processes of a run ask an account one after the other.

What one sends and fetches would be missing to another, and together they would go over the account's threads (K1, K3).
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

# Short, so that whoever waits can be interrupted.
_SECONDS = 0.5


@contextmanager
def turn(path: Path) -> Generator[None]:
    """Wait for a turn, and have it; it ends with the process if it has not before.

    Args:
        path: A file that all who take turns have in common; it is made where there is none.
    """
    with closing(sqlite3.connect(path, timeout=_SECONDS, isolation_level=None)) as connection:
        while not _is_taken(connection):
            pass
        yield


def _is_taken(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
