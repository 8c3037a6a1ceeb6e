"""The database: opened, locked against a second process, and used by one thread at a time."""

import sqlite3
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ccell_fake.errors import CcellError
from ccell_fake.store.ledger import SqliteLedger
from ccell_fake.store.schema import APPLICATION, TABLES, VERSION

_OLDEST_SQLITE = (3, 37)
_IN_MEMORY = ":memory:"


class StoreError(CcellError):
    """A store that cannot be opened; the message names the file and the reason."""


class SqliteStore:
    """Everything the gateway remembers.

    A file is written ahead (WAL): what a transaction kept survives the end of the process, however sudden. While it is
    open no other process can open it.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open a store.

        Args:
            path: The file, made if there is none; None keeps everything in memory.

        Raises:
            StoreError: The file is in use, is no store, or is of another version.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            message = f"SQLite {sqlite3.sqlite_version} is too old; the store needs 3.37 or newer"
            raise StoreError(message)
        self._lock = threading.Lock()
        self._connection, self._ledger = _open(path)
        self._finalize = weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the store; the file can then be opened again. A store that nobody holds any more closes itself."""
        with self._lock:
            self._finalize()

    def exclusive(self) -> threading.Lock:
        """What keeps every other thread out while it is held."""
        return self._lock

    @contextmanager
    def transaction(self) -> Generator[SqliteLedger]:
        """A ledger whose writes are kept when the block ends, and undone when it raises."""
        with self._lock:
            try:
                yield self._ledger
                self._ledger.commit()
            except BaseException:
                self._ledger.rollback()
                raise

    def account(self, userid: str) -> int:
        """The number of an account, given out when it is first asked for."""
        with self.transaction() as ledger:
            return ledger.account(userid)


def _open(path: Path | None) -> tuple[sqlite3.Connection, SqliteLedger]:
    connection = None
    try:
        connection = sqlite3.connect(path or _IN_MEMORY, isolation_level=None, check_same_thread=False, timeout=0)
        _prepare(connection)
        return connection, SqliteLedger(connection, is_durable=path is not None)
    except (sqlite3.Error, StoreError) as error:
        if connection is not None:
            connection.close()
        message = f"{path}: {'another process has it open' if 'locked' in str(error) else error}"
        raise StoreError(message) from error


def _prepare(connection: sqlite3.Connection) -> None:
    """Look at what is there before anything is written: it may be someone else's."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != APPLICATION:
        message = "it is a database of something else"
        raise StoreError(message)
    if tables and version != VERSION:
        message = f"it is a store of version {version}; this is version {VERSION}"
        raise StoreError(message)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN EXCLUSIVE")
    if not tables:
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
