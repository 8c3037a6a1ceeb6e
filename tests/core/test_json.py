"""JSON-RPC requests and replies: every form that clients send is read, and answers have the published bytes."""

import dataclasses
import json
from typing import Any

import pytest
from harness import documents
from harness.documents import carried
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import Door, Envelope, Layout, Malformed, Operation, Reply, Request, Resp, Submit
from ccell_fake.wire import json_replies, json_requests, json_text
from ccell_fake.wire.json_requests import Reading
from ccell_fake.wire.text import NotReadableError

PARAMS = '"params":{"userid":"200001","password":"123456"}'
TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


def parse(text: str, reading: Reading = Reading()) -> json_requests.Call:  # noqa: B008 - frozen
    """Parse a call."""
    return json_requests.parse(text.encode(), reading)


@given(documents.sends, st.sampled_from([None, "1", '"1"', '"a-b"']))
def test_a_rendered_request_is_parsed_unchanged(request_: Request, id_: str | None) -> None:
    rendered = json_requests.render(Operation.SEND, request_, id_)
    call = json_requests.parse(rendered)
    assert (call.envelope, call.operation) == (Envelope(Door.JSON, id_), Operation.SEND)
    assert call.request == carried(request_)
    json.loads(rendered)


SEND = json_requests.render(Operation.SEND, Request("200001", "123456", (Submit("13800000000", "您好"),))).decode()


def _is_complete(text: str) -> bool:
    call = parse(text)
    assert call.operation is not None
    assert isinstance(call.request, Request)
    return json_requests.is_complete(call.operation, call.request, call.envelope.id, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        SEND,
        json.dumps(json.loads(SEND), indent=1),
        json.dumps(json.loads(SEND), sort_keys=True),
        SEND.replace('"id":1,', ""),
        SEND.replace('"id":1', '"id":"a-1"'),
        SEND.replace('"200001"', "200001"),
    ],
    ids=["compact", "blanks and escapes", "another order", "no id", "another id", "a number"],
)
def test_a_request_is_complete_in_any_layout(text: str) -> None:
    assert _is_complete(text)


@pytest.mark.parametrize(
    "text",
    [
        SEND.replace('"phone":', '"phone":"13700000000","phone":'),
        SEND.replace('"method":', '"method":"info","method":'),
        SEND.replace('"phone":', '"Phone":"13700000000","phone":'),
        SEND.replace('"id":1', '"id":1,"jsonrpc":"2.0"'),
        SEND.replace('"phone":', '"linkid":null,"phone":'),
        SEND.replace('"', "'"),
    ],
    ids=["repeated member", "repeated method", "unknown member", "jsonrpc", "null", "single quotes"],
)
def test_a_request_is_not_complete_if_another_reader_may_find_more_or_less_in_it(text: str) -> None:
    assert not _is_complete(text)


@pytest.mark.parametrize("id_", ["1", '"1"', '"1530000000000"', '"f81d4fae-7dec"', "1.50", "null", "[1,{}]", '"中"'])
def test_an_id_comes_back_as_it_came(id_: str) -> None:
    envelope = parse(f'{{"id":{id_},"method":"info",{PARAMS}}}').envelope
    assert envelope.id == id_
    assert json_replies.render(Reply("1001004", "密码不正确"), Layout(), envelope.id).decode() == (
        f'{{"error":{{"code":1001004,"message":"密码不正确"}},"id":{id_}}}'
    )


@given(VALUES)
def test_any_value_of_an_id_comes_back_equal(id_: object) -> None:
    envelope = parse(json.dumps({"id": id_, "method": "info"})).envelope
    assert envelope.id is not None
    assert json.loads(envelope.id) == id_


