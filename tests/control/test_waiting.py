"""Waits end with the event, the timeout, or a disconnect of the client."""

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import pytest
from harness import http
from harness.accounts import PHONE, Served
from harness.emulators import emulator, until

from ccell_fake.control.client import AccountControl, ControlClient, ControlError, NotInTime, WaitConditions
from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.waiting import MAX_WAITERS

LONG = 300.0


def _waiters(running: Emulator) -> int:
    return len(running.services.notifier.waiters)


def _meanwhile(running: Emulator, wait: Callable[[], Any], act: Callable[[], object]) -> Any:
    """Start a wait, then act, and return the result of the wait."""
    before = _waiters(running)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        until(lambda: _waiters(running) != before or waiting.done())
        act()
        return waiting.result(60)


def test_a_wait_for_an_existing_message_ends_at_once(served: Served) -> None:
    served.send()
    assert served.account.wait(phone="138*", timeout=0).messages[0].phone == PHONE


def test_a_message_ends_a_wait(running: Emulator, served: Served) -> None:
    answer = _meanwhile(
        running, lambda: served.account.wait(phone=PHONE, linkid="7", timeout=LONG), lambda: served.send(linkid="7")
    )
    assert [one.linkid for one in answer.messages] == ["7"]
    assert answer.position == served.account.position


@pytest.mark.parametrize("name", ["code", "msgid"])
def test_a_pattern_of_codes_or_msgids_ends_a_wait(running: Emulator, served: Served, name: str) -> None:
    served.send()
    accepted = next(iter(served.account.messages())).msgid
    by_msgid = WaitConditions(msgid=f"{accepted[:2]}*", count=2)
    wanted = WaitConditions(code="10040*") if name == "code" else by_msgid
    answer = _meanwhile(
        running,
        lambda: served.account.wait(timeout=LONG, **wanted),
        lambda: served.send("19500001111"),
    )
    assert answer.messages[-1].code == "1004001"
    with pytest.raises(NotInTime):
        served.account.wait(timeout=0, **cast("WaitConditions", {name: "x*"}))


def test_a_wait_can_be_for_several_messages(running: Emulator, served: Served) -> None:
    served.send()
    answer = _meanwhile(
        running, lambda: served.account.wait(count=3, timeout=LONG), lambda: [served.send(), served.send()]
    )
    assert len(answer.messages) == 3


def test_a_fetch_ends_a_wait(running: Emulator, served: Served) -> None:
    account = served.account
    served.reports()
    position = account.position
    answer = _meanwhile(running, lambda: account.wait("report", after_position=position, timeout=LONG), served.reports)
    assert answer.requests[0].position > position
    account.reply(PHONE, "hi")
    answer = _meanwhile(running, lambda: account.wait("upmsg", not_empty=True, timeout=LONG), served.upmsgs)
    assert answer.requests[0].items == 1


def test_an_empty_fetch_does_not_count_with_not_empty(served: Served) -> None:
    served.reports()
    assert served.account.wait("report", timeout=0).is_met
    with pytest.raises(NotInTime):
        served.account.wait("report", not_empty=True, timeout=0)


def test_an_advance_ends_a_wait(running: Emulator, served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=3600)
    served.send()
    answer = _meanwhile(
        running,
        lambda: account.wait(state=State.DELIVERED, timeout=LONG),
        lambda: account.advance(timedelta(hours=1)),
    )
    assert answer.messages[0].state is State.DELIVERED


def test_a_running_clock_ends_a_wait() -> None:
    with emulator() as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.account.change(report_delay=0.2)
        served.send()
        assert served.account.wait(state=State.DELIVERED, timeout=LONG).is_met


def test_a_settled_report_ends_a_wait(running: Emulator, served: Served) -> None:
    served.account.change(report_delay=3600)
    (resp,) = served.send().items
    answer = _meanwhile(
        running,
        lambda: served.account.wait(state=State.FAILED, timeout=LONG),
        lambda: served.account.settle(resp.msgid, "-1"),
    )
    assert answer.messages[0].msgid == resp.msgid


def test_only_messages_after_the_position_count(served: Served) -> None:
    served.send()
    position = served.account.position
    with pytest.raises(NotInTime):
        served.account.wait(after_position=position, timeout=0)
    served.send()
    assert len(served.account.wait(after_position=position, timeout=0).messages) == 1


def test_a_timeout_answers_what_came_and_the_near_misses(served: Served) -> None:
    served.send("13900000000", linkid="9")
    served.send("13800000001", linkid="7")
    served.ask(Operation.INFO)
    with pytest.raises(NotInTime) as caught:
        served.account.wait(phone="13800000000", linkid="7", timeout=0)
    answer = caught.value.answer
    assert [entry.operation for entry in answer.came] == [Operation.SEND, Operation.SEND, Operation.INFO]
    assert [(one.field, one.was) for one in answer.nearest[0].mismatches] == [("phone", "13800000001")]
    assert len(answer.nearest[1].mismatches) == 2
    said = str(caught.value)
    assert "waited 0 s for message (phone='13800000000', linkid='7')" in said
    assert "phone is '13800000001', not '13800000000'" in said


