"""Upstream messages (U1 to U5)."""

import re

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import UPSTREAM
from ccell_fake.contract.tests.fetches import (
    assert_empty_answer,
    assert_refused_with_empty_answer,
    fetch_counts,
    fetch_nodes,
)
from ccell_fake.limits import UPMSGS_PER_CALL
from ccell_fake.model import Operation

_MOTIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def _receive(account: ContractAccount, text: str) -> dict[str, str]:
    """Make a phone send a message. Returns the raw upmsg node."""
    phone = account.replying_number
    account.arranger.reply(phone, [text])

    def nodes() -> list[dict[str, str]]:
        return [node for node in fetch_nodes(account, Operation.UPMSG) if node.get("phone", "").strip().endswith(phone)]

    return account.wait_for(nodes)[0]


@checks("U1", UPSTREAM, cost="sms 1, drain", doors=XML_ONLY)
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
    account.upmsgs()
    texts = [f"TD {place:03}" for place in range(UPMSGS_PER_CALL + 1)]
    account.arranger.reply(account.replying_number, texts)
    upmsgs = fetch_counts(account, Operation.UPMSG, [UPMSGS_PER_CALL, 1, 0])
    received = sorted(upmsg["msgcontent"] for upmsg in upmsgs)
    # A phone that replies by itself chooses the text.
    assert received == texts or "upstream" not in account.known.abilities, "a message is missing or occurs twice"


@checks("U3", cost="drain", doors=XML_ONLY)
def test_the_answer_without_upstream_messages_is_an_empty_root(check_run: CheckRun) -> None:
    account = check_run.account()
    account.upmsgs()
    assert_empty_answer(account, Operation.UPMSG)


@checks("U4", doors=XML_ONLY)
def test_a_refused_call_for_upstream_messages_is_answered_with_an_empty_root(check_run: CheckRun) -> None:
    assert_refused_with_empty_answer(check_run.account(), Operation.UPMSG)


@checks("U4", UPSTREAM, aspect="queue", cost="sms 1, drain", doors=XML_ONLY)
def test_a_refused_call_takes_no_upstream_messages(check_run: CheckRun) -> None:
    account = check_run.account()
    account.upmsgs()
    account.arranger.reply(account.replying_number, ["TD"])
    account.wait_fully()
    assert_refused_with_empty_answer(account, Operation.UPMSG)
    assert account.wait_for(lambda: fetch_nodes(account, Operation.UPMSG))


@checks("U5", UPSTREAM, cost="sms 1, drain")
def test_motime_has_the_format_of_the_sample(check_run: CheckRun) -> None:
    node = _receive(check_run.account(), "TD")
    assert _MOTIME.fullmatch(node["motime"]), node["motime"]
