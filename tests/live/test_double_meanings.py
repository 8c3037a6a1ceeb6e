"""What a gateway might read otherwise than we do does not pass: who knows what it would cost."""

import gzip
import socket
from hashlib import md5
from pathlib import Path
from urllib.parse import quote

import pytest
from harness import http, scripted
from harness.relays import OWN, USERID, relay

from ccell_fake.model import Operation
from ccell_fake.stateful import Withheld

PASSWORD, NOBODY = "secret-of-the-account", "12000000000"
DIGEST = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
SPELT = "&#115;ecret-of-the-account"
ROOT = f'<root userid="{USERID}" password="{PASSWORD}">'


def _submit(phone: str) -> str:
    return f'<submit phone="{phone}" content="您的验证码是123456。【签名】"/>'


ELSE = _submit("13700000000")
TO_NOBODY = f"{ROOT}{_submit(NOBODY)}</root>"
SOMEBODY = f"{ROOT}{ELSE}</root>"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(SOMEBODY.encode()), ("Content-Encoding: gzip",)),
        (TO_NOBODY.encode(), ("Content-Encoding: br",)),
        (f"{ROOT}<batch>{ELSE}</batch></root>".encode(), ()),
        (SOMEBODY.replace("<submit", '<submit xmlns="x"').encode(), ()),
        (SOMEBODY.replace("<submit", "<Submit").encode(), ()),
        (SOMEBODY.replace("phone", "Phone").encode(), ()),
        (f"{ROOT}{_submit(NOBODY)[:-2]}>{ELSE}</submit></root>".encode(), ()),
        (f"{ROOT}<submit><phone>13700000000</phone><content>【签名】</content></submit></root>".encode(), ()),
        (f"{ROOT}<!-- {ELSE} --></root>".encode(), ()),
        (f"{ROOT}<![CDATA[{ELSE}]]></root>".encode(), ()),
        (f"{ROOT}<?more {ELSE}?></root>".encode(), ()),
        (f'<?xml version="1.0" encoding="hz"?>{ROOT}{_submit("~{13700000000~}")}</root>'.encode(), ()),
        (f'<?xml version="1.0" encoding="utf-7"?>{ROOT}{_submit("+13700000000-")}</root>'.encode(), ()),
        (SOMEBODY.replace("</root>", "").replace(PASSWORD, SPELT).encode(), ()),
        (SOMEBODY.encode(), ("Content-Type: multipart/form-data; boundary=x",)),
        (b"xml=" + quote(SOMEBODY.replace(PASSWORD, SPELT)).encode(), ()),
        (quote(quote(SOMEBODY.replace(PASSWORD, SPELT))).encode(), ()),
        (TO_NOBODY.replace("【", quote(f'"/>{ELSE}<submit phone="" content="')).encode(), ()),
        (SOMEBODY.replace(USERID, f" {USERID} ").encode(), ()),
        (SOMEBODY.replace(USERID, "200002").encode(), ()),
        (SOMEBODY.replace(PASSWORD, f"{PASSWORD} ").encode(), ()),
        (SOMEBODY.replace(PASSWORD, DIGEST.upper()).encode(), ()),
        (SOMEBODY.replace(PASSWORD, DIGEST).encode(), ()),
        (SOMEBODY.replace("1370", "+86 1370").encode(), ()),
        (SOMEBODY.replace("1370", "1370 ").encode(), ()),
        (TO_NOBODY.replace("【", quote(f'"/><batch>{ELSE}</batch><submit phone="" content="')).encode(), ()),
        (SOMEBODY.replace("13700000000", f"{OWN},13700000000").encode(), ()),
        (b"\xff\xfe" + SOMEBODY.encode("utf-16-le"), ()),
        (TO_NOBODY.encode("utf-16"), ()),
        (SOMEBODY.encode("utf-32"), ()),
    ],
)
def test_a_send_that_may_be_read_otherwise_does_not_pass(tmp_path: Path, body: bytes, headers: tuple[str, ...]) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (between, url):
        assert http.post(url, Operation.SEND.path, body, *headers).status == 403
        with pytest.raises(Withheld, match="send was kept back"):
            list(between.passed())
    assert script.requests == []


def test_what_stands_behind_the_question_mark_of_a_body_does_not_pass(tmp_path: Path) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        assert http.post(url, f"{Operation.SEND.path}?{quote(SOMEBODY)}", TO_NOBODY.encode()).status == 403
    assert script.requests == []


def _post(body: str, *headers: str) -> bytes:
    head = "\r\n".join([f"POST {Operation.SEND.path} HTTP/1.1", "Host: 127.0.0.1", *headers])
    return f"{head}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    "sent",
    [
        _post(SOMEBODY, f"Content-Length: {len(SOMEBODY.encode())}") * 2,
        _post(f"{len(SOMEBODY.encode()):x}\r\n{SOMEBODY}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        _post(
            f"0\r\n\r\n{_post(SOMEBODY, f'Content-Length: {len(SOMEBODY.encode())}').decode()}",
            "Transfer-Encoding: chunked",
        ),
        _post(f"0\r\n\r\n{SOMEBODY}", "Transfer-Encoding: chunked", f"Content-Length: {len(SOMEBODY.encode()) + 5}"),
        _post(SOMEBODY, f"Content-Length: {len(SOMEBODY.encode())}").replace(b"POST", b"GET"),
        _post("", "Content-Length: 0").replace(b".jsp", b".jsp?" + quote(SOMEBODY).encode()),
        _post(SOMEBODY, f"Content-Length: {len(SOMEBODY.encode())}").replace(b"xmlapi/", b"xmlapi//"),
    ],
    ids=[
        "pipelined",
        "chunked",
        "behind a chunked one",
        "of two lengths",
        "GET with a body",
        "POST with a query",
        "W5",
    ],
)
def test_however_it_is_framed_no_send_to_somebody_else_passes(tmp_path: Path, sent: bytes) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        with http.connect(url) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            answered = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b" 403 " in answered or b" 400 " in answered
    assert script.requests == []


@pytest.mark.parametrize("userid", ["200002", f" {USERID}"])
@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_the_queues_of_other_accounts_are_not_drained(tmp_path: Path, operation: Operation, userid: str) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        body = f'<root userid="{userid}" password="{PASSWORD}"/>'
        assert http.post(url, operation.path, body.encode()).status == 403
    assert script.requests == []
