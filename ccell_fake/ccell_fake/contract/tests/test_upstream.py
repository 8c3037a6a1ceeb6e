"""Upstream messages (U1 to U5)."""

import re
from xml.etree import ElementTree as ET

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import UPSTREAM, NotAsked
from ccell_fake.contract.raw_answer import RawAnswer
from ccell_fake.limits import UPMSGS_PER_CALL
from ccell_fake.model import Operation

_MOTIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_NOTHING = f'<root return="{Code.SUCCESS}" info="{Code.SUCCESS.text}"></root>'.encode()


def _fetched(account: ContractAccount) -> RawAnswer:
    heard = account.post(Operation.UPMSG, account.root())
    assert heard.is_declared, heard.body[:60]
    return heard


def _node(account: ContractAccount, text: str) -> dict[str, str]:
    """The node of a message that a phone sends for it, as it stands in the answer."""
    phone = account.answering
    account.arranger.upstream(phone, [text])

    def fetch() -> list[dict[str, str]]:
        root = ET.fromstring(_fetched(account).body)  # noqa: S314 - of the gateway that is asked
        return [dict(node.attrib) for node in root.findall("upmsg") if node.get("phone", "").strip() == phone]

    return account.until(fetch)[0]


@asks("U1", UPSTREAM, cost="sms 1, drain")
def test_an_upstream_message_has_its_four_attributes(inquiry: CheckRun) -> None:
    account = inquiry.account()
    text = "TD 回复 <&>"
    node = _node(account, text)
    assert list(node) == ["spnumber", "phone", "motime", "msgcontent"]
    assert node["phone"].strip() == account.answering
    assert node["spnumber"].isdecimal()
    if "upstream" in account.standing.abilities:
        assert node["msgcontent"] == text
    # A phone that answers by itself says what it likes.
    assert node["msgcontent"]


@asks("U2", UPSTREAM, cost="sms 101, drain")
def test_a_call_hands_out_100_upstream_messages_and_the_next_the_rest(inquiry: CheckRun) -> None:
    account = inquiry.account()
    account.client.upmsgs()
    account.arranger.upstream(account.answering, ["TD"] * (UPMSGS_PER_CALL + 1))
    account.wait_out()
    counts = [len(_fetched(account).reply.items) for _ in range(3)]
    if sum(counts) < UPMSGS_PER_CALL + 1 and "prompt" not in account.standing.abilities:
        message = f"needs all the messages to be in; {sum(counts)} were"
        raise NotAsked(message)
    assert counts == [UPMSGS_PER_CALL, 1, 0]


@asks("U3", cost="drain")
def test_without_upstream_messages_the_answer_is_an_empty_root(inquiry: CheckRun) -> None:
    account = inquiry.account()
    account.client.upmsgs()
    assert _fetched(account).body.endswith(_NOTHING)


@asks("U4")
def test_a_call_for_upstream_messages_that_is_refused_is_answered_with_a_root_alone(inquiry: CheckRun) -> None:
    account = inquiry.account()
    heard = account.post(Operation.UPMSG, account.root(password="no-such-password"))
    expected = f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'
    assert heard.body.endswith(expected.encode())


@asks("U5", UPSTREAM, cost="sms 1, drain")
def test_motime_is_written_as_in_the_sample(inquiry: CheckRun) -> None:
    node = _node(inquiry.account(), "TD")
    assert _MOTIME.fullmatch(node["motime"]), node["motime"]
