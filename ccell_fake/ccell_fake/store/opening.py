"""Opening the store that a place names."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccell_fake.extras import install
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.errors import StoreError
from ccell_fake.store.place import is_database, shown

if TYPE_CHECKING:
    from ccell_fake.store.postgresql.store import PostgresqlStore


def open_store(place: str, *, connections: int, **options: Any) -> "SqliteStore | PostgresqlStore":  # noqa: ANN401 - both stores describe them
    """Open a store.

    Args:
        place: The file, the URL of a database, or empty text for memory.
        connections: Most connections for transactions with a database.
        options: The options of both stores.

    Raises:
        StoreError: It cannot be opened, or it needs an extra that is not installed.
    """
    if not is_database(place):
        return SqliteStore(Path(place) if place else None, **options)
    try:
        from ccell_fake.store.postgresql.store import PostgresqlStore  # noqa: PLC0415 - it needs an extra
    except ImportError as error:
        message = f"{shown(place)}: {error}; {install('postgresql')}"
        raise StoreError(message) from error
    return PostgresqlStore(place, connections=connections, **options)
