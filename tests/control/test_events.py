"""Server-sent events: what happens, as it happens, told once and in order."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from testing.accounts import PHONE, Served
from testing.emulators import emulator

from ccell_fake.control.client import ControlClient, Event
from ccell_mock_server.emulator import Emulator


def _kinds(events: Iterator[Event], count: int) -> list[str]:
    return [event.kind for event in islice(events, count)]


def test_what_requests_bring_about_is_told(control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid) as events:
        served.send()
        send, message, report = islice(events, 3)
        assert (send.kind, message.kind, report.kind) == ("send", "message", "report")
        assert message.data["message"]["phone"] == PHONE
        assert message.data["userid"] == served.account.userid
        assert send.data["request"]["number"] == message.cursor
        served.account.reply(PHONE, "hi")
        served.reports()
        served.upmsgs()
        assert _kinds(events, 3) == ["upmsg", "drain", "fetch"]


def test_what_time_brings_about_is_told(control: ControlClient, served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=60)
    served.send(sendtime="2016-01-01 00:00:00")
    with control.events(account.userid) as events:
        account.advance(timedelta(days=2))
        sent, report = islice(events, 2)
        assert (sent.kind, report.kind) == ("sent", "report")
        assert report.data["event"]["at"] == "2016-01-01T00:01:00+08:00"


def test_a_clock_that_goes_tells_by_itself() -> None:
    with emulator() as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.account.change(report_delay=0.3)
        with control.events(served.account.userid) as events:
            served.send()
            assert _kinds(events, 3) == ["send", "message", "report"]


def test_a_report_that_is_settled_on_a_clock_that_stands_is_told(control: ControlClient, served: Served) -> None:
    served.account.freeze()
    served.account.change(report_delay=60)
    (resp,) = served.send().items
    with control.events(served.account.userid) as events:
        served.account.settle(resp.msgid, "-1")
        (report,) = islice(events, 1)
        assert (report.kind, report.data["event"]["text"]) == ("report", "UNDELIV")


def test_events_of_one_account_are_of_no_other(control: ControlClient, running: Emulator, served: Served) -> None:
    other = Served(running.url, control.open())
    with control.events(served.account.userid) as events:
        other.send()
        served.reports()
        assert _kinds(events, 1) == ["drain"]


def test_events_of_all_accounts_name_theirs(control: ControlClient, running: Emulator, served: Served) -> None:
    with control.events() as events:
        newcomer = Served(running.url, control.open())
        for one in (served, newcomer):
            one.reports()
        assert [event.data["userid"] for event in islice(events, 2)] == [served.account.userid, newcomer.account.userid]


def test_a_listener_goes_on_from_a_cursor(control: ControlClient, served: Served) -> None:
    served.reports()
    cursor = served.account.cursor
    served.upmsgs()
    served.reports()
    with control.events(served.account.userid, after=cursor) as events:
        assert _kinds(events, 2) == ["fetch", "drain"]


def test_a_listener_that_leaves_leaves_nothing(running: Emulator, control: ControlClient, served: Served) -> None:
    with control.events(served.account.userid):
        assert len(running.backstage.bell.waiters) == 1
    while running.backstage.bell.waiters:
        pass
    assert served.send().code == "0"
