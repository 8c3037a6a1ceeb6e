"""Plans of calls: their requests, their results for each outcome, and that no item is lost."""

import itertools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from harness.clients import PlanRunner, body, gateway, writer
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client import (
    ClientError,
    MalformedReport,
    MalformedUpmsg,
    NotSent,
    NumbersRefused,
    OutcomeUnknown,
    Report,
    RequestRefused,
    Resp,
    Retry,
    Submit,
    Upmsg,
    calls,
    results,
)
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.steps import Failure, HttpAnswer, HttpCall, Output, Pause, StepOutcome
from ccell_fake.client.submits import numbers, split_requests
from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.model import AnyReply, Operation, Reply, Request
from ccell_fake.wire import requests

WHEN = datetime(2015, 10, 10, 10, 54, 15, tzinfo=SHANGHAI)
NEVER: Callable[[], bool] = lambda: False  # noqa: E731 - a name for a plan's argument


def _answered(reply: AnyReply) -> HttpAnswer:
    return HttpAnswer(200, {"content-type": "text/xml;charset=UTF-8"}, body(reply))


def _page(*msgids: int) -> HttpAnswer:
    return _answered(Reply("0", "成功", tuple(Report(str(one), "", "1", WHEN, "0", "成功") for one in msgids)))


def _sent(ask: HttpCall) -> Request:
    return requests.parse(ask.operation, ask.body)


def _accept(ask: HttpCall) -> StepOutcome:
    submits = _sent(ask).submits
    resps = [Resp("9", phone, "0", "成功", one.linkid) for one in submits for phone in numbers(one)]
    return _answered(Reply("0", "成功", tuple(resps)))


def _msgids(items: Iterable[object]) -> list[int]:
    return [int(item.msgid) for item in items if isinstance(item, Report)]


LOST = Failure("ReadTimeout", is_sent=True)
UNREACHED = Failure("ConnectError", is_sent=False)
REFUSED = _answered(Reply(Code.BALANCE_TOO_SMALL, "余额不足"))
OVER = _answered(Reply(Code.CONCURRENCY_EXCEEDED, "并发数超限"))
SYSTEM_ERROR = _answered(Reply(Code.SYSTEM_ERROR, "接口系统错"))


@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_any_split_gives_the_resps_in_the_order_of_the_numbers(sizes: list[int]) -> None:
    serial = itertools.count(13800000000)
    submits = tuple(
        Submit(",".join(str(next(serial)) for _ in range(size)), "x", linkid=str(place))
        for place, size in enumerate(sizes)
    )
    runner = PlanRunner()
    (sent,) = runner.run(calls.send(gateway(), submits, None), _accept)
    assert [(resp.phone, resp.linkid) for resp in sent.resps] == [
        (phone, one.linkid) for one in submits for phone in numbers(one)
    ]
    assert all(sum(len(list(numbers(one))) for one in _sent(ask).submits) <= 500 for ask in runner.calls)


@pytest.mark.parametrize(
    ("outcome", "error", "state"),
    [
        (LOST, OutcomeUnknown, "unknown"),
        (HttpAnswer(502, {"content-type": "text/html"}, b"<html>"), OutcomeUnknown, "unknown"),
        (SYSTEM_ERROR, RequestRefused, "unknown"),
        (_answered(Reply("7654321", "?")), RequestRefused, "unknown"),
        (UNREACHED, NotSent, "unsent"),
        (REFUSED, RequestRefused, "unsent"),
    ],
)
@pytest.mark.parametrize("place", range(3))
def test_a_failure_in_the_middle_of_a_send_loses_nothing(
    outcome: StepOutcome, error: type[ClientError], state: str, place: int
) -> None:
    submits = tuple(
        Submit(",".join(f"138{one:04}{two:04}" for two in range(400)), "x", linkid=str(one)) for one in range(3)
    )
    every = split_requests(submits)
    answers = iter(range(3))

    def answer(ask: HttpCall) -> StepOutcome:
        return outcome if next(answers) == place else _accept(ask)

    runner = PlanRunner()
    with pytest.raises(error) as caught:
        runner.run(calls.send(gateway(), submits, None), answer)
    assert len(runner.calls) == place + 1
    assert [resp.phone for resp in caught.value.resps] == [
        phone for request in every[:place] for one in request for phone in numbers(one)
    ]
    failed, later = every[place], tuple(one for request in every[place + 1 :] for one in request)
    is_unknown = state == "unknown"
    assert caught.value.unknown == (failed if is_unknown else ())
    assert caught.value.unsent == (later if is_unknown else failed + later)
    assert caught.value.linkids == tuple(dict.fromkeys(one.linkid for one in caught.value.unknown))
    if is_unknown:
        assert f"outcome unknown for linkid {caught.value.linkids[0]}" in str(caught.value)


