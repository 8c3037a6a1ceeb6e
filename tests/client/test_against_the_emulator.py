"""Both clients against the emulator over loopback: every call and form, by POST and GET."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx2
import pytest
from harness import clients
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, emulator

from ccell_fake.client import Client, NumbersRefused, RequestRefused, Retry, submit
from ccell_fake.clock import SHANGHAI, ManualClock
from ccell_fake.codes import Code
from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator

OTHER = "13600001234"
UNRECOGNISED = "19500001111"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(DOCUMENT_DAY)


@pytest.fixture
def served(clock: ManualClock) -> Iterator[Emulator]:
    with emulator(clock) as running:
        yield running


@pytest.fixture(params=[(kind, method) for kind in clients.KINDS for method in ("POST", "GET")], ids="-".join)
def client(request: pytest.FixtureRequest, served: Emulator) -> Iterator[Client]:
    kind, method = request.param
    with clients.client(kind, served.url, method=method) as one:
        yield one


def test_every_number_gets_a_resp_and_a_report_with_the_submits_linkid(client: Client) -> None:
    content = "汉字 + % & < > \" ' \t\n é \U0001f600【签名】"
    sent = client.send([PHONE, UNRECOGNISED, OTHER], content)
    assert [resp.phone for resp in sent.resps] == [PHONE, UNRECOGNISED, OTHER]
    assert [resp.code for resp in sent.refused] == [Code.NUMBER_UNRECOGNISED]
    assert [resp.phone for resp in sent.accepted] == [PHONE, OTHER]
    reports = client.reports()
    assert [(one.msgid, one.linkid) for one in reports] == [(one.msgid, one.linkid) for one in sent.accepted]
    assert all(one.is_delivered and one.recvtime == DOCUMENT_DAY for one in reports)
    assert reports[0].recvtime
    assert reports[0].recvtime.tzinfo is SHANGHAI
    assert client.reports() == ()


def test_a_scheduled_send_is_reported_at_its_time(client: Client, clock: ManualClock) -> None:
    due = clock.now() + timedelta(days=1)
    client.send(submit(PHONE, CONTENT, sendtime=due, linkid="mine", spcode="168")).raise_for_refused()
    assert client.reports() == ()
    clock.set(due)
    (report,) = client.reports()
    assert (report.linkid, report.recvtime) == ("mine", due)


def test_1200_numbers_are_sent_and_300_reports_a_call_are_fetched(client: Client) -> None:
    phones = [f"138{number:08}" for number in range(1200)]
    sent = client.send(phones, CONTENT).raise_for_refused()
    assert [resp.phone for resp in sent.resps] == phones
    assert [report.phone for report in client.reports()] == phones


@pytest.mark.parametrize("kind", clients.KINDS)
def test_following_yields_reports_that_come_in_meanwhile(kind: str, served: Emulator) -> None:
    pauses: list[float] = []
    with Client(served.url, "200001", "123456") as other:

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            other.send(PHONE, CONTENT)

        with clients.client(kind, served.url, sleep=sleep) as client:
            client.send(OTHER, CONTENT)
            with closing(client.follow_reports(interval=7)) as following:
                assert [report.phone for report in islice(following, 3)] == [OTHER, PHONE, PHONE]
    assert pauses == [7, 7]


def test_following_ends_when_stopped_during_a_pause(served: Emulator) -> None:
    stop = threading.Event()
    with Client(served.url, "200001", "123456") as client:
        client.send([PHONE, OTHER], CONTENT)
        phones: list[str] = []
        for report in client.follow_reports(interval=600, stop=stop):
            phones.append(report.phone)
            threading.Timer(0.05, stop.set).start()
        assert phones == [PHONE, OTHER]


@pytest.mark.parametrize("kind", clients.KINDS)
@pytest.mark.parametrize("answer", ["no", "yes"])
def test_upstream_messages_are_fetched_without_the_blank_of_the_documents_sample(kind: str, answer: str) -> None:
    with emulator(assumptions={"Q19": answer}) as served, clients.client(kind, served.url) as client:
        for number in range(101):
            served.services.admin("200001").add_upmsg(PHONE, str(number), "", 0)
        taken = client.upmsgs()
        assert [(one.phone, one.msgcontent) for one in taken] == [(PHONE, str(number)) for number in range(101)]
        assert client.upmsgs() == ()


@pytest.mark.parametrize("answer", ["described", "sampled"])
def test_info_reads_swapped_id_and_name(answer: str) -> None:
    account = {
        "userid": "200001",
        "password": "123456",
        "name": "aser@example.org",
        "credit": 7,
        "signcode": ["签名", "其他"],
        "assumptions": {"Q20": answer},
    }
    with emulator(accounts=[account]) as served, Client(served.url, "200001", "123456") as client:
        info = client.info()
    assert (info.id, info.name, info.riches, info.credit) == ("200001", "aser@example.org", 100_000, 7)
    assert (info.signcode, info.is_normal) == (("签名", "其他"), True)


@pytest.mark.parametrize("code", [code for code in Code if code.startswith("1001") and code != "1001006"])
def test_a_refused_request_has_code_text_rule_and_basis(client: Client, code: Code) -> None:
    with pytest.raises(RequestRefused) as caught:
        client.send(f"1700{code}", CONTENT)
    error = caught.value
    assert (error.operation, error.code, error.info) == (Operation.SEND, code, code.text)
    assert (error.rule, error.basis) == ("magic-number", "arranged magic")
    assert f"refused with {code} {code.text}, by magic-number" in str(error)


def test_a_refused_number_raises_only_on_request(client: Client) -> None:
    sent = client.send([PHONE, "17001004008", OTHER], CONTENT)
    with pytest.raises(
        NumbersRefused, match="1 of 3 numbers not accepted: 17001004008 1004008 不能发黑名单号码"
    ) as caught:
        sent.raise_for_refused()
    assert (caught.value.refused, caught.value.resps) == (sent.refused, sent.resps)
    assert "answered before" not in str(caught.value)
    assert client.send(PHONE, CONTENT).raise_for_refused().refused == ()


def test_a_request_over_the_thread_limit_is_retried(served: Emulator) -> None:
    paused: list[float] = []
    with (
        Client(served.url, "1001006", "x", retry=Retry(attempts=3), sleep=paused.append) as client,
        pytest.raises(RequestRefused, match="1001006"),
    ):
        client.info()
    assert len(paused) == 2


@pytest.mark.parametrize(
    "path", ["", "/", "/sms3_api/xmlapi", "/sms3_api/xmlapi/", "//sms3_api/xmlapi//", "/sms3_api//xmlapi"]
)
def test_the_base_url_may_have_the_path_or_not(served: Emulator, path: str) -> None:
    with Client(served.url + path, "200001", "123456") as client:
        assert client.info().is_normal


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_wsgi_application_needs_no_socket(served: Emulator, method: Any) -> None:
    transport = httpx2.WSGITransport(app=served.app)
    with Client("http://gateway", "200001", "123456", method=method, transport=transport) as client:
        client.send(PHONE, CONTENT).raise_for_refused()
        assert len(client.reports()) == 1


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_strict_server_accepts_the_request(method: Any) -> None:
    with (
        emulator(server={"strict_http": True}) as served,
        Client(served.url, "200001", "123456", method=method) as client,
    ):
        client.send(PHONE, CONTENT).raise_for_refused()
        assert len(client.reports()) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"base_url": "sms.ccell.cn"}, "http or https"),
        ({"base_url": "ftp://sms.ccell.cn"}, "http or https"),
        ({"base_url": "http://"}, "http or https"),
        ({"base_url": "http://host/?a"}, "must not contain a query"),
        ({"base_url": "http://host:65536"}, "Port out of range"),
        ({"base_url": "http://user:secret@host"}, "or a user name"),
        ({"method": "PUT"}, "method must be GET or POST, got PUT"),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"password": "\x00secret"}, "XML cannot carry"),
    ],
)
@pytest.mark.parametrize("kind", clients.KINDS)
def test_invalid_arguments_are_refused_at_once(kind: str, options: dict[str, Any], reason: str) -> None:
    arguments: dict[str, Any] = {"base_url": "http://host", "password": "x", **options}
    with (
        pytest.raises(ValueError, match=reason) as caught,
        clients.client(kind, arguments.pop("base_url"), **arguments),
    ):
        pytest.fail("there is a client")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("values", [{"attempts": 0}, {"first_pause": -1}, {"longest_pause": -1}])
def test_an_invalid_retry_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        Retry(**values)
