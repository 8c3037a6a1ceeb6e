"""JSON-RPC over a socket: each way of sending it reaches the gateway, and each reader can read the answer."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from harness import http
from harness.accounts import CONTENT, PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import given, settings
from hypothesis import strategies as st

from ccell_fake import signing
from ccell_fake.clock import ManualClock
from ccell_fake.control.client import ControlClient
from ccell_fake.faults import BrokenJsonFault, BrokenXmlFault, GbkFault
from ccell_fake.model import JSON_PATH, Door, Operation, Request, Submit
from ccell_fake.wire import json_requests, requests
from ccell_mock_server.emulator import Emulator

SEQID = "160615134758000001"


def call(served: Served, method: str = "send", id_: str | None = "1", **changes: object) -> str:
    """A call with its params, as most clients write it."""
    account = served.account
    params: dict[str, object] = {"userid": account.userid, "password": account.password}
    if method == "send":
        params["submit"] = [{"content": CONTENT, "phone": PHONE}]
    head = {} if id_ is None else {"id": json.loads(id_)}
    return json.dumps({**head, "method": method, "params": {**params, **changes}}, ensure_ascii=False)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Served, Served]]:
    """Two accounts of one emulator, which have the same password and no faults."""
    with emulator(ManualClock(DOCUMENT_DAY)) as running, ControlClient(running.url) as client:
        accounts = [client.open({"userid": userid, "password": "123456"}) for userid in ("300001", "300002")]
        yield Served(running.url, accounts[0]), Served(running.url, accounts[1])


def post(served: Served, text: str | bytes, content_type: str = "") -> http.RawAnswer:
    """Post a call."""
    body = text.encode() if isinstance(text, str) else text
    return http.post(served.url, JSON_PATH, body, *([f"Content-Type: {content_type}"] if content_type else []))


def get(served: Served, query: bytes) -> http.RawAnswer:
    """Get with a raw query."""
    return http.get(served.url, JSON_PATH.encode() + b"?" + query)


def _single_quoted(text: str) -> str:
    return text.replace('"', "'")


PLACEMENTS: dict[str, Callable[[Served, str], http.RawAnswer]] = {
    "POST": post,
    "POST application/json": lambda served, text: post(served, text, "application/json"),
    "POST a form's type": lambda served, text: post(served, text, "application/x-www-form-urlencoded"),
    "POST encoded": lambda served, text: post(served, quote_plus(text), "text/plain; charset=ISO-8859-1"),
    "GET encoded": lambda served, text: get(served, quote_plus(text).encode()),
    "GET single-quoted": lambda served, text: get(served, quote(_single_quoted(text), safe="{}':,[]").encode()),
    "GET raw": lambda served, text: get(served, _single_quoted(text).encode()),
    "POST escaped": lambda served, text: post(served, json.dumps(json.loads(text))),
}


@pytest.mark.parametrize("place", PLACEMENTS)
def test_every_placement_of_a_call_is_accepted(served: Served, place: str) -> None:
    answer = PLACEMENTS[place](served, call(served))
    (message,) = served.account.messages()
    assert (message.phone, message.content) == (PHONE, CONTENT)
    assert answer.body.decode() == (
        f'{{"result":[{{"phone":"{PHONE}","msgid":"{message.msgid}","return":"0","info":"成功"}}],"id":1}}'
    )
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json;charset=UTF-8")
    (entry,) = served.account.journal()
    assert (entry.operation, entry.door) == (Operation.SEND, Door.JSON)
    assert served.account.password not in entry.request


@pytest.mark.parametrize("id_", ["1", '"1"', '"1530000000000"', f'"{SEQID}"', '"9b2d-uuid"', None])
def test_every_id_that_clients_send_comes_back(served: Served, id_: str | None) -> None:
    end = "}" if id_ is None else f',"id":{id_}}}'
    assert post(served, call(served, id_=id_)).body.decode().endswith(f"]{end}")
    refused = post(served, call(served, id_=id_, password="wrong-password"))
    assert refused.body.decode() == f'{{"error":{{"code":1001004,"message":"密码不正确"}}{end}'


def test_a_signed_call_needs_no_password(served: Served) -> None:
    sign = signing.sign(SEQID, served.account.password)
    assert '"return":"0"' in post(served, call(served, password=None, seqid=SEQID, sign=sign)).body.decode()
    (entry,) = served.account.journal()
    assert entry.basis == "documented S5, published P6, published P2, assumed Q41"
    assert sign not in entry.request
    assert SEQID in entry.request


def test_a_refused_number_is_refused_in_its_item(served: Served) -> None:
    submit = [{"content": CONTENT, "phone": f"{PHONE},1"}]
    answer = json.loads(post(served, call(served, submit=submit)).body)
    assert [(one["phone"], one["return"], one["info"]) for one in answer["result"]] == [
        (PHONE, "0", "成功"),
        ("1", "1004001", "手机号不可识别1"),
    ]
    assert all(list(one) == ["phone", "msgid", "return", "info"] for one in answer["result"])


def test_reports_replies_and_the_account_are_fetched(served: Served) -> None:
    post(served, call(served))
    served.account.reply(PHONE, "TD")
    served.account.advance(timedelta(hours=1))
    (report,) = json.loads(post(served, call(served, "report")).body)["result"]
    assert list(report) == ["msgid", "linkid", "phone", "recvtime", "status", "info"]
    assert (report["phone"], report["status"]) == (PHONE, "0")
    (upmsg,) = json.loads(post(served, call(served, "upmsg")).body)["result"]
    assert list(upmsg) == ["spnumber", "phone", "motime", "msgcontent"]
    assert (upmsg["phone"], upmsg["msgcontent"]) == (PHONE, "TD")
    (account,) = json.loads(post(served, call(served, "info")).body)["result"]
    assert account["ID"] == served.account.userid
    assert json.loads(post(served, call(served, "report")).body) == {"result": [], "id": 1}


@pytest.mark.parametrize(
    ("body", "explanation"),
    [
        (b"", "there is no payload; send the JSON"),
        (b"<root/>", "the body is XML; send JSON, or the XML to the path of its endpoint"),
        (b"json={}", "the body begins with json=; send the JSON alone, without a name"),
        (b'{"id":1,"method":"query"}', "there is no method 'query'; there are send, report, upmsg, info"),
        (b"{", "the JSON is not well-formed"),
    ],
)
def test_a_malformed_call_is_refused_with_an_error(
    served: Served, control: ControlClient, body: bytes, explanation: str
) -> None:
    answer = json.loads(post(served, body).body)
    assert answer["error"] == {"code": 1001001, "message": "参数不完整"}
    assert "result" not in answer
    (entry,) = control.requests()
    assert (entry.operation, entry.door) == (None, Door.JSON)
    assert explanation in entry.explanation


def test_a_broken_json_fault_waits_for_json_and_a_broken_xml_fault_for_xml(served: Served) -> None:
    served.account.add_fault(BrokenJsonFault())
    served.account.add_fault(BrokenXmlFault())
    json_answer, xml_answer = post(served, call(served, "info")).body, served.raw(Operation.INFO).body
    assert json_answer.endswith(b'],"id":1')
    assert xml_answer.endswith(b"</ro")
    json.loads(post(served, call(served, "info")).body)


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_gbk_fault_encodes_json(served: Served, is_declared: bool) -> None:  # noqa: FBT001 - a parameter
    served.account.add_fault(GbkFault(declared=is_declared))
    answer = post(served, call(served))
    assert json.loads(answer.body.decode("gbk"))["result"][0]["info"] == "成功"
    assert ("GBK" in answer.headers["content-type"]) is is_declared


@given(
    phones=st.lists(st.sampled_from([PHONE, "13900000001", "1", "19500001111", "17001004008"]), min_size=1, max_size=4),
    content=st.sampled_from([CONTENT, "没有签名", "a" * 1001, "", "您好&<>\"'【签名】"]),
    is_signed=st.booleans(),
    password=st.sampled_from(["right", "wrong-password"]),
)
@settings(max_examples=40)
def test_both_doors_give_the_same_verdicts_journal_and_messages(
    both: tuple[Served, Served],
    phones: list[str],
    content: str,
    is_signed: bool,  # noqa: FBT001 - drawn
    password: str,
) -> None:
    seen: list[Any] = []
    for served, door in zip(both, (Door.JSON, Door.XML), strict=True):
        served.account.reset()
        key = served.account.password if password == "right" else password
        submits = (Submit(",".join(phones), content),)
        userid = served.account.userid
        request = (
            Request(userid, None, submits, SEQID, signing.sign(SEQID, key))
            if is_signed
            else Request(userid, key, submits)
        )
        if door is Door.JSON:
            post(served, json_requests.render(Operation.SEND, request))
        else:
            http.post(served.url, Operation.SEND.path, requests.render(request))
        (entry,) = served.account.journal()
        messages = [(one.phone, one.content, one.code, one.charge) for one in served.account.messages()]
        basis = entry.basis.replace(", published P6", "").replace(", observed J2", "")
        seen.append((entry.operation, entry.code, entry.rule, basis, entry.items, entry.explanation, messages))
        assert entry.door == door
    json_seen, xml_seen = (str(one).replace("300001", "*").replace("300002", "*") for one in seen)
    assert json_seen == xml_seen


_SEEDS = (
    '{"id":1,"method":"send","params":{"userid":"300001","password":"123456","submit":[{"content":"您好【签名】","phone":"1,2"}]}}',
    "{'id':'x','method':'info','params':{'userid':'300001','password':'123456'}}",
    '{"method":"report","params":{"userid":300001,"password":123456},"id":null}',
)
_PIECES = (
    *('"', "'", "{", "}", "[", "]", ":", ",", "\\", "\\ud800"),
    *("null", "NaN", "1e999", "\0", "%", "%41", "+", "\ufeff", "<"),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A call that was changed in a few places."""
    data = draw(st.sampled_from(_SEEDS)).encode()
    for _ in range(draw(st.integers(0, 5))):
        place, length = draw(st.integers(0, len(data))), draw(st.integers(0, 6))
        piece = draw(st.sampled_from(_PIECES).map(str.encode) | st.binary(max_size=3))
        data = data[:place] + piece + data[place + length :]
    return data


