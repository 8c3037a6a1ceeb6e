"""The database: opening, locking, transactions and snapshots."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

from ccell_fake.clock import elapsed as host_elapsed
from ccell_fake.records import Figure, Lifetime, Slot
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.checking import SettingsCheck, begin_history, check_store, create, identify
from ccell_fake.store.errors import StoreError
from ccell_fake.store.ledger import SqliteLedger
from ccell_fake.store.process import Owner
from ccell_fake.store.retention import NO_CAP, Cap
from ccell_fake.store.schema import VERSION
from ccell_fake.store.snapshots import PRESENT_MET, complete, finish, identify_store, keep_met, load

_OLDEST_SQLITE = (3, 37)
_IN_MEMORY = ":memory:"
_OWNER_ONLY = 0o600


class SqliteStore:
    """The gateway's data.

    A file uses a write-ahead log: a committed transaction survives a kill of the process. No other process can open the
    file at the same time. A forked process cannot use the store of its parent: every use raises InheritedError.

    Attributes:
        owner: The process that opened the store.
        is_reached: True: a file is always there.
        figures: Nothing for the metrics.
    """

    is_reached: bool = True
    figures: tuple[Figure, ...] = ()

    def __init__(
        self,
        path: Path | None = None,
        *,
        journal_entries: int = JOURNAL_ENTRIES,
        cap: Cap = NO_CAP,
        elapsed: Callable[[], float] = host_elapsed,
        on_change: Callable[[frozenset[int]], None] | None = None,
        on_end: Callable[[frozenset[Lifetime]], None] | None = None,
        check: SettingsCheck = lambda _: None,
    ) -> None:
        """Open a store.

        Args:
            path: The file. It is created if missing, and only its owner may read it: it holds passwords. None keeps
                everything in memory.
            journal_entries: How many journal entries an account keeps.
            cap: How many messages an account keeps, and for how long.
            elapsed: Returns the seconds of a monotonic clock, which ends the holds.
            on_change: Called after a commit with the numbers of the changed accounts.
            on_end: Called after a commit with the lives of accounts that ended.
            check: Raises ValueError for settings in the file that are not allowed.

        Raises:
            StoreError: The file is in use, is not a store, has another version, or is damaged.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            message = f"SQLite {sqlite3.sqlite_version} is too old; the store needs 3.37 or newer"
            raise StoreError(message)
        self._lock = threading.Lock()
        self._path = path
        self._journal_entries = journal_entries
        self._cap = cap
        self._elapsed = elapsed
        self._on_change = on_change
        self._on_end = on_end
        self._check = check
        self.owner: Owner = Owner()
        self._connection = _open(path, check)
        self._ledger = self._make_ledger(self._connection)
        self._finalize = weakref.finalize(self, self.owner.close, self._connection)

    def _make_ledger(self, connection: sqlite3.Connection) -> SqliteLedger:
        return SqliteLedger(
            connection,
            elapsed=self._elapsed,
            is_durable=self._path is not None,
            journal_entries=self._journal_entries,
            cap=self._cap,
        )

    def close(self) -> None:
        """Close the store. A store without references closes itself. A forked process closes nothing."""
        if self.owner.is_here:
            with self._lock:
                self._finalize()

    def _exclusive(self) -> threading.Lock:
        """Return the lock that keeps other threads out of transactions."""
        self.owner.check()
        return self._lock

    @contextmanager
    def transaction(self, userid: str | None = None) -> Generator[SqliteLedger]:  # noqa: ARG002 - every transaction locks out all others
        """Open a transaction. It is committed at the end of the block, or rolled back on an exception."""
        with self._exclusive():
            ledger = self._ledger
            try:
                yield ledger
                ledger.commit()
            except BaseException:
                ledger.rollback()
                raise
            changed, ended = ledger.take_changed()
        self._notify(changed, {(ledger.history, key) for key in ended})

    def transaction_of_all(self) -> AbstractContextManager[SqliteLedger]:
        """Open a transaction on all accounts."""
        return self.transaction()

    def reading(self) -> AbstractContextManager[SqliteLedger]:
        """Open a transaction that changes nothing."""
        return self.transaction()

    def leave(self, slot: Slot) -> None:
        """Free a slot. A second call does nothing."""
        with self._exclusive():
            self._ledger.leave(slot)

    def _notify(self, changed: frozenset[int], ended: Collection[Lifetime]) -> None:
        if ended and self._on_end is not None:
            self._on_end(frozenset(ended))
        if changed and self._on_change is not None:
            self._on_change(changed)

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Return a snapshot: the bytes of a store's file.

        Args:
            is_public: Whether the snapshot may hold a password. Other passwords are left out.
        """
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
            with self._exclusive():
                self._ledger.settle_all()
                self._connection.backup(copy)
            return finish(copy, is_public)

    def restore(self, snapshot: bytes) -> None:
        """Replace all data by a snapshot, except what clients have met. Nothing changes if that fails.

        Passwords that the snapshot leaves out are those of the present accounts. `snapshot` is what `dump` returned.

        Raises:
            SnapshotError: The bytes are not a snapshot, it has another version or is damaged, or a password is missing.
        """
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
            load(copy, snapshot, self._check)
            with self._exclusive():
                former = self._ledger
                complete(copy, {row.settings.userid: row.settings.password for row in former.accounts()})
                former.settle_all()
                keep_met(self._connection.execute(PRESENT_MET).fetchall(), copy)
                begin_history(copy)
                ledger = self._make_ledger(copy)
                ledger.rollback()
                copy.backup(self._connection)
                ledger.use(self._connection)
                self._ledger = ledger
        ended = {row.key for row in former.accounts()}
        opened = {row.key for row in ledger.accounts()}
        self._notify(frozenset(ended | opened), {(former.history, key) for key in ended})


def _open(path: Path | None, check: SettingsCheck) -> sqlite3.Connection:
    connection = None
    try:
        if path is not None and not path.exists():
            # SQLite names the reason if this fails.
            with suppress(OSError):
                path.touch(_OWNER_ONLY)
        connection = sqlite3.connect(path or _IN_MEMORY, isolation_level=None, check_same_thread=False, timeout=0)
        _prepare(connection, check)
        if path is not None:
            _hide(path)
    except (sqlite3.Error, ValueError) as error:
        if connection is not None:
            connection.close()
        message = f"{path}: {'another process has it open' if 'locked' in str(error) else error}"
        raise StoreError(message) from error
    return connection


def _prepare(connection: sqlite3.Connection, check: SettingsCheck) -> None:
    """Check the file before anything is written: it may belong to another program."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    tables, version = identify(connection)
    if tables and version is None:
        message = "it is not a store of ccell-fake"
        raise ValueError(message)
    if tables and version != VERSION:
        message = f"it is a store of version {version}; this is version {VERSION}"
        raise ValueError(message)
    if tables:
        check_store(connection, "the store", check)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN EXCLUSIVE")
    if not tables:
        create(connection)
        identify_store(connection)
    connection.execute("COMMIT")


def _hide(path: Path) -> None:
    """Let only the owner of a store read it. A store of another owner is not changed."""
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):
            file.chmod(_OWNER_ONLY)
