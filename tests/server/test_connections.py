"""Connections: silent, slow and many ones, at the limit of descriptors, and at a stop."""

import itertools
import logging
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from harness import http as raw
from harness.emulators import emulator, until

from ccell_fake.model import Operation
from ccell_mock_server.http.limits import Limits
from ccell_mock_server.http.server import HttpServer

INFO = '<root userid="200001" password="123456"></root>'
MANY = 400
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def _application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = body or b"here"
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


def _head(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


UNFINISHED = {
    "silent": b"",
    "part of a request line": b"GE",
    "part of a head": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "part of a body": _head(5) + b"ab",
    "part of a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
}


@pytest.mark.parametrize("start", UNFINISHED.values(), ids=UNFINISHED)
def test_connections_without_a_complete_request_keep_no_threads(start: bytes) -> None:
    before = threading.active_count()
    with ExitStack() as stack:
        server = stack.enter_context(HttpServer(_application))
        # More than the server has threads.
        for _ in range(MANY):
            stack.enter_context(raw.connect(server.url)).sendall(start)
        assert raw.get(server.url, b"/").body == b"here"
        assert threading.active_count() - before < 10


def test_a_request_may_arrive_byte_by_byte() -> None:
    with HttpServer(_application) as server, raw.connect(server.url) as connection:
        for byte in _head(5) + b"hello":
            connection.sendall(bytes([byte]))
        assert raw.receive(connection).body == b"hello"


@pytest.mark.parametrize("start", [one for one in UNFINISHED.values() if one])
def test_a_request_that_takes_too_long_is_refused(start: bytes) -> None:
    with HttpServer(_application, limits=Limits(head=0.01, body=0.01)) as server:
        answer = raw.exchange(server.url, start)
    assert (answer.status, answer.headers["connection"]) == (408, "close")


def test_a_silent_connection_is_closed() -> None:
    with HttpServer(_application, limits=Limits(idle=0.01)) as server, raw.connect(server.url) as connection:
        assert connection.recv(1) == b""


def test_a_connection_over_the_limit_is_told_at_once() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(HttpServer(_application, limits=Limits(connections=3)))
        kept = [stack.enter_context(raw.connect(server.url)) for _ in range(3)]
        for connection in kept:
            connection.sendall(GET)
            assert raw.receive(connection).status == 200
        answer = raw.exchange(server.url, b"")
        assert (answer.status, answer.body) == (503, b"The server has 3 connections, which is the maximum.\n")
        kept[0].close()
        until(lambda: raw.exchange(server.url, GET).status == 200)


def _endless(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return itertools.repeat(b" " * 1_000_000)


@pytest.mark.parametrize(
    "start",
    [
        b"PUT /_ccell/v1/state HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n",
        b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["a long body that does not arrive", "an answer that is not read"],
)
def test_clients_that_let_all_threads_wait_are_cut_off(start: bytes) -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return (_endless if environ["PATH_INFO"] == "/endless" else _application)(environ, start_response)

    with ExitStack() as stack:
        # The other limits are longer than the test waits for an answer.
        server = stack.enter_context(HttpServer(application, limits=Limits(reading=600, busy=0.01)))
        for _ in range(MANY):
            stack.enter_context(raw.connect(server.url)).sendall(start)
        assert raw.get(server.url, b"/").body == b"here"


def test_a_client_may_let_a_thread_wait_while_others_are_free() -> None:
    with HttpServer(_endless, limits=Limits(busy=0)) as server, raw.connect(server.url) as connection:
        connection.sendall(GET)
        connection.recv(1)
        # Longer than the server takes to look.
        until(lambda: raw.exchange(server.url, b"x\r\n\r\n").status == 400)
        with connection.makefile("rb") as answer:
            assert len(answer.read(10_000_000)) == 10_000_000


@pytest.mark.parametrize("blank", [b"\r\n", b"\n"])
def test_blank_lines_do_not_prolong_the_time_for_a_head(blank: bytes) -> None:
    with HttpServer(_application, limits=Limits(head=1)) as server, raw.connect(server.url) as connection:

        def is_closed() -> bool:
            try:
                connection.sendall(blank)
            except OSError:
                return True
            return False

        until(is_closed)


def test_blank_lines_before_a_request_are_ignored() -> None:
    with HttpServer(_application) as server:
        assert raw.exchange(server.url, b"\r\n\r\n\n" + GET).body == b"here"


def test_at_the_limit_of_descriptors_accepting_pauses_with_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ccell_fake", "serve", "--port", "0"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        assert raw.post(url, Operation.INFO.path, INFO.encode()).status == 200
        limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 5, limits[1]))
        waiting = [raw.connect(url) for _ in range(20)]
        until(lambda: "cannot accept connections" in (tmp_path / "log").read_text())
        for connection in waiting:
            connection.close()
        assert raw.post(url, Operation.INFO.path, INFO.encode()).status == 200
    finally:
        process.kill()
        process.communicate()
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line for line in lines if "cannot accept" in line] == [
        line for line in lines if line.endswith("cannot accept connections for now: Too many open files")
    ]
    assert len([line for line in lines if "cannot accept" in line]) == 1
    assert "Traceback" not in "".join(lines)


def test_an_incomplete_body_is_refused_by_the_control_api(caplog: pytest.LogCaptureFixture) -> None:
    head = "POST /_ccell/v1/accounts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    state = "PUT /_ccell/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
    with emulator() as served:
        for start in (head, state):
            with raw.connect(served.url) as connection:
                connection.sendall(f"{start}Content-Length: 9\r\n\r\n{{".encode())
                connection.shutdown(socket.SHUT_WR)
                assert raw.receive(connection).status == 400
    assert not caplog.text


def test_a_stop_does_not_wait_for_a_client_that_does_not_read() -> None:
    begun = threading.Event()

    def endless(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        while True:
            begun.set()
            yield b" " * 1_000_000

    server = HttpServer(endless, limits=Limits(stop=0.01))
    server.start()
    with raw.connect(server.url) as connection:
        connection.sendall(GET)
        assert begun.wait(60)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        # Less than the time that the client may take to read.
        stopping.join(Limits().reading / 2)
        assert not stopping.is_alive()


def test_a_stop_does_not_wait_for_a_body() -> None:
    begun = threading.Event()

    def read(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun.set()
        environ["wsgi.input"].read()
        return _application(environ, start_response)

    server = HttpServer(read)
    server.start()
    with raw.connect(server.url) as connection:
        connection.sendall(b"PUT /_ccell/v1/state HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")
        assert begun.wait(60)
        server.stop()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01"])
def test_a_tls_client_that_leaves_early_is_not_logged(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with emulator(server={"tls": True}) as served:
        for is_reset in (False, True):
            for _ in range(20):
                leaving = raw.connect(served.url)
                leaving.sendall(sent)
                if is_reset:
                    leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                leaving.close()
        # Connections are accepted in order. The hint shows that all were.
        assert raw.exchange(served.url, GET).status == 400
    assert not caplog.text
