"""The audit finds every broken limit of the document, and reports nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import httpx2 as http
import pytest
from harness.emulators import DOCUMENT_DAY
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.client import ClientError, Retry
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Door, Operation
from ccell_fake.testing import Ccell, LimitsBroken, audit
from ccell_mock_server.fake import FakeCcell

CONTENT = "您好【签名】"
PHONE = "13800000000"
REFUSED = "19500001111"


def _raw(fake: Ccell, submit: str) -> None:
    body = f'<root userid="{fake.userid}" password="{fake.password}">{submit}</root>'
    with urlopen(f"{fake.url}/sms3_api/xmlapi/send.jsp", body.encode()) as answer:  # noqa: S310 - our own emulator
        answer.read()


def _clauses(fake: Ccell) -> list[str]:
    return [breach.clause for breach in fake.breaches()]


def _numbers(count: int) -> str:
    return ",".join(f"138{number:08d}" for number in range(count))


@pytest.mark.parametrize(
    ("submit", "clauses"),
    [
        (f'<submit phone="{_numbers(500)}" content="{CONTENT}"/>', []),
        (f'<submit phone="{_numbers(501)}" content="{CONTENT}"/>', ["S3"]),
        (f'<submit phone="{PHONE}" content="{"x" * 996}【签名】"/>', []),
        (f'<submit phone="{PHONE}" content="{"x" * 997}【签名】"/>', ["S4"]),
        (f'<submit phone="{PHONE}" content="{"x" * 994}😀【签名】"/>', []),
        (f'<submit phone="{PHONE}" content="{"x" * 995}😀【签名】"/>', ["S4"]),
        (f'<submit phone="{PHONE}"/>', ["S1"]),
        (f'<submit content="{CONTENT}"/>', ["S1"]),
        ("", ["S1"]),
        (f'<submit phone="{PHONE}" content="x【{"签" * 20}】"/>', []),
        (f'<submit phone="{PHONE}" content="x【{"签" * 21}】"/>', ["C1"]),
        (f'<submit phone="{PHONE}" content="{CONTENT}" sendtime="2015-12-31"/>', ["A1"]),
        (f'<submit phone="{PHONE}" content="{CONTENT}" sendtime="2016-02-19 08:30:30"/>', []),
        (f'<submit phone="{PHONE}" content="{CONTENT}" sendtime="2016-02-19 08:30:31"/>', ["A1"]),
        (f'<submit phone="{PHONE}" content="没有签名"/>', []),
        (f'<submit phone="{REFUSED}" content="{CONTENT}"/>', []),
    ],
)
def test_a_breach_begins_just_beyond_the_limit(fake: Ccell, submit: str, clauses: list[str]) -> None:
    fake.clock.freeze(DOCUMENT_DAY)
    _raw(fake, submit)
    assert _clauses(fake) == clauses


def test_a_root_without_a_password_is_incomplete(fake: Ccell) -> None:
    body = f'<root userid="{fake.userid}"></root>'
    with urlopen(f"{fake.url}/sms3_api/xmlapi/info.jsp", body.encode()) as answer:  # noqa: S310 - our own emulator
        answer.read()
    assert _clauses(fake) == ["S1"]


def test_a_limit_that_the_account_does_not_enforce_is_still_a_breach() -> None:
    with FakeCcell(assumptions={"Q4": "accept", "Q5": "accept"}) as fake:
        _raw(fake, f'<submit phone="{_numbers(501)}" content="{CONTENT}"/>')
        _raw(fake, f'<submit phone="{_numbers(2)}" content="{"x" * 997}【签名】"/>')
        assert len(fake.outbox) == 503
        assert _clauses(fake) == ["S3", "S4"]


def test_a_breach_names_the_clause_and_the_request(fake: Ccell) -> None:
    _raw(fake, f'<submit phone="{_numbers(501)}" content="{CONTENT}"/>')
    (breach,) = fake.breaches()
    assert str(breach).startswith("S3: ")
    assert f"\n  request {breach.position}: " in str(breach)
    assert "501 numbers" in str(breach)


def test_too_many_threads_are_a_breach(fake: Ccell) -> None:
    fake.faults.next("info", delay=600, times=3)
    with ThreadPoolExecutor(3) as pool:
        client = fake.connect(threads=4, retry=Retry(attempts=1))
        waiting = [pool.submit(client.info) for _ in range(3)]
        while fake.account.status().in_progress < 3:
            pass
        with pytest.raises(ClientError):
            client.info()
        assert _clauses(fake) == ["K1"]
        fake.account.reset()
        for one in waiting:
            with pytest.raises(ClientError):
                one.result(60)


def test_excess_during_a_hold_is_excused(fake: Ccell) -> None:
    client = fake.connect(retry=Retry(attempts=1))
    with fake.hold(3), pytest.raises(ClientError):
        client.info()
    assert _clauses(fake) == []


def test_a_fault_is_not_a_breach(fake: Ccell) -> None:
    for code in ("1001006", "1001001", "1004001", "1004012"):
        fake.faults.next("send", code=code, times=2)
        for _ in range(2):
            with suppress(ClientError):
                fake.client.send(PHONE, CONTENT)
    assert _clauses(fake) == []


def _post(fake: Ccell, attempts: int = 4, path: str = Operation.SEND.path, text: str = CONTENT) -> None:
    """Post as an HTTP library does that sends again by itself."""
    submit = f'<submit phone="{PHONE}" content="{text}"/>' if path == Operation.SEND.path else ""
    body = f'<root userid="{fake.userid}" password="{fake.password}">{submit}</root>'.encode()
    with http.HTTPTransport() as transport:
        for _ in range(attempts):
            with suppress(http.TransportError):
                transport.handle_request(http.Request("POST", fake.url + path, content=body)).read()
                return


@pytest.mark.parametrize(
    "fault",
    [
        {"close": True},
        {"close": True, "processed": True},
        {"reset": True, "processed": True},
        {"truncate": True},
        {"truncate": 0},
    ],
    ids=str,
)
def test_a_send_that_comes_again_right_after_a_lost_answer_is_a_breach(fake: Ccell, fault: dict[str, Any]) -> None:
    fake.faults.next("send", times=3, **fault)
    _post(fake)
    first, *again = (entry.position for entry in fake.journal())
    breaches = fake.breaches()
    assert [(breach.clause, breach.position) for breach in breaches] == [("W16", position) for position in again]
    assert f"the same bytes as in request {first} came again" in str(breaches[0])
    assert "turn off retries in your HTTP library" in str(breaches[0])


def test_a_resend_is_no_breach_where_it_is_allowed() -> None:
    with FakeCcell(strict=True, allowed={"W16"}) as fake:
        fake.faults.next("send", close=True, processed=True)
        _post(fake)
        assert len(fake.outbox) == 2
        assert _clauses(fake) == []
    fake = FakeCcell(strict=True)
    fake.faults.next("send", close=True)
    _post(fake)
    with pytest.raises(LimitsBroken, match="W16: "):
        fake.close()


@pytest.mark.parametrize("allowed", ["W16", {"W99"}, {"1001006"}])
def test_what_is_allowed_must_be_a_clause_or_an_observation(allowed: Any) -> None:
    with pytest.raises(ValueError, match="ids of clauses and observations, such as W16"):
        FakeCcell(allowed=allowed)


def test_other_requests_after_a_lost_answer_are_no_breaches(fake: Ccell) -> None:
    fake.faults.next("send", close=True, processed=True)
    _post(fake, 1)
    _post(fake, text="别的【签名】")
    fake.faults.next("report", close=True, processed=True)
    _post(fake, 1, Operation.REPORT.path)
    _post(fake, 1, Operation.REPORT.path)
    fake.faults.next("send", close=True, processed=True)
    _post(fake, 1)
    fake.client.info()
    _post(fake, 1)
    others: list[dict[str, Any]] = [{"http": 502}, {"code": "1001999"}, {"broken_xml": True}]
    for fault in others:
        fake.faults.next("send", **fault)
        _post(fake, 1)
    assert _clauses(fake) == []


def test_sending_a_refused_number_again_is_a_breach(fake: Ccell) -> None:
    fake.client.send([PHONE, REFUSED], CONTENT)
    fake.client.send([PHONE, REFUSED], CONTENT)
    (breach,) = fake.breaches()
    assert breach.clause == "S8"
    assert f"1004001 手机号不可识别{REFUSED}" in breach.says


OTHERWISE: list[Callable[[Ccell], object]] = [
    lambda fake: fake.client.send(REFUSED, "别的【签名】"),
    lambda fake: fake.client.send(PHONE, CONTENT),
    lambda fake: fake.client.send(REFUSED, CONTENT, sendtime=fake.clock.now + timedelta(days=1)),
]


@pytest.mark.parametrize("change", OTHERWISE)
def test_sending_it_changed_is_not_a_breach(fake: Ccell, change: Callable[[Ccell], object]) -> None:
    fake.client.send([REFUSED, REFUSED], CONTENT)
    change(fake)
    assert _clauses(fake) == []


def test_sending_it_after_the_refusal_ended_is_not_a_breach(fake: Ccell) -> None:
    fake.settings(blacklist=[PHONE])
    fake.client.send(PHONE, CONTENT)
    fake.settings(blacklist=[])
    fake.client.send(PHONE, CONTENT)
    assert _clauses(fake) == []


def test_dropped_entries_do_not_stop_the_audit() -> None:
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - needed here alone

    with FakeCcell(parse({"server": {"port": 0, "journal_entries": 2}}, "the test")) as fake:
        for _ in range(5):
            fake.client.info()
        _raw(fake, f'<submit phone="{_numbers(501)}" content="{CONTENT}"/>')
        assert len(fake.journal()) == 2
        assert _clauses(fake) == ["S3"]


def _entry(position: int, rule: str) -> JournalEntry:
    return JournalEntry(
        DOCUMENT_DAY, Operation.SEND, Door.XML, "", "body", "", "", "whole", 0, "", rule, "", "", 0, position
    )


@given(st.lists(st.sampled_from(["send", "fault", "concurrency", "numbers-per-request", "sendtime, signature"])))
def test_breaches_come_in_the_order_of_requests(rules: list[str]) -> None:
    entries = [_entry(position, rule) for position, rule in enumerate(rules, 1)]
    found = audit.breaches(reversed(entries), ())
    assert [breach.position for breach in found] == [
        position for position, rule in enumerate(rules, 1) if rule not in {"send", "fault"}
    ]
