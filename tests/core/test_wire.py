"""The wire format: lossless rendering and parsing, and refusal of dangerous XML."""

import socket
from datetime import UTC, datetime

import pytest
from harness import documents
from harness.documents import carried
from hypothesis import example, given
from hypothesis import strategies as st

from ccell_fake.clock import SHANGHAI
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import Layout, Operation, Reply, Report, Request, Resp, Submit
from ccell_fake.wire import replies, requests, times
from ccell_fake.wire.text import legible

LAYOUTS = st.builds(Layout, st.booleans(), st.booleans())
ROOT = '<root userid="1" password="2"/>'


@given(documents.sends)
def test_any_request_survives_render_and_parse(request_: Request) -> None:
    rendered = requests.render(request_)
    assert requests.parse(Operation.SEND, rendered) == carried(request_)
    assert requests.render(carried(request_)) == rendered


@pytest.mark.parametrize("operation", Operation)
@given(data=st.data(), layout=LAYOUTS)
def test_any_reply_survives_render_and_parse(operation: Operation, data: st.DataObject, layout: Layout) -> None:
    reply = data.draw(documents.replies(operation))
    rendered = replies.render(reply, layout)
    assert replies.parse(operation, rendered) == carried(reply)
    assert replies.render(carried(reply), layout) == rendered


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40))
def test_text_that_xml_allows_stays_unchanged(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("text", ["\0", "\x0b", "\x1f", "\ud800", "\ufffe", "a\x01b"])
def test_characters_that_xml_forbids_become_the_replacement_character(text: str) -> None:
    assert legible(text) == "".join("\ufffd" if one not in "ab" else one for one in text)


def test_a_reply_escapes_the_special_characters_of_attributes() -> None:
    reply = Reply("0", "成功", (Resp("1", "2", "0", "&<>\"'\t\n\r", "é"),))
    assert replies.render(reply).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?> <root return="0" info="成功"> <resp msgid="1" linkid="é" phone="2" '
        'return="0" info="&amp;&lt;&gt;&quot;\'&#9;&#10;&#13;"/> </root>'
    )


def test_a_refusal_is_a_root_without_children() -> None:
    assert replies.render(Reply("1001004", "密码不正确")).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><root return="1001004" info="密码不正确"></root>'
    )


def test_the_declaration_can_be_on_a_separate_line() -> None:
    rendered = replies.render(Reply("0", "成功"), Layout(declaration_line=True))
    assert rendered.splitlines()[0] == b'<?xml version="1.0" encoding="UTF-8"?>'


def test_a_resp_without_linkid_has_no_such_attribute() -> None:
    assert b"linkid" not in replies.render(Reply("0", "", (Resp("1", "2", "0", ""),)))
    assert b'linkid=""' in replies.render(Reply("0", "", (Resp("1", "2", "0", "", ""),)))


@pytest.mark.parametrize(
    "text",
    [
        "<root return='0' info='成功'><resp info='成功' return='0' phone='1' msgid='9'/></root>",
        '<root info="成功"   return="0">\n<resp msgid = "9" phone="1" return="0" info="成功" x=""></resp><y/></root>',
        '\ufeff<?xml version="1.0"?><!-- c --><root return="0" info="成功"><resp msgid="9" phone="1" return="0" info="成功"/></root>',  # noqa: E501
    ],
)
def test_a_reply_is_parsed_in_any_xml_notation(text: str) -> None:
    resp = Resp("9", "1", "0", "成功")
    assert replies.parse(Operation.SEND, text.encode()) == Reply("0", "成功", (resp,))


@pytest.mark.parametrize(
    ("operation", "text", "reason"),
    [
        (Operation.SEND, "", "not well-formed"),
        (Operation.SEND, "<html>", "not well-formed"),
        (Operation.SEND, "<html/>", "root element is <html>"),
        (Operation.SEND, "<root/>", "<root> has no attribute return"),
        (Operation.SEND, '<root return="0"><resp phone="1" return="0"/></root>', "<resp> has no attribute msgid"),
        (Operation.REPORT, '<root return="0"><report msgid="1" phone="1" status="0"/></root>', "recvtime"),
        (
            Operation.REPORT,
            '<root return="0"><report msgid="1" phone="1" status="0" recvtime="soon"/></root>',
            "'soon' is not a time",
        ),
        (Operation.INFO, '<root return="0"><ID>1</ID></root>', "<root> has no <NAME>"),
    ],
)
def test_an_unreadable_reply_has_a_reason_and_its_bytes(operation: Operation, text: str, reason: str) -> None:
    with pytest.raises(UnreadableReply, match=reason) as caught:
        replies.parse(operation, text.encode())
    assert caught.value.received == text.encode()


def _refused(data: bytes) -> UnreadableRequest:
    with pytest.raises(UnreadableRequest) as caught:
        requests.parse(Operation.SEND, data)
    return caught.value


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE root>",
        '<?xml version="1.0"?>\n<!-- x --><?pi?><!DOCTYPE root [<!ENTITY a "b">]>',
        '<!DOCTYPE root SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE root [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ],
)
def test_a_document_type_is_refused(prolog: str) -> None:
    assert "document type" in _refused(f"{prolog}{ROOT}".encode()).reason


