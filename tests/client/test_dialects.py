"""Both dialects and signed requests: the client says the same and reads the same answers."""

import json
import multiprocessing
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from harness.clients import writer

from ccell_fake import signing
from ccell_fake.client import Client, NumbersRefused, RequestRefused, UnreadableAnswer
from ccell_fake.client.writing import Dialect
from ccell_fake.codes import Code
from ccell_fake.model import Door, Operation, Submit
from ccell_fake.testing import Ccell
from ccell_fake.wire import json_requests
from ccell_mock_server import FakeCcell
from ccell_mock_server.cli import main

PHONE, CONTENT = "13800000000", "验证码为1234。【签名】"
DIALECTS: list[Dialect] = ["xml", "json"]


@pytest.fixture
def ccell() -> Iterator[Ccell]:
    """An account of an emulator."""
    with FakeCcell() as fake:
        yield fake


@pytest.fixture(params=[(dialect, signed) for dialect in DIALECTS for signed in (False, True)], ids=str)
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Options of a client."""
    dialect, signed = request.param
    return {"dialect": dialect, "signed": signed}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("in_process", [True, False])
def test_every_call_works(ccell: Ccell, options: dict[str, Any], method: Any, in_process: bool) -> None:  # noqa: FBT001 - a parameter
    client = ccell.connect(in_process=in_process, method=method, **options)
    sent = client.send([PHONE, "13900000001"], CONTENT)
    assert [resp.code for resp in sent.resps] == ["0", "0"]
    ccell.reply(PHONE, " TD & <x>")
    ccell.clock.advance(timedelta(hours=1))
    assert [report.phone for report in client.reports()] == [PHONE, "13900000001"]
    assert [upmsg.msgcontent for upmsg in client.upmsgs()] == [" TD & <x>"]
    assert client.info().id == ccell.userid
    assert {entry.door for entry in ccell.journal()} == {Door(options["dialect"])}
    assert {"P2" in entry.basis for entry in ccell.journal()} == {options["signed"]}


async def _send(ccell: Ccell, options: dict[str, Any]) -> str:
    async with ccell.connect_async(**options) as client:
        (resp,) = (await client.send(PHONE, CONTENT)).resps
    return resp.code


@pytest.mark.anyio
async def test_the_asynchronous_client_has_the_same_options(ccell: Ccell, options: dict[str, Any]) -> None:
    assert await _send(ccell, options) == "0"


def test_refusals_are_the_same_errors(ccell: Ccell, options: dict[str, Any]) -> None:
    client = ccell.connect(**options)
    with pytest.raises(NumbersRefused):
        client.send("1", CONTENT).raise_for_refused()
    ccell.settings(balance=0)
    with pytest.raises(RequestRefused) as caught:
        client.send(PHONE, CONTENT)
    assert (caught.value.code, caught.value.info) == (Code.BALANCE_TOO_SMALL, Code.BALANCE_TOO_SMALL.text)


def test_a_retry_has_a_seqid_of_its_own(ccell: Ccell) -> None:
    client = ccell.connect(signed=True)
    ccell.faults.next(code=Code.CONCURRENCY_EXCEEDED)
    client.info()
    with ccell.hold(3):
        pass
    seqids = [re.findall(r'seqid="(\d{18})"', entry.request)[0] for entry in ccell.journal()]
    assert len(set(seqids)) == len(seqids) == 2


def _seqids(count: int) -> list[str]:
    one = writer("123456", dialect="json", signed=True)
    requests = [json_requests.parse(one.write(Operation.INFO, ()).body).request for _ in range(count)]
    return [str(getattr(request, "seqid", "")) for request in requests]


def test_seqids_differ_within_a_process_and_between_forks() -> None:
    seqids = _seqids(100)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        seqids += pool.apply(_seqids, (100,))
    assert len(set(seqids)) == 200
    assert all(signing.is_seqid(seqid) and signing.time_of(seqid) for seqid in seqids)


def test_a_json_request_is_compact_utf_8() -> None:
    call = writer("p", dialect="json").write(Operation.SEND, (Submit(PHONE, CONTENT),))
    assert call.url == "http://gateway.invalid/sms3_api/jsonapi/jsonrpc2.jsp"
    assert call.body.decode() == (
        '{"id":1,"method":"send","params":{"userid":"200001","password":"p",'
        f'"submit":[{{"content":"{CONTENT}","phone":"{PHONE}"}}]}}}}'
    )


@pytest.mark.parametrize("path", ["", "/", "/sms3_api/xmlapi", "/sms3_api/jsonapi/", "/sms3_api/jsonapi/jsonrpc2.jsp"])
def test_the_base_url_may_have_the_path_of_either_door(ccell: Ccell, path: str) -> None:
    with Client(ccell.url + path, ccell.userid, ccell.password, dialect="json") as client:
        assert client.info().id == ccell.userid
    assert ccell.json_url == ccell.url + "/sms3_api/jsonapi/jsonrpc2.jsp"


def test_another_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="dialect must be xml or json, got soap"):
        writer("p", dialect="soap")


@pytest.mark.parametrize("arguments", [("--dialect", "json"), ("--signed",), ("--dialect", "json", "--signed")])
def test_the_commands_take_both_options(ccell: Ccell, arguments: tuple[str, ...]) -> None:
    account = ("--url", ccell.url, "--userid", ccell.userid, "--password", ccell.password)
    for command in (("send", PHONE, CONTENT), ("info",), ("report",), ("upmsg",)):
        result = CliRunner().invoke(main, [*command, *account, *arguments])
        assert result.exit_code == 0, result.output


def test_an_answer_that_quotes_the_request_is_shown_without_its_secrets(options: dict[str, Any]) -> None:
    def echo(request: httpx2.Request) -> httpx2.Response:
        quoted = request.content.decode().encode("ascii", "ignore")
        return httpx2.Response(200, content=request.content, headers={"content-type": quoted.decode()})

    password = 'pa"ss密<Q>12'
    client = Client("http://127.0.0.1:1", "200001", password, transport=httpx2.MockTransport(echo), **options)
    with client, pytest.raises(UnreadableAnswer) as caught:
        client.info()
    shown = f"{caught.value} {caught.value.received.decode()}"
    assert "200001" in shown
    for secret in (password, json.dumps(password)[1:-1], json.dumps(password, ensure_ascii=False)[1:-1]):
        assert secret not in shown
    assert re.search("[0-9a-f]{32}", shown) is None


def test_a_query_that_is_too_long_is_told_with_the_rule(ccell: Ccell) -> None:
    client = ccell.connect(method="GET")
    with pytest.raises(UnreadableAnswer, match=r"400 text/plain.*, by query-length \(assumed Q58\)\) cannot be read"):
        client.send(PHONE, "字" * 990 + "【签名】")
