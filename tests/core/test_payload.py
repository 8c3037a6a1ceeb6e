"""The place and the encoding of payloads (T4, W1 to W5)."""

from urllib.parse import quote, quote_plus

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


@given(documents.sends)
def test_a_plus_in_a_query_stays_a_plus_if_it_is_not_a_blank(request_: Request) -> None:
    data = requests.render(request_)
    query = quote(data, safe="!$&'()*+,-./:;=?@_~").encode()
    assert payload.find("GET", query, b"", plus_is_blank=False).data == data


@given(documents.sends)
def test_blanks_and_a_byte_order_mark_around_a_body_are_ignored(request_: Request) -> None:
    data = requests.render(request_)
    assert payload.find("POST", b"", b" \r\n\xef\xbb\xbf" + data + b"\n") == payload.Payload(data, Place.BODY)


def test_a_raw_body_keeps_its_plus_and_percent_signs() -> None:
    assert payload.find("POST", b"", XML).data == XML


def test_a_raw_query_is_percent_decoded() -> None:
    assert b"a bAc" in payload.find("GET", XML, b"").data
    assert b"a+bAc" in payload.find("GET", XML, b"", plus_is_blank=False).data


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"\xef\xbb\xbf"])
def test_a_post_with_a_blank_body_is_read_from_its_query(body: bytes) -> None:
    assert payload.find("POST", quote(XML).encode(), body) == payload.Payload(XML, Place.QUERY)


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
