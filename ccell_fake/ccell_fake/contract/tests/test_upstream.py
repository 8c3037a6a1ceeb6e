"""Upstream messages (U1 to U5)."""

import re
from xml.etree import ElementTree as ET

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import UPSTREAM, NotAsked
from ccell_fake.limits import UPMSGS_PER_CALL
from ccell_fake.model import Operation

_MOTIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_EMPTY = f'<root return="{Code.SUCCESS}" info="{Code.SUCCESS.text}"></root>'.encode()


def _fetch(account: ContractAccount) -> RawAnswer:
    answer = account.post(Operation.UPMSG, account.payload())
    assert answer.is_declared, answer.body[:60]
    return answer


def _receive(account: ContractAccount, text: str) -> dict[str, str]:
    """Make a phone send a message. Returns the raw upmsg node."""
    phone = account.replying_number
    account.arranger.reply(phone, [text])

    def fetch() -> list[dict[str, str]]:
        root = ET.fromstring(_fetch(account).body)  # noqa: S314 - from the gateway under test
        return [dict(node.attrib) for node in root.findall("upmsg") if node.get("phone", "").strip() == phone]

    return account.wait_for(fetch)[0]


@checks("U1", UPSTREAM, cost="sms 1, drain")
def test_an_upstream_message_has_its_four_attributes(check_run: CheckRun) -> None:
    account = check_run.account()
    text = "TD 回复 <&>"
    node = _receive(account, text)
    assert list(node) == ["spnumber", "phone", "motime", "msgcontent"]
    assert node["phone"].strip() == account.replying_number
    assert node["spnumber"].isdecimal()
    if "upstream" in account.known.abilities:
        assert node["msgcontent"] == text
    # A phone that replies by itself chooses the text.
    assert node["msgcontent"]


@checks("U2", UPSTREAM, cost="sms 101, drain")
def test_a_call_returns_100_upstream_messages_and_the_next_call_the_rest(check_run: CheckRun) -> None:
    account = check_run.account()
    account.client.upmsgs()
    account.arranger.reply(account.replying_number, ["TD"] * (UPMSGS_PER_CALL + 1))
    account.wait_fully()
    counts = [len(_fetch(account).reply.items) for _ in range(3)]
    if sum(counts) < UPMSGS_PER_CALL + 1 and "immediate" not in account.known.abilities:
        message = f"needs all messages to arrive; {sum(counts)} did"
        raise NotAsked(message)
    assert counts == [UPMSGS_PER_CALL, 1, 0]


@checks("U3", cost="drain")
def test_the_answer_without_upstream_messages_is_an_empty_root(check_run: CheckRun) -> None:
    account = check_run.account()
    account.client.upmsgs()
    assert _fetch(account).body.endswith(_EMPTY)


@checks("U4")
def test_a_refused_call_for_upstream_messages_is_answered_with_an_empty_root(check_run: CheckRun) -> None:
    account = check_run.account()
    answer = account.post(Operation.UPMSG, account.payload(password="no-such-password"))
    expected = f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'
    assert answer.body.endswith(expected.encode())


@checks("U5", UPSTREAM, cost="sms 1, drain")
def test_motime_has_the_format_of_the_sample(check_run: CheckRun) -> None:
    node = _receive(check_run.account(), "TD")
    assert _MOTIME.fullmatch(node["motime"]), node["motime"]
