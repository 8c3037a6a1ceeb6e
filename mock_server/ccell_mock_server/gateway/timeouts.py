"""Callers in this process whose patience is limited: they stop waiting, as a client that times out does."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from ccell_fake.engine.accounts import Pauses


class CallTimeout:
    """How long one caller waits.

    Attributes:
        seconds: At most, in one go; None for ever.
        is_over: Whether a wait was longer.
    """

    def __init__(self, seconds: float | None) -> None:
        """Begin to wait."""
        self.seconds = seconds
        self.is_over: bool = False

    def cut(self, seconds: float) -> float:
        """As much of a wait as the caller waits; once that was not all of it, nothing of any other."""
        if self.is_over:
            return 0.0
        if self.seconds is None or seconds <= self.seconds:
            return seconds
        self.is_over = True
        return self.seconds


class CallTimeouts:
    """Pauses that a caller of this thread can cut short.

    What is asked is done all the same, as by a gateway whose client has left: but at once, so that nothing goes on in
    the background and a test finds it done.
    """

    def __init__(self, pauses: Pauses) -> None:
        """Cut these pauses short."""
        self._pauses = pauses
        self._thread = threading.local()

    @contextmanager
    def limited(self, seconds: float | None) -> Generator[CallTimeout]:
        """Let the pauses of this thread last at most so many seconds for a while."""
        limit = self._thread.limit = CallTimeout(seconds)
        try:
            yield limit
        finally:
            del self._thread.limit

    def pause(self, seconds: float, admin: object, client: object = None) -> bool:
        """Wait; False where the wait was cancelled, or the client has left."""
        limit: CallTimeout | None = getattr(self._thread, "limit", None)
        return self._pauses.pause(seconds if limit is None else limit.cut(seconds), admin, client)

    def cancel(self, admin: object) -> None:
        """End every wait of a admin, and those that are begun later."""
        self._pauses.cancel(admin)
