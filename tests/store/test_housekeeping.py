"""What an emulator does in the background: its lease, notices and sweeps."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from harness.emulators import until
from harness.ledgers import database, emulators

from ccell_fake.model import Operation
from ccell_fake.records import Slot
from ccell_fake.store.errors import StoreError
from ccell_fake.store.postgresql import notices, retention, slots
from ccell_fake.store.postgresql.store import PostgresqlStore
from ccell_fake.store.retention import Cap

_EMULATORS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ccell-fake %'"
USERID = "200001"


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


def test_an_unexpected_error_is_logged_and_the_lease_is_renewed_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renew, calls = slots.renew, iter("12")
    renewed = threading.Event()

    def fail_at_first(*arguments: Any) -> None:
        if next(calls, None):
            raise ZeroDivisionError
        renew(*arguments)
        renewed.set()

    with emulators(1) as (store,):
        monkeypatch.setattr(slots, "renew", fail_at_first)
        assert renewed.wait(60)
        assert store.is_reached
    assert "ZeroDivisionError" in caplog.text


def test_an_unexpected_error_is_logged_and_sweeps_go_on_until_the_store_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = iter("1")
    begun, ended = threading.Event(), threading.Event()

    def sweep(_1: object, _2: object, _3: object, _4: object, is_over: Callable[[], bool]) -> None:
        if next(calls, None):
            raise ZeroDivisionError
        begun.set()
        until(is_over)
        ended.set()

    monkeypatch.setattr(retention, "_SECONDS", 0.0)
    monkeypatch.setattr(retention, "sweep", sweep)
    with emulators(1, cap=Cap(1)):
        assert begun.wait(60)
    assert ended.is_set()
    assert "ZeroDivisionError" in caplog.text


def test_a_slot_whose_transaction_is_committed_after_its_request_has_failed_becomes_free() -> None:
    with database() as url, closing(PostgresqlStore(url)) as store, psycopg.connect(url) as late:
        with store.transaction(USERID) as ledger:
            account = ledger.open_account(USERID)
            ledger.enter(account, Operation.SEND)
        late.execute("INSERT INTO slot VALUES (1, %s, 'send', %s)", (account, store.emulator))
        store.leave(Slot(account, 1))
        late.commit()

        def in_progress() -> int:
            with store.reading() as ledger:
                return ledger.in_progress(account)

        assert in_progress() == 2
        until(lambda: in_progress() == 1)
