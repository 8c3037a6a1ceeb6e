"""The place and the encoding of payloads (T4, W1 to W5)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

import pytest
from harness import documents
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import PAYLOAD_BYTES
from ccell_fake.model import Request
from ccell_fake.wire import payload, requests
from ccell_fake.wire.payload import Place

XML = '<root userid="200001" password="a+b%41c"><submit phone="1" content="50% + 【签名】"/></root>'.encode()
QUERY = XML.replace(b"50%", b"50%25")
RAW = '<root userid="200001" password="一"/>'.encode()
PLUS = {**payload.BY_DEFAULT, "Q25": "plus"}


@given(documents.sends)
def test_a_plus_in_a_query_stays_a_plus_if_it_is_not_a_blank(request_: Request) -> None:
    data = requests.render(request_)
    query = quote(data, safe="!$&'()*+,-./:;=?@_~").encode()
    assert payload.find("GET", query, b"", answers=PLUS).data == data


@given(documents.sends)
def test_blanks_and_a_byte_order_mark_around_a_body_are_ignored(request_: Request) -> None:
    data = requests.render(request_)
    found = payload.find("POST", b"", b" \r\n\xef\xbb\xbf" + data + b"\n")
    assert (found.data, found.place, "Q56" in found.grounds) == (data, Place.BODY, True)


def test_a_raw_body_keeps_its_plus_and_percent_signs() -> None:
    assert payload.find("POST", b"", XML).data == XML


def test_a_raw_query_is_percent_decoded() -> None:
    assert b"a bAc" in payload.find("GET", QUERY, b"").data
    assert b"a+bAc" in payload.find("GET", QUERY, b"", answers=PLUS).data


@pytest.mark.parametrize("stray", [b"%", b"%4", b"%zz", b"%4g", b"%%41"])
def test_a_percent_sign_without_digits_is_refused_or_kept_where_it_is_decoded(stray: bytes) -> None:
    xml = b'<root userid="' + stray + b'"/>'
    encoded = quote_plus(xml, safe="%").encode()
    for method, query, body in (("GET", xml, b""), ("GET", encoded, b""), ("POST", b"", encoded)):
        with pytest.raises(UnreadableRequest, match="write it as %25") as caught:
            payload.find(method, query, body)
        assert caught.value.ground == "Q55"
        found = payload.find(method, query, body, answers=payload.LENIENT)
        assert found.data == unquote_to_bytes(xml)
        assert "Q55" in found.grounds
    assert payload.find("POST", b"", xml) == payload.Payload(xml, Place.BODY, ("Q54",))


@pytest.mark.parametrize(
    ("answer", "body", "data", "grounds"),
    [
        ("marked", RAW, RAW, ()),
        ("marked", XML, XML, ("Q54",)),
        ("marked", quote_plus(XML).encode(), XML, ("W3",)),
        ("never", RAW, RAW, ()),
        ("never", XML, XML, ("Q54",)),
        ("always", RAW, RAW, ()),
        ("always", quote_plus(XML).encode(), XML, ("Q54",)),
        ("always", b'<root userid="%E7%AD%BE+1"/>', '<root userid="签 1"/>'.encode(), ("Q54",)),
    ],
)
def test_a_body_is_decoded_as_answered(answer: str, body: bytes, data: bytes, grounds: tuple[str, ...]) -> None:
    found = payload.find("POST", b"", body, answers={**payload.BY_DEFAULT, "Q54": answer})
    assert found == payload.Payload(data, Place.BODY, grounds)


def test_an_encoded_body_that_is_not_decoded_is_refused_by_its_question() -> None:
    with pytest.raises(UnreadableRequest, match="the body is percent-encoded") as caught:
        payload.find("POST", b"", quote_plus(XML).encode(), answers={**payload.BY_DEFAULT, "Q54": "never"})
    assert caught.value.ground == "Q54"


@pytest.mark.parametrize("encode", [bytes, quote, quote_plus])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_byte_order_mark_is_dropped_or_refused_by_its_question(method: str, encode: Callable[[bytes], Any]) -> None:
    encoded = encode(b"\xef\xbb\xbf" + RAW)
    data = encoded if isinstance(encoded, bytes) else encoded.encode()
    query, body = (data, b"") if method == "GET" else (b"", data)
    found = payload.find(method, query, body)
    assert (found.data, "Q56" in found.grounds) == (RAW, True)
    with pytest.raises(UnreadableRequest, match="begins with a byte order mark") as caught:
        payload.find(method, query, body, answers={**payload.BY_DEFAULT, "Q56": "refuse"})
    assert caught.value.ground == "Q56"


@pytest.mark.parametrize(
    ("query", "grounds"),
    [
        (quote(RAW).encode(), ()),
        (RAW.replace(b" ", b"+"), ("Q25",)),
        (b"\xef\xbb\xbf" + RAW, ("Q56",)),
        (b'<?xml version="1.0" encoding="gbk"?>' + RAW, ("Q36",)),
        (b"<?xml version='1.0' encoding='utf8'?>" + RAW, ()),
    ],
)
def test_only_questions_that_matter_for_a_query_are_its_grounds(query: bytes, grounds: tuple[str, ...]) -> None:
    assert payload.find("GET", query, b"").grounds == grounds


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"\xef\xbb\xbf"])
def test_a_post_with_a_blank_body_is_read_from_its_query(body: bytes) -> None:
    found = payload.find("POST", quote(XML).encode(), body)
    assert (found.data, found.place) == (XML, Place.QUERY)


def test_a_body_takes_precedence_over_a_query() -> None:
    assert payload.find("POST", b"<other/>", XML).data == XML


def test_the_body_of_a_get_is_ignored() -> None:
    with pytest.raises(UnreadableRequest, match="no payload"):
        payload.find("GET", b"", XML)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "", "application/json"])
def test_the_content_type_is_ignored(content_type: str) -> None:
    assert payload.find("POST", b"", XML, content_type).data == XML


@pytest.mark.parametrize(
    ("query", "body", "content_type", "reason"),
    [
        (b"", b"", "", "there is no payload; send the XML"),
        (b"", b"--x\r\n", "multipart/form-data; boundary=x", "the body is multipart"),
        (b"", b'{"id":1}', "", "the body is JSON"),
        (b"", b"xml=" + XML, "", "the body begins with xml="),
        (b"xml=" + quote_plus(XML).encode(), b"", "", "the query begins with xml="),
        (b"", b"hello", "", "the body does not begin with <"),
        (b"", b"<" * (PAYLOAD_BYTES + 1), "", "longer than 2097152 bytes"),
    ],
)
def test_an_invalid_payload_is_refused_with_a_reason(query: bytes, body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(UnreadableRequest) as caught:
        payload.find("POST", query, body, content_type)
    assert reason in caught.value.reason


def test_a_body_of_two_mebibytes_is_accepted() -> None:
    assert len(payload.find("POST", b"", b"<" * PAYLOAD_BYTES).data) == PAYLOAD_BYTES


@given(st.sampled_from(["GET", "POST"]), st.binary(max_size=60), st.binary(max_size=60), st.text(max_size=20))
def test_any_bytes_are_accepted_or_refused(method: str, query: bytes, body: bytes, content_type: str) -> None:
    try:
        assert payload.find(method, query, body, content_type).data.startswith((b"<", b"\xff\xfe", b"\xfe\xff"))
    except UnreadableRequest as error:
        assert error.reason  # noqa: PT017 - both outcomes are valid, and both are checked
