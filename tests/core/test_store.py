"""The store: atomic transactions, restarts, and one process at a time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from harness.emulators import DOCUMENT_DAY

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Door, Operation
from ccell_fake.records import NO_ACCOUNT, MessageRow, ReportRow, Submission
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.errors import StoreError
from ccell_fake.store.schema import VERSION

pytestmark = pytest.mark.sqlite

NOW = to_micros(DOCUMENT_DAY)
SUBMISSION = Submission("hello", "7", "", NOW, NOW)


def _account(store: SqliteStore, userid: str) -> int:
    with store.transaction() as ledger:
        return ledger.open_account(userid)


def _fill(store: SqliteStore, account: int, *, fails: bool = False) -> None:
    with store.transaction() as ledger:
        ledger.charge(account, 5)
        ledger.add_messages(account, SUBMISSION, [MessageRow(1, "13800000000", "0", "成功", 5)])
        ledger.add_reports(account, [ReportRow(1, "7", "13800000000", NOW, "0", "成功")])
        if fails:
            raise KeyboardInterrupt


def test_a_failed_transaction_changes_nothing() -> None:
    store = SqliteStore()
    account = _account(store, "1")
    with pytest.raises(KeyboardInterrupt):
        _fill(store, account, fails=True)
    with store.transaction() as ledger:
        assert ledger.balance(account, NOW).spent == 0
        assert not ledger.take_reports(account, NOW, 300, None)


def test_a_file_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ccell.sqlite"
    store = SqliteStore(path)
    account = _account(store, "1")
    _fill(store, account)
    store.close()
    store = SqliteStore(path)
    assert _account(store, "1") == account
    with store.transaction() as ledger:
        assert ledger.balance(account, NOW).spent == 5
        assert ledger.reserve_msgids(0, 0, 1) == 1
        assert len(ledger.take_reports(account, NOW, 300, None)) == 1
    store.close()
    store = SqliteStore(path)
    with store.transaction() as ledger:
        assert not ledger.take_reports(account, NOW, 300, None)
    store.close()


def test_only_one_process_can_open_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ccell.sqlite"
    store = SqliteStore(path)
    with pytest.raises(StoreError, match=r"ccell.sqlite: another process has it open"):
        SqliteStore(path)
    # SQLite itself keeps other processes out; the site module is not needed to see that.
    script = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('SELECT * FROM account')"
    command = [sys.executable, "-IS", "-c", script]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
    store.close()
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("version", [0, 1, 99])
def test_a_database_of_another_application_is_refused_by_name_and_stays_unchanged(tmp_path: Path, version: int) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (x)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"other.sqlite: it is not a store of ccell-fake"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ccell.sqlite"
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=rf"ccell.sqlite: it is a store of version 99; this is version {VERSION}"):
        SqliteStore(path)


def test_a_damaged_store_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ccell.sqlite"
    SqliteStore(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"ccell.sqlite: database disk image is malformed"):
        SqliteStore(path)


@pytest.mark.parametrize("mode", [None, 0o644])
def test_only_the_owner_can_read_a_store(tmp_path: Path, mode: int | None) -> None:
    path = tmp_path / "ccell.sqlite"
    if mode is not None:
        path.touch(mode)
    store = SqliteStore(path)
    _fill(store, _account(store, "1"))
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "ccell.sqlite": 0o600,
        "ccell.sqlite-wal": 0o600,
    }
    store.close()


def test_a_file_that_is_not_a_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk " * 100)
    with pytest.raises(StoreError, match=r"notes.txt: file is not a database"):
        SqliteStore(path)
    with pytest.raises(StoreError, match=r"nowhere.*: unable to open database file"):
        SqliteStore(tmp_path / "nowhere" / "store")


def _entry(at: int, code: str) -> JournalEntry:
    return JournalEntry(
        from_micros(at),
        Operation.SEND,
        Door.XML,
        "::1",
        "body",
        "",
        "",
        "whole",
        1,
        code,
        "send",
        "documented S5",
        "",
        0,
    )


def test_the_journal_keeps_the_newest_entries_of_each_account() -> None:
    assert JOURNAL_ENTRIES == 10_000
    store = SqliteStore(journal_entries=100)
    account = _account(store, "1")
    with store.transaction() as ledger:
        for number in range(1_200):
            ledger.write(account, _entry(number, "0"))
        ledger.write(None, _entry(0, "1001001"))
        entries = ledger.inspect.journal(account, 0).items
        assert len(entries) == 100
        assert (entries[0].at, entries[-1].at) == (from_micros(1_100), from_micros(1_199))
        assert [entry.code for entry in ledger.inspect.journal(NO_ACCOUNT, 0).items] == ["1001001"]
    with store.transaction() as ledger:
        assert ledger.inspect.journal(account, 0).items == entries


def test_a_charge_can_be_due_later() -> None:
    store = SqliteStore()
    account = _account(store, "1")
    with store.transaction() as ledger:
        ledger.charge(account, 3, NOW + 10)
        ledger.charge(account, -1, NOW + 20)
        assert [ledger.balance(account, NOW + after).spent for after in (9, 10, 19, 20, 30)] == [0, 3, 3, 2, 2]
