"""Running a machine: in many ways against what can be arranged, in a few against what is live."""

import sys
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from ccell_fake.control.client import ControlClient
from ccell_fake.stateful.machine import CcellMachine
from ccell_fake.stateful.no_retry import Ended, once
from ccell_fake.stateful.target import EmulatorTarget, Spent, Target

SETTINGS = settings(
    deadline=None,
    # What Hypothesis explains takes longer than finding it, and says less than what the gateway saw.
    phases=set(Phase) - {Phase.explain},
    report_multiple_bugs=False,
    stateful_step_count=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""What `run` goes by unless told otherwise."""


def run(
    machine: Callable[[Target], CcellMachine],
    target: str | Target,
    *,
    token: str = "",
    settings: settings | None = None,
) -> None:
    """Try an integration in many ways, and show the shortest that goes wrong.

    With a target that is not repeatable the first failure is shown as it came, and ends everything.

    Args:
        machine: Your subclass of CcellMachine.
        target: The address of an emulator, such as `http://127.0.0.1:8026`, or a target of another kind.
        token: The emulator's control token, if it has one.
        settings: Hypothesis's; `max_examples` and `stateful_step_count` say how long to try.

    Raises:
        Finding: Something was lost, doubled or mixed up; its notes hold the steps.
    """
    if isinstance(target, str):
        with ControlClient(target, token) as control:
            run(machine, EmulatorTarget(target, control), settings=settings)
        return
    chosen = settings or SETTINGS
    if target.is_repeatable:
        run_state_machine_as_test(lambda: machine(target), settings=chosen)  # type: ignore[arg-type]
        return
    _run_once(machine, target, chosen)


def _run_once(machine: Callable[[Target], CcellMachine], target: Target, chosen: settings) -> None:
    def begun() -> CcellMachine:
        with once(is_repeatable=False):
            return machine(target)

    # What is in the database would be tried first, and what failed would be shrunk. A seed brings back no failure here.
    # However slow it is, what was sent counts.
    few = settings(
        chosen,
        phases=[Phase.generate],
        database=None,
        verbosity=Verbosity.quiet,
        deadline=None,
        suppress_health_check={*SETTINGS.suppress_health_check, *chosen.suppress_health_check},
    )
    outside = sys.exception()
    try:
        run_state_machine_as_test(begun, settings=few)  # type: ignore[arg-type]
    except BaseException as error:
        ended = _ended(error, outside)
        if ended is None:
            raise
        if not isinstance(ended.failure, Spent):
            raise ended.failure from ended.failure.__cause__


def _ended(error: BaseException | None, outside: BaseException | None) -> Ended | None:
    """What ended a run, whatever Hypothesis thinks of that, and whatever went wrong when it was closed.

    Args:
        error: What was raised.
        outside: What was being handled before the run began.
    """
    first: Ended | None = None
    while error is not None and error is not outside:
        first = error if isinstance(error, Ended) else first
        error = error.__context__
    return first
