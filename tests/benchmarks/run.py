"""Print the cost of the emulator beside its targets: `PYTHONPATH=tests python tests/benchmarks/run.py [PYTHON]`.

Only ratios within one run mean anything. Each ratio is the median over rounds taken in turn, with the least and the
greatest. PYTHON is an interpreter that has an earlier version installed; some ratios are to this version.

A figure in milliseconds also stands scaled to the machine of the targets: times the requests a second that a static
Flask route makes on Cheroot as it comes, measured at the beginning of the run, over the 3,623 that it made there.
"""

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import against
import arranging
import inside
import loads
import served
import table

from ccell_fake.clock import elapsed
from ccell_mock_server.http.server import HttpServer

HERE = Path(__file__).parent
SEND = "/sms3_api/xmlapi/send.jsp"
ONE = '<root userid="200001" password="123456"><submit phone="13800000000" content="验证码为1234。【签名】"/></root>'
PHONES = ",".join(f"138{number:08d}" for number in range(500))
MANY = ONE.replace("13800000000", PHONES)
ROUNDS = 5


@contextmanager
def cheroot(name: str) -> Generator[str]:
    """An application of `served` on the default server, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, HERE / "served.py", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdin
    yield process.stdout.readline().strip()
    process.stdin.close()
    process.wait(30)


@contextmanager
def granian(name: str) -> Generator[str]:
    """The same on Granian."""
    port = {"static": 18101, "emulated": 18102}[name]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "--no-log",
            "--factory",
            f"served:{name}",
        ],
        cwd=HERE,
    )
    try:
        path = "/static" if name == "static" else SEND
        _until_answered(url, path)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _until_answered(url: str, path: str) -> None:
    for _ in range(200):
        try:
            loads.requests_per_second(url, loads.post(path, ONE.encode()), seconds=0.01, connections=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = f"{url} does not answer"
    raise RuntimeError(message)


def ratio(
    serve: Callable[[str], AbstractContextManager[str]], name: str = "emulated", other: str = "static"
) -> list[float]:
    """Return the sends a second of one application over the answers of another, for each round."""
    quotients: list[float] = []
    with serve(other) as plain, serve(name) as emulated:
        for _ in range(ROUNDS):
            path = "/static" if other == "static" else SEND
            answers = loads.requests_per_second(plain, loads.post(path, ONE.encode()), 2.0)
            quotients.append(loads.requests_per_second(emulated, loads.post(SEND, ONE.encode()), 2.0) / answers)
    return quotients


def policy() -> float:
    """Print the cost of a send under full policy over one under the default policy: the median of rounds in turn."""
    ratios: list[float] = []
    with cheroot("emulated") as plain, cheroot("under_policy") as full:
        for _ in range(ROUNDS):
            rates = [loads.requests_per_second(url, loads.post(SEND, ONE.encode()), 2.0) for url in (plain, full)]
            ratios.append(rates[0] / rates[1])
    return statistics.median(ratios)


def many() -> float:
    """Milliseconds of a send of 500 numbers, one after the other."""
    with cheroot("emulated") as url:
        return 1000 / loads.requests_per_second(url, loads.post(SEND, MANY.encode()), 4.0, connections=1)


def stop() -> float:
    """Milliseconds that an idle server takes to stop, with a few connections open."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        server = HttpServer(served.static())
        server.start()
        address = urlsplit(server.url)
        connections = [socket.create_connection((address.hostname or "", address.port or 0)) for _ in range(5)]
        begun = elapsed()
        server.stop()
        taken.append((elapsed() - begun) * 1000)
        for connection in connections:
            connection.close()
    return statistics.median(taken)


def plugin() -> float:
    """Milliseconds that loading the plugin adds to a start of pytest, as `-X importtime` has it."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-X", "importtime", "-c", "import pytest; import pytest_ccell.plugin"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
        pytest_itself = max(place for place, line in enumerate(told) if line.endswith("| pytest"))
        microseconds = (line.removeprefix("import time:").partition("|")[0] for line in told[pytest_itself + 1 :])
        taken.append(sum(map(int, microseconds)) / 1000)
    return statistics.median(taken)


def yardstick() -> float:
    """Requests a second of a static route on an unchanged Cheroot server, to compare machines."""
    with cheroot("stock") as url:
        return statistics.median(
            loads.requests_per_second(url, loads.post("/static", ONE.encode()), 2.0) for _ in range(ROUNDS)
        )


def main() -> None:
    """Run everything and print a table."""
    table.head()
    stock = yardstick()
    speed = stock / table.REQUESTS_PER_SECOND
    table.line("static Flask route on Cheroot as it comes, requests/s", stock, digits=0)

    def milliseconds(what: str, measured: float, target: str = "", digits: int = 0) -> None:
        table.line(f"{what}, ms", measured, target, digits=digits, speed=speed)

    table.ratio("send through the application in process / static route", inside.ratio(), "at most 2.5")
    inside.stages()
    table.ratio("send / static route, default server, 8 connections", ratio(cheroot), "at least 0.80")
    table.ratio("send / static route, Granian, 8 connections", ratio(granian))
    table.ratio("send with --store / in memory, default server", ratio(cheroot, "stored", "emulated"), "at least 0.6")
    table.ratio("ccell-fake --help / import click", against.commands("show_help", "click", ROUNDS), "at most 1.5")
    if len(sys.argv) > 1:
        for what, name, target in (
            ("send of 500 numbers", "many", 0.7),
            ("first use of the fixture, imports included", "first_use", 0.6),
            ("fixture, set-up and tear-down", "setup", 0.8),
            ("send through ccell.client over HTTP", "over_http", 0.8),
            ("the same in process", "in_process", 0.8),
            ("serve, start to ready", "start", 0.8),
        ):
            table.ratio(f"{what} / earlier version", against.versions(name, sys.argv[1], ROUNDS), f"at most {target}")
    sys.stdout.flush()
    for arguments in (["fakes", "1000"], ["1000000", "10000"]):
        subprocess.run([sys.executable, str(HERE / "growth.py"), *arguments], check=True)
    table.line("a send under full policy over one under the default", policy(), "at most 1.3")
    milliseconds("a send of 500 numbers over HTTP", many(), "at most 8", 1)
    milliseconds("stop of an embedded server", stop(), "at most 50")
    milliseconds("from an event to the answer of a wait for it", arranging.wait(), "at most 20", 1)
    one, thousand = arranging.accounts()
    table.line("send beside a thousand accounts over one beside none", thousand / one, "about 1")
    first, another = arranging.opening()
    milliseconds("the first call of the control API", first)
    milliseconds("an account opened and closed", another, digits=1)
    milliseconds("a snapshot of 10,000 messages taken and put back", arranging.snapshot())
    milliseconds("the plugin loaded and unused", plugin(), "at most 10", 2)
    for what, name, target in (
        ("first use of the fixture, imports included", "first_use", 350),
        ("fixture, set-up and tear-down", "setup", 1),
        ("send through ccell.client over HTTP", "over_http", 0.8),
        ("the same in process", "in_process", 0.25),
        ("serve, start to ready", "start", 600),
    ):
        milliseconds(what, against.milliseconds(name, ROUNDS), f"at most {target}", 2)
    table.foot()


if __name__ == "__main__":
    main()
