"""What an emulator does in the background."""

import threading

import psycopg
import pytest
from harness.emulators import until
from harness.ledgers import database

from ccell_fake.store.errors import StoreError
from ccell_fake.store.postgresql import notices
from ccell_fake.store.postgresql.store import PostgresqlStore

_EMULATORS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ccell-fake %'"


def _fail(*_: object) -> None:
    message = "arranged"
    raise psycopg.OperationalError(message)


def test_a_start_that_fails_halfway_leaves_neither_a_thread_nor_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set(threading.enumerate())
    with database() as url, psycopg.connect(url, autocommit=True) as connection:
        monkeypatch.setattr(notices, "listen", _fail)
        with pytest.raises(StoreError, match="arranged"):
            PostgresqlStore(url)
        until(lambda: connection.execute(_EMULATORS).fetchone() is None)
        assert connection.execute("TABLE emulator").fetchall() == []
        assert set(threading.enumerate()) <= threads