@given(data=mutated(), in_query=st.booleans())
@settings(max_examples=400)
def test_any_payload_has_an_answer_of_the_published_shape(
    both: tuple[Served, Served],
    data: bytes,
    in_query: bool,  # noqa: FBT001 - drawn
) -> None:
    served = both[0]
    answer = get(served, quote(data).encode()) if in_query else post(served, data)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json;charset=UTF-8")
    said = json.loads(answer.body)
    assert ("result" in said) is not ("error" in said)
    assert said.keys() <= {"result", "error", "id"}
    if "error" in said:
        assert said["error"].keys() == {"code", "message"}
        assert isinstance(said["error"]["code"], int)
    else:
        assert all(isinstance(value, str) for item in said["result"] for value in item.values())


_PASSWORD = 'pa"ss密<Q>12'
_SIGN = "deadbeefcafe1234deadbeefcafe1234"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"id": _PASSWORD, "method": "info", "params": {"userid": "300009", "password": _PASSWORD}}),
        json.dumps({"id": _PASSWORD, "method": "x", "params": {"userid": "300009"}}, ensure_ascii=False),
        json.dumps({"id": 1, "password": [_PASSWORD], "method": "info", "params": {"userid": "300009"}}),
        json.dumps({"id": 1, "method": "info", "params": {"userid": _PASSWORD, "password": "300009"}}),
        json.dumps({"id": 1, "method": "info", "params": {"userid": "300009", "seqid": _PASSWORD, "sign": _SIGN}}),
        json.dumps({"id": 1, "method": "info", "params": {"userid": "300009", "seqid": _SIGN, "sign": "1" * 18}}),
        json.dumps({"id": 1, "method": "info", "sign": ["a", _SIGN], "params": {"userid": "300009"}}),
        json.dumps({"id": 1, "method": _PASSWORD, "params": {"userid": "300009"}}),
        json.dumps({"id": 1, "method": "hunter2X", "params": {}}).replace("hunter2X", _SIGN),
    ],
)
def test_no_secret_in_any_place_of_a_call_is_kept(control: ControlClient, running: Emulator, text: str) -> None:
    account = control.open({"userid": "300009", "password": _PASSWORD})
    post(Served(running.url, account), text)
    (entry,) = control.requests()
    kept = f"{entry.request} {entry.answer} {entry.explanation}"
    for secret in (_PASSWORD, json.dumps(_PASSWORD)[1:-1], json.dumps(_PASSWORD, ensure_ascii=False)[1:-1], _SIGN):
        assert secret not in kept


def test_an_accepted_request_with_a_refused_number_names_its_door_and_its_credentials(served: Served) -> None:
    submit = [{"content": CONTENT, "phone": f"{PHONE},1"}]
    post(served, call(served, submit=submit).replace('"', "'"))
    (entry,) = served.account.journal()
    assert entry.basis == "assumed Q8, published P6, assumed Q47, observed J2"
