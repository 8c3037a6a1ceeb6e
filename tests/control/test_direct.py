"""A call in this process has the same outcome as a call over HTTP."""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, emulator, until

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import ControlClient, ControlError, NotFound, NotInTime
from ccell_fake.control.errors import Problem
from ccell_fake.faults import FaultStatus
from ccell_fake.inspection import (
    AccountRecord,
    Hold,
    JournalEntry,
    QueueState,
    ReportRecord,
    UpmsgRecord,
    WaitResult,
)
from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.control.api import DeclaredOperation
from ccell_mock_server.control.operations import apis
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.fake import FakeCcell
from ccell_mock_server.services import Services

LONG = 300.0
USERID = "300001"
# A declaration needs no service; only a call does.
DECLARED = {one.view.__name__: one for api in apis(cast("Services", None)) for one in api.operations}
OVER_HTTP = {"stream_events", "get_state", "put_state"}
INVALID_BODIES: list[object] = [None, "text", "{}", '{"seconds": 1}', 7, [], {"odd": 1}, {"seconds": float("nan")}]
INVALID_QUERIES: list[dict[str, object]] = [{"odd": 1}, {"limit": 0}, {"limit": "x", "cursor": "x"}]


@dataclass(frozen=True, slots=True)
class Case:
    """A call of an operation. Parameters that `path` leaves out lead to something that exists."""

    body: object = None
    query: dict[str, object] = field(default_factory=dict[str, object])
    path: dict[str, str] = field(default_factory=dict[str, str])


NEVER_REFUSED = {"list_accounts", "list_journal_of_no_account", "list_evidence", "get_coverage_of_all", "reset"}

