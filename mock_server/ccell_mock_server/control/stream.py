"""What happens on an account, or on all of them, in the order in which a listener is told."""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from ccell_fake.clock import elapsed
from ccell_fake.control.models import EntryAnswer, HappeningAnswer, MessageAnswer
from ccell_fake.engine.account import Account
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.universe import HAPPENINGS, journal_of
from ccell_fake.inspection import MessageFilter
from ccell_fake.model import Operation
from ccell_fake.records import JournalEntry
from ccell_mock_server.backstage import Backstage

_KINDS = {Operation.REPORT: "drain", Operation.UPMSG: "fetch", Operation.INFO: "info", Operation.SEND: "send"}
_FOREVER = 1e9
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: Of which kind.
        cursor: How far the journal has been told.
        data: The account, and what happened.
    """

    kind: str
    cursor: int
    data: dict[str, Any]


@dataclass(slots=True)
class _Place:
    """How far a listener has been told about one account."""

    now: int
    report: int
    upmsg: int
    due: float


class Stream:
    """What one listener has been told, and what there is to tell."""

    def __init__(self, backstage: Backstage, userid: str | None, after: int | None) -> None:
        """Begin behind a cursor, or now.

        Args:
            backstage: Where it happens.
            userid: On which account; None for all.
            after: Behind which cursor of the journal.

        Raises:
            NoSuchThing: There is no such account.
            FallenOut: Entries behind the cursor have fallen out of its journal.
        """
        self._backstage = backstage
        self._userid = userid
        self._places: dict[int, _Place] = {}
        self._is_new = True
        if userid is None:
            self.topic: Hashable = None
        else:
            with backstage.universe(userid).opened() as (account, ledger):
                self.topic = account.key
                if after is not None:
                    journal_of(account.key, userid, ledger, after, 0)
        with backstage.store.transaction() as ledger:
            last = max((ledger.inspect.last_number(account.key) for account in backstage.accounts), default=0)
            self._cursor = last if after is None else after
            for account in self._accounts():
                self._places[account.key] = _place(account, ledger)

    def _accounts(self) -> list[Account]:
        return [one for one in self._backstage.accounts if self._userid in {None, one.settings.userid}]

    def seconds_until_due(self) -> float:
        """How long until time alone may bring something about."""
        due = min((place.due for place in self._places.values()), default=_FOREVER)
        return max(due - elapsed(), 0.0)

    def due(self, rung: Collection[Hashable]) -> list[Event]:
        """What there is to tell.

        Args:
            rung: The keys of accounts on which something has happened.
        """
        events: list[Event] = []
        present = elapsed()
        with self._backstage.store.transaction() as ledger:
            reached = self._cursor
            for account in self._accounts():
                place = self._places.get(account.key)
                if place is None:
                    place = self._places[account.key] = _Place(account.now, 0, 0, 0.0)
                elif not self._is_new and account.key not in rung and place.due > present:
                    continue
                for entry in ledger.inspect.journal(account.key, self._cursor, -1):
                    reached = max(reached, entry.number)
                    events.extend(_of_entry(account, entry, ledger))
                events.extend(_of_time(account, place, reached, ledger))
                self._places[account.key] = _place(account, ledger)
            self._cursor = reached
        self._is_new = False
        return events


def _place(account: Account, ledger: Ledger) -> _Place:
    now = account.now
    report, upmsg = ledger.inspect.last_keys(account.key)
    due = None if account.clock.setting.frozen_at is not None else ledger.inspect.next_due(account.key, now)
    return _Place(now, report, upmsg, elapsed() + (_FOREVER if due is None else (due - now) / _MICRO))


def _of_entry(account: Account, entry: JournalEntry, ledger: Ledger) -> Iterator[Event]:
    about = {"userid": account.settings.userid}
    seen = EntryAnswer.model_validate(entry).model_dump(mode="json")
    yield Event(_KINDS[Operation(entry.operation)], entry.number, {**about, "request": seen})
    if entry.operation == Operation.SEND:
        messages = ledger.inspect.messages(
            account.key, account.now, MessageFilter(), since_request=entry.number - 1, limit=-1
        )
        for message in messages:
            if message.request == entry.number:
                told = MessageAnswer.model_validate(message).model_dump(mode="json")
                yield Event("message", entry.number, {**about, "message": told})


def _of_time(account: Account, place: _Place, cursor: int, ledger: Ledger) -> Iterator[Event]:
    happenings = ledger.inspect.happenings(
        account.key, place.now, account.now, HAPPENINGS, report=place.report, upmsg=place.upmsg
    )
    for happening in happenings:
        told = HappeningAnswer.model_validate(happening).model_dump(mode="json")
        yield Event(happening.kind, cursor, {"userid": account.settings.userid, "event": told})
