"""The time: the only module that reads it, and the one zone the gateway speaks in."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of every time on the wire, whatever the zone of the host (Q16)."""

EARLIEST = datetime(2010, 1, 1, tzinfo=SHANGHAI)
LATEST = datetime(2090, 1, 1, tzinfo=SHANGHAI)
"""The times between which an account's clock can be set: a msgid begins with two digits of its year (W10)."""

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


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """How an account's clock stands to the gateway's.

    Attributes:
        offset: Microseconds it is ahead of the gateway's; less than nothing where it is behind.
        frozen_at: The microsecond since 1970 it stands still at, or None while it goes.
    """

    offset: int = 0
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class AccountClock:
    """The clock of one account: the gateway's, moved or stopped.

    Attributes:
        base: The gateway's clock.
        setting: How it stands to that.
    """

    base: Clock
    setting: ClockSetting = ClockSetting()

    def now(self) -> datetime:
        """The account's present, in Asia/Shanghai."""
        setting = self.setting
        if setting.frozen_at is not None:
            return from_micros(setting.frozen_at)
        now = self.base.now()
        return now + timedelta(microseconds=setting.offset) if setting.offset else now

    def at(self, base: int) -> int:
        """What it shows when the gateway's clock shows an instant, both in microseconds since 1970."""
        frozen_at = self.setting.frozen_at
        return base + self.setting.offset if frozen_at is None else frozen_at

    def advanced(self, by: int) -> ClockSetting:
        """The setting that is so many microseconds ahead of this one; a clock that stands still goes on standing."""
        frozen_at = self.setting.frozen_at
        if frozen_at is not None:
            return replace(self.setting, frozen_at=frozen_at + by)
        return replace(self.setting, offset=self.setting.offset + by)

    def going_from(self, instant: int) -> ClockSetting:
        """The setting of a clock that shows an instant now and goes on from there."""
        return ClockSetting(offset=instant - to_micros(self.base.now()))


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