def test_unsent_submits_of_an_error_can_be_sent() -> None:
    submits = (Submit("13800000000,13600001234", "x", linkid="7"),)
    with pytest.raises(NotSent) as caught:
        PlanRunner().run(calls.send(gateway(), submits, None), [UNREACHED])
    runner = PlanRunner()
    runner.run(calls.send(gateway(), caught.value.unsent, None), _accept)
    assert _sent(runner.calls[0]).submits == submits


def test_an_interrupted_send_notes_the_unknown_linkids() -> None:
    plan = calls.send(gateway(), (Submit("13800000000", "x", linkid="7"),), None)
    next(plan)
    with pytest.raises(KeyboardInterrupt) as caught:
        plan.throw(KeyboardInterrupt())
    assert "outcome unknown for linkid 7" in caught.value.__notes__[0]


def test_progress_is_called_for_each_request() -> None:
    parts: list[results.Sent] = []
    submits = (Submit(",".join(["13800000000"] * 1001), "x", linkid="7"),)
    (sent,) = PlanRunner().run(calls.send(gateway(), submits, parts.append), _accept)
    assert [len(part.resps) for part in parts] == [500, 500, 1]
    assert results.merge(parts) == sent


@given(st.integers(1, 6), st.integers(0, 8))
def test_only_1001006_is_retried_up_to_the_limit(attempts: int, excesses: int) -> None:
    runner = PlanRunner()
    plan = calls.info(gateway(Retry(attempts=attempts, first_pause=1, longest_pause=3)))
    with pytest.raises(RequestRefused) as caught:
        runner.run(plan, [*[OVER] * excesses, REFUSED])
    count = min(attempts, excesses + 1)
    assert len(runner.calls) == count
    assert all(ask == runner.calls[0] for ask in runner.calls)
    assert caught.value.code == (Code.BALANCE_TOO_SMALL if excesses < attempts else Code.CONCURRENCY_EXCEEDED)
    assert len(runner.pauses) == count - 1
    assert all(0 <= pause <= min(3, 2**place) for place, pause in enumerate(runner.pauses))


def test_concurrent_calls_have_separate_attempts() -> None:
    one = gateway(Retry(attempts=2))
    first, second = calls.info(one), calls.info(one)
    assert isinstance(next(first), HttpCall)
    assert isinstance(first.send(OVER), Pause)
    assert isinstance(next(second), HttpCall)
    assert isinstance(second.send(OVER), Pause)
    for plan in (first, second):
        assert isinstance(next(plan), HttpCall)
        with pytest.raises(RequestRefused):
            plan.send(OVER)


@pytest.mark.parametrize("code", [code for code in Code if code not in {Code.SUCCESS, Code.CONCURRENCY_EXCEEDED}])
def test_every_refusal_keeps_its_code(code: Code) -> None:
    runner = PlanRunner()
    with pytest.raises(RequestRefused) as caught:
        runner.run(calls.send(gateway(), (Submit("1", "x", linkid="7"),), None), [_answered(Reply(code, code.text))])
    assert (caught.value.code, caught.value.info, len(runner.calls)) == (code, code.text, 1)
    assert bool(caught.value.unknown) is (code is Code.SYSTEM_ERROR)


