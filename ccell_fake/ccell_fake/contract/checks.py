"""Checks of the suite: the clause, published fact or question of each, its needs and its cost on a live account."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Literal, Self, cast

from ccell_fake.contract.needs import JSON_RPC, Need
from ccell_fake.model import Door
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, PUBLISHED

KINDS = ("sms", "drain", "risk", "json")
"""Kinds of cost. Each must be allowed by name. `json`: a cost that the check over XML has too."""

XML_ONLY = (Door.XML,)
"""The door of checks that only XML can answer."""

JSON_ONLY = (Door.JSON,)
"""The door of checks that only JSON-RPC can answer."""

CheckKind = Literal["clause", "published", "question"]
"""The kind of what a check is about."""

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
        json: Whether the check causes these costs over JSON-RPC, after another one has caused them over XML.
    """

    sms: int = 0
    drain: bool = False
    risk: bool = False
    json: bool = False

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
            elif part in KINDS[1:]:
                kinds.add(part)
            else:
                message = f"cost must be 'free', or 'sms N', 'drain', 'risk', 'json' with commas, got {text!r}"
                raise ValueError(message)
        return cls(sms, *(kind in kinds for kind in KINDS[1:]))

    def __str__(self) -> str:
        """The cost in the form that `parse` reads."""
        parts = [f"sms {self.sms}"] if self.sms else []
        return ", ".join([*parts, *(kind for kind in KINDS[1:] if kind in self.kinds)]) or "free"

    @property
    def kinds(self) -> frozenset[str]:
        """The `KINDS` that must be allowed."""
        present = {"sms": bool(self.sms), "drain": self.drain, "risk": self.risk, "json": self.json}
        return frozenset(kind for kind, is_present in present.items() if is_present)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the suite.

    Attributes:
        id: The clause, published fact or question, such as S3, P2 or Q13.
        aspect: The part of it that is checked, and the door if another check asks over the other one; may be empty.
        cost: The cost on a live account.
        needs: The account's required properties.
        function: Performs the check. It asserts a clause or fact, or returns a question's answer.
        door: The door that its account uses.
    """

    id: str
    aspect: str
    cost: Cost
    needs: tuple[Need, ...]
    function: CheckFunction = field(repr=False)
    door: Door = Door.XML

    @property
    def name(self) -> str:
        """Id and aspect, such as `C1 1004008`."""
        return f"{self.id} {self.aspect}".strip()

    @property
    def is_question(self) -> bool:
        """True if it answers a question rather than checks a clause or a published fact."""
        return self.id in ASSUMPTIONS

    @property
    def says(self) -> str:
        """The clause, the fact or the question in one sentence."""
        return ASSUMPTIONS[self.id].question if self.is_question else {**CLAUSES, **PUBLISHED}[self.id].says

    def over_json(self) -> Self:
        """The same check over JSON-RPC. What it costs is a cost again."""
        cost = replace(self.cost, json=bool(self.cost.kinds))
        aspect = f"{self.aspect} over JSON".strip()
        return replace(self, aspect=aspect, cost=cost, needs=(*self.needs, JSON_RPC), door=Door.JSON)


def checks_of(function: object) -> tuple[Check, ...]:
    """The checks that a test declares, one for each door. Empty for other tests."""
    declared: object = getattr(function, "checks", ())
    found = cast("tuple[object, ...]", declared) if isinstance(declared, tuple) else ()
    return tuple(check for check in found if isinstance(check, Check))


def kind_of(id_: str) -> CheckKind:
    """The kind of what a check with this id is about."""
    if id_ in ASSUMPTIONS:
        return "question"
    return "published" if id_ in PUBLISHED else "clause"


def checks(
    id_: str, *needs: Need, aspect: str = "", cost: str = "free", doors: tuple[Door, ...] = ()
) -> Callable[[CheckFunction], Callable[[Any], None]]:
    """Declare a check, once for each door.

    Args:
        id_: The clause, published fact or question.
        needs: The account's required properties.
        aspect: The part that is checked, if several checks share the id.
        cost: The cost on a live account, as `Cost.parse` reads it.
        doors: The doors to check. The default is both, and XML for a question.

    Raises:
        ValueError: There is no such clause, fact or question.
    """
    if id_ not in {**CLAUSES, **PUBLISHED, **ASSUMPTIONS}:
        message = f"unknown clause, published fact or question {id_!r}"
        raise ValueError(message)
    asked = doors or (XML_ONLY if id_ in ASSUMPTIONS else tuple(Door))

    def declare(function: CheckFunction) -> Callable[[Any], None]:
        check = Check(id_, aspect, Cost.parse(cost), needs, function)
        if asked == JSON_ONLY:
            by_door = {Door.JSON: replace(check, needs=(*needs, JSON_RPC), door=Door.JSON)}
        else:
            by_door = {door: check if door is Door.XML else check.over_json() for door in asked}

        @wraps(function)
        def test(check_run: Any) -> None:  # noqa: ANN401 - a CheckRun, which imports this module
            check_run.run(by_door[check_run.door] if len(by_door) > 1 else by_door[asked[0]])

        test.checks = tuple(by_door.values())  # type: ignore[attr-defined]
        test.__annotations__["return"] = None
        return test

    return declare
