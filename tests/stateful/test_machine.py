"""The machine: what it calls, what it finds in a store and at the gateway, and how a run ends."""

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from harness.emulators import emulator
from harness.integrations import DropsTheSecondPage, MatchesByPhone, Right, SendsAgain
from hypothesis import Phase, settings

from ccell_fake import stateful
from ccell_fake.client import Client, RequestRefused, Retry, submit
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import CloseFault, CodeFault
from ccell_fake.model import Submit
from ccell_fake.stateful import (
    SETTINGS,
    AccountSnapshot,
    Advance,
    CcellMachine,
    Duplicated,
    EmulatorTarget,
    Fate,
    FetchReports,
    Killed,
    Late,
    Lost,
    Message,
    Mismatched,
    NothingTried,
    Opened,
    Plan,
    Refused,
    Send,
    Unfaithful,
)
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.fake import FakeCcell

FEW = settings(SETTINGS, database=None, derandomize=True, max_examples=10)
UNDRILLED = settings(FEW, phases=[Phase.generate], max_examples=25)
PHONE, OTHER = "13800000000", "13600001234"


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def test_our_client_passes(served: Emulator) -> None:
    machines: list[Right] = []

    class Kept(Right):
        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            machines.append(self)

    stateful.run(Kept, served.url, settings=FEW)
    assert sum(len(machine.store) for machine in machines) > len(machines)
    assert any(machine.replies for machine in machines)


@pytest.mark.parametrize("settings", [FEW, settings(UNDRILLED, max_examples=500)], ids=["drilled", "drawn"])
@pytest.mark.parametrize(
    ("machine", "finding", "steps"),
    [(SendsAgain, Duplicated, 1), (DropsTheSecondPage, Lost, 2), (MatchesByPhone, (Lost, Mismatched), 3)],
)
def test_a_planted_bug_is_found_and_told_in_few_steps(
    served: Emulator, machine: type[CcellMachine], finding: Any, steps: int, settings: settings
) -> None:
    with pytest.raises(finding) as caught:
        stateful.run(machine, served.url, settings=settings)
    assert 1 <= len(caught.value.plan.steps) <= steps
    (note,) = caught.value.__notes__
    assert note.startswith("What happened, on the account's clock:\n1. Your code ")


class SendsOnly(CcellMachine):
    """Overrides only the required methods, with a store that a test can replace."""

    faults = ()
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
    with pytest.raises(NothingTried):
        stateful.run(SendsOnly, served.url, settings=FEW)
    assert SendsOnly.calls == {"connect", "send", "fates"}


def test_a_message_missing_in_the_store_is_lost(served: Emulator) -> None:
    class Forgets(SendsOnly):
        stored = MappingProxyType({})

    with pytest.raises(Lost, match=r"message \d+ to \d+ was given to the integration"):
        stateful.run(Forgets, served.url, settings=FEW)


def test_an_invalid_fate_is_refused(served: Emulator) -> None:
    class Misspells(SendsOnly):
        stored = MappingProxyType({str(number): "deliverd" for number in range(100)})

    with pytest.raises(ValueError, match=r"fates\(\) must have one of unknown, .* for '1', got 'deliverd'"):
        stateful.run(Misspells, served.url, settings=FEW)


def test_unfetched_reports_are_lost(served: Emulator) -> None:
    class NeverPolls(Right):
        faults = ()
        many = ()

        def poll_reports(self) -> None:
            pass

    with pytest.raises(Lost, match=r"reports are waiting \(\d+\), and the integration fetches none of them"):
        stateful.run(NeverPolls, served.url, settings=FEW)


def test_a_content_without_its_token_is_refused(served: Emulator) -> None:
    class WithoutToken(SendsOnly):
        content = "您的验证码是{code}。【签名】"

    with pytest.raises(ValueError, match=r"content must contain {token}, which identifies messages"):
        stateful.run(WithoutToken, served.url, settings=FEW)


def test_other_braces_in_a_content_are_kept(served: Emulator) -> None:
    class WithBraces(SendsOnly):
        content = "{您}的验证码是{token}。{}【签名】"
        contents: ClassVar[set[tuple[str, str]]] = set()

    with pytest.raises(NothingTried):
        stateful.run(WithBraces, served.url, settings=FEW)
    assert WithBraces.contents
    assert all(one.startswith(f"{{您}}的验证码是{token}") for one, token in WithBraces.contents)
    assert all(one.endswith("。{}【签名】") for one, _ in WithBraces.contents)


