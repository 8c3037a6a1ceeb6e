"""Wait without polling: a thread sleeps until a notification, a disconnect of its client, or a timeout."""

import contextlib
import math
import select
import socket
import threading
from collections.abc import Callable, Collection, Generator, Hashable
from contextlib import contextmanager
from enum import Enum
from functools import partial
from typing import cast

from ccell_fake.clock import elapsed
from ccell_fake.errors import TooManyWaiters

MAX_WAITERS = 128
"""How many clients of the control API may wait at the same time. Each keeps a thread of the server."""

MAX_PAUSES = 160
"""How many requests to the gateway may be delayed at the same time. Each keeps a thread of the server."""

_MAX_CANCELLED = 10_000

_TLS_12_ALERT = b"\x15"
# TLS 1.3 encrypts the kind of a record. A record of this length can only hold an alert.
_TLS_13_ALERT = b"\x17\x03\x03\x00\x13"
_POLL_DISCONNECT = getattr(select, "POLLRDHUP", 0)


class Woken(Enum):
    """The reason why a wait ended."""

    NOTIFIED = "notified"
    TIMED_OUT = "timed out"
    CLIENT_GONE = "client gone"
    CLOSED = "closed"


class ClientGoneError(Exception):
    """The client disconnected while it waited."""


class Places:
    """A limited number of places. `message` is the error if none is free."""

    def __init__(self, number: int, message: str) -> None:
        self._number = number
        self._message = message
        self._taken: set[object] = set()
        self._guard = threading.Lock()

    @property
    def free(self) -> int:
        """The number of free places."""
        return self._number - len(self._taken)

    def take(self) -> Callable[[], None]:
        """Take a place. Returns the function that frees it, which may be called twice.

        Raises:
            TooManyWaiters: No place is free.
        """
        place = object()
        with self._guard:
            if not self.free:
                raise TooManyWaiters(self._message)
            self._taken.add(place)
        return partial(self._taken.discard, place)


class Waiter:
    """A thread that waits, perhaps for a client whose disconnect ends the wait.

    Attributes:
        is_closed: Whether waiting is no longer possible.
        wakings: How often the thread was woken.
    """

    def __init__(self, client: socket.socket | None) -> None:
        self._client = client
        self._receiver, self._sender = socket.socketpair()
        self._sender.settimeout(0)
        self._has_client_data = False
        self._topics: set[Hashable] = set()
        self._guard = threading.Lock()
        self.is_closed = False
        self.wakings: int = 0

    def wake(self, topics: Collection[Hashable]) -> None:
        """Wake the thread, or let its next wait end at once."""
        with self._guard, contextlib.suppress(OSError):
            self._topics.update(topics)
            self._sender.send(b"!")

    def take_topics(self) -> set[Hashable]:
        """Return the topics it was woken for since the last call."""
        with self._guard:
            topics = self._topics.copy()
            self._topics.clear()
            return topics

    def wait(self, seconds: float) -> Woken:
        """Sleep until a notification, a disconnect of the client, or the timeout."""
        deadline = elapsed() + seconds
        while True:
            ready = self._sleep(max(deadline - elapsed(), 0))
            self.wakings += 1
            if self._receiver.fileno() in ready:
                self._receiver.recv(4096)
                return Woken.CLOSED if self.is_closed else Woken.NOTIFIED
            if not ready:
                return Woken.TIMED_OUT
            if self._has_client_data or _is_disconnected(self._client):
                return Woken.CLIENT_GONE
            # The client has sent its next request. From now on only its disconnect matters.
            self._has_client_data = True

    def _sleep(self, seconds: float) -> set[int]:
        if not hasattr(select, "poll"):
            # On Windows a disconnect is only noticed when the answer is sent.
            return {one.fileno() for one in select.select([self._receiver], [], [], seconds)[0]}
        poll = select.poll()
        poll.register(self._receiver, select.POLLIN)
        if self._client is not None and self._client.fileno() >= 0 and (_POLL_DISCONNECT or not self._has_client_data):
            poll.register(self._client, _POLL_DISCONNECT if self._has_client_data else select.POLLIN)
        # Rounded up, so that a timeout never comes early.
        return {number for number, _ in poll.poll(math.ceil(seconds * 1000))}

    def close(self) -> None:
        """Close its sockets."""
        with self._guard:
            self._receiver.close()
            self._sender.close()


def _is_disconnected(client: socket.socket | None) -> bool:
    """Return whether a readable client has closed its side, by TCP or by TLS."""
    if client is None:
        return False
    try:
        with socket.socket(fileno=socket.dup(client.fileno())) as plain:
            data = plain.recv(len(_TLS_13_ALERT), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not data or data.startswith(_TLS_12_ALERT) or data == _TLS_13_ALERT


class Notifier:
    """Wakes the threads that wait for a topic. The topic None stands for all topics.

    Attributes:
        places: Places for waiting clients.
        pauses: Places for delayed requests.
    """

    def __init__(self) -> None:
        self.places: Places = Places(MAX_WAITERS, f"{MAX_WAITERS} clients wait already, which is the maximum")
        self.pauses: Places = Places(MAX_PAUSES, f"{MAX_PAUSES} requests are delayed already, which is the maximum")
        self._guard = threading.Lock()
        self._waiters: dict[Hashable, set[Waiter]] = {}
        self._all: set[Waiter] = set()
        self._cancelled: dict[Hashable, None] = {}
        self._is_closed = False

    @property
    def waiters(self) -> tuple[Waiter, ...]:
        """The threads that wait."""
        with self._guard:
            return tuple(self._all)

    def notify(self, topics: Collection[Hashable]) -> None:
        """Wake all threads that wait for any of these topics."""
        if not self._waiters:
            return
        with self._guard:
            for topic in (*topics, None):
                for waiter in self._waiters.get(topic, ()):
                    waiter.wake(topics)

    @contextmanager
    def waiter(self, *topics: Hashable, client: socket.socket | None = None) -> Generator[Waiter]:
        """Yield a waiter for some topics. A disconnect of the client ends its waits."""
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

    def listen(self, waiter: Waiter, topics: Collection[Hashable]) -> None:
        """Add topics to a waiter."""
        with self._guard:
            for topic in topics:
                self._waiters.setdefault(topic, set()).add(waiter)

    def take_place(self) -> Callable[[], None]:
        """Take a place for a delayed request, and return the function that frees it."""
        return self.pauses.take()

    def pause(self, seconds: float, owner: Hashable, client: object = None) -> bool:
        """Wait. Returns False if the owner cancelled the wait or the client disconnected."""
        deadline = elapsed() + seconds
        with self.waiter(owner, client=cast("socket.socket | None", client)) as waiter:
            while owner not in self._cancelled:
                left = deadline - elapsed()
                if left <= 0:
                    return True
                if waiter.wait(left) in {Woken.CLIENT_GONE, Woken.CLOSED}:
                    return False
        return False

    def cancel(self, owner: Hashable) -> None:
        """End the present and future pauses of an owner."""
        with self._guard:
            self._cancelled[owner] = None
            # A pause begins soon after its request found its owner, or never.
            if len(self._cancelled) > _MAX_CANCELLED:
                del self._cancelled[next(iter(self._cancelled))]
        self.notify([owner])

    def close(self) -> None:
        """End all present and future waits."""
        with self._guard:
            self._is_closed = True
            for waiter in self._all:
                waiter.is_closed = True
                waiter.wake(())
