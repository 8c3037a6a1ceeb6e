"""Redacted data contains no secret in any encoding, and is parsed as before."""

import base64
import hashlib
import html
import json
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.clock import SHANGHAI
from ccell_fake.model import Operation, Reply, Request, Resp, Submit
from ccell_fake.strategies import RawRequest, contents, linkids, payloads, phones, unrecognisable_phones
from ccell_fake.transcripts import Exchange, Redaction
from ccell_fake.transcripts.decoding import Edit, apply_edits
from ccell_fake.transcripts.pseudonyms import Pseudonyms
from ccell_fake.wire import replies, requests
from ccell_fixtures.prefixes import PREFIXES, SHOWN_REFUSED

AT = datetime(2026, 11, 23, 8, tzinfo=SHANGHAI)
# Long enough, and with enough letters, that no other text contains one by chance.
PASSWORDS = st.text("äöüßÄÖÜ&<>\"'+% #密码", min_size=6, max_size=20).filter(lambda text: text == text.strip())
USERIDS = st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)
REFUSED = unrecognisable_phones().filter(lambda phone: phone not in SHOWN_REFUSED)
NUMBERS = phones() | phones(recognised="today").map("86{}".format) | phones().map("+86{}".format)


def _json_escape(text: str) -> str:
    return json.dumps(text)[1:-1]


def _forms(secret: str) -> set[str]:
    plain = {secret, html.escape(secret), html.escape(secret, quote=False), _json_escape(secret)}
    plain |= {secret.encode("ascii", "xmlcharrefreplace").decode()}
    return plain | {form for one in plain for form in (quote(one), quote(one, ""), quote_plus(one))}


