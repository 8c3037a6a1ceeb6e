"""Print what the emulator costs, beside its targets: `PYTHONPATH=tests python tests/benchmarks/run.py`.

Every figure is of one run on one machine; only ratios within a run mean anything.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import arranging
import loads
import served

import ccell_fake
import ccell_fixtures
import ccell_mock_server
import pytest_ccell
from ccell_fake.clock import elapsed
from ccell_mock_server import readiness
from ccell_mock_server.serving import HttpServer

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


def ratio(serve: Callable[[str], AbstractContextManager[str]]) -> tuple[float, float, float]:
    """Sends a second, static answers a second, and the median of their ratio over rounds taken in turn."""
    sends: list[float] = []
    statics: list[float] = []
    with serve("static") as static, serve("emulated") as emulated:
        for _ in range(ROUNDS):
            statics.append(loads.requests_per_second(static, loads.post("/static", ONE.encode()), 2.0))
            sends.append(loads.requests_per_second(emulated, loads.post(SEND, ONE.encode()), 2.0))
    ratios = [send / plain for send, plain in zip(sends, statics, strict=True)]
    return statistics.median(sends), statistics.median(statics), statistics.median(ratios)


def policy() -> float:
    """What a send costs under full policy, over one under the default policy: the median over rounds taken in turn."""
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


def start() -> float:
    """Milliseconds from starting `ccell-fake serve` to its first answer."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            begun = elapsed()
            process = subprocess.Popen(
                [sys.executable, "-m", "ccell_mock_server", "serve", "--port", "0"],
                cwd=folder,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout
            readiness.wait(process.stdout.readline().split()[-1], 60)
            taken.append((elapsed() - begun) * 1000)
            process.terminate()
            process.communicate()
    return statistics.median(taken)


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


def fixtures() -> None:
    """What the fixture and the client cost, measured in a process of its own that has nothing imported."""
    sys.stdout.flush()
    # What pip installs has its bytecode beside it.
    packages = [Path(package.__path__[0]) for package in (ccell_fake, ccell_fixtures, ccell_mock_server, pytest_ccell)]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=True)
    subprocess.run([sys.executable, str(HERE / "fixtures.py")], check=True)


def main() -> None:
    """Run everything and print a table."""
    print(f"{'what':<62}{'measured':>12}   target")
    for name, serve, target in (("the default server", cheroot, "at least 0.75"), ("Granian", granian, "-")):
        sends, statics, quotient = ratio(serve)
        print(f"{f'send on {name}, requests/s':<62}{sends:>12.0f}")
        print(f"{f'static Flask route on {name}, requests/s':<62}{statics:>12.0f}")
        print(f"{f'stateful send over the static route, on {name}':<62}{quotient:>12.2f}   {target}")
    print(f"{'a send under full policy over one under the default':<62}{policy():>12.2f}   at most 1.3")
    print(f"{'a send of 500 numbers over HTTP, ms':<62}{many():>12.1f}   at most 8")
    print(f"{'start to ready, ms':<62}{start():>12.0f}   at most 600")
    print(f"{'stop of an embedded server, ms':<62}{stop():>12.0f}   at most 50")
    print(f"{'from an event to the answer of a wait for it, ms':<62}{arranging.wait():>12.1f}   at most 20")
    one, thousand = arranging.accounts()
    print(f"{'send beside a thousand accounts over one beside none':<62}{thousand / one:>12.2f}   about 1")
    first, another = arranging.opening()
    print(f"{'the first call of the control API, ms':<62}{first:>12.0f}")
    print(f"{'an account opened and closed, ms':<62}{another:>12.1f}")
    print(f"{'a snapshot of 10,000 messages taken and put back, ms':<62}{arranging.snapshot():>12.0f}")
    print(f"{'the plugin loaded and unused, ms':<62}{plugin():>12.2f}   at most 10")
    fixtures()


if __name__ == "__main__":
    main()
