"""The machine on a live service finds bugs there too, and never costs more than allowed.

A minimal gateway stands in. Tests read its journal; the machine knows only its address and a credential.
"""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import pytest
from contract.minimal import Account, MinimalGateway
from harness import scripted
from harness.emulators import emulator
from harness.integrations import MatchesByPhone, Right, SendsAgain
from hypothesis import settings

from ccell_fake import stateful
from ccell_fake.client import ClientError, NotSent, RequestRefused
from ccell_fake.contract.live.settings import LiveSettingsError
from ccell_fake.limits import UPMSGS_PER_CALL
from ccell_fake.model import AccountInfo, Reply
from ccell_fake.stateful import CcellMachine, Duplicated, Lost, Message, Mismatched, NothingTried, Unfaithful, Withheld
from ccell_fake.wire import replies
from ccell_mock_server.live import LiveTarget, live_target

USERID, PASSWORD = "200001", "secret-of-the-account"
OWN = ("13900000001", "13900000002")
REPEATABLE = settings(stateful.SETTINGS, derandomize=True)
INFO = replies.render(Reply("0", "成功", (AccountInfo(USERID, "someone", "0", "9", "0", "*"),)))


@pytest.fixture
def gateway() -> Iterator[MinimalGateway]:
    with MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway:
        yield gateway


def _asked(gateway: MinimalGateway) -> set[str]:
    return {handled.operation for handled in gateway.journal}


class Sends(CcellMachine):
    """Sends with our client, and does nothing else."""

    faults = ()

    def connect(self, url: str, userid: str, password: str) -> None:
        self.right = Right.__new__(Right)
        self.right.connect(url, userid, password)

    def disconnect(self) -> None:
        self.right.disconnect()

    def send(self, messages: Sequence[Message]) -> None:
        self.right.send(messages)

    def fates(self) -> Mapping[str, str]:
        return self.right.fates()


def test_the_client_passes_within_the_budget(gateway: MinimalGateway) -> None:
    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=20, drain=True) as target:
        stateful.run(Right, target, settings=settings(REPEATABLE, max_examples=100))
    assert gateway.messages == 20
    assert _asked(gateway) == {"send", "report", "upmsg", "info"}


@pytest.mark.parametrize(
    ("machine", "findings"),
    [(SendsAgain, Duplicated), (MatchesByPhone, (Lost, Mismatched))],
    ids=["sends again", "by phone"],
)
def test_a_planted_bug_is_found_within_the_budget(
    gateway: MinimalGateway, machine: type[CcellMachine], findings: type[Exception]
) -> None:
    with (
        pytest.raises(findings) as caught,
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=100, drain=True) as target,
    ):
        stateful.run(machine, target, settings=settings(REPEATABLE, max_examples=100))
    assert gateway.messages <= 100
    (note,) = caught.value.__notes__
    assert note.startswith("What happened, on the account's clock:\n1. Your code is given message ")
    assert re.search("\n   send: the gateway accepted message ", note)
    assert PASSWORD not in f"{caught.value} {note}"


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_runs_do_not_exceed_the_budget(gateway: MinimalGateway, budget: int) -> None:
    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=budget) as target:
        stateful.run(Sends, target, settings=REPEATABLE)
    assert gateway.messages == budget


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_repeated_sends_do_not_exceed_the_budget(gateway: MinimalGateway, budget: int) -> None:
    class SendsManyTimes(Sends):
        """Sends each message ten times in one step."""

        def send(self, messages: Sequence[Message]) -> None:
            for _ in range(10):
                super().send(messages)

        def fates(self) -> Mapping[str, str]:
            return dict.fromkeys(super().fates(), "unknown")

    with (
        suppress(Duplicated),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=budget) as target,
    ):
        stateful.run(SendsManyTimes, target, settings=REPEATABLE)
    assert gateway.messages == budget


def test_a_long_message_uses_the_budget_as_charged(gateway: MinimalGateway) -> None:
    class LongMessages(Sends):
        content = "{token}" + "字" * 126 + "【签名】"

    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=6) as target:
        stateful.run(LongMessages, target, settings=REPEATABLE)
    # Each is charged as three messages.
    assert gateway.messages == 2


