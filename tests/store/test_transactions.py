"""Transactions of several emulators on one database."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain, count, groupby, islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from harness.emulators import DOCUMENT_DAY, until
from harness.ledgers import database, entry

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.engine.ledger import Ledger
from ccell_fake.inspection import RequestFilter
from ccell_fake.model import Operation, Upmsg
from ccell_fake.records import MessageRow, ReportRow, Submission
from ccell_fake.settings import AccountSettings
from ccell_fake.store.postgresql import schema, slots
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.postgresql.store import PostgresqlStore

NOW = to_micros(DOCUMENT_DAY)
SECOND = 1512310830000000000
_USERIDS = map(str, count(1))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two emulators on one database, and a connection that watches it."""

    one: PostgresqlStore
    two: PostgresqlStore
    watching: psycopg.Connection[Any]

    def __getitem__(self, number: int) -> PostgresqlStore:
        """Return one of the two in turn."""
        return (self.one, self.two)[number % 2]

    def until_waiting(self) -> None:
        """Wait until a transaction waits for a lock."""
        waiting = b"SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        until(lambda: self.watching.execute(waiting).fetchone() is not None)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with database() as url, psycopg.connect(url, autocommit=True) as watching:
        pair = Pair(PostgresqlStore(url), PostgresqlStore(url), watching)
        yield pair
        pair.one.close()
        pair.two.close()


def _open(store: PostgresqlStore, userid: str) -> int:
    with store.transaction(userid) as ledger:
        account = ledger.open_account(userid)
        ledger.save_account(account, AccountSettings(userid=userid, password="p"), ClockSetting())
    return account


def _opened(store: PostgresqlStore) -> tuple[str, int]:
    userid = next(_USERIDS)
    return userid, _open(store, userid)


def _spent(ledger: Ledger, account: int) -> int:
    return ledger.balance(account, NOW).spent


def test_a_transaction_waits_for_another_one_on_the_same_account(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)

    def charge() -> int:
        with two.transaction(userid) as ledger:
            ledger.charge(account, 1)
            return _spent(ledger, account)

    with ThreadPoolExecutor(1) as pool:
        with one.transaction(userid) as ledger:
            waiting = pool.submit(charge)
            pair.until_waiting()
            ledger.charge(account, 5)
            assert not waiting.done()
        assert waiting.result() == 6


def test_a_transaction_does_not_wait_for_those_on_other_accounts(pair: Pair) -> None:
    one, two = pair.one, pair.two
    (first, _), (second, account) = _opened(one), _opened(one)
    with one.transaction(first), two.transaction(second) as ledger, one.transaction(None), two.reading() as reading:
        ledger.charge(account, 1)
        assert _spent(reading, account) == 0


def test_one_of_two_emulators_opens_an_account(pair: Pair) -> None:
    userid = next(_USERIDS)

    def open_on(number: int) -> int:
        return _open(pair[number], userid)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(open_on, range(16)))
    assert len(keys) == 1


def test_a_transaction_that_waits_for_a_reset_gets_the_account_after_it(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)

    def present() -> int | None:
        with two.transaction(userid) as ledger:
            row = ledger.account_row(userid)
            return row.key if row else None

    with ThreadPoolExecutor(1) as pool:
        with one.transaction(userid) as ledger:
            waiting = pool.submit(present)
            pair.until_waiting()
            settings = AccountSettings(userid=userid, password="p")
            ledger.forget(account)
            opened = ledger.save_account(ledger.open_account(userid), settings, ClockSetting())
        assert waiting.result() == opened.key != account
        with one.transaction(userid) as ledger:
            waiting = pool.submit(present)
            pair.until_waiting()
            ledger.forget(opened.key)
        assert waiting.result() is None


def test_a_transaction_of_all_waits_for_the_others_and_locks_them_out(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)

    def begin_events() -> int:
        with two.transaction_of_all() as ledger:
            return ledger.begin_events(dict)

    def write() -> int:
        with two.transaction(userid) as ledger:
            return ledger.write(account, entry())

    with ThreadPoolExecutor(1) as pool:
        with one.transaction(userid) as ledger:
            waiting = pool.submit(begin_events)
            pair.until_waiting()
            position = ledger.write(account, entry())
        assert waiting.result() >= position
        with one.transaction_of_all() as ledger:
            waiting = pool.submit(write)
            pair.until_waiting()
            began = ledger.begin_events(dict)
        assert waiting.result() > began


