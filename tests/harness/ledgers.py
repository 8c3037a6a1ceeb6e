"""Stores of each kind, to try them with the same calls."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ccell_fake.engine.ledger import Store
from ccell_fake.inspection import JournalEntry
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.postgresql.store import PostgresqlStore
from harness import postgresql
from harness.emulators import DOCUMENT_DAY

KINDS = ("memory", "file", "postgresql")
"""The kinds of stores."""


class Opened(Store, Protocol):
    """A store of any kind."""

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Return a snapshot."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Replace all data by a snapshot."""
        ...


def entry() -> JournalEntry:
    """A journal entry of no operation."""
    return JournalEntry(DOCUMENT_DAY, None, None, "127.0.0.1", "", "", "", "whole", 0, "0", "", "", "", 1)


@contextmanager
def database() -> Generator[str]:
    """An empty database of an emulator. Yields its URL."""
    cluster = postgresql.shared()
    url = cluster.create_database(postgresql.shared_template(lambda made: PostgresqlStore(made).close()))
    yield url
    cluster.drop_database(url)


@contextmanager
def emulators(number: int, **options: Any) -> Generator[list[PostgresqlStore]]:
    """The stores of several emulators on one empty database."""
    with database() as url:
        stores = [PostgresqlStore(url, **options) for _ in range(number)]
        yield stores
        for store in stores:
            store.close()


@contextmanager
def opened(kind: str, folder: Path, **options: Any) -> Generator[Opened]:
    """An empty store of a kind, with the options of all kinds."""
    if kind == "postgresql":
        with emulators(1, **options) as (store,):
            yield store
    else:
        sqlite = SqliteStore(folder / "ccell.sqlite" if kind == "file" else None, **options)
        yield sqlite
        sqlite.close()
