"""The tables of a database: identification, creation and migration."""

import threading
from importlib.resources import files
from typing import Any, LiteralString

from psycopg import Connection, Error
from psycopg.errors import LockNotAvailable

from ccell_fake.clock import elapsed
from ccell_fake.store.errors import StoreError
from ccell_fake.store.schema import APPLICATION

_OLDEST_POSTGRESQL = 140_000
_LONGEST_WAIT = 300.0
_PAUSE = 2.0
STEPS: tuple[tuple[str, ...], ...] = (("schema.sql", "functions.sql"),)
"""The scripts of each version. A database has the version of the last ones that ran in it.

Emulators of one version go on while those of the next one work on the same tables.
"""

_CREATE: LiteralString = "CREATE TABLE ccell_fake_store (version integer NOT NULL)"
_COUNT: LiteralString = (
    "SELECT count(*), to_regclass('ccell_fake_store') IS NOT NULL FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)


def prepare(connection: Connection[Any]) -> str:
    """Create the tables, or bring those of an earlier version up to date. Returns the name of the history.

    Emulators that start at the same time wait for each other.

    Args:
        connection: A connection outside a transaction.

    Raises:
        StoreError: The database is not a store, has a newer version, or cannot hold one.
    """
    try:
        _check_server(connection)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPLICATION,))
            version = _version(connection)
            if 0 < version < len(STEPS):
                _lock_out_others(connection)
            for step in STEPS[version:]:
                for script in step:
                    connection.execute(files(__name__.rpartition(".")[0]).joinpath(script).read_bytes(), prepare=False)
            if version < len(STEPS):
                connection.execute("UPDATE ccell_fake_store SET version = %s", (len(STEPS),))
            row = connection.execute("SELECT history FROM event_log").fetchone()
    except Error as error:
        message = f"the database cannot hold a store: {_line(error)}"
        raise StoreError(message) from error
    if row is None:
        message = "the store in the database is damaged: table event_log lacks its row"
        raise StoreError(message)
    return str(row[0])


def _lock_out_others(connection: Connection[Any]) -> None:
    """Wait until no transaction of another emulator is under way, and let none begin.

    Each begins at this table. While a snapshot is made, the wait is interrupted, so that requests get through.
    """
    ends = elapsed() + _LONGEST_WAIT
    while True:
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout TO '1s'")
                connection.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
                # No statement of theirs takes as long. Those that read other tables only may be under way.
                connection.execute("SET LOCAL lock_timeout TO '10s'")
        except LockNotAvailable:
            if elapsed() > ends:
                raise
            threading.Event().wait(_PAUSE)
        else:
            return


def _check_server(connection: Connection[Any]) -> None:
    info = connection.info
    if info.server_version < _OLDEST_POSTGRESQL:
        message = f"PostgreSQL {info.parameter_status('server_version')} is too old; the store needs 14 or newer"
        raise StoreError(message)
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = f"the database has the encoding {encoding}; the store needs UTF8"
        raise StoreError(message)


def _version(connection: Connection[Any]) -> int:
    """Return the version of the store in a database, after creating the table that tells it in an empty one."""
    row = connection.execute(_COUNT).fetchone()
    tables, is_store = row or (0, False)
    if not is_store:
        if tables:
            message = "the database has tables of something else; give the store a database of its own"
            raise StoreError(message)
        connection.execute(_CREATE)
        connection.execute("INSERT INTO ccell_fake_store VALUES (0)")
        return 0
    row = connection.execute("SELECT version FROM ccell_fake_store").fetchone()
    version = int(row[0]) if row else 0
    if version > len(STEPS):
        message = f"the database has a store of version {version}; this emulator reads versions up to {len(STEPS)}"
        raise StoreError(message)
    return version


def _line(error: Error) -> str:
    """Return the first sentence of an error, without the statement."""
    return error.diag.message_primary or " ".join(str(error).split())