@pytest.mark.parametrize("prolog", ["<!-- <!DOCTYPE root> -->", "<?x <!DOCTYPE root> ?>"])
def test_a_document_type_in_a_comment_is_ignored(prolog: str) -> None:
    assert requests.parse(Operation.INFO, f"{prolog}{ROOT}".encode()) == Request("1", "2")


def test_entities_are_never_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE root [<!ENTITY l0 "lol">{laughs}]><root userid="&l9;"/>'
    assert "document type" in _refused(bomb.encode()).reason
    assert "not well-formed" in _refused(b'<root userid="&undefined;"/>').reason


@pytest.mark.parametrize("opening", [b"<!--", b"<?a ?>", b"<!-- -->", b"<?", b"  "])
def test_a_long_prolog_is_parsed_in_linear_time(opening: bytes) -> None:
    assert _refused(opening * 100_000).reason.startswith("the XML is not well-formed")


def test_deep_nesting_is_refused_with_a_reason() -> None:
    data = b'<root userid="1" password="2">' + b"<a>" * 100_000
    assert "depth" in _refused(data).reason.lower()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<root userid='é'/>".encode("latin-1"), "byte 14 is 0xe9"),
        ("<root userid='字".encode()[:-1], "ends inside a character; Content-Length must count bytes, not characters"),
        (b'<?xml version="1.0" encoding="GBK"?><root/>', "declares the encoding GBK"),
        (b"<root\0/>", "not well-formed"),
        (b"<root a='1' a='2'/>", "not well-formed"),
        (b"<Root/>", "must be <root>"),
        (b"<x:root xmlns:x='y'/>", "must be <root>"),
    ],
)
def test_an_invalid_request_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    assert reason in _refused(data).reason


def test_no_reason_quotes_a_password() -> None:
    assert "geheim" not in _refused(b'<root userid="1" password="&geheim;"/>').reason


@pytest.mark.parametrize("declared", ["GBK", "utf-16", "x-nowhere"])
def test_a_declared_encoding_is_ignored_or_refused(declared: str) -> None:
    data = f'<?xml version="1.0" encoding="{declared}"?><root userid="账号" password="2"/>'.encode()
    assert requests.parse(Operation.INFO, data, encoding="ignore") == Request("账号", "2")
    with pytest.raises(UnreadableRequest, match="it must be UTF-8") as caught:
        requests.parse(Operation.INFO, data, encoding="refuse")
    assert caught.value.ground == "Q36"


def test_other_bytes_than_utf_8_are_refused_even_if_the_declaration_is_ignored() -> None:
    text = '<?xml version="1.0" encoding="{}"?><root userid="账号" password="2"/>'
    for encoding in ("gbk", "utf-16", "latin-1"):
        data = text.format(encoding).encode(encoding, "replace") + b"\xff"
        with pytest.raises(UnreadableRequest) as caught:
            requests.parse(Operation.INFO, data, encoding="ignore")
        assert caught.value.ground == "Q36"


def test_a_declared_encoding_is_used_if_enabled() -> None:
    data = '<?xml version="1.0" encoding="GBK"?><root userid="账号" password="2"/>'.encode("gbk")
    assert requests.parse(Operation.INFO, data, encoding="declared") == Request("账号", "2")
    for broken in (b'<?xml version="1.0" encoding="nonsense"?><root/>', b"<root a='\xff'/>"):
        with pytest.raises(UnreadableRequest):
            requests.parse(Operation.INFO, broken, encoding="declared")


@given(st.binary(max_size=200))
@example(b"<root>")
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    for operation in Operation:
        try:
            assert isinstance(requests.parse(operation, data), Request)
        except UnreadableRequest as error:
            assert error.reason  # noqa: PT017 - both outcomes are valid, and both are checked


def test_only_a_send_has_submits() -> None:
    data = b'<root userid="1" password="2"><submit phone="3" content="4"/></root>'
    assert requests.parse(Operation.SEND, data).submits == (Submit("3", "4"),)
    assert requests.parse(Operation.REPORT, data).submits == ()


def test_a_password_is_not_in_the_repr_of_a_request() -> None:
    assert "geheim" not in repr(Request("1", "geheim"))


def test_times_of_any_zone_are_rendered_in_shanghai() -> None:
    instant = datetime(2015, 10, 10, 2, 54, 15, 999_999, tzinfo=UTC)
    report = Report("1", "", "2", instant, "0", "成功")
    assert b'recvtime="2015-10-10 10:54:15.0"' in replies.render(Reply("0", "", (report,)))
    assert times.render_motime(instant) == "2015-10-10 10:54:15"


@pytest.mark.parametrize("text", ["2015-10-10 10:54:15.0", "2015-10-10 10:54:15", " 2015-10-10 10:54:15.123 "])
def test_both_formats_of_a_time_are_parsed(text: str) -> None:
    assert times.parse(text) == datetime(2015, 10, 10, 10, 54, 15, tzinfo=SHANGHAI)


@pytest.mark.parametrize("text", ["", "2015-10-10", "2015-13-10 10:54:15", "２０１５-10-10 10:54:15"])
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|match|month"):
        times.parse(text)
