"""The answers to the document's open questions, and the basis of each rule."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from enum import StrEnum
from typing import Literal, Self

from ccell_fake.model import Layout
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, OBSERVATIONS, PUBLISHED

AnswerTable = Mapping[str, str | tuple[str, ...]]
Scope = Literal["account", "server"]


class Basis(StrEnum):
    """The kind of evidence for a rule, the strongest first.

    `published`: the vendor says it on a page whose rest is unknown. `arranged`: a test asked for it, for
    example by a magic number.
    """

    DOCUMENTED = "documented"
    PUBLISHED = "published"
    OBSERVED = "observed"
    ASSUMED = "assumed"
    ARRANGED = "arranged"


class AnswerError(ValueError):
    """An answer is invalid, or its question does not exist. The message lists the possible values."""


def check(answers: AnswerTable, scope: Scope) -> None:
    """Check answers.

    Args:
        answers: Answers by the id of the question.
        scope: Where they were set. Some questions can only be answered for the server.

    Raises:
        AnswerError: An answer is invalid, or its question does not exist.
    """
    for id_, answer in answers.items():
        question = ASSUMPTIONS.get(id_)
        if question is None:
            message = f"unknown question {id_!r}; known questions: {', '.join(ASSUMPTIONS)}"
            raise AnswerError(message)
        if scope == "account" and question.scope == "server":
            message = f"{id_} cannot be answered for an account; answer it for the whole server"
            raise AnswerError(message)
        if not question.accepts(answer):
            message = f"{answer!r} is not an answer to {id_} ({question.question}); allowed: {question.allowed}"
            raise AnswerError(message)


class Answers(dict[str, str]):
    """The answer to each question, by id. Questions without an answer have the registry's default.

    Attributes:
        orders: The answers to the questions about an order.
        given: The questions that do not have the default.
        layout: The layout of replies (Q31, Q32).
    """

    def __init__(self, *given: AnswerTable, observed: AnswerTable | None = None) -> None:
        """Merge answers. Later ones take precedence.

        Args:
            given: Answers by question, already checked.
            observed: Answers of a live service, with the lowest precedence. Rules that follow them are observed.
        """
        super().__init__()
        self._others: dict[tuple[str, str], Self] = {}
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
            declaration_line=self["Q31"] == "declaration",
            linkid_first=self["Q32"] == "sampled",
            report_linkid=self["Q49"] == "all",
        )

    def having(self, id_: str, answer: str) -> Self:
        """Return these answers with another one to a question. The layout stays."""
        other = self._others.get((id_, answer))
        if other is None:
            other = self._others[id_, answer] = copy(self)
            other[id_] = answer
            other._others = {}  # noqa: SLF001 - its own
        return other

    def basis(self, ground: str) -> Basis:
        """Return how well a clause or question is known."""
        if ground in CLAUSES:
            return Basis.DOCUMENTED
        if ground in PUBLISHED:
            return Basis.PUBLISHED
        if ground in OBSERVATIONS or ground in self._observed:
            return Basis.OBSERVED
        return Basis.ASSUMED if ground in ASSUMPTIONS else Basis.ARRANGED


def deciding(questions: Iterable[str], answers: Answers, judge: Callable[[Answers], object]) -> Iterator[str]:
    """Yield the questions that change a judgement if they are answered otherwise.

    Args:
        questions: The questions to try.
        answers: The answers in force.
        judge: Judges by answers.
    """
    judgement = judge(answers)
    for id_ in questions:
        others = (answer for answer in ASSUMPTIONS[id_].answers if answer != answers[id_])
        if any(judge(answers.having(id_, answer)) != judgement for answer in others):
            yield id_
