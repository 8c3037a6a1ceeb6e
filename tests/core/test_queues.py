"""Reports and upstream messages: returned once, oldest first, in limited numbers (R1 to R6, U1 to U5, Q18)."""

from datetime import timedelta

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench, items
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import Operation, Reply, Report, Submit, Upmsg


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _receive(bench: Bench, *, after: float = 0.0, text: str = "知道了") -> None:
    motime = DOCUMENT_DAY + timedelta(seconds=after)
    bench.receive(Upmsg("0001", PHONE, motime, text))


@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_an_empty_queue_is_an_empty_success(bench: Bench, operation: Operation) -> None:
    assert bench.ask(operation).reply == Reply("0", "成功")


def test_a_report_is_handed_out_once(bench: Bench) -> None:
    bench.send()
    (report,) = bench.reports()
    assert (report.phone, report.status, report.info, report.recvtime) == (PHONE, "0", "成功", DOCUMENT_DAY)
    assert not bench.reports()


def test_a_call_returns_at_most_300_reports_and_the_next_call_the_rest(bench: Bench) -> None:
    numbers = [f"138{number:08d}" for number in range(301)]
    bench.send(",".join(numbers))
    first, second = bench.reports(), bench.reports()
    assert (len(first), len(second)) == (REPORTS_PER_CALL, 1)
    assert [report.phone for report in first + second] == numbers


def test_a_call_returns_at_most_100_upstream_messages_and_the_next_call_the_rest(bench: Bench) -> None:
    for number in range(101):
        _receive(bench, text=str(number))
    first, second = (items(bench.ask(Operation.UPMSG)) for _ in range(2))
    assert (len(first), len(second)) == (UPMSGS_PER_CALL, 1)
    assert [upmsg.msgcontent for upmsg in first + second] == [str(number) for number in range(101)]


def test_an_upstream_message_is_returned_unchanged(bench: Bench) -> None:
    _receive(bench)
    assert items(bench.ask(Operation.UPMSG)) == (Upmsg("0001", PHONE, DOCUMENT_DAY, "知道了"),)


def test_reports_and_upstream_messages_are_returned_when_due(bench: Bench) -> None:
    bench.set(report_delay=60)
    bench.send()
    _receive(bench, after=60)
    bench.clock.advance(timedelta(seconds=59))
    assert not bench.reports()
    assert not items(bench.ask(Operation.UPMSG))
    bench.clock.advance(timedelta(seconds=1))
    assert len(bench.reports()) == 1
    assert len(items(bench.ask(Operation.UPMSG))) == 1


def test_each_account_has_separate_queues(bench: Bench) -> None:
    first = bench.settings.userid
    bench.send()
    _receive(bench)
    bench.set(userid="200002")
    assert not bench.reports()
    assert not items(bench.ask(Operation.UPMSG))
    bench.set(userid=first)
    assert len(bench.reports()) == 1


def test_a_refused_fetch_takes_nothing(bench: Bench) -> None:
    bench.send()
    bench.ask(Operation.REPORT, password="wrong")
    assert len(bench.reports()) == 1


def test_the_oldest_reports_come_first_across_calls(bench: Bench) -> None:
    bench.set(report_delay=20)
    bench.send(",".join(f"138{number:08d}" for number in range(REPORTS_PER_CALL)))
    bench.set(report_delay=10)
    bench.send("13900000000")
    bench.clock.advance(timedelta(seconds=30))
    assert bench.reports()[0].phone == "13900000000"
    assert len(bench.reports()) == 1


@given(delays=st.lists(st.integers(min_value=0, max_value=10), min_size=1, max_size=20))
def test_every_report_is_returned_once_and_oldest_first(delays: list[int]) -> None:
    bench = Bench()
    for index, delay in enumerate(delays):
        bench.set(report_delay=delay)
        bench.submit(Submit(PHONE, CONTENT, linkid=str(index)))
    taken: list[Report] = []
    for _ in range(11):
        taken.extend(bench.reports())
        bench.clock.advance(timedelta(seconds=1))
    assert [int(report.linkid) for report in taken] == sorted(range(len(delays)), key=lambda index: delays[index])
    assert all(report.recvtime == DOCUMENT_DAY + timedelta(seconds=delays[int(report.linkid)]) for report in taken)
