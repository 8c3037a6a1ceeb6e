"""Scheduled sends: the format and bounds of a sendtime, and the time of delivery (A1, Q16, Q17, Q34)."""

import time
from datetime import datetime, timedelta

import pytest
from harness.emulators import DOCUMENT_DAY, PHONE, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import SHANGHAI, ManualClock, SystemClock, to_micros
from ccell_fake.engine import schedule

FIFTY_DAYS = timedelta(days=50)
SECOND = timedelta(seconds=1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (-SECOND, "1004014"),
        (timedelta(0), "0"),
        (SECOND, "0"),
        (FIFTY_DAYS - SECOND, "0"),
        (FIFTY_DAYS, "0"),
        (FIFTY_DAYS + SECOND, "1004013"),
    ],
)
def test_the_bounds_of_a_sendtime_are_exact_to_the_second(bench: Bench, offset: timedelta, code: str) -> None:
    bench.clock.advance(timedelta(microseconds=999_999))
    assert codes(bench.send(sendtime=_written(DOCUMENT_DAY + offset))) == ["0", code]


INVALID_TIMES = [
    "2016-01-01",
    "2016-01-01 08:30",
    "2016-01-01T08:30:30",
    "2016-1-1 8:30:30",
    " 2016-01-01 08:30:30",
    "2016-01-01 08:30:30 ",
    "2016-01-01 08:30:30.0",
    "2016-01-01  08:30:30",
    "2016-01-01\t08:30:30",
    "２０１６-01-01 08:30:30",
    "2016-02-30 08:30:30",
    "2015-02-29 08:30:30",
    "2016-13-01 08:30:30",
    "2016-01-01 24:00:00",
    "2016-01-01 08:60:30",
    "2016-01-01 08:30:60",
    "0000-01-01 08:30:30",
    "20160101083030",
    "tomorrow",
    " ",
]


def test_an_invalid_sendtime_is_refused_with_1004012(bench: Bench) -> None:
    for sendtime in INVALID_TIMES:
        assert codes(bench.send(sendtime=sendtime)) == ["0", "1004012"], sendtime


def test_a_leap_day_is_a_valid_date() -> None:
    assert schedule.parse("2016-02-29 00:00:00") == datetime(2016, 2, 29, tzinfo=SHANGHAI)
    assert schedule.parse("1900-02-29 00:00:00") is None


def test_an_empty_sendtime_sends_at_once(bench: Bench) -> None:
    assert codes(bench.send(sendtime="")) == ["0", "0"]
    assert len(bench.reports()) == 1


@given(st.integers(min_value=1, max_value=50 * 86400), st.integers(min_value=0, max_value=100_000))
def test_a_message_is_delivered_when_the_clock_reaches_its_time(ahead: int, delay: int) -> None:
    bench = Bench(report_delay=delay)
    due = DOCUMENT_DAY + timedelta(seconds=ahead)
    assert codes(bench.send(sendtime=_written(due))) == ["0", "0"]
    bench.clock.set(due + timedelta(seconds=delay) - timedelta(microseconds=1))
    assert not bench.reports()
    bench.clock.set(due + timedelta(seconds=delay))
    (report,) = bench.reports()
    assert report.recvtime == due + timedelta(seconds=delay)
    assert report.phone == PHONE


def test_a_scheduled_message_is_charged_at_once(bench: Bench) -> None:
    bench.send(sendtime=_written(DOCUMENT_DAY + FIFTY_DAYS))
    assert bench.info().riches == "99999"


def test_an_explanation_states_the_exceeded_bound() -> None:
    for answer, sendtime, text in (
        ("accept", "2015-12-31 08:30:29", "it must be at or after the account's time, 2015-12-31 08:30:30"),
        ("refuse", "2015-12-31 08:30:30", "it must be after the account's time, 2015-12-31 08:30:30"),
        ("refuse", "2016-02-19 08:30:30", "it must be before 50 days from now, 2016-02-19 08:30:30"),
    ):
        assert text in Bench(assumptions={"Q17": answer}).send(sendtime=sendtime).explanation


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_the_zone_of_the_host_is_ignored(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        offset, instant = SystemClock().now().utcoffset(), schedule.parse("2016-01-01 08:30:30")
    time.tzset()
    assert offset == timedelta(hours=8)
    assert instant is not None
    assert to_micros(instant) == 1451608230000000


def test_a_clock_accepts_only_aware_times() -> None:
    naive = DOCUMENT_DAY.replace(tzinfo=None)
    with pytest.raises(ValueError, match="has no time zone"):
        ManualClock(naive)
    clock = ManualClock(DOCUMENT_DAY)
    with pytest.raises(ValueError, match="has no time zone"):
        clock.set(naive)
