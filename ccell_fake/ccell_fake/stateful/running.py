"""Run of a machine: many runs against an emulator, a few against a live service."""

import sys
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from ccell_fake.control.client import ControlClient
from ccell_fake.stateful.findings import Ended, Spent, end_on_failure
from ccell_fake.stateful.machine import CcellMachine
from ccell_fake.stateful.target import EmulatorTarget, Target

SETTINGS = settings(
    deadline=None,
    # Explaining takes longer than finding, and tells less than the requests at the gateway.
    phases=set(Phase) - {Phase.explain},
    report_multiple_bugs=False,
    stateful_step_count=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""Default settings of `run`."""


def run(
    machine: Callable[[Target], CcellMachine],
    target: str | Target,
    *,
    token: str = "",
    settings: settings | None = None,
) -> None:
    """Try an integration in many ways, and show the shortest failing one.

    If the target is not repeatable, the first failure ends everything and is shown unshortened.

    Args:
        machine: Your subclass of CcellMachine.
        target: Address of an emulator, such as `http://127.0.0.1:8026`, or another Target.
        token: Control token of the emulator, if it has one.
        settings: Hypothesis settings; SETTINGS if not given. `max_examples` and `stateful_step_count` limit the effort.

    Raises:
        Finding: Something was lost, duplicated or mixed up; the notes contain the steps.
    """
    if isinstance(target, str):
        with ControlClient(target, token) as control:
            run(machine, EmulatorTarget(target, control), settings=settings)
    elif target.is_repeatable:
        run_state_machine_as_test(lambda: machine(target), settings=settings or SETTINGS)  # type: ignore[arg-type]
    else:
        _run_without_repeating(machine, target, settings or SETTINGS)


def _run_without_repeating(machine: Callable[[Target], CcellMachine], target: Target, chosen: settings) -> None:
    def create() -> CcellMachine:
        with end_on_failure(is_repeatable=False):
            return machine(target)

    # The example database would repeat earlier runs, and shrinking would repeat a failure. No seed reproduces a
    # failure here. A slow run counts.
    generate_only = settings(
        chosen,
        phases=[Phase.generate],
        database=None,
        verbosity=Verbosity.quiet,
        deadline=None,
        suppress_health_check={*SETTINGS.suppress_health_check, *chosen.suppress_health_check},
    )
    outside = sys.exception()
    try:
        run_state_machine_as_test(create, settings=generate_only)  # type: ignore[arg-type]
    except BaseException as error:
        ended = _find_ended(error, outside)
        if ended is None:
            raise
        if not isinstance(ended.failure, Spent):
            raise ended.failure from ended.failure.__cause__


def _find_ended(error: BaseException | None, outside: BaseException | None) -> Ended | None:
    """First Ended in the chain of an error; Hypothesis and closing may have raised others after it.

    The chain is followed up to `outside`, the exception that was being handled before the run.
    """
    first: Ended | None = None
    while error is not None and error is not outside:
        first = error if isinstance(error, Ended) else first
        error = error.__context__
    return first
