"""The story of a finding: what it says, in both languages, and that its test repeats it."""

from collections.abc import Sequence

import pytest
from harness.integrations import MatchesByPhone, Right, SendsAgain
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake import stateful
from ccell_fake.client import Client, Retry
from ccell_fake.codes import Code
from ccell_fake.faults import CloseFault, CodeFault, HttpFault
from ccell_fake.stateful import FAULTS, Busy, CcellMachine, Finding, Late, Message, Plan, Send, SendMany
from ccell_fake.stateful.abilities import Abilities
from ccell_fake.stateful.drills import drills, long_drills
from ccell_fake.stateful.pasting import paste
from ccell_fake.stateful.plans import plans
from ccell_mock_server.fake import FakeCcell

PHONE, REFUSED = "13800000000", "19500001111"
ALL = Abilities(
    (PHONE, "13600001234", REFUSED),
    FAULTS,
    many=(301,),
    schedules=True,
    fetches_reports=True,
    fetches_replies=True,
    restarts=True,
    has_timeout=True,
)


def _told(machine: type[CcellMachine], plan: Plan) -> str:
    with FakeCcell() as fake, pytest.raises(Finding) as caught:
        stateful.replay(machine, fake.url, plan)
    return "\n".join([f"{type(caught.value).__name__}: {caught.value}", *caught.value.__notes__])


TWICE = Plan((Send((PHONE,), fault=CloseFault(processed=True)),))
ENGLISH = """\
Duplicated: message 1 to 13800000000 was accepted 2 times
What happened, on the account's clock:
1. Your code is given message 1 to 13800000000 to send.
   send 12:00:00: the gateway accepted message 1 to 13800000000; the connection closed before the answer
   send 12:00:00: your code, or its HTTP library by itself (W16), sent message 1 to 13800000000 again, and the gateway accepted it
A test that repeats it:
    from ccell_fake import stateful
    from ccell_fake.faults import CloseFault


    def test_sends_again(ccell_server):
        plan = stateful.Plan(
            steps=(
                stateful.Send(phones=("13800000000",), fault=CloseFault(processed=True)),
            ),
        )
        stateful.replay(SendsAgain, ccell_server.url, plan)"""  # noqa: E501 - as printed
CHINESE = """\
Duplicated: 短信 1（13800000000）被网关接受了 2 次
经过（按账户的时钟）：
1. 要你的代码发送短信 1（13800000000）。
   send 12:00:00: 网关接受了短信 1（13800000000）；应答之前连接就断开了
   send 12:00:00: 你的代码又发了短信 1（13800000000），也可能是其 HTTP 库自行重发（W16），网关接受了
重现它的测试："""


def test_a_story_names_the_messages_the_requests_and_what_became_of_the_answers() -> None:
    assert _told(SendsAgain, TWICE) == ENGLISH


def test_a_story_is_told_in_chinese() -> None:
    machine = type("SendsAgain", (SendsAgain,), {"language": "zh"})
    assert _told(machine, TWICE).startswith(CHINESE)


def test_a_code_of_a_number_is_told_with_its_reason() -> None:
    class Believes(Right):
        def fates(self) -> dict[str, str]:
            return dict.fromkeys(self.store, "accepted")

    told = _told(Believes, Plan((Send((PHONE, REFUSED)),)))
    assert (
        "the gateway accepted message 1 to 13800000000; the gateway refused message 2 to 19500001111 with 1004001: "
        in told
    )
    assert "message 2 to 19500001111 is accepted in the store, and the gateway has not accepted it" in told


def test_a_long_step_is_told_by_its_first_and_its_last_requests() -> None:
    class OneByOne(MatchesByPhone):
        def send(self, messages: Sequence[Message]) -> None:
            for message in messages:
                super().send([message])

        def fates(self) -> dict[str, str]:
            return {}

    told = _told(OneByOne, Plan((SendMany(301),)))
    assert "1. Your code is given 301 messages, one for each of 301 phones to send.\n" in told
    assert "   … 295 more requests\n" in told
    assert told.count("\n   send 12:00:00: ") == 6


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (HttpFault(), "the gateway did not get the request; an error page came instead of the answer"),
        (CodeFault(code=Code.BALANCE_TOO_SMALL), "the gateway refused the request with 1001002: 余额不足"),
        (
            Busy(),
            "Other users of the account have all its threads in use.\n   send 12:00:00: the gateway refused",
        ),
        (Late(), "the answer came after your code had stopped waiting"),
    ],
    ids=["http", "code", "busy", "late"],
)
def test_a_fault_is_told_by_what_it_did(fault: stateful.StepFault, said: str) -> None:
    class Delivers(Right):
        timeout = 0.2

        def connect(self, url: str, userid: str, password: str) -> None:
            super().connect(url, userid, password)
            self.client.close()
            self.client = Client(url, userid, password, timeout=0.2, retry=Retry(attempts=1))

        def fates(self) -> dict[str, str]:
            return dict.fromkeys(self.store, "delivered")

    told = _told(Delivers, Plan((Send((PHONE,), fault=fault),)))
    assert said in told


@given(st.one_of(plans(ALL, 8), st.sampled_from([*drills(ALL), *long_drills(ALL)])))
def test_a_pasted_test_performs_the_very_same_plan(plan: Plan) -> None:
    performed: list[object] = []

    class Server:
        url = "http://127.0.0.1:1"

    code = paste(plan, "Machine").replace("stateful.replay(", "perform(")

    def perform(*arguments: object) -> None:
        performed.append(arguments)

    names: dict[str, object] = {"Machine": Right, "server": Server, "perform": perform}
    exec(f"{code}\n\ntest_machine(server)", names)  # noqa: S102 - the code is our own
    assert performed == [(Right, Server.url, plan)]
