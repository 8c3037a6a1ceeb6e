"""The HTTP server: many requests at once, start and stop, and Granian instead."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from harness import http as raw
from harness import processes
from harness.emulators import until

from ccell_fake.model import Operation
from ccell_mock_server.commands import ready
from ccell_mock_server.http.paths import LIVE_PATH, READY_PATH
from ccell_mock_server.http.server import HttpServer, ServingError

INFO = b'<root userid="200001" password="123456"></root>'
GRANIAN = (sys.executable, "-m", "granian")


def _application(body: Callable[[], bytes]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = body()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]

    return app


def test_200_requests_are_in_progress_at_once() -> None:
    everyone = threading.Barrier(200)

    def meet() -> bytes:
        everyone.wait(timeout=60)
        return b"met"

    with HttpServer(_application(meet)) as server:
        connections = [raw.connect(server.url) for _ in range(200)]
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [raw.receive(connection).body for connection in connections] == [b"met"] * 200
        for connection in connections:
            connection.close()


def test_idle_connections_keep_no_threads() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(HttpServer(_application(lambda: b"here")))
        # More than the thread limit of the server.
        connections = [stack.enter_context(raw.connect(server.url)) for _ in range(400)]
        for connection in connections * 2:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.receive(connection).body == b"here"


def test_pipelined_requests_are_answered_in_order() -> None:
    answers = iter([b"first", b"second", b"third"])
    with HttpServer(_application(lambda: next(answers))) as server, raw.connect(server.url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        received = b""
        while not received.endswith(b"third"):
            received += connection.recv(65536)
    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies == [b"first", b"second", b"third"]


def test_stop_waits_for_a_request_in_progress() -> None:
    begun, proceed = threading.Event(), threading.Event()

    def linger() -> bytes:
        begun.set()
        assert proceed.wait(60)
        return b"done"

    server = HttpServer(_application(linger))
    server.start()
    idle = raw.connect(server.url)
    with raw.connect(server.url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begun.wait(60)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        proceed.set()
        assert raw.receive(connection).body == b"done"
        stopping.join(60)
        assert not stopping.is_alive()
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        raw.connect(server.url)


def test_a_stopped_server_leaves_no_thread() -> None:
    before = {*threading.enumerate()}
    for _ in range(3):
        with HttpServer(_application(lambda: b"")) as server:
            raw.get(server.url, b"/")
            assert {*threading.enumerate()} - before
    assert {*threading.enumerate()} - before == set()


def test_a_used_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServingError, match=rf"cannot listen on 127\.0\.0\.1:{port}: the port is taken"):
            HttpServer(_application(lambda: b""), port=port).start()


def test_the_application_runs_under_granian(tmp_path: Path) -> None:
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*GRANIAN, "--interface", "wsgi", "--port", str(port), "--factory", "ccell_mock_server.wsgi:application"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready.wait_until_ready(url, 60)
        for operation in Operation:
            body = INFO.replace(b"</root>", b'<submit phone="1" content="x"/></root>')
            assert b'return="0"' in raw.post(url, operation.path, body).body
            assert b'return="0"' in raw.get(url, f"{operation.path}?{quote(body)}".encode()).body
    finally:
        process.terminate()
        process.wait(60)


def test_an_emulator_that_stops_soon_says_so_and_still_answers(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--stop-delay", "600") as (process, url):
        process.terminate()
        until(lambda: raw.get(url, READY_PATH.encode()).status == 503)
        assert raw.get(url, LIVE_PATH.encode()).status == 200
        assert b'return="0"' in raw.post(url, Operation.INFO.path, INFO).body
        process.terminate()
        assert process.wait(60) == 0
