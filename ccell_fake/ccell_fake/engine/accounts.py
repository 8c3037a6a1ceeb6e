"""An account as the engine holds it: its policy, its rules in order, its clock and its requests in progress."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccell_fake.clock import Clock
from ccell_fake.engine.number_rules import AnyRule
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Rule
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings

if TYPE_CHECKING:
    from ccell_fake.engine.facts import RequestFacts


class Slots:
    """The requests of an account that are in progress (K1, Q21). One thread may ask at a time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: dict[object, Operation] = {}

    def in_progress(self, operation: Operation | None = None) -> int:
        """How many are in progress, on one endpoint or on all."""
        return len(self._taken) if operation is None else list(self._taken.values()).count(operation)

    def enter(self, operation: Operation) -> object:
        """Take a slot; what is returned frees it."""
        token = object()
        self._taken[token] = operation
        return token

    def leave(self, token: object) -> None:
        """Free a slot."""
        del self._taken[token]


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        key: The store's number for it.
        policy: Settings and answers, made ready.
        clock: What tells it the time.
        request_rules: The rules about a request, in its order.
        number_rules: The rules about a number, in its order.
        slots: Its requests in progress; they outlive a change of settings.
    """

    key: int
    policy: Policy
    clock: Clock
    request_rules: "tuple[Rule[RequestFacts], ...]"
    number_rules: tuple[AnyRule, ...]
    slots: Slots = field(default_factory=Slots)

    @property
    def settings(self) -> AccountSettings:
        """Its settings."""
        return self.policy.settings
