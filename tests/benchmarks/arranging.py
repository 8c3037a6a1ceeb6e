"""Cost of the control API: a wait from event to answer, a thousand accounts, the first call."""

import statistics
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.accounts import Served
from harness.emulators import emulator
from loads import post, requests_per_second

from ccell_fake.clock import elapsed
from ccell_fake.control.client import ControlClient
from ccell_fake.model import Submit

_ROUNDS = 50
_ACCOUNTS = 1_000
_SEND = "/sms3_api/xmlapi/send.jsp"


def wait() -> float:
    """Milliseconds from a send's answer to the answer of the wait for it: the median."""
    taken: list[float] = []
    with emulator() as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        for number in range(_ROUNDS):
            ended = threading.Event()
            moment = [0.0]

            def listen(linkid: str, ended: threading.Event = ended, moment: list[float] = moment) -> None:
                served.account.wait(linkid=linkid, timeout=60)
                moment[0] = elapsed()
                ended.set()

            threading.Thread(target=listen, args=(f"{number}",)).start()
            while not running.services.notifier.waiters:
                pass
            served.send(linkid=f"{number}")
            sent = elapsed()
            ended.wait(60)
            taken.append((moment[0] - sent) * 1000)
    return statistics.median(taken)


def accounts() -> tuple[float, float]:
    """Sends a second beside one account and beside a thousand others."""
    rates: list[float] = []
    for count in (1, _ACCOUNTS):
        busy = {"userid": "200001", "balance": 10**9, "max_concurrency": 64}
        with emulator(accounts=[busy]) as running, ControlClient(running.url) as control:
            for _ in range(count - 1):
                control.open()
            payload = Served(running.url, control.account("200001")).payload(Submit("13800000000", "您好【签名】"))
            rates.append(requests_per_second(running.url, post(_SEND, payload), 2.0))
    return rates[0], rates[1]


def opening() -> tuple[float, float]:
    """Milliseconds of the first call to the control API, and of opening and closing one more account."""
    with emulator() as running, ControlClient(running.url) as control:
        begun = elapsed()
        control.open()
        first = (elapsed() - begun) * 1000
        begun = elapsed()
        for _ in range(_ROUNDS):
            control.open().close()
        return first, (elapsed() - begun) * 1000 / _ROUNDS


def snapshot() -> float:
    """Milliseconds to take a snapshot of ten thousand messages and to put it back."""
    phones = ",".join(f"138{number:08d}" for number in range(500))
    with emulator() as running, ControlClient(running.url) as control, TemporaryDirectory() as folder:
        served = Served(running.url, control.open())
        for _ in range(20):
            served.send(phones)
        begun = elapsed()
        control.snapshot(Path(folder) / "snapshot")
        control.restore(Path(folder) / "snapshot")
        return (elapsed() - begun) * 1000
