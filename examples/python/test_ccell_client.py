"""Tests of the client. The fixture `ccell` is an account for one test, on an emulator that pytest starts."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from ccell_client import CcellClient, CcellError, State

from ccell_fake import (
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    DelayFault,
    DribbleFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"
ACCEPTED = '<root return="0"><resp phone="13800000000" return="0"/></root>'


def phones(count):
    return [f"138{number:08d}" for number in range(count)]


@pytest.fixture
def connect(ccell):
    """Make clients of the account. Their pauses are noted, not slept."""

    def connect(**options):
        return CcellClient(ccell.url, ccell.userid, ccell.password, **{"sleep": ccell.pauses.append, **options})

    ccell.pauses = []
    return connect


def test_a_code_is_sent_and_reported_a_minute_later(ccell, connect):
    ccell.clock.freeze()
    ccell.settings(report_delay=60)
    client = connect()
    (outcome,) = client.send([PHONE], CONTENT, linkid="order-17")
    assert (outcome.state, outcome.code) == (State.ACCEPTED, "0")
    assert list(client.reports()) == []
    ccell.clock.advance(minutes=1)
    ((report,),) = client.reports()
    assert (report.msgid, report.linkid, report.phone, report.status) == (outcome.msgid, "order-17", PHONE, "0")


def test_each_number_has_its_own_code(connect):
    accepted, refused = connect().send([PHONE, "19500001111"], CONTENT)
    assert (accepted.state, accepted.code) == (State.ACCEPTED, "0")
    assert (refused.state, refused.code) == (State.REFUSED, "1004001")
    assert refused.info == "手机号不可识别19500001111"


def test_every_character_arrives_unchanged(ccell, connect):
    content = "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 😀【签名】"
    connect().send([PHONE], content)
    assert ccell.outbox.one().content == content


def test_many_numbers_are_sent_in_requests_of_at_most_500(ccell, connect):
    outcomes = connect().send(phones(1001), CONTENT)
    assert [outcome.phone for outcome in outcomes] == phones(1001)
    assert {outcome.state for outcome in outcomes} == {State.ACCEPTED}
    assert [entry.items for entry in ccell.journal()] == [500, 500, 1]


def test_a_number_that_occurs_twice_gets_one_message(ccell, connect):
    assert len(connect().send([PHONE, PHONE], CONTENT)) == 1
    assert len(ccell.outbox) == 1


@pytest.mark.parametrize("phone", ["", "138 0000", "13800000000,13900000000", "+8613800000000", "１３８"])
def test_a_phone_that_does_not_consist_of_digits_is_an_error_before_anything_is_sent(ccell, connect, phone):
    with pytest.raises(ValueError, match="digits"):
        connect().send([PHONE, phone], CONTENT)
    assert ccell.journal() == ()


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud83d", "\uffff"])
def test_a_character_that_xml_does_not_allow_is_an_error_before_anything_is_sent(ccell, connect, character):
    with pytest.raises(ValueError, match="XML"):
        connect().send([PHONE], CONTENT + character)
    assert ccell.journal() == ()


@pytest.mark.parametrize(
    "fault",
    [
        CloseFault(processed=True),
        ResetFault(processed=True),
        TruncateFault(),
        BrokenXmlFault(),
        HttpFault(status=502, processed=True, body=ACCEPTED),
        HttpFault(status=307, processed=True, headers={"Location": "/sms3_api/xmlapi/send.jsp"}),
        HttpFault(status=200, processed=True, body="<html/>"),
        CodeFault(code="1001999"),
    ],
    ids=lambda fault: f"{fault.kind}-{getattr(fault, 'status', '')}",
)
def test_a_send_without_a_readable_answer_is_unknown_and_not_sent_again(ccell, connect, fault):
    client = connect()
    client.send([PHONE], CONTENT)  # A library that keeps connections has one now.
    ccell.faults.add(fault)
    outcomes = client.send(phones(501), CONTENT)
    assert {outcome.state for outcome in outcomes[:500]} == {State.UNKNOWN}
    assert (outcomes[500].state, outcomes[500].info) == (State.NOT_SENT, "an earlier request failed")
    assert len(ccell.journal()) == 2
    assert len(ccell.outbox) == (1 if fault.kind == "code" else 501)
    assert ccell.pauses == []


@pytest.mark.parametrize("fault", [DelayFault(seconds=1.5), DribbleFault(piece=20, seconds=0.2)])
def test_a_send_that_is_not_answered_in_time_is_unknown_and_not_sent_again(ccell, connect, fault):
    ccell.faults.add(fault)
    (outcome,) = connect(timeout=0.5).send([PHONE], CONTENT)
    assert outcome.state is State.UNKNOWN
    ccell.outbox.wait(phone=PHONE)
    assert [entry.code for entry in ccell.journal()] == ["0"]


def test_a_number_that_the_answer_does_not_contain_is_unknown(ccell, connect):
    ccell.faults.add(HttpFault(status=200, body=ACCEPTED))
    assert [outcome.state for outcome in connect().send(phones(2), CONTENT)] == [State.ACCEPTED, State.UNKNOWN]


def test_a_request_over_the_thread_limit_is_sent_again_after_a_pause(ccell, connect):
    holding = ccell.hold(3)
    holding.__enter__()
    (outcome,) = connect(sleep=lambda _seconds: holding.__exit__(None, None, None)).send([PHONE], CONTENT)
    assert outcome.state is State.ACCEPTED
    assert [entry.code for entry in ccell.journal()] == ["1001006", "0"]


def test_a_request_over_the_thread_limit_is_given_up_after_four_attempts(ccell, connect):
    with ccell.hold(3):
        (outcome,) = connect().send([PHONE], CONTENT)
    assert (outcome.state, outcome.code) == (State.NOT_SENT, "1001006")
    assert [entry.code for entry in ccell.journal()] == ["1001006"] * 4
    assert len(ccell.pauses) == 3
    assert ccell.pauses == sorted(ccell.pauses)


def test_nothing_is_sent_without_a_connection():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # Bound but not listening: connections are refused.
        pauses = []
        client = CcellClient(f"http://127.0.0.1:{unused.getsockname()[1]}", "200001", "123456", sleep=pauses.append)
        (outcome,) = client.send([PHONE], CONTENT)
    assert outcome.state is State.NOT_SENT
    assert len(pauses) == 3


def test_a_refused_request_is_not_sent_again(ccell, connect):
    ccell.settings(balance=0)
    (outcome,) = connect().send([PHONE], CONTENT)
    assert (outcome.state, outcome.code) == (State.REFUSED, "1001002")
    assert len(ccell.journal()) == 1


def test_threads_that_share_a_client_keep_to_the_thread_limit(ccell, connect):
    ccell.settings(processing_time=0.1)
    client = connect()
    with ThreadPoolExecutor(9) as pool:
        sends = list(pool.map(lambda phone: client.send([phone], CONTENT), phones(9)))
    assert {outcome.state for (outcome,) in sends} == {State.ACCEPTED}
    assert [entry.code for entry in ccell.journal()] == ["0"] * 9


@pytest.mark.parametrize(("count", "sizes"), [(299, [299]), (300, [300]), (650, [300, 300, 50])])
def test_reports_are_fetched_until_a_page_is_not_full(connect, count, sizes):
    client = connect()
    client.send(phones(count), CONTENT)
    assert [len(page) for page in client.reports()] == sizes
    assert list(client.reports()) == []


def test_pages_before_a_failure_are_handed_over(ccell, connect):
    client = connect()
    client.send(phones(301), CONTENT)
    ccell.faults.add(CloseFault(operation="report", skip=1))
    pages = client.reports()
    assert len(next(pages)) == 300
    with pytest.raises(CcellError) as error:
        next(pages)
    assert error.value.state is State.UNKNOWN


def test_replies_are_fetched_until_a_page_is_not_full(ccell, connect):
    for phone in phones(101):
        ccell.reply(phone, " 好的 <ok> ")
    pages = list(connect().upmsgs())
    assert [len(page) for page in pages] == [100, 1]
    assert (pages[1][0].phone, pages[1][0].msgcontent) == (phones(101)[-1], " 好的 <ok> ")


def test_a_signed_send_has_a_sign_of_its_own_and_no_password(ccell, connect):
    client = connect(signed=True)
    for phone in phones(2):
        (outcome,) = client.send([phone], CONTENT)
        assert outcome.state is State.ACCEPTED
    assert all("sign=" in entry.request and "password=" not in entry.request for entry in ccell.journal())
