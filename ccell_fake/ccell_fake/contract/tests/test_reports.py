"""Status reports (R1 to R6)."""

import re
from xml.etree import ElementTree as ET

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import DEAD_NUMBER, OWN_NUMBER, NotAsked
from ccell_fake.contract.numbers import submit
from ccell_fake.contract.raw_answer import RawAnswer
from ccell_fake.limits import REPORTS_PER_CALL
from ccell_fake.model import Operation, Report

_RECVTIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.0")
_NOTHING = f'<root return="{Code.SUCCESS}" info="{Code.SUCCESS.text}"></root>'.encode()


def _fetched(account: ContractAccount) -> RawAnswer:
    heard = account.post(Operation.REPORT, account.root())
    assert heard.is_declared, heard.body[:60]
    return heard


def _report_on(account: ContractAccount, phone: str) -> Report:
    """The report on a message that is sent for it."""
    (resp,) = account.client.send(phone, account.standing.content()).resps
    return account.until(lambda: [one for one in account.client.reports() if one.msgid == resp.msgid])[0]


def _nodes(account: ContractAccount, msgid: str) -> list[dict[str, str]]:
    """The report nodes about a message, as they stand in the answer."""
    root = ET.fromstring(_fetched(account).body)  # noqa: S314 - of the gateway that is asked
    return [dict(node.attrib) for node in root.findall("report") if node.get("msgid") == msgid]


@asks("R1", OWN_NUMBER, cost="sms 1, drain")
def test_a_report_has_its_six_attributes(inquiry: CheckRun) -> None:
    account = inquiry.account()
    resp = account.send(submit(account.own[0], account.standing.content())).resp
    (node,) = account.until(lambda: _nodes(account, resp.msgid))
    assert list(node) == ["msgid", "linkid", "phone", "recvtime", "status", "info"]
    # The submit had no linkid.
    assert (node["linkid"], node["phone"]) == ("", account.own[0])


@asks("R2", OWN_NUMBER, cost="sms 301, drain")
def test_a_call_hands_out_300_reports_and_the_next_the_rest(inquiry: CheckRun) -> None:
    account = inquiry.account()
    account.client.reports()
    left = REPORTS_PER_CALL + 1
    while left:
        # No number stands twice in a request (Q10).
        left -= len(account.client.send(account.own[:left], account.standing.content()).resps)
    account.wait_out()
    counts = [len(_fetched(account).reply.items) for _ in range(3)]
    if sum(counts) < REPORTS_PER_CALL + 1 and "prompt" not in account.standing.abilities:
        message = f"needs all the reports to be in; {sum(counts)} were"
        raise NotAsked(message)
    assert counts == [REPORTS_PER_CALL, 1, 0]


@asks("R3", cost="drain")
def test_without_reports_the_answer_is_an_empty_root(inquiry: CheckRun) -> None:
    account = inquiry.account()
    account.client.reports()
    assert _fetched(account).body.endswith(_NOTHING)


@asks("R4")
def test_a_call_for_reports_that_is_refused_is_answered_with_a_root_alone(inquiry: CheckRun) -> None:
    account = inquiry.account()
    heard = account.post(Operation.REPORT, account.root(password="no-such-password"))
    expected = f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'
    assert heard.body.endswith(expected.encode())


@asks("R5", OWN_NUMBER, cost="sms 1, drain")
def test_recvtime_is_written_as_in_the_sample(inquiry: CheckRun) -> None:
    account = inquiry.account()
    (resp,) = account.client.send(account.own[0], account.standing.content()).resps
    (node,) = account.until(lambda: _nodes(account, resp.msgid))
    assert _RECVTIME.fullmatch(node["recvtime"]), node["recvtime"]


@asks("R6", OWN_NUMBER, cost="sms 1, drain")
def test_status_0_with_success_means_delivered(inquiry: CheckRun) -> None:
    account = inquiry.account()
    report = _report_on(account, account.own[0])
    assert (report.status, report.info) == ("0", Code.SUCCESS.text)


@asks("R6", DEAD_NUMBER, aspect="failed", cost="sms 1, drain")
def test_a_message_that_fails_has_another_status_and_a_stat_as_info(inquiry: CheckRun) -> None:
    account = inquiry.account()
    report = _report_on(account, account.standing.dead[0])
    assert report.status == "-1"
    assert re.fullmatch(r"[A-Z0-9:]{1,16}", report.info), report.info