VALID: dict[str, list[Case]] = {
    "list_accounts": [Case(), Case(query={"limit": 1}), Case(query={"cursor": USERID})],
    "open_account": [Case({}), Case({"userid": "300002", "balance": 5}), Case({"userid": USERID}), Case({"balanc": 5})],
    "list_evidence": [Case()],
    "list_requests": [Case(), Case(query={"text": "*138*", "code": "1004*", "is_refused": False, "limit": 1})],
    "get_account": [Case()],
    "put_account": [Case({}), Case({"balance": 5}), Case({"blacklist": ["x"]}), Case({}, path={"userid": "300002"})],
    "patch_account": [
        Case({"balance": 5, "signcode": ["签名"]}),
        Case({}),
        Case({"userid": "1"}),
        Case({"credit": -1}),
    ],
    "delete_account": [Case(), Case()],
    "get_activity": [Case()],
    "count_content": [Case({"content": "您好"}), Case({"content": 7}), Case({})],
    "reset_account": [Case()],
    "unlock_account": [Case()],
    "get_clock": [Case()],
    "put_clock": [
        Case({"mode": "frozen"}),
        Case({"mode": "offset", "now": DOCUMENT_DAY + timedelta(days=1)}),
        Case({"mode": "real", "seconds": 1}),
    ],
    "advance_clock": [Case({"seconds": 7200}), Case({"to": DOCUMENT_DAY}), Case({})],
    "list_outcomes": [Case()],
    "add_outcome": [Case({"phone": "138*", "stat": "UNDELIV"}), Case({"rate": 2})],
    "remove_outcome": [Case(), Case(path={"place": "7"})],
    "remove_outcomes": [Case()],
    "list_personas": [Case()],
    "add_persona": [Case({"phone": "*", "answers": [{"keyword": "a", "text": "b"}]}), Case({"phone": 138})],
    "remove_personas": [Case()],
    "remove_persona": [Case(path={"place": "0"}), Case(path={"place": "7"})],
    "list_faults": [Case()],
    "add_fault": [
        Case({"kind": "code", "code": "1001999", "since": DOCUMENT_DAY}),
        Case({"kind": "delay"}),
        Case({"kind": "delay", "second": 1}),
        Case({"kind": "code", "code": "1004008", "operation": "info"}),
    ],
    "remove_fault": [Case(), Case()],
    "remove_faults": [Case()],
    "list_holds": [Case()],
    "add_hold": [Case({"slots": 2, "operation": "send"}), Case({"slots": 100_000})],
    "remove_hold": [Case(), Case()],
    "remove_holds": [Case()],
    "list_messages": [
        Case(),
        Case(query={"limit": 1, "phone": "1380*"}),
        Case(query={"state": "sent", "after_position": 1}),
    ],
    "list_messages_of_all": [Case(), Case(query={"newest_first": True, "limit": 1, "since": DOCUMENT_DAY})],
    "get_message": [Case(), Case(path={"msgid": "1"})],
    "settle_message": [Case({"status": "-1"}), Case({"status": "-1"})],
    "delete_message": [Case(), Case(path={"msgid": "1"})],
    "delete_messages": [Case(query={"phone": PHONE, "until": DOCUMENT_DAY + timedelta(days=1)}), Case()],
    "list_reports": [
        Case(),
        Case(query={"limit": 1, "newest_first": True}),
        Case(query={"phone": "138*", "state": "planned", "linkid": ""}),
    ],
    "list_reports_of_all": [Case(), Case(query={"info": "成功", "ignore_case": True, "since": DOCUMENT_DAY})],
    "delete_report": [Case(), Case(), Case(path={"id": "x"})],
    "delete_reports": [Case(query={"msgid": "5"}), Case(), Case(query={"state": "sent"})],
    "requeue_report": [Case(), Case(path={"id": "99"})],
    "requeue_reports": [Case(), Case(query={"status": "0"})],
    "add_report": [Case({"msgid": "7", "phone": PHONE, "delay": 5})],
    "list_upmsgs": [Case(), Case(query={"limit": 1}), Case(query={"msgcontent": "h*", "spnumber": "1*"})],
    "list_upmsgs_of_all": [Case(), Case(query={"phone": PHONE, "state": "waiting"})],
    "delete_upmsg": [Case(), Case()],
    "delete_upmsgs": [Case(query={"phone": "139*"}), Case()],
    "requeue_upmsg": [Case(), Case(path={"id": "99"})],
    "requeue_upmsgs": [Case()],
    "add_upmsg": [Case({"phone": PHONE, "content": "退订"}), Case({"phone": 138})],
    "list_journal": [Case(), Case(query={"operation": "send", "code": "0"}), Case(query={"operation": "odd"})],
    "list_journal_of_no_account": [Case(), Case(query={"after_position": 1})],
    "reset": [Case()],
    "wait": [
        Case({"phone": PHONE}),
        Case({"kind": "report", "timeout": 0}),
        Case({"phone": "139*", "timeout": 0}),
        Case({"kind": "report", "phone": PHONE}),
    ],
    "get_coverage": [Case()],
    "get_coverage_of_all": [Case()],
}


def _cases(operation: DeclaredOperation) -> list[Case]:
    """Valid and invalid calls of an operation. Those that nothing refuses come last."""
    valid = VALID[operation.view.__name__]
    body = valid[0].body
    path, query = operation.model("path"), operation.model("query")
    invalid = [] if query is None else [Case(body, query=one) for one in INVALID_QUERIES]
    if operation.model("body") is not None:
        invalid += [Case(one) for one in INVALID_BODIES]
    for name in path.model_fields if path is not None else ():
        invalid += [Case(body, path={name: text}) for text in ("nobody", "x" * 65, "123456789012345678901")]
    return [*invalid, *valid]


