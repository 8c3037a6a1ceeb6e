"""What a test waits for, whether it is there, and what came nearest where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from enum import StrEnum

from ccell_fake.engine.account import Account
from ccell_fake.engine.account_admin import journal_of
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.patterns import any_of
from ccell_fake.inspection import MessageFilter, MessageSeen
from ccell_fake.model import Operation
from ccell_fake.records import JournalEntry

_PATTERNS = {"phone", "linkid", "content"}
_SHOWN = 10
_COMPARED = 200
_LIKENED = 100


class WaitKind(StrEnum):
    """What can be waited for: a message, a fetch of reports, a fetch of upstream messages."""

    MESSAGE = "message"
    REPORT = "report"
    UPMSG = "upmsg"


_FETCHED_BY = {WaitKind.REPORT: Operation.REPORT, WaitKind.UPMSG: Operation.UPMSG}


@dataclass(frozen=True, slots=True)
class WaitFilter:
    """What is waited for.

    Attributes:
        kind: Of which kind.
        wanted: Which message, where it is one.
        after_position: Only what came after this position in the journal.
        count: How many there have to be.
        not_empty: Whether a fetch counts only if it handed something out.
    """

    kind: WaitKind
    wanted: MessageFilter
    after_position: int = 0
    count: int = 1
    not_empty: bool = False


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What keeps a message from being the one that is wanted.

    Attributes:
        field: Of the message.
        wanted: What it should be.
        was: What it is.
    """

    field: str
    wanted: str
    was: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A message that is not the one that is wanted.

    Attributes:
        message: The message.
        mismatches: What keeps it from being that.
    """

    message: MessageSeen
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class WaitMatch:
    """What there is of what is waited for.

    Attributes:
        is_met: Whether that is enough.
        messages: The messages, where it is those.
        requests: The fetches, where it is those.
        position: Position of the last journal entry.
        next_due: Microseconds until time alone may change that, or None where it cannot.
    """

    is_met: bool
    messages: tuple[MessageSeen, ...]
    requests: tuple[JournalEntry, ...]
    position: int
    next_due: int | None


@dataclass(frozen=True, slots=True)
class WaitTimeout:
    """What was there when the time for waiting was over.

    Attributes:
        came: The last requests after the position.
        nearest: Of the last messages, those that are nearest to what was wanted, the nearest first.
    """

    came: tuple[JournalEntry, ...]
    nearest: tuple[NearMiss, ...]


def look(account: Account, ledger: Ledger, wish: WaitFilter) -> WaitMatch:
    """What there is now of what is waited for.

    Raises:
        EntriesDropped: The journal has dropped entries after the position.
    """
    messages: tuple[MessageSeen, ...] = ()
    requests: tuple[JournalEntry, ...] = ()
    now = account.now
    if wish.kind is WaitKind.MESSAGE:
        found = ledger.inspect.messages(
            account.key, now, wish.wanted, after_position=wish.after_position, limit=wish.count
        )
        messages = tuple(found)
    else:
        entries = journal_of(
            account.key, account.settings.userid, ledger, wish.after_position, -1, _FETCHED_BY[wish.kind], "0"
        )
        requests = tuple(one for one in entries if one.items or not wish.not_empty)[: wish.count]
    due = None if account.clock.setting.frozen_at is not None else ledger.inspect.next_due(account.key, now)
    return WaitMatch(
        len(messages) + len(requests) >= wish.count,
        messages,
        requests,
        ledger.inspect.last_position(account.key),
        None if due is None else due - now,
    )


def can_change(wish: WaitFilter) -> bool:
    """Whether what was not wanted once may be wanted later: a state passes, and nothing else does."""
    return wish.wanted.state is not None


def miss(account: Account, ledger: Ledger, wish: WaitFilter) -> WaitTimeout:
    """What came instead, and what was nearest."""
    after = max(wish.after_position, ledger.inspect.last_dropped(account.key))
    came = ledger.inspect.latest_journal(account.key, after, _SHOWN)
    nearest: list[NearMiss] = []
    if wish.kind is WaitKind.MESSAGE:
        latest = ledger.inspect.latest_messages(account.key, account.now, 0, _COMPARED)
        nearest = sorted((_near(one, wish) for one in reversed(latest)), key=_distance)
    return WaitTimeout(tuple(came), tuple(near for near in nearest if near.mismatches)[:_SHOWN])


def _near(message: MessageSeen, wish: WaitFilter) -> NearMiss:
    mismatches = tuple(_mismatches(message, wish.wanted))
    if message.position <= wish.after_position:
        mismatches = (*mismatches, Mismatch("position", f"after {wish.after_position}", str(message.position)))
    return NearMiss(message, mismatches)


def _mismatches(message: MessageSeen, wanted: MessageFilter) -> Iterator[Mismatch]:
    for one in fields(MessageFilter):
        value: str | None = getattr(wanted, one.name)
        was = str(getattr(message, one.name))
        if value is None or was == value or (one.name in _PATTERNS and any_of((value,)).fullmatch(was)):
            continue
        yield Mismatch(one.name, str(value), was)


def _distance(near: NearMiss) -> tuple[int, float]:
    likeness = sum(SequenceMatcher(None, one.wanted[:_LIKENED], one.was[:_LIKENED]).ratio() for one in near.mismatches)
    return len(near.mismatches), -likeness
