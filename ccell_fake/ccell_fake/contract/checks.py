"""Checks of the suite: the clause or question of each, its needs and its cost on a live account."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Self

from ccell_fake.contract.needs import Need
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES

KINDS = ("sms", "drain", "risk")
"""Kinds of cost. Each must be allowed by name."""

REFUSED = 6
"""Exit code of a run without consent. Pytest does not use it."""

AnswerValue = str | tuple[str, ...]
"""An answer to a question, as in the registry."""

CheckFunction = Callable[[Any], AnswerValue | None]

_SMS = re.compile(r"sms ([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a check on a live account.

    Attributes:
        sms: Number of charged messages to your own numbers.
        drain: Whether the check takes reports or upstream messages from the account's queues.
        risk: Whether the check may lock the account.
    """

    sms: int = 0
    drain: bool = False
    risk: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a cost such as `free`, `sms 2` or `sms 1, drain`.

        Raises:
            ValueError: The text is not a cost.
        """
        sms, kinds = 0, set[str]()
        for part in text.split(", ") if text != "free" else ():
            count = _SMS.fullmatch(part)
            if count:
                sms = int(count[1])
            elif part in {"drain", "risk"}:
                kinds.add(part)
            else:
                message = f"cost must be 'free' or a list of 'sms N', 'drain' and 'risk' with commas, got {text!r}"
                raise ValueError(message)
        return cls(sms, "drain" in kinds, "risk" in kinds)

    def __str__(self) -> str:
        """The cost in the form that `parse` reads."""
        parts = [f"sms {self.sms}"] if self.sms else []
        return ", ".join([*parts, *(kind for kind in ("drain", "risk") if kind in self.kinds)]) or "free"

    @property
    def kinds(self) -> frozenset[str]:
        """The `KINDS` that must be allowed."""
        present = {"sms": bool(self.sms), "drain": self.drain, "risk": self.risk}
        return frozenset(kind for kind, is_present in present.items() if is_present)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the suite.

    Attributes:
        id: The clause or question, such as S3 or Q13.
        aspect: The part of it that is checked; empty for the whole.
        cost: The cost on a live account.
        needs: The account's required properties.
        function: Performs the check. It asserts a clause, or returns a question's answer.
    """

    id: str
    aspect: str
    cost: Cost
    needs: tuple[Need, ...]
    function: CheckFunction = field(repr=False)

    @property
    def name(self) -> str:
        """Id and aspect, such as `C1 1004008`."""
        return f"{self.id} {self.aspect}".strip()

    @property
    def is_question(self) -> bool:
        """True if it answers a question rather than checks a clause."""
        return self.id in ASSUMPTIONS

    @property
    def says(self) -> str:
        """The clause or the question in one sentence."""
        return ASSUMPTIONS[self.id].question if self.is_question else CLAUSES[self.id].says


def checks(
    id_: str, *needs: Need, aspect: str = "", cost: str = "free"
) -> Callable[[CheckFunction], Callable[[Any], None]]:
    """Declare a check.

    Args:
        id_: The clause or question.
        needs: The account's required properties.
        aspect: The part that is checked, if several checks share the id.
        cost: The cost on a live account, as `Cost.parse` reads it.

    Raises:
        ValueError: There is no such clause or question.
    """
    if id_ not in CLAUSES and id_ not in ASSUMPTIONS:
        message = f"unknown clause or question {id_!r}"
        raise ValueError(message)

    def declare(function: CheckFunction) -> Callable[[Any], None]:
        check = Check(id_, aspect, Cost.parse(cost), needs, function)

        @wraps(function)
        def test(check_run: Any) -> None:  # noqa: ANN401 - a CheckRun, which imports this module
            check_run.run(check)

        test.check = check  # type: ignore[attr-defined]
        test.__annotations__["return"] = None
        return test

    return declare
