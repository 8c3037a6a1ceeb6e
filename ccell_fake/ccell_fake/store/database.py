"""The database: opening, locking, transactions and snapshots."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from ccell_fake.clock import EARLIEST, LATEST, ClockSetting, to_micros
from ccell_fake.errors import CcellError
from ccell_fake.faults import Fault
from ccell_fake.serialization import from_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.ledger import SqliteLedger
from ccell_fake.store.schema import APPLICATION, SEARCH_INDEXES, TABLES, VERSION

_OLDEST_SQLITE = (3, 37)
_IN_MEMORY = ":memory:"


class StoreError(CcellError):
    """The store cannot be opened. The message names the file and the reason."""


class SnapshotError(CcellError):
    """The snapshot cannot be restored. The message says why."""


class SqliteStore:
    """The gateway's data.

    A file uses a write-ahead log: a committed transaction survives a kill of the process. No other process can open the
    file at the same time.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        journal_entries: int = JOURNAL_ENTRIES,
        on_change: Callable[[frozenset[int]], None] | None = None,
    ) -> None:
        """Open a store.

        Args:
            path: The file. It is created if missing. None keeps everything in memory.
            journal_entries: How many journal entries an account keeps.
            on_change: Called after a commit with the numbers of the changed accounts.

        Raises:
            StoreError: The file is in use, is not a store, or has another version.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            message = f"SQLite {sqlite3.sqlite_version} is too old; the store needs 3.37 or newer"
            raise StoreError(message)
        self._lock = threading.Lock()
        self._path = path
        self._journal_entries = journal_entries
        self._on_change = on_change
        self._connection = _open(path)
        self._ledger = self._make_ledger()
        self._finalize = weakref.finalize(self, self._connection.close)

    def _make_ledger(self) -> SqliteLedger:
        return SqliteLedger(self._connection, is_durable=self._path is not None, journal_entries=self._journal_entries)

    def close(self) -> None:
        """Close the store. A store without references closes itself."""
        with self._lock:
            self._finalize()

    def exclusive(self) -> threading.Lock:
        """Return the lock that keeps other threads out of transactions."""
        return self._lock

    @contextmanager
    def transaction(self) -> Generator[SqliteLedger]:
        """Open a transaction. It is committed at the end of the block, or rolled back on an exception."""
        with self._lock:
            try:
                yield self._ledger
                self._ledger.commit()
            except BaseException:
                self._ledger.rollback()
                raise
            changed = self._ledger.take_changed()
        if changed and self._on_change is not None:
            self._on_change(changed)

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Return a snapshot: the bytes of a store's file.

        Args:
            is_public: Whether the snapshot may hold a password. Other passwords are left out.
        """
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
            with self._lock:
                self._ledger.settle_all()
                self._connection.backup(copy)
            for key, text in copy.execute("SELECT key, settings FROM account WHERE settings <> ''").fetchall():
                settings = from_json(AccountSettings, text)
                if not is_public(settings.password):
                    copy.execute(
                        "UPDATE account SET settings = json_remove(settings, '$.password') WHERE key = ?", (key,)
                    )
            for name in SEARCH_INDEXES:
                copy.execute(f"DROP INDEX IF EXISTS {name}")
            copy.execute("VACUUM")
            return copy.serialize()

    def restore(
        self,
        snapshot: bytes,
        passwords: dict[str, str],
        check: Callable[[AccountSettings], None],
        reload: Callable[[SqliteLedger], None],
    ) -> None:
        """Replace all data by a snapshot. Nothing changes if that fails.

        Args:
            snapshot: The bytes that `dump` returned.
            passwords: The passwords that the snapshot leaves out, by userid.
            check: Raises ValueError for invalid settings.
            reload: Called with the ledger before other threads can use it.

        Raises:
            SnapshotError: The bytes are not a snapshot, it has another version, or a password is missing.
        """
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
            _load(copy, snapshot)
            _complete(copy, passwords, check)
            with self._lock:
                copy.backup(self._connection)
                self._ledger = self._make_ledger()
                reload(self._ledger)
                self._ledger.commit()


def _open(path: Path | None) -> sqlite3.Connection:
    connection = None
    try:
        connection = sqlite3.connect(path or _IN_MEMORY, isolation_level=None, check_same_thread=False, timeout=0)
        _prepare(connection)
    except (sqlite3.Error, StoreError) as error:
        if connection is not None:
            connection.close()
        message = f"{path}: {'another process has it open' if 'locked' in str(error) else error}"
        raise StoreError(message) from error
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Check the file before anything is written: it may belong to another program."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    tables, version = _identify(connection)
    if tables and version is None:
        message = "it is not a store of ccell-fake"
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


def _identify(connection: sqlite3.Connection) -> tuple[int, int | None]:
    """Return the number of tables, and the version of the store. The version is None for any other database."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return tables, version if application == APPLICATION else None


def _load(copy: sqlite3.Connection, snapshot: bytes) -> None:
    try:
        # These two bytes declare a write-ahead log, which a database in memory cannot have.
        copy.deserialize(snapshot[:18] + b"\1\1" + snapshot[20:])
        _, version = _identify(copy)
        if version == VERSION:
            ((result,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
            foreign = copy.execute("PRAGMA foreign_key_check").fetchall()
            is_whole = result == "ok" and not foreign and _shape(copy) == _expected_shape()
            if is_whole:
                return
    except (sqlite3.Error, OverflowError) as error:
        message = f"not a snapshot: {error}"
        raise SnapshotError(message) from error
    if version is None:
        message = "not a snapshot; send the body that GET /_ccell/v1/state answered"
    elif version == VERSION:
        message = "the snapshot is damaged"
    else:
        message = f"the snapshot has schema version {version}; this emulator reads version {VERSION}"
    raise SnapshotError(message)


def _shape(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return sorted(row for row in rows if row[0] not in SEARCH_INDEXES)


def _expected_shape() -> list[tuple[str, str]]:
    with closing(_open(None)) as fresh:
        return _shape(fresh)


def _complete(copy: sqlite3.Connection, passwords: dict[str, str], check: Callable[[AccountSettings], None]) -> None:
    """Fill in the passwords that were left out, and check that all data can be read."""
    rows = copy.execute("SELECT key, userid, settings, offset, frozen_at FROM account WHERE settings <> ''").fetchall()
    for key, userid, text, offset, frozen_at in rows:
        try:
            settings: AccountSettings = from_json(AccountSettings, text)
            check(settings)
            _check_clock(ClockSetting(offset, frozen_at))
            for (fault,) in copy.execute("SELECT fault FROM fault WHERE account = ?", (key,)):
                from_json(Fault, fault)
        except (ValueError, OverflowError) as error:
            message = f"account {userid!r} has unreadable data: {error}"
            raise SnapshotError(message) from error
        if settings.userid != userid:
            message = f"account {userid!r} has the settings of account {settings.userid!r}"
            raise SnapshotError(message)
        if settings.password:
            continue
        if userid not in passwords:
            message = f"the snapshot lacks the password of account {userid!r}; open the account with its password first"
            raise SnapshotError(message)
        copy.execute(
            "UPDATE account SET settings = json_set(settings, '$.password', ?) WHERE key = ?", (passwords[userid], key)
        )


def _check_clock(setting: ClockSetting) -> None:
    longest = to_micros(LATEST) - to_micros(EARLIEST)
    shown = to_micros(EARLIEST) if setting.frozen_at is None else setting.frozen_at
    if abs(setting.offset) > longest or not to_micros(EARLIEST) <= shown <= to_micros(LATEST):
        message = f"its clock is outside {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"
        raise ValueError(message)
