"""What happens on an account, or on all of them, in the order in which a listener is told."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from ccell_fake.clock import elapsed
from ccell_fake.control.models import EntryAnswer, HappeningAnswer, MessageAnswer
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_admin import HAPPENINGS, journal_of
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import NoSuchThing
from ccell_fake.inspection import Keys, MessageSeen, TimelineEvent
from ccell_fake.model import Operation
from ccell_fake.records import JournalEntry
from ccell_mock_server.services import Services

_KINDS = {
    Operation.REPORT: "fetch_report",
    Operation.UPMSG: "fetch_upmsg",
    Operation.INFO: "info",
    Operation.SEND: "send",
}
_FOREVER = 1e9
_MICRO = 1_000_000
# So many at once, for nobody else is served while they are looked up.
_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: Of which kind.
        data: The account, and what happened.
        position: Position in the journal; None unless this is the last event of a request.
    """

    kind: str
    data: dict[str, Any]
    position: int | None = None


@dataclass(slots=True)
class _Place:
    """How far a listener has been told about the time of one account."""

    now: int
    due: float


class Stream:
    """What one listener has been told, and what there is to tell.

    Attributes:
        topics: What to be woken for.
        is_over: Whether there will be nothing more to tell.
    """

    def __init__(self, services: Services, userid: str | None, after_position: int | None) -> None:
        """Begin after a position, or now.

        Args:
            services: Where it happens.
            userid: On which account; None for all.
            after_position: Only events of requests after this position; None for events from now on.

        Raises:
            NoSuchThing: There is no such account.
            EntriesDropped: A journal has dropped entries after the position.
        """
        self.is_over: bool = False
        self._is_fresh = True
        self._services = services
        self._places: dict[object, _Place] = {}
        with services.store.transaction() as ledger:
            self._only = services.accounts.get(userid) if userid is not None else None
            if userid is not None and self._only is None:
                message = f"there is no account {userid!r}"
                raise NoSuchThing(message)
            accounts = self._accounts()
            if after_position is not None:
                for account in accounts:
                    journal_of(account.key, account.settings.userid, ledger, after_position, 0)
            self._position = self._last(ledger) if after_position is None else after_position
            self._keys = ledger.inspect.last_keys()
            for account in accounts:
                self._places[account.slots] = _place(account, ledger, account.now)
        self.topics: tuple[Hashable, ...] = (None,) if self._only is None else (self._only.key, self._only.slots)

    def _accounts(self) -> list[Account]:
        if self._only is None:
            return list(self._services.accounts)
        current = self._services.accounts.still(self._only)
        return [] if current is None else [current]

    def _last(self, ledger: Ledger) -> int:
        return max((ledger.inspect.last_position(account.key) for account in self._accounts()), default=0)

    def seconds_until_due(self) -> float:
        """How long until time alone may bring something about."""
        due = min((place.due for place in self._places.values()), default=_FOREVER)
        return max(due - elapsed(), 0.0)

    def due(self, rung: set[Hashable]) -> Iterator[Event]:
        """What there is to tell.

        Args:
            rung: What the listener was woken for: keys of accounts, and universes that ended.
        """
        while not self.is_over:
            with self._services.store.transaction() as ledger:
                accounts = {account.key: account for account in self._accounts()}
                entries, lost = self._entries(accounts, ledger)
                happenings = self._happenings(accounts, rung, ledger) if len(entries) < _ENTRIES and not lost else []
            for account, entry, messages in entries:
                self._position = entry.position
                yield from _of_entry(account, entry, messages)
            if lost:
                self.is_over = True
                yield Event("entries_dropped", {"after_position": lost})
            elif self._only is not None and not accounts:
                self.is_over = True
                yield Event("ended", {"userid": self._only.settings.userid})
            for account, happening in happenings:
                told = HappeningAnswer.model_validate(happening).model_dump(mode="json")
                yield Event(happening.kind, {"userid": account.settings.userid, "event": told})
            if len(entries) < _ENTRIES:
                return

    def _entries(
        self, accounts: dict[int, Account], ledger: Ledger
    ) -> tuple[list[tuple[Account, JournalEntry, list[MessageSeen]]], int]:
        key = None if self._only is None else self._only.key
        lost = ledger.inspect.dropped_after(self._position, key)
        if lost:
            return [], lost
        found: list[tuple[Account, JournalEntry, list[MessageSeen]]] = []
        for owner, entry in ledger.inspect.journals(self._position, _ENTRIES, key):
            account = accounts.get(owner)
            if account is not None:
                is_send = entry.operation == Operation.SEND
                messages = ledger.inspect.messages_of(owner, account.now, entry.position) if is_send else []
                found.append((account, entry, messages))
        return found, 0

    def _happenings(
        self, accounts: dict[int, Account], rung: set[Hashable], ledger: Ledger
    ) -> list[tuple[Account, TimelineEvent]]:
        """What time brought about on the accounts that were changed, or whose time has come."""
        found: list[tuple[Account, TimelineEvent]] = []
        present, keys = elapsed(), ledger.inspect.last_keys()
        places: dict[object, _Place] = {}
        for account in accounts.values():
            place = self._places.get(account.slots)
            is_quiet = account.key not in rung and not self._is_fresh
            if place is not None and is_quiet and place.due > present:
                places[account.slots] = place
                continue
            told = _place(account, ledger, account.now) if place is None else place
            found.extend((account, one) for one in _brought_about(account, told, self._keys, ledger))
            # A clock that is set back does not tell again what it has told.
            places[account.slots] = _place(account, ledger, max(told.now, account.now))
        self._places, self._keys, self._is_fresh = places, keys, False
        return found


def _place(account: Account, ledger: Ledger, told: int) -> _Place:
    now = account.now
    due = None if account.clock.setting.frozen_at is not None else ledger.inspect.next_due(account.key, now)
    return _Place(told, elapsed() + (_FOREVER if due is None else (due - now) / _MICRO))


def _brought_about(account: Account, place: _Place, keys: Keys, ledger: Ledger) -> list[TimelineEvent]:
    return ledger.inspect.happenings(account.key, place.now, account.now, HAPPENINGS, keys)


def _of_entry(account: Account, entry: JournalEntry, messages: list[MessageSeen]) -> Iterator[Event]:
    about = {"userid": account.settings.userid}
    seen = EntryAnswer.model_validate(entry).model_dump(mode="json")
    events = [Event(_KINDS[Operation(entry.operation)], {**about, "request": seen})]
    for message in messages:
        told = MessageAnswer.model_validate(message).model_dump(mode="json")
        events.append(Event("message", {**about, "message": told}))
    yield from events[:-1]
    yield Event(events[-1].kind, events[-1].data, entry.position)
