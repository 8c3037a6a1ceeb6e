"""Run two emulators on one PostgreSQL database behind HAProxy, kill them again and again, and check what is left.

PYTHONPATH=tests python tests/store/chaos.py --minutes 5
"""

import argparse
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from harness import postgresql, proxies
from harness.emulators import until
from harness.processes import COMMAND, free_port
from store.load import Worker
from store.verdict import Remembered, Verdict, judge

from ccell_fake import ControlClient
from ccell_fake.clock import elapsed
from ccell_fake.control.client import AccountControl
from ccell_fake.errors import CcellError
from ccell_fake.inspection import MessageRecord, ReportRecord

BALANCE = 10_000_000
KILL_EVERY = 10.0
_PAGE = 1000
_SETTINGS = {"balance": BALANCE, "lock_after": 0, "report_delay": 0.5, "magic_numbers": False}


@dataclass
class Process:
    """An emulator in a process of its own, always at the same address."""

    store: str
    log: IO[str] | int
    folder: Path
    port: int = field(default_factory=free_port)
    _running: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start, without waiting until it is ready."""
        own = [
            "--port",
            str(self.port),
            "--store",
            self.store,
            "--log-level",
            "error",
            "--journal-entries",
            "1000000",
        ]
        self._running = subprocess.Popen(
            [*COMMAND, "serve", *own, *options], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=self.log, text=True
        )

    def is_ready(self) -> bool:
        """Return whether it answers. Raises AssertionError if it has ended by itself."""
        assert self._running
        code = self._running.poll()
        assert code is None, f"the emulator ended with {code}"
        try:
            with ControlClient(self.url) as control:
                control.send("GET", "/readyz")
        except CcellError:
            return False
        return True

    def stop(self) -> int:
        """Let it finish its requests. Returns its exit code."""
        assert self._running
        self._running.terminate()
        return self._running.wait(60)

    def kill(self) -> None:
        """Kill it."""
        if self._running:
            self._running.kill()
            self._running.wait()


@dataclass
class Chaos:
    """What happens while the clients are busy.

    Attributes:
        happened: How often each kind of fault happened.
    """

    emulators: Sequence[Process]
    cluster: postgresql.Cluster | None
    seed: int
    happened: Counter[str] = field(default_factory=Counter[str])

    def cause(self, seconds: float) -> None:
        """Kill an emulator every ten seconds, and restart the database twice: once with care, once as by a crash."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable
        began = elapsed()
        databases: list[tuple[float, str, Callable[[], None]]] = []
        if self.cluster:
            databases = [
                (seconds / 3, "restarts of the database", self.cluster.restart),
                (seconds * 2 / 3, "crashes of the database", self._crash),
            ]
        at = KILL_EVERY
        pause = threading.Event()
        while not pause.wait(0.05) and (now := elapsed() - began) < seconds:
            if databases and now >= databases[0][0]:
                _, name, act = databases.pop(0)
                act()
                self.happened[name] += 1
            if now >= at:
                at += KILL_EVERY
                victim = chance.choice(self.emulators)
                victim.kill()
                victim.start()
                self.happened["emulators killed"] += 1

    def _crash(self) -> None:
        assert self.cluster
        self.cluster.kill()
        self.cluster.start()


def run(
    minutes: float = 5.0,
    clients: int = 50,
    accounts: int = 100,
    seed: int = 1,
    store: str = "",
    log: IO[str] | int = sys.stderr,
) -> Verdict:
    """Run it, and judge.

    Args:
        minutes: Duration.
        clients: Threads that send and fetch.
        accounts: Accounts that they share.
        seed: Chooses accounts, operations and victims.
        store: Store of one emulator alone, in place of a cluster of PostgreSQL: to compare, and to try this script.
        log: Where the emulators' output goes.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        cluster = None if store else stack.enter_context(postgresql.cluster(is_durable=True))
        url = cluster.create_database() if cluster else store
        emulators = [Process(url, log, folder) for _ in range(2 if cluster else 1)]
        for one in emulators:
            stack.callback(one.kill)
            one.start()
        until(lambda: all(one.is_ready() for one in emulators))
        gateway = stack.enter_context(proxies.haproxy(emulators[0].url, emulators[-1].url))
        with ControlClient(emulators[0].url) as control:
            opened = [control.open(_SETTINGS) for _ in range(accounts)]
        chaos = Chaos(emulators, cluster, seed)
        workers = [
            Worker(number, gateway, {one.userid: one.password for one in opened}, seed) for number in range(clients)
        ]
        for worker in workers:
            stack.callback(worker.close)
        with busy(workers):
            chaos.cause(minutes * 60)
        until(lambda: all(one.is_ready() for one in emulators))
        _drain(workers[0], [one.userid for one in opened])
        with ControlClient(emulators[0].url) as control:
            remembered = [_remembered(control, control.account(one.userid)) for one in opened]
        verdict = judge([worker.log for worker in workers], remembered)
        _describe(verdict, workers, chaos, minutes)
        return verdict


@contextmanager
def busy(workers: Sequence[Worker]) -> Generator[None]:
    """Let clients work inside the block."""
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()
    for worker in workers:
        if worker.error:
            raise worker.error


def _drain(worker: Worker, userids: Sequence[str]) -> None:
    """Fetch until every report has been handed out. The last ones come in half a second after their send."""
    pause = threading.Event()
    pause.wait(2 * float(str(_SETTINGS["report_delay"])))
    for userid in userids:
        until(lambda userid=userid: worker.fetch(userid))  # type: ignore[misc]


def _remembered(control: ControlClient, account: AccountControl) -> Remembered:
    path = f"/v1/accounts/{account.userid}"
    # A slot of an emulator that was killed counts until its lease ends.
    until(lambda: not account.activity().in_progress, seconds=15)
    return Remembered(
        account.userid,
        list(control.pages(MessageRecord, f"{path}/messages", limit=_PAGE)),
        list(control.pages(ReportRecord, f"{path}/reports", limit=_PAGE)),
        account.activity(),
        BALANCE - account.status().left,
    )


def _describe(verdict: Verdict, workers: Sequence[Worker], chaos: Chaos, minutes: float) -> None:
    seconds = sorted(second for worker in workers for second in worker.log.seconds)
    outcomes: Counter[str] = sum((worker.log.outcomes for worker in workers), Counter[str]())
    verdict.figures |= {
        "calls": len(seconds),
        "calls a second": round(len(seconds) / minutes / 60),
        "median of a call (ms)": round(1000 * seconds[len(seconds) // 2], 1),
        "99 % of the calls (ms)": round(1000 * seconds[len(seconds) * 99 // 100], 1),
        "longest call (s)": round(seconds[-1], 1),
        **chaos.happened,
        **dict(sorted(outcomes.items())),
    }


def main() -> int:
    """Run with the options of the command line. Returns 1 if a guarantee is broken."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="duration")
    parser.add_argument("--clients", type=int, default=50, help="threads that send and fetch")
    parser.add_argument("--accounts", type=int, default=100, help="accounts that they share")
    parser.add_argument("--seed", type=int, default=1, help="chooses accounts, operations and victims")
    parser.add_argument("--store", default="", help="store of one emulator alone, in place of PostgreSQL")
    given = parser.parse_args()
    verdict = run(given.minutes, given.clients, given.accounts, given.seed, given.store)
    for name, figure in verdict.figures.items():
        print(f"{name:50} {figure}")  # noqa: T201 - a script
    print("every guarantee holds" if not verdict.faults else "\n".join(verdict.faults))  # noqa: T201 - likewise
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
