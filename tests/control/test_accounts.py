"""Accounts over the control API are opened, changed, reset and closed, each isolated from the others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from harness.accounts import PHONE, Served

from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, NotFound
from ccell_fake.faults import CloseFault, DelayFault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_mock_server.emulator import Emulator


def test_a_userid_of_six_digits_and_a_password_are_generated(control: ControlClient) -> None:
    accounts = [control.open() for _ in range(50)]
    assert all(len(one.userid) == 6 and one.userid.isdecimal() and one.password for one in accounts)
    assert len({one.userid for one in accounts}) == 50


def test_an_opened_account_can_be_used_at_once(served: Served) -> None:
    assert served.send().code == "0"


def test_an_account_takes_every_setting_of_the_configuration(control: ControlClient) -> None:
    settings = AccountSettings(
        userid="300001", password="p", balance=5, signcode=("甲",), outcomes=(OutcomeRule(stat="EXPIRED"),)
    )
    account = control.open(settings)
    assert account.status().settings == replace(settings, password="********")


def test_a_password_that_the_test_chose_is_never_answered(running: Emulator, control: ControlClient) -> None:
    control.open(AccountSettings(userid="300001", password="s3cret-word"))
    with httpx2.Client(base_url=running.url, trust_env=False) as client:
        for path in ("accounts", "accounts/300001", "accounts/300001/journal", "state"):
            assert b"s3cret-word" not in client.get(f"/_ccell/v1/{path}").content


def test_a_userid_in_use_is_refused(control: ControlClient) -> None:
    with pytest.raises(ControlError, match="account '200001' exists; PUT changes it"):
        control.open(AccountSettings(userid="200001"))


def test_put_opens_or_replaces_and_keeps_the_password(control: ControlClient, served: Served) -> None:
    served.account.change(balance=5, name="x")
    served.account.replace(AccountSettings(credit=1))
    assert served.account.status().settings.balance == AccountSettings().balance
    assert served.info().credit == "1"
    control.send("PUT", "/v1/accounts/345678", json={})
    assert control.account("345678").password.startswith("minted-")


def test_patch_changes_only_the_settings_in_the_body(served: Served) -> None:
    served.account.change(balance=5, name="x")
    seen = served.account.change(credit=2)
    assert (seen.settings.balance, seen.settings.name, seen.settings.credit) == (5, "x", 2)
    served.send()
    assert served.account.change(credit=3).left == 7


@pytest.mark.parametrize("balance", [2, 0, 100_000])
def test_a_balance_is_what_is_left_from_now_on(served: Served, balance: int) -> None:
    def patch() -> None:
        served.account.change(balance=balance)

    def put() -> None:
        served.account.replace(AccountSettings(balance=balance))

    for change in (patch, put):
        for _ in range(4):
            served.send()
        change()
        status = served.account.status()
        assert (status.settings.balance, status.left, served.info().riches) == (balance, balance, str(balance))
        change()
        assert served.account.status().left == balance


def test_rules_added_one_by_one_keep_what_is_left(served: Served) -> None:
    served.account.change(balance=3)
    served.send()
    served.account.add_outcome(OutcomeRule())
    served.account.change(name="x")
    assert served.account.status().left == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"balanc": 1}, "balanc: unknown setting 'balanc'; did you mean balance?"),
        ({"balance": "1"}, 'balance must be a valid integer, got "1"'),
        ({"balance": -1}, "balance must be greater than or equal to 0, got -1"),
        ({"password": 1}, "password must be a valid string, got ********"),
        ({"signcode": ["【x】"]}, 'signcode[0] must be the signature without its brackets, got "【x】"'),
        ({"allowed_ips": ["home"]}, "allowed_ips[0] must be an address or a network"),
        ({"assumptions": {"Q99": "x"}}, "assumptions.Q99: unknown question 'Q99'"),
        ({"outcomes": [{"fone": "1"}]}, "outcomes[0].fone: unknown setting 'fone'; did you mean phone?"),
        ({"userid": "111111"}, "userid must be absent or "),
    ],
)
def test_an_invalid_setting_is_refused_with_the_allowed_values_and_changes_nothing(
    account: AccountControl, settings: Any, said: str
) -> None:
    before = account.status()
    with pytest.raises(ControlError) as caught:
        account.change(**settings)
    assert caught.value.problem.status == 422
    assert said in caught.value.problem.detail
    assert caught.value.problem.errors
    assert account.status() == before


def test_an_unknown_account_is_not_found(control: ControlClient) -> None:
    with pytest.raises(NotFound, match="there is no account '999999'"):
        control.account("999999")


def test_accounts_are_listed_over_pages(control: ControlClient) -> None:
    userids = sorted(control.open().userid for _ in range(7))
    page = control.send("GET", "/v1/accounts", params={"limit": 3}).json()
    assert [one["userid"] for one in page["items"]] == ["200001", *userids][:3]
    assert [one.userid for one in control.accounts()] == sorted(["200001", *userids])


def test_reset_deletes_everything_except_the_settings(
    control: ControlClient, running: Emulator, served: Served
) -> None:
    account = served.account
    account.change(spcode=True)
    bystander = Served(running.url, control.open())
    bystander.send()
    served.send(linkid="7")
    account.reply(PHONE, "hi")
    account.add_fault(CloseFault(times=None, operation=Operation.INFO))
    account.offset(timedelta(days=3))
    account.reset()
    seen = account.status()
    assert (seen.settings.spcode, seen.left, seen.position) == (True, 100_000, 0)
    assert not [*account.messages(), *account.reports(), *account.upmsgs(), *account.journal(), *account.faults()]
    assert account.clock().mode == "real"
    assert (served.reports(), served.upmsgs(), served.info().riches) == ((), (), "100000")
    assert len(bystander.reports()) == 1


def test_delete_closes_only_its_account(control: ControlClient, running: Emulator, served: Served) -> None:
    bystander = Served(running.url, control.open())
    served.send()
    served.account.close()
    assert served.ask(Operation.INFO).code == Code.PASSWORD_WRONG
    with pytest.raises(NotFound):
        served.account.status()
    assert bystander.info().riches == "100000"
    control.open(AccountSettings(userid=served.account.userid, password=served.account.password))
    assert served.reports() == ()


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_delayed_request_ends_with_its_account(control: ControlClient, served: Served, how: str) -> None:
    """The delay ends, the slot is freed, and the request writes nothing to the deleted account."""
    account = served.account
    account.add_fault(DelayFault(seconds=3600))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.send)
        _until_taken(account)
        getattr(account, how)()
        assert answer.result(60).code == Code.SYSTEM_ERROR
    (entry,) = control.journal()
    assert (entry.rule, entry.basis) == ("reset", "arranged reset")
    if how == "reset":
        assert (account.status().in_progress, account.status().left) == (0, 100_000)
        assert not [*account.messages(), *account.journal()]


def _until_taken(account: AccountControl) -> None:
    for _ in range(10_000):
        if account.status().in_progress:
            return
    message = "no request is in progress"
    raise AssertionError(message)


def test_settings_change_while_requests_are_running(served: Served) -> None:
    """Each request uses all former settings or all changed ones."""
    done = threading.Event()
    served.account.change(signcode=["别的"])

    def change() -> int:
        changes = 0
        while not done.is_set():
            served.account.change(blacklist=["138*"], signcode=["签名"])
            served.account.change(blacklist=[], signcode=["别的"])
            changes += 1
        return changes

    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(change)
        codes = {served.send().items[0].code for _ in range(150)}
        done.set()
        assert changed.result(60)
    assert codes <= {Code.NUMBER_BLACKLISTED, Code.FIXED_SIGNATURE_OTHER}


def test_a_thousand_accounts_are_isolated(control: ControlClient, running: Emulator) -> None:
    accounts = [control.open() for _ in range(1000)]
    for one in (accounts[0], accounts[-1]):
        assert Served(running.url, one).send().code == "0"
    assert [len([*one.messages()]) for one in (accounts[0], accounts[1], accounts[-1])] == [1, 0, 1]


def test_a_list_is_complete_while_accounts_are_opened_and_closed(control: ControlClient, running: Emulator) -> None:
    done = threading.Event()

    def churn() -> int:
        turns = 0
        with ControlClient(running.url) as other:
            while not done.is_set():
                other.open().close()
                turns += 1
        return turns

    with ThreadPoolExecutor(2) as pool:
        churning = [pool.submit(churn) for _ in range(2)]
        lists = [[one.userid for one in control.accounts()] for _ in range(50)]
        done.set()
        assert all(turns.result(60) for turns in churning)
    assert all("200001" in one for one in lists)


def test_concurrent_puts_open_one_account(running: Emulator) -> None:
    def put(userid: int) -> int:
        with ControlClient(running.url) as control:
            return control.send("PUT", f"/v1/accounts/{userid}", json={"balance": 5}).status_code

    with ThreadPoolExecutor(4) as pool:
        for userid in range(400000, 400010):
            statuses = list(pool.map(put, [userid] * 4))
            assert sorted(statuses) == [200, 200, 200, 201]


@pytest.mark.parametrize("userid", ["a/b", "a b", "账号", "a\x00", "<"])
def test_a_userid_that_no_url_can_contain_is_refused(control: ControlClient, userid: str) -> None:
    with pytest.raises(ControlError, match=r"userid must consist of letters, digits and"):
        control.open(AccountSettings(userid=userid))