def test_msgids_are_given_once_and_increase(pair: Pair) -> None:
    userids = [_opened(pair[0])[0] for _ in range(8)]

    def reserve(number: int) -> list[int]:
        firsts: list[int] = []
        for _ in range(20):
            with pair[number].transaction(userids[number]) as ledger:
                firsts.append(ledger.reserve_msgids(SECOND, SECOND + 5, 3))
        return firsts

    with ThreadPoolExecutor(8) as pool:
        reserved = list(pool.map(reserve, range(8)))
    assert all(firsts == sorted(firsts) for firsts in reserved)
    assert sorted(chain.from_iterable(reserved)) == list(islice(count(SECOND + 5, 3), 160))


def test_a_reader_of_all_accounts_passes_over_nothing_that_is_still_to_be_committed(pair: Pair) -> None:
    one, two = pair.one, pair.two
    (slow, slow_account), (fast, fast_account) = _opened(one), _opened(one)

    def told(after: int) -> list[int]:
        with two.reading() as ledger:
            assert ledger.position >= after
            return [entry.position for _, entry in ledger.inspect.journals(after, 100)]

    with one.reading() as ledger:
        before = ledger.position
    with one.transaction(slow) as ledger:
        first = ledger.write(slow_account, entry())
        with two.transaction(fast) as later:
            second = later.write(fast_account, entry())
        assert told(before) == []
        with two.reading() as reading:
            assert [entry.position for _, entry in reading.inspect.journals(before, 9, fast_account)] == [second]
            assert [entry.position for entry in reading.inspect.requests(RequestFilter(), None, 1).items] != [second]
    assert told(before) == [first, second]


def test_readers_see_each_entry_once_and_in_order_while_many_write(pair: Pair) -> None:
    accounts = [_opened(pair[0]) for _ in range(6)]
    with pair[0].reading() as ledger:
        before = ledger.position
    is_over = threading.Event()

    def write(number: int) -> list[int]:
        userid, account = accounts[number]
        positions: list[int] = []
        for _ in range(30):
            with pair[number].transaction(userid) as ledger:
                positions.append(ledger.write(account, entry()))
        return positions

    def follow() -> list[int]:
        seen: list[int] = []
        while True:
            is_last = is_over.is_set()
            with pair[1].reading() as ledger:
                found = ledger.inspect.journals(seen[-1] if seen else before, 7)
            seen += [entry.position for _, entry in found]
            if is_last and not found:
                return seen

    with ThreadPoolExecutor(7) as pool:
        following = pool.submit(follow)
        try:
            written = list(chain.from_iterable(pool.map(write, range(6))))
        finally:
            is_over.set()
        assert following.result() == sorted(written)


def test_accounts_end_while_requests_of_no_account_are_written(pair: Pair) -> None:
    with pair[0].transaction_of_all() as ledger:
        ledger.begin_events(dict)

    def met() -> int:
        with pair.one.reading() as ledger:
            return sum(row.times for row in ledger.inspect.met())

    before = met()

    def end(number: int) -> None:
        for _ in range(10):
            userid, account = _opened(pair[number])
            with pair[number].transaction(userid) as ledger:
                ledger.write(account, entry())
                ledger.count_met(account, [("code", "0")], DOCUMENT_DAY)
                ledger.hand_over_met(account, None)
                ledger.forget(account)

    def stray(number: int) -> None:
        for _ in range(20):
            with pair[number].transaction(None) as ledger:
                ledger.write(None, entry())
                ledger.count_met(None, [("code", "0")], DOCUMENT_DAY)

    with ThreadPoolExecutor(6) as pool:
        done: list[Future[None]] = [pool.submit(end if number < 4 else stray, number) for number in range(6)]
    for one in done:
        one.result()
    assert met() - before == 4 * 10 + 2 * 20


def test_slots_count_over_all_emulators_while_their_leases_hold(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)
    with one.transaction(userid) as ledger:
        first = ledger.enter(account, Operation.SEND)
    with two.transaction(userid) as ledger:
        ledger.enter(account, Operation.REPORT)
        assert ledger.in_progress(account) == 2
        assert ledger.in_progress(account, Operation.SEND) == 1
    one.leave(first)
    one.leave(first)
    with one.transaction(userid) as ledger:
        assert ledger.in_progress(account) == 1
        ledger.hold(account, 3, None, DOCUMENT_DAY, 600)
    with two.reading() as ledger:
        assert ledger.in_progress(account, Operation.SEND) == 3
        assert [hold.slots for hold in ledger.holds(account)] == [3]


