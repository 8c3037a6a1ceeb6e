"""The relay forwards permitted requests unchanged, withholds others, and applies faults like the emulator."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import pytest
from contract.minimal import Account, MinimalGateway
from harness import http, scripted
from harness.emulators import emulator
from harness.relays import OWN, USERID, relay
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.client import Client, ClientError, RequestRefused, Retry
from ccell_fake.client.writing import Dialect
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import CloseFault, CodeFault, Fault
from ccell_fake.model import Door, Operation, Report, Request, Submit
from ccell_fake.stateful import GatewayRequest, Withheld
from ccell_fake.wire import requests
from ccell_mock_server.live.relay import Relay

PASSWORD = "secret & of=the+account"
CONTENT = "您的验证码是123456。【签名】"
SEND = requests.render(Request(USERID, PASSWORD, (Submit(OWN, CONTENT),)))


@dataclass
class Relayed:
    """A scripted gateway that refuses everything, and the relay in front of it."""

    script: scripted.Script
    relay: Relay
    url: str


REFUSAL = '<root return="1001999" info="接口系统错"></root>'


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    with (
        scripted.server(*repeat(scripted.answer(REFUSAL), 10_000)) as script,
        relay(script.url, PASSWORD, tmp_path_factory.mktemp("relay")) as (between, url),
    ):
        yield Relayed(script, between, url)


@given(data=st.data())
def test_a_send_is_forwarded_byte_for_byte(relayed: Relayed, data: st.DataObject) -> None:
    sent = data.draw(strategies.payloads(Request(USERID, PASSWORD, (Submit(OWN, CONTENT),))))
    relayed.script.requests.clear()
    assert http.exchange(relayed.url, sent.to_bytes()).body == REFUSAL.encode()
    (forwarded,) = relayed.script.requests
    head, _, body = forwarded.partition(b"\r\n\r\n")
    assert body == sent.body
    assert head.split(b" ")[0] == sent.method.encode()
    assert list(relayed.relay.requests()) == [GatewayRequest(Operation.SEND, "1001999", "whole", 0)]


@given(data=st.data())
def test_a_send_to_another_number_is_withheld_in_any_encoding(relayed: Relayed, data: st.DataObject) -> None:
    submits = tuple(data.draw(st.permutations([Submit(OWN, CONTENT), Submit("13700000000", CONTENT)])))
    sent = data.draw(strategies.payloads(Request(USERID, PASSWORD, submits)))
    relayed.script.requests.clear()
    assert http.exchange(relayed.url, sent.to_bytes()).status == 403
    with pytest.raises(Withheld, match="send was withheld"):
        list(relayed.relay.requests())
    assert relayed.script.requests == []


@pytest.mark.parametrize("path", ["/", "/_ccell/v1/accounts", "/sms3_api/xmlapi/other.jsp", "/sms3_api/xmlapi/send"])
def test_only_the_endpoints_of_the_gateway_are_served(tmp_path: Path, path: str) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (between, url):
        assert http.post(url, path, SEND).status == 404
        assert list(between.requests()) == []
    assert script.requests == []


@pytest.mark.parametrize("budget", [1, 5])
def test_concurrent_sends_do_not_exceed_the_budget(tmp_path: Path, budget: int) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD, max_concurrency=100),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path, budget) as (between, url),
        ThreadPoolExecutor(12) as pool,
    ):
        answers = [pool.submit(http.post, url, Operation.SEND.path, SEND) for _ in range(40)]
        codes = [b'return="1001002"' in one.result().body for one in answers]
    assert codes.count(False) == budget
    assert gateway.messages == budget
    assert len(list(between.requests())) == 40


@pytest.mark.parametrize("credential", ["password", "sign"])
@pytest.mark.parametrize("dialect", Door)
def test_the_budget_holds_over_either_door_signed_or_not(tmp_path: Path, dialect: Dialect, credential: str) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path, 2) as (between, url),
        Client(url, USERID, PASSWORD, dialect=dialect, signed=credential == "sign") as client,
    ):
        for _ in range(2):
            assert client.send(OWN, CONTENT).resps[0].is_accepted
        with pytest.raises(RequestRefused, match="1001002"):
            client.send(OWN, CONTENT)
        with pytest.raises(ClientError):
            client.send("13700000000", CONTENT)
        assert len(client.reports()) == 2
        assert gateway.messages == 2
        with pytest.raises(Withheld, match="send was withheld: it is for a number that is not one of the phones"):
            list(between.requests())


@pytest.mark.parametrize("dialect", Door)
def test_the_machine_learns_what_a_request_did_over_either_door(tmp_path: Path, dialect: Dialect) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path) as (between, url),
        Client(url, USERID, PASSWORD, dialect=dialect, signed=True) as client,
    ):
        (resp,) = client.send(OWN, CONTENT).resps
        client.reports()
        sent, fetched, *_ = between.requests()
    assert [(one.msgid, one.phone, one.content) for one in sent.submitted] == [(resp.msgid, OWN, CONTENT)]
    assert [one.msgid for one in fetched.handed_out if isinstance(one, Report)] == [resp.msgid]


FAULTS = strategies.faults(
    kinds=("close", "reset", "http", "code", "truncate", "broken_xml", "gbk", "delay"),
    operations=(Operation.SEND, Operation.REPORT),
    max_skip=1,
    max_times=2,
    max_seconds=0.0,
).filter(Relay.supports)


def _results(url: str, dialect: Dialect) -> list[str]:
    """Send and fetch three times, and return the results."""
    results: list[str] = []
    with Client(url, USERID, PASSWORD, retry=Retry(attempts=1), dialect=dialect) as client:
        for call in (lambda: client.send(OWN, CONTENT).resps, client.reports) * 3:
            try:
                results.append(f"{len(call())}")
            except ClientError as error:
                results.append(f"{type(error).__name__} {getattr(error, 'code', '')}")
    return results


@dataclass
class RelayedEmulator:
    """An emulator without accounts, and a relay in front of it."""

    url: str
    control: ControlClient
    relay: Relay
    relay_url: str


@pytest.fixture(scope="module")
def relayed_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayedEmulator]:
    with (
        emulator(accounts=[]) as served,
        ControlClient(served.url) as control,
        relay(served.url, PASSWORD, tmp_path_factory.mktemp("relay")) as (between, url),
    ):
        yield RelayedEmulator(served.url, control, between, url)


@pytest.mark.parametrize("dialect", Door)
@given(faults=st.lists(FAULTS, min_size=1, max_size=3))
def test_faults_have_the_same_effect_as_in_the_emulator(
    relayed_emulator: RelayedEmulator, dialect: Dialect, faults: list[Fault]
) -> None:
    settings = {"userid": USERID, "password": PASSWORD, "report_delay": 0}
    account = relayed_emulator.control.open(settings)
    with closing(account):
        for fault in faults:
            account.add_fault(fault)
        expected = _results(relayed_emulator.url, dialect)
    relayed_emulator.relay.clear_faults()
    for fault in faults:
        relayed_emulator.relay.arrange(fault)
    with closing(relayed_emulator.control.open(settings)):
        assert _results(relayed_emulator.relay_url, dialect) == expected


def test_a_removed_fault_does_not_apply(tmp_path: Path) -> None:
    with (
        MinimalGateway(accounts=(Account(USERID, PASSWORD),)) as gateway,
        relay(gateway.url, PASSWORD, tmp_path) as (between, url),
    ):
        between.arrange(CloseFault())
        between.clear_faults()
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
def test_faults_that_need_the_emulator_are_not_supported(fault: Fault) -> None:
    assert not Relay.supports(fault)
