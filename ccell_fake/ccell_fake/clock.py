"""The time: the only module that reads it, and the one zone the gateway speaks in."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of every time on the wire, whatever the zone of the host (Q16)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What tells an account the time."""

    def now(self) -> datetime:
        """The present instant, aware, in Asia/Shanghai."""
        ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        """The host's time, in Asia/Shanghai."""
        return datetime.now(SHANGHAI)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        """Stand at an instant.

        Args:
            start: An aware time of any zone.

        Raises:
            ValueError: The time is naive.
        """
        self._now = _aware(start)

    def now(self) -> datetime:
        """The instant it stands at, in Asia/Shanghai."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to an instant, forwards or backwards.

        Raises:
            ValueError: The time is naive.
        """
        self._now = _aware(instant)

    def advance(self, by: timedelta) -> None:
        """Move by a duration."""
        self._now += by


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        message = f"{instant.isoformat()} has no zone; give an aware time"
        raise ValueError(message)
    return instant.astimezone(SHANGHAI)


def to_micros(instant: datetime) -> int:
    """An aware time as whole microseconds since 1970, the form in which times are stored."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The time of so many microseconds since 1970, in Asia/Shanghai."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(SHANGHAI)


def in_micros(seconds: float) -> int:
    """A duration in whole microseconds."""
    return int(seconds * 1_000_000)


def elapsed() -> float:
    """Seconds on a clock that only measures durations and never jumps."""
    return time.perf_counter()
