"""Views of an account: its state, its clock, its journal, and the events of a period."""

from collections.abc import Iterator
from datetime import datetime

from ccell_fake.clock import SHANGHAI, from_micros, in_micros, to_micros
from ccell_fake.engine.account import Account
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import EntriesDropped
from ccell_fake.faults import FaultStatus
from ccell_fake.inspection import (
    AccountActivity,
    AccountRecord,
    ClockMode,
    ClockStatus,
    JournalEntry,
    Page,
    TimelineEvent,
    TimelineKind,
)
from ccell_fake.model import Operation

_SECOND = 1_000_000


def describe_account(account: Account, ledger: Ledger, base_now: int) -> AccountRecord:
    """Return an account's state. `base_now` is the gateway's time."""
    settings, now = account.settings, account.clock.at(base_now)
    balance = ledger.balance(account.key, now)
    return AccountRecord(
        settings.userid,
        settings.password,
        settings,
        from_micros(now),
        max(settings.balance + settings.credit - balance.spent, 0),
        balance.reserved,
        account.policy.is_locked(balance.locked_at, now),
        ledger.in_progress(account.key),
        ledger.inspect.last_position(account.key),
    )


def describe_activity(account: Account, ledger: Ledger) -> AccountActivity:
    """Return what goes on at an account."""
    now = account.now
    after, window = account.policy.lock
    inspect = ledger.inspect
    return AccountActivity(
        ledger.in_progress(account.key),
        inspect.excesses(account.key, now - in_micros(window), now),
        after,
        account.policy.is_locked(ledger.balance(account.key, now).locked_at, now),
        inspect.scheduled(account.key, now),
        inspect.queue(account.key, Operation.REPORT, now),
        inspect.queue(account.key, Operation.UPMSG, now),
    )


def read_journal(
    key: int,
    userid: str,
    ledger: Ledger,
    after_position: int,
    limit: int | None = None,
    operation: Operation | None = None,
    code: str | None = None,
) -> Page[JournalEntry]:
    """Return the journal entries of an account, or of no account, after a position.

    Raises:
        EntriesDropped: Some of them have been dropped.
    """
    check_kept(key, userid, ledger, after_position)
    return ledger.inspect.journal(key, after_position, limit, operation, code)


def check_kept(key: int, userid: str, ledger: Ledger, after_position: int) -> None:
    """Check that the journal has all entries of an account after a position.

    Raises:
        EntriesDropped: Some of them have been dropped.
    """
    dropped = ledger.inspect.last_dropped(key)
    if after_position < dropped:
        raise EntriesDropped(userid, dropped)


def clock_status(account: Account) -> ClockStatus:
    """Return the mode and the time of an account's clock."""
    setting = account.clock.setting
    mode: ClockMode = "frozen" if setting.frozen_at is not None else "offset" if setting.offset else "real"
    return ClockStatus(mode, setting.offset / _SECOND, from_micros(account.now))


def unlock_events(account: Account, locked_at: int | None, since: int, until: int) -> Iterator[TimelineEvent]:
    """Yield the event of a lock that ends in a period."""
    if account.policy.is_locked(locked_at, since) and not account.policy.is_locked(locked_at, until):
        yield TimelineEvent(from_micros((locked_at or 0) + in_micros(account.settings.lock_duration)), "unlocked")


def fault_events(rows: tuple[FaultStatus, ...], since: int, until: int) -> Iterator[TimelineEvent]:
    """Yield the events of faults whose time window begins or ends in a period."""
    for row in rows:
        instants: dict[TimelineKind, datetime | None] = {"fault_begins": row.fault.since, "fault_ends": row.fault.until}
        for kind, instant in instants.items():
            if instant is not None and since < to_micros(instant) <= until:
                yield TimelineEvent(instant.astimezone(SHANGHAI), kind, text=str(row.id))
