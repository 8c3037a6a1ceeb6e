"""Match messages and fetches of an account against what a test waits for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from functools import partial

from ccell_fake.engine.account import Account
from ccell_fake.engine.account_views import check_kept
from ccell_fake.engine.ledger import Ledger
from ccell_fake.inspection import (
    JournalEntry,
    Listing,
    MessageFilter,
    MessageRecord,
    Mismatch,
    NearMiss,
    WaitKind,
    WaitResult,
)
from ccell_fake.model import Operation
from ccell_fake.patterns import Patterns

_PATTERNS = {"phone", "linkid", "content", "msgid", "code"}
_MAX_SHOWN = 10
_MAX_COMPARED = 200
_MAX_COMPARED_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class WaitFilter:
    """The event that a test waits for.

    Attributes:
        kind: Messages, or fetches of one endpoint.
        message: Filter for messages.
        after_position: Only what came after this position in the journal.
        count: Number of messages or fetches.
        not_empty: Whether a fetch counts only if it returned something.
        must_be_complete: Whether the journal must have all entries after the position.
    """

    kind: WaitKind
    message: MessageFilter
    after_position: int = 0
    count: int = 1
    not_empty: bool = False
    must_be_complete: bool = False

    @property
    def can_match_later(self) -> bool:
        """True if a message that does not match may match later: only its state changes."""
        return self.message.state is not None


def match(account: Account, ledger: Ledger, wanted: WaitFilter) -> WaitResult:
    """Find the messages or fetches that match now.

    Raises:
        EntriesDropped: The journal must be complete, and has dropped entries after the position.
    """
    if wanted.kind != "message" and wanted.must_be_complete:
        check_kept(account.key, account.settings.userid, ledger, wanted.after_position)
    messages: tuple[MessageRecord, ...] = ()
    requests: tuple[JournalEntry, ...] = ()
    if wanted.kind == "message":
        messages = ledger.inspect.messages(
            account.view, wanted.message, Listing(after_position=wanted.after_position, limit=wanted.count)
        ).items
    else:
        operation = Operation(wanted.kind)
        entries = ledger.inspect.journal(account.key, wanted.after_position, operation=operation, code="0").items
        requests = tuple(one for one in entries if one.items or not wanted.not_empty)[: wanted.count]
    return WaitResult(
        is_met=len(messages) + len(requests) >= wanted.count,
        messages=messages,
        requests=requests,
        position=ledger.inspect.last_position(account.key),
    )


def next_change(account: Account, ledger: Ledger) -> int | None:
    """Microseconds until time alone may change the result, or None if it cannot."""
    if account.clock.setting.frozen_at is not None:
        return None
    now = account.now
    due = ledger.inspect.next_due(account.key, now)
    return None if due is None else due - now


def explain(account: Account, ledger: Ledger, wanted: WaitFilter, result: WaitResult) -> WaitResult:
    """Add to the result of a timeout what came instead, and the messages that almost match."""
    after_position = max(wanted.after_position, ledger.inspect.last_dropped(account.key))
    came = ledger.inspect.latest_journal(account.key, after_position, _MAX_SHOWN)
    nearest: list[NearMiss] = []
    if wanted.kind == "message":
        latest = ledger.inspect.messages(
            account.view, MessageFilter(), Listing(newest_first=True, limit=_MAX_COMPARED)
        ).items
        missed = (near for near in (_near_miss(one, wanted) for one in latest) if near.mismatches)
        # The exact distance takes long to compute, so only a few are compared by it.
        likely = sorted(missed, key=partial(_distance, SequenceMatcher[str].quick_ratio))[:_MAX_SHOWN]
        nearest = sorted(likely, key=partial(_distance, SequenceMatcher[str].ratio))
    return replace(result, came=tuple(came), nearest=tuple(nearest))


def _near_miss(message: MessageRecord, wanted: WaitFilter) -> NearMiss:
    mismatches = tuple(_mismatches(message, wanted.message))
    if message.position <= wanted.after_position:
        mismatches = (*mismatches, Mismatch("position", f"after {wanted.after_position}", str(message.position)))
    return NearMiss(message, mismatches)


def _mismatches(message: MessageRecord, wanted: MessageFilter) -> Iterator[Mismatch]:
    for one in fields(MessageFilter):
        value: str | None = getattr(wanted, one.name)
        was = str(getattr(message, one.name))
        if value is None or was == value or (one.name in _PATTERNS and Patterns((value,)).match(was)):
            continue
        yield Mismatch(one.name, str(value), was)


def _distance(ratio: Callable[[SequenceMatcher[str]], float], near: NearMiss) -> tuple[int, float]:
    likeness = sum(
        ratio(SequenceMatcher(None, one.wanted[:_MAX_COMPARED_CHARACTERS], one.was[:_MAX_COMPARED_CHARACTERS]))
        for one in near.mismatches
    )
    return len(near.mismatches), -likeness
