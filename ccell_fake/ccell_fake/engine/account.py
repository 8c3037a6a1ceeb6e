"""An account in memory: its policy, rules, clock and requests in progress (K1, Q21)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccell_fake.clock import AccountClock, to_micros
from ccell_fake.engine.content import describe
from ccell_fake.engine.number_rules import AnyRule
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Rule
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation
from ccell_fake.records import View
from ccell_fake.settings import AccountSettings


class Slots:
    """The taken slots of an account. The caller ensures that one thread asks at a time.

    The object outlives a change of settings and ends with a reset, so it also identifies the account's lifetime.
    """

    def __init__(self, elapsed: Callable[[], float]) -> None:
        """Start without taken slots. `elapsed` returns the seconds of a monotonic clock, which ends the holds."""
        self._elapsed = elapsed
        self._taken: dict[object, Operation] = {}
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

    def enter(self, operation: Operation) -> object:
        """Take a slot. Returns the token that frees it."""
        token = object()
        self._taken[token] = operation
        return token

    def leave(self, token: object) -> None:
        """Free a slot. A second call does nothing."""
        self._taken.pop(token, None)

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


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        key: The store's number for it.
        policy: Its settings and answers, compiled.
        clock: Its clock.
        request_rules: The rules that can refuse a request, in order. They take RequestFacts, which hold the account.
        number_rules: The rules that can refuse a number, in order.
        slots: Its taken slots.
    """

    key: int
    policy: Policy
    clock: AccountClock
    request_rules: tuple[Rule[Any], ...]
    number_rules: tuple[AnyRule, ...]
    slots: Slots

    @property
    def settings(self) -> AccountSettings:
        """The account's settings."""
        return self.policy.settings

    @property
    def view(self) -> View:
        """The account at present, to read its messages."""
        answers, limits = self.policy.answers, self.policy.limits
        return View(self.key, self.settings.userid, self.now, lambda content: describe(content, answers, limits))

    @property
    def now(self) -> int:
        """The account's time, in microseconds since 1970."""
        return to_micros(self.clock.now())