def test_a_reply_stored_twice_is_found(served: Emulator) -> None:
    class StoresTwice(Right):
        faults = ()
        many = ()

        def poll_upmsgs(self) -> None:
            super().poll_upmsgs()
            self.replies *= 2

    with pytest.raises(Duplicated, match=r"is stored \d times, and was sent \d times"):
        stateful.run(StoresTwice, served.url, settings=FEW)


def test_a_message_scheduled_for_another_time_is_found(served: Emulator) -> None:
    class Hurries(Right):
        faults = ()
        many = ()

        def schedule(self, messages: Sequence[Message]) -> None:
            self.send(messages)

    with pytest.raises(Mismatched, match=r"message \d+ to \d+ is sent at once, not at .*\+08:00"):
        stateful.run(Hurries, served.url, settings=FEW)


class Altered:
    """A target whose account answers some methods wrongly."""

    def __init__(self, target: EmulatorTarget, **altered: Callable[[Any], Any]) -> None:
        self.is_repeatable = True
        self.phones: Sequence[str] = ()
        self._target = target
        self._altered = altered

    def open(self, plan: Plan) -> Opened:
        opened: Any = self._target.open(plan)
        for name, alter in self._altered.items():
            setattr(opened, name, _after(getattr(opened, name), alter))
        return opened  # type: ignore[no-any-return]


def _after(method: Callable[..., Any], alter: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *arguments: alter(method(*arguments))


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
        ("requests", _refuses, "was refused with 1004006, and was as handed over"),
    ],
)
def test_a_difference_from_the_model_is_found(
    served: Emulator, name: str, alter: Callable[[Any], Any], reason: str
) -> None:
    class Calm(Right):
        faults = ()
        many = ()

    with ControlClient(served.url) as control, pytest.raises(Unfaithful, match=reason):
        stateful.run(Calm, Altered(EmulatorTarget(served.url, control), **{name: alter}), settings=FEW)


def test_every_account_is_closed(served: Emulator) -> None:
    with ControlClient(served.url) as control:
        before = [one.userid for one in control.accounts()]
        with pytest.raises(NothingTried):
            stateful.run(SendsOnly, served.url, settings=FEW)
        assert [one.userid for one in control.accounts()] == before


def test_a_failure_is_repeated_by_its_plan(served: Emulator) -> None:
    with pytest.raises(Duplicated) as caught:
        stateful.run(SendsAgain, served.url, settings=FEW)
    plan = caught.value.plan
    assert plan == Plan((Send((PHONE,), fault=CloseFault(processed=True)),))
    with pytest.raises(Duplicated, match="message 1 to 13800000000 was accepted 2 times"):
        stateful.replay(SendsAgain, served.url, plan)
    stateful.replay(SendsAgain, served.url, Plan((Send((PHONE,)),)))


def test_the_same_plan_leads_to_the_same_requests_whatever_ran_before() -> None:
    plan = Plan((Send((PHONE, OTHER)), Advance(), FetchReports(CloseFault(processed=True))), report_minutes=1)
    asked: list[list[str]] = []

    class Watched(Right):
        def disconnect(self) -> None:
            super().disconnect()
            asked.append([one.request for one in fake.server.control.account(self.credential[0]).journal()])

    with FakeCcell() as fake:
        stateful.replay(Watched, fake.url, plan)
        stateful.run(Watched, fake.url, settings=settings(FEW, max_examples=3))
        stateful.replay(Watched, fake.url, plan)
    assert asked[0] == asked[-1] != []


@pytest.mark.parametrize("settings", [FEW, settings(UNDRILLED, max_examples=500)], ids=["drilled", "drawn"])
def test_a_derandomized_run_tells_the_same_story_again(settings: settings) -> None:
    stories: set[str] = set()
    for _ in range(2):
        with FakeCcell() as fake, pytest.raises((Lost, Mismatched)) as caught:
            stateful.run(MatchesByPhone, fake.url, settings=settings)
        stories.add(f"{caught.value}\n{caught.value.__notes__}")
    assert len(stories) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_seed_draws_the_same_plans_again(served: Emulator, number: int) -> None:
    def drawn() -> list[Sequence[Message]]:
        handed: list[Sequence[Message]] = []

        class Notes(SendsOnly):
            def send(self, messages: Sequence[Message]) -> None:
                super().send(messages)
                handed.append(messages)

        with pytest.raises(NothingTried):
            stateful.run(Notes, served.url, settings=settings(UNDRILLED, derandomize=False), seed=number)
        return handed

    assert drawn() == drawn()