def test_a_message_before_the_position_is_a_near_miss(served: Served) -> None:
    served.send()
    position = served.account.position
    with pytest.raises(NotInTime) as caught:
        served.account.wait(phone=PHONE, after_position=position, timeout=0)
    (near,) = caught.value.answer.nearest
    assert [(one.field, one.wanted) for one in near.mismatches] == [("position", f"after {position}")]


def test_a_wait_ends_with_its_account(running: Emulator, account: AccountControl) -> None:
    with pytest.raises(ControlError, match="was reset during the wait"):
        _meanwhile(running, lambda: account.wait(timeout=LONG), account.reset)
    with pytest.raises(ControlError, match="there is no account"):
        _meanwhile(running, lambda: account.wait(timeout=LONG), account.close)


def test_another_account_does_not_wake_a_wait(
    running: Emulator, control: ControlClient, account: AccountControl
) -> None:
    other = Served(running.url, control.open())

    def act() -> None:
        other.send()
        (waiter,) = running.services.notifier.waiters
        assert waiter.wakings == 0
        Served(running.url, account).reports()

    answer = _meanwhile(running, lambda: account.wait("report", timeout=LONG), act)
    assert [one.operation for one in answer.requests] == [Operation.REPORT]


def _ask_to_wait(running: Emulator, account: AccountControl) -> socket.socket:
    body = b'{"timeout": 600}'
    connection = http.connect(running.url)
    head = f"POST /_ccell/v1/accounts/{account.userid}/wait HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


@pytest.mark.parametrize("with_reset", [True, False])
def test_a_disconnect_ends_a_wait(running: Emulator, account: AccountControl, *, with_reset: bool) -> None:
    connections = [_ask_to_wait(running, account) for _ in range(20)]
    until(lambda: _waiters(running) >= 20)
    for connection in connections:
        if with_reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    until(lambda: not _waiters(running))
    until(lambda: running.services.notifier.places.free >= MAX_WAITERS)
    assert Served(running.url, account).send().code == "0"


def test_a_wait_beyond_the_maximum_is_refused(running: Emulator, account: AccountControl) -> None:
    """Some threads always remain for the gateway."""
    connections = [_ask_to_wait(running, account) for _ in range(MAX_WAITERS)]
    until(lambda: _waiters(running) >= MAX_WAITERS)
    with pytest.raises(ControlError, match=f"{MAX_WAITERS} clients wait already") as caught:
        account.wait(timeout=0)
    assert caught.value.problem.status == 503
    assert Served(running.url, account).send().code == "0"
    for connection in connections:
        connection.close()
    until(lambda: not _waiters(running))


def test_a_wait_ends_when_the_emulator_stops(running: Emulator, account: AccountControl) -> None:
    connection = _ask_to_wait(running, account)
    until(lambda: _waiters(running))
    running.stop()
    connection.close()
    assert _waiters(running) == 0


def test_waiting_costs_no_processor_time(running: Emulator, account: AccountControl) -> None:
    """Fifty clients sleep; nothing polls in between."""
    connections = [_ask_to_wait(running, account) for _ in range(50)]
    until(lambda: _waiters(running) >= 50)
    waiters = running.services.notifier.waiters
    with pytest.raises(NotInTime):
        account.wait(timeout=0.1)
    assert [one.wakings for one in waiters] == [0] * 50
    for connection in connections:
        connection.close()
    until(lambda: not _waiters(running))


def test_a_disconnect_after_more_data_ends_a_wait(running: Emulator, account: AccountControl) -> None:
    connection = _ask_to_wait(running, account)
    until(lambda: _waiters(running))
    (waiter,) = running.services.notifier.waiters
    connection.sendall(b"G")
    until(lambda: waiter.wakings > 0)
    assert _waiters(running) == 1
    connection.close()
    until(lambda: not _waiters(running))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_disconnect_under_tls_ends_a_wait(version: ssl.TLSVersion) -> None:
    with emulator(server={"tls": True}) as running:
        assert running.certificate
        context = ssl.create_default_context(cafile=str(running.certificate.authority))
        context.minimum_version = context.maximum_version = version
        body = b'{"timeout": 600}'
        head = b"POST /_ccell/v1/accounts/200001/wait HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection = context.wrap_socket(http.connect(running.url), server_hostname="127.0.0.1")
        connection.sendall(head + body)
        until(lambda: _waiters(running))
        connection.settimeout(0.2)
        with contextlib.suppress(OSError):
            connection.unwrap()
        connection.close()
        until(lambda: not _waiters(running))


@pytest.mark.parametrize("name", ["phone", "linkid", "content"])
def test_a_pattern_that_is_too_long_is_refused(account: AccountControl, name: str) -> None:
    with pytest.raises(ControlError, match=f"{name} must have at most 2000 characters"):
        account.wait("message", timeout=0, **cast("WaitConditions", {name: "x*" * 30_000}))


def test_a_message_ends_a_wait_without_poll(running: Emulator, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll")
    answer = _meanwhile(running, lambda: served.account.wait(timeout=LONG), served.send)
    assert answer.messages
