"""Background work of an emulator: its lease, notices to other emulators, and hearing theirs."""

import logging
import selectors
import socket
import threading
from collections.abc import Collection
from contextlib import ExitStack, closing, suppress
from typing import Protocol

from psycopg import Error

from ccell_fake.clock import elapsed
from ccell_fake.errors import StoreUnavailable
from ccell_fake.records import Lifetime
from ccell_fake.store.postgresql import notices, slots
from ccell_fake.store.postgresql.connections import AnyConnection, Connections, Shared
from ccell_fake.store.postgresql.notices import NOBODY, Notice

LEASE_SECONDS = 5.0
"""Seconds after which an emulator that does not renew its lease counts as ended. Its slots are free then."""

_LOG = logging.getLogger("ccell_fake.store")
_RENEW_SECONDS = 1.0
_LATER_SECONDS = 1.0
_NOTICE_SECONDS = 0.01
"""Time between two notices. What happens meanwhile goes into one."""


class Housekeeper:
    """The thread that renews the lease, sends notices, and frees slots that were not freed when their requests ended.

    Attributes:
        taken: Ids of the slots of requests in progress.
        is_reached: Whether the database was reached the last time.
    """

    def __init__(self, connections: Connections, emulator: int) -> None:
        """Take the lease.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        self._connection = Shared(connections)
        self._place = connections.place
        self._emulator = emulator
        self._wake = threading.Condition()
        self._notice = Notice(emulator)
        self._is_over = False
        self.taken: set[int] = set()
        self.is_reached: bool = True
        self._thread = threading.Thread(target=self._run, name="ccell-fake lease", daemon=True)
        with ExitStack() as opened:
            opened.enter_context(closing(self._connection))
            self._connection.run(slots.renew, emulator, LEASE_SECONDS)
            self._thread.start()
            opened.pop_all()

    def tell(self, changed: Collection[int], ended: Collection[Lifetime]) -> None:
        """Tell all emulators what changed, soon."""
        with self._wake:
            is_known = bool(self._notice)
            self._notice.add(changed, ended)
            if not is_known:
                self._wake.notify()

    def tell_of_anything(self) -> None:
        """Tell all emulators that anything may have changed, soon."""
        with self._wake:
            self._notice.is_complete = False
            self._wake.notify()

    def close(self) -> None:
        """End the lease. The last reference to a store may end in this thread, which ends soon then."""
        with self._wake:
            self._is_over = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _end(self) -> None:
        with suppress(StoreUnavailable):
            if self.is_reached:
                if self._notice:
                    self._connection.run(notices.send, self._notice)
                self._connection.run(slots.end_lease, self._emulator)
        self._connection.close()

    def _run(self) -> None:
        renewal = elapsed() + _RENEW_SECONDS
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._is_over or self._notice, renewal - elapsed())
                if self._is_over:
                    break
                notice, self._notice = self._notice, Notice(self._emulator)
            try:
                if elapsed() >= renewal:
                    renewal = elapsed() + _RENEW_SECONDS
                    self._connection.run(slots.renew, self._emulator, LEASE_SECONDS)
                    freed = self._connection.run(slots.free, self._emulator, self.taken)
                    if freed:
                        # Of nobody, so that this emulator hears it, too.
                        self._connection.run(notices.send, Notice(NOBODY, freed))
                if notice:
                    self._connection.run(notices.send, notice)
                self._note_success()
            except Exception as error:  # noqa: BLE001 - it is logged, and the thread goes on
                self._note_failure(error)
                with self._wake:
                    # What others missed meanwhile is not known any more.
                    self._notice.is_complete = False
                    self._wake.wait_for(lambda: self._is_over, _LATER_SECONDS)
                renewal = elapsed()
            else:
                with self._wake:
                    self._wake.wait_for(lambda: self._is_over, _NOTICE_SECONDS)
        self._end()

    def _note_failure(self, error: Exception) -> None:
        if not isinstance(error, (StoreUnavailable, Error)):
            _LOG.error("a lease or a notice failed", exc_info=error)
            return
        if self.is_reached:
            _LOG.warning("the database %s is away: %s", self._place, error)
        self.is_reached = False

    def _note_success(self) -> None:
        if not self.is_reached:
            _LOG.warning("the database %s is back", self._place)
        self.is_reached = True


class Hearer(Protocol):
    """What a listener tells."""

    def hear(self, changed: frozenset[int], ended: frozenset[Lifetime]) -> None:
        """Another emulator changed accounts, and ended lives."""
        ...

    def catch_up(self, connection: AnyConnection) -> None:
        """Anything may have changed."""
        ...


class Listener:
    """The thread that hears the notices of other emulators."""

    def __init__(self, connections: Connections, emulator: int, hearer: Hearer) -> None:
        """Begin to listen. After a loss of the connection, the listener catches up."""
        self._connections = connections
        self._emulator = emulator
        self._hearer = hearer
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="ccell-fake listener", daemon=True)
        with ExitStack() as opened:
            self._connection: AnyConnection | None = opened.enter_context(self._connect())
            self._waker, self._woken = map(opened.enter_context, socket.socketpair())
            self._thread.start()
            opened.pop_all()

    def close(self) -> None:
        """End the thread."""
        self._is_over = True
        # The thread may have seen the end, and closed its sockets.
        with suppress(OSError):
            self._waker.send(b".")
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _connect(self) -> AnyConnection:
        with ExitStack() as opened:
            connection = opened.enter_context(self._connections.single())
            notices.listen(connection)
            opened.pop_all()
        return connection

    def _run(self) -> None:
        while not self._is_over:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                    self._hearer.catch_up(self._connection)
                with self._connection as connection:
                    self._listen(connection)
            except Error:
                self._wait(None, _LATER_SECONDS)
            except Exception:  # noqa: BLE001 - it is logged, and the thread goes on
                _LOG.exception("a notice of another emulator could not be handled")
            self._connection = None
        self._waker.close()
        self._woken.close()

    def _listen(self, connection: AnyConnection) -> None:
        position, poll = _last_position(connection), elapsed() + _LATER_SECONDS
        while not self._is_over:
            self._wait(connection, max(poll - elapsed(), 0.0))
            if elapsed() >= poll:
                # The notice of an emulator that was killed after its commit never comes.
                changed, position = _changed_after(connection, position)
                if changed:
                    self._hearer.hear(changed, frozenset())
                poll = elapsed() + _LATER_SECONDS
            for notice in notices.received(connection):
                if notice.emulator == self._emulator and notice.is_complete:
                    continue
                if notice.is_complete:
                    self._hearer.hear(frozenset(notice.changed), frozenset(notice.ended))
                else:
                    self._hearer.catch_up(connection)

    def _wait(self, connection: AnyConnection | None, seconds: float) -> None:
        """Wait until there is something to read, the end, or some seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            if connection is not None:
                selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.select(seconds)


def _last_position(connection: AnyConnection) -> int:
    row = connection.execute(b"SELECT safe_position()").fetchone()
    return int(row[0]) if row else 0


def _changed_after(connection: AnyConnection, position: int) -> tuple[frozenset[int], int]:
    """Return the accounts with requests after a position, and the position up to which these are all."""
    # In a statement before: the rows of one statement are older than what its functions read.
    row = connection.execute(b"SELECT safe_position()").fetchone()
    safe = int(row[0]) if row else position
    rows = connection.execute(
        b"SELECT account FROM journal WHERE position > %(last)s AND position <= %(safe)s"
        b" UNION SELECT account FROM time_event WHERE position > %(last)s AND position <= %(safe)s",
        {"last": position, "safe": safe},
    )
    return frozenset(account for (account,) in rows), safe
