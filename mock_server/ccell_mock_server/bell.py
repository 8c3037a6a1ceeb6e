"""Waiting without polling: a thread sleeps until something it waits for happens, its client leaves, or time is up."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Collection, Generator, Hashable
from contextlib import contextmanager
from enum import Enum
from weakref import WeakSet

from ccell_fake.clock import elapsed

MOST_WAITERS = 128
"""How many clients may wait at the same time; each keeps a thread of the server."""


class Woken(Enum):
    """Why a wait ended."""

    RUNG = "rung"
    TIMED_OUT = "timed out"
    CLIENT_GONE = "client gone"
    CLOSED = "closed"


class TooManyWaitersError(Exception):
    """As many clients wait as may at the same time."""


class Waiter:
    """One thread that waits.

    Attributes:
        is_closed: Whether nothing is to be waited for any more.
        wakings: How often it has slept and was woken.
    """

    def __init__(self, client: socket.socket | None) -> None:
        """Wait on behalf of a client whose leaving ends it, or of none."""
        self._client = client
        self._ear, self._mouth = socket.socketpair()
        self._mouth.settimeout(0)
        self._rung: set[Hashable] = set()
        self._guard = threading.Lock()
        self.is_closed = False
        self.wakings = 0

    def wake(self, topics: Collection[Hashable]) -> None:
        """Wake it, or let its next wait end at once."""
        with self._guard, contextlib.suppress(OSError):
            self._rung.update(topics)
            self._mouth.send(b"!")

    def take_rung(self) -> set[Hashable]:
        """What it was woken for since this was last asked."""
        with self._guard:
            rung = self._rung.copy()
            self._rung.clear()
            return rung

    def wait(self, seconds: float) -> Woken:
        """Sleep until it is woken, the client is gone or the time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            if self._client is not None and self._client.fileno() >= 0:
                selector.register(self._client, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select(max(seconds, 0))]
        self.wakings += 1
        if self._ear in ready:
            self._ear.recv(4096)
            return Woken.CLOSED if self.is_closed else Woken.RUNG
        if ready:
            if _is_gone(self._client):
                return Woken.CLIENT_GONE
            # It has sent something more; what that is will be seen when it is its turn.
            self._client = None
            return Woken.RUNG
        return Woken.TIMED_OUT

    def close(self) -> None:
        """Free what it took."""
        with self._guard:
            self._ear.close()
            self._mouth.close()


def _is_gone(client: socket.socket | None) -> bool:
    """Whether a client that can be read from has closed its side; under TLS anything but data says so."""
    if client is None:
        return False
    try:
        with socket.socket(fileno=_duplicate(client)) as plain:
            seen = plain.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return seen in {b"", b"\x15"}


def _duplicate(client: socket.socket) -> int:
    return socket.dup(client.fileno())


class Bell:
    """Who waits for what, so that whatever happens wakes just them.

    Attributes:
        places: How many more clients may wait.
    """

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self.places = MOST_WAITERS
        self._guard = threading.Lock()
        self._waiters: dict[Hashable, set[Waiter]] = {}
        self._all: set[Waiter] = set()
        self._ended: WeakSet[object] = WeakSet()
        self._is_closed = False

    @property
    def waiters(self) -> tuple[Waiter, ...]:
        """Who waits."""
        with self._guard:
            return tuple(self._all)

    def ring(self, topics: Collection[Hashable]) -> None:
        """Wake everyone who waits for any of these."""
        if not self._waiters:
            return
        with self._guard:
            for topic in (*topics, None):
                for waiter in self._waiters.get(topic, ()):
                    waiter.wake(topics)

    @contextmanager
    def waiter(self, *topics: Hashable, client: socket.socket | None = None) -> Generator[Waiter]:
        """Someone who waits for some things, None standing for anything.

        Args:
            topics: What to be woken for.
            client: Whose leaving ends a wait.
        """
        waiter = Waiter(client)
        with self._guard:
            self._all.add(waiter)
            waiter.is_closed = self._is_closed
            for topic in topics:
                self._waiters.setdefault(topic, set()).add(waiter)
        if waiter.is_closed:
            waiter.wake(())
        try:
            yield waiter
        finally:
            with self._guard:
                self._all.discard(waiter)
                for topic in topics:
                    self._waiters[topic].discard(waiter)
                    if not self._waiters[topic]:
                        del self._waiters[topic]
            waiter.close()

    @contextmanager
    def place(self) -> Generator[None]:
        """A place among the clients that wait.

        Raises:
            TooManyWaitersError: There is none left.
        """
        with self._guard:
            if not self.places:
                message = f"{MOST_WAITERS} clients wait already, which is the most there may be"
                raise TooManyWaitersError(message)
            self.places -= 1
        try:
            yield
        finally:
            with self._guard:
                self.places += 1

    def pause(self, seconds: float, universe: object, client: socket.socket | None = None) -> bool:
        """Wait out a time; False where the universe ended or the client left before it was over."""
        deadline = elapsed() + seconds
        with self.waiter(universe, client=client) as waiter:
            while universe not in self._ended:
                left = deadline - elapsed()
                if left <= 0:
                    return True
                if waiter.wait(left) in {Woken.CLIENT_GONE, Woken.CLOSED}:
                    return False
        return False

    def cancel(self, universe: object) -> None:
        """End every wait of a universe, and those that are begun later."""
        self._ended.add(universe)
        self.ring([universe])

    def close(self) -> None:
        """End every wait there is, and those that are begun later."""
        with self._guard:
            self._is_closed = True
            for waiter in self._all:
                waiter.is_closed = True
                waiter.wake(())
