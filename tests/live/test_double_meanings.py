"""Requests that a gateway may decode differently are withheld, because they could cost anything."""

import gzip
import socket
from hashlib import md5
from pathlib import Path
from urllib.parse import quote

import pytest
from harness import http, scripted
from harness.relays import OWN, USERID, relay

from ccell_fake.model import JSON_PATH, Operation, Request, Submit
from ccell_fake.signing import sign
from ccell_fake.stateful import Withheld
from ccell_fake.wire import json_requests

PASSWORD, NOBODY = "secret-of-the-account", "12000000000"
DIGEST = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
SPELT = "&#115;ecret-of-the-account"
ROOT = f'<root userid="{USERID}" password="{PASSWORD}">'


def _submit(phone: str) -> str:
    return f'<submit phone="{phone}" content="您的验证码是123456。【签名】"/>'


OTHER = _submit("13700000000")
TO_NOBODY = f"{ROOT}{_submit(NOBODY)}</root>"
TO_OTHER = f"{ROOT}{OTHER}</root>"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(TO_OTHER.encode()), ("Content-Encoding: gzip",)),
        (TO_NOBODY.encode(), ("Content-Encoding: br",)),
        (f"{ROOT}<batch>{OTHER}</batch></root>".encode(), ()),
        (TO_OTHER.replace("<submit", '<submit xmlns="x"').encode(), ()),
        (TO_OTHER.replace("<submit", "<Submit").encode(), ()),
        (TO_OTHER.replace("phone", "Phone").encode(), ()),
        (f"{ROOT}{_submit(NOBODY)[:-2]}>{OTHER}</submit></root>".encode(), ()),
        (f"{ROOT}<submit><phone>13700000000</phone><content>【签名】</content></submit></root>".encode(), ()),
        (f"{ROOT}<!-- {OTHER} --></root>".encode(), ()),
        (f"{ROOT}<![CDATA[{OTHER}]]></root>".encode(), ()),
        (f"{ROOT}<?more {OTHER}?></root>".encode(), ()),
        (f'<?xml version="1.0" encoding="hz"?>{ROOT}{_submit("~{13700000000~}")}</root>'.encode(), ()),
        (f'<?xml version="1.0" encoding="utf-7"?>{ROOT}{_submit("+13700000000-")}</root>'.encode(), ()),
        (TO_OTHER.replace("</root>", "").replace(PASSWORD, SPELT).encode(), ()),
        (TO_OTHER.encode(), ("Content-Type: multipart/form-data; boundary=x",)),
        (b"xml=" + quote(TO_OTHER.replace(PASSWORD, SPELT)).encode(), ()),
        (quote(quote(TO_OTHER.replace(PASSWORD, SPELT))).encode(), ()),
        (TO_NOBODY.replace("【", quote(f'"/>{OTHER}<submit phone="" content="')).encode(), ()),
        (TO_OTHER.replace(USERID, f" {USERID} ").encode(), ()),
        (TO_OTHER.replace(USERID, "200002").encode(), ()),
        (TO_OTHER.replace(PASSWORD, f"{PASSWORD} ").encode(), ()),
        (TO_OTHER.replace(PASSWORD, DIGEST.upper()).encode(), ()),
        (TO_OTHER.replace(PASSWORD, DIGEST).encode(), ()),
        (TO_OTHER.replace("1370", "+86 1370").encode(), ()),
        (TO_OTHER.replace("1370", "1370 ").encode(), ()),
        (TO_NOBODY.replace("【", quote(f'"/><batch>{OTHER}</batch><submit phone="" content="')).encode(), ()),
        (TO_OTHER.replace("13700000000", f"{OWN},13700000000").encode(), ()),
        (b"\xff\xfe" + TO_OTHER.encode("utf-16-le"), ()),
        (TO_NOBODY.encode("utf-16"), ()),
        (TO_OTHER.encode("utf-32"), ()),
    ],
)
def test_an_ambiguous_send_is_withheld(tmp_path: Path, body: bytes, headers: tuple[str, ...]) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (between, url):
        assert http.post(url, Operation.SEND.path, body, *headers).status == 403
        with pytest.raises(Withheld, match="send was withheld"):
            list(between.requests())
    assert script.requests == []


CALL = json_requests.render(
    Operation.SEND, Request(USERID, PASSWORD, (Submit(NOBODY, "您的验证码是123456。【签名】"),))
)
OTHER_CALL = CALL.replace(NOBODY.encode(), b"13700000000")
SEQID = "261126120000000001"


def _signed(sign: str, password: str | None = None) -> bytes:
    submits = (Submit("13700000000", "您的验证码是123456。【签名】"),)
    return json_requests.render(Operation.SEND, Request(USERID, password, submits, SEQID, sign))


