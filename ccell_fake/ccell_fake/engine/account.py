"""An account as the engine holds it: its policy, its rules in order, its clock and its requests in progress."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccell_fake.clock import AccountClock, to_micros
from ccell_fake.engine.number_rules import AnyRule
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Rule
from ccell_fake.engine.slots import Slots
from ccell_fake.settings import AccountSettings

if TYPE_CHECKING:
    from ccell_fake.engine.context import RequestFacts


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        key: The store's number for it.
        policy: Settings and answers, made ready.
        clock: What tells it the time.
        request_rules: The rules about a request, in its order.
        number_rules: The rules about a number, in its order.
        slots: Its requests in progress.
    """

    key: int
    policy: Policy
    clock: AccountClock
    request_rules: "tuple[Rule[RequestFacts], ...]"
    number_rules: tuple[AnyRule, ...]
    slots: Slots

    @property
    def settings(self) -> AccountSettings:
        """Its settings."""
        return self.policy.settings

    @property
    def now(self) -> int:
        """Its present, in microseconds since 1970."""
        return to_micros(self.clock.now())
