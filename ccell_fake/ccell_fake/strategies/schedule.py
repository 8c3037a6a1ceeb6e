"""Sendtimes: within the 50 days, and each kind that is refused (A1, 1004012 to 1004014)."""

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
    """Sendtimes that are accepted, `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai (A1).

    Args:
        now: The account's present, aware, of any zone; a clock that stands still makes it certain.
        min_ahead: How far ahead they lie at least. Whether exactly now is accepted is open (Q17).
        max_ahead: How far ahead at most, up to 50 days. Whether exactly 50 days are accepted is open (Q17).

    Raises:
        InvalidArgument: The time is naive, or there is nothing between the bounds.
    """
    if not timedelta(0) <= min_ahead <= max_ahead <= SCHEDULE_AHEAD:
        message = (
            f"min_ahead is {min_ahead} and max_ahead {max_ahead}; they lie, in this order, from 0 to {SCHEDULE_AHEAD}"
        )
        raise InvalidArgument(message)
    return _between(now, min_ahead, max_ahead)


@named
def past_sendtimes(now: datetime) -> SearchStrategy[str]:
    """Sendtimes that are refused because they lie before the account's present (1004014), by up to a year.

    Args:
        now: The account's present, aware.

    Raises:
        InvalidArgument: The time is naive.
    """
    return _between(now, -_SECOND, -_YEAR)


@named
def distant_sendtimes(now: datetime) -> SearchStrategy[str]:
    """Sendtimes that are refused because they lie more than 50 days ahead (1004013), by up to a year.

    Args:
        now: The account's present, aware.

    Raises:
        InvalidArgument: The time is naive.
    """
    return _between(now, SCHEDULE_AHEAD + _SECOND, SCHEDULE_AHEAD + _YEAR)


@named
def malformed_sendtimes() -> SearchStrategy[str]:
    """What stands for a sendtime and is none (1004012): other forms of a time, and days and hours that do not exist."""
    times = st.datetimes(datetime(2016, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - forms of a time without a zone
    return st.builds(_written, st.sampled_from(_MALFORMED), times)


def _written(form: Callable[[datetime], str], time: datetime) -> str:
    return form(time)


def _between(now: datetime, first: timedelta, last: timedelta) -> SearchStrategy[str]:
    """Times by how far they lie from now; the nearer to the first, the simpler."""
    if now.tzinfo is None:
        message = f"now is {now.isoformat()}, which has no zone; it takes an aware time"
        raise InvalidArgument(message)
    start = now.astimezone(SHANGHAI).replace(microsecond=0) + first
    step = _SECOND if last >= first else -_SECOND
    return st.integers(0, (last - first) // step).map(lambda steps: render_motime(start + steps * step))
