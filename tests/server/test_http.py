"""HTTP with all kinds of clients: methods, bodies, request lines, connections (T1, T4, W1 to W7, W14, W15)."""

import http.client
import json
import logging
import re
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx2
import pytest
from harness import http as raw
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.faults import HttpFault
from ccell_fake.limits import PAYLOAD_BYTES, QUERY_BYTES
from ccell_fake.model import Operation, Reply
from ccell_fake.wire import replies
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator

INFO = '<root userid="200001" password="123456"></root>'
PATH = Operation.INFO.path


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


@pytest.fixture(scope="module")
def any_length() -> Iterator[Emulator]:
    with emulator(assumptions={"Q58": "any"}) as running:
        yield running


def _code(answer: raw.RawAnswer, operation: Operation = Operation.INFO) -> str:
    assert answer.status == 200
    return replies.parse(operation, answer.body).code


def _is_answered(answer: raw.RawAnswer) -> bool:
    return _code(answer) == "0"


@pytest.mark.parametrize("operation", Operation)
def test_get_and_post_get_the_same_answer(served: Emulator, operation: Operation) -> None:
    body = INFO.replace("</root>", '<submit phone="1" content="x"/></root>').encode()
    posted = raw.post(served.url, operation.path, body)
    got = raw.get(served.url, f"{operation.path}?{quote(body)}".encode())
    assert _code(posted, operation) == _code(got, operation) == "0"
    assert posted.headers["content-type"] == got.headers["content-type"] == replies.CONTENT_TYPE


@pytest.mark.parametrize("content_type", ["text/xml", "application/x-www-form-urlencoded", "text/plain", None])
@pytest.mark.parametrize("encode", [str, quote, quote_plus])
def test_a_body_of_any_content_type_is_read(served: Emulator, content_type: str | None, encode: Any) -> None:
    headers = [] if content_type is None else [f"Content-Type: {content_type}"]
    assert _is_answered(raw.post(served.url, PATH, encode(INFO).encode(), *headers))


def test_multipart_is_refused_with_a_status_code(served: Emulator) -> None:
    answer = raw.post(served.url, PATH, b"--x\r\n", "Content-Type: multipart/form-data; boundary=x")
    assert _code(answer) == Code.PARAMETERS_INCOMPLETE
    assert answer.headers["x-ccell-basis"] == "documented T4"


def test_the_query_of_an_empty_post_is_read(served: Emulator) -> None:
    assert _is_answered(raw.post(served.url, f"{PATH}?{quote(INFO)}", b""))


def test_a_doubled_slash_is_accepted(served: Emulator) -> None:
    for path in ("/sms3_api/xmlapi//info.jsp", "//sms3_api/xmlapi/info.jsp"):
        assert _is_answered(raw.get(served.url, f"{path}?{quote(INFO)}".encode()))
        assert _is_answered(raw.post(served.url, path, INFO.encode()))


def test_an_absolute_request_target_is_accepted(served: Emulator) -> None:
    assert _is_answered(raw.get(served.url, f"http://sms.ccell.cn{PATH}?{INFO}".encode()))


@pytest.mark.parametrize("chunks", [1, 7])
def test_a_chunked_body_is_accepted(served: Emulator, chunks: int) -> None:
    size = -(-len(INFO) // chunks)
    pieces = [INFO[start : start + size] for start in range(0, len(INFO), size)]
    body = "".join(f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces) + "0\r\n\r\n"
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert _is_answered(raw.exchange(served.url, (head + body).encode()))


@pytest.mark.parametrize("expected", ["100-continue", "100-Continue", "100-CONTINUE"])
def test_expect_100_continue_is_answered_before_the_body(served: Emulator, expected: str) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(INFO)}\r\nExpect: {expected}\r\n\r\n"
    with raw.connect(served.url) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(INFO.encode())
        assert _is_answered(raw.receive(connection))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("nothing\r\n\r\n", 400),
        (f"POST {PATH} HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    ],
    ids=["length", "two hosts", "no request", "version"],
)
def test_a_refused_request_is_told_that_the_connection_closes(served: Emulator, request_: str, status: int) -> None:
    answer = raw.exchange(served.url, request_.encode())
    assert (answer.status, answer.headers["connection"]) == (status, "close")


