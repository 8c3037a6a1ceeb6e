"""The coverage counts what clients were answered, and says truly how to bring about the rest."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Never

import pytest
from harness import http
from harness.accounts import CONTENT, PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator, until
from harness.stores import kept
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.coverage import Coverage, CoverageItem, CoverageWay
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.coverage_table import describe
from ccell_fake.faults import FAULT_KINDS, CloseFault, CodeFault, Fault, GbkFault, HttpFault
from ccell_fake.model import JSON_PATH, Operation, Request, Submit
from ccell_fake.records import MetRow
from ccell_fake.signing import sign
from ccell_fake.wire import json_requests, requests
from ccell_mock_server import FakeCcell
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator

ITEMS = describe(()).items
WAYS = [(one.kind, one.name, place) for one in ITEMS for place in range(len(one.ways))]


def met(coverage: Coverage) -> dict[str, int]:
    """Counts of what was met, by name."""
    return {one.name: one.count for one in coverage.items if one.count}


def item(coverage: Coverage, name: str) -> CoverageItem:
    """The item with a name."""
    (found,) = [one for one in coverage.items if one.name == name]
    return found


def _attributes(value: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', value))


def _root(served: Served, *, userid: str | None = None) -> bytes:
    account = served.account
    return f'<root userid="{userid or account.userid}" password="{account.password}"/>'.encode()


def _in_gbk(served: Served) -> None:
    http.post(served.url, Operation.SEND.path, '<root userid="编号"/>'.encode("gbk"))


def _json_in_gbk(served: Served) -> None:
    http.post(served.url, JSON_PATH, '{"method":"info","x":"中"}'.encode("gbk"))


def _signed(served: Served, seqid: str, wrong: str = "") -> None:
    account = served.account
    request = Request(account.userid, None, (), seqid, wrong or sign(seqid, account.password))
    http.post(served.url, Operation.INFO.path, requests.render(request))


def _signed_twice(served: Served) -> None:
    for _ in range(2):
        _signed(served, "1" * 18)


def _two_at_once(served: Served) -> None:
    first = threading.Thread(target=served.send)
    first.start()
    until(lambda: served.account.status().in_progress)
    served.send()
    first.join()


def _lock(served: Served) -> None:
    with served.account.hold(3):
        served.ask(Operation.INFO)
    served.ask(Operation.INFO)


def _upmsgs(served: Served) -> None:
    for _ in range(99):
        served.account.reply(PHONE, "1")
    served.upmsgs()


def _reports(served: Served) -> None:
    served.send(",".join(f"138{number:08d}" for number in range(300)))
    served.reports()


def _exactly_now(served: Served) -> None:
    now = served.account.freeze().now
    served.send(sendtime=f"{now:%Y-%m-%d %H:%M:%S}")


FOLLOWED: dict[str, Callable[[Served], object]] = {
    "lock": _lock,
    "numbers_per_request": lambda served: served.send(",".join([PHONE] * 501)),
    "Q4": lambda served: served.send(",".join([PHONE] * 501)),
    "content_characters": lambda served: served.send(content="字" * 997 + "【签名】"),
    "Q5": lambda served: served.send(content="字" * 997 + "【签名】"),
    "reports_per_call": _reports,
    "upmsgs_per_call": _upmsgs,
    "linkid_characters": lambda served: served.send(linkid="l" * 1001),
    "Q37": lambda served: served.send(linkid="l" * 1001),
    "spcode_characters": lambda served: served.send(spcode="1" * 101),
    "Q38": lambda served: served.send(spcode="1" * 101),
    "userid_characters": lambda served: http.post(served.url, Operation.INFO.path, _root(served, userid="1" * 101)),
    "Q39": lambda served: http.post(served.url, Operation.INFO.path, _root(served, userid="1" * 101)),
    "Q36": _in_gbk,
    "Q40": _signed_twice,
    "Q41": lambda served: _signed(served, "1" * 18),
    "Q42": lambda served: _signed(served, "1" * 18, "0" * 32),
    "Q45": _json_in_gbk,
    "Q55": lambda served: http.get(served.url, Operation.INFO.path.encode() + b"?<root%zz"),
    "Q17": _exactly_now,
}
"""Texts of some items, beyond the call and the value."""


def _follow(served: Served, control: ControlClient, one: CoverageItem, way: CoverageWay) -> None:
    """Do what a way says."""
    if way.call is not None:
        path = way.call.path.replace("{userid}", served.account.userid).removeprefix("/_ccell")
        control.perform(way.call.method, path, body=way.call.body)
    wanted = _attributes(way.value)
    if one.name == "broken_json":
        request = Request(served.account.userid, served.account.password)
        http.post(served.url, JSON_PATH, json_requests.render(Operation.INFO, request))
    elif one.name in FOLLOWED and way.kind in {"request", "setting"}:
        FOLLOWED[one.name](served)
    elif way.kind == "phone":
        served.send(way.value)
    elif way.kind == "userid":
        http.post(served.url, Operation.INFO.path, _root(served, userid=way.value))
    elif "at the same time" in way.text:
        _two_at_once(served)
    else:
        userid = wanted.pop("userid", served.account.userid)
        password = wanted.pop("password", served.account.password)
        submit = Submit(**{"phone": PHONE, "content": CONTENT, **wanted})
        payload = Served(served.url, served.account).payload(submit).decode()
        payload = payload.replace(f'userid="{served.account.userid}"', f'userid="{userid}"')
        payload = payload.replace(f'password="{served.account.password}"', f'password="{password}"')
        try:
            http.post(served.url, Operation.SEND.path, payload.encode())
        except (OSError, IndexError):
            assert one.kind == "fault"


@pytest.mark.parametrize(("kind", "name", "place"), WAYS)
def test_whoever_follows_a_way_meets_the_item(
    served: Served, control: ControlClient, kind: str, name: str, place: int
) -> None:
    (one,) = [one for one in control.coverage().items if (one.kind, one.name) == (kind, name)]
    assert one.count == 0
    _follow(served, control, one, one.ways[place])
    until(lambda: (kind, name) in {(one.kind, one.name) for one in control.coverage().items if one.count})


def test_the_items_are_the_codes_the_limits_the_questions_and_the_kinds_of_faults() -> None:
    totals = {one.kind: one.total for one in describe(()).totals}
    assert totals == {"code": 24, "limit": 13, "question": 28, "fault": 10}
    assert [one.name for one in ITEMS if one.kind == "code"] == list(Code)
    assert {one.name for one in ITEMS if one.kind == "fault"} == set(FAULT_KINDS)
    assert all(one.text and re.search("[一-鿿]", one.text_zh) and one.ways for one in ITEMS)
    assert all(way.text and re.search("[一-鿿]", way.text_zh) for one in ITEMS for way in one.ways)


def test_codes_of_requests_and_of_numbers_count_once_for_an_answer(served: Served) -> None:
    served.send("13800000000,19500001111,17001004001,17001004008")
    served.send("19500001111")
    served.send(content="")
    coverage = served.account.coverage()
    assert met(coverage) == {"0": 2, "1004001": 2, "1004008": 1, "1001001": 1, "Q3": 1}
    assert [(one.kind, one.met) for one in coverage.totals] == [
        ("code", 4),
        ("limit", 0),
        ("question", 1),
        ("fault", 0),
    ]


def test_the_times_are_those_of_the_gateway_not_of_the_account(served: Served, clock: ManualClock) -> None:
    served.account.freeze(DOCUMENT_DAY.replace(year=2012))
    served.send()
    later = DOCUMENT_DAY.replace(hour=20)
    clock.set(later)
    served.send()
    served.ask(Operation.INFO)
    accepted = item(served.account.coverage(), "0")
    assert (accepted.first, accepted.last, accepted.count) == (DOCUMENT_DAY, later, 3)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (CodeFault(code=Code.SYSTEM_ERROR), {"1001999": 1, "code": 1}),
        (HttpFault(processed=True), {"http": 1}),
        (CloseFault(processed=True), {"close": 1}),
        (GbkFault(), {"0": 1, "gbk": 1}),
        (GbkFault(declared=False), {"gbk": 1}),
    ],
)
def test_a_code_counts_only_if_the_client_can_read_it(served: Served, fault: Fault, expected: dict[str, int]) -> None:
    served.account.add_fault(fault)
    try:
        served.raw(Operation.INFO)
    except IndexError:
        assert fault.kind == "close"
    assert met(served.account.coverage()) == expected


def test_what_is_only_arranged_does_not_count(served: Served) -> None:
    served.account.add_fault(CodeFault(code=Code.NUMBER_BLACKLISTED, phone="139*"))
    served.account.change(balance=0)
    served.ask(Operation.INFO)
    assert met(served.account.coverage()) == {"0": 1}


def test_magic_numbers_and_faults_are_no_limits(served: Served) -> None:
    served.send("17001001006")
    served.send("17001004015")
    served.account.add_fault(CodeFault(code=Code.BALANCE_TOO_SMALL))
    served.ask(Operation.INFO)
    assert [one.met for one in served.account.coverage().totals if one.kind == "limit"] == [0]


def test_coverage_outlives_the_journal() -> None:
    with emulator(None, {"journal_entries": 1}) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.send("19500001111")
        for _ in range(300):
            served.ask(Operation.INFO)
        assert met(served.account.coverage()) == {"0": 301, "1004001": 1}


def test_coverage_outlives_a_reset_of_its_account_and_in_the_sum_a_deletion(
    served: Served, control: ControlClient
) -> None:
    served.send("19500001111")
    served.account.reset()
    served.ask(Operation.INFO)
    assert met(served.account.coverage()) == {"0": 2, "1004001": 1}
    served.account.close()
    assert met(control.coverage()) == {"0": 2, "1004001": 1}
    again = control.open({"userid": served.account.userid, "password": served.account.password})
    assert met(again.coverage()) == {}


def test_requests_of_no_account_count_for_all_accounts_only(served: Served, control: ControlClient) -> None:
    http.post(served.url, Operation.INFO.path, b"<root")
    http.post(served.url, Operation.INFO.path, b'<root userid="999999" password="x"/>')
    http.post(served.url, "/nowhere", b"")
    assert met(served.account.coverage()) == {}
    assert met(control.coverage()) == {"1001001": 1, "1001004": 1, "Q1": 1, "Q2": 1}


def test_a_store_keeps_the_coverage_across_a_restart(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}
    for expected in ({"0": 1}, {"0": 2}):
        with emulator(None, server) as running, ControlClient(running.url) as control:
            account = control.account("200001")
            Served(running.url, account).ask(Operation.INFO)
            assert met(account.coverage()) == expected
            assert met(control.coverage()) == expected


def test_a_restored_snapshot_keeps_the_coverage_of_the_emulator(
    served: Served, control: ControlClient, tmp_path: Path
) -> None:
    served.send("19500001111")
    control.snapshot(tmp_path / "snapshot")
    served.ask(Operation.INFO)
    newcomer = Served(served.url, control.open())
    newcomer.send("17001004008")
    control.restore(tmp_path / "snapshot")
    assert met(served.account.coverage()) == {"0": 2, "1004001": 1}
    assert met(control.coverage()) == {"0": 3, "1004001": 1, "1004008": 1}


def test_a_snapshot_holds_the_coverage_for_a_store(served: Served, control: ControlClient, tmp_path: Path) -> None:
    served.send("19500001111")
    control.snapshot(tmp_path / "store")
    with emulator(None, {"store": str(tmp_path / "store")}) as other, ControlClient(other.url) as there:
        assert met(there.account(served.account.userid).coverage()) == {"0": 1, "1004001": 1}


def test_a_request_that_fails_counts_its_failure_and_nothing_else() -> None:
    operations = {**Behaviour().operations, Operation.INFO: _fail}
    config = parse({"server": {"port": 0}}, "the test")
    with Emulator(config, behaviour=Behaviour(operations=operations)) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.account.add_fault(GbkFault())
        served.ask(Operation.INFO)
        assert met(served.account.coverage()) == {"1001999": 1}


def _fail(*_: object) -> Never:
    raise AssertionError


def test_the_ready_calls_name_the_account(served: Served, control: ControlClient) -> None:
    prefix = f"/_ccell/v1/accounts/{served.account.userid}"
    calls = [way.call.path for one in served.account.coverage().items for way in one.ways if way.call]
    assert calls
    assert all(path == prefix or path.startswith(f"{prefix}/") for path in calls)
    calls = [way.call.path for one in control.coverage().items for way in one.ways if way.call]
    assert all(path.startswith("/_ccell/v1/accounts/{userid}") for path in calls)


def test_calls_without_a_connection_count() -> None:
    with FakeCcell() as ccell:
        ccell.client.info()
        ccell.faults.next("info", code="1001003")
        with pytest.raises(Exception, match="1001003"):
            ccell.client.info()
        assert met(ccell.account.coverage()) == {"0": 1, "1001003": 1, "code": 1}


ROWS = st.lists(
    st.builds(
        MetRow,
        st.just("code"),
        st.sampled_from([str(code) for code in Code]),
        st.integers(1, 9),
        st.integers(0, 10**15),
        st.integers(0, 10**15),
    ),
    unique_by=lambda row: row.name,
)


@given(ROWS, ROWS, ROWS)
def test_coverages_add_up_in_any_order(one: list[MetRow], other: list[MetRow], third: list[MetRow]) -> None:
    coverages = [describe(rows) for rows in (one, other, third)]
    first, second, last = coverages
    assert first + second + last == last + (second + first)
    assert replace(first, userid=None) == first + describe(())
    total = first + second
    assert {row.name for row in (*one, *other)} == set(met(total))
    assert sum(met(total).values()) == sum(row.times for row in (*one, *other))


def test_settings_of_the_ways_are_allowed(control: ControlClient) -> None:
    bodies = [way.call.body for one in ITEMS for way in one.ways if way.call and way.call.method == "PATCH"]
    assert bodies
    for body in bodies:
        account = control.open()
        account.change(**body)
        settings = json.loads(json.dumps(asdict(account.status().settings)))
        assert {name: settings[name] for name in body} == json.loads(json.dumps(body))
