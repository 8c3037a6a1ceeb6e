"""Threads, their limit, and the lock (K1 to K4, Q21 to Q23)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, Bench, Meter, codes, gateway
from harness.stores import kept, open_kept
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock
from ccell_fake.engine.context import Arrival
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.settings import AccountSettings


class Nested:
    """A bench whose requests send the next request while they are in progress, in one thread."""

    def __init__(self, **account: Any) -> None:
        self.inner: list[Callable[[], object]] = []
        self.bench = Bench(self._pause, processing_time=1.0, **account)

    def _pause(self, _seconds: float) -> None:
        if self.inner:
            self.inner.pop()()

    def codes(self, *operations: Operation) -> list[str]:
        """Return the codes of nested requests. Each is in progress while the next is sent."""
        answered: dict[int, str] = {}

        def ask(depth: int) -> None:
            if depth + 1 < len(operations):
                self.inner.append(lambda: ask(depth + 1))
            (answered[depth],) = codes(self.bench.ask(operations[depth]))

        ask(0)
        return [answered[depth] for depth in sorted(answered)]


INFO, REPORT, SEND = Operation.INFO, Operation.REPORT, Operation.SEND
OVER = "1001006"


def test_the_third_concurrent_request_is_accepted_and_the_fourth_refused() -> None:
    assert Nested().codes(INFO, INFO, INFO) == ["0"] * 3
    assert Nested().codes(INFO, INFO, INFO, INFO) == ["0"] * 3 + [OVER]


def test_the_limit_can_be_raised() -> None:
    assert Nested(max_concurrency=5).codes(*[INFO] * 6) == ["0"] * 5 + [OVER]


def test_requests_are_counted_over_all_endpoints() -> None:
    assert Nested(max_concurrency=1).codes(REPORT, INFO) == ["0", OVER]


def test_a_request_over_the_limit_submits_nothing() -> None:
    nested = Nested(max_concurrency=1)
    nested.inner.append(nested.bench.send)
    nested.bench.ask(INFO)
    assert not nested.bench.reports()
    assert nested.bench.info().riches == "100000"
    (entry,) = [one for one in nested.bench.journal() if one.code == OVER]
    assert entry.explanation == f"{OVER}: 1 other requests of the account are in progress; there may be 1 at a time"
    assert (entry.rule, entry.basis) == ("concurrency", "assumed Q21")


def test_a_request_with_a_wrong_password_takes_no_slot() -> None:
    nested = Nested(max_concurrency=1)
    answers: list[list[str]] = []
    nested.inner.append(lambda: answers.append(codes(nested.bench.ask(INFO))))
    assert codes(nested.bench.ask(INFO, password="wrong")) == ["1001004"]
    assert answers == [["0"]]


def test_a_lock_does_not_refuse_requests_in_progress() -> None:
    nested = Nested(max_concurrency=3, lock_after=1)
    assert nested.codes(INFO, INFO, INFO, INFO) == ["0", "0", "0", OVER]
    assert codes(nested.bench.ask(INFO)) == ["1001003"]


def test_a_request_refused_by_magic_number_or_password_does_not_count_towards_the_lock() -> None:
    nested = Nested(max_concurrency=1, lock_after=1)
    for submit, password in ((Submit("17001001006", CONTENT), "123456"), (Submit("13800000000", CONTENT), "wrong")):
        nested.inner.append(partial(nested.bench.ask, SEND, submit, password=password))
        nested.bench.ask(INFO)
    assert codes(nested.bench.ask(INFO)) == ["0"]


def test_a_request_in_progress_is_judged_by_the_changed_settings() -> None:
    changes: list[tuple[dict[str, Any], str]] = [({"status": "frozen"}, "1001003"), ({"balance": 0}, "1001002")]
    for change, code in changes:
        nested = Nested(balance=1)
        nested.inner.append(partial(nested.bench.set, **change))
        assert codes(nested.bench.send()) == [code]


def test_a_change_of_settings_frees_no_slot() -> None:
    nested = Nested(max_concurrency=1)
    answers: list[list[str]] = []

    def change() -> None:
        nested.bench.set(max_concurrency=1)
        answers.append(codes(nested.bench.ask(INFO)))

    nested.inner.append(change)
    nested.bench.ask(INFO)
    assert answers == [[OVER]]


def test_the_same_request_value_sent_twice_takes_two_slots() -> None:
    left = [1]

    def pause(_seconds: float) -> None:
        if left:
            left.pop()
            inner.append(bench.gateway.answer(arrival).reply.code)

    inner: list[str] = []
    bench = Bench(pause, max_concurrency=1, processing_time=1.0)
    arrival = Arrival(INFO, Request("200001", "123456"), "::1")
    assert bench.gateway.answer(arrival).reply.code == "0"
    assert inner == [OVER]


@pytest.mark.parametrize(("first", "basis"), [(SEND, "assumed Q21"), (INFO, "documented K2")])
def test_the_basis_of_a_thread_limit_refusal_depends_on_the_counted_requests(first: Operation, basis: str) -> None:
    nested = Nested(max_concurrency=1)
    bases: list[str] = []
    nested.inner.append(lambda: bases.append(nested.bench.ask(INFO).basis))
    nested.bench.ask(first, Submit("13800000000", CONTENT))
    assert bases == [basis]


def test_a_slot_is_freed_if_its_request_fails() -> None:
    def fail(_seconds: float) -> None:
        raise ConnectionResetError

    bench = Bench(fail, max_concurrency=1, processing_time=1.0)
    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            bench.ask(INFO)
    bench.set(max_concurrency=1)
    assert codes(bench.ask(INFO)) == ["0"]


def _exceed(nested: Nested, times: int) -> None:
    for _ in range(times):
        assert nested.codes(INFO, INFO)[1] in {OVER, "1001003"}


def test_the_tenth_thread_limit_refusal_within_a_minute_locks_the_account() -> None:
    nested = Nested(max_concurrency=1)
    _exceed(nested, 9)
    assert codes(nested.bench.ask(INFO)) == ["0"]
    _exceed(nested, 1)
    for operation in Operation:
        answer = nested.bench.ask(operation)
        assert codes(answer) == ["1001003"]
        assert "locked because it exceeded its thread limit" in answer.explanation
    nested.bench.admin.unlock()
    assert codes(nested.bench.ask(INFO)) == ["0"]
    _exceed(nested, 9)
    assert codes(nested.bench.ask(INFO)) == ["0"]


def test_a_thread_limit_refusal_is_forgotten_after_the_window() -> None:
    nested = Nested(max_concurrency=1, lock_after=2, lock_window=60)
    _exceed(nested, 1)
    nested.bench.clock.advance(timedelta(seconds=60, microseconds=1))
    _exceed(nested, 1)
    assert codes(nested.bench.ask(INFO)) == ["0"]
    nested.bench.clock.advance(timedelta(seconds=60))
    _exceed(nested, 1)
    assert codes(nested.bench.ask(INFO)) == ["1001003"]


def test_lock_after_0_never_locks() -> None:
    nested = Nested(max_concurrency=1, lock_after=0)
    _exceed(nested, 30)
    assert codes(nested.bench.ask(INFO)) == ["0"]


def test_a_lock_outlives_a_restart(tmp_path: Path) -> None:
    account = AccountSettings(userid="1", password="2", max_concurrency=1, lock_after=1, processing_time=1.0)
    arrival = Arrival(INFO, Request("1", "2"), "::1")
    place = kept(tmp_path)
    store = open_kept(place)
    first = gateway(store, ManualClock(DOCUMENT_DAY), lambda _: nested())

    def nested() -> None:
        assert first.answer(arrival).reply.code == OVER

    first.accounts.open(account)
    first.answer(arrival)
    store.close()
    store = open_kept(place)
    second = gateway(store, ManualClock(DOCUMENT_DAY))
    second.accounts.open(replace(account, processing_time=0.0))
    assert second.answer(arrival).reply.code == "1001003"
    store.close()


@given(
    limit=st.integers(min_value=1, max_value=5),
    contents=st.lists(st.integers(min_value=1, max_value=150), min_size=1, max_size=40),
)
def test_concurrent_requests_never_exceed_the_thread_limit_and_charges_add_up(limit: int, contents: list[int]) -> None:
    meter = Meter()

    bench = Bench(meter, max_concurrency=limit, lock_after=0, processing_time=0.001, balance=40)

    def send(characters: int) -> tuple[str, int]:
        answer = bench.send(content="一" * characters + CONTENT[-4:])
        return codes(answer)[0], -(-(characters + 4) // 67) if characters + 4 > 70 else 1

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(send, contents))
    assert meter.most <= limit
    assert {code for code, _ in outcomes} <= {"0", OVER, "1001002"}
    assert int(bench.info().riches) == 40 - sum(charge for code, charge in outcomes if code == "0")