@pytest.mark.parametrize(
    "text",
    [
        f'{{"id":1,"method":"info",{PARAMS}}}',
        f'{{{PARAMS},"method":"info","id":1}}',
        f'{{"id" : 1, "method" : "info", {PARAMS}, "jsonrpc" : "2.0"}}',
        "{'id':1,'method':'info','params':{'userid':'200001','password':'123456'}}",
        "{id:1,method:info,params:{userid:200001,password:'123456'}}",
        '{"id":1,"method":"info","params":{"userid":200001,"password":123456}}',
        '{"id":1,"method":"\\u0069nfo","params":{"userid":"\\u0032\\u0030\\u0030001","password":"123456"}}',
    ],
)
def test_every_notation_of_a_call_is_read(text: str) -> None:
    call = parse(text)
    assert (call.operation, call.request) == (Operation.INFO, Request("200001", "123456"))
    assert call.envelope == Envelope(Door.JSON, "1")


@pytest.mark.parametrize(
    ("quoted", "text"),
    [("'a\\'b'", "a'b"), ("'say \"x\"'", 'say "x"'), ("'\\u4e2d\\\\'", "中\\"), ("'a\nb'", "a\nb"), ('"a\'b"', "a'b")],
)
def test_single_quotes_are_read_as_a_lenient_parser_does(quoted: str, text: str) -> None:
    assert json_text.parse(f"{{x:{quoted}}}", is_lenient=True) == ({"x": text}, True)


@given(VALUES)
def test_a_lenient_parser_reads_json_like_a_strict_one(value: object) -> None:
    text = json.dumps(value)
    assert json_text.parse(text, is_lenient=True) == json_text.parse(text, is_lenient=False)


@given(st.text(st.sampled_from("{}[]:,'\"\\ a1\x00-é"), max_size=30))
def test_any_text_is_refused_or_read_as_a_value_that_json_can_hold(text: str) -> None:
    try:
        value, _ = json_text.parse(text, is_lenient=True)
    except NotReadableError:
        return
    rendered = json_text.render(value)
    json.loads(rendered)
    assert json_text.parse(rendered, is_lenient=False)[0] == value


@pytest.mark.parametrize(
    ("text", "ground", "reason"),
    [
        ("{'a':1}", "Q47", "strings need double quotes"),
        ("{a:1", "Q2", "not well-formed"),
        ("[1]", "Q2", "the JSON is not an object"),
        ('{"a":NaN}', "Q47", "NaN"),
        ("{" * 100_000, "Q2", "not well-formed"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "Q2", "nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_refused(text: str, ground: str, reason: str) -> None:
    with pytest.raises(UnreadableRequest) as caught:
        parse(text, Reading(is_lenient=False))
    assert caught.value.ground == ground
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"id":7}', "the call has no method; there are send, report, upmsg, info"),
        ('{"id":7,"method":"sendSms"}', "there is no method 'sendSms'; there are send, report, upmsg, info"),
        ('{"id":7,"method":{}}', "the method is not the name of one"),
        ('{"id":7,"method":"info","params":[]}', "params is not an object"),
        ('{"id":7,"method":"info","params":{"userid":[]}}', "an object or an array stands where a text is expected"),
        ('{"id":7,"method":"send","params":{"submit":{}}}', "there is no array submit"),
        ('{"id":7,"method":"send","params":{"submit":["x"]}}', "an item of submit is not an object"),
        ('{"id":7,"method":"send","params":{"submit":[{"phone":["1","2"]}]}}', "an object or an array"),
    ],
)
def test_a_call_that_cannot_be_read_keeps_its_id(text: str, reason: str) -> None:
    call = parse(text)
    assert call.envelope.id == "7"
    assert isinstance(call.request, UnreadableRequest)
    assert reason in call.request.reason


def test_info_can_be_unknown_and_content_can_be_decoded_once_more() -> None:
    unknown = parse(f'{{"method":"info",{PARAMS}}}', Reading(has_info=False)).request
    assert isinstance(unknown, UnreadableRequest)
    assert unknown.ground == "Q48"
    text = '{"method":"send","params":{"submit":[{"phone":"1","content":"%E6%82%A8%41+b"}]}}'
    for reading, content in ((Reading(), "%E6%82%A8%41+b"), (Reading(decodes_content=True), "您A b")):
        call = parse(text, reading)
        assert isinstance(call.request, Request)
        assert call.request.submits == (Submit("1", content),)


