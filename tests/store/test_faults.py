"""Faults of the database: a request that it cannot decide has no effect, and the emulator comes back by itself."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

import psycopg
import pytest
from harness import http, postgresql
from harness.accounts import CONTENT, PHONE, Served
from harness.cutting import Cable, cable
from harness.emulators import emulator, until
from harness.ledgers import entry

from ccell_fake import ControlClient
from ccell_fake.errors import CcellError, StoreUnavailable
from ccell_fake.faults import DelayFault
from ccell_fake.model import Operation, Submit
from ccell_fake.records import NO_ACCOUNT
from ccell_fake.store.postgresql import connections, slots
from ccell_fake.store.postgresql.connections import Connections, Shared
from ccell_fake.store.postgresql.store import PostgresqlStore

SYSTEM_ERROR = "1001999"
_SUBMIT = Submit(PHONE, CONTENT)
_NOT_DECIDED = {"x-ccell-rule": "failure", "x-ccell-basis": "documented C1"}
_FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action}; RETURN NEW; END $$;
CREATE TRIGGER failing BEFORE INSERT ON journal FOR EACH ROW WHEN (NEW.code = '0') EXECUTE FUNCTION fail();
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgresql.Cluster]:
    with postgresql.cluster() as cluster:
        yield cluster


@pytest.fixture
def database(cluster: postgresql.Cluster) -> str:
    return cluster.create_database()


@pytest.fixture
def wire(database: str) -> Iterator[Cable]:
    """A proxy before the database."""
    with cable(database) as wire:
        yield wire
        wire.mend()


@contextmanager
def _serving(database: str) -> Generator[Served]:
    with emulator(server={"store": database}) as one, ControlClient(one.url) as control:
        yield Served(one.url, control.open({"report_delay": 0.0}))


@pytest.fixture
def served(database: str) -> Iterator[Served]:
    with _serving(database) as served:
        yield served


@pytest.fixture
def wired(wire: Cable) -> Iterator[Served]:
    with _serving(wire.url) as served:
        yield served
        # The emulator ends its lease.
        wire.mend()


def _is_ready(url: str) -> bool:
    return http.get(url, b"/_ccell/readyz").status == 200


def _expect_not_decided(served: Served) -> None:
    answer = served.raw(Operation.SEND, _SUBMIT)
    assert SYSTEM_ERROR.encode() in answer.body
    assert _NOT_DECIDED.items() <= answer.headers.items()


def _ask_sixteen_times(pool: ThreadPoolExecutor, served: Served) -> set[str]:
    asked = [pool.submit(served.ask, Operation.INFO) for _ in range(16)]
    return {each.result().code for each in asked}


def _execute(database: str, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())


def _end_connections(database: str) -> None:
    _execute(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def test_while_the_database_is_away_each_request_gets_1001999_and_readyz_says_so(
    cluster: postgresql.Cluster, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    (resp,) = served.send().items
    cluster.stop()
    try:
        _expect_not_decided(served)
        until(lambda: not _is_ready(served.url))
        unready = http.get(served.url, b"/_ccell/readyz")
        assert (unready.status, http.get(served.url, b"/_ccell/livez").status) == (503, 200)
        assert b"database" in unready.body
        assert postgresql.PASSWORD not in unready.body.decode() + caplog.text
    finally:
        cluster.start()
    until(lambda: _is_ready(served.url))
    assert served.send().items[0].code == "0"
    reports = [report.msgid for report in served.reports()]
    assert len(reports) == 2
    assert reports[0] == resp.msgid
    assert not served.reports()


def test_a_restart_between_requests_fails_none(cluster: postgresql.Cluster, served: Served) -> None:
    assert served.send().items[0].code == "0"
    cluster.restart()
    assert served.send().items[0].code == "0"


def test_connections_that_end_between_requests_fail_none(database: str, served: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        _ask_sixteen_times(pool, served)
    _end_connections(database)
    with ThreadPoolExecutor(8) as pool:
        assert _ask_sixteen_times(pool, served) == {"0"}


@pytest.mark.parametrize(
    "action",
    [
        "PERFORM pg_terminate_backend(pg_backend_pid())",
        "RAISE 'deadlock detected' USING ERRCODE = 'deadlock_detected'",
        "RAISE 'could not serialize' USING ERRCODE = 'serialization_failure'",
        "RAISE 'no space left on device' USING ERRCODE = 'disk_full'",
        "RAISE 'cannot execute INSERT in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction'",
    ],
)
def test_a_request_whose_transaction_fails_has_no_effect(database: str, served: Served, action: str) -> None:
    left = served.info().riches
    _execute(database, _FAIL.format(action=action))
    _expect_not_decided(served)
    _execute(database, "DROP TRIGGER failing ON journal")
    assert not served.reports()
    assert served.info().riches == left
    assert served.account.status().in_progress == 0
    assert served.send().items[0].code == "0"


def test_a_request_that_is_committed_is_answered_though_the_connection_is_lost(wire: Cable, wired: Served) -> None:
    wired.send()
    is_cut = wire.cut_at(b"COMMIT", is_delivered=True)
    (resp,) = wired.send().items
    assert is_cut.is_set()
    assert resp.code == "0"
    assert [report.msgid for report in wired.reports()][1:] == [resp.msgid]


def test_a_request_whose_commit_never_arrives_has_no_effect(wire: Cable, wired: Served) -> None:
    left = wired.info().riches
    is_cut = wire.cut_at(b"COMMIT", is_delivered=False)
    _expect_not_decided(wired)
    assert is_cut.is_set()
    assert not wired.reports()
    assert wired.info().riches == left


def test_a_request_whose_commit_is_lost_with_the_database_has_an_unknown_effect(wire: Cable, wired: Served) -> None:
    is_cut = wire.cut_at(b"COMMIT", is_delivered=True, is_lasting=True)
    answer = wired.raw(Operation.SEND, _SUBMIT)
    assert is_cut.is_set()
    assert SYSTEM_ERROR.encode() in answer.body
    assert {**_NOT_DECIDED, "x-ccell-rule": "unknown_effect"}.items() <= answer.headers.items()
    wire.mend()
    until(lambda: _is_ready(wired.url))
    assert len(wired.reports()) == 1


def test_a_control_call_of_unknown_effect_says_so_and_invites_nobody_to_repeat_it(wire: Cable, wired: Served) -> None:
    is_cut = wire.cut_at(b"COMMIT", is_delivered=True, is_lasting=True)
    answer = http.post(wired.url, f"/_ccell/v1/accounts/{wired.account.userid}/reset", b"")
    assert is_cut.is_set()
    assert (answer.status, "retry-after" in answer.headers) == (503, False)
    assert b"may have carried out the request" in answer.body
    again = http.post(wired.url, f"/_ccell/v1/accounts/{wired.account.userid}/reset", b"")
    assert (again.status, "retry-after" in again.headers) == (503, True)


def test_the_options_of_the_environment_are_kept_beside_the_limits(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=mine")
    with Connections(database, 1, "one").single() as connection:
        shown = "SELECT current_setting('search_path'), current_setting('lock_timeout')"
        assert connection.execute(shown).fetchone() == ("mine", "5s")


def test_a_lost_commit_is_asked_for_though_all_connections_are_in_use(wire: Cable) -> None:
    with closing(PostgresqlStore(wire.url, connections=1)) as store:
        with store.transaction() as ledger:
            is_cut = wire.cut_at(b"COMMIT", is_delivered=True)
            position = ledger.write(None, entry())
        assert is_cut.is_set()
        with store.reading() as ledger:
            assert [one.position for one in ledger.inspect.journal(NO_ACCOUNT, 0).items] == [position]


def test_a_request_does_not_wait_for_ever_for_msgids(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST_WAIT", 0.1)
    shared = Shared(Connections(database, 1, "one"))
    is_used, is_over = Event(), Event()

    def use(_: object) -> None:
        is_used.set()
        is_over.wait(10)

    with closing(shared), ThreadPoolExecutor(1) as pool:
        using = pool.submit(shared.run, use)
        is_used.wait()
        with pytest.raises(StoreUnavailable, match="it does not answer"):
            shared.run(use)
        is_over.set()
        using.result()


def test_a_database_that_does_not_answer_any_more_leaves_no_request_waiting(wire: Cable, wired: Served) -> None:
    wired.send()
    wire.hold_up()
    _expect_not_decided(wired)
    until(lambda: not _is_ready(wired.url))
    # The database gets now what was held up.
    wire.mend()
    until(lambda: _is_ready(wired.url))
    assert len(wired.reports()) == 1
    assert wired.send().items[0].code == "0"


def test_a_locked_account_makes_neither_its_requests_nor_others_wait_for_ever(database: str, served: Served) -> None:
    with ControlClient(served.url) as control:
        other = Served(served.url, control.open({}))
    with psycopg.connect(database) as connection, ThreadPoolExecutor(12) as pool:
        connection.execute("SELECT FROM account WHERE userid = %s FOR UPDATE", (served.account.userid,))
        asked = [pool.submit(served.ask, Operation.INFO) for _ in range(12)]
        assert other.ask(Operation.INFO).code in {"0", SYSTEM_ERROR}
        assert {each.result().code for each in asked} == {SYSTEM_ERROR}
    assert [served.ask(Operation.INFO).code, other.ask(Operation.INFO).code] == ["0", "0"]


def test_a_request_without_a_free_connection_is_not_decided(database: str) -> None:
    with closing(PostgresqlStore(database, connections=1)) as store:
        with store.transaction("200001"), pytest.raises(StoreUnavailable, match="all 1 connections are in use"):
            store.transaction("200002").__enter__()
        with store.transaction("200002") as ledger:
            assert ledger.account_row("200002") is None


def test_a_slot_whose_request_ends_while_the_database_is_away_is_free_afterwards(wire: Cable, wired: Served) -> None:
    wired.account.change(max_concurrency=1)
    wired.account.add_fault(DelayFault(seconds=60.0))
    with http.connect(wired.url) as connection:
        body = wired.payload()
        head = f"POST {Operation.INFO.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        until(lambda: wired.account.status().in_progress == 1)
        wire.cut()
        until(lambda: not _is_ready(wired.url))
    # The client is gone, which ends the delay.
    wire.mend()
    until(lambda: _is_ready(wired.url))
    until(lambda: wired.account.status().in_progress == 0)
    assert wired.ask(Operation.INFO).code == "0"


def test_the_slots_of_an_emulator_that_was_cut_off_count_again_when_it_is_back(database: str) -> None:
    with closing(PostgresqlStore(database)) as store, psycopg.connect(database, autocommit=True) as connection:
        with store.transaction("200001") as ledger:
            account = ledger.open_account("200001")
        slots.renew(connection, 1, 60.0)
        connection.execute("INSERT INTO slot (id, account, operation, emulator) VALUES (1, %s, 'info', 1)", (account,))
        for seconds, in_progress in ((60.0, 1), (-6.0, 0), (60.0, 1)):
            slots.renew(connection, 1, seconds)
            slots.renew(connection, 2, 60.0)
            with store.reading() as ledger:
                assert ledger.in_progress(account) == in_progress


def test_an_emulator_hears_again_after_it_lost_its_connections(database: str) -> None:
    with (
        emulator(server={"store": database}) as one,
        emulator(server={"store": database}) as two,
        ControlClient(one.url) as control_one,
        ControlClient(two.url) as control_two,
        ThreadPoolExecutor(1) as pool,
    ):
        account = control_one.open({})
        served = Served(one.url, account)
        _end_connections(database)
        heard = pool.submit(control_two.account(account.userid).wait, phone=PHONE, timeout=60)
        served.send()
        assert heard.result().messages[0].phone == PHONE


@pytest.mark.parametrize("encoding", ["latin1", "GBK"])
def test_texts_are_the_same_whatever_encoding_the_environment_of_an_emulator_names(
    database: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    with _serving(f"{database}?client_encoding={encoding}") as served:
        assert served.send().items[0].code == "0"
    monkeypatch.delenv("PGCLIENTENCODING")
    with emulator(server={"store": database}) as one, ControlClient(one.url) as control:
        (message,) = control.account(served.account.userid).messages()
        assert message.content == CONTENT


def test_after_a_server_may_only_read_no_connection_to_it_is_kept(
    cluster: postgresql.Cluster, database: str, served: Served
) -> None:
    _execute(database, "ALTER SYSTEM SET default_transaction_read_only TO on")
    try:
        cluster.execute("SELECT pg_reload_conf()")
        until(lambda: not _is_ready(served.url))
        _expect_not_decided(served)
        with pytest.raises(CcellError, match="did not decide the request"):
            served.account.reset()
    finally:
        _execute(database, "ALTER SYSTEM RESET default_transaction_read_only")
        cluster.execute("SELECT pg_reload_conf()")
    until(lambda: _is_ready(served.url))
    assert served.send().items[0].code == "0"
