"""The cap of an account's messages, by number and age. What exceeds it is deleted in pieces, beside normal requests.

One emulator at a time sweeps all accounts in the background. A piece is chosen without a lock, and deleted in a
transaction on the account, which leaves the rows that something is to come of again meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg import Connection, Error

from ccell_fake.clock import SystemClock, to_micros
from ccell_fake.errors import StoreUnavailable
from ccell_fake.store.postgresql.connections import Connections, Shared
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.retention import Cap
from ccell_fake.store.schema import APPLICATION

_LOG = logging.getLogger("ccell_fake.store")
_SECONDS = 10.0
_LOOKED_AT = 200
_MOST_SPARE = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that a sweep looks at.

    Attributes:
        count: Statement for the number of records of an account.
        following: Statement for the rows after a place: two columns of the place, the second of which is the key, time,
            number of records, and whether nothing is to come.
        delete: Deletes the rows with some keys, unless something is to come of them again.
    """

    count: str
    following: str
    delete: Callable[[PostgresqlLedger, int, list[int], int], None]


SUBMISSIONS: Kind = Kind(
    "SELECT count(*) FROM message WHERE account = %(account)s",
    "SELECT s.position, s.key, s.submitted_at, (SELECT count(*) FROM message m WHERE m.submission = s.key),"
    " (s.due <= %(now)s OR s.due <= s.submitted_at) AND NOT EXISTS (SELECT FROM message m JOIN report r"
    " ON r.msgid = m.msgid AND r.account = m.account WHERE m.submission = s.key AND r.fetched_at IS NULL)"
    " FROM submission s WHERE s.account = %(account)s AND (s.position, s.key) > (%(place)s, %(key)s)"
    " ORDER BY s.position, s.key LIMIT %(limit)s",
    PostgresqlLedger.delete_submissions,
)
UPMSGS: Kind = Kind(
    "SELECT count(*) FROM upmsg WHERE account = %(account)s",
    "SELECT motime, key, motime, 1, fetched_at IS NOT NULL FROM upmsg"
    " WHERE account = %(account)s AND (motime, key) > (%(place)s, %(key)s) ORDER BY motime, key LIMIT %(limit)s",
    PostgresqlLedger.delete_fetched_upmsgs,
)


class _Store(Protocol):
    def transaction(self, userid: str | None) -> AbstractContextManager[PostgresqlLedger]: ...


def sweep(
    connection: Connection[Any], store: _Store, cap: Cap, base: int, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Delete what exceeds the cap in all accounts, except what something is to come of.

    Does nothing while another emulator does it.

    Args:
        connection: A connection that commits each statement.
        store: Opens transactions.
        cap: The cap.
        base: The gateway's time.
        is_over: Whether to end after the present piece.
    """
    row = connection.execute(b"SELECT pg_try_advisory_lock(%s, 1)", (APPLICATION,)).fetchone()
    if row == (True,):
        try:
            accounts = connection.execute(
                b'SELECT key, userid, coalesce(frozen_at, %s + "offset") FROM account WHERE key > 0', (base,)
            ).fetchall()
            for account, userid, now in accounts:
                for kind in (SUBMISSIONS, UPMSGS):
                    for keys in _exceeding(connection, kind, cap, account, now):
                        if is_over():
                            return
                        if keys:
                            _delete(store, kind, userid, account, keys, base)
        finally:
            connection.execute(b"SELECT pg_advisory_unlock(%s, 1)", (APPLICATION,))


def _delete(store: _Store, kind: Kind, userid: str, account: int, keys: list[int], base: int) -> None:
    with store.transaction(userid) as ledger:
        # Meanwhile its clock may have been set, or it may be gone.
        one = ledger.account_row(userid)
        if one is not None and one.key == account:
            frozen_at = one.clock.frozen_at
            kind.delete(ledger, account, keys, base + one.clock.offset if frozen_at is None else frozen_at)


def _exceeding(connection: Connection[Any], kind: Kind, cap: Cap, account: int, now: int) -> Iterable[list[int]]:
    """Yield the keys of the rows of an account that exceed the cap and have nothing to come, in pieces.

    A piece is empty if all its rows stay.
    """
    values = {"account": account, "now": now, "place": -1, "key": 0, "limit": _LOOKED_AT}
    row = connection.execute(kind.count.encode(), values).fetchone()
    count = row[0] if row else 0
    # Some rows are spare, so that a sweep seldom has to do with an account.
    is_due = cap.number is not None and count > cap.number + min(_MOST_SPARE, cap.number // 10)
    while True:
        rows = connection.execute(kind.following.encode(), values).fetchall()
        due: list[int] = []
        for place, key, at, records, is_done in rows:
            is_due = is_due or (cap.age is not None and at < now - cap.age - cap.age // 100)
            count -= records
            is_over = (cap.number is not None and count >= cap.number) or (cap.age is not None and at < now - cap.age)
            if not (is_due and is_over):
                yield due
                return
            values |= {"place": place, "key": key}
            if is_done:
                due.append(key)
        yield due
        if len(rows) < _LOOKED_AT:
            return


class Sweeper:
    """The thread that sweeps."""

    def __init__(self, connections: Connections, cap: Cap, store: Callable[[], _Store | None]) -> None:
        """Begin to sweep if there is a cap.

        Args:
            connections: Opens the connection that the sweeps read with.
            cap: The cap.
            store: Returns the store, or None if nobody uses it any more.
        """
        self._connection = Shared(connections)
        self._cap = cap
        self._store = store
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ccell-fake retention", daemon=True)
        if cap.is_set:
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._over.wait(_SECONDS):
            store = self._store()
            if store is None:
                return
            try:
                self._connection.run(sweep, store, self._cap, to_micros(SystemClock().now()), self._over.is_set)
            except (StoreUnavailable, Error) as error:
                _LOG.warning("old messages could not be deleted: %s", error)
            except Exception:  # noqa: BLE001 - it is logged, and the thread goes on
                _LOG.exception("old messages could not be deleted")
            del store
