"""The stream of events of one account or of all, in order and without repeats."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf

from ccell_fake.clock import elapsed
from ccell_fake.control.events import Event
from ccell_fake.engine.account import Account, Slots
from ccell_fake.engine.account_admin import MAX_EVENTS
from ccell_fake.engine.account_views import check_kept
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import NoSuchThing
from ccell_fake.inspection import JournalEntry, MessageRecord, TimelineEvent
from ccell_fake.model import Operation
from ccell_fake.store.ledger import NO_ACCOUNT
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


@dataclass(slots=True)
class _Progress:
    """Progress of a listener on the clock of one account.

    Attributes:
        slots: Slots of the account, which a reset replaces.
        sent_until: Events up to this time were sent.
        due: Time of the next event, as `elapsed` counts; `_FOREVER` if there is none.
    """

    slots: Slots
    sent_until: int
    due: float


class Stream:
    """Events for one listener.

    Attributes:
        topics: Topics that wake the listener.
        is_over: Whether there are no more events.
    """

    def __init__(self, services: Services, userid: str | None, after_position: int | None) -> None:
        """Begin after a position, or now.

        Args:
            services: The emulator.
            userid: Only events of this account; None for all.
            after_position: Only events of requests after this position; None for events from now on.

        Raises:
            NoSuchThing: There is no such account.
            EntriesDropped: A journal has dropped entries after the position.
        """
        self.is_over: bool = False
        self._is_first = True
        self._services = services
        self._progress: dict[int, _Progress] = {}
        # The times of all next events, the earliest one first. Some are no longer the next one of their account.
        self._times: list[tuple[float, int]] = []
        with services.store.transaction() as ledger:
            self._only = services.accounts.get(userid) if userid is not None else None
            if userid is not None and self._only is None:
                message = f"there is no account {userid!r}"
                raise NoSuchThing(message)
            accounts = self._accounts()
            journals = {account.key: account.settings.userid for account in accounts}
            if self._only is None:
                journals[NO_ACCOUNT] = ""
            if after_position is not None:
                for key, userid_ in journals.items():
                    check_kept(key, userid_, ledger, after_position)
            self._position = (
                max((ledger.inspect.last_position(key) for key in journals), default=0)
                if after_position is None
                else after_position
            )
            self._keys = ledger.inspect.last_keys()
            for account in accounts:
                self._note(account, ledger, account.now)
        self.topics: tuple[Hashable, ...] = (None,) if self._only is None else (self._only.key, self._only.slots)

    def _accounts(self) -> list[Account]:
        if self._only is None:
            return list(self._services.accounts)
        current = self._services.accounts.current(self._only)
        return [] if current is None else [current]

    def _account(self, key: int) -> Account | None:
        """Return an account of the stream by its number, or None."""
        account = self._services.accounts.with_key(key)
        return account if account is None or self._only is None or account.slots is self._only.slots else None

    def seconds_until_due(self) -> float:
        """Seconds until time alone may cause an event. Infinite if it cannot."""
        while self._times and not self._is_next(*self._times[0]):
            heappop(self._times)
        return max(self._times[0][0] - elapsed(), 0.0) if self._times else _FOREVER

    def _is_next(self, due: float, key: int) -> bool:
        progress = self._progress.get(key)
        return progress is not None and progress.due == due

    def _note(self, account: Account, ledger: Ledger, sent_until: int) -> None:
        """Note the progress on an account."""
        progress = self._progress[account.key] = _progress(account, ledger, sent_until)
        if progress.due != _FOREVER:
            heappush(self._times, (progress.due, account.key))
        if len(self._times) > 2 * len(self._progress) + _MAX_STALE:
            self._times = [(one.due, key) for key, one in self._progress.items() if one.due != _FOREVER]
            heapify(self._times)

    def due(self, woken_for: set[Hashable]) -> Iterator[Event]:
        """The events to send now.

        Args:
            woken_for: Topics that woke the listener: keys of accounts, and slots of accounts that ended.
        """
        while not self.is_over:
            with self._services.store.transaction() as ledger:
                is_ended = self._only is not None and self._account(self._only.key) is None
                dropped = ledger.inspect.dropped_after(self._position, None if self._only is None else self._only.key)
                entries = [] if dropped else self._entries(ledger)
                is_complete = len(entries) < _ENTRIES
                timeline = self._timeline(woken_for, ledger) if is_complete and not dropped else []
            for account, entry, messages in entries:
                self._position = entry.position
                yield from _events(account, entry, messages)
            if dropped:
                self.is_over = True
                yield Event("entries_dropped", {"after_position": dropped})
            elif self._only is not None and is_ended:
                self.is_over = True
                yield Event("ended", {"userid": self._only.settings.userid})
            for account, event in timeline:
                yield Event(event.kind, {"userid": account.settings.userid, "event": event})
            if is_complete:
                return

    def _entries(self, ledger: Ledger) -> list[tuple[Account | None, JournalEntry, list[MessageRecord]]]:
        key = None if self._only is None else self._only.key
        found: list[tuple[Account | None, JournalEntry, list[MessageRecord]]] = []
        for owner, entry in ledger.inspect.journals(self._position, _ENTRIES, key):
            account = self._account(owner)
            if owner == NO_ACCOUNT:
                found.append((None, entry, []))
            elif account is not None:
                is_send = entry.operation is Operation.SEND
                messages = ledger.inspect.messages_of(account.view, entry.position) if is_send else []
                found.append((account, entry, messages))
        return found

    def _timeline(self, woken_for: set[Hashable], ledger: Ledger) -> list[tuple[Account, TimelineEvent]]:
        """Events that time caused on accounts that changed or have events due."""
        found: list[tuple[Account, TimelineEvent]] = []
        keys = ledger.inspect.last_keys()
        for key in sorted(self._keys_to_check(woken_for)):
            account, progress = self._account(key), self._progress.pop(key, None)
            if account is None:
                continue
            is_new = progress is None or progress.slots is not account.slots
            since = account.now if progress is None or is_new else progress.sent_until
            events = ledger.inspect.timeline(account.key, since, account.now, MAX_EVENTS, self._keys)
            found.extend((account, event) for event in events)
            # A clock that is set back does not repeat events.
            self._note(account, ledger, max(since, account.now))
        self._keys, self._is_first = keys, False
        return found

    def _keys_to_check(self, woken_for: set[Hashable]) -> set[int]:
        """Return the numbers of the accounts that changed or have events due; at first of all."""
        if self._is_first:
            return {account.key for account in self._accounts()}
        keys = {key for key in woken_for if isinstance(key, int)}
        while not self.seconds_until_due():
            keys.add(heappop(self._times)[1])
        return keys


def _progress(account: Account, ledger: Ledger, sent_until: int) -> _Progress:
    now = account.now
    due = None if account.clock.setting.frozen_at is not None else ledger.inspect.next_due(account.key, now)
    return _Progress(account.slots, sent_until, _FOREVER if due is None else elapsed() + (due - now) / _MICRO)


def _events(account: Account | None, entry: JournalEntry, messages: list[MessageRecord]) -> Iterator[Event]:
    about = {"userid": None if account is None else account.settings.userid}
    events = [
        Event(_KINDS[entry.operation], {**about, "request": entry}),
        *(Event("message", {**about, "message": message}) for message in messages),
    ]
    yield from events[:-1]
    yield Event(events[-1].kind, events[-1].data, entry.position)
