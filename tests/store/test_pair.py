"""Two emulators on one database are one gateway."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from harness import postgresql, processes
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator, until

from ccell_fake import ControlClient
from ccell_fake.codes import Code
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation

OVER = "1001006"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two emulators, and control clients of each."""

    urls: tuple[str, str]
    controls: tuple[ControlClient, ControlClient]

    def open(self, **settings: Any) -> tuple[Served, Served]:
        """Open an account on the first one. Returns it as each of them has it."""
        account = self.controls[0].open(settings)
        other = self.controls[1].account(account.userid)
        other.password = account.password
        return Served(self.urls[0], account), Served(self.urls[1], other)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    store = {"store": postgresql.shared().create_database()}
    with (
        emulator(server=store) as one,
        emulator(server=store) as two,
        ControlClient(one.url) as control_one,
        ControlClient(two.url) as control_two,
    ):
        yield Pair((one.url, two.url), (control_one, control_two))


def _drain(served: Served) -> list[str]:
    msgids: list[str] = []
    while reports := served.reports():
        msgids += [report.msgid for report in reports]
    return msgids


def test_what_one_accepts_the_other_reports_once(pair: Pair) -> None:
    one, two = pair.open()
    (resp,) = one.send().items
    assert [report.msgid for report in two.reports()] == [resp.msgid]
    assert (list(one.reports()), list(two.reports())) == ([], [])
    assert one.info().riches == two.info().riches


def test_pollers_of_both_get_each_report_once(pair: Pair) -> None:
    served = pair.open(report_delay=0.0)
    phones = [f"138{number:08}" for number in range(100)]
    sent = [resp.msgid for _ in range(9) for resp in served[0].send(phone=",".join(phones)).items]
    with ThreadPoolExecutor(4) as pool:
        polled = [pool.submit(_drain, served[number % 2]) for number in range(4)]
        assert sorted(msgid for each in polled for msgid in each.result()) == sent


def test_msgids_increase_over_both(pair: Pair) -> None:
    served = pair.open()
    msgids = [served[number % 2].send().items[0].msgid for number in range(20)]
    assert sorted(msgids, key=int) == msgids
    assert len(set(msgids)) == 20


def test_the_thread_limit_counts_requests_of_both(pair: Pair) -> None:
    one, two = pair.open(processing_time=5.0, max_concurrency=3)
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(served.ask, Operation.INFO) for served in (one, two, two)]
        until(lambda: two.account.status().in_progress == 3)
        assert [served.ask(Operation.INFO).code for served in (one, two)] == [OVER, OVER]
        assert [each.result().code for each in running] == ["0"] * 3
    assert one.account.status().in_progress == 0
    assert two.account.activity().excesses == 2


def test_the_slots_of_a_killed_emulator_are_free_again(tmp_path: Path) -> None:
    database = postgresql.shared().create_database()
    with emulator(server={"store": database}) as left, ControlClient(left.url) as control:
        account = control.open({"processing_time": 60.0, "max_concurrency": 1})
        with processes.serving(tmp_path, "--store", database) as (process, url), ThreadPoolExecutor(1) as pool:
            cut_off = pool.submit(Served(url, account).ask, Operation.INFO)
            until(lambda: account.status().in_progress == 1)
            account.change(processing_time=0.0)
            served = Served(left.url, account)
            assert served.ask(Operation.INFO).code == OVER
            process.kill()
            assert cut_off.exception()
        until(lambda: account.status().in_progress == 0)
        assert served.ask(Operation.INFO).code == "0"


def test_a_hold_on_one_counts_on_the_other(pair: Pair) -> None:
    one, two = pair.open(max_concurrency=3)
    with one.account.hold(3):
        assert [hold.slots for hold in two.account.holds()] == [3]
        assert two.ask(Operation.INFO).code == OVER
    assert two.ask(Operation.INFO).code == "0"


def test_settings_clocks_and_faults_of_one_apply_on_the_other(pair: Pair) -> None:
    one, two = pair.open()
    assert two.send().items[0].code == "0"
    one.account.change(blacklist=[PHONE])
    assert two.send().items[0].code == "1004008"
    one.account.freeze(DOCUMENT_DAY)
    assert two.account.clock().now == DOCUMENT_DAY
    one.account.add_fault(CodeFault(code=Code("1001007")))
    assert [two.ask(Operation.INFO).code, one.ask(Operation.INFO).code] == ["1001007", "0"]


def test_a_wait_on_one_hears_a_send_on_the_other(pair: Pair) -> None:
    one, two = pair.open()
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(two.account.wait, phone=PHONE, timeout=60)
        one.send()
        assert heard.result().messages[0].phone == PHONE


def test_events_of_both_are_in_one_order(pair: Pair) -> None:
    served = pair.open(report_delay=1000.0)
    with pair.controls[1].events(served[0].account.userid) as events:
        sent = [served[number % 2].send(linkid=f"{number}").items[0].msgid for number in range(6)]
        messages = (event.data["message"]["msgid"] for event in events if event.kind == "message")
        assert list(islice(messages, len(sent))) == sent


def test_a_reset_on_one_ends_a_request_in_progress_on_the_other(pair: Pair) -> None:
    one, two = pair.open(processing_time=60.0)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(two.ask, Operation.INFO)
        until(lambda: one.account.status().in_progress == 1)
        one.account.reset()
        assert asked.result().code == "1001999"
    assert two.account.status().in_progress == 0


def test_an_account_closed_on_one_is_gone_on_the_other(pair: Pair) -> None:
    one, two = pair.open()
    one.account.close()
    assert two.ask(Operation.INFO).code == "1001004"


def test_accounts_can_be_listed_while_others_are_opened_and_closed(pair: Pair) -> None:
    stays = pair.controls[0].open()
    begun, ends = threading.Event(), threading.Event()

    def come_and_go() -> None:
        while not ends.is_set():
            pair.controls[0].open().close()
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(come_and_go)
        try:
            assert begun.wait(60)
            for _ in range(50):
                assert stays.userid in {one.userid for one in pair.controls[1].accounts()}
        finally:
            ends.set()
        busy.result()


def test_the_metrics_show_the_connections_of_an_emulator(pair: Pair) -> None:
    one, _ = pair.open()
    one.send()
    metrics = dict(line.rsplit(" ", 1) for line in pair.controls[0].metrics().splitlines() if line[:1] != "#")
    assert 1 <= float(metrics["ccell_store_connections"]) <= 8
    assert float(metrics["ccell_store_lock_wait_seconds_total"]) > 0
    assert {"ccell_store_connections_in_use", "ccell_store_connection_wait_seconds_total"} <= metrics.keys()
