"""The slots of an account that are taken in this process, and the holds (K1, Q21)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count

from ccell_fake.inspection import Hold
from ccell_fake.model import Operation
from ccell_fake.records import Slot

# Numbers are not reused after a restore, or the slot of an earlier request would be freed instead.
_IDS = count(1)


class Slots:
    """The taken slots of an account. The caller ensures that one thread asks at a time."""

    def __init__(self, account: int, elapsed: Callable[[], float]) -> None:
        """Start without taken slots. `elapsed` returns the seconds of a monotonic clock, which ends the holds."""
        self._account = account
        self._elapsed = elapsed
        self._taken: dict[Slot, Operation] = {}
        self._holds: dict[int, tuple[Hold, float]] = {}
        self._ids = 0

    def in_progress(self, operation: Operation | None = None) -> int:
        """Count the taken slots of one endpoint or of all, holds included."""
        requests = len(self._taken) if operation is None else list(self._taken.values()).count(operation)
        if not self._holds:
            return requests
        return requests + sum(
            hold.slots for hold in self.holds() if operation is None or hold.operation in {None, operation}
        )

    def enter(self, operation: Operation) -> Slot:
        """Take a slot."""
        slot = Slot(self._account, next(_IDS))
        self._taken[slot] = operation
        return slot

    def leave(self, slot: Slot) -> None:
        """Free a slot. A second call does nothing."""
        self._taken.pop(slot, None)

    def hold(self, slots: int, operation: Operation | None, until: datetime, seconds: float) -> Hold:
        """Add a hold that ends after some seconds. The host's clock shows `until` then, unless it is set meanwhile."""
        self._ids += 1
        hold = Hold(self._ids, slots, operation, until)
        self._holds[self._ids] = hold, self._elapsed() + seconds
        return hold

    def holds(self) -> tuple[Hold, ...]:
        """Return the holds that have not expired."""
        present = self._elapsed()
        self.release(hold.id for hold, end in tuple(self._holds.values()) if end <= present)
        return tuple(hold for hold, _ in self._holds.values())

    def release(self, ids: Iterable[int]) -> None:
        """Remove holds."""
        for id_ in ids:
            self._holds.pop(id_, None)
