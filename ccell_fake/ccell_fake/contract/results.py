"""What became of each test of the suite, as reports and profiles have it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from ccell_fake.contract.checks import Check, Given
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.transcripts.redaction import Redaction

_KEPT = 8
_LONGEST = 2_000


class CheckOutcome(StrEnum):
    """What becomes of a test."""

    PASSED = "passed"
    ANSWERED = "answered"
    FAILED = "failed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test that was asked, or was not.

    Attributes:
        id: The clause or question.
        aspect: Which part of it; empty for the whole.
        says: The clause or the question in one sentence.
        cost: What it costs on a live account.
        needs: What it needs of the account.
        outcome: What became of it.
        answer: A question's answer.
        note: Why it failed or was not asked, or what there is to say beside the answer.
        evidence: The exchanges, redacted and cut, as transcripts hold them; of many, the first and the last.
    """

    id: str
    aspect: str
    says: str
    cost: str
    needs: tuple[str, ...]
    outcome: CheckOutcome
    answer: Given | None = None
    note: str = ""
    evidence: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Its id and its aspect."""
        return f"{self.id} {self.aspect}".strip()

    @property
    def verdict(self) -> str:
        """The outcome, or the answer where that is the outcome."""
        if self.answer is None:
            return self.outcome.value
        return self.answer if isinstance(self.answer, str) else ", ".join(self.answer)

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "Result":
        """From what JSON holds.

        Raises:
            ValueError: That is no result.
        """
        try:
            answer: Any = held["answer"]
            read: dict[str, Any] = {
                **held,
                "needs": tuple(held["needs"]),
                "outcome": CheckOutcome(held["outcome"]),
                "answer": tuple(cast("list[str]", answer)) if isinstance(answer, list) else answer,
                "evidence": tuple(held["evidence"]),
            }
            return cls(**read)
        except (KeyError, TypeError) as error:
            message = f"it is no result: {error}"
            raise ValueError(message) from error


def of(asked: Check, outcome: CheckOutcome, *, answer: Given | None = None, note: str = "") -> Result:
    """The result of a test, without evidence."""
    return Result(
        id=asked.id,
        aspect=asked.aspect,
        says=asked.says,
        cost=str(asked.cost),
        needs=tuple(need.name for need in asked.needs),
        outcome=outcome,
        answer=answer,
        note=note,
    )


def with_evidence(result: Result, exchanges: Iterable[Exchange], redaction: Redaction) -> Result:
    """The result with its exchanges, redacted."""
    every = list(exchanges)
    if len(every) > _KEPT:
        every[_KEPT // 2 : -_KEPT // 2] = []
    return replace(result, evidence=tuple(_cut(redaction.exchange(one)) for one in every))


def _cut(exchange: Exchange) -> dict[str, Any]:
    held = exchange.to_json()
    for name in ("query", "body", "answer"):
        text = held.get(name)
        if isinstance(text, str) and len(text) > _LONGEST:
            held[name] = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return held


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRun:
    """A run of the suite.

    Attributes:
        target: Whom it asked.
        at: When it began, in Asia/Shanghai.
        results: What became of its tests.
    """

    target: str
    at: datetime
    results: tuple[Result, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "target": self.target,
            "at": self.at.isoformat(timespec="seconds"),
            "results": [result.to_json() for result in self.results],
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "ContractRun":
        """From what JSON holds.

        Raises:
            ValueError: That is no run.
        """
        try:
            results = tuple(Result.from_json(one) for one in held["results"])
            return cls(target=held["target"], at=datetime.fromisoformat(held["at"]), results=results)
        except (KeyError, TypeError) as error:
            message = f"it is no run of the suite: {error}"
            raise ValueError(message) from error

    @property
    def counts(self) -> dict[CheckOutcome, int]:
        """How many tests had which outcome."""
        return {outcome: sum(one.outcome is outcome for one in self.results) for outcome in CheckOutcome}

    def changes(self, earlier: "ContractRun") -> tuple[tuple[str, str, str], ...]:
        """The tests that went otherwise than in an earlier run: the name, how they went then, how now."""
        before = {result.name: result.verdict for result in earlier.results}
        now = {result.name: result.verdict for result in self.results}
        absent = CheckOutcome.NOT_ASKED.value
        names = list(dict.fromkeys([*now, *before]))
        pairs = ((name, before.get(name, absent), now.get(name, absent)) for name in names)
        return tuple(change for change in pairs if change[1] != change[2])
