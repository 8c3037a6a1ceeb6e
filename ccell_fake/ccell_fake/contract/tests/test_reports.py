"""Status reports (R1 to R6)."""

import re

from ccell_fake.client import MalformedReport, Report
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import DEAD_NUMBER, OWN_NUMBER
from ccell_fake.contract.submits import submit
from ccell_fake.contract.tests.fetches import (
    assert_empty_answer,
    assert_refused_with_empty_answer,
    fetch_counts,
    fetch_nodes,
)
from ccell_fake.limits import REPORTS_PER_CALL
from ccell_fake.model import Operation

_RECVTIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.0")


def _send_and_fetch_report(account: ContractAccount, phone: str) -> Report | MalformedReport:
    """Send a message. Returns its report."""
    (resp,) = account.client.send(phone, account.known.content()).resps
    return account.wait_for(lambda: [one for one in account.reports() if one.msgid == resp.msgid])[0]


def _nodes(account: ContractAccount, msgid: str) -> list[dict[str, str]]:
    """The raw report nodes of a message."""
    return [node for node in fetch_nodes(account, Operation.REPORT) if node.get("msgid") == msgid]


@checks("R1", OWN_NUMBER, cost="sms 1, drain", doors=XML_ONLY)
def test_a_report_has_its_six_attributes(check_run: CheckRun) -> None:
    account = check_run.account()
    resp = account.send(submit(account.own_numbers[0], account.known.content())).resp
    nodes = account.wait_for(lambda: _nodes(account, resp.msgid))
    assert len(nodes) == 1, "the report occurs twice in one answer"
    node = nodes[0]
    assert list(node) == ["msgid", "linkid", "phone", "recvtime", "status", "info"]
    # The submit had no linkid.
    assert (node["linkid"], node["phone"]) == ("", account.own_numbers[0])


@checks("R2", OWN_NUMBER, cost="sms 301, drain")
def test_a_call_returns_300_reports_and_the_next_call_the_rest(check_run: CheckRun) -> None:
    account = check_run.account()
    account.reports()
    sent: list[str] = []
    while len(sent) <= REPORTS_PER_CALL:
        # A request must not contain a number twice (Q10).
        phones = account.own_numbers[: REPORTS_PER_CALL + 1 - len(sent)]
        accepted = [
            resp.msgid for resp in account.client.send(phones, account.known.content()).resps if resp.is_accepted
        ]
        assert accepted, "a send to your own numbers is refused"
        sent += accepted
    reports = fetch_counts(account, Operation.REPORT, [REPORTS_PER_CALL, 1, 0])
    assert sorted(report["msgid"] for report in reports) == sorted(sent), "a report is missing or occurs twice"


@checks("R3", cost="drain", doors=XML_ONLY)
def test_the_answer_without_reports_is_an_empty_root(check_run: CheckRun) -> None:
    account = check_run.account()
    account.reports()
    assert_empty_answer(account, Operation.REPORT)


@checks("R4", doors=XML_ONLY)
def test_a_refused_call_for_reports_is_answered_with_an_empty_root(check_run: CheckRun) -> None:
    assert_refused_with_empty_answer(check_run.account(), Operation.REPORT)


@checks("R4", OWN_NUMBER, aspect="queue", cost="sms 1, drain", doors=XML_ONLY)
def test_a_refused_call_takes_no_reports(check_run: CheckRun) -> None:
    account = check_run.account()
    msgid = account.send(submit(account.own_numbers[0], account.known.content())).resp.msgid
    account.wait_fully()
    assert_refused_with_empty_answer(account, Operation.REPORT)
    assert len(account.wait_for(lambda: _nodes(account, msgid))) == 1


@checks("R5", OWN_NUMBER, cost="sms 1, drain")
def test_recvtime_has_the_format_of_the_sample(check_run: CheckRun) -> None:
    account = check_run.account()
    (resp,) = account.client.send(account.own_numbers[0], account.known.content()).resps
    node = account.wait_for(lambda: _nodes(account, resp.msgid))[0]
    assert _RECVTIME.fullmatch(node["recvtime"]), node["recvtime"]


@checks("R6", OWN_NUMBER, cost="sms 1, drain")
def test_status_0_with_success_means_delivered(check_run: CheckRun) -> None:
    account = check_run.account()
    report = _send_and_fetch_report(account, account.own_numbers[0])
    assert (report.status, report.info) == ("0", Code.SUCCESS.text)


@checks("R6", DEAD_NUMBER, aspect="failed", cost="sms 1, drain")
def test_a_failed_message_has_status_minus_1_and_a_stat_as_info(check_run: CheckRun) -> None:
    account = check_run.account()
    report = _send_and_fetch_report(account, account.known.dead_numbers[0])
    assert report.status == "-1"
    assert re.fullmatch(r"[A-Z0-9:]{1,16}", report.info), report.info
