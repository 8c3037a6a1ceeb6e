"""How an account stands (I1)."""

from xml.etree import ElementTree as ET

from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import CREDIT, FIXED_SIGNATURE, OWN_NUMBER
from ccell_fake.contract.numbers import submit
from ccell_fake.model import Operation

_TAGS = ["ID", "NAME", "STATUS", "RICHES", "CREDIT", "SIGNCODE"]


@asks("I1")
def test_info_answers_six_elements_in_order(inquiry: CheckRun) -> None:
    account = inquiry.account()
    root = ET.fromstring(account.post(Operation.INFO, account.root()).body)  # noqa: S314 - of the gateway that is asked
    assert [node.tag for node in root] == _TAGS
    texts = {node.tag: (node.text or "").strip() for node in root}
    assert texts["STATUS"] == "0"
    assert texts["ID"]
    assert texts["NAME"]
    assert texts["RICHES"].isdecimal()
    assert texts["CREDIT"].isdecimal()
    assert texts["SIGNCODE"]


@asks("I1", FIXED_SIGNATURE, aspect="signature")
def test_info_names_the_fixed_signature(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert account.client.info().signcode == account.standing.settings.signcode


@asks("I1", OWN_NUMBER, aspect="balance", cost="sms 1")
def test_riches_is_what_is_left_of_the_balance(inquiry: CheckRun) -> None:
    account = inquiry.account()
    before = account.client.info()
    account.send(submit(account.own[0], account.standing.content()))
    after = account.client.info()
    assert before.riches + before.credit - after.riches - after.credit == 1


@asks("I1", CREDIT, OWN_NUMBER, aspect="credit", cost="sms 2")
def test_credit_is_used_once_riches_is_used_up(inquiry: CheckRun) -> None:
    account = inquiry.account()

    def left() -> tuple[int, int]:
        info = account.client.info()
        return info.riches, info.credit

    seen = [left()]
    for _ in range(2):
        account.send(submit(account.own[0], account.standing.content()))
        seen.append(left())
    assert seen == [(1, 1), (0, 1), (0, 0)]
