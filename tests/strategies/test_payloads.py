"""Guarantees of the strategy for HTTP requests: each carries its request, in any place and form (T4, W1 to W5)."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from harness import documents, http
from harness.emulators import emulator
from hypothesis import find, given, settings
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES
from ccell_fake.model import JSON_PATH, Door, Operation, Request, Submit
from ccell_fake.strategies import RawRequest
from ccell_fake.wire import doors, payload, requests
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http import request_line

Dialect = Literal["xml", "json"]
DIALECTS: st.SearchStrategy[Dialect] = st.sampled_from(["xml", "json"])
INFO = Request("200001", "123456")
SEND = Request("200001", "123456", (Submit("13800000000", '1 + 1 < 3 & "50%" #【签名】', linkid="é\n"),))


def _read(raw: RawRequest, operation: Operation) -> Request:
    endpoint = doors.PATHS[raw.path.decode().replace("//", "/")]
    content_type = dict(raw.headers).get("Content-Type", "")
    found = payload.find(raw.method, raw.query, raw.body, content_type, door=endpoint[0])
    call = doors.parse_request(endpoint, found.data)
    assert call.operation is operation
    assert isinstance(call.request, Request)
    return call.request


@given(st.data(), documents.sends, DIALECTS)
def test_a_payload_carries_its_request(data: st.DataObject, request_: Request, dialect: Dialect) -> None:
    request = requests.parse(Operation.SEND, requests.render(request_))
    assert _read(data.draw(strategies.payloads(request, dialect=dialect)), Operation.SEND) == request


@pytest.mark.parametrize("operation", Operation)
@given(st.data(), DIALECTS, st.booleans())
def test_a_payload_is_for_its_endpoint(
    operation: Operation,
    data: st.DataObject,
    dialect: Dialect,
    signed: bool,  # noqa: FBT001 - drawn
) -> None:
    request = data.draw(strategies.requests(operation, signed=signed))
    raw = data.draw(strategies.payloads(request, operation, dialect=dialect))
    path = JSON_PATH if dialect == "json" else operation.path
    assert raw.path.decode().replace("//", "/") == path
    assert _read(raw, operation) == request


@given(strategies.payloads(SEND) | strategies.payloads(SEND, dialect="json"))
def test_special_characters_of_urls_and_xml_survive_every_form(raw: RawRequest) -> None:
    assert b"#" not in raw.target
    assert _read(raw, Operation.SEND) == SEND


@given(strategies.payloads(SEND, strict_http=True) | strategies.payloads(SEND, dialect="json", strict_http=True))
def test_a_strict_payload_has_a_request_line_that_http_allows(raw: RawRequest) -> None:
    assert request_line.strict_error(raw.to_bytes().partition(b"\n")[0] + b"\n") is None


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


@given(data=st.data(), dialect=DIALECTS)
def test_an_emulator_answers_every_payload_of_a_send(served: Emulator, data: st.DataObject, dialect: Dialect) -> None:
    request = data.draw(strategies.requests(max_submits=2))
    raw = data.draw(strategies.payloads(request, dialect=dialect))
    with http.connect(served.url) as connection:
        for _ in range(2):
            connection.sendall(raw.to_bytes("gateway.example"))
            reply = doors.parse_reply(Door(dialect), Operation.SEND, http.receive(connection).body)
            numbers = ",".join(submit.phone or "" for submit in request.submits).split(",")
            assert [(resp.phone, resp.code) for resp in reply.items] == [(number, "0") for number in numbers]  # type: ignore[union-attr]


def _has(method: str, *, in_body: bool, holds: bytes) -> Callable[[RawRequest], bool]:
    return lambda raw: raw.method == method and bool(raw.body) is in_body and holds in (raw.body or raw.query)


def _has_a_double_slash(raw: RawRequest) -> bool:
    return raw.path == b"/sms3_api/xmlapi//send.jsp"


def _has_no_content_type(raw: RawRequest) -> bool:
    return raw.method == "POST" and not raw.headers


def _is_declared_a_form(raw: RawRequest) -> bool:
    return ("Content-Type", "application/x-www-form-urlencoded") in raw.headers


@pytest.mark.parametrize(
    "condition",
    [
        _has("POST", in_body=True, holds=b'<root userid="200001"'),
        _has("POST", in_body=True, holds=b"%3Croot"),
        _has("POST", in_body=True, holds=b"%3croot"),
        _has("POST", in_body=True, holds="【".encode()),
        _has("POST", in_body=True, holds=b"&#12304;"),
        _has("POST", in_body=True, holds=b"\xef\xbb\xbf"),
        _has("POST", in_body=False, holds=b"%3Croot"),
        _has("GET", in_body=False, holds=b'<root userid="200001"'),
        _has("GET", in_body=False, holds=b"<root%20userid"),
        _has("GET", in_body=False, holds=b"%3Croot+userid%3D"),
        _has("GET", in_body=False, holds=b"%3Croot%20userid="),
        _has("GET", in_body=False, holds=b"linkid%20%3D"),
        _has_a_double_slash,
        _has_no_content_type,
        _is_declared_a_form,
    ],
)
def test_every_form_of_known_clients_is_drawn(condition: Callable[[RawRequest], bool]) -> None:
    assert condition(documents.some(strategies.payloads(SEND), condition))


@pytest.mark.parametrize("end", [b"/>", b" />", b"></root>", b"> </root>"])
def test_a_root_without_submits_ends_in_each_way(end: bytes) -> None:
    raw = documents.some(strategies.payloads(INFO, "info"), lambda raw: raw.body.endswith(b'"123456"' + end))
    assert _read(raw, Operation.INFO) == INFO


def test_a_payload_shrinks_to_a_plain_post() -> None:
    assert find(strategies.payloads(INFO, "info"), lambda _: True) == RawRequest(
        "POST",
        b"/sms3_api/xmlapi/info.jsp",
        (("Content-Type", "text/xml"),),
        b'<root userid="200001" password="123456"/>',
    )
    got = find(strategies.payloads(INFO, "info", strict_http=True), lambda raw: raw.method == "GET")
    assert got.to_bytes("x:1") == (
        b"GET /sms3_api/xmlapi/info.jsp?%3Croot%20userid%3D%22200001%22%20password%3D%22123456%22%2F%3E HTTP/1.1\r\n"
        b"Host: x:1\r\n\r\n"
    )


def test_a_payload_never_exceeds_the_gateways_limit() -> None:
    # References or percent-encoding would exceed it.
    content = "一" * (QUERY_BYTES // 3) + "【签名】"
    long = Request("1", "2", tuple(Submit("3", content) for _ in range(7)))
    assert PAYLOAD_BYTES * 7 // 8 < len(requests.render(long)) <= PAYLOAD_BYTES

    @settings(max_examples=max(5, settings().max_examples // 5))
    @given(strategies.payloads(long))
    def holds(raw: RawRequest) -> None:
        assert raw.query == b""
        assert _read(raw, Operation.SEND) == long

    holds()
