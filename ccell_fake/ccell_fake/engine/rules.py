"""Rules: a name, and a pure function from facts to a refusal or None."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from ccell_fake.codes import Code


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


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule.

    Attributes:
        name: Its name in `X-CCell-Rule` and in the journal.
        check: The function that judges.
    """

    name: str
    check: Callable[[Facts], Refusal | None]


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
