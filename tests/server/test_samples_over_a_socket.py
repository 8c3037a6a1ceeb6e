"""Every sample of the document, sent byte for byte over a socket, gets the documented answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from harness import http
from harness.emulators import DOCUMENT_DAY, emulator

from ccell_fake.clock import SHANGHAI, ManualClock
from ccell_fake.model import Operation
from ccell_fixtures.samples import SAMPLES, Sample
from ccell_mock_server.emulator import Emulator

REQUESTS = [sample for sample in SAMPLES.values() if sample.kind == "request"]
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
MSGID = re.compile(r'msgid="\d{19}"')


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(DOCUMENT_DAY)


@pytest.fixture
def served(clock: ManualClock) -> Iterator[Emulator]:
    """An emulator on a day before the sendtime of the samples."""
    with emulator(clock) as running:
        yield running


def _send(served: Emulator, sample: Sample, *, corrected: bool = False) -> str:
    sent = sample.corrected if corrected else sample.printed
    if sample.is_address:
        answer = http.get(served.url, sent.removeprefix(b"https://sms.ccell.cn"))
    else:
        answer = http.post(served.url, Operation(sample.operation).path, sent)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
    return answer.body.decode()


def _resp(phone: str, linkid: str = "") -> str:
    code, info = ("0", "成功") if re.fullmatch(r"\d+", phone) else ("1004001", f"手机号不可识别{phone}")
    names = f'linkid="{linkid}" ' if linkid else ""
    return f'<resp msgid="…" {names}phone="{phone}" return="{code}" info="{info}"/>'


@pytest.mark.parametrize(
    ("name", "second", "linkids"),
    [
        ("send-post", "13600000xxx", ("", "", "")),
        ("send-get", "13600001234", ("", "", "")),
        ("send-extended-post", "13600000xxx", ("100001111110", "100001111111", "100001111112")),
        ("send-extended-get", "13600001234", ("100001111110", "100001111111", "100001111112")),
    ],
)
def test_a_send_sample_gets_a_resp_for_each_number(
    served: Emulator, name: str, second: str, linkids: tuple[str, str, str]
) -> None:
    one, two, three = linkids
    resps = [_resp("13800000000", one), _resp(second, one), _resp("13800000001", two), _resp("13800300000", three)]
    expected = f'{DECLARATION} <root return="0" info="成功"> {" ".join(resps)} </root>'
    assert MSGID.sub('msgid="…"', _send(served, SAMPLES[name], corrected=True)) == expected


def test_the_send_sample_as_printed_is_invalid_xml_and_is_refused(served: Emulator) -> None:
    assert _send(served, SAMPLES["send-post"]) == f'{DECLARATION}<root return="1001001" info="参数不完整"></root>'


@pytest.mark.parametrize(
    "sample", [sample for sample in REQUESTS if sample.name != "send-post"], ids=lambda sample: sample.name
)
def test_every_other_request_sample_succeeds_exactly_as_printed(served: Emulator, sample: Sample) -> None:
    assert '<root return="0" info="成功">' in _send(served, sample)


def test_the_number_of_the_reply_sample_is_refused_as_documented(served: Emulator) -> None:
    body = (
        '<root userid="200001" password="123456"><submit phone="13800000000" content="一【签名】"/>'
        '<submit phone="19500001111" content="一【签名】"/><submit phone="13800300001" content="一【签名】"/></root>'
    )
    answer = http.post(served.url, Operation.SEND.path, body.encode()).body
    assert MSGID.sub('msgid="…"', answer.decode()) == MSGID.sub('msgid="…"', SAMPLES["send-reply"].corrected.decode())


@pytest.mark.parametrize("form", ["post", "get"])
def test_the_report_samples_get_the_documented_answers(served: Emulator, clock: ManualClock, form: str) -> None:
    request = SAMPLES[f"report-{form}"]
    assert _send(served, request) == SAMPLES["report-empty-reply"].printed.decode()
    clock.set(datetime(2015, 10, 10, 10, 54, 15, tzinfo=SHANGHAI))
    phones = "13800000000,17013776773,13800300000"
    body = f'<root userid="200001" password="123456"><submit phone="{phones}" content="一【签名】"/></root>'
    http.post(served.url, Operation.SEND.path, body.encode())
    # A magic number replaces the number that failed in the sample.
    expected = MSGID.sub('msgid="…"', SAMPLES["report-reply"].printed.decode()).replace("13800000001", "17013776773")
    assert MSGID.sub('msgid="…"', _send(served, request)) == expected
    assert _send(served, request) == SAMPLES["report-empty-reply"].printed.decode()


@pytest.mark.parametrize("form", ["post", "get"])
def test_the_upmsg_samples_get_the_documented_answers(served: Emulator, clock: ManualClock, form: str) -> None:
    request = SAMPLES[f"upmsg-{form}"]
    assert _send(served, request) == SAMPLES["upmsg-empty-reply"].printed.decode()
    motime = datetime(2015, 10, 10, 17, 48, 46, tzinfo=SHANGHAI)
    admin = served.services.admin("200001")
    admin.change(lambda settings: replace(settings, spnumber="0001"))
    for phone, later, text in (
        ("13800000000", 0, "知道了"),
        ("13800000001", 1593, "ok"),
        ("13800300000", 1603, "收到"),
    ):
        clock.set(motime + timedelta(seconds=later))
        admin.add_upmsg(phone, text, "", 0)
    clock.advance(timedelta(days=1))
    sample = SAMPLES["upmsg-reply"].printed.decode()
    assert _send(served, request) == sample.replace('phone=" ', 'phone="')


@pytest.mark.parametrize("form", ["post", "get"])
def test_the_info_samples_are_answered_in_the_documented_order(form: str) -> None:
    account = {
        "userid": "200001",
        "password": "123456",
        "name": "aser24571@163.com",
        "balance": 100000010,
        "assumptions": {"Q20": "sampled"},
    }
    with emulator(accounts=[account]) as served:
        expected = SAMPLES["info-reply"].corrected.decode().replace("2000136", "200001")
        assert _send(served, SAMPLES[f"info-{form}"]) == expected