def test_nothing_is_sent_after_a_failure(gateway: MinimalGateway) -> None:
    sent: list[int] = []
    runs: list[int] = []

    class Fails(Sends):
        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            runs.append(0)

        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            sent.append(gateway.messages)
            runs[-1] += 1
            if len(sent) == 3:
                message = "the third"
                raise LookupError(message)

    with (
        pytest.raises(LookupError, match="the third") as caught,
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=40) as target,
    ):
        stateful.run(Fails, target, settings=settings(REPEATABLE, max_examples=500))
    assert len(sent) == 3
    assert sent[-1] == gateway.messages > 0
    assert caught.value.__notes__[0].count("\n   send: the gateway accepted") == runs[-1] > 0


@pytest.mark.parametrize("step", ["connect", "disconnect", "fates"])
def test_a_failure_in_any_method_is_raised_once(gateway: MinimalGateway, step: str) -> None:
    calls: list[str] = []

    def fail(machine: Sends, *_: object) -> None:
        calls.append(step)
        if step == "disconnect":
            Sends.disconnect(machine)
        raise LookupError(step)

    machine = type("Fails", (Sends,), {step: fail})
    with (
        pytest.raises(LookupError, match=step),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=40) as target,
    ):
        stateful.run(machine, target, settings=REPEATABLE)
    assert calls == [step]


@pytest.mark.parametrize("failure", [LookupError("no"), SystemExit(3), pytest.fail.Exception("no")], ids=repr)
def test_any_exception_fails_once(gateway: MinimalGateway, failure: BaseException) -> None:
    raised: list[BaseException] = []

    class Fails(Sends):
        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            raised.append(failure)
            raise failure

    with (
        pytest.raises(type(failure)) as caught,
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=100) as target,
    ):
        stateful.run(Fails, target, settings=REPEATABLE)
    assert caught.value is failure
    assert raised == [failure]


def test_the_first_failure_is_raised_even_if_closing_fails(gateway: MinimalGateway) -> None:
    class Leaks(Sends):
        def disconnect(self) -> None:
            super().disconnect()
            if gateway.messages:
                message = "while it closed"
                raise OSError(message)

        def fates(self) -> Mapping[str, str]:
            return {}

    with (
        pytest.raises(Lost, match="fates"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=9) as target,
    ):
        stateful.run(Leaks, target, settings=REPEATABLE)


def test_a_run_after_a_failure_can_pass(gateway: MinimalGateway) -> None:
    class Fails(Sends):
        def send(self, messages: Sequence[Message]) -> None:
            message = f"the first of {len(messages)}"
            raise LookupError(message)

    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=3) as target:
        try:
            stateful.run(Fails, target, settings=REPEATABLE)
        except LookupError:
            stateful.run(Sends, target, settings=REPEATABLE)
    assert gateway.messages == 3


def test_a_deadline_in_settings_is_ignored(gateway: MinimalGateway) -> None:
    class Slow(Sends):
        def connect(self, url: str, userid: str, password: str) -> None:
            threading.Event().wait(0.05)
            super().connect(url, userid, password)

    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=40) as target:
        stateful.run(Slow, target, settings=settings(max_examples=4, derandomize=True, deadline=5))
    assert gateway.messages > 0


def test_nothing_is_fetched_unless_allowed(gateway: MinimalGateway) -> None:
    gateway.reply(USERID, OWN[0], "this has to stay")
    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target:
        stateful.run(Right, target, settings=REPEATABLE)
    assert _asked(gateway) == {"send", "info"}


