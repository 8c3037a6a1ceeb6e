"""A hundred accounts used by sixteen threads at once are isolated from each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from harness.accounts import Served
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings

ACCOUNTS, THREADS = 100, 16

places = st.integers(min_value=0, max_value=ACCOUNTS - 1)
seconds = st.integers(min_value=0, max_value=500)


@dataclass(slots=True)
class Model:
    """Expected state of one account, computed from the acts on it alone."""

    balance: int
    report_delay: int
    blocked: bool
    now: int = 0
    sent: int = 0
    faults: list[Code] = field(default_factory=list[Code])
    sends: list[str] = field(default_factory=list[str])
    due: list[int] = field(default_factory=list[int])

    def send(self, linkid: str) -> str:
        """Apply a send, and return the expected code."""
        if self.faults:
            return self.faults.pop(0)
        if not self.blocked and self.balance - self.sent < 1:
            return Code.BALANCE_TOO_SMALL
        self.sends.append(linkid)
        if self.blocked:
            return Code.NUMBER_BLACKLISTED
        self.sent += 1
        self.due.append(self.now + self.report_delay)
        return "0"

    def fetch_reports(self) -> tuple[str, int]:
        """Apply a fetch of reports, and return the expected code and number of reports."""
        if self.faults:
            return self.faults.pop(0), 0
        taken = [due for due in self.due if due <= self.now]
        self.due = [due for due in self.due if due > self.now]
        return "0", len(taken)


@dataclass(frozen=True, slots=True)
class Act:
    """An act on one account."""

    place: int
    kind: str
    number: int


acts = st.builds(
    Act, places, st.sampled_from(["send", "send", "send", "report", "advance", "fault", "change", "reset"]), seconds
)


def _drive(served: Served, model: Model, act: Act) -> None:
    """Perform an act, and compare the answer with the model."""
    account, number = served.account, act.number
    match act.kind:
        case "send":
            answer = served.send(linkid=f"{account.userid}-{number}")
            codes = {answer.code, *(item.code for item in answer.items)} - {"0"}
            assert (codes or {"0"}) == {model.send(f"{account.userid}-{number}")}
        case "report":
            answer = served.ask(Operation.REPORT)
            assert (answer.code, len(answer.items)) == model.fetch_reports()
            assert all(item.linkid.startswith(f"{account.userid}-") for item in answer.items)
        case "advance":
            account.advance(timedelta(seconds=number))
            model.now += number
        case "fault":
            code = (Code.SYSTEM_ERROR, Code.IP_REFUSED, Code.ACCOUNT_FROZEN)[number % 3]
            account.add_fault(CodeFault(code=code))
            model.faults.append(code)
        case "change":
            # A set balance is what is left from now on.
            model.balance, model.sent = number % 5, 0
            model.report_delay, model.blocked = number, number % 4 == 0
            account.change(
                balance=model.balance, report_delay=model.report_delay, blacklist=["138*"] if model.blocked else []
            )
        case _:
            account.reset()
            account.freeze()
            kept = model.balance, model.report_delay, model.blocked
            fresh = Model(*kept)
            model.now, model.sent, model.faults, model.sends, model.due = (
                fresh.now,
                fresh.sent,
                fresh.faults,
                fresh.sends,
                fresh.due,
            )


class IsolatedAccounts(RuleBasedStateMachine):
    """Accounts, each with a model."""

    def __init__(self) -> None:
        super().__init__()
        self._running = emulator(ManualClock(DOCUMENT_DAY))
        self._running.start()
        self._controls = [ControlClient(self._running.url) for _ in range(THREADS)]
        self._pool = ThreadPoolExecutor(THREADS)
        self._pairs: list[tuple[Served, Model]] = []
        self._touched: set[int] = set()

    @initialize(seeds=st.lists(seconds, min_size=ACCOUNTS, max_size=ACCOUNTS))
    def open(self, seeds: list[int]) -> None:
        """Open the accounts, each with settings of its own and a frozen clock."""
        for place, seed in enumerate(seeds):
            model = Model(balance=seed % 7, report_delay=seed, blocked=seed % 11 == 0)
            account = self._controls[place % THREADS].open(
                AccountSettings(
                    balance=model.balance,
                    report_delay=model.report_delay,
                    blacklist=("138*",) if model.blocked else (),
                    max_concurrency=1,
                )
            )
            account.freeze()
            self._pairs.append((Served(self._running.url, account), model))

    @rule(wanted=st.lists(acts, min_size=THREADS, max_size=4 * ACCOUNTS))
    def act(self, wanted: list[Act]) -> None:
        """Perform many acts at once. Acts on one account are in order, on one thread."""
        turns: dict[int, list[Act]] = {}
        for one in wanted:
            turns.setdefault(one.place, []).append(one)
        self._touched = set(turns)

        def drive(place: int) -> None:
            for one in turns[place]:
                _drive(*self._pairs[place], one)

        list(self._pool.map(drive, turns))

    @invariant()
    def each_is_as_its_model_says(self) -> None:
        """Compare messages, balance, clock and faults with the model."""
        for served, model in (self._pairs[place] for place in self._touched):
            account = served.account
            seen = account.status()
            assert [one.linkid for one in account.messages()] == model.sends
            assert seen.left == max(model.balance - model.sent, 0)
            assert seen.now == DOCUMENT_DAY + timedelta(seconds=model.now)
            assert [
                one.fault.code for one in account.faults() if one.left and isinstance(one.fault, CodeFault)
            ] == model.faults
        self._touched = set()

    def teardown(self) -> None:
        """Stop the emulator."""
        self._pool.shutdown()
        for control in self._controls:
            control.close()
        self._running.stop()


@pytest.mark.timeout(600)
def test_concurrent_accounts_are_isolated() -> None:
    run_state_machine_as_test(
        IsolatedAccounts,
        settings=settings(
            max_examples=max(settings().max_examples // 12, 2),
            stateful_step_count=5,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_two_accounts_send_at_once_without_mixing() -> None:
    """Two accounts, two threads each, the same linkids: no message is swapped or lost."""
    with emulator() as running, ControlClient(running.url) as control, ThreadPoolExecutor(4) as pool:
        pair = [Served(running.url, control.open()) for _ in range(2)]

        def send(place: int) -> list[str]:
            return [pair[place % 2].send(linkid=f"{number}").code for number in range(50)]

        assert {code for codes in pool.map(send, range(4)) for code in codes} == {"0"}
        for one in pair:
            assert sorted(item.linkid for item in one.account.messages()) == sorted(
                f"{n}" for n in range(50) for _ in "ab"
            )
            assert len({item.msgid for item in one.account.messages()}) == 100