def test_the_slots_of_an_emulator_that_ends_are_free() -> None:
    with database() as url, ExitStack() as ended:
        one, two = PostgresqlStore(url), PostgresqlStore(url)
        ended.callback(two.close)
        userid, account = _opened(one)
        with one.transaction(userid) as ledger:
            ledger.enter(account, Operation.SEND)
        one.close()
        with two.reading() as ledger:
            assert ledger.in_progress(account) == 0
        # One that was killed does not end its lease.
        with psycopg.connect(url, autocommit=True) as connection:
            slots.renew(connection, 7, 600)
            connection.execute("INSERT INTO slot VALUES (1, %s, 'send', 7)", (account,))
            with two.reading() as ledger:
                assert ledger.in_progress(account) == 1
            slots.renew(connection, 7, 0)
            with two.reading() as ledger:
                assert ledger.in_progress(account) == 0
            # After a minute, any emulator drops them.
            slots.renew(connection, 7, -60)
            slots.renew(connection, 8, 600)
            assert connection.execute("SELECT count(*) FROM slot").fetchone() == (0,)


def test_a_hold_ends_by_itself(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)
    with one.transaction(userid) as ledger:
        ledger.hold(account, 1, Operation.SEND, DOCUMENT_DAY, 0.05)

    def is_free() -> bool:
        with two.reading() as ledger:
            return not ledger.holds(account)

    assert not is_free()
    until(is_free)


def test_a_failed_transaction_leaves_nothing_and_keeps_its_msgids(pair: Pair) -> None:
    one, two = pair.one, pair.two
    userid, account = _opened(one)
    reserved: list[int] = []
    with suppress(KeyboardInterrupt), one.transaction(userid) as ledger:
        reserved.append(ledger.reserve_msgids(SECOND * 2, SECOND * 2, 9))
        ledger.add_upmsg(account, Upmsg("1", "1", DOCUMENT_DAY, "x"))
        ledger.enter(account, Operation.SEND)
        ledger.write(account, entry())
        ledger.inspect.waiting()
        raise KeyboardInterrupt
    with two.transaction(userid) as ledger:
        assert ledger.in_progress(account) == 0
        assert ledger.inspect.journal(account, 0).items == ()
        assert ledger.reserve_msgids(SECOND * 2, SECOND * 2, 9) == reserved[0] + 9


def _reserve(second: int, start: int, width: int) -> int:
    return second + start + width


def test_a_plain_request_takes_two_round_trips(tmp_path: Path) -> None:
    """The reservation of its msgids, on another connection, takes one more."""
    with (
        database() as url,
        psycopg.connect(url, autocommit=True) as connection,
        (tmp_path / "trace").open("w+") as trace,
    ):
        schema.prepare(connection)
        for number in range(10):
            ledger = PostgresqlLedger(connection, reserve=_reserve, emulator=1, taken=set(), journal_entries=9)
            if number == 9:
                connection.pgconn.trace(trace.fileno())
            ledger.lock("1")
            if not number:
                ledger.save_account(ledger.open_account("1"), AccountSettings(userid="1", password="p"), ClockSetting())
            row = ledger.account_row("1")
            assert row is not None
            assert ledger.faults(row.key) == ()
            assert ledger.in_progress(row.key) == 0
            assert ledger.balance(row.key, NOW).spent == number
            ledger.add_messages(row.key, Submission("x", "", "", NOW, NOW), [MessageRow(number, "1", "0", "", 1)])
            ledger.charge(row.key, 1)
            ledger.charge(row.key, -1, NOW + 1, number)
            ledger.add_reports(row.key, [ReportRow(number, "", "1", NOW, "0", "")])
            ledger.write(row.key, entry())
            ledger.count_met(row.key, [("code", "0")], DOCUMENT_DAY)
            ledger.commit()
        connection.pgconn.untrace()
        trace.seek(0)
        # Each line says who sent a message, after its time.
        senders = [line.split("\t")[1] for line in trace.read().splitlines()]
        assert [sender for sender, _ in groupby(senders)] == ["F", "B"] * 2
