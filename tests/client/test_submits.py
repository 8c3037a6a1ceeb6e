"""Arguments of a send become submits, and submits become requests of at most 500 numbers (S1 to S3, A1, A2)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from harness import documents
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client.submits import collect_submits, create_linkid, numbers, split_requests, submit
from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_fake.model import Submit
from ccell_fake.wire import times

PHONES = st.lists(st.integers(0, 10**8 - 1).map(lambda number: f"138{number:08}"), min_size=1, max_size=1200)


@given(st.lists(PHONES, max_size=6))
def test_requests_contain_every_number_once_in_order_and_at_most_500(groups: list[list[str]]) -> None:
    submits = [submit(group, f"content {place}", linkid=str(place)) for place, group in enumerate(groups)]
    requests = split_requests(submits)
    assert [(phone, one.content, one.linkid) for request in requests for one in request for phone in numbers(one)] == [
        (phone, f"content {place}", str(place)) for place, group in enumerate(groups) for phone in group
    ]
    counts = [sum(len(list(numbers(one))) for one in request) for request in requests]
    assert all(count == NUMBERS_PER_REQUEST for count in counts[:-1])
    assert all(0 < count <= NUMBERS_PER_REQUEST for count in counts)


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (499, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)])
def test_500_numbers_are_one_request_and_501_are_two(count: int, requests: int) -> None:
    assert len(split_requests([submit(["13800000000"] * count, "x")])) == requests


@given(documents.times, st.integers(0, 999_999), st.integers(-14 * 60, 14 * 60))
def test_a_sendtime_is_the_same_instant_in_shanghai_and_never_earlier(
    whole: datetime, micros: int, minutes: int
) -> None:
    instant = (whole + timedelta(microseconds=micros)).astimezone(timezone(timedelta(minutes=minutes)))
    written = submit("1", "x", sendtime=instant).sendtime or ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", written)
    assert timedelta(0) <= times.parse(written) - instant < timedelta(seconds=1)


def test_a_naive_sendtime_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be an aware time, .* got 2026-01-01T08:30:30"):
        submit("13800000000", "x", sendtime=datetime(2026, 1, 1, 8, 30, 30))  # noqa: DTZ001 - the point


def test_a_sendtime_in_the_documents_format_is_unchanged() -> None:
    assert submit("1", "x", sendtime="2016-01-01 08:30:30").sendtime == "2016-01-01 08:30:30"


@pytest.mark.parametrize(
    "form", ["13800000000,13600001234", ["13800000000", "13600001234"], [" 13800000000 ,", "13600001234"]]
)
def test_numbers_are_accepted_in_any_form_without_blanks(form: Any) -> None:
    assert submit(form, "x").phone == "13800000000,13600001234"


def test_a_send_accepts_four_forms() -> None:
    when = datetime(2016, 1, 1, 0, 30, 30, tzinfo=UTC)
    options: Any = {"sendtime": when, "linkid": "7", "spcode": "8"}
    tail = ("2016-01-01 08:30:30", "7", "8")
    assert collect_submits("1,2", "x", **options) == (Submit("1,2", "x", *tail),)
    assert collect_submits(iter(["1", "2"]), "x", **options) == (Submit("1,2", "x", *tail),)
    assert collect_submits({"1": "x", "2": "y"}, None, **options) == (Submit("1", "x", *tail), Submit("2", "y", *tail))
    one = Submit("1", "x", *tail)
    assert collect_submits(one, None) == (one,)
    assert collect_submits([one, one], None) == (one, one)


def test_a_submit_without_linkid_gets_a_unique_one() -> None:
    made = collect_submits([Submit("1", "x"), Submit("2", "x"), Submit("3", "x", linkid="mine")], None)
    first, second, third = (one.linkid or "" for one in made)
    assert len({first, second}) == 2
    assert (len(first), first.isdecimal(), third) == (18, True, "mine")
    assert len({create_linkid() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("to", "content", "options", "error", "reason"),
    [
        ([], "x", {}, ValueError, "no number"),
        (" , ", "x", {}, ValueError, "no number"),
        ([], None, {}, ValueError, "nothing to send"),
        ({}, None, {}, ValueError, "nothing to send"),
        ("1", "", {}, ValueError, "no content"),
        (Submit(None, "x"), None, {}, ValueError, "no number"),
        (Submit("1", None), None, {}, ValueError, "no content"),
        ("1", "\x00", {}, ValueError, "content contains a character that XML cannot carry"),
        ("1", "\ud800", {}, ValueError, "content contains"),
        ("1", "x", {"linkid": "\x1b"}, ValueError, "linkid contains"),
        ("1", None, {}, TypeError, "content is required"),
        (["1"], None, {}, TypeError, "content is required"),
        ([13800000000], "x", {}, TypeError, "a number must be str, got int"),
        ([None], None, {}, TypeError, "expected a number or a Submit, got NoneType"),
        ({"1": "x"}, "y", {}, TypeError, "mapping has the contents"),
        ([Submit("1", "x")], "y", {}, TypeError, "a number must be str, got Submit"),
        ([Submit("1", "x")], None, {"linkid": "7"}, TypeError, "submits have their own"),
    ],
)
def test_invalid_sends_are_refused_with_a_reason(
    to: Any, content: Any, options: Any, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        collect_submits(to, content, **options)
