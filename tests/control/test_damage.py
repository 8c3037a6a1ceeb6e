"""A damaged store or snapshot is refused by one message, or works."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from harness import http
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation, Request
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona
from ccell_fake.signing import sign
from ccell_fake.store.errors import StoreError
from ccell_fake.store.schema import SEARCH_INDEXES
from ccell_fake.wire import requests
from ccell_mock_server.emulator import Emulator

_USERID, _PASSWORD = "300001", "minted-00000000"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with rows in every table and all indexes of searches, after a request that reached no endpoint."""
    path = tmp_path_factory.mktemp("damage") / "store"
    clock = ManualClock(DOCUMENT_DAY)
    with emulator(clock, {"store": str(path)}) as running, ControlClient(running.url) as control:
        account = control.open(AccountSettings(userid=_USERID, password=_PASSWORD, max_concurrency=2))
        served = Served(running.url, account)
        with control.events():
            http.get(running.url, b"/no_endpoint")
        account.change(report_delay=5, personas=[Persona(phone="139*")], assumptions={"Q33": "refunded"})
        account.add_outcome(OutcomeRule(phone="137*", stat="UNDELIV", delay=60))
        for phone in (PHONE, "13900000000", "13700000000", "1"):
            served.send(phone, linkid="7")
        account.delete_messages(phone="1")
        account.delete_reports(phone="13700000000")
        served.send(sendtime="2016-01-01 00:00:00")
        account.reply("13900000000", "TD")
        account.add_fault(CodeFault(code=Code.IP_REFUSED, operation=Operation.INFO, skip=1, times=3))
        served.ask(Operation.INFO)
        request = Request(_USERID, None, (), "160615134758000001", sign("160615134758000001", _PASSWORD))
        http.post(running.url, Operation.UPMSG.path, requests.render(request))
        with account.hold(2):
            served.ask(Operation.REPORT)
        control.open().close()
        _read(account)
    return path.read_bytes()


def _read(account: AccountControl) -> None:
    account.status()
    account.faults()
    for listed in (account.messages(phone="138*"), account.messages(linkid="7"), account.reports(), account.upmsgs()):
        assert list(listed) is not None
    assert list(account.journal()) is not None


def _use(running: Emulator) -> None:
    """Read and do everything that an emulator offers. Nothing may fail."""
    with ControlClient(running.url) as control:
        for record in control.accounts():
            account = control.account(record.userid)
            served = Served(running.url, account)
            _read(account)
            for operation in Operation:
                raw = served.raw(operation)
                assert raw.status == 200
                assert b'return="1001999"' not in raw.body
            account.freeze()
            account.advance(timedelta(days=60))
        control.open().close()
        control.metrics()
        control.send("GET", "/v1/state")
        assert list(control.requests()) is not None
        assert control.coverage().totals
        http.get(running.url, b"/no_endpoint")
        with control.events(last_event_id="0") as events:
            assert next(events).id


def _serve(path: Path) -> Emulator | StoreError:
    try:
        return emulator(ManualClock(DOCUMENT_DAY), {"store": str(path)})
    except StoreError as error:
        return error


def _check_store(folder: Path, content: bytes) -> None:
    """Open a store. It is refused by one line, or everything works."""
    path = folder / "damaged"
    for file in folder.glob("damaged*"):
        file.unlink()
    path.write_bytes(content)
    served = _serve(path)
    if isinstance(served, StoreError):
        assert str(served).startswith(f"{path}: ")
        assert "\n" not in str(served)
        assert _PASSWORD not in str(served)
        assert path.read_bytes() == content
    else:
        with served as running:
            _use(running)


def _check_snapshot(running: Emulator, control: ControlClient, content: bytes, path: Path) -> None:
    """Restore a snapshot. It is refused and changes nothing, or everything works."""
    path.write_bytes(content)
    before = [*control.accounts()]
    refused: ControlError | None = None
    try:
        control.restore(path)
    except ControlError as error:
        refused = error
    if refused is None:
        _use(running)
        return
    assert refused.problem.status == 422
    assert "\n" not in str(refused)
    assert [*control.accounts()] == before


Flips = list[tuple[float, int]]
_FLIPS: st.SearchStrategy[Flips] = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4
)


def _flipped(content: bytes, flips: Flips) -> bytes:
    damaged = bytearray(content)
    for place, bits in flips:
        damaged[int(place * len(damaged))] ^= bits
    return bytes(damaged)


