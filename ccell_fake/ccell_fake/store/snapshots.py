"""Snapshots: the bytes of a store's SQLite file, whatever database they were made from."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ccell_fake.serialization import from_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.buffer import ADD_MET
from ccell_fake.store.checking import SettingsCheck, begin_history, check_store, identify
from ccell_fake.store.errors import SnapshotError
from ccell_fake.store.schema import APPLICATION, SEARCH_INDEXES, VERSION

PRESENT_MET = "SELECT userid, kind, name, count, first_at, last_at FROM met JOIN account ON key = account"
"""The statement for what clients have met, in the present store."""


def identify_store(connection: sqlite3.Connection) -> None:
    """Mark a new database as a store of this version."""
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def finish(copy: sqlite3.Connection, is_public: Callable[[str], bool]) -> bytes:
    """Make a snapshot of a copy of a store: without secrets and spare pages, and with another history.

    Args:
        copy: The copy, in memory.
        is_public: Whether the snapshot may hold a password. Other passwords are left out.
    """
    for key, text in copy.execute("SELECT key, settings FROM account WHERE settings <> ''").fetchall():
        settings = from_json(AccountSettings, text)
        if not is_public(settings.password):
            copy.execute("UPDATE account SET settings = json_remove(settings, '$.password') WHERE key = ?", (key,))
    for name in SEARCH_INDEXES:
        copy.execute(f"DROP INDEX IF EXISTS {name}")
    begin_history(copy)
    copy.execute("VACUUM")
    return copy.serialize()


def load(copy: sqlite3.Connection, snapshot: bytes, check: SettingsCheck) -> None:
    """Load a snapshot into an empty database in memory.

    Raises:
        SnapshotError: The bytes are not a snapshot, it has another version, or is damaged.
    """
    try:
        # These two bytes declare a write-ahead log, which a database in memory cannot have.
        copy.deserialize(snapshot[:18] + b"\1\1" + snapshot[20:])
        _, version = identify(copy)
    except (sqlite3.Error, OverflowError) as error:
        message = f"not a snapshot: {error}"
        raise SnapshotError(message) from error
    if version is None:
        message = "not a snapshot; send the body that GET /_ccell/v1/state answered"
        raise SnapshotError(message)
    if version != VERSION:
        message = f"the snapshot has schema version {version}; this emulator reads version {VERSION}"
        raise SnapshotError(message)
    try:
        check_store(copy, "the snapshot", check)
    except ValueError as error:
        raise SnapshotError(str(error)) from error


def complete(copy: sqlite3.Connection, passwords: Mapping[str, str]) -> None:
    """Fill in the passwords that were left out.

    Raises:
        SnapshotError: A password is missing.
    """
    rows = copy.execute("SELECT key, userid, settings FROM account WHERE settings <> ''").fetchall()
    for key, userid, text in rows:
        settings: AccountSettings = from_json(AccountSettings, text)
        if settings.password:
            continue
        if userid not in passwords:
            message = f"the snapshot lacks the password of account {userid!r}; open the account with its password first"
            raise SnapshotError(message)
        copy.execute(
            "UPDATE account SET settings = json_set(settings, '$.password', ?) WHERE key = ?", (passwords[userid], key)
        )


def keep_met(met: Iterable[tuple[Any, ...]], copy: sqlite3.Connection) -> None:
    """Replace what clients have met in a snapshot by rows of PRESENT_MET. Accounts that it lacks count as closed."""
    copy.execute("DELETE FROM met")
    key = "coalesce((SELECT key FROM account WHERE userid = ?), 0)"
    copy.executemany(f"INSERT INTO met VALUES ({key}, ?, ?, ?, ?, ?){ADD_MET}", met)