@pytest.mark.parametrize(
    "body",
    [
        OTHER_CALL,
        CALL.replace(b'"phone":', b'"phone":"13700000000","phone":'),
        CALL.replace(b'"phone":', b'"Phone":"13700000000","phone":'),
        CALL.replace(b'"submit":', b'"submit":[],"submit":'),
        CALL.replace(b'"method":', b'"method":"info","method":'),
        CALL.replace(b'"method":"send"', b'"method":"sendAll"'),
        CALL.replace(b'"method":"send"', b'"method":"info"'),
        CALL.replace(b'"params":', b'"params":' + OTHER_CALL.partition(b'"params":')[2][:-1] + b',"params":'),
        CALL.replace(b'"', b"'"),
        CALL.decode().encode("gbk"),
        CALL[:-1],
        b"[" + OTHER_CALL + b"]",
        CALL + OTHER_CALL,
        quote(quote(OTHER_CALL)).encode(),
        CALL.replace("【".encode(), quote('"},{"phone":"13700000000","content":"').encode()),
        OTHER_CALL.replace(USERID.encode(), b"200002"),
        OTHER_CALL.replace(PASSWORD.encode(), DIGEST.upper().encode()),
        OTHER_CALL.replace(b'"1370', b'"+86 1370'),
        OTHER_CALL.replace(b'"13700000000"', b"13700000000"),
        OTHER_CALL.replace(b'"13700000000"', b'["13700000000"]'),
        _signed(sign(SEQID, PASSWORD)),
        _signed(sign(SEQID, PASSWORD).upper()),
        _signed(sign(SEQID, PASSWORD), "no-such-password"),
        _signed("0" * 32),
        _signed("0" * 32, PASSWORD),
        TO_OTHER.encode(),
        b"",
    ],
)
def test_an_ambiguous_call_is_withheld(tmp_path: Path, body: bytes) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (between, url):
        assert http.post(url, JSON_PATH, body).status == 403
        with pytest.raises(Withheld, match="withheld"):
            list(between.requests())
    assert script.requests == []


@pytest.mark.parametrize("credential", [f'sign="{"0" * 32}"', f'sign="{"0" * 32}" password="{PASSWORD}"'])
def test_a_signed_send_with_a_wrong_sign_is_withheld(tmp_path: Path, credential: str) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        body = f'<root userid="{USERID}" seqid="{SEQID}" {credential}>{_submit(NOBODY)}</root>'
        assert http.post(url, Operation.SEND.path, body.encode()).status == 403
    assert script.requests == []


def test_a_body_with_a_query_is_withheld(tmp_path: Path) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        assert http.post(url, f"{Operation.SEND.path}?{quote(TO_OTHER)}", TO_NOBODY.encode()).status == 403
    assert script.requests == []


def _post(body: str, *headers: str) -> bytes:
    head = "\r\n".join([f"POST {Operation.SEND.path} HTTP/1.1", "Host: 127.0.0.1", *headers])
    return f"{head}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    "sent",
    [
        _post(TO_OTHER, f"Content-Length: {len(TO_OTHER.encode())}") * 2,
        _post(f"{len(TO_OTHER.encode()):x}\r\n{TO_OTHER}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        _post(
            f"0\r\n\r\n{_post(TO_OTHER, f'Content-Length: {len(TO_OTHER.encode())}').decode()}",
            "Transfer-Encoding: chunked",
        ),
        _post(f"0\r\n\r\n{TO_OTHER}", "Transfer-Encoding: chunked", f"Content-Length: {len(TO_OTHER.encode()) + 5}"),
        _post(TO_OTHER, f"Content-Length: {len(TO_OTHER.encode())}").replace(b"POST", b"GET"),
        _post("", "Content-Length: 0").replace(b".jsp", b".jsp?" + quote(TO_OTHER).encode()),
        _post(TO_OTHER, f"Content-Length: {len(TO_OTHER.encode())}").replace(b"xmlapi/", b"xmlapi//"),
    ],
    ids=[
        "pipelined",
        "chunked",
        "after a chunked one",
        "two lengths",
        "GET with a body",
        "POST with a query",
        "W5",
    ],
)
def test_a_send_to_another_number_is_withheld_in_any_framing(tmp_path: Path, sent: bytes) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        with http.connect(url) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            answered = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b" 403 " in answered or b" 400 " in answered
    assert script.requests == []


@pytest.mark.parametrize("userid", ["200002", f" {USERID}"])
@pytest.mark.parametrize("operation", [Operation.REPORT, Operation.UPMSG])
def test_reports_and_upmsgs_of_other_accounts_are_not_fetched(
    tmp_path: Path, operation: Operation, userid: str
) -> None:
    with scripted.server() as script, relay(script.url, PASSWORD, tmp_path) as (_, url):
        body = f'<root userid="{userid}" password="{PASSWORD}"/>'
        assert http.post(url, operation.path, body.encode()).status == 403
    assert script.requests == []
