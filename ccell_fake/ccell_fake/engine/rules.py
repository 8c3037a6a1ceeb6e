"""Rules: a name, and a pure function from facts to a refusal or None."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Generic, TypeVar

from ccell_fake.codes import Code
from ccell_fake.engine.policy import Policy


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a request or a number is refused.

    Attributes:
        code: The status code of the answer.
        ground: The clause or question that the rule follows.
        explanation: The refused value, the rule, and what would pass.
        value: The refused value. The gateway appends it to some texts (S8, Q12).
        rule: The name of the rule. `first_refusal` sets it.
    """

    code: Code
    ground: str
    explanation: str
    value: str = ""
    rule: str = ""


_MAX_ITEMS = 5

Facts = TypeVar("Facts")
SomeRule = TypeVar("SomeRule", bound="Rule[Any]")


def _always(_policy: Policy) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule.

    Attributes:
        name: Its name in `X-CCell-Rule` and in the journal.
        check: The function that judges.
        can_refuse: Whether the check can refuse anything of an account with a policy. It is not asked otherwise.
    """

    name: str
    check: Callable[[Facts], Refusal | None]
    can_refuse: Callable[[Policy], bool] = _always


def that_can_refuse(rules: Iterable[SomeRule], policy: Policy) -> tuple[SomeRule, ...]:
    """Return the rules that can refuse something of an account with a policy."""
    return tuple(rule for rule in rules if rule.can_refuse(policy))


def first_refusal(rules: Iterable[Rule[Facts]], facts: Facts) -> Refusal | None:
    """Return the refusal of the first rule that refuses. Later rules are not asked."""
    for rule in rules:
        refusal = rule.check(facts)
        if refusal is not None:
            return replace(refusal, rule=rule.name)
    return None


def join_items(items: Iterable[str]) -> str:
    """List the first few items for an explanation."""
    first = list(islice(items, _MAX_ITEMS + 1))
    return ", ".join([*first[:_MAX_ITEMS], "…"] if len(first) > _MAX_ITEMS else first) or "none"
