"""A store in PostgreSQL deletes in the background what exceeds the cap of an account."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from harness.emulators import DOCUMENT_DAY
from harness.ledgers import database

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.inspection import Listing, MessageFilter, UpmsgFilter
from ccell_fake.model import Upmsg
from ccell_fake.records import ContentFacts, MessageRow, ReportRow, Submission, View
from ccell_fake.settings import AccountSettings
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.postgresql.retention import sweep
from ccell_fake.store.postgresql.store import PostgresqlStore
from ccell_fake.store.retention import Cap

NOW = to_micros(DOCUMENT_DAY)
USERID = "1"


class Swept:
    """A store with 20 messages and 20 upstream messages, a second each. Every fourth has something to come."""

    def __init__(self, url: str, connection: psycopg.Connection[Any]) -> None:
        self.store = PostgresqlStore(url)
        self.connection = connection
        with self.store.transaction(USERID) as ledger:
            self.account = ledger.open_account(USERID)
            ledger.save_account(self.account, AccountSettings(userid=USERID, password="p"), ClockSetting(0, NOW))
            for number in range(20):
                at = NOW - (20 - number) * 1_000_000
                ledger.add_messages(self.account, Submission("", "", "", at, at), [MessageRow(number, "1", "0", "", 1)])
                ledger.add_reports(self.account, [ReportRow(number, "", "1", at, "0", "")])
                ledger.add_upmsg(self.account, Upmsg("1", str(number), DOCUMENT_DAY, ""))
            ledger.take_reports(self.account, NOW, 300, None)
            ledger.take_upmsgs(self.account, NOW, 300, None)
            ledger.requeue_reports(self.account, range(1, 21, 4), NOW)
            ledger.requeue_upmsgs(self.account, range(1, 21, 4), NOW)

    def sweep(self, cap: Cap) -> tuple[list[int], list[int]]:
        """Sweep. Returns what is left of both."""
        sweep(self.connection, self.store, cap, 0)
        view = View(self.account, USERID, NOW, lambda _: ContentFacts(0, 0, None))
        with self.store.reading() as ledger:
            messages = ledger.inspect.messages(view, MessageFilter(), Listing()).items
            upmsgs = ledger.inspect.upmsgs(view, UpmsgFilter(), Listing()).items
        return [int(one.msgid) for one in messages], [int(one.phone) for one in upmsgs]


@pytest.fixture
def swept() -> Iterator[Swept]:
    with database() as url, psycopg.connect(url, autocommit=True) as connection:
        one = Swept(url, connection)
        yield one
        one.store.close()


def test_as_many_as_the_cap_says_stay_and_those_that_something_is_to_come_of(swept: Swept) -> None:
    kept = [0, 4, *range(8, 20)]
    assert swept.sweep(Cap(12)) == (kept, kept)
    assert swept.sweep(Cap(12)) == (kept, kept)


def test_the_old_ones_go(swept: Swept) -> None:
    messages, upmsgs = swept.sweep(Cap(age=5_500_000))
    assert (messages, upmsgs) == ([0, 4, 8, 12, *range(15, 20)], list(range(20)))


def test_nothing_goes_without_a_cap_while_rows_are_spare_or_while_another_emulator_sweeps(swept: Swept) -> None:
    everything = list(range(20)), list(range(20))
    assert swept.sweep(Cap()) == everything
    assert swept.sweep(Cap(19)) == everything
    with psycopg.connect(swept.connection.info.dsn, password="secret-of-the-database") as other:
        other.execute("SELECT pg_advisory_lock(%s, 1)", (0x43435346,))
        assert swept.sweep(Cap(1)) == everything


def test_a_message_that_something_is_to_come_of_again_stays(swept: Swept) -> None:
    with swept.store.transaction(USERID) as ledger:
        ledger.delete_submissions(swept.account, [1, 2], NOW)
        ledger.delete_fetched_upmsgs(swept.account, [1, 2], NOW)
    assert [numbers[:2] for numbers in swept.sweep(Cap())] == [[0, 2], [0, 2]]


def test_a_sweep_ends_with_its_present_piece_when_the_store_ends(swept: Swept) -> None:
    is_over = iter((False, True))
    sweep(swept.connection, swept.store, Cap(1), 0, lambda: next(is_over))
    messages, upmsgs = swept.sweep(Cap())
    assert (messages, upmsgs) == ([0, 4, 8, 12, 16, 19], list(range(20)))


@dataclass
class Meanwhile:
    """A store on which something happens between the choices of a sweep and its deletions."""

    swept: Swept
    act: Callable[[PostgresqlLedger], object]
    changed: set[int] = field(default_factory=set[int])

    @contextmanager
    def transaction(self, userid: str | None) -> Generator[PostgresqlLedger]:
        """Let it happen, and open a transaction."""
        with self.swept.store.transaction(USERID) as ledger:
            self.act(ledger)
        with self.swept.store.transaction(userid) as ledger:
            yield ledger
            self.changed |= ledger.changed


def test_a_sweep_leaves_a_message_whose_time_is_to_come_again_after_the_clock_was_set_back(swept: Swept) -> None:
    def set_back(ledger: PostgresqlLedger) -> None:
        settings = AccountSettings(userid=USERID, password="p")
        ledger.save_account(swept.account, settings, ClockSetting(0, NOW - 5_000_000))

    with swept.store.transaction(USERID) as ledger:
        scheduled = Submission("", "", "", NOW - 30_000_000, NOW - 1_000_000)
        ledger.add_messages(swept.account, scheduled, [MessageRow(20, "1", "0", "", 1)])
    sweep(swept.connection, Meanwhile(swept, set_back), Cap(age=500_000), 0)
    assert swept.sweep(Cap())[0] == [0, 4, 8, 12, 16, 20]


def test_a_sweep_leaves_an_account_alone_that_is_gone(swept: Swept) -> None:
    def forget_before_the_second_deletion(ledger: PostgresqlLedger) -> None:
        if meanwhile.changed:
            meanwhile.changed.clear()
            ledger.forget(swept.account)

    meanwhile = Meanwhile(swept, forget_before_the_second_deletion)
    sweep(swept.connection, meanwhile, Cap(1), 0)
    assert meanwhile.changed == set()
    assert swept.sweep(Cap()) == ([], [])
