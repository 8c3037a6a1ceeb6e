"""An account keeps as many messages as its cap says, and never loses one that something is still to come of."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from harness.emulators import DOCUMENT_DAY, PHONE, Bench
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import in_micros, to_micros
from ccell_fake.inspection import Listing, MessageFilter, QueueState, ReportFilter, State, UpmsgFilter
from ccell_fake.model import Operation, Upmsg
from ccell_fake.settings import OutcomeRule
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.retention import SUBMISSIONS, Cap, Retention

pytestmark = pytest.mark.sqlite

EVERYTHING = Listing(limit=10_000)
HOUR = 3600.0
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 6)),
        st.tuples(st.just("schedule"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["report", "upmsg", "reply", "info", "roll back"]), st.just(0)),
        st.tuples(st.just("advance"), st.integers(1, 3)),
    ),
    max_size=40,
)


def _phones(count: int) -> str:
    return ",".join(f"138{number:08d}" for number in range(count))


def _messages(bench: Bench) -> list[str]:
    return [one.msgid for one in bench.admin.messages(MessageFilter(), EVERYTHING).items]


def _upmsgs(bench: Bench, wanted: UpmsgFilter = UpmsgFilter()) -> list[str]:  # noqa: B008 - frozen, so sharing it is safe
    return [one.msgcontent for one in bench.admin.upmsgs.list(wanted, EVERYTHING).items]


def _roll_back(bench: Bench) -> None:
    bench.send()
    with bench.admin.opened() as (account, ledger):
        keys = ledger.inspect.message_keys(account.view, MessageFilter(), EVERYTHING).items
        ledger.delete_messages(account.key, [msgid for _, msgid in keys])
        raise OSError


def _act(bench: Bench, act: str, size: int) -> list[str]:
    """Perform an act. Returns the msgids of what it sends."""
    match act:
        case "send":
            return [one.msgid for one in bench.send(_phones(size)).reply.items]  # type: ignore[union-attr]
        case "schedule":
            later = bench.admin.clock().now + timedelta(hours=size)
            answer: Any = bench.send(_phones(size), sendtime=f"{later:%Y-%m-%d %H:%M:%S}")
            return [one.msgid for one in answer.reply.items]
        case "reply":
            bench.receive(Upmsg("10690000", PHONE, bench.admin.clock().now, "1"))
        case "advance":
            bench.clock.advance(timedelta(hours=size))
        case "roll back":
            with pytest.raises(OSError):  # noqa: PT011 - the one above
                _roll_back(bench)
        case _:
            answer = bench.ask(Operation(act))
            return [str(item) for item in answer.reply.items]
    return []


@given(ACTS, st.none() | st.integers(1, 12), st.none() | st.sampled_from([HOUR, 2.5 * HOUR]))
def test_what_something_is_to_come_of_and_the_last_messages_are_kept(
    acts: list[tuple[str, int]], number: int | None, age: float | None
) -> None:
    cap = Cap(number, None if age is None else in_micros(age))
    silent = OutcomeRule(phone="13800000001", reports=0)
    bench, free = (Bench(store=SqliteStore(cap=one), report_delay=1800.0, outcomes=(silent,)) for one in (cap, Cap()))
    for act, size in acts:
        assert _act(bench, act, size) == _act(free, act, size)
        kept, everything = set(_messages(bench)), free.admin.messages(MessageFilter(), EVERYTHING).items
        reports = free.admin.reports.list(ReportFilter(), EVERYTHING).items
        assert {one.msgid for one in reports if one.state is not QueueState.FETCHED} <= kept
        assert {one.msgid for one in everything if one.state is State.SCHEDULED} <= kept
        since = None if age is None else free.admin.clock().now - timedelta(seconds=age)
        last = everything if number is None else everything[-number:]
        assert {one.msgid for one in last if since is None or one.submitted_at >= since} <= kept
        waiting = UpmsgFilter(state=QueueState.WAITING)
        assert len(_upmsgs(bench, waiting)) == len(_upmsgs(free, waiting))
        assert bench.admin.status().left == free.admin.status().left


@pytest.mark.parametrize("number", [1, 5, 30, 3000])
def test_a_cap_by_number_is_exceeded_by_a_tenth_at_most(number: int) -> None:
    bench = Bench(store=SqliteStore(cap=Cap(number)), balance=100_000)
    for _ in range(0, 2 * number, 20):
        bench.send(_phones(20))
        bench.reports()
    bench.ask(Operation.INFO)
    assert number <= len(_messages(bench)) <= number + max(number // 10, 20)
    assert len(bench.admin.reports.list(ReportFilter(), EVERYTHING).items) == len(_messages(bench))


def test_a_message_older_than_the_cap_goes_with_the_next_request_or_look() -> None:
    bench = Bench(store=SqliteStore(cap=Cap(age=in_micros(60.0))))
    bench.send(linkid="old")
    bench.receive(Upmsg("10690000", PHONE, DOCUMENT_DAY, "old"))
    bench.reports()
    bench.ask(Operation.UPMSG)
    bench.clock.advance(timedelta(seconds=59))
    bench.send(linkid="young")
    assert len(_messages(bench)) == 2
    bench.clock.advance(timedelta(seconds=2))
    assert [one.linkid for one in bench.admin.messages(MessageFilter()).items] == ["young"]
    assert _upmsgs(bench) == []


def test_an_old_message_goes_once_its_report_is_fetched() -> None:
    bench = Bench(store=SqliteStore(cap=Cap(1)))
    for _ in range(3):
        bench.send()
    assert len(_messages(bench)) == 3
    assert len(bench.reports()) == 3
    assert len(_messages(bench)) == 1


def test_a_store_that_is_opened_with_a_cap_loses_a_bounded_number_with_each_request(tmp_path: Path) -> None:
    path = tmp_path / "ccell.sqlite"
    store = SqliteStore(path)
    before = Bench(store=store, balance=100_000)
    for _ in range(8):
        before.send(_phones(500))
    while before.reports():
        pass
    store.close()
    store = SqliteStore(path, cap=Cap(10))
    bench = Bench(store=store, balance=100_000)
    counts = [4_000]
    while counts[-1] > 600:
        bench.ask(Operation.INFO)
        with store.transaction() as ledger:
            (account,) = bench.gateway.accounts.all(ledger)
            counts.append(len(ledger.inspect.messages(account.view, MessageFilter(), EVERYTHING).items))
    lost = [before - after for before, after in pairwise(counts)]
    assert 0 < max(lost) <= 600
    assert len(lost) >= 3
    store.close()


def _looked_at(blocked: int, requests: int) -> int:
    """Return how many rows are looked at beside requests, if all rows exceed the cap and none may go."""
    looked_at = 0
    now = to_micros(DOCUMENT_DAY)

    def read(_statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        nonlocal looked_at
        first = values["place"] + 1
        rows = [(place, place, 0, 1, False) for place in range(first, min(first + values["limit"], blocked))]
        looked_at += len(rows)
        return rows

    undo: list[Callable[[], object]] = []
    retention = Retention(Cap(1), read, undo.append)
    retention.count(SUBMISSIONS, 1, blocked, 0)
    for _ in range(requests):
        assert retention.take_due(SUBMISSIONS, 1, now) == []
    return looked_at


@pytest.mark.parametrize("blocked", [10, 10_000, 100_000])
def test_rows_that_may_not_go_cost_a_request_little(blocked: int) -> None:
    assert _looked_at(blocked, 20_000) / 20_000 <= 50


def test_without_a_cap_nothing_is_looked_at() -> None:
    def read(*_: object) -> list[tuple[Any, ...]]:
        raise AssertionError

    retention = Retention(Cap(), read, lambda _: None)
    retention.count(SUBMISSIONS, 1, 1_000_000, 0)
    assert retention.take_due(SUBMISSIONS, 1, to_micros(DOCUMENT_DAY)) == []
