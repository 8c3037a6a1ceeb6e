"""The shortest plan that still fails: steps are left out and made simpler, one at a time.

Hypothesis would shrink its draws, hundreds of times over. A step may cost hundreds of requests, and each step is
independent of the others, so that leaving out steps finds the shortest story in far fewer runs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ccell_fake.stateful.abilities import REPLIES
from ccell_fake.stateful.steps import PHONE, Plan, Reply, Report, Send, SendMany, Step

_MOST_RUNS = 300


def reduce_plan(plan: Plan, fails: Callable[[Plan], bool], many: Sequence[int] = ()) -> Plan:
    """Return a plan that fails, and that does not fail any more if any step is left out or made simpler.

    Args:
        plan: A plan that fails.
        fails: Performs a plan, and returns whether it fails likewise.
        many: The numbers of phones of a large send.
    """
    reduced = _reduce(plan, fails, lambda one: _simpler(one, many))
    # What happens to an integration with several threads may not happen every time.
    return _reduce(reduced, fails, _shorter)


def _reduce(plan: Plan, fails: Callable[[Plan], bool], simplify: Callable[[Plan], Iterator[Plan]]) -> Plan:
    seen = {plan}
    is_reduced = True
    while is_reduced:
        is_reduced = False
        for simpler in simplify(plan):
            if simpler in seen:
                continue
            seen.add(simpler)
            if fails(simpler):
                plan, is_reduced = simpler, True
                break
            if len(seen) > _MOST_RUNS:
                return plan
    return plan


def _simpler(plan: Plan, many: Sequence[int]) -> Iterator[Plan]:
    """Simpler plans, those first that leave out the most."""
    yield from _shorter(plan)
    plain = Plan(plan.steps)
    if plan != plain:
        yield plain
        for name in ("start", "report_minutes", "has_long_references", "has_blank_before_phones"):
            changes: dict[str, Any] = {name: getattr(plain, name)}
            yield replace(plan, **changes)
    for place, step in enumerate(plan.steps):
        for simpler in _simpler_steps(step, many):
            yield replace(plan, steps=(*plan.steps[:place], simpler, *plan.steps[place + 1 :]))


def _shorter(plan: Plan) -> Iterator[Plan]:
    """The plan without some of its steps, half of them first."""
    size = max(len(plan.steps) // 2, 1)
    while size:
        for first in reversed(range(0, len(plan.steps), size)):
            yield replace(plan, steps=plan.steps[:first] + plan.steps[first + size :])
        size //= 2


def _simpler_steps(step: Step, many: Sequence[int]) -> Iterator[Step]:
    fault = getattr(step, "fault", None)
    if fault is not None:
        yield _with(step, fault=None)
        for skip in range(getattr(fault, "skip", 0)):
            yield _with(step, fault=replace(fault, skip=skip))
    match step:
        case Send():
            yield from _simpler_sends(step)
        case SendMany(count=count):
            yield Send((PHONE,), fault=step.fault)
            for fewer in sorted(one for one in many if one < count):
                yield replace(step, count=fewer)
        case Report(message=message):
            for earlier in range(message):
                yield replace(step, message=earlier)
            yield replace(step, is_delivered=True)
        case Reply(text=text) if text != REPLIES[0]:
            yield replace(step, text=REPLIES[0])
        case _:
            pass


def _simpler_sends(send: Send) -> Iterator[Send]:
    for place in range(len(send.phones) if len(send.phones) > 1 else 0):
        yield replace(send, phones=send.phones[:place] + send.phones[place + 1 :])
    if send.text:
        yield replace(send, text="")
    for minutes in range(min(send.minutes, 2)):
        yield replace(send, minutes=minutes)


def _with(step: Step, **changes: Any) -> Step:  # noqa: ANN401 - as replace has it
    return replace(step, **changes)
