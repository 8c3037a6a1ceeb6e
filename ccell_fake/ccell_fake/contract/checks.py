"""What the suite asks: each test under the clause or question it is about, what it needs, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING

from ccell_fake.contract.costs import Cost
from ccell_fake.contract.needs import Need
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES

if TYPE_CHECKING:
    from ccell_fake.contract.check_run import CheckRun

Given = str | tuple[str, ...]
"""An answer to a question, as the registry has it."""

Ask = Callable[["CheckRun"], Given | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One test of the suite.

    Attributes:
        id: The clause or question, such as S3 or Q13.
        aspect: Which part of it; empty for the whole.
        cost: What it costs on a live account.
        needs: What it needs of the account.
        ask: What asks it: a clause's asserts, a question's returns the answer.
    """

    id: str
    aspect: str
    cost: Cost
    needs: tuple[Need, ...]
    ask: Ask = field(repr=False)

    @property
    def name(self) -> str:
        """Its id and its aspect, such as `C1 1004008`."""
        return f"{self.id} {self.aspect}".strip()

    @property
    def is_question(self) -> bool:
        """Whether it is answered, rather than passed or failed."""
        return self.id in ASSUMPTIONS

    @property
    def says(self) -> str:
        """The clause or the question in one sentence."""
        return ASSUMPTIONS[self.id].question if self.is_question else CLAUSES[self.id].says


def asks(id_: str, *needs: Need, aspect: str = "", cost: str = "free") -> Callable[[Ask], Callable[["CheckRun"], None]]:
    """Declare a test of the suite.

    Args:
        id_: The clause or question it is about.
        needs: What it needs of the account.
        aspect: Which part of it, where several tests share it.
        cost: What it costs on a live account, as `Cost.parse` takes it.
    """
    if id_ not in CLAUSES and id_ not in ASSUMPTIONS:
        message = f"there is neither a clause nor a question {id_!r}"
        raise ValueError(message)

    def declare(ask: Ask) -> Callable[["CheckRun"], None]:
        asked = Check(id_, aspect, Cost.parse(cost), needs, ask)

        @wraps(ask)
        def test(inquiry: "CheckRun") -> None:
            inquiry.run(asked)

        test.asked = asked  # type: ignore[attr-defined]
        test.__annotations__["return"] = None
        return test

    return declare
