"""A client used before a fork works in parent and child, and shares nothing."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from harness import scripted
from harness.emulators import emulator

from ccell_mock_server.emulator import Emulator

_PRELUDE = """
import os, sys, threading
import httpx2
from ccell_fake.client import AsyncClient, Client, ClientUnusable
import asyncio
url = sys.argv[1]

def in_child(work):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


def _run(script: str, url: str) -> tuple[int, str]:
    """Run a script. Returns its exit code and its errors, those of its children included."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", _PRELUDE + script, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr


def test_a_client_used_before_a_fork_works_in_each_process(served: Emulator) -> None:
    assert _run(
        """
client = Client(url, "200001", "123456")
client.send("13800000000", "hi【签名】").raise_for_refused()

def send():
    for _ in range(3):
        client.send("13800000000", "hi【签名】").raise_for_refused()
    in_child(lambda: client.send("13800000000", "hi【签名】").raise_for_refused())

for _ in range(3):
    in_child(send)
    send()
client.close()
""",
        served.url,
    ) == (0, "")


def test_a_child_has_all_slots_though_threads_of_its_parent_hold_them() -> None:
    assert _run(
        """
begun, end = threading.Event(), threading.Event()

class Held(httpx2.BaseTransport):
    def handle_request(self, request):
        begun.set()
        end.wait(60)
        return httpx2.Response(200, content=b'<root return="0" info=""/>')

client = Client(url, "1", "2", threads=1, timeout=30)
client._connections = Held()
thread = threading.Thread(target=client.reports)
thread.start()
assert begun.wait(60)
pid = os.fork()
if pid == 0:
    client._connections.close()
    os._exit(0 if client._slots.acquire(timeout=30) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
end.set()
thread.join()
client.close()
""",
        "http://127.0.0.1:1",
    ) == (0, "")


def test_a_child_does_not_return_what_its_parent_fetched() -> None:
    page = (
        '<root return="0"><report msgid="9" phone="1" recvtime="2015-10-10 10:54:15.0" status="0"/>'
        '<report msgid="8" phone="1" recvtime="2015-10-10 10:54:15.0" status="0"/></root>'
    )
    acts = [scripted.answer(page), scripted.answer('<root return="0"/>'), scripted.answer('<root return="0"/>')]
    with scripted.server(*acts) as script:
        assert _run(
            """
client = Client(url, "1", "2")
reports = client.follow_reports()
assert next(reports).msgid == "9"

def fetch():
    assert client.reports() == ()

in_child(fetch)
assert next(reports).msgid == "8"
client.close()
""",
            script.url,
        ) == (0, "")


def test_an_asynchronous_client_works_in_a_child_in_its_own_loop(served: Emulator) -> None:
    assert _run(
        """
client = AsyncClient(url, "200001", "123456")

async def send():
    (await client.send("13800000000", "hi【签名】")).raise_for_refused()

async def main():
    await send()
    await client._connections.aclose()

asyncio.run(main())

async def child():
    await send()
    await client.aclose()

in_child(lambda: asyncio.run(child()))
""",
        served.url,
    ) == (0, "")


def test_a_given_transport_that_was_used_is_refused_in_a_child(served: Emulator) -> None:
    assert _run(
        """
used = Client(url, "200001", "123456", transport=httpx2.HTTPTransport())
unused = Client(url, "200001", "123456", transport=httpx2.HTTPTransport())
used.info()

def work():
    unused.info()
    try:
        used.send("13800000000", "hi【签名】")
    except ClientUnusable as error:
        assert "make the client after the fork" in str(error), error
        (submit,) = error.unsent
    else:
        raise AssertionError

in_child(work)
used.info()
used.close()
unused.close()
""",
        served.url,
    ) == (0, "")