def test_a_connection_is_kept_for_many_requests(served: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.connect()
    kept = connection.sock
    for _ in range(20):
        connection.request("POST", PATH, INFO)
        assert b'return="0"' in connection.getresponse().read()
        connection.request("GET", f"{PATH}?{quote(INFO)}")
        assert b'return="0"' in connection.getresponse().read()
    assert connection.sock is kept
    connection.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused_with_the_known_paths(served: Emulator, method: str) -> None:
    answer = raw.exchange(served.url, f"{method} {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, POST"
    assert all(operation.path in answer.body.decode() for operation in Operation)


def test_a_head_fetches_no_reports(served: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request("HEAD", f"{Operation.REPORT.path}?{quote(INFO)}")
    answer = connection.getresponse()
    assert answer.status == 405
    connection.close()


@pytest.mark.parametrize("path", ["/", "/sms3_api/xmlapi/", "/sms3_api/xmlapi/balance.jsp", "/static/x"])
def test_an_unknown_path_is_answered_with_the_known_paths(served: Emulator, path: str) -> None:
    answer = raw.get(served.url, path.encode())
    assert answer.status == 404
    known = {line.strip() for line in answer.body.decode().splitlines()}
    assert {*(operation.path for operation in Operation), "/_ccell/"} <= known


def test_500_numbers_and_long_contents_fit_a_raw_query_of_any_length(any_length: Emulator) -> None:
    submits = "".join(
        f'<submit phone="{",".join(f"138{number:08d}" for number in range(start, start + 50))}" content="{"一" * 900}【签名】"/>'  # noqa: E501
        for start in range(0, 500, 50)
    )
    query = f'<root userid="200001" password="123456">{submits}</root>'.encode()
    answer = raw.get(any_length.url, Operation.SEND.path.encode() + b"?" + query)
    assert len(replies.parse(Operation.SEND, answer.body).items) == 500


def _padded(size: int) -> bytes:
    return INFO.encode() + b" " * (size - len(INFO))


@pytest.mark.parametrize("encode", [str, quote])
def test_a_query_of_any_length_has_at_most_256_kib(any_length: Emulator, encode: Any) -> None:
    # A comment of Chinese: raw, and at three times the length percent-encoded.
    filling = QUERY_BYTES - len(INFO) - len("<!---->")
    for surplus, code in ((0, "0"), (3, Code.PARAMETERS_INCOMPLETE)):
        comment = "一" * ((filling + surplus) // 3) + " " * ((filling + surplus) % 3)
        query = INFO.replace("><", f"><!--{comment}--><")
        assert len(query.encode()) == QUERY_BYTES + surplus
        assert _code(raw.get(any_length.url, f"{PATH}?{encode(query)}".encode())) == code


def test_a_body_of_two_mebibytes_is_accepted_and_a_longer_one_is_refused(served: Emulator) -> None:
    assert _is_answered(raw.post(served.url, PATH, _padded(PAYLOAD_BYTES)))
    assert _code(raw.post(served.url, PATH, _padded(PAYLOAD_BYTES + 1))) == Code.PARAMETERS_INCOMPLETE


def test_a_huge_body_is_refused_before_it_is_sent(served: Emulator) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {17 * 1024 * 1024}\r\n\r\n"
    assert raw.exchange(served.url, head.encode()).status == 413


def test_a_strict_server_says_what_to_encode() -> None:
    with emulator(server={"strict_http": True}) as served:
        for target, name in (
            (f"{PATH}?{INFO}", "holds <"),
            (f"{PATH}?a b", "holds a blank at byte 31"),
            (f"{PATH}?签", "holds the byte 0xe7"),
        ):
            answer = raw.get(served.url, target.encode())
            assert answer.status == 400
            assert name in answer.body.decode()
            assert "Percent-encode" in answer.body.decode()
        assert _is_answered(raw.get(served.url, f"{PATH}?{quote(INFO)}".encode()))


def test_an_invalid_request_line_is_a_bad_request(served: Emulator) -> None:
    for line in (b"hello", b"GET /", b"GET / HTTP/x", b"GET" + b" " * 40_000 + b"x"):
        assert raw.exchange(served.url, line + b"\r\n\r\n").status == 400


def test_a_request_line_may_have_many_blanks(served: Emulator) -> None:
    blanks = b" " * 40_000
    line = b"GET" + blanks + f"{PATH}?{INFO}".encode() + blanks + b"HTTP/1.1" + blanks
    assert _is_answered(raw.exchange(served.url, line + b"\r\nHost: x\r\n\r\n"))


def test_an_incomplete_body_submits_nothing(served: Emulator) -> None:
    body = INFO.replace("</root>", '<submit phone="13800000000" content="x【签名】"/></root>').encode()
    head = f"POST {Operation.SEND.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode()
    with raw.connect(served.url) as connection:
        connection.sendall(head + body)
        connection.shutdown(socket.SHUT_WR)
        assert _code(raw.receive(connection), Operation.SEND) == Code.PARAMETERS_INCOMPLETE


CHUNKED = "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "first",
    [
        f"POST {PATH} {CHUNKED}{len(INFO):x}\r\n{INFO}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        f"GET {PATH}?{quote(INFO)} {CHUNKED}5\r\nhello\r\n0\r\n\r\n",
        f"POST /nowhere {CHUNKED}5\r\nhello\r\n0\r\n\r\n",
        f"POST {PATH} {CHUNKED}{PAYLOAD_BYTES + 9:x}\r\n{' ' * (PAYLOAD_BYTES + 9)}\r\n0\r\n\r\n",
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {PAYLOAD_BYTES + 9}\r\n\r\n{' ' * (PAYLOAD_BYTES + 9)}",
    ],
    ids=["trailer", "get", "unknown path", "too long", "too long, of known length"],
)
def test_an_unread_rest_of_a_body_does_not_break_the_connection(served: Emulator, first: str) -> None:
    second = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(INFO)}\r\n\r\n{INFO}"
    with raw.connect(served.url) as connection:
        connection.sendall(first.encode())
        raw.receive(connection)
        connection.sendall(second.encode())
        assert _is_answered(raw.receive(connection))


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\n : x\r\n\r\n",
        "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /?< HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "hello\r\n\r\n",
    ],
)
def test_a_malformed_head_is_a_bad_request(head: str, *, is_strict: bool) -> None:
    with emulator(server={"strict_http": is_strict}) as served:
        assert raw.exchange(served.url, head.encode()).status == 400


