"""What an answer rests on, and how it is explained."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ccell_fake.codes import Code
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.faults import Delivery, whole
from ccell_fake.engine.rules import Refusal
from ccell_fake.engine.slots import Slots
from ccell_fake.model import AnyReply, Layout

_EXPLAINED = 20
_LINE = 400


@dataclass(frozen=True, slots=True)
class SlotGuard:
    """A slot that a request keeps until its answer has left.

    Attributes:
        slots: Of which account.
        token: Which.
    """

    slots: Slots
    token: object


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its evidence.

    Attributes:
        reply: What is answered.
        layout: How it is laid out in bytes.
        rule: The rule that decided; several with commas where numbers were refused for different reasons.
        basis: How well each is known and by what, as in `documented S3, assumed Q4`.
        explanation: One sentence for each refusal, a line each; empty where nothing was refused.
        delivery: How it leaves.
        seat: What is to be freed when it has left, or None.
    """

    reply: AnyReply
    layout: Layout
    rule: str
    basis: str
    explanation: str = ""
    delivery: Delivery = field(default=whole(b""), repr=False)
    seat: SlotGuard | None = None


def bases(grounds: Iterable[str], answers: Answers) -> str:
    """How well each ground is known, as in `documented S3, assumed Q4`; equal ones are named once."""
    return ", ".join(dict.fromkeys(f"{answers.basis(ground)} {ground}" for ground in grounds))


def of_refusals(refusals: tuple[Refusal, ...], answers: Answers) -> tuple[str, str, str]:
    """Rule, basis and explanation of refusals; equal ones are named once, and what is long is cut."""
    lines = list(dict.fromkeys(_cut(f"{refusal.code}: {refusal.explanation}") for refusal in refusals))
    if len(lines) > _EXPLAINED:
        lines[_EXPLAINED:] = [f"and {len(lines) - _EXPLAINED} more"]
    rule = ", ".join(dict.fromkeys(refusal.rule for refusal in refusals))
    return rule, bases((refusal.ground for refusal in refusals), answers), "\n".join(lines)


def _cut(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE // 2]} … {line[-_LINE // 2 :]}"


def text_of(refusal: Refusal, *, names_value: bool) -> str:
    """The info of a refusal: the table's text, and what was refused behind it where the gateway names it (S8, Q12)."""
    is_named = names_value or refusal.code is Code.NUMBER_UNRECOGNISED
    return refusal.code.text + (refusal.seen if is_named else "")
