"""Background work of an emulator: its lease, notices and sweeps."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from harness.emulators import DOCUMENT_DAY, until
from harness.ledgers import database, emulators

from ccell_fake.clock import to_micros
from ccell_fake.model import Operation, Upmsg
from ccell_fake.records import Slot
from ccell_fake.store.errors import StoreError
from ccell_fake.store.postgresql import notices, retention, slots
from ccell_fake.store.postgresql.connections import Connections
from ccell_fake.store.postgresql.housekeeping import Housekeeper
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.postgresql.notices import Notice
from ccell_fake.store.postgresql.store import PostgresqlStore
from ccell_fake.store.retention import Cap

_EMULATORS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ccell-fake %'"
USERID = "200001"


def _reserve(second: int, start: int, width: int) -> int:
    return second + start + width


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


def test_a_renewal_does_not_wait_for_rows_that_a_restore_has_locked() -> None:
    with database() as url, psycopg.connect(url) as restoring, psycopg.connect(url, autocommit=True) as one:
        slots.renew(one, 1, 60)
        one.execute("INSERT INTO slot VALUES (5, 1, 'send', 1), (6, 1, 'send', 1)")
        one.execute("INSERT INTO hold (account, slots, until, ends_at) VALUES (1, 1, 0, clock_timestamp())")
        restoring.execute("DELETE FROM hold")
        restoring.execute("DELETE FROM slot WHERE id = 5")
        one.execute("SET lock_timeout TO '1s'")
        slots.renew(one, 1, 60)
        assert slots.free(one, 1, {6}) == set()
        restoring.rollback()
        assert slots.free(one, 1, {6}) == {1}
        assert one.execute("SELECT id FROM slot").fetchall() == [(6,)]


def test_an_emulator_hears_of_the_slots_that_its_renewal_frees() -> None:
    changed: list[frozenset[int]] = []
    with (
        database() as url,
        psycopg.connect(url, autocommit=True) as connection,
        closing(PostgresqlStore(url, on_change=changed.append)) as store,
    ):
        connection.execute("INSERT INTO slot VALUES (5, 77, 'send', %s)", (store.emulator,))
        until(lambda: frozenset({77}) in changed)
        assert connection.execute("SELECT FROM slot").fetchall() == []


def test_a_renewal_does_not_wait_for_that_of_another_emulator() -> None:
    with database() as url, psycopg.connect(url) as one, psycopg.connect(url, autocommit=True) as two:
        two.execute("INSERT INTO emulator VALUES (1, now() - interval '1 hour')")
        slots.renew(one, 1, 60)
        # Otherwise the test would wait for ever.
        two.execute("SET lock_timeout TO '1s'")
        slots.renew(two, 2, 60)
        assert two.execute("SELECT count(*) FROM emulator").fetchone() == (2,)


def test_the_last_notice_is_sent_when_an_emulator_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    with database() as url, psycopg.connect(url, autocommit=True) as connection:
        notices.listen(connection)
        connections = Connections(url, 1, "one")
        housekeeper = Housekeeper(connections, 7)
        renew = slots.renew

        def renew_and_stop(*arguments: Any) -> None:
            renew(*arguments)
            housekeeper.tell({5}, ())
            housekeeper.close()

        monkeypatch.setattr(slots, "renew", renew_and_stop)
        until(lambda: connection.execute("TABLE emulator").fetchone() is None)
        housekeeper.close()
        assert [notice.changed for notice in notices.received(connection)] == [{5}]


def test_an_emulator_hears_of_late_events_of_one_that_was_killed_before_its_notice() -> None:
    heard: set[int] = set()
    with database() as url, closing(PostgresqlStore(url, on_change=heard.update)), psycopg.connect(url) as killed:
        ledger = PostgresqlLedger(killed, reserve=_reserve, emulator=7, taken=set(), journal_entries=9)
        ledger.lock(USERID)
        account = ledger.open_account(USERID)
        ledger.begin_events(lambda: {account: 0})
        ledger.commit()
        heard.clear()
        ledger = PostgresqlLedger(killed, reserve=_reserve, emulator=7, taken=set(), journal_entries=9)
        ledger.lock(USERID)
        ledger.add_upmsg(account, Upmsg("1", "1", DOCUMENT_DAY, "x"))
        ledger.record_events(account, to_micros(DOCUMENT_DAY))
        ledger.commit()
        until(lambda: account in heard)


def test_an_emulator_goes_on_to_hear_after_a_notice_that_anything_may_have_changed() -> None:
    heard: set[int] = set()
    with database() as url, closing(PostgresqlStore(url, on_change=heard.update)):
        with psycopg.connect(url, autocommit=True) as connection:
            notices.send(connection, Notice(7, is_complete=False))
            notices.send(connection, Notice(7, {5}))
        until(lambda: 5 in heard)


def test_a_store_ends_with_the_sweep_that_refers_to_it_last(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def sweep(*_: object) -> None:
        begun.set()
        goes_on.wait(60)

    monkeypatch.setattr(retention, "_SECONDS", 0.0)
    monkeypatch.setattr(retention, "sweep", sweep)
    threads = set(threading.enumerate())
    with database() as url:
        store = PostgresqlStore(url, cap=Cap(1))
        assert begun.wait(60)
        del store
        goes_on.set()
        until(lambda: set(threading.enumerate()) <= threads)
