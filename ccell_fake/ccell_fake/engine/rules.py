"""What a rule is: a name, and a pure function from facts to a refusal or None."""

from collections.abc import Callable
from dataclasses import dataclass
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


Facts = TypeVar("Facts", contravariant=True)  # noqa: PLC0105 - read only, and called Facts wherever it is used
Check = Callable[[Facts], Refusal | None]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule.

    Attributes:
        name: How `X-CCell-Rule` and the journal call it.
        check: The function that judges.
        of_submit: Whether every number of a submit fares alike, so that judging one judges all.
    """

    name: str
    check: Check[Facts]
    of_submit: bool = False
