"""The cap of an account's messages, by number and age. What exceeds it is deleted in pieces, beside normal requests.

A sweep looks at the oldest rows of an account in the order of their keys, at a few rows a request. It deletes those
that exceed the cap and have nothing to come. A sweep begins when enough rows exceed the cap, so that a request seldom
has to do with it. A sweep that met many rows and left them is followed by so many requests without one that a request
costs little on average.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from sqlite3 import Connection
from typing import Any

from ccell_fake.store.narrowing import Value

_LOOKED_AT = 20
_MOST_DELETED = 100
_MOST_SPARE = 200


@dataclass(frozen=True, slots=True)
class Cap:
    """Limits of what an account keeps.

    Attributes:
        number: Messages, and upstream messages, to keep. None for all.
        age: Microseconds to keep them by the account's clock. None for ever.
    """

    number: int | None = None
    age: int | None = None

    @property
    def is_set(self) -> bool:
        """True if anything is ever deleted."""
        return self.number is not None or self.age is not None


NO_CAP: Cap = Cap()


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that a sweep looks at.

    Attributes:
        count: Statement for the accounts with their numbers of records.
        following: Statement for the rows after a place: two columns of the place, the second of which is the key, time,
            number of records, and whether nothing is to come.
    """

    count: str
    following: str


SUBMISSIONS: Kind = Kind(
    "SELECT account, count(*) FROM message GROUP BY account",
    "SELECT s.position, s.key, s.submitted_at, (SELECT count(*) FROM message WHERE submission = s.key),"
    " (s.due <= :now OR s.due <= s.submitted_at) AND NOT EXISTS (SELECT 1 FROM message m"
    " CROSS JOIN report r ON r.msgid = m.msgid AND r.account = m.account"
    " WHERE m.submission = s.key AND r.fetched_at IS NULL)"
    " FROM submission s INDEXED BY submission_of WHERE s.account = :account AND (s.position, s.key) > (:place, :key)"
    " ORDER BY s.position, s.key LIMIT :limit",
)
UPMSGS: Kind = Kind(
    "SELECT account, count(*) FROM upmsg GROUP BY account",
    "SELECT motime, key, motime, 1, fetched_at IS NOT NULL FROM upmsg INDEXED BY upmsg_of"
    " WHERE account = :account AND (motime, key) > (:place, :key) ORDER BY motime, key LIMIT :limit",
)
_BEGINNING = (-1, 0)


@dataclass(frozen=True, slots=True)
class _Sweep:
    """Progress of the sweeps of one kind in one account.

    Attributes:
        count: Records that the account has.
        oldest: Time of its oldest row, or an earlier time.
        after: Place of the last row that this sweep has looked at; the beginning between sweeps.
        left: Number of rows that this sweep has left.
        left_records: Number of their records.
        oldest_left: Time of the oldest of them.
        rest: Requests until the next sweep.
    """

    count: int = 0
    oldest: float = inf
    after: tuple[int, int] = _BEGINNING
    left: int = 0
    left_records: int = 0
    oldest_left: float = inf
    rest: int = 0


class Retention:
    """The sweeps of all accounts."""

    def __init__(
        self,
        cap: Cap,
        read: Callable[[str, dict[str, Value]], list[tuple[Any, ...]]],
        at_rollback: Callable[[Callable[[], object]], None],
    ) -> None:
        """Begin without records.

        Args:
            cap: The cap.
            read: Runs a statement.
            at_rollback: Calls a function if the transaction is rolled back.
        """
        self._cap = cap
        self._read = read
        self._at_rollback = at_rollback
        self._spare = min(_MOST_SPARE, (cap.number or 0) // 10)
        self._sweeps: dict[tuple[Kind, int], _Sweep] = {}

    def load(self, connection: Connection) -> None:
        """Count the records of a database, if there is a cap."""
        for kind in (SUBMISSIONS, UPMSGS) if self._cap.is_set else ():
            for account, count in connection.execute(kind.count):
                self._sweeps[kind, account] = _Sweep(count, -inf)

    def count(self, kind: Kind, account: int, records: int, at: float = inf) -> None:
        """Count records that were added at a time, or a negative number of deleted ones."""
        if self._cap.is_set:
            sweep = self._sweeps.get((kind, account), _Sweep())
            self._keep(kind, account, replace(sweep, count=sweep.count + records, oldest=min(sweep.oldest, at)))

    def take_due(self, kind: Kind, account: int, now: int) -> list[int]:
        """Return the keys of a few rows to delete now. `now` is the account's time."""
        sweep = self._sweeps.get((kind, account))
        if sweep is None or not self._begins(sweep, now):
            return []
        if sweep.rest:
            self._keep(kind, account, replace(sweep, rest=sweep.rest - 1))
            return []
        place, key = sweep.after
        values: dict[str, Value] = {"account": account, "place": place, "key": key, "now": now, "limit": _LOOKED_AT}
        rows = self._read(kind.following, values)
        due, swept = self._look_at(rows, sweep, now)
        self._keep(kind, account, swept)
        return due

    def _look_at(self, rows: list[tuple[Any, ...]], sweep: _Sweep, now: int) -> tuple[list[int], _Sweep]:
        """Choose rows to delete. Returns their keys, and the progress."""
        due: list[int] = []
        deleted = 0
        for place, key, at, records, is_done in rows:
            if not self._exceeds(sweep.count - sweep.left_records - deleted - records, at, now):
                return due, _ended(sweep, at)
            if is_done:
                due.append(key)
                deleted += records
                sweep = replace(sweep, after=(place, key))
            else:
                oldest_left = min(sweep.oldest_left, at)
                sweep = replace(
                    sweep,
                    after=(place, key),
                    left=sweep.left + 1,
                    left_records=sweep.left_records + records,
                    oldest_left=oldest_left,
                )
            if deleted >= _MOST_DELETED:
                return due, sweep
        return due, sweep if len(rows) == _LOOKED_AT else _ended(sweep)

    def _begins(self, sweep: _Sweep, now: int) -> bool:
        """Return whether a sweep goes on or begins."""
        if sweep.after != _BEGINNING:
            return True
        if self._cap.number is not None and sweep.count > self._cap.number + self._spare:
            return True
        # A hundredth of the age is spare, for the same reason as some rows are.
        return self._cap.age is not None and sweep.oldest < now - self._cap.age - self._cap.age // 100

    def _exceeds(self, count: int, at: int, now: int) -> bool:
        """Return whether a row may go that was made at a time, and after which there are so many records."""
        return (self._cap.number is not None and count >= self._cap.number) or (
            self._cap.age is not None and at < now - self._cap.age
        )

    def forget(self, account: int) -> None:
        """Forget an account that is deleted, with all its records."""
        for kind in (SUBMISSIONS, UPMSGS):
            if (kind, account) in self._sweeps:
                self._keep(kind, account, None)

    def _keep(self, kind: Kind, account: int, sweep: _Sweep | None) -> None:
        self._at_rollback(partial(self._put, kind, account, self._sweeps.get((kind, account))))
        self._put(kind, account, sweep)

    def _put(self, kind: Kind, account: int, sweep: _Sweep | None) -> None:
        if sweep is None:
            self._sweeps.pop((kind, account), None)
        else:
            self._sweeps[kind, account] = sweep


def _ended(sweep: _Sweep, oldest: float = inf) -> _Sweep:
    """End a sweep. `oldest` is the time of the first row that it did not look at."""
    return _Sweep(sweep.count, min(sweep.oldest_left, oldest), rest=sweep.left // _LOOKED_AT)