def test_an_answer_names_the_rule_and_its_basis(served: Emulator) -> None:
    answer = raw.post(served.url, PATH, INFO.replace("123456", "x").encode())
    assert (answer.headers["x-ccell-rule"], answer.headers["x-ccell-basis"]) == ("password", "documented C1")


TABLE = {str(code) for code in Code}


@given(
    operation=st.sampled_from(Operation),
    method=st.sampled_from(["GET", "POST"]),
    query=st.binary(max_size=80),
    body=st.binary(max_size=80) | st.binary(max_size=40).map(lambda tail: b"<root userid='200001' " + tail),
    content_type=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
)
def test_any_bytes_are_answered_with_a_documented_code(
    operation: Operation, method: str, query: bytes, body: bytes, content_type: str
) -> None:
    with_client = _APPLICATION.app.test_client()
    answer = with_client.open(
        operation.path,
        method=method,
        query_string=query.decode("latin-1"),
        data=body,
        headers=[("Content-Type", content_type)],
    )
    assert answer.status_code == 200
    reply: Reply[Any] = replies.parse(operation, answer.data)
    assert reply.code in TABLE
    # The next request works.
    assert b'return="0"' in with_client.post(PATH, data=INFO).data


_APPLICATION = emulator(accounts=[{"userid": "200001", "password": "123456"}])


def test_a_fault_instead_of_an_answer_is_logged_without_a_code(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ccell_fake")
    with emulator() as served:
        fake.server(served).control.account("200001").add_fault(HttpFault(operation=Operation.REPORT))
        raw.post(served.url, Operation.REPORT.path, b'<root userid="200001" password="123456"/>')
    line = r"report answered without a code by arranged fault\n  fault \d+ \(http\) applied before"
    assert re.search(line, caplog.text)


def test_an_internal_error_is_answered_with_a_system_error(caplog: pytest.LogCaptureFixture) -> None:
    clock = BrokenClock()
    with emulator(clock) as broken:
        clock.is_broken = True
        answer = raw.post(broken.url, PATH, INFO.encode())
        assert (
            answer.body.decode()
            == '<?xml version="1.0" encoding="UTF-8"?><root return="1001999" info="接口系统错"></root>'
        )
        clock.is_broken = False
        assert _is_answered(raw.post(broken.url, PATH, INFO.encode()))
    assert "info failed" in caplog.text


class BrokenClock:
    """A clock that can stop working."""

    is_broken = False

    def now(self) -> datetime:
        if self.is_broken:
            raise OSError
        return DOCUMENT_DAY

    def elapsed(self) -> float:
        return 0.0


def test_the_ready_address_answers(served: Emulator) -> None:
    assert raw.get(served.url, b"/_ccell/readyz").body == b"ready\n"


@pytest.mark.parametrize("path", ["/_ccell/readyz", "/_ccell/livez"])
def test_a_health_check_may_use_head(served: Emulator, path: str) -> None:
    answer = httpx2.head(served.url + path)
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "6")
    assert httpx2.post(served.url + path).status_code == 405


def test_json_is_refused_with_a_reason(served: Emulator) -> None:
    assert _code(raw.post(served.url, PATH, json.dumps({"id": 1}).encode())) == Code.PARAMETERS_INCOMPLETE


@pytest.mark.parametrize("length", ["5" * 5000, " 12", "12", "-1", "x", ""])
def test_any_content_length_gets_an_answer_through_wsgi(length: str) -> None:
    with emulator() as served:
        client = served.app.test_client()
        answer = client.post(Operation.INFO.path, data=b"<a/>", headers={"Content-Length": length})
        assert answer.status_code == 200
