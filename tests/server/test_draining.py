"""Each report is fetched exactly once, with many threads and after a kill (R2, Q18)."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import tomli_w
from harness import processes
from harness.emulators import emulator
from harness.stores import kept

from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import replies, requests

THREADS = 8
ACCOUNT = {"userid": "200001", "password": "123456", "max_concurrency": THREADS}
CONFIG = f"[[accounts]]\n{tomli_w.dumps(ACCOUNT)}"
QUEUE = 10_000
PER_SEND = 500


def _ask(connection: http.client.HTTPConnection, operation: Operation, *submits: Submit) -> list[str]:
    """Return the msgids of the answer; of a send, only the accepted ones."""
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


def _fetch(url: str) -> list[str]:
    """Fetch reports until there are none, or until the server is gone."""
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


def _fetch_with_threads(url: str) -> list[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        return [msgid for taken in pool.map(_fetch, [url] * THREADS) for msgid in taken]


def test_eight_threads_fetch_each_of_10000_reports_exactly_once() -> None:
    with emulator(accounts=[ACCOUNT]) as served:
        sent = _fill(served.url)
        taken = _fetch_with_threads(served.url)
    assert len(sent) == QUEUE
    assert sorted(taken) == sorted(sent)


def test_after_a_kill_no_report_is_fetched_twice_or_lost_unanswered(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text(CONFIG)
    store = kept(tmp_path)
    with processes.serving(tmp_path, "--store", store) as (process, url):
        sent = _fill(url)
        pages = threading.Semaphore(0)
        before: list[str] = []

        def fetch() -> None:
            connection = _connect(url)
            try:
                while page := _ask(connection, Operation.REPORT):
                    before.extend(page)
                    pages.release()
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=fetch) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            assert pages.acquire(timeout=60)
        process.kill()
        for thread in threads:
            thread.join()
    with emulator(server={"store": store}, accounts=[ACCOUNT]) as served:
        after = _fetch_with_threads(served.url)
    answered = before + after
    assert before
    assert after
    assert len(answered) == len(set(answered)), "a report came twice"
    assert set(answered) <= set(sent)
    # Fetched reports without an answer are lost, as live: at most one page for each thread.
    assert len(set(sent) - set(answered)) <= THREADS * 300


def test_accepted_messages_survive_a_kill(tmp_path: Path) -> None:
    store = kept(tmp_path)
    with processes.serving(tmp_path, "--store", store) as (process, url):
        connection = _connect(url)
        sent = [
            msgid
            for number in range(20)
            for msgid in _ask(connection, Operation.SEND, Submit(f"138{number:08d}", "hello【签名】"))
        ]
        process.kill()
        process.wait(60)
        connection.close()
    with emulator(server={"store": store}) as served:
        assert _fetch(served.url) == sent
