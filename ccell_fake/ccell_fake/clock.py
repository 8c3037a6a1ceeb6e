"""Clocks. This is the only module that reads the time.

It reads the host's time even while a test fakes the time of its process. freezegun replaces the functions of the module
`time` in all modules, so this module uses a copy of `time`. time-machine replaces them in the interpreter, and offers
the originals.
"""

import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.machinery import BuiltinImporter
from importlib.util import module_from_spec
from typing import Any, Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of all times on the wire (Q16)."""

EARLIEST = datetime(2010, 1, 1, tzinfo=SHANGHAI)
LATEST = datetime(2090, 1, 1, tzinfo=SHANGHAI)
"""An account's clock can be set from EARLIEST to LATEST: a msgid begins with two digits of the year (W10)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _copy_of_time() -> Any:  # noqa: ANN401 - a module
    spec = BuiltinImporter.find_spec("time")
    assert spec is not None, "the module time is built in"  # noqa: S101 - for the type
    copy = module_from_spec(spec)
    BuiltinImporter.exec_module(copy)
    return copy


_time = _copy_of_time()


def _seconds_of_host() -> float:
    escape_hatch: Any = getattr(sys.modules.get("time_machine"), "escape_hatch", None)
    if escape_hatch is not None:
        # Refused unless the time is faked at this moment.
        with suppress(ValueError):
            return float(escape_hatch.time.time())
    return float(_time.time())


class Clock(Protocol):
    """A clock."""

    def now(self) -> datetime:
        """Return the present time, aware, in Asia/Shanghai."""
        ...

    def elapsed(self) -> float:
        """Return seconds to measure durations. They never jump, even if the time is set."""
        ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        """Return the host's time, in Asia/Shanghai."""
        return datetime.fromtimestamp(_seconds_of_host(), SHANGHAI)

    def elapsed(self) -> float:
        """Return the seconds of the host's monotonic clock."""
        return elapsed()


class ManualClock:
    """A clock that only moves when it is told to."""

    def __init__(self, start: datetime) -> None:
        """Start at an instant.

        Args:
            start: An aware time in any zone.

        Raises:
            ValueError: The time is naive.
        """
        self._now = _aware(start)
        self._elapsed = timedelta()

    def now(self) -> datetime:
        """Return its time, in Asia/Shanghai."""
        return self._now

    def elapsed(self) -> float:
        """Return the seconds that it was advanced by."""
        return self._elapsed.total_seconds()

    def set(self, instant: datetime) -> None:
        """Set the clock, forwards or backwards.

        Raises:
            ValueError: The time is naive.
        """
        self._now = _aware(instant)

    def advance(self, by: timedelta) -> None:
        """Move by a duration."""
        self._now += by
        self._elapsed += by


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """The setting of an account's clock.

    Attributes:
        offset: Microseconds that it is ahead of the gateway's clock. Negative if it is slow.
        frozen_at: The time it is frozen at, in microseconds since 1970; None while it runs.
    """

    offset: int = 0
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class AccountClock:
    """The clock of one account: the gateway's clock with an offset, or frozen.

    Attributes:
        base: The gateway's clock.
        setting: The offset or the frozen time.
    """

    base: Clock
    setting: ClockSetting = ClockSetting()

    def now(self) -> datetime:
        """Return the account's time, in Asia/Shanghai."""
        return self.shown_at(self.base.now())

    def shown_at(self, base: datetime) -> datetime:
        """Convert the gateway's time to the account's."""
        setting = self.setting
        if setting.frozen_at is not None:
            return from_micros(setting.frozen_at)
        return base + timedelta(microseconds=setting.offset) if setting.offset else base

    def at(self, base: int) -> int:
        """Convert the gateway's time to the account's, both in microseconds since 1970."""
        frozen_at = self.setting.frozen_at
        return base + self.setting.offset if frozen_at is None else frozen_at

    def advanced(self, by: int) -> ClockSetting:
        """Return the setting moved by microseconds. A frozen clock stays frozen."""
        frozen_at = self.setting.frozen_at
        if frozen_at is not None:
            return replace(self.setting, frozen_at=frozen_at + by)
        return replace(self.setting, offset=self.setting.offset + by)

    def running_from(self, instant: int) -> ClockSetting:
        """Return the setting of a clock that shows an instant now and runs."""
        return ClockSetting(offset=instant - to_micros(self.base.now()))


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        message = f"{instant.isoformat()} has no time zone; pass an aware datetime"
        raise ValueError(message)
    return instant.astimezone(SHANGHAI)


def to_micros(instant: datetime) -> int:
    """Convert an aware time to microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Convert microseconds since 1970 to a time in Asia/Shanghai."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(SHANGHAI)


def in_micros(seconds: float) -> int:
    """Convert seconds to microseconds, rounded."""
    return round(seconds * 1_000_000)


def elapsed() -> float:
    """Return the seconds of a monotonic clock, to measure durations."""
    seconds: float = _time.perf_counter()
    return seconds
