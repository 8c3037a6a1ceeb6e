"""Server-sent events come once and in order."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from harness import scripted
from harness.accounts import PHONE, Served
from harness.counting import count_calls
from harness.emulators import DOCUMENT_DAY, emulator, until

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, Event, JournalTruncated, Unreachable
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_mock_server.control.stream import Stream
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.waiting import MAX_WAITERS


def _kinds(events: Iterator[Event], count: int) -> list[str]:
    return [event.kind for event in islice(events, count)]


def test_requests_cause_events(control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid) as events:
        served.send()
        send, message, report = islice(events, 3)
        assert (send.kind, message.kind, report.kind) == ("send", "message", "report")
        assert message.data["message"]["phone"] == PHONE
        assert message.data["userid"] == served.account.userid
        served.account.reply(PHONE, "hi")
        assert _kinds(events, 1) == ["upmsg"]
        served.reports()
        served.upmsgs()
        assert _kinds(events, 2) == ["fetch_report", "fetch_upmsg"]


def test_time_causes_events(control: ControlClient, served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=60)
    served.send(sendtime="2016-01-01 00:00:00")
    with control.events(account.userid) as events:
        account.advance(timedelta(days=2))
        sent, report = islice(events, 2)
        assert (sent.kind, report.kind) == ("sent", "report")
        assert report.data["event"]["at"] == "2016-01-01T00:01:00+08:00"


def test_a_running_clock_causes_events_without_requests() -> None:
    with emulator() as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.account.change(report_delay=0.3)
        with control.events(served.account.userid) as events:
            served.send()
            assert _kinds(events, 3) == ["send", "message", "report"]


def test_a_report_settled_on_a_frozen_clock_causes_an_event(control: ControlClient, served: Served) -> None:
    served.account.freeze()
    served.account.change(report_delay=60)
    (resp,) = served.send().items
    with control.events(served.account.userid) as events:
        served.account.settle(resp.msgid, "-1")
        (report,) = islice(events, 1)
        assert (report.kind, report.data["event"]["text"]) == ("report", "UNDELIV")


def test_a_stream_of_one_account_has_no_events_of_others(
    control: ControlClient, running: Emulator, served: Served
) -> None:
    other = Served(running.url, control.open())
    with control.events(served.account.userid) as events:
        other.send()
        served.reports()
        assert _kinds(events, 1) == ["fetch_report"]


def test_events_of_all_accounts_name_their_account(control: ControlClient, running: Emulator, served: Served) -> None:
    with control.events() as events:
        newcomer = Served(running.url, control.open())
        for one in (served, newcomer):
            one.reports()
        assert [event.data["userid"] for event in islice(events, 2)] == [served.account.userid, newcomer.account.userid]


def test_a_listener_continues_after_a_position(control: ControlClient, served: Served) -> None:
    served.reports()
    position = served.account.position
    served.upmsgs()
    served.reports()
    with control.events(served.account.userid, after_position=position) as events:
        assert _kinds(events, 2) == ["fetch_upmsg", "fetch_report"]


def test_a_disconnect_ends_the_stream(running: Emulator, control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid):
        assert len(running.services.notifier.waiters) == 1
    until(lambda: not running.services.notifier.waiters)
    assert served.send().code == "0"


def test_events_of_all_accounts_come_once_and_in_order(control: ControlClient, running: Emulator) -> None:
    each, threads = 40, 8
    served = [Served(running.url, control.open()) for _ in range(threads)]

    def ask(one: Served) -> list[str]:
        return [one.ask(Operation.INFO).code for _ in range(each)]

    with control.events() as events, ThreadPoolExecutor(threads) as pool:
        asked = pool.map(ask, served)
        told = list(islice(events, each * threads))
        assert {code for codes in asked for code in codes} == {"0"}
    positions = [event.data["request"]["position"] for event in told]
    assert positions == sorted(set(positions))
    assert Counter(event.data["userid"] for event in told) == {one.account.userid: each for one in served}


def test_a_stream_of_an_account_ends_with_it(control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid) as events:
        served.account.reset()
        assert [event.kind for event in events] == ["ended"]


def test_a_listener_continues_inside_a_request(control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid) as events:
        served.send("13800000000,13800000001")
        first, second = islice(events, 2)
    with control.events(served.account.userid, last_event_id=first.id) as events:
        assert next(events) == second
        third = next(events)
    assert [one.data["message"]["phone"] for one in (second, third)] == ["13800000000", "13800000001"]


def test_dropped_entries_are_an_event_of_the_stream() -> None:
    with emulator(server={"journal_entries": 1}) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.reports()
        position = served.account.position
        with control.events(served.account.userid, after_position=position) as events:
            with running.services.admin(served.account.userid).opened() as (account, ledger):
                (entry,) = ledger.inspect.latest_journal(account.key, 0, 1)
                for _ in range(1100):
                    ledger.write(account.key, entry)
            resync = next(event for event in events if event.kind == "resync")
            assert resync.data == {"reason": "entries_dropped"}
            served.upmsgs()
            assert "fetch_upmsg" in (event.kind for event in events)
        with pytest.raises(JournalTruncated), control.events(after_position=position):
            pass


def test_a_stream_beyond_the_maximum_is_refused(
    running: Emulator, control: ControlClient, account: AccountControl
) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_WAITERS):
            stack.callback(running.services.notifier.places.take())
        with pytest.raises(ControlError, match="clients wait already") as caught, control.events(account.userid):
            pass
    assert caught.value.problem.status == 503


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_a_stream_whose_emulator_dies_is_unreachable_after_its_last_event() -> None:
    first = _chunk(b": ready\n\n") + _chunk(Event("send", {}, "1").encode()) + _chunk(b"event: se")
    with (
        scripted.server(scripted.raw(_HEAD + first)) as script,
        ControlClient(script.url) as control,
        control.events() as events,
    ):
        assert next(events).kind == "send"
        with pytest.raises(Unreachable, match="no control API answers"):
            next(events)


def test_a_stream_of_a_stopped_emulator_raises_no_error_of_the_http_library() -> None:
    with emulator() as running, ControlClient(running.url) as control:
        account = control.open()
        Served(running.url, account).send()
        with control.events(account.userid, after_position=0) as events:
            assert _kinds(events, 1) == ["send"]
            running.stop()
            with suppress(Unreachable):
                list(events)
        with pytest.raises(Unreachable):
            account.status()


@pytest.mark.parametrize(
    "act",
    [
        scripted.raw(_HEAD + b"0\r\n\r\n"),
        scripted.raw(_HEAD),
        scripted.raw(b"HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\nhal"),
        scripted.raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        scripted.answer("<html>", "200 OK", "text/html"),
        scripted.hang_up,
    ],
)
def test_a_call_without_a_proper_answer_is_unreachable(act: scripted.Act) -> None:
    with scripted.server(act, act) as script, ControlClient(script.url) as control:
        with pytest.raises(Unreachable), control.events():
            pass
        with pytest.raises(Unreachable):
            control.account("200001")


def test_events_carry_every_character(control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid) as events:
        served.account.reply(PHONE, "a\u2028b\u0085c\u2029d\x1ee")
        (event,) = islice(events, 1)
    assert event.data["event"]["text"] == "a\u2028b\u0085c\u2029d\x1ee"


def test_a_clock_set_back_repeats_no_events(control: ControlClient, served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=60)
    served.send()
    with control.events(account.userid) as events:
        account.advance(timedelta(seconds=60))
        assert _kinds(events, 1) == ["report"]
        account.freeze(DOCUMENT_DAY)
        account.advance(timedelta(seconds=60))
        served.reports()
        assert _kinds(events, 1) == ["fetch_report"]


def _cost_of_an_event(accounts: int) -> int:
    """Return the number of calls that one request to one of many accounts costs a listener to all accounts."""
    with emulator(ManualClock(DOCUMENT_DAY)) as running:
        services = running.services
        for number in range(accounts):
            services.accounts.open(AccountSettings(userid=f"7{number:05}", password="123456"))
        stream = Stream(services, None)
        list(stream.due(set()))
        key = services.accounts.read()[0].key
        services.admin("200001").add_report("1", "13800000000", "", "0", "", 0.0)
        return count_calls(lambda: (list(stream.due({key})), stream.seconds_until_due()))


def test_an_event_costs_a_listener_the_same_beside_few_and_many_accounts() -> None:
    few, many = _cost_of_an_event(20), _cost_of_an_event(2_000)
    assert many <= few + 20


def test_a_listener_hears_of_the_accounts_of_a_restored_snapshot(
    control: ControlClient, served: Served, tmp_path: Path
) -> None:
    served.account.change(report_delay=60)
    served.account.freeze()
    served.send()
    control.snapshot(tmp_path / "snapshot")
    served.account.close()
    with control.events() as events:
        control.restore(tmp_path / "snapshot")
        assert _kinds(events, 1) == ["resync"]
        served.account.advance(timedelta(seconds=60))
        assert _kinds(events, 1) == ["report"]
