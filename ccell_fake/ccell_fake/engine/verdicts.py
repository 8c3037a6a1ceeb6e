"""The verdict on each number of a send, and its charge."""

from collections.abc import Iterator
from typing import NamedTuple

from ccell_fake.codes import Code
from ccell_fake.engine.content import count_segments
from ccell_fake.engine.number_context import NumberFacts, SubmitFacts
from ccell_fake.engine.number_rules import AnyRule, SubmitRule
from ccell_fake.engine.rules import Refusal, Rule, first_refusal


class Verdict(NamedTuple):
    """The verdict on one number.

    Attributes:
        number: The number.
        charge: Its charge in messages; 0 if it is refused.
        refusal: Why it is refused, or None.
    """

    number: str
    charge: int
    refusal: Refusal | None


def judge(submits: tuple[SubmitFacts, ...], rules: tuple[AnyRule, ...]) -> tuple[tuple[Verdict, ...], ...]:
    """Judge every number of every submit. The first rule that refuses decides."""
    seen: set[str] = set()
    return tuple(tuple(_judge_submit(submit, rules, seen)) for submit in submits)


def _judge_submit(submit: SubmitFacts, rules: tuple[AnyRule, ...], seen: set[str]) -> Iterator[Verdict]:
    policy = submit.policy
    number_rules, refusal_of_all = _apply_submit_rules(submit, rules)
    accepted = count_segments(submit.length, policy.answers, policy.limits)
    # A submit without a number has one verdict, too: something is missing (Q3).
    for number in submit.numbers or (submit.submit.phone or "",):
        is_repeated = number in seen
        if is_repeated and policy.answers["Q10"] == "drop":
            continue
        seen.add(number)
        facts = NumberFacts(number, policy.carrier(number), is_repeated, policy, submit.arranged)
        refusal = first_refusal(number_rules, facts) or refusal_of_all
        yield Verdict(number, 0 if refusal else accepted, refusal)


def _apply_submit_rules(
    submit: SubmitFacts, rules: tuple[AnyRule, ...]
) -> tuple[list[Rule[NumberFacts]], Refusal | None]:
    """Apply the rules about the submit once.

    Returns the rules to apply to each number, and the refusal of the numbers that pass them.
    """
    number_rules: list[Rule[NumberFacts]] = []
    for rule in rules:
        if not isinstance(rule, SubmitRule):
            number_rules.append(rule)
        elif (refusal := first_refusal((rule,), submit)) is not None:
            return number_rules, refusal
    return number_rules, None


def limit_to_balance(available: int, verdicts: tuple[tuple[Verdict, ...], ...]) -> tuple[tuple[Verdict, ...], ...]:
    """Refuse numbers with 1001002 once the balance is used up (Q14)."""
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


def total_cost(verdicts: tuple[tuple[Verdict, ...], ...]) -> int:
    """Return the charge of all numbers together (Q13)."""
    return sum(verdict.charge for submit in verdicts for verdict in submit)
