"""Both clients under every fault: no message is sent twice or given up after acceptance, and errors are typed."""

from collections.abc import Iterator
from typing import Any

import pytest
from harness import clients
from harness.emulators import CONTENT, PHONE, emulator
from hypothesis import given

from ccell_fake import strategies
from ccell_fake.client import (
    Client,
    ClientError,
    NotSent,
    OutcomeUnknown,
    RequestRefused,
    Retry,
    Sent,
    Submit,
    UnreadableAnswer,
    submit,
)
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient
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
from ccell_fake.inspection import MessageRecord
from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator

OTHER = "13600001234"
SUBMITS = [submit([PHONE, OTHER], CONTENT, linkid="first"), submit("13800000001", CONTENT, linkid="second")]
RETRY = Retry(first_pause=0.0)

LOST = [
    *(kind(processed=processed) for kind in (HttpFault, CloseFault, ResetFault) for processed in (False, True)),
    HttpFault(status=200, body="<html>请登录</html>", processed=True),
    HttpFault(status=204, processed=True),
    HttpFault(status=302, headers={"Location": "/"}, processed=True),
    HttpFault(status=429, body="", headers={"Retry-After": "1"}),
    TruncateFault(),
    TruncateFault(sent=0),
    BrokenXmlFault(),
    GbkFault(declared=False),
]
HARMLESS = [DelayFault(seconds=0.001), GbkFault(), DribbleFault(piece=64, seconds=0.0)]
# One of each class: a refused request, a request with unknown outcome, one that is retried, and refused numbers.
REFUSING = [
    CodeFault(code=code)
    for code in (Code.BALANCE_TOO_SMALL, Code.SYSTEM_ERROR, Code.CONCURRENCY_EXCEEDED, Code.NUMBER_UNRECOGNISED)
]
ALL = [*LOST, *HARMLESS, *REFUSING]


def _name(fault: Fault) -> str:
    named = ("code", "status", "processed", "declared", "sent")
    details = [f"{name}={getattr(fault, name)}" for name in named if hasattr(fault, name)]
    return "-".join([fault.kind, *details])


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


@pytest.fixture(scope="module")
def control(served: Emulator) -> Iterator[ControlClient]:
    with ControlClient(served.url) as control:
        yield control


@pytest.fixture
def account(control: ControlClient) -> AccountControl:
    account = control.account("200001")
    account.reset()
    return account


def _call(client: Client, operation: Operation) -> Any:
    match operation:
        case Operation.SEND:
            return client.send(SUBMITS)
        case Operation.REPORT:
            return client.reports()
        case Operation.UPMSG:
            return client.upmsgs()
        case Operation.INFO:
            return client.info()


every_fault = pytest.mark.parametrize("fault", ALL, ids=_name)
both_kinds = pytest.mark.parametrize("kind", clients.KINDS)


@both_kinds
@every_fault
@pytest.mark.parametrize("operation", Operation)
def test_every_error_is_typed_and_the_next_call_is_served(
    served: Emulator, account: AccountControl, operation: Operation, fault: Fault, kind: str
) -> None:
    account.add_fault(fault)
    with clients.client(kind, served.url, retry=RETRY) as client:
        expected = _expected(fault)
        if expected is None:
            _call(client, operation)
        else:
            with pytest.raises(ClientError) as caught:
                _call(client, operation)
            assert type(caught.value) is expected
            assert caught.value.operation is operation
            assert "123456" not in repr(caught.value)
        account.remove_faults()
        _call(client, operation)


def _expected(fault: Fault) -> type[ClientError] | None:
    if isinstance(fault, CodeFault):
        passes = fault.code.is_about_a_number or fault.code is Code.CONCURRENCY_EXCEEDED
        return None if passes else RequestRefused
    if fault in HARMLESS:
        return None
    is_whole = fault.kind in {"http", "broken_xml", "gbk"}
    return UnreadableAnswer if is_whole else OutcomeUnknown


