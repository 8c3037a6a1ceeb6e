"""The recorder forwards everything unchanged, only to the upstream, and writes no secrets."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import http, scripted
from harness.emulators import CONTENT, PHONE, emulator
from harness.processes import free_port

from ccell_fake.client import Client
from ccell_fake.clock import SystemClock
from ccell_fake.model import Operation
from ccell_fake.transcripts import Ending, Exchange, Redaction, Writer, read
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.proxy.recorder import Recorder
from ccell_mock_server.proxy.upstream import Upstream, UpstreamError, encode_target, is_control_path, parse_upstream

PATH = Operation.SEND.path
INFO = b'<root userid="200001" password="123456"/>'


@contextmanager
def recording(path: Path, upstream: str, **options: Any) -> Generator[str]:
    """Run a recorder in front of a gateway, and yield its address."""
    clock = SystemClock()
    gateway = Upstream(upstream, **options)
    with Writer(path, clock.now()) as writer, HttpServer(Recorder(gateway, writer, Redaction(), clock)) as server:
        yield server.url
    gateway.close()


def recorded(path: Path) -> tuple[Exchange, ...]:
    """Read the exchanges of the only run."""
    (run,) = read(path).runs
    return run.exchanges


def test_a_client_gets_the_answers_and_no_secret_is_written(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with emulator() as served, recording(path, served.url) as url, Client(url, "200001", "123456") as client:
        sent = client.send([PHONE, "12000001111"], CONTENT, linkid=f"order-{PHONE}")
        assert [report.msgid for report in client.reports()] == [sent.resps[0].msgid]
        assert client.info().riches == 99999
    text = path.read_text("utf-8")
    for secret in ("200001", '"123456', PHONE, "12000001111"):
        assert secret not in text
    assert [one.operation for one in recorded(path)] == [
        Operation.SEND,
        Operation.REPORT,
        Operation.REPORT,
        Operation.INFO,
    ]
    assert sent.resps[0].msgid in text


def test_a_web_page_of_another_site_cannot_use_the_recorder(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with scripted.server(scripted.answer("<root/>")) as script, recording(path, script.url) as url:
        assert http.post(url, PATH, INFO, "Sec-Fetch-Site: cross-site").status == 403
        assert script.requests == []
    assert recorded(path) == ()


@pytest.mark.parametrize(
    "target",
    [
        PATH.encode() + b'?<root userid="200001" password="123456"></root>',
        PATH.replace("xmlapi/", "xmlapi//").encode() + b"?%3Croot+userid%3D%22200001%22%2f%3E",
        PATH.encode() + '?<root name="名"/>'.encode(),
        PATH.encode() + b"?x%2Fy+z",
        b"/elsewhere?a=b",
    ],
)
def test_a_request_is_forwarded_unchanged(tmp_path: Path, target: bytes) -> None:
    path = tmp_path / "t"
    with scripted.server(scripted.answer("<root/>")) as script, recording(path, script.url) as url:
        assert http.get(url, target, "X-Mine: 1").body == b"<root/>"
    head = script.requests[0].lower().split(b"\r\n")
    assert head[0] == b"get " + encode_target(target).lower() + b" http/1.1"
    assert b"x-mine: 1" in head
    (exchange,) = recorded(path)
    assert len(exchange.query) == len(Redaction().data(target.partition(b"?")[2], is_query=True))


def test_only_unsendable_bytes_of_a_target_are_encoded() -> None:
    assert encode_target('/x?<a b="%2F+名">#'.encode()) == b'/x?<a%20b="%2F+%E5%90%8D">%23'


@pytest.mark.parametrize("body", [b"", b"\xff\x00<", "您好".encode() * 5000])
@pytest.mark.parametrize("header", ["Content-Type: text/xml", "X-None: 1"])
def test_bodies_are_forwarded_unchanged_both_ways(tmp_path: Path, body: bytes, header: str) -> None:
    act = scripted.answer(body, "418 Odd", "a/b", "X-CCell-Rule: S1")
    with scripted.server(act) as script, recording(tmp_path / "t", script.url) as url:
        answer = http.post(url, PATH, body, header)
    assert (answer.status, answer.body) == (418, body)
    assert (answer.headers["content-type"], answer.headers["x-ccell-rule"]) == ("a/b", "S1")
    assert script.requests[0].partition(b"\r\n\r\n")[2] == body
    assert (b"content-type" in script.requests[0].lower()) == header.startswith("Content-Type")
    (exchange,) = recorded(tmp_path / "t")
    assert (exchange.status, exchange.body, exchange.answer) == (418, body, body)


def test_hop_by_hop_headers_are_not_forwarded(tmp_path: Path) -> None:
    act = scripted.answer("x", "200 OK", "a/b", "Keep-Alive: timeout=1", "Proxy-Authenticate: Basic")
    with scripted.server(act) as script, recording(tmp_path / "t", script.url) as url:
        answer = http.get(url, b"/x", "Proxy-Authorization: Basic eA==", "TE: trailers", "Upgrade: h2c")
    assert not {"keep-alive", "proxy-authenticate"} & answer.headers.keys()
    for name in (b"proxy-authorization", b"\nte:", b"upgrade"):
        assert name not in script.requests[0].lower()


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    act = scripted.answer("", "302 Found", "text/plain", "Location: http://127.0.0.1:1/")
    with scripted.server(act) as script, recording(tmp_path / "t", script.url) as url:
        assert http.get(url, b"/x").status == 302
    assert len(script.requests) == 1


def test_a_compressed_answer_is_written_decompressed(tmp_path: Path) -> None:
    data = gzip.compress(f'<root phone="{PHONE}"/>'.encode())
    act = scripted.answer(data, "200 OK", "text/xml", "Content-Encoding: gzip")
    with scripted.server(act) as script, recording(tmp_path / "t", script.url) as url:
        assert http.get(url, b"/x", "Accept-Encoding: gzip").body == data
    assert b"identity" in script.requests[0]
    (exchange,) = recorded(tmp_path / "t")
    assert exchange.answer.startswith(b'<root phone="138')
    assert PHONE.encode() not in exchange.answer


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_body_that_cannot_be_decompressed_is_left_out(tmp_path: Path, encoding: str) -> None:
    act = scripted.answer("geheim77", "200 OK", "text/xml", f"Content-Encoding: {encoding}")
    with scripted.server(act) as script, recording(tmp_path / "t", script.url) as url:
        assert http.post(url, "/x", b"geheim78", "Content-Encoding: gzip").body == b"geheim77"
    (exchange,) = recorded(tmp_path / "t")
    assert (exchange.body, exchange.answer) == (b"", b"")
    assert exchange.reason.count("left out") == 2
    assert "geheim" not in (tmp_path / "t").read_text()


@pytest.mark.parametrize(
    ("act", "ending"),
    [
        (scripted.hang_up, Ending.LOST),
        (scripted.broken_off("<root/>"), Ending.LOST),
        (scripted.silence, Ending.TIMED_OUT),
    ],
)
def test_a_missing_answer_is_reported_and_not_retried(tmp_path: Path, act: scripted.Act, ending: Ending) -> None:
    timeout = 0.3 if ending is Ending.TIMED_OUT else 30
    with scripted.server(act) as script, recording(tmp_path / "t", script.url, timeout=timeout) as url:
        answer = http.post(url, PATH, INFO)
    assert (answer.status, len(script.requests)) == (502, 1)
    assert ending.value in answer.body.decode()
    (exchange,) = recorded(tmp_path / "t")
    assert (exchange.ending, exchange.status) == (ending, None)
    assert exchange.reason


def test_an_unreachable_gateway_is_reported(tmp_path: Path) -> None:
    with recording(tmp_path / "t", f"http://127.0.0.1:{free_port()}") as url:
        assert http.post(url, PATH, INFO).status == 502
    (exchange,) = recorded(tmp_path / "t")
    assert exchange.ending is Ending.UNREACHABLE


@pytest.mark.parametrize(
    "path",
    [
        "/_ccell/v1/accounts",
        "/_ccell",
        "//_ccell/livez",
        "/%5Fccell/livez",
        "/a/../_ccell/x",
        "/%255fccell/",
        "/_CCELL/x",
    ],
)
def test_the_control_api_is_not_reachable(tmp_path: Path, path: str) -> None:
    with scripted.server() as script, recording(tmp_path / "t", script.url) as url:
        assert http.get(url, path.encode()).status == 404
    assert script.requests == []
    assert recorded(tmp_path / "t") == ()
    assert is_control_path(path.encode())


def test_clients_do_not_wait_for_each_other(tmp_path: Path) -> None:
    barrier = threading.Barrier(2, timeout=60)
    statuses: list[int] = []

    def together(connection: Any) -> bool:
        barrier.wait()
        return scripted.answer("<root/>")(connection)

    with scripted.server(together, together) as script, recording(tmp_path / "t", script.url) as url:
        threads = [
            threading.Thread(target=lambda: statuses.append(http.post(url, PATH, INFO).status)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert statuses == [200, 200]
    assert [one.number for one in recorded(tmp_path / "t")] == [1, 2]


def test_tls_certificates_are_always_verified(tmp_path: Path) -> None:
    with emulator(server={"tls": True}) as served:
        assert served.certificate
        with recording(tmp_path / "t", served.url, cacert=served.certificate.authority) as url:
            assert b"200001" in http.post(url, Operation.INFO.path, INFO).body
        with recording(tmp_path / "u", served.url) as url:
            assert http.post(url, Operation.INFO.path, INFO).status == 502
    (exchange,) = recorded(tmp_path / "u")
    assert "CERTIFICATE_VERIFY_FAILED" in exchange.reason
    assert exchange.ending is Ending.UNREACHABLE


def test_proxies_of_the_environment_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    with scripted.server(scripted.answer("<root/>")) as script, recording(tmp_path / "t", script.url) as url:
        assert http.post(url, PATH, INFO).status == 200


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://sms.example.com", "--allow-host sms.example.com"),
        ("https://allowed.example.com.evil.example", "--allow-host"),
        ("https://sub.allowed.example.com", "--allow-host"),
        ("http://127.0.0.1.nip.example", "--allow-host"),
        ("http://127.0.0.1@evil.example", "only scheme, host, port and path"),
        ("http://evil.example#@127.0.0.1", "only scheme, host, port and path"),
        ("http://127.0.0.1:1/?x", "only scheme, host, port and path"),
        ("ftp://127.0.0.1", "must be an address"),
        ("127.0.0.1:8026", "must be an address"),
        ("http://127.0.0.1:99999", "must be an address"),
        ("http://[::1", "must be an address"),
        ("http://127.0.0.1:8026/_ccell/v1", "control API"),
    ],
)
def test_an_upstream_that_is_not_allowed_is_refused(url: str, what: str) -> None:
    with pytest.raises(UpstreamError, match=what):
        Upstream(url, ["allowed.example.com"])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://allowed.example.com:8443/base/", "allowed.example.com"),
        ("http://localhost:1", "localhost"),
        ("http://[::1]:1", "::1"),
        ("http://127.8.9.1", "127.8.9.1"),
    ],
)
def test_loopback_and_exactly_named_hosts_are_allowed(url: str, host: str) -> None:
    assert parse_upstream(url, ["allowed.example.com"]).hostname == host


def test_an_invalid_certificate_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    with pytest.raises(UpstreamError, match=r"ca\.pem"):
        Upstream("https://127.0.0.1", cacert=tmp_path / "ca.pem")