def test_a_run_in_which_nothing_is_accepted_fails_with_what_was_refused(served: Emulator) -> None:
    class SendsToNobody(SendsOnly):
        allowed = ("1001004",)

        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            url, userid, _ = self.credential
            with Client(url, userid, "wrong") as client, pytest.raises(Exception, match="1001004"):
                client.send(PHONE, "您好【签名】")

    with pytest.raises(NothingTried, match="the gateway accepted no message in the whole run: 1001004: "):
        stateful.run(SendsToNobody, served.url, settings=UNDRILLED)


def test_a_run_in_which_nothing_is_sent_fails(served: Emulator) -> None:
    with pytest.raises(NothingTried, match="in the whole run: the integration sent none"):
        stateful.run(SendsOnly, served.url, settings=UNDRILLED)


def test_a_message_that_is_never_sent_though_nothing_went_wrong_is_lost(served: Emulator) -> None:
    class Waits(SendsOnly):
        def fates(self) -> Mapping[str, str]:
            return dict.fromkeys((one.reference for one in self.messages), Fate.UNKNOWN)

    with pytest.raises(Lost, match="message 1 to 13800000000 is unknown in the store, and the integration has never"):
        stateful.run(Waits, served.url, settings=FEW)


class Submits(Right):
    """Sends what `change` makes of a message."""

    faults = ()
    many = ()

    @staticmethod
    def change(message: Message) -> Message:
        return message

    def send(self, messages: Sequence[Message]) -> None:
        changed = [self.change(one) for one in messages]
        self.submit([submit(one.phone, one.content, linkid=one.reference) for one in changed])


def _unsigned(message: Message) -> Message:
    return replace(message, content=message.content.replace("【签名】", ""))


def _signed_twice(message: Message) -> Message:
    return replace(message, content=f"【别的】{message.content}")


def _without_token(message: Message) -> Message:
    return replace(message, content="您好【签名】")


def _to_nobody(message: Message) -> Message:
    return replace(message, phone="12000000000")


def _to_another(message: Message) -> Message:
    return replace(message, phone="13700000000")


@pytest.mark.parametrize(
    ("change", "finding", "reason"),
    [
        (
            _unsigned,
            Refused,
            "message 1 .* was refused with 1004003, because .*; message 1 .* another text: ",
        ),
        (_signed_twice, Mismatched, "message 1 to 13800000000 has another text: '【别的】您的验证码.*was handed over"),
        (_without_token, Mismatched, "'您好【签名】', which has no token"),
        (
            _to_nobody,
            Refused,
            "number '12000000000' was refused with 1004001, because .*; none of the messages goes to it",
        ),
        (_to_another, Mismatched, "which was not for it"),
    ],
)
def test_what_the_integration_changes_is_its_own_fault(
    served: Emulator, change: Callable[[Message], Message], finding: type[Exception], reason: str
) -> None:
    machine = type("Changes", (Submits,), {"change": staticmethod(change)})
    with pytest.raises(finding, match=reason):
        stateful.run(machine, served.url, settings=FEW)


def test_texts_of_its_own_need_only_the_token(served: Emulator) -> None:
    texts: list[str] = []

    class Templates(Submits):
        has_own_texts = True

        @staticmethod
        def change(message: Message) -> Message:
            texts.append(f"您的密码：{message.token}【商店】")
            return replace(message, content=texts[-1])

    stateful.run(Templates, served.url, settings=FEW)
    assert len(texts) > 1


@pytest.mark.parametrize("allowed", [(), ("S8",)])
def test_sending_again_after_a_final_refusal_is_found_unless_allowed(served: Emulator, allowed: Sequence[str]) -> None:
    class Insists(Submits):
        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            if any(self.store[one.reference] == Fate.FAILED for one in messages):
                super().send(messages)

    Insists.allowed = allowed
    plan = Plan((Send((PHONE,), fault=CodeFault(code=Code.BALANCE_TOO_SMALL)),))
    if allowed:
        stateful.replay(Insists, served.url, plan)
    else:
        with pytest.raises(Refused, match=r"send was refused with 1001002, and was sent again unchanged \(S8\)"):
            stateful.replay(Insists, served.url, plan)


