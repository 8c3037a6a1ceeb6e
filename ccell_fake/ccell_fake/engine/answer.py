"""An answer with its evidence and explanation, and its entry in the journal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ccell_fake.codes import Code
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.faults import Delivery
from ccell_fake.engine.rules import Refusal
from ccell_fake.faults import Fault
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import AnyReply, Layout
from ccell_fake.printable import escape_controls
from ccell_fake.records import Lifetime, Slot

WHOLE = "whole"
"""The journal's `delivery` of an answer without a fault."""

_MAX_LINES = 20
_MAX_LINE = 400
_MAX_TEXT = 16_384


@dataclass(frozen=True, slots=True)
class TakenSlot:
    """A slot, and a place among the delayed requests, that a request keeps until its answer has left.

    Attributes:
        lifetime: The account's life. Its end ends the request's waits.
        slot: The slot. None if no slot was free; then the request is refused.
        leave_place: Frees the place. A second call does nothing.
    """

    lifetime: Lifetime
    slot: Slot | None
    leave_place: Callable[[], None]


class Decision(NamedTuple):
    """A reply with its evidence.

    Attributes:
        reply: The reply.
        layout: How the reply is written in bytes.
        rule: The rule that decided. Several, with commas, if numbers were refused for different reasons.
        basis: How well each rule is known and by which clause or question, such as `documented S3, assumed Q4`.
        explanation: One sentence for each refusal, one a line. Empty if nothing was refused.
        refusals: The refusals, of the request or of its numbers.
    """

    reply: AnyReply
    layout: Layout
    rule: str
    basis: str
    explanation: str = ""
    refusals: tuple[Refusal, ...] = ()


class Answer(NamedTuple):
    """A decision, ready to leave.

    Attributes:
        reply: The reply.
        rule: The rule of the decision.
        basis: The basis of the decision.
        explanation: The explanation of the decision.
        delivery: The bytes, and how they leave.
        slot: The slot to free after the answer has left, or None.
        duration: Microseconds since the request arrived.
    """

    reply: AnyReply
    rule: str
    basis: str
    explanation: str
    delivery: Delivery
    slot: TakenSlot | None = None
    duration: int = 0


def describe_basis(grounds: Iterable[str], answers: Answers) -> str:
    """Say how well each ground is known, such as `documented S3, assumed Q4`. Each is named once."""
    return ", ".join(dict.fromkeys(f"{answers.basis(ground)} {ground}" for ground in grounds))


def explain_refusals(
    refusals: tuple[Refusal, ...], answers: Answers, grounds: tuple[str, ...] = ()
) -> tuple[str, str, str]:
    """Return the rule, basis and explanation of refusals. Each is named once.

    Long texts are cut, and control characters are escaped. `grounds` are further grounds of the answer.
    """
    lines = list(
        dict.fromkeys(_cut_line(f"{refusal.code}: {escape_controls(refusal.explanation)}") for refusal in refusals)
    )
    if len(lines) > _MAX_LINES:
        lines[_MAX_LINES:] = [f"and {len(lines) - _MAX_LINES} more"]
    rule = ", ".join(dict.fromkeys(refusal.rule for refusal in refusals))
    return rule, describe_basis((*(refusal.ground for refusal in refusals), *grounds), answers), "\n".join(lines)


def refusal_text(refusal: Refusal, *, names_value: bool) -> str:
    """Return the info of a refused number: the code's text, then the value if the gateway names it (S8, Q12)."""
    is_named = names_value or refusal.code is Code.NUMBER_UNRECOGNISED
    return refusal.code.text + (refusal.value if is_named else "")


def journal_entry(arrival: Arrival, answer: Answer, fault: Fault | None, at: datetime) -> JournalEntry:
    """Make the journal entry of a request.

    Args:
        arrival: The request.
        answer: The answer, ready to leave.
        fault: The fault that was applied, or None.
        at: The account's time.
    """
    received = answer.delivery.received
    return JournalEntry(
        at,
        arrival.operation,
        arrival.envelope.door,
        arrival.peer,
        arrival.place,
        cut_text(arrival.text),
        None if received is None else cut_text(arrival.hide(received.decode(errors="replace"))),
        WHOLE if fault is None else fault.kind,
        len(answer.reply.items),
        answer.reply.code,
        answer.rule,
        answer.basis,
        answer.explanation,
        answer.duration,
    )


def _cut_line(line: str) -> str:
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE // 2]} … {line[-_MAX_LINE // 2 :]}"


def cut_text(text: str, most: int = _MAX_TEXT) -> str:
    """Cut a text that has more characters than a journal entry keeps, and say how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… and {len(text) - most} characters more"
