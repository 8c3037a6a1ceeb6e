"""Requests that reach no endpoint are in the journal, the metrics, the events and the log, without secrets."""

import logging
from collections.abc import Callable, Iterator

import httpx2
import pytest
from harness import http
from harness.emulators import emulator

from ccell_fake.control.client import ControlClient
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.gateway.in_process import InProcessTransport

WRONG = [
    ("POST", "/sms3_api/xmlapi/sned.jsp", "404", "path", "there is no '/sms3_api/xmlapi/sned.jsp'; did you mean"),
    ("GET", "/", "404", "path", "there is no '/'; there are /sms3_api/xmlapi/send.jsp, "),
    ("PUT", Operation.SEND.path, "405", "method", f"{Operation.SEND.path} takes GET and POST, got PUT"),
    ("HEAD", Operation.REPORT.path, "405", "method", f"{Operation.REPORT.path} takes GET and POST, got HEAD"),
]
BODY = b'<root userid="200001" password="123456"/>'


@pytest.fixture
def running() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


@pytest.fixture(params=["connection", "in process"])
def ask(request: pytest.FixtureRequest, running: Emulator) -> Callable[[str, str], int]:
    def over_http(method: str, path: str) -> int:
        return httpx2.request(method, running.url + path, content=BODY, params={"token": "hush-hush"}).status_code

    def in_process(method: str, path: str) -> int:
        services = running.services
        transport = InProcessTransport(services.gateway, services.metrics, running.timeouts, services.store.owner)
        with httpx2.Client(transport=transport) as client:
            return client.request(method, running.url + path, content=BODY, params={"token": "hush-hush"}).status_code

    return over_http if request.param == "connection" else in_process


def _entry(running: Emulator) -> JournalEntry:
    with ControlClient(running.url) as control:
        (entry,) = control.journal()
    return entry


def test_passwords_of_accounts_are_hidden_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    password = "Zq9secret"
    body = f'<root userid="300001" password="1"><submit phone="1" content="{password}" linkid="{password}"/></root>'
    with emulator(accounts=[{"userid": "300001", "password": password}]) as served:
        for path in (b"/sned.jsp", f"/{password}".encode()):
            http.exchange(
                served.url, b"PUT %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body.encode())
            )
        with ControlClient(served.url) as control:
            entries = [*control.journal()]
    assert len(entries) == 2
    assert password not in "".join([caplog.text, *(one.request + one.explanation for one in entries)])


@pytest.mark.parametrize(("method", "path", "status", "rule", "says"), WRONG)
def test_the_journal_of_no_account_has_them(
    running: Emulator, ask: Callable[[str, str], int], method: str, path: str, status: str, rule: str, says: str
) -> None:
    assert ask(method, path) == int(status)
    entry = _entry(running)
    assert (entry.operation, entry.code, entry.rule, entry.peer) == (None, status, rule, "127.0.0.1")
    assert entry.request.startswith(f"{method} {path}")
    assert 'userid="200001"' in entry.request
    assert "123456" not in entry.request
    assert "hush-hush" not in entry.request
    assert entry.explanation.startswith(f"{status}: {says}")


@pytest.mark.parametrize("case", WRONG)
def test_the_metrics_and_the_log_have_them(
    running: Emulator, ask: Callable[[str, str], int], caplog: pytest.LogCaptureFixture, case: tuple[str, ...]
) -> None:
    method, path, status, _, says = case
    with caplog.at_level(logging.INFO, "ccell_fake.gateway"):
        ask(method, path)
    assert f'ccell_requests_total{{code="{status}",operation="none"}} 1.0' in running.services.metrics.text().decode()
    assert f"{method} answered {status}\n  {says}" in caplog.text


def test_the_events_of_all_accounts_have_them(running: Emulator) -> None:
    with ControlClient(running.url) as control, control.events() as events:
        httpx2.post(f"{running.url}/sms3_api/xmlapi/sned.jsp", content=BODY)
        http.post(running.url, Operation.SEND.path, b"<root")
        missing, unreadable = next(events), next(events)
    assert (missing.kind, missing.data["userid"], missing.data["request"]["code"]) == ("http_error", None, "404")
    assert (unreadable.kind, unreadable.data["userid"]) == ("send", None)


def test_the_paths_of_the_control_api_are_not_the_gateways(running: Emulator) -> None:
    for path in ("/_ccell/nothing", "/_ccell/v1/nothing", "/_ccell/livez"):
        assert httpx2.post(running.url + path).status_code in {404, 405}
    with ControlClient(running.url) as control:
        assert list(control.journal()) == []


PATH = Operation.SEND.path
REFUSED = [
    pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413", f"POST {PATH}", id="long body"),
    pytest.param(f"GET {PATH}?{'a' * 1_100_000} HTTP/1.1\r\n\r\n", "431", f"GET {PATH}", id="long head"),
    pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "400", f"POST {PATH}", id="no length"),
    pytest.param(f"POST {PATH} HTTP/1.1\r\nno colon\r\n\r\n", "400", f"POST {PATH}", id="no colon"),
    pytest.param(
        f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400", f"POST {PATH}", id="no chunk"
    ),
    pytest.param("PASSWORD=hush-hush\r\n\r\n", "400", "********", id="no request line"),
    pytest.param(f"GET {PATH} HTTP/9.1\r\n\r\n", "505", f"GET {PATH}", id="other version"),
    pytest.param("CONNECT example.com:443 HTTP/1.1\r\n\r\n", "405", "CONNECT", id="connect"),
]


@pytest.mark.parametrize(("sent", "status", "shown"), REFUSED)
def test_what_the_server_itself_refuses_is_in_the_journal_the_metrics_and_the_log(
    running: Emulator, caplog: pytest.LogCaptureFixture, sent: str, status: str, shown: str
) -> None:
    with caplog.at_level(logging.INFO, "ccell_fake.gateway"):
        answer = http.exchange(running.url, sent.encode())
    entry = _entry(running)
    assert answer.status == int(status)
    assert (entry.operation, entry.code, entry.peer) == (None, status, "127.0.0.1")
    assert entry.request.startswith(shown)
    assert "hush-hush" not in entry.request
    assert entry.explanation.startswith(f"{status}: {answer.body.decode().strip()}")
    assert f"answered {status}\n  " in caplog.text
    assert f'ccell_requests_total{{code="{status}",operation="none"}} 1.0' in running.services.metrics.text().decode()


def test_a_request_of_another_site_is_in_the_journal(running: Emulator) -> None:
    answer = httpx2.post(running.url + PATH, content=BODY, headers={"Sec-Fetch-Site": "cross-site"})
    entry = _entry(running)
    assert answer.status_code == 403
    assert (entry.code, entry.rule) == ("403", "cross-site")
    assert entry.request.startswith(f"POST {PATH} <root")
    assert "allow_cross_site" in entry.explanation


def test_a_malformed_request_to_the_control_api_is_not_the_gateways(running: Emulator) -> None:
    malformed = b"PUT /_ccell/v1/state HTTP/1.1\r\nContent-Length: -5\r\n\r\n"
    assert http.exchange(running.url, malformed).status == 400
    with ControlClient(running.url) as control:
        assert list(control.journal()) == []