@pytest.mark.parametrize(("cost", "is_right"), [(1, True), (2, False)])
def test_charges_are_compared_with_the_segments(served: Emulator, cost: int, is_right: bool) -> None:  # noqa: FBT001
    class Counts(Submits):
        def charges(self) -> Mapping[str, int]:
            return dict.fromkeys(self.store, cost)

    plan = Plan((Send((PHONE,)),))
    if is_right:
        stateful.replay(Counts, served.url, plan)
    else:
        with pytest.raises(Mismatched, match=r"costs 2 in the store, and the gateway charged 1"):
            stateful.replay(Counts, served.url, plan)


def test_charges_of_seventy_characters_a_message_are_found(served: Emulator) -> None:
    class Divides(Right):
        def charges(self) -> Mapping[str, int]:
            return {reference: -(-len(content) // 70) for reference, content in self.contents.items()}

        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            self.contents: dict[str, str] = {}

        def submit(self, submits: Sequence[Any]) -> None:
            self.contents.update((one.linkid, one.content) for one in submits)
            super().submit(submits)

    with pytest.raises(Mismatched, match="costs 2 in the store, and the gateway charged 3"):
        stateful.run(Divides, served.url, settings=FEW)


def test_a_line_break_that_is_lost_is_found(served: Emulator) -> None:
    class Joins(Submits):
        @staticmethod
        def change(message: Message) -> Message:
            return replace(message, content=message.content.replace("\n", " "))

    with pytest.raises(Mismatched, match="message 1 to 13800000000 has another text"):
        stateful.run(Joins, served.url, settings=FEW)


def test_an_outbox_that_is_flushed_after_a_poll_is_right(served: Emulator) -> None:
    flushed: list[str] = []

    class Outbox(Right):
        """Sends again what was refused for its threads, after the next poll."""

        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            self.outbox: list[Any] = []

        def submit(self, submits: Sequence[Any]) -> None:
            try:
                resps = self.client.send(submits).resps
            except RequestRefused as error:
                resps = error.resps
                self._store(submits, Fate.UNKNOWN)
                self.outbox += error.unsent
            for resp in resps:
                self.store[resp.linkid or ""] = Fate.ACCEPTED if resp.is_accepted else Fate.FAILED

        def poll_reports(self) -> None:
            super().poll_reports()
            waiting, self.outbox = self.outbox, []
            if waiting:
                self.submit(waiting)
                flushed.extend(one.phone for one in waiting)

    fault = CodeFault(code=Code.CONCURRENCY_EXCEEDED, times=9)
    plan = Plan((Send((PHONE,)), Send((OTHER,), fault=fault)))
    stateful.replay(Outbox, served.url, plan)
    assert OTHER in flushed


def test_digits_around_a_token_do_not_confuse_messages(served: Emulator) -> None:
    class Hotline(Right):
        # The token of the first message is within the number of the hotline.
        content = "您的验证码是{token}，客服13100001234。【签名】"

    stateful.replay(Hotline, served.url, Plan((Send((PHONE,)), Send((PHONE,)))))


def test_an_integration_may_hold_back_after_a_fault(served: Emulator) -> None:
    held: list[str] = []

    class Breaker(Right):
        is_open = False

        def submit(self, submits: Sequence[Any]) -> None:
            if self.is_open:
                self._store(submits, Fate.UNKNOWN)
                held.extend(one.phone for one in submits)
                return
            super().submit(submits)
            self.is_open = Fate.UNKNOWN in self.store.values()

    plan = Plan((Send((PHONE,), fault=CloseFault(processed=True)), Send((OTHER,))))
    stateful.replay(Breaker, served.url, plan)
    assert held == [OTHER]


def test_replies_may_be_stored_without_blanks_around_them(served: Emulator) -> None:
    received: list[tuple[str, str]] = []

    class Trims(Right):
        def upmsgs(self) -> Iterable[tuple[str, str]]:
            received[:] = self.replies
            return [(phone, text.strip()) for phone, text in self.replies]

    stateful.replay(Trims, served.url, Plan((stateful.Reply(PHONE, " 好的 "), stateful.FetchReplies())))
    assert received == [(PHONE, " 好的 ")]


@pytest.mark.parametrize("attributes", [{"sendtime": "2031-01-15T12:30:00"}, {"spcode": "12"}], ids=str)
def test_a_refused_attribute_of_its_own_is_not_blamed_on_the_gateway(
    served: Emulator, attributes: dict[str, str]
) -> None:
    class Adds(Right):
        def send(self, messages: Sequence[Message]) -> None:
            super().submit([Submit(one.phone, one.content, linkid=one.reference, **attributes) for one in messages])

    with pytest.raises(Refused, match="message 1 to 13800000000 was refused with 10040"):
        stateful.replay(Adds, served.url, Plan((Send((PHONE,)),)))


def test_an_integration_that_backs_off_is_never_locked(served: Emulator) -> None:
    sends: list[str] = []

    class BacksOff(Right):
        def send(self, messages: Sequence[Message]) -> None:
            for _ in range(10):
                super().send(messages)
                sends.extend(one.reference for one in messages)
                if all(self.store[one.reference] == Fate.ACCEPTED for one in messages):
                    break

        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            self.client.close()
            self.client = Client(url, userid, password, retry=Retry(attempts=1))

    stateful.replay(BacksOff, served.url, Plan((Send((PHONE,), fault=stateful.Busy()),) * 8))
    assert len(sends) > len(set(sends)) == 8


def test_a_plan_with_a_kill_needs_a_restart(served: Emulator) -> None:
    with pytest.raises(ValueError, match=r"a kill needs restart\(\) of Right, the main thread, and signals"):
        stateful.replay(Right, served.url, Plan((Send((PHONE,), fault=Killed()),)))


def test_what_failed_by_its_report_may_be_sent_again(served: Emulator) -> None:
    again: list[str] = []

    class Resends(Right):
        def poll_reports(self) -> None:
            super().poll_reports()
            for message in self.messages:
                if self.store.get(message.reference) == Fate.FAILED:
                    super().send([message])
                    again.append(message.phone)

        def send(self, messages: Sequence[Message]) -> None:
            self.messages = messages
            super().send(messages)

    plan = Plan((Send((PHONE,)), stateful.Report(is_delivered=False), FetchReports(), FetchReports()))
    stateful.replay(Resends, served.url, plan)
    assert again == [PHONE]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("content", "验证码{token}", "content must have a signature"),
        ("many", (0,), r"many must hold positive numbers of phones, got \(0,\)"),
        ("many", ("x",), "many must hold positive numbers of phones"),
        ("allowed", "1001006", "allowed must be a collection of codes and of S8, got '1001006'"),
        ("allowed", {"S1"}, "allowed must be a collection of codes"),
        ("timeout", -1, "timeout must be a positive number of seconds or None, got -1"),
        ("timeout", "1", "timeout must be a positive number"),
        ("faults", ("close",), "faults must be a collection of faults"),
    ],
)
def test_an_invalid_attribute_is_refused_before_the_run(
    served: Emulator, name: str, value: object, reason: str
) -> None:
    with ControlClient(served.url) as control:
        before = [one.userid for one in control.accounts()]
        with pytest.raises(ValueError, match=reason):
            stateful.run(type("Invalid", (SendsOnly,), {name: value}), served.url, settings=FEW)
        assert [one.userid for one in control.accounts()] == before


