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
