"""Strategies for plans: what integrations do, and fault where it hurts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ccell_fake.model import Operation
from ccell_fake.stateful.abilities import MANY_REPLIES, MINUTES, REPLIES, STARTS, TEXTS, Abilities
from ccell_fake.stateful.steps import (
    NOON,
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

_SKIPS = (0, 0, 0, 1, 1, 2)
_MOST_AT_ONCE = 3


def plans(abilities: Abilities, most_steps: int) -> SearchStrategy[Plan]:
    """Plans of a few chapters, each of which is what integrations do together."""
    chapters = st.lists(st.one_of(*_chapters(abilities)), min_size=1, max_size=max(most_steps // 2, 1))
    steps = chapters.map(lambda some: _flatten(some)[:most_steps])
    if not abilities.is_controlled:
        return st.builds(Plan, steps)
    return st.builds(
        Plan,
        steps,
        start=_seldom(STARTS) if abilities.schedules else st.just(NOON),
        report_minutes=st.sampled_from((0, 1)) if abilities.fetches_reports else st.just(0),
        has_long_references=st.booleans(),
        has_blank_before_phones=st.booleans() if abilities.fetches_replies else st.just(value=False),
    )


def _seldom(values: Sequence[datetime]) -> SearchStrategy[datetime]:
    """The first value every second time."""
    return st.one_of(st.just(values[0]), st.sampled_from(values))


def _chapters(abilities: Abilities) -> Iterable[SearchStrategy[tuple[Step, ...]]]:
    """The chapters that are possible. One that is given twice is drawn twice as often."""
    # A live service really sends what is scheduled.
    minutes = MINUTES if abilities.is_controlled else MINUTES[:2]
    sends = _sends(abilities, (0, *minutes) if abilities.schedules else (0,))
    yield _steps(sends)
    yield _steps(sends)
    fetch_reports = st.builds(FetchReports, _faults(abilities, Operation.REPORT))
    fetch_replies = st.builds(FetchReplies, _faults(abilities, Operation.UPMSG))
    if abilities.restarts:
        yield _steps(sends, st.just(Restart()))
    if abilities.fetches_reports:
        yield _steps(sends, fetch_reports)
        yield _steps(sends, sends, fetch_reports)
    if abilities.fetches_replies:
        yield _steps(sends, fetch_replies)
    if not abilities.is_controlled:
        return
    many = (
        st.builds(SendMany, st.sampled_from(abilities.many), _faults(abilities, Operation.SEND).filter(_suits_many))
        if abilities.many
        else None
    )
    replies = st.builds(Reply, st.sampled_from(abilities.phones), st.sampled_from(REPLIES))
    if abilities.fetches_reports:
        reports = st.builds(Report, st.integers(0, _MOST_AT_ONCE), st.booleans())
        yield _steps(sends, reports, fetch_reports)
        yield _steps(sends, sends, st.builds(Advance, st.sampled_from(MINUTES)), fetch_reports)
        if many is not None:
            yield _steps(many, fetch_reports)
    elif many is not None:
        yield _steps(many)
    if abilities.fetches_replies:
        yield _steps(replies, fetch_replies)
        yield _steps(replies, replies)
        if abilities.many:
            yield _steps(st.builds(ReplyMany, st.just(MANY_REPLIES)), fetch_replies)


def _steps(*steps: SearchStrategy[Step]) -> SearchStrategy[tuple[Step, ...]]:
    return st.tuples(*steps)


def _sends(abilities: Abilities, minutes: Sequence[int]) -> SearchStrategy[Step]:
    phones = st.lists(st.sampled_from(abilities.phones), min_size=1, max_size=_MOST_AT_ONCE, unique=True).map(tuple)
    return st.builds(Send, phones, st.sampled_from(TEXTS), st.sampled_from(minutes), _faults(abilities, Operation.SEND))


def _faults(abilities: Abilities, operation: Operation) -> SearchStrategy[StepFault | None]:
    possible = abilities.possible(operation)
    if not possible:
        return st.none()
    # Those that make a run wait are drawn less often.
    quick = [fault for fault in possible if not isinstance(fault, Slow | Late)]
    return st.one_of(st.none(), st.builds(_skipping, st.sampled_from([*possible, *quick * 3]), st.sampled_from(_SKIPS)))


def _skipping(fault: StepFault, skip: int) -> StepFault:
    return fault if isinstance(fault, Slow | Busy) else replace(fault, skip=skip)


def _suits_many(fault: StepFault | None) -> bool:
    """Return whether a fault suits a large send. An account locks if many requests are refused with 1001006."""
    return not isinstance(fault, Busy)


def _flatten(chapters: Iterable[tuple[Step, ...]]) -> tuple[Step, ...]:
    """Put chapters together, with one large step at the most, because these take long."""
    steps: list[Step] = []
    for chapter in chapters:
        is_large = any(isinstance(step, SendMany | ReplyMany) for step in chapter)
        if not (is_large and any(isinstance(step, SendMany | ReplyMany) for step in steps)):
            steps += chapter
    return tuple(steps)