@contextmanager
def _arranged() -> Generator[tuple[Emulator, Ccell]]:
    """Yield an emulator and an account with something in each list. It is always the same."""
    with emulator(ManualClock(DOCUMENT_DAY), {"seed": 7}) as running, fake.server(running) as server:
        ccell = server.open(userid=USERID, report_delay=3600)
        client = ccell.connect(in_process=True)
        client.send([PHONE, "13800000001"], CONTENT, linkid="1")
        client.info()
        ccell.account.add_report("4", PHONE)
        ccell.reply(PHONE, "taken")
        client.reports()
        client.upmsgs()
        ccell.faults.next("upmsg", delay=1)
        ccell.account.add_report("5", PHONE)
        ccell.reply(PHONE, "hi")
        server.control.perform("POST", f"/v1/accounts/{USERID}/outcomes", body={"stat": "UNDELIV"})
        server.control.perform("POST", f"/v1/accounts/{USERID}/personas", body={"phone": "*", "echo": True})
        server.control.perform("POST", f"/v1/accounts/{USERID}/holds", body={"seconds": 3600})
        yield running, ccell


def _over_http(running: Emulator) -> ControlClient:
    return ControlClient("http://127.0.0.1", transport=httpx2.WSGITransport(running.dispatcher))


def _comparable(record: Any) -> Any:
    """Remove from a record the measured durations, and the id of a fault: it is a position, and these have gaps."""
    if isinstance(record, JournalEntry):
        return replace(record, duration=0)
    if isinstance(record, FaultStatus):
        return replace(record, id=0)
    if isinstance(record, WaitResult):
        requests, came = (tuple(map(_comparable, entries)) for entries in (record.requests, record.came))
        return replace(record, requests=requests, came=came)
    is_page = hasattr(record, "items")
    return replace(record, items=tuple(map(_comparable, record.items))) if is_page else record


def _outcome(call: Callable[[], object]) -> tuple[type, object]:
    """The record of a call, or its error."""
    try:
        record = call()
    except ControlError as error:
        return type(error), error.problem
    return type(record), _comparable(record)


def _call(
    control: ControlClient, operation: DeclaredOperation, case: Case, present: dict[str, str]
) -> tuple[type, object]:
    path = f"/v1{operation.rule}"
    for name, text in {**present, **case.path}.items():
        path = path.replace(f"<{name}>", text)
    method, kind = operation.method.upper(), next(iter(operation.answers.values()))
    if kind is None:
        return _outcome(lambda: control.perform(method, path, body=case.body))
    return _outcome(lambda: control.call(kind, method, path, body=case.body, query=case.query))


def _present(ccell: Ccell, operation: DeclaredOperation) -> dict[str, str]:
    """Parameters of a path to something that exists."""
    lists: dict[str, Callable[[], Iterable[Hold | FaultStatus | ReportRecord | UpmsgRecord]]] = {
        "/holds": ccell.account.holds,
        "/reports": lambda: ccell.account.reports(state=QueueState.FETCHED),
        "/upmsgs": lambda: ccell.account.upmsgs(state=QueueState.FETCHED),
    }
    (numbered,) = next((read for part, read in lists.items() if part in operation.rule), ccell.account.faults)()
    return {"userid": USERID, "msgid": ccell.outbox[0].msgid, "id": str(numbered.id), "place": "0"}


def test_every_operation_that_answers_a_record_is_compared() -> None:
    assert VALID.keys() == DECLARED.keys() - OVER_HTTP
    assert {name for name, one in DECLARED.items() if one.is_http_only} == OVER_HTTP


@pytest.mark.parametrize("name", VALID)
def test_an_operation_has_the_same_outcomes_directly_and_over_http(name: str) -> None:
    operation = DECLARED[name]
    with _arranged() as (first, _), _arranged() as (_, ccell):
        present = _present(ccell, operation)
        direct, over_http = ccell.server.control, _over_http(first)
        outcomes = [
            (_call(direct, operation, case, present), _call(over_http, operation, case, present))
            for case in _cases(operation)
        ]
    for direct_outcome, outcome_over_http in outcomes:
        assert direct_outcome == outcome_over_http
        kind, problem = direct_outcome
        assert not (issubclass(kind, ControlError) and cast("Problem", problem).status == 500)
    refused = [issubclass(kind, ControlError) for (kind, _), _ in outcomes]
    assert not all(refused)
    assert any(refused) or name in NEVER_REFUSED