def test_a_body_in_gbk_is_read_only_where_that_is_the_answer() -> None:
    data = '{"method":"send","params":{"submit":[{"phone":"1","content":"您好【签名】"}]}}'.encode("gbk")
    call = json_requests.parse(data, Reading(is_gbk=True))
    assert isinstance(call.request, Request)
    assert call.request.submits == (Submit("1", "您好【签名】"),)
    with pytest.raises(UnreadableRequest, match="not UTF-8: byte") as caught:
        json_requests.parse(data)
    assert caught.value.ground == "Q45"


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    call = parse('{"method":"send","params":{"submit":[{"phone":"1\\u0000","content":"a\\ud800b"}]}}')
    assert isinstance(call.request, Request)
    assert call.request.submits == (Submit("1\ufffd", "a\ufffdb"),)


def test_the_captured_answer_has_these_bytes() -> None:
    reply = Reply("0", "成功", (Resp("1806282017484877844", "15700000000", "0", "成功", "ref"),))
    assert json_replies.render(reply, Layout(), "1").decode() == (
        '{"result":[{"phone":"15700000000","msgid":"1806282017484877844","return":"0","info":"成功"}],"id":1}'
    )
    assert json_replies.render(Reply("0", "成功"), Layout(), None) == b'{"result":[]}'


@pytest.mark.parametrize("operation", Operation)
@given(data=st.data(), code=st.sampled_from(Code))
def test_any_reply_survives_render_and_parse(operation: Operation, data: st.DataObject, code: Code) -> None:
    reply: Any = carried(dataclasses.replace(data.draw(documents.replies(operation)), code=code.value))
    parsed = json_replies.parse(operation, json_replies.render(reply, Layout(), "1"))
    if code is not Code.SUCCESS:
        assert parsed == dataclasses.replace(reply, items=())
        return
    without_linkid = {"linkid": None} if operation is Operation.SEND else {}
    assert parsed.items == tuple(dataclasses.replace(item, **without_linkid) for item in reply.items)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not well-formed"),
        ("<root/>", "not well-formed"),
        ("[]", "the answer is not an object"),
        ('{"id":1}', "there is no array result"),
        ('{"result":null}', "there is no array result"),
        ('{"error":7}', "error is not an object"),
        ('{"error":{}}', "it has no member code"),
        ('{"result":[1]}', "an item of result is not an object"),
        ('{"result":[{"return":"0"}]}', "it has no member msgid"),
    ],
)
def test_an_unreadable_answer_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        json_replies.parse(Operation.SEND, text.encode())
    assert reason in caught.value.reason


def test_an_odd_item_does_not_cost_the_others() -> None:
    text = '{"result":[{"return":0,"phone":1},{"phone":"2","msgid":9,"return":0,"info":"成功"}]}'
    odd, good = json_replies.parse_leniently(Operation.SEND, text.encode()).items
    assert odd == Malformed("it has no member msgid", {"return": "0", "phone": "1"})
    assert good == Resp("9", "2", "0", "成功")


@pytest.mark.parametrize("text", ['{"a":' + '\\"' * 200_000, "{'a':" + "\\'" * 200_000, '"' * 400_000, "[" * 400_000])
def test_a_long_malformed_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(UnreadableRequest):
        parse(text)


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_a_nested_id_comes_back_or_is_refused(begin: str, end: str) -> None:
    def nested(depth: int) -> str:
        return f"{begin * depth}1{end * depth}"

    assert parse(f'{{"id":{nested(190)},"method":"info",{PARAMS}}}').envelope.id == nested(190)
    for depth in (200, 900, 5000):
        with pytest.raises(UnreadableRequest, match="nested too deeply"):
            parse(f'{{"id":{nested(depth)},"method":"info",{PARAMS}}}')


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_line_break_in_a_string_needs_a_lenient_parser(quote: str) -> None:
    text = f"{{{quote}x{quote}:{quote}a\nb\t{quote}}}"
    assert json_text.parse(text, is_lenient=True) == ({"x": "a\nb\t"}, True)
    with pytest.raises(NotReadableError) as caught:
        json_text.parse(text, is_lenient=False)
    assert caught.value.ground == "Q47"