def test_a_store_with_rows_in_every_table_is_accepted(store: bytes, tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(store)
    with closing(sqlite3.connect(tmp_path / "store")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        empty = [name for name in tables if not connection.execute(f"SELECT 1 FROM {name}").fetchone()]
    assert empty == []
    served = _serve(tmp_path / "store")
    assert isinstance(served, Emulator), f"{served}"
    with served as running:
        _use(running)


@given(flips=_FLIPS)
@settings(max_examples=40)
def test_a_store_with_changed_bytes_is_refused_or_works(
    store: bytes, tmp_path_factory: pytest.TempPathFactory, flips: Flips
) -> None:
    _check_store(tmp_path_factory.getbasetemp(), _flipped(store, flips))


@given(flips=_FLIPS)
@settings(max_examples=60)
def test_a_snapshot_with_changed_bytes_is_refused_or_works(
    store: bytes, tmp_path_factory: pytest.TempPathFactory, flips: Flips
) -> None:
    with emulator(ManualClock(DOCUMENT_DAY)) as running, ControlClient(running.url) as control:
        _check_snapshot(running, control, _flipped(store, flips), tmp_path_factory.getbasetemp() / "snapshot")


@given(length=st.floats(0, 1, exclude_max=True))
@example(length=0.0)
@settings(max_examples=15)
def test_a_store_that_is_cut_off_is_refused_or_works(
    store: bytes, tmp_path_factory: pytest.TempPathFactory, length: float
) -> None:
    _check_store(tmp_path_factory.getbasetemp(), store[: int(length * len(store))])


_SCHEMA_CHANGES = (
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = sql || ' WHERE at' WHERE name = 'journal_in_order'",
    "DROP INDEX message_of",
    "DROP TABLE excess",
    "DROP INDEX message_phone; CREATE TABLE message_phone (x)",
    "DROP INDEX message_phone; CREATE INDEX message_phone ON message (phone)",
    "CREATE TABLE more (x)",
    "CREATE TRIGGER more AFTER INSERT ON message BEGIN DELETE FROM report; END",
    "CREATE VIEW more AS SELECT 1",
)
_DAMAGES = (
    "DELETE FROM journal WHERE account = 0; DELETE FROM account WHERE key = 0",
    "UPDATE account SET settings = 'x' WHERE key = 0",
    "UPDATE account SET settings = '{}' WHERE key > 0",
    "UPDATE account SET settings = '[]' WHERE key > 0",
    "UPDATE account SET settings = json_set(settings, '$.balance', -1) WHERE key > 0",
    "UPDATE account SET settings = json_set(settings, '$.more', 1) WHERE key > 0",
    "UPDATE account SET settings = json_set(settings, '$.assumptions', json('{\"Q1\": \"x\"}')) WHERE key > 0",
    "UPDATE account SET settings = json_set(settings, '$.report_delay', 1e300) WHERE key > 0",
    "UPDATE account SET settings = json_set(settings, '$.blacklist', json('[\"x\"]')) WHERE key > 0",
    "UPDATE account SET userid = 'other' WHERE userid = '300001'",
    "UPDATE account SET spent = 9223372036854775807 WHERE key > 0",
    "UPDATE account SET locked_at = 9223372036854775807 WHERE key > 0",
    "UPDATE account SET offset = -9223372036854775807 WHERE key > 0",
    "UPDATE account SET frozen_at = -1 WHERE key > 0",
    "UPDATE account SET last_dropped = 9223372036854775807 WHERE key > 0",
    "DELETE FROM high_water",
    "INSERT INTO high_water VALUES (1)",
    "UPDATE high_water SET number = 9223372036854775807",
    "DELETE FROM event_log",
    "UPDATE event_log SET history = 'x'",
    "UPDATE event_log SET is_recording = 2",
    "UPDATE time_event SET at = 9223372036854775807",
    "UPDATE time_event SET kind = 'x'",
    "UPDATE time_event SET position = 9223372036854775807 WHERE kind = 'ended'",
    "UPDATE recorded SET until = -1",
    "UPDATE recorded SET report = 9223372036854775807",
    "UPDATE used_msgid SET greatest = 9223372036854775807",
    "UPDATE used_msgid SET greatest = greatest + 10000000",
    "UPDATE unreported SET msgid = -1",
    "UPDATE met SET count = -1",
    "UPDATE met SET last_at = 9223372036854775807 WHERE kind = 'code'",
    "UPDATE fault SET fault = '[]'",
    "UPDATE fault SET fault = json_set(fault, '$.since', '2026-01-01T00:00:00')",
    "UPDATE fault SET id = 9223372036854775807",
    "INSERT INTO fault VALUES (0, 1, '{', 0, 0)",
    "UPDATE account SET settings = '' WHERE userid = '300001'",
    "UPDATE fault SET matched = -1",
    "UPDATE opt_out SET since = -1",
    "UPDATE opt_out SET phone = CAST(x'ff' AS TEXT)",
    "UPDATE pending_charge SET messages = 9223372036854775807",
    "UPDATE seqid SET seqid = 'x'",
    "UPDATE journal SET door = 'x'",
    "UPDATE excess SET at = -9223372036854775807",
    "UPDATE submission SET due = 9223372036854775807",
    "UPDATE submission SET submitted_at = -9223372036854775807",
    "UPDATE submission SET content = CAST(x'ff' AS TEXT)",
    "UPDATE submission SET position = -1",
    "PRAGMA foreign_keys = OFF; UPDATE message SET submission = 99",
    "UPDATE message SET account = 0",
    "UPDATE message SET msgid = -msgid",
    "UPDATE message SET charge = 9223372036854775807",
    "UPDATE report SET recvtime = 9223372036854775807",
    "UPDATE report SET msgid = -1",
    "UPDATE report SET info = CAST(x'c328' AS TEXT)",
    "UPDATE report SET key = 9223372036854775807 WHERE key = 1",
    "UPDATE upmsg SET motime = 9223372036854775807",
    "UPDATE upmsg SET account = 99",
    "UPDATE journal SET operation = 'x'",
    "UPDATE journal SET at = 9223372036854775807",
    "UPDATE journal SET position = 9223372036854775807 WHERE position = 3",
    "UPDATE journal SET request = CAST(x'ff' AS TEXT)",
    "UPDATE journal SET duration = -1",
    "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "UPDATE sqlite_sequence SET seq = 'x'",
    *_SCHEMA_CHANGES,
)


def _spoiled(store: bytes, path: Path, statements: str) -> bytes:
    path.write_bytes(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
    return path.read_bytes()


@pytest.fixture
def target() -> Iterator[tuple[Emulator, ControlClient]]:
    """An emulator to restore snapshots in."""
    with emulator(ManualClock(DOCUMENT_DAY)) as running, ControlClient(running.url) as control:
        yield running, control


@pytest.mark.parametrize("statements", _DAMAGES)
def test_a_store_with_impossible_data_is_refused(
    store: bytes, tmp_path: Path, target: tuple[Emulator, ControlClient], statements: str
) -> None:
    damaged = _spoiled(store, tmp_path / "store", statements)
    served = _serve(tmp_path / "store")
    assert isinstance(served, StoreError), "it was accepted"
    assert "\n" not in str(served)
    assert _PASSWORD not in str(served)
    assert (tmp_path / "store").read_bytes() == damaged
    running, control = target
    with pytest.raises(ControlError) as refused:
        control.restore(tmp_path / "store")
    assert refused.value.problem.status == 422
    assert "\n" not in str(refused.value)
    _use(running)


@pytest.mark.parametrize("change", ["", "DROP INDEX message_phone", "ANALYZE", "VACUUM"])
def test_a_store_that_sqlite_changed_harmlessly_is_accepted(
    store: bytes, tmp_path: Path, target: tuple[Emulator, ControlClient], change: str
) -> None:
    content = _spoiled(store, tmp_path / "store", change)
    _check_snapshot(*target, content, tmp_path / "snapshot")
    assert [one.userid for one in target[1].accounts()] == ["200001", _USERID]
    served = _serve(tmp_path / "store")
    assert isinstance(served, Emulator)
    with served as running:
        _use(running)


@pytest.mark.parametrize("source_has_indexes", [False, True])
@pytest.mark.parametrize("target_has_indexes", [False, True])
def test_a_snapshot_with_or_without_indexes_of_searches_can_be_restored_anywhere(
    store: bytes,
    tmp_path: Path,
    target: tuple[Emulator, ControlClient],
    source_has_indexes: bool,  # noqa: FBT001 - a parameter of the test
    target_has_indexes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    running, control = target
    drop = "; ".join(f"DROP INDEX {name}" for name in _names_of_indexes(store, tmp_path))
    content = _spoiled(store, tmp_path / "snapshot", "" if source_has_indexes else drop)
    if target_has_indexes:
        _use(running)
    (tmp_path / "snapshot").write_bytes(content)
    control.restore(tmp_path / "snapshot")
    account = control.account(_USERID)
    assert [one.phone for one in account.messages(phone="138*", linkid="7")] == [PHONE]
    _use(running)


def _names_of_indexes(store: bytes, folder: Path) -> list[str]:
    (folder / "named").write_bytes(store)
    with closing(sqlite3.connect(folder / "named")) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX %'").fetchall()
    names = {name for (name,) in rows}
    return sorted(names & set(SEARCH_INDEXES))
