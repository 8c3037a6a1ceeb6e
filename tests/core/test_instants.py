"""One request is decided at one instant. Threads, accounts and settings change nothing about it (K1 to K3, S6)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import product
from threading import Barrier

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, Bench, codes, gateway, items, until
from harness.stores import open_store
from hypothesis import given, settings
from hypothesis import strategies as st

from ccell_fake.clock import SystemClock, in_micros
from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.engine.context import Arrival
from ccell_fake.inspection import MessageFilter
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.settings import AccountSettings

# 4 settings, 20 threads: 20,000 requests by default, 800,000 in the profile `thorough`.
ROUNDS = settings().max_examples * 10
THREADS = 20
OVER = "1001006"


class MicrosecondClock:
    """A clock that advances by a microsecond on every reading."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def elapsed(self) -> float:
        return 0.0


def _send(phone: str, userid: str = "200001") -> Arrival:
    return Arrival(Operation.SEND, Request(userid, "123456", (Submit(phone, CONTENT),)), "127.0.0.1")


@pytest.mark.parametrize(("accounts", "limit"), [*product([1, 5], [1, 3])])
def test_no_request_that_takes_no_time_is_over_the_thread_limit(accounts: int, limit: int) -> None:
    engine = gateway(open_store(), SystemClock())
    userids = [f"{300_000 + number}" for number in range(accounts)]
    for userid in userids:
        engine.accounts.open(AccountSettings(userid=userid, password="123456", balance=10**9, max_concurrency=limit))
    barrier = Barrier(THREADS)

    def send(thread: int) -> tuple[list[str], list[str]]:
        barrier.wait()
        answers = [engine.answer(_send("13800000000", userids[thread % accounts])) for _ in range(ROUNDS)]
        return [code for answer in answers for code in codes(answer)], [items(answer)[0].msgid for answer in answers]

    with ThreadPoolExecutor(THREADS) as executor:
        results = list(executor.map(send, range(THREADS)))
    assert Counter(code for sent, _ in results for code in sent) == {"0": 2 * THREADS * ROUNDS}
    msgids = [msgid for _, sent in results for msgid in sent]
    assert len(set(msgids)) == THREADS * ROUNDS
    for _, sent in results:
        # A thread sends with one account, one request after the other.
        assert sent == sorted(sent)


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_of_requests_that_overlap_exactly_those_over_the_limit_are_refused(limit: int) -> None:
    overlap = Barrier(limit + 1)

    def pause(_seconds: float) -> None:
        # All requests with a slot wait here until the refused one was answered.
        overlap.wait(60)

    bench = Bench(pause, processing_time=1.0, max_concurrency=limit, balance=10**6, lock_after=0)
    for _ in range(max(settings().max_examples // 5, 1)):
        with ThreadPoolExecutor(limit) as executor:
            inside = [executor.submit(bench.send) for _ in range(limit)]
            until(lambda: bench.admin.status().in_progress == limit)
            assert codes(bench.send()) == [OVER]
            overlap.wait(60)
            assert [codes(one.result()) for one in inside] == [["0", "0"]] * limit
    assert bench.admin.status().in_progress == 0


def test_all_times_of_a_send_are_one_instant() -> None:
    store = open_store()
    engine = gateway(store, MicrosecondClock(DOCUMENT_DAY))
    engine.accounts.open(AccountSettings(userid="200001", password="123456"))
    for _ in range(3):
        engine.answer(_send("13800000000"))
    admin = AccountAdmin(engine.accounts, store, "200001")
    entries, messages = admin.journal(0).items, admin.messages(MessageFilter()).items
    assert [entry.at for entry in entries] == [message.submitted_at for message in messages]
    assert all(message.msgid.startswith(f"{message.submitted_at:%y%m%d%H%M%S}") for message in messages)


@given(st.integers(0, 10**13))
def test_seconds_become_the_nearest_microsecond(micros: int) -> None:
    assert in_micros(micros / 1_000_000) == micros


@pytest.mark.parametrize(("whole", "half"), [(8.2, 4.1), (0.3, 0.15), (1.1, 0.55), (16.4, 8.2)])
def test_a_duration_is_over_after_twice_its_half(whole: float, half: float) -> None:
    bench = Bench(report_delay=whole)
    bench.send()
    for _ in range(2):
        assert not bench.reports()
        bench.clock.advance(timedelta(microseconds=in_micros(half)))
    assert len(bench.reports()) == 1
