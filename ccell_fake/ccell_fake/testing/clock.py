"""The clock of an account."""

from datetime import datetime, timedelta
from operator import methodcaller

from ccell_fake.control.client import AccountControl
from ccell_fake.errors import CcellError
from ccell_fake.inspection import TimelineEvent

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", CcellError)


class AccountTime:
    """The clock of an account. Scheduled sends, reports, the lock and faults follow it."""

    def __init__(self, account: AccountControl) -> None:
        """Control the clock of an account."""
        self._account = account

    def __repr__(self) -> str:
        """Mode and time."""
        clock = self._account.clock()
        return f"<{clock.mode} clock at {clock.now.isoformat()}>"

    @property
    def now(self) -> datetime:
        """The account's time, aware, in Asia/Shanghai."""
        return self._account.clock().now

    def advance(
        self,
        by: timedelta = timedelta(),
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> tuple[TimelineEvent, ...]:
        """Move it forwards, and return the events this caused: messages sent, reports, upstream messages and so on."""
        whole = by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._account.advance(whole).events

    def advance_to(self, instant: datetime) -> tuple[TimelineEvent, ...]:
        """Move it forwards to an aware time, and return the events this caused."""
        return self._account.advance(to=instant).events

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop it, at an aware time or at its present time. Returns that time."""
        return self._account.freeze(at).now

    def set(self, now: datetime) -> None:
        """Set it to an aware time, forwards or backwards. It runs on from there."""
        self._account.offset(now=now)

    def real(self) -> None:
        """Set it to the gateway's clock."""
        self._account.real()
