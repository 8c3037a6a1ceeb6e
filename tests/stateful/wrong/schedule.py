"""Faults in scheduling."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from stateful.right.gateway import Gateway
from stateful.right.machines import Scheduling
from stateful.right.reminders import Reminders
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Lost, Mismatched, Refused


@wrong(Scheduling, Refused, Mismatched, steps=1)
class WritesTwelveHours(Reminders):
    """Writes the hour with %I."""

    def write_time(self, at: datetime) -> str:
        return f"{datetime.fromisoformat(super().write_time(at)):%Y-%m-%d %I:%M:%S}"


@wrong(Scheduling, Refused, Mismatched, steps=1)
class WritesUtc(Reminders):
    """Writes the time in UTC."""

    def write_time(self, at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@wrong(Scheduling, Mismatched, steps=1)
class SchedulesADayLate(Reminders):
    """Schedules a day late what is due after midnight in China, and before in UTC."""

    def write_time(self, at: datetime) -> str:
        is_next_day = datetime.fromisoformat(super().write_time(at)).date() > at.astimezone(UTC).date()
        return super().write_time(at + timedelta(days=is_next_day))


_BERLIN = ZoneInfo("Europe/Berlin")
_CHINA = ZoneInfo("Asia/Shanghai")


@wrong(Scheduling, Mismatched, Refused, steps=1)
class KeepsTheOffsetOfWinter(Reminders):
    """Adds to Berlin's time how far China was ahead when it was set up, before the clocks were changed.

    Attributes:
        age: How long ago it was set up, at the time of a reminder. After half a year daylight saving differs.
    """

    age = timedelta(days=182)

    def write_time(self, at: datetime) -> str:
        set_up = at - self.age
        ahead = set_up.astimezone(_CHINA).replace(tzinfo=None) - set_up.astimezone(_BERLIN).replace(tzinfo=None)
        return f"{at.astimezone(_BERLIN).replace(tzinfo=None) + ahead:%Y-%m-%d %H:%M:%S}"


@wrong(Scheduling, Lost, steps=1)
class IgnoresReportsOfReminders(Reminders):
    """Is done with a reminder when the gateway has accepted it, and ignores its report."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.reminders: set[str] = set()

    def remind(self, order: str, phone: str, text: str, at: datetime) -> None:
        self.reminders.add(order)
        super().remind(order, phone, text, at)

    def report(self, report: dict[str, str]) -> None:
        if report["linkid"] not in self.reminders:
            super().report(report)
