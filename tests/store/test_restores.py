"""Faults of the database while a snapshot is made or restored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import psycopg
import pytest
from harness import http
from harness.cutting import Cable, cable
from harness.emulators import DOCUMENT_DAY, emulator, until
from harness.ledgers import database, entry

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.errors import EffectUnknown, StoreUnavailable
from ccell_fake.model import Upmsg
from ccell_fake.records import Lifetime, MessageRow, ReportRow, Submission
from ccell_fake.settings import AccountSettings
from ccell_fake.store.postgresql import connections
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.postgresql.store import PostgresqlStore

NOW = to_micros(DOCUMENT_DAY)
USERID = "200001"
_FAIL_AT_COMMIT = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'arranged'; END $$;
CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON event_log DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail();
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two emulators on one database, the first behind a proxy. Both wait for the end of an account."""

    url: str
    wire: Cable
    one: PostgresqlStore
    two: PostgresqlStore
    lifetime: Lifetime
    ended: tuple[set[Lifetime], set[Lifetime]]

    def is_ended(self) -> bool:
        """Return whether both have heard that the account has ended."""
        return all(self.lifetime in ended for ended in self.ended)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with database() as url, cable(url) as wire, ExitStack() as opened:
        ended: tuple[set[Lifetime], set[Lifetime]] = (set(), set())
        one = opened.enter_context(closing(PostgresqlStore(wire.url, on_end=ended[0].update)))
        two = opened.enter_context(closing(PostgresqlStore(url, on_end=ended[1].update)))
        opened.callback(wire.mend)
        with one.transaction(USERID) as ledger:
            account = ledger.open_account(USERID)
            ledger.save_account(account, AccountSettings(userid=USERID, password="p"), ClockSetting())
            lifetime = (ledger.history, account)
        for store in (one, two):
            with store.transaction(USERID):
                pass
        yield Pair(url, wire, one, two, lifetime, ended)


def _dump(store: PostgresqlStore) -> bytes:
    return store.dump(lambda _: True)


def _fill(ledger: PostgresqlLedger, account: int, number: int) -> None:
    """Add a row of each kind that has a number."""
    ledger.add_messages(account, Submission("", "", "", NOW, NOW), [MessageRow(number, "1", "0", "", 1)])
    ledger.add_reports(account, [ReportRow(number, "", "1", NOW, "0", "")])
    ledger.add_upmsg(account, Upmsg("1", "1", DOCUMENT_DAY, ""))
    ledger.opt_out(account, "1", NOW)


def test_a_restore_that_is_committed_is_told_to_all_though_the_connection_is_lost(pair: Pair) -> None:
    snapshot = _dump(pair.one)
    is_cut = pair.wire.cut_at(b"COMMIT", is_delivered=True)
    pair.one.restore(snapshot)
    assert is_cut.is_set()
    until(pair.is_ended)


def test_a_restore_whose_commit_never_arrives_has_no_effect(pair: Pair) -> None:
    snapshot = _dump(pair.one)
    is_cut = pair.wire.cut_at(b"COMMIT", is_delivered=False)
    with pytest.raises(StoreUnavailable, match="did not decide the request"):
        pair.one.restore(snapshot)
    assert is_cut.is_set()
    with pair.two.reading() as ledger:
        assert ledger.history == pair.lifetime[0]


def test_a_restore_whose_commit_is_lost_with_the_database_is_told_to_all_when_that_is_back(pair: Pair) -> None:
    snapshot = _dump(pair.one)
    pair.wire.cut_at(b"COMMIT", is_delivered=True, is_lasting=True)
    with pytest.raises(EffectUnknown, match="may have carried out the request"):
        pair.one.restore(snapshot)
    pair.wire.mend()
    until(pair.is_ended)


def test_a_snapshot_of_a_database_that_does_not_answer_any_more_ends(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_PATIENT", 0.0)
    monkeypatch.setattr(connections, "LONGEST_SILENCE", 0.5)

    def hold_up(_: str) -> bool:
        pair.wire.hold_up()
        return True

    with ThreadPoolExecutor(1) as pool:
        dumped = pool.submit(pair.one.dump, hold_up)
        try:
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                dumped.result(60)
        finally:
            pair.wire.mend()


def test_sequences_do_not_go_back_after_a_restore_that_fails(pair: Pair) -> None:
    snapshot = _dump(pair.one)
    with pair.two.transaction(USERID) as ledger:
        _fill(ledger, pair.lifetime[1], 1)
        position = ledger.write(pair.lifetime[1], entry())
    with psycopg.connect(pair.url, autocommit=True) as connection:
        connection.execute(_FAIL_AT_COMMIT)
    with pytest.raises(psycopg.Error, match="arranged"):
        pair.one.restore(snapshot)
    with pair.two.transaction(USERID) as ledger:
        _fill(ledger, pair.lifetime[1], 2)
        assert ledger.write(pair.lifetime[1], entry()) > position


def test_while_the_database_is_away_a_snapshot_is_answered_with_503() -> None:
    with database() as url, cable(url) as wire, emulator(server={"store": wire.url}) as one:
        wire.cut()
        answer = http.get(one.url, b"/_ccell/v1/state")
        assert (answer.status, b"cannot be reached" in answer.body) == (503, True)
        wire.mend()
