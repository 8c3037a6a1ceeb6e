"""Run of a machine: many runs against an emulator, a few against a live service."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from ccell_fake.clock import elapsed
from ccell_fake.control import here
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import DelayFault
from ccell_fake.proxies import exempted
from ccell_fake.stateful.abilities import Abilities
from ccell_fake.stateful.drills import drills, long_drills
from ccell_fake.stateful.findings import Finding, NothingTried, Spent
from ccell_fake.stateful.killing import can_kill
from ccell_fake.stateful.machine import CcellMachine, check_machine, overrides
from ccell_fake.stateful.performing import Performance
from ccell_fake.stateful.plans import plans
from ccell_fake.stateful.reducing import reduce_plan
from ccell_fake.stateful.steps import PHONE, Killed, Late, Plan, Send
from ccell_fake.stateful.target import REFUSED, EmulatorTarget, Target
from ccell_fake.stateful.words import Words

SETTINGS = settings(stateful_step_count=8)
"""Default settings of `run`."""

_PHONES = (PHONE, "13600001234", *REFUSED)
_UNASSIGNED = "12000000000"
_LEARNING_SECONDS = 1.0
_INTERRUPTIONS = (KeyboardInterrupt, SystemExit)
# A plan takes as long as the integration needs.
_SUPPRESSED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def run(
    machine: Callable[[], CcellMachine],
    target: str | Target,
    *,
    token: str = "",
    settings: settings | None = None,
    seed: int | None = None,
) -> None:
    """Try an integration in many ways, and tell the shortest story of what is wrong with it.

    The first failure ends everything and is shown unshortened if the target is not repeatable.

    Args:
        machine: Your subclass of CcellMachine.
        target: Address of an emulator, such as `http://127.0.0.1:8026`, or another Target.
        token: Control token of the emulator, if it has one.
        settings: Hypothesis settings; SETTINGS if not given. `max_examples` limits the number of drawn plans,
            `stateful_step_count` the steps of each. The phase `explicit` tries the short plans first.
        seed: Seed of what is drawn; random if not given, unless the settings say otherwise.

    Raises:
        Finding: Something was lost, duplicated, mixed up or refused; the notes contain the story.
        NothingTried: The gateway accepted nothing.
    """
    __tracebackhide__ = True
    try:
        with _opened(target, token) as opened:
            _Run(machine, opened, settings or SETTINGS, seed).run()
    except Finding as finding:
        # The story says more than the machine's own frames.
        raise finding.with_traceback(None) from None


def replay(machine: Callable[[], CcellMachine], target: str | Target, plan: Plan, *, token: str = "") -> None:
    """Perform one plan, as the story of a finding gives it.

    Raises:
        Finding: What is wrong is still wrong.
    """
    __tracebackhide__ = True
    try:
        with _opened(target, token) as opened:
            _Run(machine, opened).replay(plan)
    except Finding as finding:
        raise finding.with_traceback(None) from None


@contextmanager
def _opened(target: str | Target, token: str) -> Generator[Target]:
    """Turn the address of an emulator into a target, which the integration reaches without a proxy.

    An emulator in this process is called without HTTP.
    """
    with exempted(target if isinstance(target, str) else ""):
        if not isinstance(target, str):
            yield target
        elif (control := here.control_at(target.rstrip("/"))) is not None:
            yield EmulatorTarget(target, control)
        else:
            with ControlClient(target, token) as control:
                yield EmulatorTarget(target, control)


@dataclass(slots=True)
class _Failure:
    """A failing plan, and what it raised."""

    plan: Plan
    error: BaseException


class _Run:
    """All runs of one machine at one target."""

    def __init__(
        self,
        machine: Callable[[], CcellMachine],
        target: Target,
        chosen: settings = SETTINGS,
        number: int | None = None,
    ) -> None:
        self._machine = machine
        self._target = target
        self._settings = chosen
        self._seed = number
        self._failure: _Failure | None = None
        self._accepted = 0
        self._refusals: dict[str, str] = {}
        self._timeout: float | None = None

    def replay(self, plan: Plan) -> None:
        """Perform a plan."""
        sample = self._machine()
        check_machine(sample)
        faults = [getattr(step, "fault", None) for step in plan.steps]
        if any(isinstance(one, Killed) for one in faults) and not (overrides(sample, "restart") and can_kill()):
            message = f"a kill needs restart() of {type(sample).__name__}, the main thread, and signals to threads"
            raise ValueError(message)
        self._timeout = sample.timeout
        if self._timeout is None and any(isinstance(one, Late) for one in faults):
            self._timeout = self._learn_timeout()
        self.perform(plan)

    def run(self) -> None:
        """Try many plans."""
        sample = self._machine()
        check_machine(sample)
        target = self._target
        self._timeout = sample.timeout
        is_drilled = target.is_repeatable and Phase.explicit in self._settings.phases
        with suppress(Spent):
            if is_drilled:
                self._try_all(drills(_abilities(sample, target)))
            if self._timeout is None and target.is_repeatable:
                self._timeout = self._learn_timeout()
            abilities = _abilities(sample, target, has_timeout=self._timeout is not None)
            if is_drilled:
                self._try_all(long_drills(abilities))
            self._explore(abilities, type(sample).__name__)
        if not self._accepted:
            say = Words(sample.language)
            reasons = "; ".join(f"{code}: {why}" for code, why in sorted(self._refusals.items())) or say("nothing sent")
            raise NothingTried(say("nothing tried", reasons=reasons))

    def _try_all(self, some: Iterable[Plan]) -> None:
        for plan in some:
            self._try(plan)

    def _explore(self, abilities: Abilities, name: str) -> None:
        """Try plans that Hypothesis draws. It remembers failures, and derives a fixed seed, by the name."""
        is_repeatable = self._target.is_repeatable

        def test(plan: Plan) -> None:
            self._try(plan)

        test.__name__ = name
        # A live failure must not be repeated, and a found one is reduced by steps.
        phases = {Phase.reuse, Phase.generate} if is_repeatable else {Phase.generate}
        phases &= set(self._settings.phases)
        if not phases:
            return
        tried = settings(
            self._settings,
            phases=phases,
            database=self._settings.database if is_repeatable else None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            print_blob=False,
            deadline=None,
            suppress_health_check=_SUPPRESSED,
        )(given(plans(abilities, self._settings.stateful_step_count))(test))
        try:
            (tried if self._seed is None else seed(self._seed)(tried))()
        except BaseException:
            if self._failure is None:
                raise
        if self._failure is not None:
            raise self._failure.error

    def _try(self, plan: Plan) -> None:
        """Perform a plan. Find the shortest plan that fails if this one does."""
        if self._failure is not None:
            # Hypothesis repeats a failure, which is told only once.
            if self._failure.plan == plan:
                raise self._failure.error
            return
        error = self._attempt(plan)
        if error is None:
            return
        if self._target.is_repeatable and not isinstance(error, _INTERRUPTIONS):
            error = self._reduce(plan, error)
        self._failure = _Failure(plan, error)
        raise error

    def _reduce(self, plan: Plan, error: BaseException) -> BaseException:
        """Return what the shortest plan raises that fails likewise."""
        raised = [error]

        def fails(simpler: Plan) -> bool:
            another = self._attempt(simpler)
            if isinstance(another, _INTERRUPTIONS):
                raise another
            if another is None or type(another) is not type(error):
                return False
            raised.append(another)
            return True

        shortest = reduce_plan(plan, fails, self._machine().many)
        if not fails(shortest) and not fails(shortest):
            raised[-1].add_note(Words(self._machine().language)("flaky"))
        return raised[-1]

    def _attempt(self, plan: Plan) -> BaseException | None:
        """Perform a plan. Returns what it raised."""
        try:
            self.perform(plan)
        except Spent:
            raise
        except BaseException as error:  # noqa: BLE001 - pytest.fail and pytest.skip raise no Exception
            return error
        return None

    def perform(self, plan: Plan) -> None:
        """Perform a plan once.

        Raises:
            Finding: With the story in its notes.
        """
        machine = self._machine()
        performance = Performance(machine, self._target, plan, self._timeout)
        try:
            performance.run()
        finally:
            self._accepted += performance.accepted
            self._refusals |= performance.refusals

    def _learn_timeout(self) -> float | None:
        """Return after how many seconds the integration stops waiting for an answer, if after less than a second."""
        slow = Plan((Send((_PHONES[0],), fault=DelayFault(seconds=_LEARNING_SECONDS)),))
        begun = elapsed()
        error = self._attempt(slow)
        if isinstance(error, _INTERRUPTIONS):
            raise error
        took = elapsed() - begun
        return took if took < _LEARNING_SECONDS else None


def _abilities(machine: CcellMachine, target: Target, *, has_timeout: bool = False) -> Abilities:
    return Abilities(
        phones=(*target.phones, _UNASSIGNED) if target.phones else _PHONES,
        faults=tuple(machine.faults),
        many=tuple(machine.many) if target.is_repeatable else (),
        schedules=overrides(machine, "schedule"),
        fetches_reports=overrides(machine, "poll_reports"),
        fetches_replies=overrides(machine, "poll_upmsgs"),
        restarts=overrides(machine, "restart") and can_kill(),
        is_controlled=target.is_repeatable,
        has_timeout=has_timeout,
    )