@both_kinds
@every_fault
def test_a_send_is_sent_once_and_accepted_messages_are_never_given_up(
    served: Emulator, account: AccountControl, fault: Fault, kind: str
) -> None:
    account.add_fault(fault)
    with clients.client(kind, served.url, retry=RETRY) as client:
        try:
            result: Sent | ClientError = client.send(SUBMITS)
        except ClientError as error:
            result = error
    _check_send(result, list(account.messages()))
    is_retried = isinstance(fault, CodeFault) and fault.code is Code.CONCURRENCY_EXCEEDED
    assert len(list(account.journal())) == 1 + is_retried


def _check_send(result: Sent | ClientError, messages: list[MessageRecord]) -> None:
    """No message is accepted twice. Accepted messages are reported as accepted or unknown, and only these."""
    pairs = [(one.phone, one.linkid) for one in messages if one.code == Code.SUCCESS]
    accepted = set(pairs)
    assert len(pairs) == len(accepted)
    accepted_numbers = {(resp.phone, resp.linkid) for resp in result.resps if resp.is_accepted}
    refused = {(resp.phone, resp.linkid) for resp in result.resps if not resp.is_accepted}
    unknown = _pairs(result.unknown if isinstance(result, ClientError) else ())
    unsent = _pairs(result.unsent if isinstance(result, ClientError) else ())
    assert result.unanswered == ()
    assert accepted_numbers <= accepted <= accepted_numbers | unknown
    assert not accepted & (refused | unsent)
    assert accepted_numbers | refused | unknown | unsent == _pairs(SUBMITS)


def _pairs(submits: Any) -> set[tuple[str, str | None]]:
    listed: list[Submit] = list(submits)
    return {(phone, one.linkid) for one in listed for phone in (one.phone or "").split(",")}


@both_kinds
@every_fault
@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_a_fetch_returns_everything_or_reports_a_loss(
    served: Emulator, account: AccountControl, operation: Operation, fault: Fault, kind: str
) -> None:
    with clients.client(kind, served.url, retry=RETRY) as client:
        client.send([f"138{number:08}" for number in range(301)], CONTENT)
        for number in range(101):
            served.services.admin("200001").add_upmsg(PHONE, str(number), "", 0)
        account.add_fault(_second(fault, operation))
        try:
            taken, is_lost = _call(client, operation), False
        except ClientError as error:
            taken, is_lost = error.taken, isinstance(error, OutcomeUnknown)
        rest = _call(client, operation)
    first, second = (300, 1) if operation is Operation.REPORT else (100, 1)
    assert len(taken) + len(rest) == first + second - (is_lost and fault.is_processed)
    assert len(taken) >= first
    assert len({*taken, *rest}) == len(taken) + len(rest)


def _second(fault: Fault, operation: Operation) -> Fault:
    """The fault on the second page of a fetch."""
    values = {name: getattr(fault, name) for name in fault.__slots__ if hasattr(fault, name)}
    is_about_numbers = isinstance(fault, CodeFault) and fault.code.is_about_a_number
    values |= {"skip": 1, "operation": None if is_about_numbers else operation, "times": 1}
    return type(fault)(**values)


def test_without_a_server_nothing_is_sent() -> None:
    with emulator() as stopped:
        url = stopped.url
    with Client(url, "200001", "123456") as client, pytest.raises(NotSent) as caught:
        client.send(SUBMITS)
    assert _pairs(caught.value.unsent) == _pairs(SUBMITS)


@given(schedule=strategies.fault_schedules(min_size=1, max_seconds=0.0))
def test_no_schedule_of_faults_makes_a_send_repeated_or_given_up(
    served: Emulator, control: ControlClient, schedule: list[Fault]
) -> None:
    account = control.open()
    for fault in schedule:
        account.add_fault(fault)
    reported: set[str] = set()
    lost = False
    with Client(served.url, account.userid, account.password, retry=RETRY) as client:
        for _ in range(3):
            position = account.position
            try:
                result: Sent | ClientError = client.send(SUBMITS)
            except ClientError as error:
                result = error
            _check_send(result, list(account.messages(after_position=position)))
            try:
                reports: Any = client.reports()
            except ClientError as error:
                reports, lost = error.taken, lost or isinstance(error, OutcomeUnknown)
            reported |= {one.msgid for one in reports}
        account.remove_faults()
        reported |= {one.msgid for one in client.reports()}
    accepted = {one.msgid for one in account.messages(code=Code.SUCCESS)}
    assert reported <= accepted
    assert lost or reported == accepted
    account.close()
