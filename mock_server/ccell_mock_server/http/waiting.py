"""Waiting without polling: a thread sleeps until something it waits for happens, its client leaves, or time is up."""

import contextlib
import math
import select
import socket
import threading
from collections.abc import Collection, Generator, Hashable
from contextlib import contextmanager
from enum import Enum
from typing import cast
from weakref import WeakSet

from ccell_fake.clock import elapsed

MOST_WAITERS = 128
"""How many clients of the control API may wait at the same time; each keeps a thread of the server."""

MOST_PAUSES = 160
"""How many requests to the gateway may be delayed at the same time; each keeps one too."""

_TLS_12_ALERT = b"\x15"
# A record of TLS 1.3 tells its kind to nobody else; one of this length has room for an alert alone.
_TLS_13_FAREWELL = b"\x17\x03\x03\x00\x13"
_HANG_UP = getattr(select, "POLLRDHUP", 0)


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
        self._has_said_more = False
        self._rung: set[Hashable] = set()
        self._guard = threading.Lock()
        self.is_closed = False
        self.wakings: int = 0

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
        deadline = elapsed() + seconds
        while True:
            ready = self._sleep(max(deadline - elapsed(), 0))
            self.wakings += 1
            if self._ear.fileno() in ready:
                self._ear.recv(4096)
                return Woken.CLOSED if self.is_closed else Woken.RUNG
            if not ready:
                return Woken.TIMED_OUT
            if self._has_said_more or _is_gone(self._client):
                return Woken.CLIENT_GONE
            # What it has sent will be seen when it is its turn; from here on only its leaving matters.
            self._has_said_more = True

    def _sleep(self, seconds: float) -> set[int]:
        if not hasattr(select, "poll"):
            # Windows: that a client has left shows when it is answered.
            return {one.fileno() for one in select.select([self._ear], [], [], seconds)[0]}
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        if self._client is not None and self._client.fileno() >= 0 and (_HANG_UP or not self._has_said_more):
            poll.register(self._client, _HANG_UP if self._has_said_more else select.POLLIN)
        # Rounded up, for the time is not over before it is.
        return {number for number, _ in poll.poll(math.ceil(seconds * 1000))}

    def close(self) -> None:
        """Free what it took."""
        with self._guard:
            self._ear.close()
            self._mouth.close()


def _is_gone(client: socket.socket | None) -> bool:
    """Whether a client that can be read from has closed its side, by TCP or by TLS."""
    if client is None:
        return False
    try:
        with socket.socket(fileno=_duplicate(client)) as plain:
            seen = plain.recv(len(_TLS_13_FAREWELL), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not seen or seen.startswith(_TLS_12_ALERT) or seen == _TLS_13_FAREWELL


def _duplicate(client: socket.socket) -> int:
    return socket.dup(client.fileno())


class Notifier:
    """Who waits for what, so that whatever happens wakes just them.

    Attributes:
        places: How many more clients may wait.
        pauses: How many more requests may be delayed.
    """

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self.places: int = MOST_WAITERS
        self.pauses: int = MOST_PAUSES
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
        self.listen(waiter, topics)
        if waiter.is_closed:
            waiter.wake(())
        try:
            yield waiter
        finally:
            with self._guard:
                self._all.discard(waiter)
                for topic in [topic for topic, waiters in self._waiters.items() if waiter in waiters]:
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

    def listen(self, waiter: Waiter, topics: Collection[Hashable]) -> None:
        """Let a waiter be woken for more, None standing for anything."""
        with self._guard:
            for topic in topics:
                self._waiters.setdefault(topic, set()).add(waiter)

    def pause(self, seconds: float, admin: object, client: object = None) -> bool:
        """Wait out a time; False where the admin ended or the client left before it was over.

        Raises:
            TooManyWaitersError: As many requests are delayed as may be.
        """
        deadline = elapsed() + seconds
        with self._delayed(), self.waiter(admin, client=cast("socket.socket | None", client)) as waiter:
            while admin not in self._ended:
                left = deadline - elapsed()
                if left <= 0:
                    return True
                if waiter.wait(left) in {Woken.CLIENT_GONE, Woken.CLOSED}:
                    return False
        return False

    @contextmanager
    def _delayed(self) -> Generator[None]:
        with self._guard:
            if not self.pauses:
                message = f"{MOST_PAUSES} requests are delayed already, which is the most there may be"
                raise TooManyWaitersError(message)
            self.pauses -= 1
        try:
            yield
        finally:
            with self._guard:
                self.pauses += 1

    def cancel(self, admin: object) -> None:
        """End every wait of a admin, and those that are begun later."""
        self._ended.add(admin)
        self.ring([admin])

    def close(self) -> None:
        """End every wait there is, and those that are begun later."""
        with self._guard:
            self._is_closed = True
            for waiter in self._all:
                waiter.is_closed = True
                waiter.wake(())
