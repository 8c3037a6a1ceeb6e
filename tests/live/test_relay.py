"""The relay: what may pass does so unchanged, what may not does not, and a fault strikes as it does in the emulator."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from contract.minimal import Account, MinimalGateway
from harness import http, scripted
from harness.emulators import emulator
from harness.relays import OWN, USERID, relay
from hypothesis import given, settings
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.client import Client, ClientError, Retry
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import CloseFault, CodeFault, Fault
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.stateful import GatewayRequest, Withheld
from ccell_fake.wire import requests
from ccell_mock_server.live.relay import Relay

PASSWORD = "secret & of=the+account"
CONTENT = "您的验证码是123456。【签名】"
SEND = requests.render(Request(USERID, PASSWORD, (Submit(OWN, CONTENT),)))


@given(data=st.data())
@settings(max_examples=30)
def test_a_send_passes_byte_for_byte_however_it_is_placed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sent = data.draw(strategies.payloads(Request(USERID, PASSWORD, (Submit(OWN, CONTENT),))))
    refusal = '<root return="1001999" info="接口系统错"></root>'
    with (
        scripted.server(scripted.answer(refusal)) as script,
        relay(script.url, PASSWORD, tmp_path_factory.mktemp("relay")) as (between, url),
    ):
        answer = http.exchange(url, sent.to_bytes())
    assert answer.body == refusal.encode()
    (passed,) = script.requests
    head, _, body = passed.partition(b"\r\n\r\n")
    assert body == sent.body
    assert head.split(b" ")[0] == sent.method.encode()
    assert list(between.passed()) == [GatewayRequest(Operation.SEND, "1001999", "whole", 0)]


@given(data=st.data())
@settings(max_examples=60)
def test_however_it_is_placed_no_send_to_somebody_else_passes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    submits = tuple(data.draw(st.permutations([Submit(OWN, CONTENT), Submit("13700000000", CONTENT)])))
    sent = data.draw(strategies.payloads(Request(USERID, PASSWORD, submits)))
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path_factory.mktemp("relay")) as (between, url):
        assert http.exchange(url, sent.to_bytes()).status == 403
        with pytest.raises(Withheld, match="send was kept back"):
            list(between.passed())
    assert script.requests == []


@pytest.mark.parametrize("path", ["/", "/_ccell/v1/accounts", "/sms3_api/xmlapi/other.jsp", "/sms3_api/xmlapi/send"])
def test_nothing_but_the_gateways_endpoints_passes(tmp_path: Path, path: str) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (between, url):
        assert http.post(url, path, SEND).status == 404
        assert list(between.passed()) == []
    assert script.requests == []


@pytest.mark.parametrize("budget", [1, 5])
def test_many_at_the_same_moment_do_not_go_over_the_budget(tmp_path: Path, budget: int) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD, max_concurrency=100),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path, budget) as (between, url),
        ThreadPoolExecutor(12) as pool,
    ):
        answers = [pool.submit(http.post, url, Operation.SEND.path, SEND) for _ in range(40)]
        codes = [b'return="1001002"' in one.result().body for one in answers]
    assert codes.count(False) == budget
    assert gateway.messages == budget
    assert len(list(between.passed())) == 40


FAULTS = strategies.faults(
    kinds=("close", "reset", "http", "code", "truncate", "broken_xml", "gbk", "delay"),
    operations=(Operation.SEND, Operation.REPORT),
    max_skip=1,
    max_times=2,
    max_seconds=0.0,
).filter(Relay.takes)


def _fared(url: str, password: str) -> list[str]:
    """How three sends and two drains went."""
    fared: list[str] = []
    with Client(url, USERID, password, retry=Retry(attempts=1)) as client:
        for call in (lambda: client.send(OWN, CONTENT).resps, client.reports) * 3:
            try:
                fared.append(f"{len(call())}")
            except ClientError as error:
                fared.append(f"{type(error).__name__} {getattr(error, 'code', '')}")
    return fared


@given(struck=st.lists(FAULTS, min_size=1, max_size=3))
@settings(max_examples=40)
def test_faults_strike_a_client_as_they_do_in_the_emulator(
    tmp_path_factory: pytest.TempPathFactory, struck: list[Fault]
) -> None:
    with emulator() as served, ControlClient(served.url) as control:
        account = control.account(USERID)
        account.change(report_delay=0)
        for fault in struck:
            account.add_fault(fault)
        arranged = _fared(served.url, "123456")
    with (
        emulator(accounts=[{"userid": USERID, "password": PASSWORD, "report_delay": 0}]) as served,
        relay(served.url, PASSWORD, tmp_path_factory.mktemp("relay")) as (between, url),
    ):
        for fault in struck:
            between.arrange(fault)
        assert _fared(url, PASSWORD) == arranged


def test_a_fault_that_is_called_off_strikes_nothing(tmp_path: Path) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path) as (between, url),
    ):
        between.arrange(CloseFault())
        between.calm()
        assert http.post(url, Operation.SEND.path, SEND).status == 200


@pytest.mark.parametrize(
    "fault",
    [
        CloseFault(phone="139*"),
        CloseFault(rate=0.5),
        CloseFault(since=SystemClock().now()),
        CloseFault(until=SystemClock().now()),
        CodeFault(code=Code.NUMBER_UNRECOGNISED),
    ],
    ids=["by number", "by chance", "since", "until", "about a number"],
)
def test_a_fault_that_cannot_strike_on_the_way_is_not_taken(fault: Fault) -> None:
    assert not Relay.takes(fault)
