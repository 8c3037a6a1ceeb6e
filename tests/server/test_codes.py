"""All 24 status codes over HTTP: from settings and a request, and from magic numbers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import http
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, emulator

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.engine import magic
from ccell_fake.model import AnyReply, Operation, Request, Submit
from ccell_fake.wire import replies, requests
from ccell_fixtures.cases import CASES, Case
from ccell_fixtures.evidence import all_evidence

ACCOUNT = {"userid": "200001", "password": "123456"}


def _ask(url: str, request: Request, operation: Operation = Operation.SEND) -> AnyReply:
    answer = http.post(url, operation.path, requests.render(request))
    assert answer.status == 200
    return replies.parse(operation, answer.body)


def _codes(reply: AnyReply) -> list[str]:
    return [reply.code, *(getattr(item, "code", "") for item in reply.items)]


def _expected(code: str) -> list[str]:
    """Codes about a number are in its resp. A code about the request is alone."""
    return ["0", code] if code == Code.SUCCESS or Code(code).is_about_a_number else [code]


def test_there_is_a_case_for_each_of_the_24_codes() -> None:
    assert list(CASES) == list(Code)
    assert len(CASES) == 24


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.code)
def test_settings_and_a_request_give_a_code(case: Case) -> None:
    inside, proceed = threading.Semaphore(0), threading.Event()

    def pause(_seconds: float) -> None:
        inside.release()
        assert proceed.wait(60)

    account = {**ACCOUNT, "magic_numbers": False, **case.account}
    submit = Submit(**{"phone": PHONE, "content": CONTENT, **case.submit})
    request = Request("200001", "123456" if case.password is None else case.password, (submit,))
    served = emulator(
        ManualClock(DOCUMENT_DAY), {"magic": False}, pause, accounts=[account], assumptions=case.assumptions
    )
    with served, ThreadPoolExecutor() as pool:
        others = [pool.submit(_ask, served.url, request, Operation.INFO) for _ in range(case.others)]
        for _ in others:
            assert inside.acquire(timeout=60)
        try:
            reply = _ask(served.url, request)
        finally:
            proceed.set()
        assert all(other.result(60).code == "0" for other in others)
        with ControlClient(served.url) as control:
            rules = {entry.rule for entry in control.requests(operation=Operation.SEND)}
    known = {one.id: one.codes for one in all_evidence()}
    assert case.code == Code.SUCCESS or all(case.code in known[rule] for rule in rules)
    assert _codes(reply) == _expected(case.code)
    item = reply.items[0] if reply.items else reply
    assert getattr(item, "info", "").startswith(Code(case.code).text)


@pytest.mark.parametrize(
    ("phone", "code"),
    [*magic.REQUEST_PHONES.items(), *magic.NUMBER_PHONES.items()],
)
def test_a_magic_phone_gives_its_code(phone: str, code: Code) -> None:
    with emulator(accounts=[ACCOUNT]) as served:
        request = Request("200001", "123456", (Submit(f"{PHONE},{phone}", CONTENT),))
        expected = ["0", "0", code] if code.is_about_a_number else [code]
        assert _codes(_ask(served.url, request)) == expected
        assert len(_ask(served.url, Request("200001", "123456"), Operation.REPORT).items) == code.is_about_a_number


@pytest.mark.parametrize(("userid", "code"), magic.USERIDS.items())
def test_a_magic_userid_gets_its_code_from_every_endpoint(userid: str, code: Code) -> None:
    with emulator() as served:
        for operation in Operation:
            assert _ask(served.url, Request(userid, "whatever"), operation).code == code
    with emulator(server={"magic": False}) as served:
        assert _ask(served.url, Request(userid, "whatever")).code == Code.PASSWORD_WRONG


def test_magic_phones_give_every_code_but_success() -> None:
    reached = {*magic.REQUEST_PHONES.values(), *magic.NUMBER_PHONES.values()}
    assert reached == set(Code) - {Code.SUCCESS}


@pytest.mark.parametrize(("phone", "stat"), magic.REPORT_PHONES.items())
def test_a_magic_phone_gives_its_stat_in_the_report(phone: str, stat: str) -> None:
    with emulator(accounts=[ACCOUNT]) as served:
        request = Request("200001", "123456", (Submit(phone, CONTENT),))
        assert _codes(_ask(served.url, request)) == ["0", "0"]
        (report,) = _ask(served.url, Request("200001", "123456"), Operation.REPORT).items
        delivered = stat == "DELIVRD"
        assert (getattr(report, "status", ""), getattr(report, "info", "")) == (
            "0" if delivered else "-1",
            "成功" if delivered else stat,
        )


def test_the_magic_phones_include_the_documented_ones() -> None:
    known = {"17018633548": "UNDELIV", "17013974733": "EXPIRED", "17017353283": "REJECTD"}
    assert known.items() <= magic.REPORT_PHONES.items()


def test_magic_phones_can_be_turned_off() -> None:
    with emulator(accounts=[{**ACCOUNT, "magic_numbers": False}]) as served:
        phones = ",".join([*magic.REQUEST_PHONES, *magic.NUMBER_PHONES, *magic.REPORT_PHONES])
        reply = _ask(served.url, Request("200001", "123456", (Submit(phones, CONTENT),)))
        assert set(_codes(reply)) == {"0"}
        reports = _ask(served.url, Request("200001", "123456"), Operation.REPORT).items
        assert {getattr(report, "status", "") for report in reports} == {"0"}
