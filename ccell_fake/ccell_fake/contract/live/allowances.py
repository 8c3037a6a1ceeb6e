"""Allowances of a live run: messages, risk, time to wait, and turns on the account."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

_SECONDS = 30.0
_PAUSE = 1.0
# Short, so that a waiting process can be interrupted.
_TURN_SECONDS = 0.5


class Budget:
    """A number of messages in a file that all workers and retries of a run share.

    Messages are counted before they are sent. The file also records whether a check risked a lock.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        """Open the budget of a file that `create` made."""
        self.path = path

    @classmethod
    def create(cls, path: Path, messages: int) -> "Budget":
        """Create a budget in a file."""
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE budget (messages INTEGER, spent INTEGER, is_risk_taken INTEGER)")
            connection.execute("INSERT INTO budget VALUES (?, 0, FALSE)", (messages,))
        return cls(path)

    @property
    def left(self) -> int:
        """Number of messages left."""
        with closing(self._connect()) as connection:
            (left,) = connection.execute("SELECT messages - spent FROM budget").fetchone()
        return int(left)

    def spend(self, messages: int) -> bool:
        """Spend messages if enough are left. Returns whether they were."""
        statement = "UPDATE budget SET spent = spent + ? WHERE spent + ? <= messages"
        with closing(self._connect()) as connection, connection:
            return connection.execute(statement, (messages, messages)).rowcount == 1

    @property
    def is_risk_taken(self) -> bool:
        """True if a check may have locked the account."""
        with closing(self._connect()) as connection:
            (is_risk_taken,) = connection.execute("SELECT is_risk_taken FROM budget").fetchone()
        return bool(is_risk_taken)

    def take_risk(self) -> None:
        """Record that a check is about to risk a lock."""
        with closing(self._connect()) as connection, connection:
            connection.execute("UPDATE budget SET is_risk_taken = TRUE")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_SECONDS)


class WaitAllowance:
    """A total number of seconds to wait."""

    def __init__(self, seconds: float, pause: Callable[[float], object]) -> None:
        """Allow this many seconds. `pause` lets seconds pass."""
        self._left = seconds
        self._pause = pause

    def wait(self) -> bool:
        """Wait up to a second. Returns False, without waiting, once the allowance is used up."""
        if self._left <= 0:
            return False
        self._pause(min(_PAUSE, self._left))
        self._left -= _PAUSE
        return True


@contextmanager
def turn(path: Path) -> Generator[None]:
    """Wait for a turn on the account and hold it. The turn also ends with the process.

    Together, the processes of a run would take each other's reports and exceed the thread limit (K1, K3).

    Args:
        path: A file that all processes share; created if missing.
    """
    with closing(sqlite3.connect(path, timeout=_TURN_SECONDS, isolation_level=None)) as connection:
        while not _try_lock(connection):
            pass
        yield


def _try_lock(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