@pytest.mark.parametrize("password", ["1", "1001006", "0"])
def test_a_code_is_readable_even_if_it_is_the_password(password: str) -> None:
    runner = PlanRunner()
    one = GatewayCalls(writer(password), Retry(attempts=2))
    with pytest.raises(RequestRefused) as caught:
        runner.run(calls.info(one), [OVER, REFUSED])
    assert caught.value.code == Code.BALANCE_TOO_SMALL


def test_pauses_are_random() -> None:
    paused: set[float] = set()
    for _ in range(20):
        runner = PlanRunner()
        with pytest.raises(RequestRefused):
            runner.run(calls.info(gateway(Retry(attempts=2))), [OVER, OVER])
        paused.update(runner.pauses)
    assert len(paused) > 1


@pytest.mark.parametrize("outcome", [LOST, UNREACHED, REFUSED, SYSTEM_ERROR, HttpAnswer(503, {}, b"busy")])
@pytest.mark.parametrize("operation", [Operation.SEND, Operation.INFO])
def test_no_other_outcome_is_retried(outcome: StepOutcome, operation: Operation) -> None:
    submits = (Submit("1", "x", linkid="7"),)
    plan = calls.info(gateway()) if operation is Operation.INFO else calls.send(gateway(), submits, None)
    runner = PlanRunner()
    with pytest.raises(ClientError):
        runner.run(plan, [outcome, outcome])  # type: ignore[misc] # whichever of the two
    assert len(runner.calls) == 1
    assert runner.pauses == []


@given(st.lists(st.integers(1, 300), max_size=5))
def test_a_fetch_continues_until_a_page_is_empty(sizes: list[int]) -> None:
    serial = itertools.count()
    pages = [[next(serial) for _ in range(size)] for size in sizes]
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    runner = PlanRunner()
    (reports,) = runner.run(fetcher.fetch_all(), [*(_page(*page) for page in pages), _page()])
    assert _msgids(reports) == [one for page in pages for one in page]
    assert len(runner.calls) == len(pages) + 1


@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
@pytest.mark.parametrize("tag", ["Report", "message", "{urn:x}report"])
def test_an_item_of_an_unknown_name_is_handed_over_as_it_came(operation: Operation, tag: str) -> None:
    odd = ET.Element(tag, {"msgid": "7"})
    page = ET.Element("root", {"return": "0"})
    page.extend([ET.Element("count"), odd])
    fetcher: calls.Fetcher[Any] = calls.Fetcher(gateway(), operation)
    (items,) = PlanRunner().run(fetcher.fetch_all(), [HttpAnswer(200, {}, ET.tostring(page, "utf-8")), _page()])
    assert [(item.is_malformed, item.attributes) for item in items] == [(True, {"msgid": "7"})]
    assert items[0].reason == f"<{tag}> is not <{operation}>"


@pytest.mark.parametrize("outcome", [LOST, UNREACHED, REFUSED, HttpAnswer(200, {}, b"<root")])
def test_a_failed_fetch_carries_the_earlier_items(outcome: StepOutcome) -> None:
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    with pytest.raises(ClientError) as caught:
        PlanRunner().run(fetcher.fetch_all(), [_page(1, 2), _page(3), outcome])
    assert _msgids(caught.value.taken) == [1, 2, 3]
    (reports,) = PlanRunner().run(fetcher.fetch_all(), [_page()])
    assert reports == ()


_REQUIRED = {Operation.REPORT: ("msgid", "phone", "recvtime", "status"), Operation.UPMSG: ("phone", "motime")}


