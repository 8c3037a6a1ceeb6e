"""Guarantees of the strategies for sendtimes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from harness import documents
from harness.emulators import DOCUMENT_DAY, Bench, codes
from hypothesis import find, given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.engine import schedule

NOWS = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - zoned by Hypothesis
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.sampled_from([UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")]),
)
FIFTY_DAYS, SECOND = timedelta(days=50), timedelta(seconds=1)


def _code(sendtime: str, now: datetime) -> str:
    bench = Bench()
    bench.clock.set(now)
    return codes(bench.send(sendtime=sendtime))[1]


@given(st.data(), NOWS)
def test_a_sendtime_is_accepted(data: st.DataObject, now: datetime) -> None:
    assert _code(data.draw(strategies.sendtimes(now)), now) == "0"


@given(st.data(), NOWS)
def test_a_past_sendtime_is_1004014(data: st.DataObject, now: datetime) -> None:
    assert _code(data.draw(strategies.past_sendtimes(now)), now) == "1004014"


@given(st.data(), NOWS)
def test_a_distant_sendtime_is_1004013(data: st.DataObject, now: datetime) -> None:
    assert _code(data.draw(strategies.distant_sendtimes(now)), now) == "1004013"


@given(strategies.malformed_sendtimes())
def test_a_malformed_sendtime_is_1004012(sendtime: str) -> None:
    assert _code(sendtime, DOCUMENT_DAY) == "1004012"


@given(st.data(), st.integers(0, 50 * 86_400), st.integers(0, 50 * 86_400))
def test_a_sendtime_lies_between_its_bounds(data: st.DataObject, one: int, other: int) -> None:
    least, most = (timedelta(seconds=seconds) for seconds in sorted((one, other)))
    drawn = data.draw(strategies.sendtimes(DOCUMENT_DAY, min_ahead=least, max_ahead=most))
    instant = schedule.parse(drawn)
    assert instant is not None
    assert least <= instant - DOCUMENT_DAY <= most


@given(strategies.sendtimes(DOCUMENT_DAY, min_ahead=SECOND, max_ahead=FIFTY_DAYS - SECOND))
def test_sendtimes_within_narrower_bounds_pass_either_answer_to_q17(sendtime: str) -> None:
    assert codes(Bench(assumptions={"Q17": "refuse"}).send(sendtime=sendtime)) == ["0", "0"]


@pytest.mark.parametrize("bound", ["2015-12-31 08:30:30", "2016-02-19 08:30:30"])
def test_the_bounds_are_drawn(bound: str) -> None:
    assert documents.some(strategies.sendtimes(DOCUMENT_DAY), bound.__eq__)


def test_sendtimes_shrink_to_the_nearest() -> None:
    assert find(strategies.sendtimes(DOCUMENT_DAY), lambda _: True) == "2015-12-31 08:30:30"
    assert find(strategies.past_sendtimes(DOCUMENT_DAY), lambda _: True) == "2015-12-31 08:30:29"
    assert find(strategies.distant_sendtimes(DOCUMENT_DAY), lambda _: True) == "2016-02-19 08:30:31"
    assert find(strategies.malformed_sendtimes(), lambda _: True) == "2016-01-01"
