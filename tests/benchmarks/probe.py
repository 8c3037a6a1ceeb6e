"""Print one figure of the version that an interpreter has installed: `PYTHON probe.py NAME`.

It uses only what earlier versions have, too.
"""

import io
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any
from urllib.request import urlopen

from ccell_fake.clock import elapsed

PHONE, CONTENT = "13800000000", "验证码为1234。【签名】"
ROUNDS = 300


def _milliseconds(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    for _ in range(rounds // 10):
        call()
    taken: list[float] = []
    for _ in range(rounds):
        begun = elapsed()
        call()
        taken.append((elapsed() - begun) * 1000)
    return statistics.median(taken)


def _server() -> Any:
    from ccell_mock_server import fake  # noqa: PLC0415 - measured
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - measured
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415 - measured

    emulator = Emulator(parse({"server": {"port": 0}}, "benchmark"))
    emulator.start()
    return fake.server(emulator)


def first_use() -> float:
    """First use of the fixture's account and client, imports included."""
    # Each run of tests has imported it.
    import_module("pytest")

    begun = elapsed()
    _ = _server().open(balance=10**9).client
    return (elapsed() - begun) * 1000


def setup() -> float:
    """Opening and closing one more account, as the fixture does for each test."""
    server = _server()
    return _milliseconds(lambda: server.open().close())


def over_http() -> float:
    """Sending a message by the client, over HTTP."""
    client = _server().open(balance=10**9).client
    return _milliseconds(lambda: client.send(PHONE, CONTENT))


def in_process() -> float:
    """Sending a message by the client, without a socket."""
    client = _server().open(balance=10**9).connect(in_process=True)
    return _milliseconds(lambda: client.send(PHONE, CONTENT))


def _start_response(*_: object) -> Callable[[bytes], object]:
    return io.BytesIO().write


def many() -> float:
    """Sending a content to 500 numbers, through the WSGI application."""
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - like the others
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415 - like the others

    account = {"userid": "200001", "password": "123456", "balance": 10**9}
    app = Emulator(parse({"accounts": [account]}, "benchmark")).app
    phones = ",".join(f"138{number:08d}" for number in range(500))
    body = f'<root userid="200001" password="123456"><submit phone="{phones}" content="{CONTENT}"/></root>'.encode()

    def send() -> None:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/sms3_api/xmlapi/send.jsp",
            "QUERY_STRING": "",
            "CONTENT_LENGTH": f"{len(body)}",
            "SERVER_NAME": "x",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
        }
        b"".join(app(environ, _start_response))

    return _milliseconds(send, 60)


def start() -> float:
    """Starting `ccell-fake serve`, up to its first answer."""
    with tempfile.TemporaryDirectory() as folder:
        begun = elapsed()
        command = [sys.executable, "-m", "ccell_fake", "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        with urlopen(f"{url}/_ccell/readyz") as answer:  # noqa: S310 - of the process above
            answer.read()
        taken = (elapsed() - begun) * 1000
        process.terminate()
        process.communicate()
        return taken


def _command(arguments: list[str]) -> float:
    run = partial(subprocess.run, [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return _milliseconds(run, 10)


def show_help() -> float:
    """Printing the help of the command."""
    return _command(["-m", "ccell_fake", "--help"])


def click() -> float:
    """Importing Click, which every command does."""
    return _command(["-c", "import click"])


if __name__ == "__main__":
    probes = [first_use, setup, over_http, in_process, many, start, show_help, click]
    print({one.__name__: one for one in probes}[sys.argv[1]]())
