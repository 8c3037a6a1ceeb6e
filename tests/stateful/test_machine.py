"""The machine: it passes our client, and finds a planted bug in each of three other integrations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from harness.emulators import emulator
from harness.integrations import DropsTheSecondPage, MatchesByPhone, Right, SendsAgain
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test  # pyright: ignore[reportUnknownVariableType]

from ccell_fake import stateful, strategies
from ccell_fake.client import Client, OutcomeUnknown, Retry
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
    Target,
    Unfaithful,
)
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.fake import FakeCcell

DERANDOMIZED = settings(SETTINGS, database=None, derandomize=True)
PROFILE = settings(DERANDOMIZED, max_examples=settings().max_examples)
UNSHRUNK = settings(DERANDOMIZED, max_examples=25, phases=[Phase.generate])


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def _steps(error: BaseException) -> list[str]:
    lines = [line for note in error.__notes__ for line in note.splitlines()]
    steps = [line for line in lines if " = state." in line or line.startswith("state.")]
    return [step for step in steps if "teardown" not in step]


def test_our_client_passes(served: Emulator) -> None:
    machines: list[Right] = []

    def create(target: Target) -> Right:
        machines.append(Right(target))
        return machines[-1]

    stateful.run(create, served.url, settings=PROFILE)
    assert sum(len(machine.store) for machine in machines) > len(machines)
    assert any(machine.replies for machine in machines)


@pytest.mark.parametrize(
    ("machine", "finding", "steps", "longest"),
    [
        (SendsAgain, Duplicated, 2, 5),
        (DropsTheSecondPage, Lost, 3, 15),
        (MatchesByPhone, (Lost, Mismatched), 4, 5),
    ],
)
def test_a_planted_bug_is_found_and_shown_in_few_steps(
    served: Emulator, machine: type[CcellMachine], finding: Any, steps: int, longest: int
) -> None:
    with pytest.raises(finding) as caught:
        stateful.run(
            machine, served.url, settings=settings(DERANDOMIZED, max_examples=500, stateful_step_count=longest)
        )
    assert 1 <= len(_steps(caught.value)) <= steps
    assert any("Requests at the gateway, oldest first:" in note for note in caught.value.__notes__)


class SendsOnly(CcellMachine):
    """Overrides only the required methods, with a store that a test can replace."""

    faults = st.nothing()
    many = ()
    stored: Mapping[str, str] | None = None
    calls: ClassVar[set[str]] = set()
    contents: ClassVar[set[tuple[str, str]]] = set()

    def connect(self, url: str, userid: str, password: str) -> None:
        self.calls.add("connect")
        self.credential = url, userid, password
        self.messages: list[Message] = []

    def send(self, messages: Sequence[Message]) -> None:
        self.calls.add("send")
        self.contents.update((one.content, one.token) for one in messages)
        self.messages += messages

    def fates(self) -> Mapping[str, str]:
        self.calls.add("fates")
        return {one.reference: Fate.FAILED for one in self.messages} if self.stored is None else self.stored


def test_methods_without_an_override_are_not_called(served: Emulator) -> None:
    # A call of any other method raises NotImplementedError.
    stateful.run(SendsOnly, served.url, settings=UNSHRUNK)
    assert SendsOnly.calls == {"connect", "send", "fates"}


def test_a_message_missing_in_the_store_is_lost(served: Emulator) -> None:
    class Forgets(SendsOnly):
        stored = MappingProxyType({})

    with pytest.raises(Lost, match=r"message \d+ to \d+ was given to the integration"):
        stateful.run(Forgets, served.url, settings=UNSHRUNK)


def test_an_invalid_fate_is_refused(served: Emulator) -> None:
    class Misspells(SendsOnly):
        stored = MappingProxyType({str(number): "deliverd" for number in range(100)})

    with pytest.raises(ValueError, match="'deliverd' is not a valid Fate"):
        stateful.run(Misspells, served.url, settings=UNSHRUNK)


def test_unfetched_reports_are_lost(served: Emulator) -> None:
    class NeverPolls(Right):
        faults = st.nothing()
        many = ()

        def poll_reports(self) -> None:
            pass

    with pytest.raises(Lost, match=r"\d+ reports are pending, and the integration fetches none of them"):
        stateful.run(NeverPolls, served.url, settings=UNSHRUNK)


def test_a_content_without_its_token_is_refused(served: Emulator) -> None:
    class WithoutToken(SendsOnly):
        content = "您的验证码是{code}。【签名】"

    with pytest.raises(ValueError, match=r"content must contain {token}, which identifies messages"):
        stateful.run(WithoutToken, served.url, settings=UNSHRUNK)


def test_other_braces_in_a_content_are_kept(served: Emulator) -> None:
    class WithBraces(SendsOnly):
        content = "{您}的验证码是{token}。{}【签名】"
        contents: ClassVar[set[tuple[str, str]]] = set()

    stateful.run(WithBraces, served.url, settings=UNSHRUNK)
    assert WithBraces.contents
    assert all(content == f"{{您}}的验证码是{token}。{{}}【签名】" for content, token in WithBraces.contents)


def test_a_reply_stored_twice_is_found(served: Emulator) -> None:
    class StoresTwice(Right):
        faults = st.nothing()
        many = ()

        def poll_upmsgs(self) -> None:
            super().poll_upmsgs()
            self.replies *= 2

    with pytest.raises(Duplicated, match=r"is stored \d times, and was sent \d times"):
        stateful.run(StoresTwice, served.url, settings=UNSHRUNK)


def test_a_message_scheduled_for_another_time_is_found(served: Emulator) -> None:
    class Hurries(Right):
        faults = st.nothing()
        many = ()

        def schedule(self, messages: Sequence[Message]) -> None:
            self.send(messages)

    with pytest.raises(Mismatched, match=r"message \d+ to \d+ is sent at None, not at .*\+08:00 \(A1\)"):
        stateful.run(Hurries, served.url, settings=UNSHRUNK)


class Altered:
    """A target whose account answers some methods wrongly."""

    def __init__(self, target: EmulatorTarget, **altered: Callable[[Any], Any]) -> None:
        self.is_repeatable = True
        self._target = target
        self._altered = altered

    def open(self, balance: int, report_delay: timedelta) -> Opened:
        opened: Any = self._target.open(balance, report_delay)
        for name, alter in self._altered.items():
            setattr(opened, name, _after(getattr(opened, name), alter))
        return opened  # type: ignore[no-any-return]


def _after(method: Callable[[], Any], alter: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: alter(method())


def _charges_one_more(snapshot: AccountSnapshot) -> AccountSnapshot:
    return replace(snapshot, left=snapshot.left - 1)


def _forgets_a_reply(snapshot: AccountSnapshot) -> AccountSnapshot:
    return replace(snapshot, upmsgs=snapshot.upmsgs[1:])


def _forgets_reports(snapshot: AccountSnapshot) -> AccountSnapshot:
    return replace(snapshot, reports=frozenset())


def _forgets_states(snapshot: AccountSnapshot) -> AccountSnapshot:
    return replace(snapshot, states={})


def _hands_out_one_less(requests: list[Any]) -> list[Any]:
    return [replace(one, items=max(one.items - 1, 0)) if one.operation == "report" else one for one in requests]


def _refuses(requests: list[Any]) -> list[Any]:
    return [replace(one, submitted=tuple(replace(sub, code="1004006") for sub in one.submitted)) for one in requests]


@pytest.mark.parametrize(
    ("name", "alter", "reason"),
    [
        ("snapshot", _charges_one_more, r"\d+ messages are left, expected \d+"),
        ("snapshot", _forgets_a_reply, "upstream messages are"),
        ("snapshot", _forgets_reports, "reports differ"),
        ("snapshot", _forgets_states, "is None, expected"),
        ("requests", _hands_out_one_less, r"report handed out \d+ of the \d+ that are due \(R2\)"),
        ("requests", _refuses, r"was answered 1004006 \(S8\)"),
    ],
)
def test_a_difference_from_the_model_is_found(
    served: Emulator, name: str, alter: Callable[[Any], Any], reason: str
) -> None:
    class Calm(Right):
        faults = st.nothing()
        many = ()

    with ControlClient(served.url) as control, pytest.raises(Unfaithful, match=reason):
        stateful.run(Calm, Altered(EmulatorTarget(served.url, control), **{name: alter}), settings=UNSHRUNK)


def test_every_account_is_closed(served: Emulator) -> None:
    with ControlClient(served.url) as control:
        before = [one.userid for one in control.accounts()]
        stateful.run(SendsOnly, served.url, settings=UNSHRUNK)
        assert [one.userid for one in control.accounts()] == before


class Repeats(SendsOnly):
    """Sends again after an answer was lost."""

    faults: ClassVar[Any] = strategies.faults(kinds=["close"], operations=["send"], max_skip=0, max_times=1)

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            with Client(*self.credential, retry=Retry(attempts=1)) as client:
                for _ in range(3):
                    try:
                        client.send(message.phone, message.content)
                        break
                    except OutcomeUnknown:
                        continue
        self.messages += messages

    def fates(self) -> Mapping[str, str]:
        return {one.reference: Fate.UNKNOWN for one in self.messages}


@pytest.mark.parametrize("number", range(5))
def test_shrinking_removes_every_step_that_does_not_matter(number: int) -> None:
    with FakeCcell() as fake:
        target = EmulatorTarget(fake.url, fake.server.control)

        @seed(number)
        def create() -> Repeats:
            return Repeats(target)

        with pytest.raises(Duplicated) as caught:
            run_state_machine_as_test(create, settings=settings(SETTINGS, database=None))  # type: ignore[arg-type]
    steps = [step.partition("(")[0] for step in _steps(caught.value)]
    assert steps == ["state.arrange_fault", "state.send_to"]


def test_every_example_has_the_same_account_at_the_same_time(served: Emulator) -> None:
    begun: list[tuple[str, str, datetime]] = []
    with ControlClient(served.url) as control:
        target = EmulatorTarget(served.url, control)
        for _ in range(3):
            opened = target.open(5, timedelta(minutes=1))
            assert opened.driver is not None
            begun.append((opened.userid, opened.password, opened.now))
            opened.driver.advance(timedelta(minutes=1))
            opened.close()
    assert len(set(begun)) == 1
