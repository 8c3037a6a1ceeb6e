"""Reducing: the plan that is left fails, and each step of it is needed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.faults import CloseFault
from ccell_fake.stateful import FAULTS, Advance, FetchReports, Plan, Reply, Report, Send, SendMany
from ccell_fake.stateful.abilities import Abilities
from ccell_fake.stateful.drills import drills, long_drills
from ccell_fake.stateful.plans import plans
from ccell_fake.stateful.reducing import reduce_plan
from ccell_fake.stateful.steps import PHONE

OTHER = "13600001234"
ALL = Abilities(
    (PHONE, OTHER, "19500001111"),
    FAULTS,
    many=(301, 501),
    schedules=True,
    fetches_reports=True,
    fetches_replies=True,
    restarts=True,
    has_timeout=True,
)


def _needs(*kinds: type) -> Callable[[Plan], bool]:
    return lambda plan: all(any(isinstance(step, kind) for step in plan.steps) for kind in kinds)


@given(plans(ALL, 8), st.sampled_from([Send, FetchReports, Advance, Reply]))
def test_only_the_steps_that_a_failure_needs_are_left(plan: Plan, kind: type) -> None:
    plan = replace(plan, steps=(*plan.steps, Send((PHONE,)), FetchReports(), Advance(), Reply(PHONE)))
    shortest = reduce_plan(plan, _needs(kind))
    assert [type(step) for step in shortest.steps] == [kind]
    assert shortest == Plan(shortest.steps)


@given(plans(ALL, 8))
def test_a_plan_without_failures_stays(plan: Plan) -> None:
    assert reduce_plan(plan, lambda _: False) == plan


def _sends_to_one(plan: Plan) -> bool:
    return any(isinstance(step, Send) and PHONE in step.phones for step in plan.steps)


def _schedules_under_a_fault(plan: Plan) -> bool:
    return any(isinstance(step, Send) and step.minutes > 0 and step.fault is not None for step in plan.steps)


def _has_a_failed_report(plan: Plan) -> bool:
    return any(isinstance(step, Report) and not step.is_delivered for step in plan.steps)


@pytest.mark.parametrize(
    ("plan", "fails", "shortest"),
    [
        (
            Plan((Send((OTHER, PHONE), "，再见", fault=CloseFault(processed=True, skip=2)),)),
            _sends_to_one,
            Plan((Send((PHONE,)),)),
        ),
        (
            Plan((Send((PHONE,), minutes=60, fault=CloseFault(skip=2)),)),
            _schedules_under_a_fault,
            Plan((Send((PHONE,), minutes=1, fault=CloseFault()),)),
        ),
        (Plan((SendMany(501),)), _needs(SendMany), Plan((SendMany(301),))),
        (
            Plan((Report(2, is_delivered=False),)),
            _has_a_failed_report,
            Plan((Report(0, is_delivered=False),)),
        ),
    ],
    ids=["phones and text", "minutes and fault", "many", "report"],
)
def test_a_step_becomes_as_simple_as_the_failure_allows(
    plan: Plan, fails: Callable[[Plan], bool], shortest: Plan
) -> None:
    assert reduce_plan(plan, fails, many=(301, 501)) == shortest


def test_drills_are_all_different_and_hashable() -> None:
    drilled = [*drills(ALL), *long_drills(ALL)]
    assert len(set(drilled)) == len(drilled) > 100


@pytest.mark.parametrize(
    "abilities",
    [
        Abilities((PHONE,), ()),
        Abilities((PHONE,), FAULTS, many=(301,)),
        Abilities((PHONE, OTHER), FAULTS, fetches_reports=True),
        Abilities((PHONE, OTHER), FAULTS, fetches_replies=True, restarts=True),
        Abilities((PHONE, OTHER), FAULTS, schedules=True, fetches_reports=True, is_controlled=False),
        ALL,
    ],
    ids=["sends", "sends many", "reports", "replies", "live", "all"],
)
def test_drawn_plans_and_drills_keep_to_what_is_possible(abilities: Abilities) -> None:
    @given(plans(abilities, 6))
    def keeps(plan: Plan) -> None:
        assert len(plan.steps) <= 6
        _check(plan, abilities)

    keeps()
    for plan in (*drills(abilities), *long_drills(abilities)):
        _check(plan, abilities)


def _check(plan: Plan, abilities: Abilities) -> None:
    names = {type(step).__name__ for step in plan.steps}
    allowed = {"Send"}
    allowed |= {"Advance", "Report", "FetchReports"} if abilities.fetches_reports else set()
    allowed |= {"Reply", "FetchReplies"} if abilities.fetches_replies else set()
    allowed |= {"SendMany"} if abilities.many else set()
    allowed |= {"ReplyMany"} if abilities.many and abilities.fetches_replies else set()
    allowed |= {"Restart"} if abilities.restarts else set()
    assert names <= allowed
    assert abilities.schedules or not any(getattr(step, "minutes", 0) for step in plan.steps if isinstance(step, Send))
    assert sum(type(step).__name__ in {"SendMany", "ReplyMany"} for step in plan.steps) <= 1
    faults = {type(fault).__name__ for step in plan.steps if (fault := getattr(step, "fault", None))}
    assert "Killed" not in faults or abilities.restarts
    assert "Late" not in faults or abilities.has_timeout
