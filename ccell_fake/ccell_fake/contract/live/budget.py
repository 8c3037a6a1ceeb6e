"""What a run spends: its messages, counted before they are sent, and its risk; shared by all its processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

_SECONDS = 30.0


class Budget:
    """A number of messages, in a file, so that workers, retries and interrupted tests all take from the same.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        """Take from the budget of a file, which `create` made."""
        self.path = path

    @classmethod
    def create(cls, path: Path, messages: int) -> "Budget":
        """Begin a budget in a new file."""
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE budget (messages INTEGER, spent INTEGER, is_risk_taken INTEGER)")
            connection.execute("INSERT INTO budget VALUES (?, 0, FALSE)", (messages,))
        return cls(path)

    @property
    def left(self) -> int:
        """How many may still be sent."""
        with closing(self._connect()) as connection:
            (left,) = connection.execute("SELECT messages - spent FROM budget").fetchone()
        return int(left)

    def spend(self, messages: int) -> bool:
        """Take so many, all or none; whether they were there."""
        statement = "UPDATE budget SET spent = spent + ? WHERE spent + ? <= messages"
        with closing(self._connect()) as connection, connection:
            return connection.execute(statement, (messages, messages)).rowcount == 1

    @property
    def is_risk_taken(self) -> bool:
        """Whether a test may have locked the account by now."""
        with closing(self._connect()) as connection:
            (is_risk_taken,) = connection.execute("SELECT is_risk_taken FROM budget").fetchone()
        return bool(is_risk_taken)

    def take_risk(self) -> None:
        """Say that a test is about to do what may lock the account."""
        with closing(self._connect()) as connection, connection:
            connection.execute("UPDATE budget SET is_risk_taken = TRUE")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_SECONDS)
