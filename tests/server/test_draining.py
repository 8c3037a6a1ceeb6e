"""Reports under threads and under a kill: each comes exactly once (R2, Q18)."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from harness import processes
from harness.emulators import emulator

from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import replies, requests

ACCOUNT = """
[[accounts]]
userid = "200001"
password = "123456"
max_concurrency = 8
"""
THREADS = 8
QUEUE = 10_000
PER_SEND = 500


def _ask(connection: http.client.HTTPConnection, operation: Operation, *submits: Submit) -> list[str]:
    """The msgids of what is answered, of a send only those that were accepted."""
    connection.request("POST", operation.path, requests.render(Request("200001", "123456", submits)))
    reply = replies.parse(operation, connection.getresponse().read())
    assert reply.code == "0"
    return [item.msgid for item in reply.items if getattr(item, "code", "0") == "0"]  # type: ignore[union-attr]


def _connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)


def _fill(url: str) -> list[str]:
    sent: list[str] = []
    connection = _connect(url)
    for start in range(0, QUEUE, PER_SEND):
        phones = ",".join(f"138{number:08d}" for number in range(start, start + PER_SEND))
        sent.extend(_ask(connection, Operation.SEND, Submit(phones, "hello【签名】")))
    connection.close()
    return sent


def _drain(url: str) -> list[str]:
    """Everything until the queue is empty, or until the server is gone."""
    taken: list[str] = []
    connection = _connect(url)
    try:
        while page := _ask(connection, Operation.REPORT):
            taken.extend(page)
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    return taken


def _drain_together(url: str) -> list[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        return [msgid for taken in pool.map(_drain, [url] * THREADS) for msgid in taken]


def test_eight_threads_receive_each_of_10000_reports_exactly_once() -> None:
    with emulator(accounts=[{"userid": "200001", "password": "123456", "max_concurrency": THREADS}]) as served:
        sent = _fill(served.url)
        taken = _drain_together(served.url)
    assert len(sent) == QUEUE
    assert sorted(taken) == sorted(sent)


def test_what_was_answered_comes_exactly_once_over_a_kill(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text(ACCOUNT)
    with processes.serving(tmp_path, "--store", "ccell.sqlite") as (process, url):
        sent = _fill(url)
        pages = threading.Semaphore(0)
        before: list[str] = []

        def drain() -> None:
            connection = _connect(url)
            try:
                while page := _ask(connection, Operation.REPORT):
                    before.extend(page)
                    pages.release()
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=drain) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            assert pages.acquire(timeout=60)
        process.kill()
        for thread in threads:
            thread.join()
    with processes.serving(tmp_path, "--store", "ccell.sqlite") as (_, url):
        after = _drain_together(url)
    answered = before + after
    assert before
    assert after
    assert len(answered) == len(set(answered)), "a report came twice"
    assert set(answered) <= set(sent)
    # What was taken and not answered is lost, as live: at most one page for each thread.
    assert len(set(sent) - set(answered)) <= THREADS * 300


def test_what_was_answered_with_0_is_there_after_a_kill(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--store", "ccell.sqlite") as (process, url):
        connection = _connect(url)
        sent = [
            msgid
            for number in range(20)
            for msgid in _ask(connection, Operation.SEND, Submit(f"138{number:08d}", "hello【签名】"))
        ]
        process.kill()
        process.wait(60)
        connection.close()
    with processes.serving(tmp_path, "--store", "ccell.sqlite") as (_, url):
        assert _drain(url) == sent
