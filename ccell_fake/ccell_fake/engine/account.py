"""An account in memory: its policy, rules and clock."""

from dataclasses import dataclass
from typing import Any

from ccell_fake.clock import AccountClock, to_micros
from ccell_fake.engine.content import describe
from ccell_fake.engine.number_rules import AnyRule
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Rule
from ccell_fake.records import Lifetime, View
from ccell_fake.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        lifetime: Its life, which a reset ends.
        version: The version of its row in the store that it was compiled from.
        policy: Its settings and answers, compiled.
        clock: Its clock.
        request_rules: The rules that can refuse a request, in order. They take RequestFacts, which hold the account.
        number_rules: The rules that can refuse a number, in order.
    """

    lifetime: Lifetime
    version: int
    policy: Policy
    clock: AccountClock
    request_rules: tuple[Rule[Any], ...]
    number_rules: tuple[AnyRule, ...]

    @property
    def key(self) -> int:
        """The store's number for it."""
        return self.lifetime[1]

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
