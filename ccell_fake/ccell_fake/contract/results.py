"""Results of checks and runs, as reports and profiles use them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from ccell_fake.contract.checks import AnswerValue, Check, CheckKind, kind_of
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.transcripts.redaction import Redaction

_KEPT = 8
_LONGEST = 2_000


class CheckOutcome(StrEnum):
    """Outcome of a check."""

    PASSED = "passed"
    ANSWERED = "answered"
    FAILED = "failed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Result of one check.

    Attributes:
        id: The clause, published fact or question.
        aspect: The part of it that was checked, and the door if it was not the only one; may be empty.
        says: The clause, the fact or the question in one sentence.
        cost: The cost on a live account.
        needs: Names of the check's needs.
        outcome: The outcome.
        answer: The answer to a question.
        note: The reason for a failure or an unasked check, or a remark on the answer.
        evidence: The exchanges as JSON objects, redacted and shortened; only the first and last of many.
    """

    id: str
    aspect: str
    says: str
    cost: str
    needs: tuple[str, ...]
    outcome: CheckOutcome
    answer: AnswerValue | None = None
    note: str = ""
    evidence: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Id and aspect."""
        return f"{self.id} {self.aspect}".strip()

    @property
    def verdict(self) -> str:
        """The answer if there is one, else the outcome."""
        if self.answer is None:
            return self.outcome.value
        return self.answer if isinstance(self.answer, str) else ", ".join(self.answer)

    @property
    def kind(self) -> CheckKind:
        """The kind of what was checked."""
        return kind_of(self.id)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {"id": self.id, "kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> "Result":
        """Read a result from a JSON object.

        Raises:
            ValueError: The object is not a result.
        """
        try:
            answer: Any = json["answer"]
            attributes: dict[str, Any] = {
                **{name: value for name, value in json.items() if name != "kind"},
                "needs": tuple(json["needs"]),
                "outcome": CheckOutcome(json["outcome"]),
                "answer": tuple(cast("list[str]", answer)) if isinstance(answer, list) else answer,
                "evidence": tuple(json["evidence"]),
            }
            return cls(**attributes)
        except (KeyError, TypeError) as error:
            message = f"not a result: {error}"
            raise ValueError(message) from error


def make_result(check: Check, outcome: CheckOutcome, *, answer: AnswerValue | None = None, note: str = "") -> Result:
    """The result of a check, without evidence."""
    return Result(
        id=check.id,
        aspect=check.aspect,
        says=check.says,
        cost=str(check.cost),
        needs=tuple(need.name for need in check.needs),
        outcome=outcome,
        answer=answer,
        note=note,
    )


def add_evidence(result: Result, exchanges: Iterable[Exchange], redaction: Redaction) -> Result:
    """The result with its exchanges, redacted."""
    kept = list(exchanges)
    if len(kept) > _KEPT:
        kept[_KEPT // 2 : -_KEPT // 2] = []
    return replace(result, evidence=tuple(_shorten(redaction.exchange(one)) for one in kept))


def _shorten(exchange: Exchange) -> dict[str, Any]:
    json = exchange.to_json()
    for name in ("query", "body", "answer"):
        text = json.get(name)
        if isinstance(text, str) and len(text) > _LONGEST:
            json[name] = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return json


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRun:
    """A run of the suite.

    Attributes:
        target: The target's name.
        at: The start, in Asia/Shanghai.
        results: The results of its checks.
    """

    target: str
    at: datetime
    results: tuple[Result, ...]

    def to_json(self) -> dict[str, Any]:
        """The run as a JSON object."""
        results = [result.to_json() for result in self.results]
        return {"target": self.target, "at": self.at.isoformat(timespec="seconds"), "results": results}

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> "ContractRun":
        """Read a run from a JSON object.

        Raises:
            ValueError: The object is not a run.
        """
        try:
            results = tuple(Result.from_json(one) for one in json["results"])
            return cls(target=json["target"], at=datetime.fromisoformat(json["at"]), results=results)
        except (KeyError, TypeError) as error:
            message = f"not a run of the suite: {error}"
            raise ValueError(message) from error

    @property
    def counts(self) -> dict[CheckOutcome, int]:
        """Number of checks by outcome."""
        return {outcome: sum(one.outcome is outcome for one in self.results) for outcome in CheckOutcome}

    def changes(self, earlier: "ContractRun") -> tuple[tuple[str, str, str], ...]:
        """Checks whose verdicts differ from an earlier run: name, earlier verdict, verdict."""
        before = {result.name: result.verdict for result in earlier.results}
        now = {result.name: result.verdict for result in self.results}
        absent = CheckOutcome.NOT_ASKED.value
        names = list(dict.fromkeys([*now, *before]))
        pairs = ((name, before.get(name, absent), now.get(name, absent)) for name in names)
        return tuple(change for change in pairs if change[1] != change[2])
