"""Emulators are replaced one after the other, and no client notices."""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from harness import postgresql, proxies
from harness.emulators import until
from store.chaos import Process, busy
from store.load import Worker

ACCOUNT = {"200001": "123456"}
DELAY = ("--stop-delay", "3")
"""In this time HAProxy notices."""


def test_no_call_fails_while_each_emulator_is_stopped_and_started(tmp_path: Path) -> None:
    database = postgresql.shared().create_database()
    with ExitStack() as stack:
        emulators = [Process(database, subprocess.DEVNULL, tmp_path) for _ in range(2)]
        for one in emulators:
            stack.callback(one.kill)
            one.start(*DELAY)
        until(lambda: all(one.is_ready() for one in emulators))
        url = stack.enter_context(proxies.haproxy(emulators[0].url, emulators[1].url))
        # One client more would be over the thread limit.
        workers = [Worker(number, url, ACCOUNT, 1) for number in range(3)]
        for worker in workers:
            stack.callback(worker.close)
        with busy(workers):
            for one in emulators:
                calls = sum(len(worker.log.seconds) for worker in workers)
                until(lambda calls=calls: sum(len(worker.log.seconds) for worker in workers) > calls + 50)  # type: ignore[misc]
                assert one.stop() == 0
                one.start(*DELAY)
                until(one.is_ready)
    assert {outcome for worker in workers for outcome in worker.log.outcomes} <= {"send: 0", "report: 0"}
    assert all(worker.log.sends for worker in workers)
