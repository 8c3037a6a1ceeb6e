"""Heads and bodies: what HTTP does not allow, and what is too long, is refused early (RFC 9112)."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from harness import http as raw
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.body import BODY_BYTES, Chunked, Counted, Framing
from ccell_mock_server.http.head import HEAD_BYTES, BadRequestError, parse

INFO = '<root userid="200001" password="123456"></root>'
PATH = Operation.INFO.path
POST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n"
CHUNKS = f"{len(INFO):x}\r\n{INFO}\r\n0\r\n\r\n"
TOKEN = "open sesame"


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator(server={"control_token": TOKEN}) as running:
        yield running


@pytest.mark.parametrize(
    "fields",
    [
        f"Content-Length: {len(INFO)}\r\nContent-Length: {len(INFO) + 1}",
        f"Content-Length: {len(INFO)}, 3",
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length: 1_0",
        "Content-Length: 0x10",
        "Content-Length:",
        "Content-Length: 9999999999999999999",
        f"Content-Length: {len(INFO)}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding:",
        f"Content-Length : {len(INFO)}",
        f"Content-Length\x0b: {len(INFO)}",
        f"X: 1\r\n Content-Length: {len(INFO)}",
        f"X: 1\rContent-Length: {len(INFO)}",
        "X: \0",
        "Host: y",
        ": x",
        "X",
    ],
)
def test_an_ambiguous_head_is_refused_and_ends_the_connection(served: Emulator, fields: str) -> None:
    body = CHUNKS if "chunked" in fields else INFO
    with raw.connect(served.url) as connection:
        connection.sendall(f"{POST}{fields}\r\n\r\n{body}".encode())
        assert raw.receive(connection).status == 400
        assert connection.recv(1) == b""


@pytest.mark.parametrize("fields", [f"Content-Length: {len(INFO)}\r\nContent-Length: {len(INFO)}", "X: 1\r\nX: 2"])
def test_equal_lengths_and_other_repeated_fields_are_accepted(served: Emulator, fields: str) -> None:
    length = "" if "Content-Length" in fields else f"\r\nContent-Length: {len(INFO)}"
    assert b'return="0"' in raw.exchange(served.url, f"{POST}{fields}{length}\r\n\r\n{INFO}".encode()).body


@pytest.mark.parametrize(
    "field", ["Content_Length: 3", "Transfer_Encoding: chunked", "Content_Type: multipart/form-data"]
)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_field_with_an_underscore_is_ignored(served: Emulator, field: str, *, is_first: bool) -> None:
    fields = [f"Content-Length: {len(INFO)}", field]
    head = "\r\n".join(reversed(fields) if is_first else fields)
    assert b'return="0"' in raw.exchange(served.url, f"{POST}{head}\r\n\r\n{INFO}".encode()).body


@pytest.mark.parametrize("size", ["-5", "+5", "0x5", "5_0", " 5", "g", "", "5;\r", "5" * 16])
def test_a_malformed_size_of_a_chunk_is_refused(served: Emulator, size: str) -> None:
    answer = raw.exchange(served.url, f"{POST}Transfer-Encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n\r\n".encode())
    assert (answer.status, answer.body) == (400, b"The chunks of the body are malformed.\n")


def test_a_long_body_is_refused_at_the_head(served: Emulator) -> None:
    answer = raw.exchange(served.url, f"{POST}Content-Length: {BODY_BYTES + 1}\r\n\r\n".encode())
    assert (answer.status, answer.body) == (413, f"The body is longer than {BODY_BYTES} bytes.\n".encode())


def test_a_long_chunk_is_refused_at_the_limit(served: Emulator) -> None:
    head = f"{POST}Transfer-Encoding: chunked\r\n\r\n{2**30:x}\r\n".encode()
    # The rest of the gibibyte is never sent.
    assert raw.exchange(served.url, head + b" " * (BODY_BYTES + 1)).status == 413


def test_a_long_head_is_refused(served: Emulator) -> None:
    assert raw.exchange(served.url, b"GET /?" + b"x" * HEAD_BYTES).status == 431


@pytest.mark.parametrize("length", [BODY_BYTES + 1, 2**30])
@pytest.mark.parametrize(("method", "path"), [("PUT", "state"), ("POST", "accounts")])
def test_the_control_api_refuses_a_wrong_token_before_a_long_body(
    served: Emulator, method: str, path: str, length: int
) -> None:
    head = f"{method} /_ccell/v1/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = raw.exchange(served.url, f"{head}Content-Length: {length}\r\n\r\n".encode())
    assert (answer.status, answer.headers["connection"]) == (401, "close")


def test_the_control_api_refuses_a_body_over_the_longest_snapshot_at_the_head(served: Emulator) -> None:
    head = f"PUT /_ccell/v1/state HTTP/1.1\r\nHost: x\r\nContent-Length: {2**30 + 1}\r\n\r\n"
    assert raw.exchange(served.url, head.encode()).status == 413


def test_a_client_can_read_a_refusal_while_it_sends(served: Emulator) -> None:
    size = 64 * 1024 * 1024
    with raw.connect(served.url) as connection:
        connection.sendall(f"{POST}Content-Length: {size}\r\n\r\n".encode() + b" " * (BODY_BYTES // 2))
        assert raw.receive(connection).status == 413


def test_a_long_body_with_the_token_is_read(served: Emulator) -> None:
    text = json.dumps({"name": "x" * BODY_BYTES}).encode()
    header = (f"Authorization: Bearer {TOKEN}", "Content-Type: application/vnd.sqlite3")
    head = "PUT /_ccell/v1/state HTTP/1.1\r\nHost: x\r\n" + "\r\n".join(header)
    counted = f"{head}\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text
    chunked = f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n{len(text):x}\r\n".encode() + text + b"\r\n0\r\n\r\n"
    for request in (counted, chunked):
        assert raw.exchange(served.url, request).status == 422


def _taken(framing: Framing, data: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    """Return the content and the rest of data that arrives in pieces."""
    content, received, start = b"", bytearray(), 0
    for end in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        received += data[start:end]
        content += framing.take(received)
        start = end
    assert framing.is_finished
    return content, bytes(received)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=20)),
    rest=st.binary(max_size=5),
    cuts=st.lists(st.integers(0, 10_000)),
)
def test_a_body_is_the_same_however_it_arrives(chunks: list[bytes], rest: bytes, cuts: list[int]) -> None:
    content = b"".join(chunks)
    framed = b"".join(b"%x;x=1\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nX: 1\r\n\r\n"
    assert _taken(Chunked(), framed + rest, cuts) == (content, rest)
    assert _taken(Counted(len(content)), content + rest, cuts) == (content, rest)


@given(st.binary())
def test_any_head_is_parsed_or_refused(fields: bytes) -> None:
    line = b"GET / HTTP/1.1\r\n"
    with suppress(BadRequestError):
        assert parse(line + fields + b"\r\n\r\n").line == line