@pytest.mark.parametrize(
    ("create", "reason"),
    [
        (lambda: Send(()), "phones must be different numbers of 11 digits"),
        (lambda: Send((PHONE, PHONE)), "phones must be different numbers of 11 digits"),
        (lambda: Send(PHONE), "phones must be different numbers of 11 digits"),  # type: ignore[arg-type]
        (lambda: Send((PHONE,), minutes=-1), "minutes must be from 0 to 72000"),
        (lambda: Send((PHONE,), minutes=72001), "minutes must be from 0 to 72000"),
        (lambda: stateful.SendMany(0), "count must be positive"),
        (lambda: stateful.ReplyMany(-1), "count must be positive"),
        (lambda: stateful.Report(-1), "message must not be negative"),
        (lambda: Advance(0), "minutes must be positive"),
        (lambda: Plan(("send",)), "steps must be steps"),  # type: ignore[arg-type]
        (lambda: Plan(start=datetime(2031, 1, 1)), "start must have an offset"),  # noqa: DTZ001 - the offset is missing
    ],
)
def test_an_impossible_step_is_refused_where_it_is_written(create: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        create()


def test_a_step_that_the_machine_cannot_perform_is_refused(served: Emulator) -> None:
    with pytest.raises(ValueError, match=r"FetchReports\(fault=None\) is not possible with SendsOnly"):
        stateful.replay(SendsOnly, served.url, Plan((FetchReports(),)))


def test_a_failure_that_does_not_happen_again_says_so(served: Emulator) -> None:
    calls: list[int] = []

    class Seldom(Right):
        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            calls.append(1)
            if len(calls) == 1:
                self.store[messages[0].reference] = Fate.FAILED

    with pytest.raises(Lost) as caught:
        stateful.run(Seldom, served.url, settings=FEW)
    assert caught.value.__notes__[-1].startswith("It did not happen again when it was repeated.")


def test_the_machine_learns_after_which_time_the_integration_gives_up() -> None:
    class Impatient(Right):
        faults = (Late(),)
        many = ()

        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            self.client.close()
            self.client = Client(url, userid, password, timeout=0.4)

        def fates(self) -> Mapping[str, str]:
            # The client knows that the outcome is unknown; this program takes it for a failure.
            return {one: Fate.FAILED if fate == Fate.UNKNOWN else fate for one, fate in self.store.items()}

    with (
        FakeCcell() as fake,
        pytest.raises(Lost, match="is failed in the store, and the gateway has accepted it") as caught,
    ):
        stateful.run(Impatient, fake.url, settings=FEW)
    assert caught.value.plan == Plan((Send((PHONE,), fault=Late()),))
    assert "the answer came after your code had stopped waiting" in caught.value.__notes__[0]


def test_an_integration_is_killed_in_the_middle_and_started_again(served: Emulator) -> None:
    class Forgets(Right):
        """Notes a message after its answer."""

        faults = (Killed(),)
        many = ()

        def restart(self) -> None:
            self.client.close()
            self.client = Client(self.url, *self.credential)

    former = signal.getsignal(signal.SIGUSR2)
    with pytest.raises(Lost, match=r"message 1 to 13800000000 was given .* fates\(\) does not have it") as caught:
        stateful.run(Forgets, served.url, settings=FEW)
    assert caught.value.plan == Plan((Send((PHONE,), fault=Killed()),))
    assert "Your code was killed while it waited for this answer" in caught.value.__notes__[0]
    assert signal.getsignal(signal.SIGUSR2) is former


def test_messages_that_a_kill_kept_from_the_integration_are_not_lost(served: Emulator) -> None:
    begun: list[str] = []

    class OneByOne(Right):
        def send(self, messages: Sequence[Message]) -> None:
            for message in messages:
                self.store[message.reference] = Fate.UNKNOWN
                begun.append(message.phone)
                super().send([message])

        def restart(self) -> None:
            self.client.close()
            self.client = Client(self.url, *self.credential)

    stateful.replay(OneByOne, served.url, Plan((Send((PHONE, OTHER), fault=Killed()),)))
    assert begun == [PHONE]


def test_an_exception_of_the_integration_ends_the_run_with_its_story(served: Emulator) -> None:
    class Breaks(Right):
        def submit(self, submits: Sequence[Any]) -> None:
            super().submit(submits)
            if len(submits) > 1:
                message = "only one at a time"
                raise LookupError(message)

    with pytest.raises(LookupError, match="only one at a time") as caught:
        stateful.run(Breaks, served.url, settings=FEW)
    assert "1. Your code is given message 1 to " in caught.value.__notes__[0]
    assert "def test_breaks(ccell_server):" in caught.value.__notes__[0]


def test_an_interruption_ends_the_run_at_once(served: Emulator) -> None:
    calls: list[int] = []

    class Interrupted(SendsOnly):
        def send(self, messages: Sequence[Message]) -> None:
            calls.append(len(messages))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stateful.run(Interrupted, served.url, settings=FEW)
    assert len(calls) == 1


def test_the_first_failure_is_told_even_if_disconnecting_fails(served: Emulator) -> None:
    class Leaks(SendsOnly):
        stored = MappingProxyType({})

        def disconnect(self) -> None:
            message = "while it closed"
            raise OSError(message)

    with pytest.raises(Lost, match=r"fates\(\) does not have it"):
        stateful.run(Leaks, served.url, settings=FEW)


def test_an_unknown_language_is_refused(served: Emulator) -> None:
    class Speaks(SendsOnly):
        language = "fr"

    with pytest.raises(ValueError, match="language must be one of en, zh, got 'fr'"):
        stateful.run(Speaks, served.url, settings=FEW)


def test_every_plan_has_the_same_account_at_the_same_time(served: Emulator) -> None:
    begun: list[tuple[str, str, datetime]] = []
    with ControlClient(served.url) as control:
        target = EmulatorTarget(served.url, control)
        for _ in range(3):
            opened = target.open(Plan())
            assert opened.driver is not None
            begun.append((opened.userid, opened.password, opened.now))
            opened.driver.advance(timedelta(minutes=1))
            opened.close()
    assert len(set(begun)) == 1
