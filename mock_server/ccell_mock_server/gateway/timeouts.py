"""Timeouts of callers in this process, which shorten the pauses of their requests."""

import threading
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager

from ccell_fake.engine.pauses import Pauses


class CallTimeout:
    """The timeout of one call. `is_over` after a wait that was longer."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.is_over: bool = False

    def shorten(self, seconds: float) -> float:
        """Return the time to wait, 0 after the timeout."""
        if self.is_over:
            return 0.0
        if self._seconds is None or seconds <= self._seconds:
            return seconds
        self.is_over = True
        return self._seconds


class CallTimeouts:
    """Pauses that a call's timeout can shorten.

    The request is still completed after a timeout, as by a gateway whose client has disconnected. It completes at
    once, so that nothing continues in the background.
    """

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._thread = threading.local()

    @contextmanager
    def limit(self, seconds: float | None) -> Generator[CallTimeout]:
        """Limit each pause of this thread to some seconds."""
        timeout = self._thread.timeout = CallTimeout(seconds)
        try:
            yield timeout
        finally:
            del self._thread.timeout

    def take_place(self) -> Callable[[], None]:
        """Take a place among the delayed requests, and return the function that frees it."""
        return self._pauses.take_place()

    def pause(self, seconds: float, owner: Hashable, client: object = None) -> bool:
        """Wait. Returns False if the wait was cancelled or the client disconnected."""
        timeout: CallTimeout | None = getattr(self._thread, "timeout", None)
        return self._pauses.pause(seconds if timeout is None else timeout.shorten(seconds), owner, client)

    def cancel(self, owner: Hashable) -> None:
        """End the present and future waits of an owner."""
        self._pauses.cancel(owner)
