"""Snapshots of a store in PostgreSQL, which a store in SQLite can restore, and the other way round."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, IsolationLevel

from ccell_fake.records import Lifetime
from ccell_fake.store.checking import SettingsCheck, begin_history, create
from ccell_fake.store.conversions import read_settings
from ccell_fake.store.postgresql.texts import adapt
from ccell_fake.store.snapshots import PRESENT_MET, complete, finish, identify_store, keep_met, load

_IN_MEMORY = ":memory:"
_NUMBERED = ("account", "opt_out", "report", "upmsg")
_AT_ONCE = 10_000
# In SQLite a table has the last position.
_LAST_POSITION = (
    "SELECT max(position) FROM (SELECT max(position) AS position FROM journal UNION ALL SELECT max(id) FROM fault"
    " UNION ALL SELECT max(position) FROM time_event UNION ALL SELECT max(last_dropped) FROM account"
    " UNION ALL SELECT max(last_event_dropped) FROM account UNION ALL SELECT max(number) FROM high_water)"
)
_COUNT = (
    "UPDATE account a SET"
    " reserved = (SELECT coalesce(sum(greatest(messages, 0)), 0) FROM pending_charge p WHERE p.account = a.key),"
    " next_charge = (SELECT min(due) FROM pending_charge p WHERE p.account = a.key),"
    " journaled = (SELECT count(*) FROM journal j WHERE j.account = a.key),"
    " logged = (SELECT count(*) FROM time_event e WHERE e.account = a.key)"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a snapshot replaced.

    Attributes:
        history: Name of the history that it began.
        ended: The lives of the former accounts.
        changed: Keys of the former accounts and of the present ones.
    """

    history: str
    ended: frozenset[Lifetime]
    changed: frozenset[int]


def dump(connection: Connection[Any], is_public: Callable[[str], bool]) -> bytes:
    """Return a snapshot: the bytes of a store's SQLite file.

    Args:
        connection: A connection outside a transaction.
        is_public: Whether the snapshot may hold a password. Other passwords are left out.
    """
    adapt(connection)
    level, connection.isolation_level = connection.isolation_level, IsolationLevel.REPEATABLE_READ
    try:
        with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy, connection.transaction():
            copy.execute("BEGIN")
            create(copy)
            for table, columns in _tables(copy):
                copy.execute(f"DELETE FROM {table}")
                with connection.cursor(name="dumped") as cursor:
                    cursor.itersize = _AT_ONCE
                    cursor.execute(f"SELECT {columns} FROM {table}".encode())
                    places = ", ".join("?" * (columns.count(",") + 1))
                    copy.executemany(f"INSERT INTO {table} VALUES ({places})", cursor)
            for table in _NUMBERED:
                last = _last(connection, f"{table}_key_seq")
                copy.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                copy.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
            copy.execute("UPDATE high_water SET number = ?", (_last(connection, "positions"),))
            copy.execute("COMMIT")
            identify_store(copy)
            return finish(copy, is_public)
    finally:
        connection.isolation_level = level


def restore(connection: Connection[Any], snapshot: bytes, check: SettingsCheck) -> Restored:
    """Replace all data by a snapshot, except what clients have met. Nothing changes if that fails.

    Passwords that the snapshot leaves out are those of the present accounts.

    Args:
        connection: A connection in a transaction, which the caller commits.
        snapshot: The bytes that `dump` returned, or that of a store in SQLite.
        check: Checks the settings of each account.

    Raises:
        SnapshotError: The bytes are not a snapshot, it has another version or is damaged, or a password is missing.
    """
    adapt(connection)
    with closing(sqlite3.connect(_IN_MEMORY, isolation_level=None)) as copy:
        load(copy, snapshot, check)
        connection.execute(b"LOCK TABLE account IN EXCLUSIVE MODE")
        rows = connection.execute(b"SELECT key, settings FROM account WHERE settings <> ''").fetchall()
        former = {key: read_settings(text) for key, text in rows}
        complete(copy, {settings.userid: settings.password for settings in former.values()})
        keep_met(connection.execute(PRESENT_MET.encode()).fetchall(), copy)
        begin_history(copy)
        row = connection.execute(b"SELECT history FROM event_log").fetchone()
        history = str(row[0]) if row else ""
        _copy_in(copy, connection)
        (present,) = copy.execute("SELECT history FROM event_log").fetchone()
        opened = {key for (key,) in copy.execute("SELECT key FROM account WHERE settings <> ''")}
    return Restored(present, frozenset((history, key) for key in former), frozenset(former.keys() | opened))


def _copy_in(copy: sqlite3.Connection, connection: Connection[Any]) -> None:
    """Replace the rows of all tables. Readers go on meanwhile, so that nothing waits for anything else."""
    for table in ("msgid", "slot", "hold"):
        connection.execute(f"DELETE FROM {table}".encode())
    for table, columns in _tables(copy):
        connection.execute(f"DELETE FROM {table}".encode())
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as rows:
            for row in copy.execute(f"SELECT {columns} FROM {table}"):
                rows.write_row(row)
    connection.execute(_COUNT.encode())
    numbers = dict(copy.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    # An emulator may still know a former account by its key.
    numbers["account"] = max(numbers.get("account", 0), _last(connection, "account_key_seq"))
    for table in _NUMBERED:
        _set(connection, f"{table}_key_seq", numbers.get(table, 0))
    (submission,) = copy.execute(
        "SELECT max((SELECT coalesce(max(key), 0) FROM submission),"
        " (SELECT coalesce(max(submission), 0) FROM recorded))"
    ).fetchone()
    _set(connection, "submission_key_seq", submission)
    (position,) = copy.execute(_LAST_POSITION).fetchone()
    connection.execute(b"SELECT setval('positions', greatest(%s, last_value)) FROM positions", (position,))


def _tables(copy: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the tables that both databases have, with the list of their columns in the order of SQLite."""
    tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall()
    for (table,) in tables:
        if table != "high_water":
            columns = copy.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
            yield table, ", ".join(f'"{name}"' for (name,) in columns)


def _last(connection: Connection[Any], sequence: str) -> int:
    """Return the last number of a sequence, or 0."""
    row = connection.execute(
        f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}".encode()
    ).fetchone()
    return int(row[0]) if row else 0


def _set(connection: Connection[Any], sequence: str, last: int) -> None:
    """Let a sequence go on after a number, which may be 0. It never goes back, because no rollback undoes that."""
    last = max(last, _last(connection, sequence))
    connection.execute(b"SELECT setval(%s::regclass, %s, FALSE)", (sequence, last + 1))
