"""Account information (I1)."""

from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import CREDIT, FIXED_SIGNATURE, OWN_NUMBER
from ccell_fake.contract.submits import submit
from ccell_fake.model import Operation

_TAGS = ["ID", "NAME", "STATUS", "RICHES", "CREDIT", "SIGNCODE"]


@checks("I1", doors=XML_ONLY)
def test_info_answers_six_elements_in_order(check_run: CheckRun) -> None:
    account = check_run.account()
    root = account.post(Operation.INFO, account.payload()).root
    assert [node.tag for node in root] == _TAGS
    texts = {node.tag: (node.text or "").strip() for node in root}
    assert texts["STATUS"] == "0"
    assert texts["ID"]
    assert texts["NAME"]
    # Q53 asks whether it can be negative.
    assert texts["RICHES"].removeprefix("-").isdecimal()
    assert texts["CREDIT"].isdecimal()
    assert texts["SIGNCODE"]
    assert not set("【】") & set(texts["SIGNCODE"]), texts["SIGNCODE"]


@checks("I1", FIXED_SIGNATURE, aspect="signature", doors=XML_ONLY)
def test_info_names_the_fixed_signature(check_run: CheckRun) -> None:
    account = check_run.account()
    assert account.client.info().signcode == account.known.settings.signcode


@checks("I1", OWN_NUMBER, aspect="balance", cost="sms 1", doors=XML_ONLY)
def test_riches_is_the_remaining_balance(check_run: CheckRun) -> None:
    account = check_run.account()
    before = account.client.info()
    account.send(submit(account.own_numbers[0], account.known.content()))
    after = account.client.info()
    assert before.riches + before.credit - after.riches - after.credit == 1


@checks("I1", CREDIT, OWN_NUMBER, aspect="credit", cost="sms 2", doors=XML_ONLY)
def test_credit_is_used_after_riches(check_run: CheckRun) -> None:
    account = check_run.account()

    def read_balance() -> tuple[int, int]:
        info = account.client.info()
        return info.riches, info.credit

    balances = [read_balance()]
    for _ in range(2):
        account.send(submit(account.own_numbers[0], account.known.content()))
        balances.append(read_balance())
    # Q53 asks which of them shows the use of credit.
    assert balances in ([(1, 1), (0, 1), (0, 0)], [(1, 1), (0, 1), (-1, 1)])
