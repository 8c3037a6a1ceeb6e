"""The stream of events of one account or of all, in order and without repeats."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from math import inf
from operator import itemgetter
from typing import cast

from ccell_fake.clock import elapsed, from_micros
from ccell_fake.control.events import Event, EventId
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_views import check_kept
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import NoSuchThing
from ccell_fake.inspection import JournalEntry, TimelineEvent, TimelineKind
from ccell_fake.model import Operation
from ccell_fake.records import NO_ACCOUNT, LoggedEvent
from ccell_mock_server.services import Services

_KINDS = {
    Operation.REPORT: "fetch_report",
    Operation.UPMSG: "fetch_upmsg",
    Operation.INFO: "info",
    Operation.SEND: "send",
    None: "http_error",
}
_FOREVER = inf
_MAX_STALE = 100
_MICRO = 1_000_000
# Entries read in one transaction: nobody else is served meanwhile.
_ENTRIES = 50

_ENDED = "ended"
# Reasons of `resync`.
_UNKNOWN = "unknown_id"
_DROPPED = "entries_dropped"
_RESTORED = "restored"


class Stream:
    """Events for one listener.

    Attributes:
        topics: Topics that wake the listener.
        is_over: Whether there are no more events.
    """

    def __init__(
        self, services: Services, userid: str | None, after_position: int | None = None, last_event_id: str = ""
    ) -> None:
        """Begin now, after a position, or after an event.

        Args:
            services: The emulator.
            userid: Only events of this account; None for all.
            after_position: Only events of requests after this position, and those that time causes from now on.
            last_event_id: Only events after the one with this id. A number is a position. Takes precedence.

        Raises:
            NoSuchThing: There is no such account.
            EntriesDropped: A journal has dropped entries after `after_position`.
        """
        self.is_over: bool = False
        self._is_first = True
        self._services = services
        # When the next event of each account is due, as `elapsed` counts.
        self._due: dict[int, float] = {}
        # The times of all next events, the earliest one first. Some are no longer the next one of their account.
        self._times: list[tuple[float, int]] = []
        self._accounts = services.accounts
        with services.store.transaction_of_all() as ledger:
            self._only = self._accounts.find(userid, ledger) if userid is not None else None
            if userid is not None and self._only is None:
                message = f"there is no account {userid!r}"
                raise NoSuchThing(message)
            if after_position is not None and not last_event_id:
                for account in self._all(ledger):
                    check_kept(account.key, account.settings.userid, ledger, after_position)
                if self._only is None:
                    check_kept(NO_ACCOUNT, "", ledger, after_position)
            self._key = None if self._only is None else self._only.key
            self._last = self._begin(ledger)
            self._flaw = self._go_back(last_event_id, after_position, ledger)
        self.topics: tuple[Hashable, ...] = (None,) if self._only is None else (self._only.key, self._only.lifetime)

    @property
    def last_event_id(self) -> str:
        """The id to continue from; empty if there is none before the first event."""
        return "" if self._flaw else str(self._last)

    def _all(self, ledger: Ledger) -> list[Account]:
        """Return the accounts of the stream."""
        if self._only is None:
            return list(self._accounts.all(ledger))
        current = self._accounts.current(self._only, ledger)
        return [] if current is None else [current]

    def _account(self, key: int, ledger: Ledger) -> Account | None:
        """Return an account of the stream by its number, or None."""
        account = self._accounts.with_key(key, ledger)
        return account if account is None or self._only is None or account.lifetime == self._only.lifetime else None

    def _begin(self, ledger: Ledger) -> EventId:
        """Begin to record events, and return the present place."""
        position = ledger.begin_events(lambda: {account.key: account.now for account in self._accounts.all(ledger)})
        return EventId(ledger.history, self._key or NO_ACCOUNT, position, position)

    def _go_back(self, last_event_id: str, after_position: int | None, ledger: Ledger) -> str:
        """Go back to the place of the last event. Returns the reason if that is impossible, or empty text."""
        if last_event_id.isascii() and last_event_id.isdecimal():
            last_event_id, after_position = "", int(last_event_id[:18])
        now = self._last
        if not last_event_id:
            self._last = now if after_position is None else replace(now, position=after_position)
            return ""
        last = EventId.parse(last_event_id)
        if last is None or last.history != now.history or last.position > now.position:
            return _UNKNOWN
        if (last.account == NO_ACCOUNT) != (self._only is None):
            return _UNKNOWN
        if last.account != now.account and self._accounts.with_key(last.account, ledger) is not None:
            return _UNKNOWN
        self._last = last
        return "" if last.account == now.account else _ENDED

    def seconds_until_due(self) -> float:
        """Seconds until time alone may cause an event. Infinite if it cannot."""
        while self._times and not self._is_next(*self._times[0]):
            heappop(self._times)
        return max(self._times[0][0] - elapsed(), 0.0) if self._times else _FOREVER

    def _is_next(self, due: float, key: int) -> bool:
        return self._due.get(key) == due

    def _note(self, account: Account, ledger: Ledger) -> None:
        """Note when the next event of an account is due."""
        due = self._due[account.key] = _next_due(account, ledger)
        if due != _FOREVER:
            heappush(self._times, (due, account.key))
        if len(self._times) > 2 * len(self._due) + _MAX_STALE:
            self._times = [(due, key) for key, due in self._due.items() if due != _FOREVER]
            heapify(self._times)

    def due(self, woken_for: set[Hashable]) -> Iterator[Event]:
        """The events to send now.

        Args:
            woken_for: Topics that woke the listener: keys of accounts, and lives of accounts that ended.
        """
        store, is_complete = self._services.store, False
        while not (is_complete or self.is_over):
            self._record(woken_for)
            woken_for = set()
            with store.reading() as ledger:
                events, is_complete = ([], False) if self._flaw else self._batch(ledger)
            # Afterwards: entries may be dropped, or a snapshot restored, while they are read.
            with store.reading() as ledger:
                flaw = self._flaw or self._find_flaw(ledger)
            if flaw:
                with store.transaction_of_all() as ledger:
                    events, is_complete = [self._begin_anew(flaw, ledger)], False
            for event, place in events:
                self._last = place
                yield replace(event, id=str(place))

    def _find_flaw(self, ledger: Ledger) -> str:
        """Return the reason why this listener cannot go on, or empty text."""
        if self._only is not None and self._account(self._only.key, ledger) is None:
            return _ENDED
        last = self._last
        if ledger.history != last.history:
            return _RESTORED
        is_dropped = ledger.inspect.dropped_after(_told_before(last), self._key) or ledger.inspect.events_dropped_after(
            last.time_position, self._key
        )
        return _DROPPED if is_dropped else ""

    def _begin_anew(self, flaw: str, ledger: Ledger) -> tuple[Event, EventId]:
        """Return the event that tells why this listener cannot go on, and the place to continue from."""
        former, self._flaw, self._is_first = self._last, "", True
        now = self._begin(ledger)
        if flaw != _ENDED or self._only is None:
            return Event("resync", {"reason": flaw}), now
        self.is_over = True
        userid = self._only.settings.userid
        current = self._accounts.find(userid, ledger)
        place = former if former.history == now.history else now
        return Event(_ENDED, {"userid": userid}), replace(
            place, account=place.account if current is None else current.key, part=0
        )

    def _record(self, woken_for: set[Hashable]) -> None:
        """Record the events that time caused on accounts that changed or have events due, each in a transaction."""
        store = self._services.store
        for former in self._to_check(woken_for):
            with store.transaction(former.settings.userid) as ledger:
                account = self._accounts.current(former, ledger)
                if account is not None:
                    ledger.record_events(account.key, account.now)
                    self._note(account, ledger)
        self._is_first = False

    def _to_check(self, woken_for: set[Hashable]) -> list[Account]:
        """Return the accounts that changed or have events due; at first all."""
        keys = {key for key in woken_for if isinstance(key, int)}
        while not self.seconds_until_due():
            keys.add(heappop(self._times)[1])
        if not (keys or self._is_first):
            return []
        for key in keys:
            self._due.pop(key, None)
        with self._services.store.reading() as ledger:
            if self._is_first:
                return self._all(ledger)
            return [account for account in (self._account(key, ledger) for key in sorted(keys)) if account is not None]

    def _batch(self, ledger: Ledger) -> tuple[list[tuple[Event, EventId]], bool]:
        """Return the next events with the places after them, and whether there are no more at present."""
        inspect, last = ledger.inspect, self._last
        found: list[tuple[int, int, JournalEntry | LoggedEvent]] = [
            *((entry.position, key, entry) for key, entry in inspect.journals(_told_before(last), _ENTRIES, self._key)),
            *((one.position, one.account, one) for one in inspect.events(last.time_position, _ENTRIES, self._key)),
        ]
        found.sort(key=itemgetter(0))
        events: list[tuple[Event, EventId]] = []
        place = last
        for position, key, one in found[:_ENTRIES]:
            told = last.part if position == last.position else 0
            place = replace(
                last, position=max(last.position, position), time_position=max(last.time_position, position), part=0
            )
            left = [
                (part, event) for part, event in self._events(self._account(key, ledger), one, ledger) if part > told
            ]
            events += [(event, replace(place, part=part)) for part, event in left[:-1]]
            events += [(event, place) for _, event in left[-1:]]
        return events, len(found) < _ENTRIES

    def _events(
        self, account: Account | None, one: JournalEntry | LoggedEvent, ledger: Ledger
    ) -> list[tuple[int, Event]]:
        """Return the events of a request or of a time, each with its part in the place after it."""
        about = {"userid": None if account is None else account.settings.userid}
        if isinstance(one, LoggedEvent):
            if one.kind == _ENDED:
                return [(1, Event(_ENDED, {"userid": one.text}))]
            return [(1, Event(one.kind, {**about, "event": _timeline_event(one)}))]
        has_messages = account is not None and one.operation is Operation.SEND
        messages = ledger.inspect.messages_of(account.view, one.position) if account and has_messages else []
        return [
            (1, Event(_KINDS[one.operation], {**about, "request": one})),
            *((int(message.msgid), Event("message", {**about, "message": message})) for message in messages),
        ]


def _told_before(last: EventId) -> int:
    """Return the position up to which requests were sent with all their events."""
    return last.position - 1 if last.part else last.position


def _next_due(account: Account, ledger: Ledger) -> float:
    """Return the time of the next event of an account, as `elapsed` counts; `_FOREVER` if there is none."""
    now = account.now
    due = None if account.clock.setting.frozen_at is not None else ledger.inspect.next_due(account.key, now)
    return _FOREVER if due is None else elapsed() + (due - now) / _MICRO


def _timeline_event(one: LoggedEvent) -> TimelineEvent:
    return TimelineEvent(from_micros(one.at), cast("TimelineKind", one.kind), one.msgid, one.phone, one.text)
