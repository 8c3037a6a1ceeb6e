"""A container engine that runs no containers: it starts the emulator of this checkout as a process instead.

It answers the requests of Docker's API that Testcontainers makes for one container.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from harness import processes

IMAGE = "ccell-fake:latest"
_PORT = "8026/tcp"
_ID = "1" * 64


class Engine:
    """The engine.

    Attributes:
        url: Its address, for DOCKER_HOST.
        containers: What each container was created with.
        unknown: Requests that it cannot answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self.containers: list[dict[str, Any]] = []
        self.unknown: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def is_running(self) -> bool:
        """Return whether the last container runs."""
        return self._process is not None

    def start(self) -> None:
        """Start the emulator with the environment of the container."""
        pairs: list[str] = self.containers[-1].get("Env") or []
        environment = dict(pair.split("=", 1) for pair in pairs)
        self._port = processes.free_port()
        command = [sys.executable, "-m", "ccell_fake", "serve", "--port", str(self._port)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CCELL_")}
        self._process = subprocess.Popen(command, env={**inherited, **environment}, stderr=subprocess.DEVNULL)

    def remove(self) -> None:
        """Stop the emulator."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def create(self, body: bytes) -> object:
        """Create a container."""
        self.containers.append(json.loads(body))
        return {"Id": _ID, "Warnings": []}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Return status and JSON of the answer to a request."""
        container, image = f"/containers/{_ID}", {"Id": "sha256:2", "RepoTags": [IMAGE], "Os": "linux"}
        answers: dict[str, tuple[int, Callable[[], object]]] = {
            "GET /version": (200, lambda: {"ApiVersion": "1.47", "MinAPIVersion": "1.24", "Os": "linux"}),
            "GET /info": (200, lambda: {"OperatingSystem": "stub", "OSType": "linux", "Architecture": "x86_64"}),
            "GET /containers/json": (200, list),
            "GET /networks": (200, list),
            f"GET /images/{IMAGE}/json": (200, lambda: image),
            "POST /containers/create": (201, lambda: self.create(body)),
            f"POST {container}/start": (204, self.start),
            f"GET {container}/json": (200, self._inspected),
            f"GET {container}/logs": (200, lambda: None),
            f"POST {container}/stop": (204, self.remove),
            f"DELETE {container}": (204, self.remove),
        }
        request = f"{method} {re.sub(r'^/v[0-9.]+', '', urlsplit(path).path)}"
        if request not in answers:
            self.unknown.append(request)
            return 404, {"message": "not known to this engine"}
        status, answer = answers[request]
        return status, answer()

    def _inspected(self) -> object:
        state = {"Status": "running" if self.is_running else "exited", "Running": self.is_running, "ExitCode": 0}
        ports = {_PORT: [{"HostIp": "0.0.0.0", "HostPort": str(self._port)}]}  # noqa: S104 - as Docker answers
        return {
            "Id": _ID,
            "Name": "/stub",
            "Image": "sha256:2",
            "Created": "2026-01-01T00:00:00Z",
            "State": {**state, "StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Config": {**self.containers[-1], "Labels": self.containers[-1].get("Labels") or {}},
            "HostConfig": {"PortBindings": {_PORT: [{"HostIp": "", "HostPort": ""}]}, "NetworkMode": "bridge"},
            "NetworkSettings": {"Ports": ports, "Networks": {}},
            "Mounts": [],
        }


@contextmanager
def engine() -> Generator[Engine]:
    """Run an engine."""
    running = Engine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = running.answer(self.command, self.path, body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(HTTPStatus(status))
            self.send_header("Content-Type", "application/json")
            if status != HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the names of the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has this name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.url = f"tcp://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running
    finally:
        running.remove()
        server.shutdown()
        server.server_close()
        thread.join()