@given(st.sampled_from(sorted(_REQUIRED)), st.integers(1, 300), st.data())
def test_a_malformed_item_is_handed_over_as_it_came_and_costs_no_other(
    operation: Operation, size: int, data: st.DataObject
) -> None:
    good: Any = {
        Operation.REPORT: Report("7", "mine", "1", WHEN, "0", "成功"),
        Operation.UPMSG: Upmsg("1069", "1", WHEN, "hi"),
    }[operation]
    page = ET.fromstring(body(Reply("0", "成功", (good,) * size)))  # noqa: S314 - our own
    places = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=5))
    for place in places:
        name = data.draw(st.sampled_from(_REQUIRED[operation]))
        if name.endswith("time") and data.draw(st.booleans()):
            page[place].set(name, "")
        else:
            del page[place].attrib[name]
    fetcher: calls.Fetcher[Any] = calls.Fetcher(gateway(), operation)
    outcomes = [HttpAnswer(200, {}, ET.tostring(page, "utf-8")), _page()]
    (items,) = PlanRunner().run(fetcher.fetch_all(), outcomes)
    assert {place for place, item in enumerate(items) if item.is_malformed} == places
    assert all(item == good for item in items if not item.is_malformed)
    assert [items[place].attributes for place in places] == [page[place].attrib for place in places]
    for place in places:
        shown = {name: getattr(items[place], name) for name in page[place].attrib if not name.endswith("time")}
        assert shown == {name: value for name, value in page[place].attrib.items() if name in shown}
        assert any(name in items[place].reason for name in _REQUIRED[operation])


def test_a_malformed_report_shows_what_can_be_read() -> None:
    report = MalformedReport(
        "no phone", {"msgid": "1", "linkid": "a", "recvtime": "2015-10-10 10:54:15.0", "status": "0"}
    )
    assert (report.msgid, report.linkid, report.phone, report.info) == ("1", "a", "", "")
    assert (report.recvtime, report.is_delivered, report.is_malformed) == (WHEN, True, True)
    assert MalformedReport("no time", {"recvtime": ""}).recvtime is None
    assert MalformedUpmsg("no time", {"motime": "soon", "phone": "1 "}).motime is None
    assert len({report, report}) == 1


@given(st.integers(1, 500), st.data())
def test_a_malformed_resp_costs_no_other(size: int, data: st.DataObject) -> None:
    phones = [f"138{number:08}" for number in range(size)]
    odd = data.draw(st.integers(0, size - 1))
    name = data.draw(st.sampled_from(["msgid", "phone", "return"]))
    resps = tuple(Resp("9", one, "0", "") for one in phones)
    page = ET.fromstring(body(Reply("0", "成功", resps)))  # noqa: S314 - our own
    del page[odd].attrib[name]
    submits = (Submit(",".join(phones), "x", linkid="7"),)
    outcome = HttpAnswer(200, {}, ET.tostring(page, "utf-8"))
    (sent,) = PlanRunner().run(calls.send(gateway(), submits, None), [outcome])
    assert [resp.phone for resp in sent.accepted] == [one for one in phones if one != phones[odd]]
    assert (sent.refused, sent.unanswered) == ((), (phones[odd],))
    assert [item.attributes for item in sent.malformed] == [page[odd].attrib]
    with pytest.raises(NumbersRefused, match="was not answered") as caught:
        sent.raise_for_refused()
    assert caught.value.malformed == sent.malformed


def test_an_unreadable_page_is_kept_in_the_error() -> None:
    page = body(Reply("0", "成功", (Report("1", "", "1", WHEN, "0", "成功"),))).replace(b"/> </root>", b"</root>")
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    with pytest.raises(OutcomeUnknown, match="at most 300 reports are lost") as caught:
        PlanRunner().run(fetcher.fetch_all(), [HttpAnswer(200, {}, page)])
    assert vars(caught.value)["received"] == page


def test_an_abandoned_fetch_keeps_its_items_for_the_next() -> None:
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    assert PlanRunner().run(fetcher.fetch_all(), [_page(1, 2), _page(3)]) == []
    (reports,) = PlanRunner().run(fetcher.fetch_all(), [_page(4), _page()])
    assert _msgids(reports) == [1, 2, 3, 4]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_a_gateway_that_hands_out_its_items_again_ends_a_fetch_and_loses_nothing(sizes: list[int]) -> None:
    serial = itertools.count()
    pages = [[next(serial) for _ in range(size)] for size in sizes]
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    (reports,) = PlanRunner().run(fetcher.fetch_all(), [_page(*page) for page in [*pages, *[pages[-1]] * 9]])
    assert _msgids(reports) == [one for page in [*pages, pages[-1]] for one in page]