def test_fetching_without_permission_is_withheld(gateway: MinimalGateway) -> None:
    class Fetches(Right):
        def send(self, messages: Sequence[Message]) -> None:
            self.poll_reports()
            super().send(messages)

    with (
        pytest.raises(Withheld, match=r"report was withheld: it fetches items.*drain=True"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(Fetches, target, settings=REPEATABLE)
    assert "report" not in _asked(gateway)


def test_a_send_to_another_number_is_withheld(gateway: MinimalGateway) -> None:
    class SendsElsewhere(Sends):
        def send(self, messages: Sequence[Message]) -> None:
            super().send([Message(one.reference, "13700000000", one.content, one.token) for one in messages])

    with (
        pytest.raises(Withheld, match="send was withheld"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(SendsElsewhere, target, settings=REPEATABLE)
    assert gateway.messages == 0


def test_requests_before_a_withheld_one_are_in_the_notes(gateway: MinimalGateway) -> None:
    class AlsoSendsElsewhere(Sends):
        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            super().send([Message(one.reference, "13700000000", one.content, one.token) for one in messages])

    with (
        pytest.raises(Withheld) as caught,
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(AlsoSendsElsewhere, target, settings=REPEATABLE)
    assert "\n   send: the gateway accepted message " in caught.value.__notes__[0]


def test_a_withheld_request_at_the_end_of_the_last_run_is_found(gateway: MinimalGateway) -> None:
    class SendsOnDisconnect(Sends):
        def disconnect(self) -> None:
            super().send([Message("1", "13700000000", "再见。【签名】", "000000")])
            super().disconnect()

    with (
        pytest.raises(Withheld, match="one of the phones"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(SendsOnDisconnect, target, settings=settings(REPEATABLE, max_examples=1))


def test_nothing_is_forwarded_outside_a_run(gateway: MinimalGateway) -> None:
    class Leaks(Sends):
        def disconnect(self) -> None:
            leaked.append(self.right)

    def run_and_go_on(target: LiveTarget) -> None:
        stateful.run(Leaks, target, settings=settings(REPEATABLE, max_examples=2))
        sent.append(gateway.messages)
        leaked[-1].send([Message("1", OWN[0], "还在。【签名】", "000000")])

    leaked: list[Right] = []
    sent: list[int] = []
    with (
        pytest.raises(Withheld, match="no run is in progress"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=50) as target,
    ):
        run_and_go_on(target)
    assert sent == [gateway.messages]
    for right in leaked:
        right.disconnect()


def test_items_waiting_before_a_run_are_discarded(gateway: MinimalGateway) -> None:
    for _ in range(UPMSGS_PER_CALL + 1):
        gateway.reply(USERID, OWN[0], "from before")
    counts: list[int] = []

    class CountsReplies(Right):
        faults = ()

        def send(self, messages: Sequence[Message]) -> None:
            super().send(messages)
            self.poll_upmsgs()

        def poll_upmsgs(self) -> None:
            super().poll_upmsgs()
            counts.append(len(self.replies))

    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=20, drain=True) as target:
        stateful.run(CountsReplies, target, settings=REPEATABLE)
    assert set(counts) == {0}


def test_a_reply_that_is_not_stored_is_lost(gateway: MinimalGateway) -> None:
    class DropsReplies(Right):
        faults = ()

        def poll_upmsgs(self) -> None:
            gateway.reply(USERID, OWN[0], "收到")
            self.client.upmsgs()

    with (
        pytest.raises(Lost, match="of 1 replies that were handed out, 1 are not stored"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=3, drain=True) as target,
    ):
        stateful.run(DropsReplies, target, settings=REPEATABLE)


@pytest.mark.parametrize("stored", [f" {OWN[0]}", OWN[0]])
def test_a_reply_may_be_stored_with_or_without_the_blank_before_its_number(
    gateway: MinimalGateway, stored: str
) -> None:
    fetched: list[str] = []

    class Trims(Right):
        faults = ()

        def poll_upmsgs(self) -> None:
            gateway.reply(USERID, f" {OWN[0]}", "收到")
            upmsgs = self.client.upmsgs()
            fetched.extend(one.phone for one in upmsgs)
            self.replies += [(stored, one.msgcontent) for one in upmsgs]

    with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=6, drain=True) as target:
        stateful.run(Trims, target, settings=REPEATABLE)
    assert set(fetched) == {OWN[0]}


def test_references_are_unique_across_runs(gateway: MinimalGateway) -> None:
    sent: list[Message] = []

    class KeepsMessages(Sends):
        def send(self, messages: Sequence[Message]) -> None:
            sent.extend(messages)
            super().send(messages)

    for _ in range(2):
        with live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=12) as target:
            stateful.run(KeepsMessages, target, settings=REPEATABLE)
    references = [one.reference for one in sent]
    assert len(set(references)) == len(references) > 12
    assert all(len(one.token) == 6 and one.token in one.content for one in sent)


def test_an_emulator_can_be_the_gateway() -> None:
    with emulator() as served:
        with live_target(served.url, USERID, "123456", phones=OWN, budget=20, drain=True) as target:
            stateful.run(Right, target, settings=REPEATABLE)
        with pytest.raises(RequestRefused), live_target(served.url, USERID, "wrong", phones=OWN, budget=20):
            pytest.fail("a wrong password must be refused")


def test_an_address_may_include_the_path_of_the_endpoints(gateway: MinimalGateway) -> None:
    url = f"{gateway.url}/sms3_api/xmlapi/"
    with live_target(url, USERID, PASSWORD, phones=OWN, budget=2) as target:
        stateful.run(Sends, target, settings=REPEATABLE)
    assert gateway.messages == 2


def test_a_gateway_that_accepts_nothing_tests_nothing() -> None:
    account = Account(USERID, PASSWORD, sending_rule=False)
    with (
        MinimalGateway(accounts=(account,)) as gateway,
        pytest.raises(NothingTried, match=r"accepted no message in the whole run: .*1004002: 未配置有效发送规则"),
        live_target(gateway.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(Sends, target, settings=settings(REPEATABLE, max_examples=5))


def test_an_unreachable_gateway_fails_before_the_first_run() -> None:
    with pytest.raises(NotSent), live_target("http://127.0.0.1:1", USERID, PASSWORD, phones=OWN, budget=5):
        pytest.fail("an unreachable gateway must fail")


@pytest.mark.parametrize(
    "changed",
    [
        {"phones": ()},
        {"phones": ("+8613900000001",)},
        {"url": ""},
        {"url": "ftp://127.0.0.1"},
        {"password": ""},
        {"patience": -1.0},
        {"budget": 0},
        {"messages": 0},
    ],
    ids=str,
)
def test_missing_or_invalid_settings_are_refused_before_any_request(
    gateway: MinimalGateway, changed: dict[str, object]
) -> None:
    options = {"url": gateway.url, "userid": USERID, "password": PASSWORD, "phones": OWN, "budget": 5, **changed}
    with pytest.raises(LiveSettingsError), live_target(**options):  # type: ignore[arg-type]
        pytest.fail("invalid settings must be refused")
    assert gateway.journal == []


ACCEPTED = '<root return="0" info="成功"><resp msgid="{}" phone="{}" return="0" info="成功" linkid=""/></root>'


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ([scripted.answer("<html>", "500 Internal Server Error", "text/html")], "no readable answer to send"),
        ([scripted.hang_up], "no readable answer to send"),
        ([scripted.answer(ACCEPTED.format(1, OWN[0]), "500 Oh")], "no readable answer to send"),
        ([scripted.answer(ACCEPTED.format(1, "13700000000"))], "answered about 13700000000, which was not submitted"),
        (
            [scripted.answer(ACCEPTED.format(1, OWN[0]).replace("0", "1001002", 1))],
            r"but accepted some of its numbers \(S7\)",
        ),
        ([scripted.answer('<root return="0" info="成功"></root>')], r"did not answer about \d+ \(S5\)"),
    ],
    ids=[
        "an error page",
        "no answer",
        "not 200",
        "about another number",
        "accepted and refused",
        "about no number",
    ],
)
def test_invalid_behaviour_of_the_gateway_is_reported_as_unfaithful(acts: list[scripted.Act], said: str) -> None:
    class One(Sends):
        """Ignores client errors."""

        def send(self, messages: Sequence[Message]) -> None:
            with suppress(ClientError):
                super().send(messages[:1])

        def fates(self) -> Mapping[str, str]:
            return {}

    with (
        scripted.server(scripted.answer(INFO), *acts) as script,
        pytest.raises(Unfaithful, match=said),
        live_target(script.url, USERID, PASSWORD, phones=OWN, budget=5) as target,
    ):
        stateful.run(One, target, settings=REPEATABLE)
    assert len(script.requests) == 1 + len(acts)
