"""What becomes of each number of a send, and what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ccell_fake.codes import Code
from ccell_fake.engine import characters
from ccell_fake.engine.number_rules import NumberFacts, Stage, SubmitFacts
from ccell_fake.engine.rules import Refusal


@dataclass(frozen=True, slots=True)
class Verdict:
    """One number, judged.

    Attributes:
        number: The number.
        charge: What it costs; 0 where it is refused.
        refusal: Why it is refused, or None.
    """

    number: str
    charge: int
    refusal: Refusal | None


def judge(submits: tuple[SubmitFacts, ...], rules: tuple[Stage, ...]) -> tuple[tuple[Verdict, ...], ...]:
    """The verdicts on every number of every submit: the first rule that refuses decides."""
    seen: set[str] = set()
    return tuple(tuple(_judge_submit(submit, rules, seen)) for submit in submits)


def _judge_submit(submit: SubmitFacts, rules: tuple[Stage, ...], seen: set[str]) -> Iterator[Verdict]:
    answers = submit.policy.answers
    charge = characters.segments(submit.length, answers)
    asked: dict[str, Refusal | None] = {}
    for number in submit.numbers:
        is_repeated = number in seen
        if is_repeated and answers["Q10"] == "drop":
            continue
        seen.add(number)
        refusal = _first_refusal(NumberFacts(number, is_repeated, submit), rules, asked)
        yield Verdict(number, 0 if refusal else charge, refusal)


def _first_refusal(facts: NumberFacts, rules: tuple[Stage, ...], asked: dict[str, Refusal | None]) -> Refusal | None:
    for rule in rules:
        if rule.name in asked:
            refusal = asked[rule.name]
        else:
            refusal = rule.check(facts)
            if rule.of_submit:
                asked[rule.name] = refusal
        if refusal is not None:
            return replace(refusal, rule=rule.name)
    return None


def within(available: int, verdicts: tuple[tuple[Verdict, ...], ...]) -> tuple[tuple[Verdict, ...], ...]:
    """The verdicts with 1001002 for each number from where the balance is used up (Q14)."""
    left = available
    limited: list[tuple[Verdict, ...]] = []
    for submit in verdicts:
        row: list[Verdict] = []
        for verdict in submit:
            if verdict.charge > left:
                explanation = f"{verdict.number} costs {verdict.charge}; {left} of the balance is left"
                refusal = Refusal(Code.BALANCE_TOO_SMALL, "Q14", explanation, verdict.number, rule="balance")
                row.append(Verdict(verdict.number, 0, refusal))
                left = 0
            else:
                left -= verdict.charge
                row.append(verdict)
        limited.append(tuple(row))
    return tuple(limited)


def cost(verdicts: tuple[tuple[Verdict, ...], ...]) -> int:
    """What all of them cost together (Q13)."""
    return sum(verdict.charge for submit in verdicts for verdict in submit)
