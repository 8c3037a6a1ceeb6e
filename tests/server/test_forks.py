"""A forked process leaves the emulator of its parent alone: it gets one clear error, and ends."""

import subprocess
import sys
from pathlib import Path

from harness.emulators import DOCUMENT_DAY, emulator
from harness.stores import kept

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import ControlClient

_FORK = """
import os, sys, threading
from ccell_mock_server import FakeCcell

def fork(act):
    pid = os.fork()
    if pid == 0:
        act()
        sys.exit(7)
    return pid

def ends():
    return {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in forked}

forked = []
"""

_UNDER_LOAD = """
with FakeCcell(balance=1_000_000) as ccell:
    done = threading.Event()

    def send():
        client = ccell.connect()
        while not done.is_set():
            client.send("13800000000", "您好【签名】")
            len(ccell.outbox)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        forked.append(fork(lambda: None))
    print(ends())
    done.set()
    for thread in threads:
        thread.join()
    sent = len(ccell.outbox)
    ccell.client.send("13800000000", "您好【签名】")
    print(len(ccell.outbox) - sent)
"""

_USE = """
from ccell_fake.errors import InheritedError

with FakeCcell() as ccell:
    url = ccell.url

    def refused(use):
        try:
            use()
        except InheritedError as error:
            assert f"belongs to process {parent}, which forked process {os.getpid()}" in str(error)
            os._exit(3)
        os._exit(4)

    def by_address():
        with Client(url, ccell.userid, ccell.account.password) as client:
            client.info()
        os._exit(5)

    from ccell_fake import Client
    parent = os.getpid()
    for use in (
        lambda: ccell.connect().info(),
        lambda: ccell.clock.freeze(),
        lambda: len(ccell.outbox),
        lambda: ccell.server.control.metrics(),
        lambda: ccell.wait(timeout=0),
    ):
        forked.append(fork(lambda: refused(use)))
    print(ends())
    forked[:] = [fork(by_address)]
    print(ends())

with FakeCcell() as unstarted:
    forked[:] = [fork(lambda: refused(lambda: unstarted.url))]
    print(ends())
"""

_WITH_A_STORE = """
import signal
from pathlib import Path
from ccell_fake import Client
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator

with Emulator(parse({"server": {"port": 0, "store": sys.argv[1], "tls": True}}, "the test")) as running:
    forked.append(fork(lambda: None))
    print(ends())
    print(Path(running.certificate.authority).exists())
    client = Client(running.url, "200001", "123456", transport=__import__("httpx2").HTTPTransport(verify=False))
    client.send("13800000000", "您好【签名】")
    running.certificate.discard()
    print("killed", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # From Python 3.12 on, a fork of a process with threads is a warning.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORK + script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_a_process_forked_under_load_ends_and_disturbs_nothing() -> None:
    done = _run(_UNDER_LOAD)
    assert (done.stderr, done.stdout.split("\n")) == ("", ["{7}", "1", ""])


def test_a_forked_process_is_told_that_it_cannot_use_the_emulator_but_its_address() -> None:
    done = _run(_USE)
    assert (done.stderr, done.stdout.split("\n")) == ("", ["{3}", "{5}", "{3}", ""])


def test_the_end_of_a_forked_process_loses_nothing(tmp_path: Path) -> None:
    store = kept(tmp_path)
    done = _run(_WITH_A_STORE, store)
    assert (done.stderr, done.stdout.split("\n")) == ("", ["{7}", "True", "killed", ""])
    with emulator(ManualClock(DOCUMENT_DAY), {"store": store}) as running, ControlClient(running.url) as control:
        assert len(list(control.account("200001").messages())) == 1
