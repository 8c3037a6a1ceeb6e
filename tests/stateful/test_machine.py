"""The machine: it passes our client, and finds the bug that was planted in each of three others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from harness.emulators import emulator
from harness.integrations import DropsTheSecondPage, MatchesByPhone, Right, SendsAgain
from hypothesis import Phase, settings
from hypothesis import strategies as st

from ccell_fake import stateful
from ccell_fake.control.client import ControlClient
from ccell_fake.stateful import (
    SETTINGS,
    AccountSnapshot,
    CcellMachine,
    Duplicated,
    EmulatorTarget,
    Fate,
    Lost,
    Message,
    Mismatched,
    Opened,
    Unfaithful,
)
from ccell_mock_server.emulator import Emulator

SAME_EVERY_TIME = settings(SETTINGS, database=None, derandomize=True)
FEW = settings(SAME_EVERY_TIME, max_examples=25)
UNSHRUNK = settings(FEW, phases=[Phase.generate])


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def _steps(error: BaseException) -> list[str]:
    lines = [line for note in error.__notes__ for line in note.splitlines()]
    steps = [line for line in lines if " = state." in line or line.startswith("state.")]
    return [step for step in steps if "teardown" not in step]


def test_our_client_loses_doubles_and_mixes_up_nothing(served: Emulator) -> None:
    stateful.run(Right, served.url, settings=FEW)


@pytest.mark.parametrize(
    ("machine", "finding", "steps"),
    [
        (SendsAgain, Duplicated, 2),
        (DropsTheSecondPage, Lost, 3),
        (MatchesByPhone, (Lost, Mismatched), 4),
    ],
)
def test_a_planted_bug_is_found_and_shown_in_few_steps(
    served: Emulator, machine: type[CcellMachine], finding: Any, steps: int
) -> None:
    with pytest.raises(finding) as caught:
        stateful.run(machine, served.url, settings=SAME_EVERY_TIME)
    assert 1 <= len(_steps(caught.value)) <= steps
    assert any("What the gateway saw, the last thing last:" in note for note in caught.value.__notes__)


class SendsOnly(CcellMachine):
    """No more than what has to be overridden, and a store that says what a test wants."""

    faults = st.nothing()
    many = ()
    said: Mapping[str, str] | None = None

    def connect(self, url: str, userid: str, password: str) -> None:
        self.credential = url, userid, password
        self.given: list[Message] = []

    def send(self, messages: Sequence[Message]) -> None:
        self.given += messages

    def fates(self) -> Mapping[str, str]:
        return {one.reference: Fate.FAILED for one in self.given} if self.said is None else self.said


def test_what_is_not_overridden_is_not_asked_for(served: Emulator) -> None:
    stateful.run(SendsOnly, served.url, settings=FEW)


def test_a_message_that_the_store_does_not_know_is_lost(served: Emulator) -> None:
    class Forgets(SendsOnly):
        said = MappingProxyType({})

    with pytest.raises(Lost, match=r"message \d+ to \d+ was handed over to be sent"):
        stateful.run(Forgets, served.url, settings=UNSHRUNK)


def test_a_fate_that_is_none_is_refused(served: Emulator) -> None:
    class Misspells(SendsOnly):
        said = MappingProxyType({str(number): "deliverd" for number in range(100)})

    with pytest.raises(ValueError, match="'deliverd' is not a valid Fate"):
        stateful.run(Misspells, served.url, settings=UNSHRUNK)


def test_reports_that_nobody_fetches_are_lost(served: Emulator) -> None:
    class NeverPolls(Right):
        faults = st.nothing()
        many = ()

        def poll_reports(self) -> None:
            pass

    with pytest.raises(Lost, match=r"\d+ reports wait, and the integration fetches none of them"):
        stateful.run(NeverPolls, served.url, settings=UNSHRUNK)


def test_a_content_without_its_token_is_refused(served: Emulator) -> None:
    class SaysNothing(SendsOnly):
        content = "您的验证码是{code}。【签名】"

    with pytest.raises(ValueError, match=r"\{token\} has to stand in the content"):
        stateful.run(SaysNothing, served.url, settings=UNSHRUNK)


def test_braces_may_stand_in_a_content(served: Emulator) -> None:
    class SaysMore(SendsOnly):
        content = "{您}的验证码是{token}。{}【签名】"

    stateful.run(SaysMore, served.url, settings=UNSHRUNK)


def test_a_reply_that_is_stored_twice_is_found(served: Emulator) -> None:
    class StoresTwice(Right):
        faults = st.nothing()
        many = ()

        def poll_upmsgs(self) -> None:
            super().poll_upmsgs()
            self.replies *= 2

    with pytest.raises(Duplicated, match=r"is stored \d times, and was sent \d times"):
        stateful.run(StoresTwice, served.url, settings=UNSHRUNK)


def test_a_message_that_is_scheduled_for_another_time_is_found(served: Emulator) -> None:
    class Hurries(Right):
        faults = st.nothing()
        many = ()

        def schedule(self, messages: Sequence[Message]) -> None:
            self.send(messages)

    with pytest.raises(Mismatched, match=r"message \d+ to \d+ is sent at None, not at .*\+08:00 \(A1\)"):
        stateful.run(Hurries, served.url, settings=UNSHRUNK)


class Altered:
    """A target that is not what it should be."""

    def __init__(self, target: EmulatorTarget, **altered: Callable[[Any], Any]) -> None:
        self.is_repeatable = True
        self._target = target
        self._altered = altered

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        opened: Any = self._target.open(balance, report_delay)
        for name, alter in self._altered.items():
            setattr(opened, name, _after(getattr(opened, name), alter))
        return opened  # type: ignore[no-any-return]


def _after(asked: Callable[[], Any], alter: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: alter(asked())


def _charges_one_more(standing: AccountSnapshot) -> AccountSnapshot:
    return replace(standing, left=standing.left - 1)


def _forgets_a_reply(standing: AccountSnapshot) -> AccountSnapshot:
    return replace(standing, upmsgs=standing.upmsgs[1:])


def _forgets_reports(standing: AccountSnapshot) -> AccountSnapshot:
    return replace(standing, reports=frozenset())


def _forgets_states(standing: AccountSnapshot) -> AccountSnapshot:
    return replace(standing, states={})


def _hands_out_one_less(exchanges: list[Any]) -> list[Any]:
    return [replace(one, items=max(one.items - 1, 0)) if one.operation == "report" else one for one in exchanges]


def _refuses(exchanges: list[Any]) -> list[Any]:
    return [replace(one, submitted=tuple(replace(sub, code="1004006") for sub in one.submitted)) for one in exchanges]


@pytest.mark.parametrize(
    ("name", "alter", "said"),
    [
        ("standing", _charges_one_more, r"\d+ messages are left, and must be \d+"),
        ("standing", _forgets_a_reply, "upstream messages are"),
        ("standing", _forgets_reports, "reports differ"),
        ("standing", _forgets_states, "is None, and must be"),
        ("exchanges", _hands_out_one_less, r"report handed out \d+ of the \d+ that wait \(R2\)"),
        ("exchanges", _refuses, r"was answered 1004006 \(S8\)"),
    ],
)
def test_a_gateway_that_differs_from_the_model_is_found(
    served: Emulator, name: str, alter: Callable[[Any], Any], said: str
) -> None:
    class Calm(Right):
        faults = st.nothing()
        many = ()

    with ControlClient(served.url) as control, pytest.raises(Unfaithful, match=said):
        stateful.run(Calm, Altered(EmulatorTarget(served.url, control), **{name: alter}), settings=UNSHRUNK)


def test_no_account_is_left_behind(served: Emulator) -> None:
    with ControlClient(served.url) as control:
        before = [one.userid for one in control.accounts()]
        stateful.run(SendsOnly, served.url, settings=UNSHRUNK)
        assert [one.userid for one in control.accounts()] == before
