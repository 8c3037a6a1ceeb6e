"""A stream of events that can connect again after its last event."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Self

from ccell_fake.clock import elapsed
from ccell_fake.control.errors import Unreachable
from ccell_fake.control.events import Event, read_events, read_id

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class EventStream(Iterator[Event]):
    """Events as they happen. `next` waits for one. A stream of one account ends after its event `ended`.

    Attributes:
        last_event_id: Opaque text to continue from, in this stream or in another one.
    """

    def __init__(
        self, connect: Callable[[str], AbstractContextManager[Iterator[str]]], last_event_id: str, reconnect_for: float
    ) -> None:
        """Connect.

        Args:
            connect: Requests the events after one with an id, and gives the lines of the answer.
            last_event_id: The first id; empty for events from now on.
            reconnect_for: Seconds to try to connect again after the connection is lost.
        """
        self.last_event_id: str = last_event_id
        self._connect_after = connect
        self._reconnect_for = reconnect_for
        self._connection = ExitStack()
        self._events = self._connect()

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> Event:
        """Wait for the next event.

        Raises:
            Unreachable: The connection is lost, and it is not to connect again, or could not in time.
        """
        while True:
            try:
                event = next(self._events)
            except Unreachable as error:
                self._events = self._reconnect(error)
            else:
                self.last_event_id = event.id or self.last_event_id
                return event

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _connect(self) -> Iterator[Event]:
        self._connection.close()
        lines = self._connection.enter_context(self._connect_after(self.last_event_id))
        # The first line says that no event is missed from here on.
        if not next(lines, "").startswith(":"):
            message = "the answer is not a stream of events"
            raise Unreachable(message)
        self.last_event_id = read_id(lines) or self.last_event_id
        return read_events(lines)

    def _reconnect(self, error: Unreachable) -> Iterator[Event]:
        ends, pause = elapsed() + self._reconnect_for, _FIRST_PAUSE
        while (left := ends - elapsed()) > 0:
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
            try:
                return self._connect()
            except Unreachable as again:
                error = again
        raise error
