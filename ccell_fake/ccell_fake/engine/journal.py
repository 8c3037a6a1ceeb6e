"""Journal entries: what was asked, what left as the answer, and why."""

from datetime import datetime

from ccell_fake.engine.answer import Answer
from ccell_fake.engine.context import Arrival
from ccell_fake.faults import Fault
from ccell_fake.inspection import JournalEntry

WHOLE = "whole"
"""How an answer left that no fault struck."""

_KEPT = 16_384


def entry(arrival: Arrival, answer: Answer, fault: Fault | None, at: datetime, duration: int) -> JournalEntry:
    """The entry of a request.

    Args:
        arrival: What was asked.
        answer: What is answered, ready to leave.
        fault: What struck it.
        at: Time of the request, on the account's clock.
        duration: How long it took so far, in microseconds.
    """
    seen = answer.delivery.seen
    return JournalEntry(
        at,
        arrival.operation,
        arrival.peer,
        arrival.place,
        _cut(arrival.text),
        None if seen is None else _cut(seen.decode(errors="replace")),
        WHOLE if fault is None else fault.kind,
        len(answer.reply.items),
        answer.reply.code,
        answer.rule,
        answer.basis,
        answer.explanation,
        duration,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _KEPT else f"{text[:_KEPT]}… and {len(text) - _KEPT} characters more"
