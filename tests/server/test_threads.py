"""The thread limit refuses the requests of too many threads (K1, K2, Q13)."""

import threading
from concurrent.futures import ThreadPoolExecutor

from harness import http
from harness.emulators import CONTENT, Meter, emulator

from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import replies, requests

THREADS = 50
LIMIT = 3


def test_of_50_threads_only_3_requests_are_in_progress_at_once() -> None:
    meter = Meter()

    account = {"userid": "200001", "password": "123456", "processing_time": 0.02, "lock_after": 0}
    content = "一" * 67 + CONTENT[-4:]
    body = requests.render(Request("200001", "123456", (Submit("13800000000,13800000001", content),)))
    with emulator(pause=meter, accounts=[account]) as served:
        together = threading.Barrier(THREADS)

        def send(_: int) -> list[str]:
            together.wait(60)
            return [
                replies.parse(Operation.SEND, http.post(served.url, Operation.SEND.path, body).body).code
                for _ in range(4)
            ]

        with ThreadPoolExecutor(THREADS) as pool:
            codes = [code for answered in pool.map(send, range(THREADS)) for code in answered]
        info = http.post(served.url, Operation.INFO.path, requests.render(Request("200001", "123456")))
    assert meter.most == LIMIT
    assert set(codes) == {"0", "1001006"}
    # Two numbers of two segments each.
    left = 100_000 - 4 * codes.count("0")
    assert f"<RICHES>{left}</RICHES>" in info.body.decode()


def test_a_disconnect_frees_the_slot() -> None:
    entered, proceed = threading.Semaphore(0), threading.Event()

    def pause(_seconds: float) -> None:
        entered.release()
        assert proceed.wait(60)

    account = {
        "userid": "200001",
        "password": "123456",
        "processing_time": 1.0,
        "max_concurrency": 1,
        "lock_after": 0,
    }
    body = requests.render(Request("200001", "123456"))
    with emulator(pause=pause, accounts=[account]) as served:
        with http.connect(served.url) as leaving:
            leaving.sendall(
                f"POST {Operation.INFO.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )
            assert entered.acquire(timeout=60)
        proceed.set()
        code = "1001006"
        while code == "1001006":
            code = replies.parse(Operation.INFO, http.post(served.url, Operation.INFO.path, body).body).code
    assert code == "0"
