"""Emulators are replaced one after the other, and no client notices."""

import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from harness import postgresql, proxies
from harness.emulators import until
from store.chaos import Process, busy
from store.load import Worker

from ccell_fake.store.postgresql import schema

ACCOUNT = {"200001": "123456"}
DELAY = ("--stop-delay", "3")
"""In this time HAProxy notices."""


@contextmanager
def _in_use(database: str, folder: Path) -> Generator[tuple[list[Process], Callable[[], None]]]:
    """Two emulators with clients. Calling the function waits until these have done more. No call may fail."""
    with ExitStack() as stack:
        emulators = [Process(database, subprocess.DEVNULL, folder) for _ in range(2)]
        for one in emulators:
            stack.callback(one.kill)
            one.start(*DELAY)
        until(lambda: all(one.is_ready() for one in emulators))
        url = stack.enter_context(proxies.haproxy(emulators[0].url, emulators[1].url))
        # One client more would be over the thread limit.
        workers = [Worker(number, url, ACCOUNT, 1) for number in range(3)]

        def wait_for_more() -> None:
            calls = sum(len(worker.log.seconds) for worker in workers)
            until(lambda: sum(len(worker.log.seconds) for worker in workers) > calls + 50)

        for worker in workers:
            stack.callback(worker.close)
        with busy(workers):
            yield emulators, wait_for_more
    assert {outcome for worker in workers for outcome in worker.log.outcomes} <= {"send: 0", "report: 0"}
    assert all(worker.log.sends for worker in workers)


def test_no_call_fails_while_each_emulator_is_stopped_and_started(tmp_path: Path) -> None:
    with _in_use(postgresql.shared().create_database(), tmp_path) as (emulators, wait_for_more):
        for one in emulators:
            wait_for_more()
            assert one.stop() == 0
            one.start(*DELAY)
            until(one.is_ready)


def test_no_call_fails_while_an_emulator_of_the_next_version_migrates_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "next.sql"
    tables = ("message", "account", "submission")
    script.write_text(
        "\n".join(f"ALTER TABLE {table} ADD COLUMN later bigint NOT NULL DEFAULT 0;" for table in tables), "utf-8"
    )
    database = postgresql.shared().create_database()
    with _in_use(database, tmp_path) as (_, wait_for_more):
        wait_for_more()
        monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, (str(script),)))
        with psycopg.connect(database) as connection:
            schema.prepare(connection)
            assert connection.execute("SELECT version FROM ccell_fake_store").fetchone() == (len(schema.STEPS),)
        wait_for_more()