def test_following_pauses_after_items_that_are_handed_out_again(caplog: pytest.LogCaptureFixture) -> None:
    runner = PlanRunner()
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    runner.run(fetcher.follow(5, NEVER), [_page(1), _page(1), _page(1), _page(2)])
    assert runner.pauses == [5, 5]
    assert "report: the gateway handed out the same 1 items twice" in caplog.text


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 20))
def test_following_yields_each_item_once_wherever_it_is_left(sizes: list[int], taken: int) -> None:
    serial = itertools.count()
    pages = [[next(serial) for _ in range(size)] for size in sizes]
    answers = iter([_page(*page) for page in pages])
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)

    def take(most: int) -> list[int]:
        plan, found = fetcher.follow(5, NEVER), list[int]()
        outcome: StepOutcome | None = None
        while len(found) < most:
            step = plan.send(outcome)
            outcome = None
            if isinstance(step, HttpCall):
                outcome = next(answers, None)
                if outcome is None:
                    break
            elif isinstance(step, Output):
                found += _msgids((step.value,))
        plan.close()
        return found

    assert take(taken) + take(1000) == [one for page in pages for one in page]


def test_following_pauses_only_after_an_empty_page() -> None:
    runner = PlanRunner()
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    runner.run(fetcher.follow(5, NEVER), [_page(1), _page(), _page(), _page(2)])
    assert _msgids(tuple(runner.outputs)) == [1, 2]
    assert runner.pauses == [5, 5]


def test_following_yields_everything_fetched_before_it_stops() -> None:
    fetcher = calls.Fetcher[Report](gateway(), Operation.REPORT)
    runner = PlanRunner()
    runner.run(fetcher.follow(5, lambda: len(runner.outputs) > 0), [_page(1, 2), _page(3)])
    assert _msgids(tuple(runner.outputs)) == [1, 2]
    assert len(runner.calls) == 1


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_an_interval_that_is_not_positive_is_refused_at_once(interval: float) -> None:
    with pytest.raises(ValueError, match="interval"):
        calls.Fetcher[Report](gateway(), Operation.REPORT).follow(interval, NEVER)


def test_resps_are_put_in_the_order_of_the_numbers() -> None:
    submits = (Submit("1,2", "x", linkid="a"), Submit("1", "y", linkid="b"))
    resps = (Resp("9", "1", "0", "", "b"), Resp("8", " 2 ", "0", "", "a"), Resp("7", "1", "0", "", "a"))
    assert [resp.msgid for resp in results.match_resps(submits, resps).resps] == ["7", "8", "9"]


def test_resps_without_linkid_get_that_of_their_submit() -> None:
    submits = (Submit("1,2", "x", linkid="a"), Submit("1", "y", linkid="b"))
    resps = [Resp(str(place), phone, "0", "") for place, phone in enumerate("121")]
    assert [resp.linkid for resp in results.match_resps(submits, resps).resps] == ["a", "a", "b"]


@given(st.lists(st.sampled_from("123"), max_size=8), st.data())
def test_an_unanswered_number_is_listed(phones: list[str], data: st.DataObject) -> None:
    submits = [Submit(phone, "x", linkid=str(place)) for place, phone in enumerate(phones)]
    every = [Resp("9", phone, "0", "", str(place)) for place, phone in enumerate(phones)]
    kept = data.draw(st.permutations(every)).copy()
    dropped = [kept.pop() for _ in range(data.draw(st.integers(0, len(kept))))]
    sent = results.match_resps(submits, kept)
    assert sorted(sent.unanswered) == sorted(resp.phone for resp in dropped)
    assert [resp for resp in every if resp in kept] == list(sent.resps)


def test_an_unexpected_resp_is_kept() -> None:
    sent = results.match_resps((Submit("1", "x", linkid="a"),), (Resp("9", "3", "0", "", "z"),))
    assert ([resp.phone for resp in sent.resps], sent.unanswered) == (["3"], ("1",))
