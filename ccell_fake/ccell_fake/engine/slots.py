"""The requests of an account that are in progress, and the slots that a test holds (K1, Q21)."""

from collections.abc import Iterable
from datetime import datetime

from ccell_fake.clock import from_micros
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation


class Slots:
    """What is taken of an account's slots. One thread may ask at a time.

    It stands for the account's admin too: it outlives a change of settings, and ends with a reset.
    """

    def __init__(self) -> None:
        """Begin with none taken."""
        self._taken: dict[object, Operation] = {}
        self._holds: dict[int, Hold] = {}
        self._ids = 0

    def in_progress(self, now: int, operation: Operation | None = None) -> int:
        """How many are in progress, on one endpoint or on all, held ones included; now is the gateway's present."""
        requests = len(self._taken) if operation is None else list(self._taken.values()).count(operation)
        if not self._holds:
            return requests
        return requests + sum(
            hold.slots for hold in self.holds(now) if operation is None or hold.operation in {None, operation}
        )

    def enter(self, operation: Operation) -> object:
        """Take a slot; what is returned frees it."""
        token = object()
        self._taken[token] = operation
        return token

    def leave(self, token: object) -> None:
        """Free a slot; one that is free stays so."""
        self._taken.pop(token, None)

    def hold(self, slots: int, operation: Operation | None, until: datetime) -> Hold:
        """Keep slots taken."""
        self._ids += 1
        hold = self._holds[self._ids] = Hold(self._ids, slots, operation, until)
        return hold

    def holds(self, now: int) -> tuple[Hold, ...]:
        """The holds there are; those whose time is over are gone."""
        present = from_micros(now)
        self.release(hold.id for hold in tuple(self._holds.values()) if hold.until <= present)
        return tuple(self._holds.values())

    def release(self, ids: Iterable[int]) -> None:
        """Free what holds keep taken."""
        for id_ in ids:
            self._holds.pop(id_, None)
