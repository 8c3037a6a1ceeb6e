"""What a rule is: a name, and a pure function from facts to a refusal or None."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from ccell_fake.codes import Code


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request or a number is refused.

    Attributes:
        code: The status code answered.
        ground: The clause or question that the rule stands on.
        explanation: What was seen, what the rule is, and what would pass.
        seen: The value that was refused, appended to the code's text where the gateway does so (S8, Q12).
        rule: The name of the rule that refused; the rule fills it in.
    """

    code: Code
    ground: str
    explanation: str
    seen: str = ""
    rule: str = ""


_LISTED = 5

Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule.

    Attributes:
        name: How `X-CCell-Rule` and the journal call it.
        check: The function that judges.
    """

    name: str
    check: Callable[[Facts], Refusal | None]


def first_refusal(rules: Iterable[Rule[Facts]], facts: Facts) -> Refusal | None:
    """What the first rule that refuses says, under the rule's name; no rule behind it is asked."""
    for rule in rules:
        refusal = rule.check(facts)
        if refusal is not None:
            return replace(refusal, rule=rule.name)
    return None


def listed(items: Iterable[str]) -> str:
    """Items as an explanation lists them: the first few."""
    first = list(islice(items, _LISTED + 1))
    return ", ".join([*first[:_LISTED], "…"] if len(first) > _LISTED else first) or "none"
