"""Outcomes: text, delay and number of reports, and seeded randomness."""

from datetime import timedelta
from typing import Any

import pytest
from harness.emulators import CONTENT, PHONE, Bench
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.model import Submit
from ccell_fake.settings import OutcomeRule

ALL = ",".join(f"138{number:08d}" for number in range(300))


def test_without_rules_a_message_is_delivered_after_the_report_delay() -> None:
    bench = Bench(report_delay=5)
    bench.send()
    assert not bench.reports()
    bench.clock.advance(timedelta(seconds=5))
    assert [(report.status, report.info) for report in bench.reports()] == [("0", "成功")]


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (OutcomeRule(stat="X", phone="138*"), True),
        (OutcomeRule(stat="X", phone="138"), False),
        (OutcomeRule(stat="X", phone=PHONE), True),
        (OutcomeRule(stat="X", content="验证码*"), True),
        (OutcomeRule(stat="X", content="*优惠*"), False),
        (OutcomeRule(stat="X", linkid="order-*"), True),
        (OutcomeRule(stat="X", linkid="other"), False),
        (OutcomeRule(stat="X", phone="138*", linkid="other"), False),
        (OutcomeRule(stat="X"), True),
    ],
)
def test_a_rule_applies_to_messages_that_match_all_its_patterns(rule: OutcomeRule, *, matches: bool) -> None:
    bench = Bench(outcomes=(rule,))
    bench.send(linkid="order-7")
    assert [(report.status, report.info) for report in bench.reports()] == [("-1", "X") if matches else ("0", "成功")]


def test_the_first_rule_that_matches_decides() -> None:
    bench = Bench(outcomes=(OutcomeRule(phone="139*", stat="A"), OutcomeRule(stat="B"), OutcomeRule(stat="C")))
    bench.send("13900000000,13800000000")
    assert [report.info for report in bench.reports()] == ["A", "B"]


@pytest.mark.parametrize(
    ("rule", "status", "info"),
    [
        (OutcomeRule(stat="MA:0001"), "-1", "MA:0001"),
        (OutcomeRule(stat="REJECTD", status="2"), "2", "REJECTD"),
        (OutcomeRule(stat="DELIVRD"), "0", "成功"),
        (OutcomeRule(stat='<&">'), "-1", '<&">'),
    ],
)
def test_the_rule_decides_status_and_info(rule: OutcomeRule, status: str, info: str) -> None:
    bench = Bench(outcomes=(rule,))
    bench.send()
    assert [(report.status, report.info) for report in bench.reports()] == [(status, info)]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_rule_decides_the_number_of_reports(count: int) -> None:
    bench = Bench(outcomes=(OutcomeRule(reports=count),))
    bench.send()
    reports = bench.reports()
    assert len(reports) == count
    assert len(set(reports)) == min(count, 1)


def test_the_delay_of_a_rule_overrides_the_delay_of_the_account() -> None:
    bench = Bench(report_delay=60, outcomes=(OutcomeRule(delay=1.5),))
    bench.send()
    bench.clock.advance(timedelta(seconds=1.4))
    assert not bench.reports()
    bench.clock.advance(timedelta(seconds=0.1))
    assert len(bench.reports()) == 1


def _infos(**settings: Any) -> list[str]:
    bench = Bench(**settings)
    bench.send(ALL)
    return [report.info for report in bench.reports()]


def test_a_failure_rate_hits_its_share_and_the_same_messages_in_every_run() -> None:
    rules = (OutcomeRule(stat="UNDELIV", rate=0.3),)
    first, second = _infos(outcomes=rules), _infos(outcomes=rules)
    assert first == second
    assert 60 <= first.count("UNDELIV") <= 120
    assert _infos(outcomes=rules, userid="200002") != first


def test_the_chances_of_two_rules_are_independent() -> None:
    rules = (OutcomeRule(stat="A", rate=0.5), OutcomeRule(stat="B", rate=0.5))
    infos = _infos(outcomes=rules)
    assert all(infos.count(info) > 30 for info in ("A", "B", "成功"))


def test_earlier_messages_do_not_change_an_outcome() -> None:
    rules = (OutcomeRule(stat="UNDELIV", rate=0.5),)
    alone, after = Bench(outcomes=rules), Bench(outcomes=rules)
    after.send(ALL)
    after.reports()
    for bench in (alone, after):
        bench.submit(Submit(PHONE, CONTENT, linkid="7"))
    assert alone.reports()[0].info == after.reports()[0].info


@given(st.floats(min_value=0, max_value=100))
def test_a_spread_is_the_maximum_additional_delay(spread: float) -> None:
    bench = Bench(outcomes=(OutcomeRule(delay=10, spread=spread),))
    bench.send()
    bench.clock.advance(timedelta(seconds=9.999))
    assert not bench.reports()
    bench.clock.advance(timedelta(seconds=spread + 0.001))
    assert len(bench.reports()) == 1
