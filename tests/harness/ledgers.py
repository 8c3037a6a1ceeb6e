"""Ledgers of each store, to try them with the same calls."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import psycopg

from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.records import Slot
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.postgresql import msgids, schema, slots, snapshots
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from harness import postgresql

KINDS = ("memory", "file", "postgresql")
"""The stores."""


class Opened(Store, Protocol):
    """A store of either kind."""

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Make a snapshot."""
        ...

    def restore(self, snapshot: bytes) -> object:
        """Restore a snapshot."""
        ...


class Transactions:
    """Transactions on a database of PostgreSQL, as one emulator makes them.

    Attributes:
        connection: The connection.
    """

    def __init__(self, url: str, *, journal_entries: int = JOURNAL_ENTRIES, emulator: int = 1) -> None:
        self.connection: psycopg.Connection[Any] = psycopg.connect(url)
        self._reserving = psycopg.connect(url, autocommit=True)
        self._journal_entries = journal_entries
        self._emulator = emulator
        schema.prepare(self.connection)
        slots.renew(self._reserving, emulator, 600)

    def ledger(self) -> PostgresqlLedger:
        """Begin a ledger without a lock."""
        reserve = partial(msgids.reserve, self._reserving)
        return PostgresqlLedger(
            self.connection, reserve=reserve, emulator=self._emulator, journal_entries=self._journal_entries
        )

    @contextmanager
    def _ended(self, ledger: PostgresqlLedger) -> Generator[PostgresqlLedger]:
        try:
            yield ledger
            with self.connection.pipeline():
                ledger.write_out()
                self.connection.commit()
        except BaseException:
            self.connection.rollback()
            ledger.run_at_rollback()
            raise
        ledger.run_at_commit()

    @contextmanager
    def transaction(self, userid: str | None = None) -> Generator[Ledger]:
        """Open a transaction on one account."""
        ledger = self.ledger()
        with self._ended(ledger):
            ledger.lock(userid)
            yield ledger

    @contextmanager
    def transaction_of_all(self) -> Generator[Ledger]:
        """Open a transaction on all accounts."""
        ledger = self.ledger()
        with self._ended(ledger):
            ledger.lock_all()
            yield ledger

    @contextmanager
    def reading(self) -> Generator[Ledger]:
        """Open a transaction that changes nothing."""
        with self._ended(self.ledger()) as ledger:
            yield ledger

    def leave(self, slot: Slot) -> None:
        """Free a slot."""
        slots.leave(self._reserving, slot)

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Make a snapshot."""
        return snapshots.dump(self.connection, is_public)

    def restore(self, snapshot: bytes) -> snapshots.Restored:
        """Restore a snapshot."""
        return snapshots.restore(self.connection, snapshot, lambda _: None)

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()
        self._reserving.close()


def prepare(url: str) -> None:
    """Create the tables of a database."""
    with psycopg.connect(url) as connection:
        schema.prepare(connection)


@contextmanager
def database() -> Generator[str]:
    """A database with a store. Yields its URL."""
    cluster = postgresql.shared()
    url = cluster.create_database(postgresql.shared_template(prepare))
    yield url
    cluster.drop_database(url)


@contextmanager
def opened(kind: str, folder: Path, *, journal_entries: int = JOURNAL_ENTRIES) -> Generator[Opened]:
    """An empty store of a kind."""
    if kind == "postgresql":
        with database() as url:
            store = Transactions(url, journal_entries=journal_entries)
            yield store
            store.close()
    else:
        path = folder / "ccell.sqlite" if kind == "file" else None
        sqlite = SqliteStore(path, journal_entries=journal_entries)
        yield sqlite
        sqlite.close()