def _shown(exchange: Exchange) -> Iterator[str]:
    """Decode a line in every way."""
    line = exchange.to_line()
    held = [line, *map(str, json.loads(line).values())]
    for data in (exchange.query, exchange.body, exchange.answer):
        held += [data.decode(encoding, "replace") for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")]
    for text in held:
        yield from (text, unquote_plus(text), unquote_plus(unquote_plus(text)), html.unescape(text))
        yield html.unescape(unquote_plus(text))


def _exposed(exchange: Exchange, secret: str) -> list[str]:
    data = secret.encode()
    forms = {*_forms(secret), data.hex(), base64.b64encode(data).decode()}
    return [text for text in _shown(exchange) for form in forms if form in text]


def _exchange(raw: RawRequest, answer: bytes = b"") -> Exchange:
    headers = dict(raw.headers)
    return Exchange(
        1,
        AT,
        raw.method,
        raw.path.decode(),
        raw.query,
        raw.body,
        headers.get("Content-Type", ""),
        200,
        answer,
        "text/xml",
    )


def _read(exchange: Exchange) -> Request:
    request = exchange.call().request
    assert isinstance(request, Request)
    return request


@st.composite
def _sends(draw: st.DrawFn) -> tuple[Request, Exchange]:
    numbers = draw(st.lists(NUMBERS | REFUSED, min_size=1, max_size=4))
    mention = draw(st.sampled_from(["{}", "请致电{}，谢谢", "tel:{}", "{} {}", "<{}>", "+86{}", "0{}"]))
    number = draw(st.sampled_from(numbers))
    text = mention.format(number, number) + draw(contents(max_size=30))
    submit = Submit(", ".join(numbers), text, linkid=draw(linkids(max_size=9)) + number)
    password = draw(PASSWORDS)
    assume(password not in text)
    dialect: Literal["xml", "json"] = draw(st.sampled_from(["xml", "json"]))
    request = Request(draw(USERIDS), password, (submit,))
    resps = tuple(Resp("1511231234567890123", one, "1004001", f"手机号不可识别{one}", number) for one in numbers)
    quoting = Reply("0", f"成功 {requests.render(request).decode()}", resps)
    return request, _exchange(draw(payloads(request, dialect=dialect)), replies.render(quoting))


@given(_sends())
def test_no_secret_of_a_send_remains_in_any_encoding(sent: tuple[Request, Exchange]) -> None:
    request, exchange = sent
    redacted = Redaction().exchange(exchange)
    assert request.password
    assert request.userid
    assert not _exposed(redacted, request.password)
    assert not _exposed(redacted, hashlib.md5(request.password.encode()).hexdigest())  # noqa: S324 - W9
    for phone in (request.submits[0].phone or "").split(", "):
        assert len(phone) < 7 or not _exposed(redacted, phone)
    assert f'"{request.userid}"' not in unquote_plus(unquote_plus(redacted.to_line()))


@given(_sends())
def test_a_redacted_send_is_parsed_as_before(sent: tuple[Request, Exchange]) -> None:
    request, exchange = sent
    redacted = Redaction().exchange(exchange)
    read = _read(redacted)
    assert len(read.submits) == 1
    before, after = request.submits[0], read.submits[0]
    for old, new in ((before.phone, after.phone), (before.content, after.content), (before.linkid, after.linkid)):
        assert len(old or "") == len(new or "")
        assert [_class(one) for one in old or ""] == [_class(one) for one in new or ""]
    olds, news = (before.phone or "").split(", "), (after.phone or "").split(", ")
    assert [_judged(one) for one in olds] == [_judged(one) for one in news]
    assert [olds.index(one) for one in olds] == [news.index(one) for one in news]
    reply: Any = replies.parse(Operation.SEND, redacted.answer)
    assert [item.phone for item in reply.items] == news
    assert [item.info for item in reply.items] == [f"手机号不可识别{one}" for one in news]
    assert {item.linkid for item in reply.items} <= set(news)


@given(strategies.requests(signed=True), st.sampled_from(["xml", "json"]), st.data())
def test_no_sign_remains_and_a_signed_request_stays_readable(
    request_: Request, dialect: Literal["xml", "json"], data: st.DataObject
) -> None:
    exchange = _exchange(data.draw(payloads(request_, dialect=dialect)))
    redacted = Redaction().exchange(exchange)
    assert request_.sign
    assert not _exposed(redacted, request_.sign)
    read = _read(redacted)
    assert (read.seqid, len(read.sign or "")) == (request_.seqid, 32)
    assert [one.content for one in read.submits] == [one.content for one in request_.submits]


def _class(character: str) -> str:
    return "0" if character.isdecimal() else "a" if character.isalpha() and character.isascii() else ""


def _judged(phone: str) -> tuple[int, str | None]:
    plain = phone.removeprefix("+").removeprefix("86")
    return len(phone), next((head for head in (plain[:4], plain[:3]) if head in PREFIXES), None)


@given(st.lists(NUMBERS, unique=True, max_size=50))
def test_two_numbers_never_share_a_pseudonym(numbers: list[str]) -> None:
    redaction = Redaction()
    plain = {number[-11:] for number in numbers}
    assert len({redaction.phone(number)[-11:] for number in numbers}) == len(plain)
    assert not {redaction.phone(number)[-11:] for number in numbers} & plain


def test_the_number_that_the_document_shows_as_refused_stays() -> None:
    pseudonyms = Pseudonyms(b"key")
    assert pseudonyms.phone("19500001111") == "19500001111"
    assert pseudonyms.phone("19500001112") != "19500001112"


def test_two_short_names_never_share_a_pseudonym() -> None:
    redaction = Redaction()
    assert len({redaction.userid(f"{digit}") for digit in range(10)}) == 10


@pytest.mark.parametrize(
    "number", ["13800000000", " 13800000000", "8613800000000", "+86 138-0000-0000", "0086 13800000000"]
)
def test_a_number_has_one_pseudonym_in_all_its_spellings(number: str) -> None:
    redaction = Redaction()
    plain = redaction.phone("13800000000")
    shown = redaction.phone(number)
    assert "".join(filter(str.isdigit, shown)).endswith(plain)
    assert [one for one in shown if not one.isdigit()] == [one for one in number if not one.isdigit()]


def test_pseudonyms_depend_on_the_key() -> None:
    one, same, other = Redaction(key=b"k"), Redaction(key=b"k"), Redaction()
    assert one.phone("13800000000") == same.phone("13800000000")
    assert len({Redaction().phone("13800000000") for _ in range(20)} | {other.phone("13800000000")}) > 10


def test_values_to_keep_are_kept() -> None:
    redaction = Redaction(keep={"17001004008", "1001003"})
    text = '<root userid="1001003" password="xyz"><submit phone="17001004008" content="17001004008"/></root>'
    assert redaction.data(text.encode()).decode() == text.replace("xyz", redaction.password("xyz"))


@given(st.text(min_size=1).filter(str.strip))
def test_the_md5_of_a_password_becomes_the_md5_of_its_pseudonym(password: str) -> None:
    redaction = Redaction()
    digest = hashlib.md5(password.encode("utf-8", "replace")).hexdigest()  # noqa: S324 - W9
    if len(password) != 32:
        assert redaction.password(digest) == hashlib.md5(redaction.password(password).encode()).hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    "written",
    [
        '<root userid="200001" password="geh&quot;eim77">',
        "<root userid='200001' password = 'geh\"eim77'",
        '<root userid="200001" PassWord="geh&#34;eim77" ',
        '{"userid":"200001","password":"geh\\"eim77"}',
        "userid=200001&password=geh%22eim77",
        "xml=%3Croot+userid%3D%22200001%22+password%3D%22geh%26quot%3Beim77%22%2F%3E",
        "<userid>200001</userid><password>geh&quot;eim77</password>",
        '<root userid="200001" password="geh&quot;eim77',
        "&lt;root userid=&quot;200001&quot; password=&quot;geh&amp;quot;eim77&quot;/&gt;",
        'b\'<root userid="200001" password="geh&quot;eim77">\'',
        '"<root userid=\\"200001\\" password=\\"geheim77\\">"',
        '\ufeff<root userid="200001"\npassword\t=\n"geh&#x22;eim77"/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_password_is_found_in_every_spelling(written: str, encoding: str) -> None:
    redaction = Redaction()
    shown = [
        redaction.data(written.encode(encoding)).decode(encoding),
        redaction.data(quote(written).encode(), is_query=True).decode(),
        redaction.text(written),
    ]
    for text in shown:
        assert "eim77" not in text
        # A pseudonym after %22 may look like the userid.
        assert "200001" not in unquote_plus(text)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16", "utf-16-le"])
def test_a_phone_is_found_in_every_encoding(encoding: str) -> None:
    text = (
        '<?xml version="1.0" encoding="GBK"?><submit content="致电13912345678 &#49;3912345679 １３９１２３４５６７８"/>'
    )
    shown = Redaction().data(text.encode(encoding)).decode(encoding)
    assert "12345678" not in html.unescape(shown)
    assert "１２３４５６７８" not in shown
    assert len(html.unescape(shown)) == len(html.unescape(text))


def test_known_secrets_are_replaced_everywhere() -> None:
    redaction = Redaction(passwords=["k&y"], phones=["01012345678"], userids=["a b"])
    text = f"k&y k&amp;y k%26y {hashlib.md5(b'k&y').hexdigest()} 9901012345678 a b"  # noqa: S324 - W9
    shown = redaction.text(text)
    for secret in text.replace("a b", "").split():
        assert secret not in shown
    assert "a b" not in shown


@given(
    PASSWORDS,
    st.sampled_from(["phone", "userid", "linkid", "content", "sendtime", "spcode", "msgcontent"]),
    st.sampled_from(
        ["{}", "13800001111{}", "13800001111,{}", "{}13800001111", "138 0000 1111 {}", "1380000{}", "0{}1"]
    ),
    st.sampled_from(
        [
            ('<root><submit {}="{}"/></root>', html.escape),
            ('{{"{}": "{}"}}', _json_escape),
            ("{}={}", quote),
        ]
    ),
)
def test_a_known_password_is_replaced_in_every_value(
    password: str, name: str, value: str, form: tuple[str, Callable[[str], str]]
) -> None:
    template, encode = form
    data = template.format(name, value.format(encode(password))).encode()
    redacted = Redaction(passwords=[password]).data(data).decode()
    assert not [form for form in _forms(password) if form in redacted], redacted


def test_a_redacted_traceback_contains_no_secret() -> None:
    body = b'<root userid="200001" password="geheim77"><submit phone="13912345678"/></root>'
    try:
        raise ValueError(body, quote(body), {"body": body.decode()})  # noqa: TRY301 - the test needs its traceback
    except ValueError as error:
        shown = Redaction().text("".join(traceback.format_exception(error)).split("Error:")[1])
    for secret in ("200001", "geheim77", "13912345678"):
        assert secret not in shown


def test_the_login_of_info_keeps_its_form() -> None:
    info = "<root><ID>someone.a@example.com</ID><NAME>200204</NAME><RICHES>100</RICHES><SIGNCODE>签名</SIGNCODE></root>"
    shown = Redaction().data(info.encode()).decode()
    assert "example" not in shown
    assert "200204" not in shown
    assert shown.endswith("<RICHES>100</RICHES><SIGNCODE>签名</SIGNCODE></root>")
    assert shown.count("@") == 1
    assert len(shown) == len(info)


def test_a_port_is_kept() -> None:
    info = b"<root><ID>10690000</ID></root>"
    assert Redaction().data(info) == info


def test_contents_can_be_replaced_except_length_and_signature() -> None:
    submit = Submit("13800000000", "验证码1234 😀【签名】")
    exchange = _exchange(
        RawRequest("POST", Operation.SEND.path.encode(), (), requests.render(Request("200001", "123456", (submit,))))
    )
    (shown,) = _read(Redaction(contents=False).exchange(exchange)).submits
    assert shown.content == "某某某xxxx 😀【签名】"


@given(st.binary(max_size=200), st.binary(max_size=200), st.booleans())
def test_any_bytes_can_be_redacted(data: bytes, query: bytes, contents: bool) -> None:  # noqa: FBT001 - drawn
    exchange = Exchange(1, AT, "POST", "/x", query, data, "a", 200, data)
    redacted = Redaction(contents=contents).exchange(exchange)
    assert Exchange.from_line(redacted.to_line()) == redacted


@given(
    st.text("0123456789xs,;\"'<>&%+-\\ =/", max_size=60), st.sampled_from(["phone", "password", "userid", "content"])
)
def test_malformed_values_do_not_hide_an_earlier_secret(text: str, name: str) -> None:
    for value in (f"<a {name}={text}", f'{name}="{text}"', quote(f'{name}="{text}')):
        data = f"geheimnis {value}"
        assert b"geheimnis" not in Redaction(["geheimnis"], contents=False).data(data.encode(), is_query=True)
        assert "geheimnis" not in Redaction(["geheimnis"]).text(data)


def test_a_password_that_is_a_word_of_the_format_is_replaced_only_as_password() -> None:
    written = '<root userid="200001" password="password"><submit phone="1" content="submit"/></root>'
    shown = Redaction(passwords=["submit"]).data(written.encode()).decode()
    assert re.fullmatch(
        r'<root userid="[0-9]{6}" password="password-[0-9]{8}"><submit phone="1" content="submit"/></root>', shown
    )


def test_overlapping_values_are_both_replaced() -> None:
    written = 'password=ab&x=1 password="cd password=ef gh"'
    shown = Redaction().text(written)
    assert not {"ab", "cd", "ef", "gh"} & set(re.findall(r"\b[a-h]{2}\b", shown))


@given(st.text("abc<&\"'%20", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=5))
def test_edits_change_only_their_characters(source: str, spans: list[tuple[int, int]]) -> None:
    edits = [Edit(min(span), min(max(span), len(source)), "#") for span in spans if min(span) <= len(source)]
    covered = {place for edit in edits for place in range(edit.start, edit.end)}
    shown = apply_edits(source, edits).replace("#", "")
    assert shown == "".join(character for place, character in enumerate(source) if place not in covered)


@given(
    st.text("abcXYZ0189", min_size=8, max_size=20).map("Zq9{}".format),
    st.sampled_from(
        [
            "<password>\n {}</password>",
            "<password><![CDATA[a<{}]]></password>",
            '<param name="password" value="{}"/>',
            '<param value="{}" name="password"/>',
            '{{"password": ["{}"]}}',
            '{{"name": "password", "value": "{}"}}',
            '{{"value": "{}", "name": "password"}}',
            "%253Croot%2520password%253D%2522{}%2522",
            '--b\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b--',
            '--b\r\nContent-Disposition: form-data; name="password"; filename="a"\r\n\r\na b {}\r\n--b--',
            "psw={}",
            "psw=a,{}",
            "密码={}",
            '<root pasword="{}">',
            '<root password="ab"{}"/>',
            '<root userid="{}" password="200001">',
        ]
    ),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_a_password_is_replaced_in_every_spelling(secret: str, form: str, encoding: str) -> None:
    assert secret not in Redaction().data(form.format(secret).encode(encoding)).decode(encoding)
