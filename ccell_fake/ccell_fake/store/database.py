"""The database: opened, locked against a second process, and used by one thread at a time."""

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
from ccell_fake.store.ledger import JOURNAL_ENTRIES, SqliteLedger
from ccell_fake.store.schema import APPLICATION, TABLES, VERSION

_OLDEST_SQLITE = (3, 37)
_IN_MEMORY = ":memory:"


class StoreError(CcellError):
    """A store that cannot be opened; the message names the file and the reason."""


class SnapshotError(CcellError):
    """A snapshot that cannot be put back; the message says why."""


class SqliteStore:
    """Everything the gateway remembers.

    A file is written ahead (WAL): what a transaction kept survives the end of the process, however sudden. While it is
    open no other process can open it.
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
            path: The file, made if there is none; None keeps everything in memory.
            journal_entries: How many journal entries an account keeps.
            on_change: Is told the numbers of the accounts that a transaction changed, once it is kept.

        Raises:
            StoreError: The file is in use, is no store, or is of another version.
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
            changed = self._ledger.take_changed()
        if changed and self._on_change is not None:
            self._on_change(changed)

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Everything that is remembered, as the bytes of a store's file.

        Args:
            is_public: Whether a password may be in it; any other is left out.
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
            copy.execute("VACUUM")
            return copy.serialize()

    def put_back(
        self,
        snapshot: bytes,
        passwords: dict[str, str],
        check: Callable[[AccountSettings], None],
        taken_up: Callable[[SqliteLedger], None],
    ) -> None:
        """Forget everything and remember what a snapshot holds; where that fails nothing is forgotten.

        Args:
            snapshot: What `dump` answered.
            passwords: Those that a snapshot leaves out, by userid.
            check: Raises ValueError for settings that no account may have.
            taken_up: Is called with the ledger before anyone else sees it.

        Raises:
            SnapshotError: It is no snapshot, it is of another version, or an account's password is not known.
        """
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
            _load(copy, snapshot)
            _complete(copy, passwords, check)
            with self._lock:
                copy.backup(self._connection)
                self._ledger = self._make_ledger()
                taken_up(self._ledger)
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
    """Look at what is there before anything is written: it may be someone else's."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    tables, version = _identify(connection)
    if tables and version is None:
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


def _identify(connection: sqlite3.Connection) -> tuple[int, int | None]:
    """How many tables there are, and the version of the store that it is, or None where it is none."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return tables, version if application == APPLICATION else None


def _load(copy: sqlite3.Connection, snapshot: bytes) -> None:
    try:
        # A store's own file says in these two bytes that it is written ahead, which memory knows nothing of.
        copy.deserialize(snapshot[:18] + b"\1\1" + snapshot[20:])
        _, version = _identify(copy)
        if version == VERSION:
            ((flaw,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
            foreign = copy.execute("PRAGMA foreign_key_check").fetchall()
            is_whole = flaw == "ok" and not foreign and _shape(copy) == _expected_shape()
            if is_whole:
                return
    except (sqlite3.Error, OverflowError) as error:
        message = f"it is no snapshot: {error}"
        raise SnapshotError(message) from error
    if version is None:
        message = "it is no snapshot; it takes what GET answers"
    elif version == VERSION:
        message = "it is damaged"
    else:
        message = f"it is a snapshot of schema version {version}; this emulator reads version {VERSION}"
    raise SnapshotError(message)


def _shape(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())


def _expected_shape() -> list[tuple[str, str]]:
    with closing(_open(None)) as fresh:
        return _shape(fresh)


def _complete(copy: sqlite3.Connection, passwords: dict[str, str], check: Callable[[AccountSettings], None]) -> None:
    """Put passwords where they were left out, and see that everything can be taken up."""
    rows = copy.execute("SELECT key, userid, settings, offset, frozen_at FROM account WHERE settings <> ''").fetchall()
    for key, userid, text, offset, frozen_at in rows:
        try:
            settings: AccountSettings = from_json(AccountSettings, text)
            check(settings)
            _check_clock(ClockSetting(offset, frozen_at))
            for (fault,) in copy.execute("SELECT fault FROM fault WHERE account = ?", (key,)):
                from_json(Fault, fault)
        except (ValueError, OverflowError) as error:
            message = f"account {userid!r} has something that cannot be read: {error}"
            raise SnapshotError(message) from error
        if settings.userid != userid:
            message = f"account {userid!r} has the settings of account {settings.userid!r}"
            raise SnapshotError(message)
        if settings.password:
            continue
        if userid not in passwords:
            message = f"the password of account {userid!r} is not in it; open the account with its password first"
            raise SnapshotError(message)
        copy.execute(
            "UPDATE account SET settings = json_set(settings, '$.password', ?) WHERE key = ?", (passwords[userid], key)
        )


def _check_clock(setting: ClockSetting) -> None:
    longest = to_micros(LATEST) - to_micros(EARLIEST)
    shown = to_micros(EARLIEST) if setting.frozen_at is None else setting.frozen_at
    if abs(setting.offset) > longest or not to_micros(EARLIEST) <= shown <= to_micros(LATEST):
        message = "its clock shows a time that no clock can be set to"
        raise ValueError(message)
