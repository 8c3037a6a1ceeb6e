"""Each fault has its effect on the wire, and commits the request or not."""

import select
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from harness import http
from harness.accounts import CONTENT, PHONE, Served, is_xml
from harness.emulators import DOCUMENT_DAY, emulator, until

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError
from ccell_fake.control.models import FaultBody
from ccell_fake.faults import (
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    DelayFault,
    DribbleFault,
    Fault,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation, Submit
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.waiting import MAX_PAUSES

SEND, REPORT, INFO = Operation.SEND, Operation.REPORT, Operation.INFO


@dataclass(frozen=True, slots=True)
class Seen:
    """The bytes that a raw socket received until the connection ended."""

    received: bytes
    is_reset: bool

    @property
    def body(self) -> bytes:
        """The bytes after the head."""
        return self.received.partition(b"\r\n\r\n")[2]

    @property
    def head(self) -> str:
        """The head, in lower case."""
        return self.received.partition(b"\r\n\r\n")[0].decode().lower()


def _look(served: Served, operation: Operation = SEND) -> Seen:
    """Send raw bytes, and read until the server ends the connection."""
    payload = served.payload(*([Submit(PHONE, CONTENT)] if operation is SEND else []))
    head = f"POST {operation.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(payload)}\r\nConnection: close\r\n\r\n"
    received = b""
    with http.connect(served.url) as connection:
        connection.sendall(head.encode() + payload)
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            return Seen(received, is_reset=True)
    return Seen(received, is_reset=False)


def _announced(seen: Seen) -> int:
    (line,) = [line for line in seen.head.splitlines() if line.startswith("content-length:")]
    return int(line.partition(":")[2])


def _is_nothing(seen: Seen) -> bool:
    return seen == Seen(b"", is_reset=False)


def _is_a_reset(seen: Seen) -> bool:
    return seen == Seen(b"", is_reset=True)


def _is_an_outage(seen: Seen) -> bool:
    return seen.head.startswith("http/1.1 503 ") and seen.body == "维护中".encode() and "text/html" in seen.head


def _is_busy(seen: Seen) -> bool:
    lines = seen.head.splitlines()
    return {"content-type: application/json", "retry-after: 9"} < set(lines) and lines[0].startswith("http/1.1 429 ")


def _is_cut(seen: Seen) -> bool:
    return not seen.is_reset and len(seen.body) == 40 < _announced(seen) and not is_xml(seen.body)


def _is_half(seen: Seen) -> bool:
    return len(seen.body) == _announced(seen) // 2


def _is_broken(seen: Seen) -> bool:
    return len(seen.body) == _announced(seen) and not is_xml(seen.body) and seen.body.endswith(b"</ro")


def _is_gbk(seen: Seen) -> bool:
    text = seen.body.decode("gbk")
    return 'encoding="GBK"' in text and "成功" in text and "charset=gbk" in seen.head


def _is_secretly_gbk(seen: Seen) -> bool:
    text = seen.body.decode("gbk")
    return 'encoding="UTF-8"' in text and "成功" in text and "charset=utf-8" in seen.head


def _is_whole(seen: Seen) -> bool:
    return seen.head.startswith("http/1.1 200 ") and is_xml(seen.body) and b'return="0"' in seen.body


def _is_refused(seen: Seen) -> bool:
    return b'<root return="1001999"' in seen.body and "x-ccell-basis: arranged fault" in seen.head


CASES: list[tuple[Fault, Callable[[Seen], bool], bool]] = [
    (CodeFault(code=Code.SYSTEM_ERROR), _is_refused, False),
    (DelayFault(seconds=0.01), _is_whole, True),
    (HttpFault(status=503, body="维护中"), _is_an_outage, False),
    (HttpFault(status=503, body="维护中", processed=True), _is_an_outage, True),
    (HttpFault(status=429, body="{}", content_type="application/json", headers={"Retry-After": "9"}), _is_busy, False),
    (CloseFault(), _is_nothing, False),
    (CloseFault(processed=True), _is_nothing, True),
    (ResetFault(), _is_a_reset, False),
    (ResetFault(processed=True), _is_a_reset, True),
    (TruncateFault(sent=40), _is_cut, True),
    (TruncateFault(sent=0), lambda seen: seen.body == b"" and _announced(seen) > 0, True),
    (TruncateFault(), _is_half, True),
    (BrokenXmlFault(), _is_broken, True),
    (GbkFault(), _is_gbk, True),
    (GbkFault(declared=False), _is_secretly_gbk, True),
    (DribbleFault(piece=64, seconds=0.0), _is_whole, True),
]
FIELDS_IN_NAMES = ("processed", "declared", "sent", "headers")
NAMES = [
    f"{fault.kind}{''.join(f'-{name}' for name in FIELDS_IN_NAMES if getattr(fault, name, None))}"
    for fault, _, _ in CASES
]


@pytest.mark.parametrize(("fault", "is_seen", "is_processed"), CASES, ids=NAMES)
def test_a_fault_on_a_send_does_what_it_says_and_commits_or_not(
    served: Served,
    fault: Fault,
    is_seen: Callable[[Seen], bool],
    is_processed: bool,  # noqa: FBT001 - pytest's
) -> None:
    account = served.account
    account.add_fault(fault)
    seen = _look(served)
    assert is_seen(seen), seen
    assert [one.phone for one in account.messages()] == [PHONE] * is_processed
    assert account.status().left == 100_000 - is_processed
    (entry,) = account.journal()
    assert entry.delivery == fault.kind
    assert (entry.answer is None) == (fault.kind in {"close", "reset"})
    assert entry.code == ("0" if is_processed else "1001999" if fault.kind == "code" else "")
    assert account.status().in_progress == 0
    assert _is_whole(_look(served))


@pytest.mark.parametrize(("fault", "is_seen", "is_processed"), CASES, ids=NAMES)
def test_a_fault_on_a_fetch_does_what_it_says_and_takes_reports_or_not(
    served: Served,
    fault: Fault,
    is_seen: Callable[[Seen], bool],
    is_processed: bool,  # noqa: FBT001 - pytest's
) -> None:
    served.send()
    served.account.add_fault(replace(fault, operation=REPORT))
    seen = _look(served, REPORT)
    assert is_seen(seen), seen
    assert [one.fetched_at is not None for one in served.account.reports()] == [is_processed]
    assert len(served.reports()) == (not is_processed)


@pytest.mark.parametrize(
    "fault", [CloseFault(processed=True), ResetFault(), TruncateFault(sent=3)], ids=lambda one: one.kind
)
def test_a_fault_ends_a_tls_connection_too(fault: Fault) -> None:
    with emulator(server={"tls": True}) as running:
        admin = running.services.admin("200001")
        admin.add_fault(fault)
        assert running.certificate
        context = ssl.create_default_context(cafile=str(running.certificate.authority))
        body = b'<root userid="200001" password="123456"></root>'
        request = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (INFO.path.encode(), len(body))
        with context.wrap_socket(http.connect(running.url), server_hostname="127.0.0.1") as connection:
            connection.sendall(request + body)
            received = _until_end(connection)
        assert received.partition(b"\r\n\r\n")[2] == (b"<?x" if fault.kind == "truncate" else b"")


def _until_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except OSError:
        pass
    return received


def test_a_fault_applies_by_count(served: Served) -> None:
    account = served.account
    fault = account.add_fault(CodeFault(code=Code.BALANCE_TOO_SMALL, skip=2, times=3))
    assert [served.ask(INFO).code for _ in range(7)] == ["0", "0", *["1001002"] * 3, "0", "0"]
    (left,) = account.faults()
    assert (left.id, left.matched, left.applied, left.left) == (fault.id, 5, 3, 0)


def test_a_fault_without_count_applies_until_it_is_removed(served: Served) -> None:
    account = served.account
    account.add_fault(CodeFault(code=Code.ACCOUNT_FROZEN, times=None))
    assert {served.ask(INFO).code for _ in range(5)} == {Code.ACCOUNT_FROZEN}
    (fault,) = account.faults()
    assert (fault.applied, fault.left) == (5, None)
    account.remove_faults(fault.id)
    assert served.ask(INFO).code == "0"


def test_faults_apply_one_after_the_other(served: Served) -> None:
    for code in (Code.ACCOUNT_FROZEN, Code.IP_REFUSED):
        served.account.add_fault(CodeFault(code=code))
    assert [served.ask(INFO).code for _ in range(3)] == [Code.ACCOUNT_FROZEN, Code.IP_REFUSED, "0"]


def test_a_fault_applies_only_to_its_endpoint(served: Served) -> None:
    served.account.add_fault(CodeFault(code=Code.SYSTEM_ERROR, operation=REPORT))
    assert [served.ask(one).code for one in (INFO, REPORT, REPORT)] == ["0", Code.SYSTEM_ERROR, "0"]


def test_a_fault_on_a_number_applies_only_to_sends_to_it(served: Served) -> None:
    served.account.add_fault(CodeFault(code=Code.SYSTEM_ERROR, phone="139*", times=None))
    assert [served.send(phone).code for phone in ("13800000000", "13900000000")] == ["0", Code.SYSTEM_ERROR]
    assert served.ask(INFO).code == "0"


def test_a_code_about_numbers_refuses_only_matching_numbers(served: Served) -> None:
    served.account.add_fault(CodeFault(code=Code.NO_CHANNEL, phone="139*"))
    answer = served.send("13800000000,13900000000,13900000001")
    assert (answer.code, [one.code for one in answer.items]) == ("0", ["0", Code.NO_CHANNEL, Code.NO_CHANNEL])
    assert served.account.status().left == 99_999
    (entry,) = served.account.journal()
    assert (entry.rule, entry.basis) == ("fault", "arranged fault")


def test_a_fault_has_a_window_on_the_accounts_clock(served: Served) -> None:
    account = served.account
    account.freeze()
    since, until = DOCUMENT_DAY + timedelta(seconds=10), DOCUMENT_DAY + timedelta(seconds=20)
    account.add_fault(CodeFault(code=Code.SYSTEM_ERROR, times=None, since=since, until=until))
    codes: list[str] = []
    for seconds in (9.999999, 10, 19.999999, 20):
        account.freeze(DOCUMENT_DAY + timedelta(seconds=seconds))
        codes.append(served.ask(INFO).code)
    assert codes == ["0", Code.SYSTEM_ERROR, Code.SYSTEM_ERROR, "0"]


def test_a_rate_is_kept_and_repeats_with_the_seed() -> None:
    def run(seed: int) -> list[str]:
        with emulator(ManualClock(DOCUMENT_DAY), {"seed": seed}) as running, ControlClient(running.url) as control:
            account = control.account("200001")
            account.add_fault(CodeFault(code=Code.SYSTEM_ERROR, rate=0.3, times=None))
            served = Served(running.url, account)
            return [served.ask(INFO).code for _ in range(200)]

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert 30 <= first.count(Code.SYSTEM_ERROR) <= 90


def test_a_delay_keeps_its_slot(served: Served) -> None:
    served.account.change(max_concurrency=1)
    served.account.add_fault(DelayFault(seconds=3600))
    with http.connect(served.url) as connection:
        body = served.payload()
        connection.sendall(
            b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (INFO.path.encode(), len(body)) + body
        )
        until(lambda: served.account.status().in_progress)
        assert served.ask(INFO).code == Code.CONCURRENCY_EXCEEDED
        served.account.reset()
        assert b"1001999" in http.receive(connection).body


def test_a_dribbled_answer_keeps_its_slot_until_the_client_disconnects(served: Served) -> None:
    served.account.change(max_concurrency=1)
    served.account.add_fault(DribbleFault(piece=1, seconds=3600))
    connection = http.connect(served.url)
    body = served.payload()
    connection.sendall(
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (INFO.path.encode(), len(body)) + body
    )
    while b"\r\n\r\n<" not in (begun := connection.recv(4096, socket.MSG_PEEK)):
        assert begun is not None
    assert served.ask(INFO).code == Code.CONCURRENCY_EXCEEDED
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    until(lambda: not served.account.status().in_progress)
    assert served.ask(INFO).code == "0"


def test_characters_outside_gbk_become_references(served: Served) -> None:
    served.account.add_fault(GbkFault())
    seen = served.raw(SEND, Submit(PHONE, CONTENT, linkid="😀"))
    assert "&#128512;" in seen.body.decode("gbk")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "code", "code": "1001001", "bar": 1}, "bar: unknown setting 'bar'; known settings: operation, phone"),
        ({"kind": []}, "kind must be one of 'code', 'http', "),
        ({"code": "1001999"}, "kind must be set"),
        ({"kind": {}}, "kind must be one of 'code'"),
        (
            {"kind": "explode"},
            "'reset', 'truncate', 'broken_xml', 'broken_json', 'gbk', 'delay', 'dribble', got \"explode\"",
        ),
        ({}, "kind"),
        ({"kind": "code"}, "code must be set"),
        ({"kind": "code", "code": "0"}, "code must be a code of an error, got success"),
        ({"kind": "code", "code": "7"}, "code must be '0', '1001001'"),
        ({"kind": "code", "code": "1004001", "operation": "info"}, "operation must be send for a fault about numbers"),
        ({"kind": "close", "phone": "1", "operation": "report"}, "operation must be send for a fault about numbers"),
        ({"kind": "close", "seconds": 1}, "seconds: unknown setting 'seconds'; known settings: operation, phone, skip"),
        ({"kind": "http", "status": 199}, "status must be greater than or equal to 200, got 199"),
        ({"kind": "http", "status": 600}, "status must be less than or equal to 599, got 600"),
        ({"kind": "http", "status": 204, "body": "x"}, "body must be absent with status 204"),
        ({"kind": "http", "content_type": "text/html;charset=utf-7-bit"}, "must name a known charset, got 'utf-7-bit'"),
        ({"kind": "http", "content_type": "text/html\r\nX: y"}, "content_type must be printable ASCII"),
        (
            {"kind": "http", "content_type": "text/html;charset=GBK", "body": "😀"},
            "body must be text that GBK can encode",
        ),
        ({"kind": "http", "headers": {"content-type": "x"}}, "must not contain content-type; set content_type"),
        ({"kind": "http", "headers": {"Content-Length": "1"}}, "must not contain Content-Length, which the emulator"),
        ({"kind": "http", "headers": {"Connection": "close"}}, "must not contain Connection, which the emulator sets"),
        ({"kind": "http", "headers": {"X Y": "1"}}, "must have names of ASCII letters, digits and hyphens, got 'X Y'"),
        ({"kind": "http", "headers": {"X": "1\r\nY: 2"}}, "must have values of printable ASCII, got"),
        ({"kind": "http", "headers": {"Retry-After": 1}}, "headers.Retry-After must be"),
        ({"kind": "close", "times": 0}, "times must be greater than or equal to 1, got 0"),
        ({"kind": "close", "rate": 1.5}, "rate must be less than or equal to 1, got 1.5"),
        ({"kind": "close", "since": "2020-01-01T00:00:00"}, "since must have an offset"),
        (
            {"kind": "close", "since": "2020-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"},
            "until must be after since",
        ),
    ],
)
def test_an_invalid_fault_is_refused(
    control: ControlClient, account: AccountControl, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(ControlError) as caught:
        control.send("POST", f"/v1/accounts/{account.userid}/faults", json=body)
    assert said in caught.value.problem.detail
    assert account.faults() == ()


def test_a_fault_beyond_the_maximum_is_refused(running: Emulator, account: AccountControl) -> None:
    admin = running.services.admin(account.userid)
    for _ in range(1000):
        admin.add_fault(CloseFault())
    with pytest.raises(ControlError, match="1000 faults, the maximum"):
        account.add_fault(CloseFault())


def test_every_kind_of_fault_is_read_back_as_it_was_sent(account: AccountControl) -> None:
    for fault, _, _ in CASES:
        arranged = account.add_fault(replace(fault, since=DOCUMENT_DAY, phone="1*", operation=SEND, skip=3, times=None))
        assert arranged.fault.kind == fault.kind
        assert FaultBody(arranged.fault).root == arranged.fault


def test_a_request_without_the_password_uses_no_fault(served: Served) -> None:
    served.account.add_fault(CodeFault(code=Code.NUMBER_BLACKLISTED, phone="138*"))
    http.post(served.url, SEND.path, served.payload(Submit(PHONE, CONTENT)).replace(b"minted-", b"stolen-"))
    with served.account.hold(3):
        assert served.send().code == Code.CONCURRENCY_EXCEEDED
    assert served.send().items[0].code == Code.NUMBER_BLACKLISTED


def test_a_disconnect_ends_a_delay(served: Served) -> None:
    """The gateway has the request already. The slot is freed."""
    served.account.add_fault(DelayFault(seconds=3600))
    body = served.payload(Submit(PHONE, CONTENT))
    connection = http.connect(served.url)
    head = f"POST {SEND.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    until(lambda: served.account.status().in_progress)
    connection.close()
    until(lambda: not served.account.status().in_progress)
    assert [one.phone for one in served.account.messages()] == [PHONE]


def test_the_control_api_answers_while_the_most_requests_are_delayed(running: Emulator, served: Served) -> None:
    served.account.change(max_concurrency=1000)
    served.account.add_fault(DelayFault(seconds=3600, times=None))
    body = served.payload()
    head = f"POST {INFO.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connections = [http.connect(served.url) for _ in range(MAX_PAUSES + 20)]
    for connection in connections:
        connection.sendall(head.encode() + body)
    until(lambda: not (running.services.notifier.pauses.free or len(select.select(connections, [], [], 1)[0]) < 20))
    served.account.reset()
    answers = [http.receive(connection).body for connection in connections]
    assert sum(b'return="1001999"' in answer for answer in answers) == MAX_PAUSES + 20
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("fault", [DelayFault(seconds=3600), DribbleFault(seconds=3600)])
def test_a_request_that_finds_no_place_among_the_delayed_ones_is_answered_1001999(
    running: Emulator, served: Served, fault: DelayFault | DribbleFault
) -> None:
    served.account.add_fault(fault)
    with ExitStack() as stack:
        while running.services.notifier.pauses.free:
            stack.callback(running.services.notifier.pauses.take())
        assert b'return="1001999"' in http.post(served.url, INFO.path, served.payload()).body
        (entry,) = served.account.journal()
        assert entry.code == "1001999"
        assert "delayed already, which is the maximum" in entry.explanation
        assert [one.left for one in served.account.faults()] == [1]
        assert served.account.status().in_progress == 0


def test_an_http_fault_without_body_names_its_status(served: Served) -> None:
    served.account.add_fault(HttpFault(status=503))
    assert "503 Service Unavailable" in _look(served).body.decode()
