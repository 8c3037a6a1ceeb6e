"""The clock of an account, to be frozen and moved."""

from datetime import datetime, timedelta

from ccell_fake.control.client import AccountControl
from ccell_fake.inspection import TimelineEvent


class AccountTime:
    """The time of an account; its scheduled sends, reports, lock and faults all go by it."""

    def __init__(self, account: AccountControl) -> None:
        """Tell the time of an account."""
        self._account = account

    def __repr__(self) -> str:
        """How it goes, and what it shows."""
        seen = self._account.clock()
        return f"<{seen.mode} clock at {seen.now.isoformat()}>"

    @property
    def now(self) -> datetime:
        """What it shows, aware, in Asia/Shanghai."""
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
        """Move it forwards; what that brought about, in order: messages sent, reports, upstream messages and so on."""
        whole = by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._account.advance(whole).events

    def advance_to(self, instant: datetime) -> tuple[TimelineEvent, ...]:
        """Move it forwards to an aware time; what that brought about, in order."""
        return self._account.advance(to=instant).events

    def freeze(self, at: datetime | None = None) -> datetime:
        """Let it stand still, at an aware time or where it is; where that is."""
        return self._account.freeze(at).now

    def set(self, now: datetime) -> None:
        """Let it go on from an aware time, also one that is over."""
        self._account.offset(now=now)

    def real(self) -> None:
        """Let it be the gateway's again."""
        self._account.real()
