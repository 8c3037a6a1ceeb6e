"""Guarantees of the strategies for faults and schedules of faults."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest
from harness import documents
from harness.accounts import Served
from harness.emulators import DOCUMENT_DAY, Bench, codes, emulator
from hypothesis import example, find, given
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.vendor.pretty import pretty

from ccell_fake import strategies
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.engine.faults import apply_fault
from ccell_fake.faults import FAULT_KINDS, CodeFault, Fault, HttpFault, invalid_field
from ccell_fake.model import Operation

ANY = strategies.faults(phones=st.none() | strategies.phones(), max_times=None, by_chance=True, now=DOCUMENT_DAY)
KINDS = tuple(FAULT_KINDS)


@pytest.fixture(scope="module")
def control() -> Iterator[ControlClient]:
    with emulator() as running, ControlClient(running.url) as control:
        yield control


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_is_drawn(kind: str) -> None:
    kinds = [kind] if kind == "broken_json" else None
    assert isinstance(find(strategies.faults(kinds=kinds), lambda fault: fault.kind == kind), FAULT_KINDS[kind])


@given(ANY)
def test_a_fault_has_no_flaw(fault: Fault) -> None:
    assert invalid_field(fault) is None


@given(fault=ANY)
def test_the_control_api_takes_a_fault_unchanged(control: ControlClient, fault: Fault) -> None:
    account = control.open()
    assert account.add_fault(fault).fault == fault
    assert account.faults()[0].fault == fault
    account.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_every_kind_is_varied(kind: str) -> None:
    drawn = strategies.faults(
        kinds=[kind], phones=strategies.phones(), max_times=None, by_chance=True, now=DOCUMENT_DAY
    )
    simplest: Any = find(strategies.faults(kinds=[kind]), lambda _: True)
    for name in (field.name for field in fields(simplest) if field.name != "kind"):

        def is_other(one: Any, name: str = name) -> bool:
            return bool(getattr(one, name) != getattr(simplest, name))

        assert is_other(documents.some(drawn, is_other))


@given(st.sets(st.sampled_from(KINDS), min_size=1), st.data())
def test_only_the_chosen_kinds_and_endpoints_are_drawn(kinds: set[str], data: st.DataObject) -> None:
    places = data.draw(st.sets(st.none() | st.sampled_from(Operation), min_size=1))
    fault = data.draw(strategies.faults(kinds=kinds, operations=places, max_skip=1, max_times=2))
    assert fault.kind in kinds
    assert fault.operation in places
    assert (fault.skip <= 1, fault.times in {1, 2}) == (True, True)
    assert (fault.phone, fault.rate, fault.since, fault.until) == (None, 1.0, None, None)


@given(strategies.faults(kinds=["delay", "dribble"], max_seconds=0.5))
def test_a_fault_waits_at_most_max_seconds(fault: Any) -> None:
    assert fault.seconds <= 0.5 / (10 if fault.kind == "dribble" else 1)


def test_a_printed_fault_leaves_out_its_defaults() -> None:
    assert pretty(HttpFault()) == "HttpFault()"
    assert pretty(HttpFault(headers={"Retry-After": "1"})) == "HttpFault(headers={'Retry-After': '1'})"
    assert pretty(CodeFault(code=Code.SYSTEM_ERROR, skip=1)) == "CodeFault(skip=1, code='1001999')"


def test_faults_shrink_to_a_system_error_at_once() -> None:
    assert find(strategies.faults(), lambda _: True) == CodeFault(code=Code.SYSTEM_ERROR)
    assert find(strategies.fault_schedules(), lambda _: True) == []


SCHEDULES = strategies.fault_schedules(max_seconds=0.0)


@given(SCHEDULES, st.sampled_from(Operation))
@example(
    [CodeFault(code=Code.ACCOUNT_FROZEN, skip=3, times=3), CodeFault(code=Code.IP_REFUSED, skip=1)], Operation.INFO
)
def test_a_schedule_is_used_up_after_the_requests_it_skips_and_affects(
    schedule: list[Fault], operation: Operation
) -> None:
    bench = Bench()
    for fault in schedule:
        bench.admin.add_fault(fault)
    for _ in range(sum(fault.skip + (fault.times or 0) for fault in schedule)):
        _ask(bench, operation)
    assert [fault.left for fault in _left(bench, operation)] == [0] * len(_left(bench, operation))
    answer = _ask(bench, operation)
    assert (answer.delivery, codes(answer)[0]) == (apply_fault(None, answer.delivery.body), "0")


def _ask(bench: Bench, operation: Operation) -> Any:
    answer = bench.send() if operation is Operation.SEND else bench.ask(operation)
    bench.gateway.release(answer.slot)
    return answer


def _left(bench: Bench, operation: Operation) -> list[Any]:
    about_numbers = [isinstance(one.fault, CodeFault) and one.fault.code.is_about_a_number for one in _faults(bench)]
    return [
        one
        for one, is_about_numbers in zip(_faults(bench), about_numbers, strict=True)
        if one.fault.operation in {None, operation} and (operation is Operation.SEND or not is_about_numbers)
    ]


def _faults(bench: Bench) -> Any:
    return bench.admin.faults()


@given(schedule=SCHEDULES, operations=st.lists(st.sampled_from(Operation), max_size=8))
def test_the_same_requests_fare_the_same_under_a_schedule(schedule: list[Fault], operations: list[Operation]) -> None:
    def run() -> list[Any]:
        bench = Bench()
        for fault in schedule:
            bench.admin.add_fault(fault)
        return [_ask(bench, operation).delivery for operation in operations]

    assert run() == run()


def test_a_schedule_is_for_one_account(control: ControlClient) -> None:
    schedule = find(strategies.fault_schedules(min_size=2, kinds=["code"]), lambda _: True)
    affected, other = control.open(), control.open()
    for fault in schedule:
        affected.add_fault(fault)
    url = str(control.send("GET", "/livez").url).partition("/_ccell")[0]
    assert [Served(url, one).ask(Operation.INFO).code for one in (affected, other)] == [Code.SYSTEM_ERROR, "0"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"kinds": ["explode"]}, "kinds must be one of code, http, close"),
        ({"kinds": []}, "kinds must not be empty"),
        ({"operations": ["drain"]}, "operations must be one of send, report, upmsg, info, got 'drain'"),
        ({"max_skip": -1}, "max_skip must be at least min_skip, which is 0, got -1"),
        ({"max_times": 0}, "max_times must be at least min_times, which is 1, got 0"),
        ({"max_seconds": -0.1}, "max_seconds must be from 0 to 3600, got -0.1"),
        ({"now": datetime(2026, 1, 1)}, "must be an aware time"),  # noqa: DTZ001 - on purpose
    ],
)
def test_invalid_arguments_are_refused_at_once(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidArgument, match=reason):
        strategies.faults(**arguments)
    if "now" not in arguments:
        with pytest.raises(InvalidArgument, match=reason):
            strategies.fault_schedules(**arguments)


def test_invalid_sizes_of_a_schedule_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="max_size must be at least min_size, which is 2, got 1"):
        strategies.fault_schedules(min_size=2, max_size=1)