def test_a_body_that_is_too_large_is_refused_directly_as_over_http() -> None:
    with emulator() as running, fake.server(running) as server, _over_http(running) as over_http:
        body = {"name": "x" * 5_000_000}
        outcomes = [_outcome(lambda one=one: one.open(body)) for one in (server.control, over_http)]  # type: ignore[misc]
    assert outcomes[0] == outcomes[1]
    assert cast("Any", outcomes[0][1]).status == 413


def test_an_unexpected_error_is_a_failure_directly_as_over_http(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator() as running, fake.server(running) as server:
        monkeypatch.setattr(running.services.accounts, "save", None)
        outcomes = [_outcome(one.open) for one in (server.control, _over_http(running))]
    assert outcomes[0] == outcomes[1]
    assert cast("Any", outcomes[0][1]).status == 500
    assert [record.message for record in caplog.records] == ["a control request failed"] * 2


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/odd"), ("GET", "/v1/accounts/"), ("GET", "/v1/accounts/a%2Fb")]
)
def test_an_unknown_path_is_refused_as_over_http(method: str, path: str) -> None:
    with emulator() as running, fake.server(running) as server, _over_http(running) as over_http:
        outcomes = [
            _outcome(lambda one=one: one.call(AccountRecord, method, path))  # type: ignore[misc]
            for one in (server.control, over_http)
        ]
        assert outcomes[0] == outcomes[1]
        assert outcomes[0][0] is NotFound
        with pytest.raises(NotFound):
            server.control.perform(method, path)


def test_streams_and_snapshots_and_metrics_work_in_one_process(tmp_path: Path) -> None:
    with FakeCcell() as ccell:
        control = ccell.server.control
        control.snapshot(tmp_path / "before")
        with control.events(ccell.userid, after_position=0) as events:
            ccell.client.send(PHONE, CONTENT)
            assert [next(events).kind for _ in range(2)] == ["send", "message"]
        control.restore(tmp_path / "before")
        assert not ccell.outbox
        assert "ccell_requests_total" in control.metrics()


def test_a_caller_in_this_process_needs_no_token() -> None:
    with emulator(server={"control_token": "secret"}) as running, fake.server(running) as server:
        assert server.open(userid=USERID).settings().userid == USERID
        assert "ccell_accounts" in server.control.metrics()


def test_an_account_in_one_process_imports_no_web_framework() -> None:
    script = """
import sys
from datetime import timedelta
from ccell_mock_server import FakeCcell

with FakeCcell(balance=5) as ccell:
    ccell.faults.next("send", code="1004008")
    assert not ccell.client.send("13800000000", "您好【签名】").accepted
    ccell.client.send("13800000000", "您好【签名】")
    ccell.wait(phone="13800000000", code="0", timeout=60)
    ccell.clock.advance(timedelta(hours=1))
    assert ccell.outbox.one().phone == "13800000000"
print(*{name.partition(".")[0] for name in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"flask", "flask_openapi3", "jinja2", "werkzeug"} & set(done.stdout.split())


def test_a_direct_wait_ends_after_its_timeout() -> None:
    with FakeCcell() as ccell, pytest.raises(NotInTime, match="nothing came"):
        ccell.wait(timeout=0.01)


def test_a_send_in_another_thread_ends_a_direct_wait() -> None:
    with emulator() as running, fake.server(running) as server, ThreadPoolExecutor(1) as pool:
        ccell = server.open()
        waiting = pool.submit(ccell.wait, phone=PHONE, timeout=LONG)
        until(lambda: running.services.notifier.waiters or waiting.done())
        ccell.connect(in_process=True).send(PHONE, CONTENT)
        assert [message.phone for message in waiting.result(60).messages] == [PHONE]


def test_a_direct_wait_ends_when_the_emulator_stops() -> None:
    with emulator() as running, fake.server(running) as server, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.open().wait, timeout=LONG)
        until(lambda: running.services.notifier.waiters or waiting.done())
        running.stop()
        with pytest.raises(ControlError, match="the emulator stops") as caught:
            waiting.result(60)
    assert caught.value.problem.status == 409
