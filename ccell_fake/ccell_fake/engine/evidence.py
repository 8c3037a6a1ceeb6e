"""What an answer rests on, and how it is explained."""

from dataclasses import dataclass

from ccell_fake.codes import Code
from ccell_fake.engine.answers import Answers
from ccell_fake.engine.rules import Refusal
from ccell_fake.model import AnyReply, Layout

_EXPLAINED = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its evidence.

    Attributes:
        reply: What is answered.
        layout: How it is laid out in bytes.
        rule: The rule that decided; several with commas where numbers were refused for different reasons.
        basis: How well each is known and by what, as in `documented S3, assumed Q4`.
        explanation: One sentence for each refusal, a line each; empty where nothing was refused.
    """

    reply: AnyReply
    layout: Layout
    rule: str
    basis: str
    explanation: str = ""


def of_refusals(refusals: tuple[Refusal, ...], answers: Answers) -> tuple[str, str, str]:
    """Rule, basis and explanation of refusals; equal ones are named once."""
    grounds = dict.fromkeys((refusal.rule, refusal.ground) for refusal in refusals)
    lines = list(dict.fromkeys(f"{refusal.code}: {refusal.explanation}" for refusal in refusals))
    if len(lines) > _EXPLAINED:
        lines[_EXPLAINED:] = [f"and {len(lines) - _EXPLAINED} more"]
    rule = ", ".join(dict.fromkeys(rule for rule, _ in grounds))
    basis = ", ".join(dict.fromkeys(f"{answers.basis(ground)} {ground}" for _, ground in grounds))
    return rule, basis, "\n".join(lines)


def text_of(refusal: Refusal, *, names_value: bool) -> str:
    """The info of a refusal: the table's text, and what was refused behind it where the gateway names it (S8, Q12)."""
    is_named = names_value or refusal.code is Code.NUMBER_UNRECOGNISED
    return refusal.code.text + (refusal.seen if is_named else "")
