"""Strategies for sendtimes: accepted ones, and each refused kind (A1, 1004012 to 1004014)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from ccell_fake.clock import SHANGHAI
from ccell_fake.limits import SCHEDULE_AHEAD
from ccell_fake.strategies.checks import named
from ccell_fake.wire.times import render_motime

_SECOND = timedelta(seconds=1)
_YEAR = timedelta(days=365)

_MALFORMED: tuple[Callable[[datetime], str], ...] = (
    lambda time: f"{time:%Y-%m-%d}",
    lambda time: f"{time:%Y-%m-%d %H:%M}",
    lambda time: f"{time:%Y-%m-%dT%H:%M:%S}",
    lambda time: f"{time:%Y/%m/%d %H:%M:%S}",
    lambda time: f"{time:%Y%m%d%H%M%S}",
    lambda time: f"{time:%Y-%m-%d} {time.hour % 10}:{time:%M:%S}",
    lambda time: f"{time:%Y-%m-%d %H:%M:%S}.0",
    lambda time: f"{time:%Y-%m-%d %H:%M:%S}+08:00",
    lambda time: f" {time:%Y-%m-%d %H:%M:%S}",
    lambda time: f"{time:%Y-%m-%d  %H:%M:%S}",
    lambda time: f"{time:%d-%m-%Y %H:%M:%S}",
    lambda time: f"{time:%Y}年{time:%m}月{time:%d}日 {time:%H:%M:%S}",
    lambda time: f"{time:%Y-%m}-00 {time:%H:%M:%S}",
    lambda time: f"{time:%Y}-02-30 {time:%H:%M:%S}",
    lambda time: f"{time:%Y}-13-{time:%d %H:%M:%S}",
    lambda time: f"{time:%Y-%m-%d} 24:{time:%M:%S}",
    lambda time: f"{time:%Y-%m-%d %H:%M}:60",
    lambda time: str(int(time.replace(tzinfo=SHANGHAI).timestamp())),
)


@named
def sendtimes(
    now: datetime, *, min_ahead: timedelta = timedelta(0), max_ahead: timedelta = SCHEDULE_AHEAD
) -> SearchStrategy[str]:
    """Accepted sendtimes, `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai (A1).

    Args:
        now: The account's time, aware, of any zone. Freeze the clock to be exact.
        min_ahead: Least time ahead. It is open whether the gateway accepts exactly now (Q17).
        max_ahead: Greatest time ahead, up to 50 days. It is open whether the gateway accepts exactly 50 days (Q17).

    Raises:
        InvalidArgument: The time is naive, or the bounds are invalid.
    """
    if not timedelta(0) <= min_ahead <= max_ahead <= SCHEDULE_AHEAD:
        message = (
            f"min_ahead and max_ahead must be ordered and from 0 to {SCHEDULE_AHEAD}, got {min_ahead} and {max_ahead}"
        )
        raise InvalidArgument(message)
    return _between(now, min_ahead, max_ahead)


@named
def past_sendtimes(now: datetime) -> SearchStrategy[str]:
    """Sendtimes up to a year before `now`, refused with 1004014.

    Raises:
        InvalidArgument: The time is naive.
    """
    return _between(now, -_SECOND, -_YEAR)


@named
def distant_sendtimes(now: datetime) -> SearchStrategy[str]:
    """Sendtimes more than 50 days and up to a year further after `now`, refused with 1004013.

    Raises:
        InvalidArgument: The time is naive.
    """
    return _between(now, SCHEDULE_AHEAD + _SECOND, SCHEDULE_AHEAD + _YEAR)


@named
def malformed_sendtimes() -> SearchStrategy[str]:
    """Malformed sendtimes, refused with 1004012: other formats of a time, and dates and hours that do not exist."""
    times = st.datetimes(datetime(2016, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - formats without a zone
    return st.tuples(st.sampled_from(_MALFORMED), times).map(lambda drawn: drawn[0](drawn[1]))


def _between(now: datetime, first: timedelta, last: timedelta) -> SearchStrategy[str]:
    """Times from `now + first` to `now + last`. They shrink towards the first."""
    if now.tzinfo is None:
        message = f"now must be an aware time, got {now.isoformat()}"
        raise InvalidArgument(message)
    start = now.astimezone(SHANGHAI).replace(microsecond=0) + first
    step = _SECOND if last >= first else -_SECOND
    return st.integers(0, (last - first) // step).map(lambda steps: render_motime(start + steps * step))
