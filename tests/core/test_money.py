"""Money: charges, refunds and the remaining balance add up (Q13, Q14, Q33, Q34)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from harness.emulators import PHONE, Bench, codes, items
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # pyright: ignore[reportUnknownVariableType]

from ccell_fake.model import Submit
from ccell_fake.settings import OutcomeRule

FAILING = OutcomeRule(phone="139*", stat="UNDELIV", delay=30)


@given(
    balance=st.integers(min_value=0, max_value=20),
    credit=st.integers(min_value=0, max_value=20),
    sends=st.lists(
        st.tuples(st.integers(min_value=1, max_value=4), st.integers(min_value=1, max_value=200)), max_size=12
    ),
)
def test_a_request_is_charged_completely_or_not_at_all(balance: int, credit: int, sends: list[tuple[int, int]]) -> None:
    bench = Bench(balance=balance, credit=credit)
    left = balance + credit
    for numbers, characters in sends:
        cost = numbers * (1 if characters + 4 <= 70 else -(-(characters + 4) // 67))
        answer = bench.send(",".join([PHONE] * numbers), "一" * characters + "【签名】")
        assert codes(answer)[0] == ("0" if cost <= left else "1001002")
        left -= cost if cost <= left else 0
        assert (int(bench.info().riches), int(bench.info().credit)) == (max(left - credit, 0), min(left, credit))


@pytest.mark.parametrize(("answer", "after"), [("kept", ["98", "98"]), ("refunded", ["98", "99"])])
def test_the_charge_of_a_failed_message_is_kept_or_refunded(answer: str, after: list[str]) -> None:
    bench = Bench(balance=100, outcomes=(FAILING,), assumptions={"Q33": answer})
    bench.send("13800000000,13900000000")
    before = bench.info().riches
    bench.clock.advance(timedelta(seconds=30))
    assert [before, bench.info().riches] == after


@pytest.mark.parametrize(("answer", "after"), [("at_once", ["99", "99"]), ("when_sent", ["100", "99"])])
def test_a_scheduled_message_is_charged_at_once_or_when_sent(answer: str, after: list[str]) -> None:
    bench = Bench(balance=100, assumptions={"Q34": answer})
    bench.send(sendtime="2015-12-31 08:31:00")
    before = bench.info().riches
    bench.clock.advance(timedelta(seconds=30))
    assert [before, bench.info().riches] == after


def test_all_numbers_after_the_first_unpaid_one_are_refused() -> None:
    bench = Bench(balance=2, assumptions={"Q14": "number"})
    long, short = Submit("13800000000", "一" * 140 + "【签名】"), Submit("13800000001", "hi【签名】")
    assert codes(bench.submit(short, long, short)) == ["0", "0", "1001002", "1001002"]


def test_immediate_messages_are_charged_at_once_when_scheduled_ones_are_charged_later() -> None:
    bench = Bench(balance=2, assumptions={"Q34": "when_sent"})
    bench.send()
    assert bench.info().riches == "1"
    bench.send(sendtime="2016-01-01 08:30:30")
    assert bench.info().riches == "1"
    assert codes(bench.send()) == ["1001002"]


def test_a_balance_is_what_is_left_after_it_is_set() -> None:
    bench = Bench(balance=4, credit=1)
    bench.send("13800000000,13800000001,13800000002,13800000003,13800000004")
    bench.set(balance=2, credit=1)
    assert (bench.info().riches, bench.info().credit) == ("2", "1")


def test_other_settings_keep_what_is_left() -> None:
    bench = Bench(balance=4, credit=1)
    bench.send()
    bench.set(balance=4, credit=2, name="x")
    assert (bench.info().riches, bench.info().credit) == ("3", "2")


def test_charges_due_before_the_balance_was_set_are_not_charged_to_it() -> None:
    bench = Bench(balance=4, assumptions={"Q34": "when_sent"})
    bench.send(sendtime="2015-12-31 08:31:00")
    bench.send(sendtime="2015-12-31 08:32:00")
    bench.clock.advance(timedelta(seconds=60))
    bench.set(balance=2, assumptions={"Q34": "when_sent"})
    assert bench.info().riches == "2"
    bench.clock.advance(timedelta(seconds=60))
    assert bench.info().riches == "1"


def test_charges_beyond_a_lowered_balance_leave_0() -> None:
    bench = Bench(balance=2, assumptions={"Q34": "when_sent"})
    bench.send("13800000000,13800000001", sendtime="2015-12-31 08:31:00")
    bench.set(balance=1, assumptions={"Q34": "when_sent"})
    assert codes(bench.send()) == ["1001002"]
    bench.clock.advance(timedelta(seconds=60))
    assert (bench.info().riches, bench.info().credit) == ("0", "0")
    assert codes(bench.send("19500001111")) == ["0", "1004001"]


class Books(RuleBasedStateMachine):
    """Compare balance and credit with a model over sends, schedules, failures and time."""

    def __init__(self) -> None:
        super().__init__()
        self.later: list[tuple[int, int]] = []
        self.now = 0
        self.left = 60

    @initialize(refunds=st.booleans(), charges_later=st.booleans(), one_by_one=st.booleans())
    def open(self, *, refunds: bool, charges_later: bool, one_by_one: bool) -> None:
        self.refunds, self.charges_later, self.one_by_one = refunds, charges_later, one_by_one
        self.bench = Bench(
            balance=50,
            credit=10,
            outcomes=(FAILING,),
            assumptions={
                "Q33": "refunded" if refunds else "kept",
                "Q34": "when_sent" if charges_later else "at_once",
                "Q14": "number" if one_by_one else "request",
            },
        )

    @rule(
        phones=st.lists(st.sampled_from(["13800000000", "13900000000", "19500001111"]), min_size=1, max_size=6),
        ahead=st.none() | st.integers(min_value=1, max_value=120),
    )
    def send(self, phones: list[str], ahead: int | None) -> None:
        sendtime = "" if ahead is None else f"{self.bench.clock.now() + timedelta(seconds=ahead):%Y-%m-%d %H:%M:%S}"
        answer = self.bench.send(",".join(phones), "hi【签名】", sendtime=sendtime)
        accepted = [resp.phone for resp in items(answer) if resp.code == "0"]
        valid = sum(phone != "19500001111" for phone in phones)
        available = max(max(self.left, 0) + sum(amount for _, amount in self.later if amount < 0), 0)
        if self.one_by_one:
            assert len(accepted) == min(valid, available)
        else:
            assert codes(answer)[0] == ("0" if valid <= available else "1001002")
        due = self.now + (ahead or 0)
        if ahead and self.charges_later:
            self.later.append((due, -len(accepted)))
        else:
            self.left -= len(accepted)
        if self.refunds:
            self.later.extend((due + 30, 1) for phone in accepted if phone.startswith("139"))

    @rule(seconds=st.integers(min_value=1, max_value=90))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.bench.clock.advance(timedelta(seconds=seconds))
        self.left += sum(amount for due, amount in self.later if due <= self.now)
        self.later = [(due, amount) for due, amount in self.later if due > self.now]

    @precondition(lambda self: hasattr(self, "bench"))
    @rule(balance=st.sampled_from([50, 0, 3, 60]))
    def set_balance(self, balance: int) -> None:
        self.bench.admin.change(lambda settings: replace(settings, balance=balance), sets_balance=True)
        self.left = balance + 10

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "bench"):
            info = self.bench.info()
            shown = int(info.riches), int(info.credit)
            assert shown == (max(self.left - 10, 0), min(max(self.left, 0), 10))


def test_the_books_agree_after_any_sequence_of_steps() -> None:
    run_state_machine_as_test(Books, settings=settings(stateful_step_count=20))
