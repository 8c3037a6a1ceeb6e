"""Short plans that are tried first: each aims at one thing that integrations get wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ccell_fake.model import Operation
from ccell_fake.stateful.abilities import MANY_REPLIES, MINUTES, REPLIES, STARTS, TEXTS, Abilities
from ccell_fake.stateful.steps import (
    Advance,
    Busy,
    FetchReplies,
    FetchReports,
    Late,
    Plan,
    Reply,
    ReplyMany,
    Report,
    Restart,
    Send,
    SendMany,
    Slow,
    Step,
    StepFault,
)


def drills(abilities: Abilities) -> Iterator[Plan]:
    """Plans for everything that the integration does. Those that take long are left out."""
    phones = abilities.phones
    send = Send(phones[:1])
    yield from _sends(send, Send(phones))
    if abilities.schedules:
        yield from _schedules(send)
    if abilities.fetches_reports:
        yield from _reports(send, Send(phones))
    if abilities.fetches_replies:
        yield from _replies(phones)
    yield from _faults(abilities, takes_long=False)
    if abilities.restarts:
        yield from _restarts(abilities)


def long_drills(abilities: Abilities) -> Iterator[Plan]:
    """Plans with many messages, with many replies, and with answers that come slowly or late."""
    yield from _large(abilities)
    yield from _faults(abilities, takes_long=True)
    if abilities.many:
        yield from _large_faults(abilities, min(abilities.many))


def _plan(*steps: Step) -> Plan:
    return Plan(steps)


def _sends(send: Send, several: Send) -> Iterator[Plan]:
    yield _plan(send)
    yield _plan(several)
    for text in TEXTS[1:]:
        yield _plan(replace(send, text=text))
    yield Plan((send, send), has_long_references=True)


def _faults(abilities: Abilities, *, takes_long: bool) -> Iterator[Plan]:
    """Each fault that takes long, or each that does not, in each kind of step."""
    send = Send(abilities.phones[:1])
    fetch = [FetchReports()] if abilities.fetches_reports else []

    def possible(operation: Operation) -> list[StepFault]:
        return [one for one in abilities.possible(operation) if isinstance(one, Slow | Late) is takes_long]

    for fault in possible(Operation.SEND):
        yield _plan(replace(send, fault=fault))
        # What went wrong may be made worse by the next send, or by the report.
        yield _plan(replace(send, fault=fault), send, *fetch)
        if not isinstance(fault, Slow | Busy | Late):
            yield _plan(Send(abilities.phones[:2], fault=replace(fault, skip=1)))
    if abilities.fetches_reports:
        for fault in possible(Operation.REPORT):
            yield _plan(send, FetchReports(fault))
    if abilities.fetches_replies:
        for fault in possible(Operation.UPMSG):
            yield _plan(Reply(abilities.phones[0]), FetchReplies(fault))


def _schedules(send: Send) -> Iterator[Plan]:
    for start in STARTS:
        for minutes in MINUTES:
            yield Plan((replace(send, minutes=minutes),), start=start)


def _reports(send: Send, several: Send) -> Iterator[Plan]:
    """Reports of one message, of two to the same phone, of a failed one, of some and then the others."""
    yield _plan(several, FetchReports())
    yield _plan(send, Report(is_delivered=False), FetchReports())
    yield _plan(send, send, Report(is_delivered=False), FetchReports())
    yield _plan(send, send, Report(1, is_delivered=False), FetchReports())
    yield Plan((send, FetchReports(), Advance(), FetchReports()), report_minutes=1)
    yield Plan((send, Advance(), send, FetchReports()), report_minutes=1)
    yield Plan((send, Report(is_delivered=False), send, FetchReports()), has_long_references=True)


def _replies(phones: tuple[str, ...]) -> Iterator[Plan]:
    one, other = phones[0], phones[-1]
    for text in REPLIES:
        yield _plan(Reply(one, text), FetchReplies())
    yield _plan(Reply(one), Reply(one, REPLIES[1]), FetchReplies())
    yield _plan(Reply(one), FetchReplies(), Reply(one), FetchReplies())
    yield _plan(Reply(one), Reply(other), FetchReplies())
    yield Plan((Reply(one), FetchReplies()), has_blank_before_phones=True)


def _restarts(abilities: Abilities) -> Iterator[Plan]:
    send, failed = Send(abilities.phones[:1]), Report(is_delivered=False)
    yield _plan(send, Restart())
    if abilities.fetches_reports:
        yield _plan(send, failed, Restart(), FetchReports())
        yield _plan(send, FetchReports(), Restart())
        yield _plan(send, Restart(), send, failed, FetchReports())
    if abilities.fetches_replies:
        yield _plan(Reply(abilities.phones[0]), FetchReplies(), Restart())


def _large(abilities: Abilities) -> Iterator[Plan]:
    """Many messages and many replies."""
    for count in abilities.many:
        yield _plan(SendMany(count))
    if abilities.many and abilities.fetches_replies:
        yield _plan(ReplyMany(MANY_REPLIES), FetchReplies())


def _large_faults(abilities: Abilities, count: int) -> Iterator[Plan]:
    """Many messages and many replies, with a fault in the second request of the step."""
    if abilities.fetches_replies:
        for fault in _in_second(abilities.possible(Operation.UPMSG)):
            yield _plan(ReplyMany(MANY_REPLIES), FetchReplies(fault))
    if abilities.fetches_reports:
        for fault in _in_second(abilities.possible(Operation.REPORT)):
            yield _plan(SendMany(count), FetchReports(fault))
    if Slow() in abilities.possible(Operation.SEND):
        yield _plan(SendMany(count, Slow()))
    for fault in _in_second(abilities.possible(Operation.SEND)):
        yield _plan(SendMany(count, fault))


def _in_second(faults: Iterable[StepFault]) -> Iterator[StepFault]:
    """Let the first request of a step pass. Faults that concern every request, or that take long, are left out."""
    for fault in faults:
        if not isinstance(fault, Slow | Busy | Late):
            yield replace(fault, skip=1)
