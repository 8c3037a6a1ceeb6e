"""The answers in force to the questions the document leaves open, and the basis every rule rests on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from ccell_fake.model import Layout
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, OBSERVATIONS

Given = Mapping[str, str | tuple[str, ...]]
Scope = Literal["account", "server"]


class Basis(StrEnum):
    """How well a rule is known; arranged is what a test asked for, such as a magic number."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ASSUMED = "assumed"
    ARRANGED = "arranged"


class AnswerError(ValueError):
    """An answer to a question that does not exist, or one that does not work; the message lists what exists."""


def check(given: Given, scope: Scope) -> None:
    """Refuse what cannot be answered so.

    Args:
        given: Answers by the id of the question.
        scope: Where they were given; some questions are settled before the account is known.

    Raises:
        AnswerError: Names the question or the answer, and what exists.
    """
    for id_, answer in given.items():
        question = ASSUMPTIONS.get(id_)
        if question is None:
            message = f"there is no question {id_!r}; there are {', '.join(ASSUMPTIONS)}"
            raise AnswerError(message)
        if scope == "account" and question.scope == "server":
            message = f"{id_} is settled before the account is known; answer it for the whole server"
            raise AnswerError(message)
        if not question.accepts(answer):
            message = f"{answer!r} is no answer to {id_} ({question.question}); there are: {question.allowed}"
            raise AnswerError(message)


class Answers(dict[str, str]):
    """The answer to every question, by its id: the registry's defaults under what was given.

    Attributes:
        orders: The answers to the questions about an order.
        given: The questions that were answered rather than left at the default.
        layout: How answers are laid out in bytes (Q31, Q32).
    """

    def __init__(self, *given: Given, observed: Given | None = None) -> None:
        """Lay answers over each other, the last on top.

        Args:
            given: Answers by question, already checked.
            observed: What a live service answered, under all that is given; rules on these count as observed.
        """
        super().__init__()
        layers = (observed or {}, *given)
        self.given: frozenset[str] = frozenset(id_ for layer in layers for id_ in layer)
        self.orders: dict[str, tuple[str, ...]] = {}
        self._observed = frozenset(observed or {}).difference(*given)
        for id_, question in ASSUMPTIONS.items():
            answer = next((layer[id_] for layer in reversed(layers) if id_ in layer), question.default)
            if isinstance(answer, str):
                self[id_] = answer
            else:
                self.orders[id_] = tuple(answer)
        self.layout: Layout = Layout(
            declaration_line=self["Q31"] == "declaration", linkid_first=self["Q32"] == "sampled"
        )

    def basis(self, ground: str) -> Basis:
        """How well the clause or question that a rule stands on is known."""
        if ground in CLAUSES:
            return Basis.DOCUMENTED
        if ground in OBSERVATIONS or ground in self._observed:
            return Basis.OBSERVED
        return Basis.ASSUMED if ground in ASSUMPTIONS else Basis.ARRANGED
