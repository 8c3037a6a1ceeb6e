"""An account for a test: settings, clock, slots, faults and clients."""

import gc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.emulators import DOCUMENT_DAY, emulator

from ccell_fake.client import Client, RequestRefused, Retry
from ccell_fake.client.errors import ClientError
from ccell_fake.control.client import ControlError, NotInTime
from ccell_fake.inspection import State
from ccell_fake.testing import AccountClosed, Ccell, NotInProcess, Server
from ccell_mock_server.fake import FakeCcell

CONTENT = "您好【签名】"
PHONE = "13800000000"
AT_ONCE = Retry(attempts=1)


def test_settings_are_read_and_changed(fake: Ccell) -> None:
    assert fake.settings().balance == 100_000
    assert fake.settings(balance=3, signcode=["签名"]).balance == 3
    assert fake.client.info().riches == 3
    assert fake.settings().signcode == ("签名",)


def test_an_unknown_setting_is_refused_with_a_suggestion(fake: Ccell) -> None:
    with pytest.raises(ControlError, match="balance"):
        fake.settings(ballance=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def test_a_clock_is_frozen_moved_and_set_to_real(fake: Ccell) -> None:
    assert fake.clock.freeze(DOCUMENT_DAY) == fake.clock.now == DOCUMENT_DAY
    fake.settings(report_delay=3600)
    fake.client.send(PHONE, CONTENT)
    assert fake.outbox[0].state is State.SENT
    assert fake.clock.advance(minutes=59) == ()
    assert [event.kind for event in fake.clock.advance(timedelta(seconds=30), seconds=30)] == ["report"]
    assert fake.clock.now - DOCUMENT_DAY == timedelta(hours=1)
    assert fake.clock.advance_to(DOCUMENT_DAY + timedelta(days=1)) == ()
    assert repr(fake.clock) == "<frozen clock at 2016-01-01T08:30:30+08:00>"
    fake.clock.set(DOCUMENT_DAY)
    assert timedelta() <= fake.clock.now - DOCUMENT_DAY < timedelta(hours=1)
    fake.clock.real()
    assert fake.clock.now.year > 2020


def test_held_slots_are_freed_after_the_block(fake: Ccell) -> None:
    client = fake.connect(retry=AT_ONCE)
    with fake.hold(3):
        with pytest.raises(RequestRefused) as caught:
            client.info()
        assert caught.value.code == "1001006"
    assert client.info().is_normal


def test_a_hold_may_be_for_one_endpoint(fake: Ccell) -> None:
    fake.settings(assumptions={"Q21": "endpoint"})
    client = fake.connect(retry=AT_ONCE)
    with fake.hold(3, "send"), pytest.raises(RequestRefused):
        client.send(PHONE, CONTENT)
    with fake.hold(3, "send"):
        assert client.info().is_normal


def test_a_hold_of_a_closed_account_ends_without_an_error() -> None:
    with FakeCcell() as ccell:
        with ccell.hold():
            ccell.close()
        with pytest.raises(AccountClosed, match=f"account {ccell.userid} is closed"):
            ccell.account.status()


def test_a_reply_can_be_delayed(fake: Ccell) -> None:
    fake.clock.freeze()
    fake.reply(PHONE, "later", delay=60)
    assert fake.client.upmsgs() == ()
    fake.clock.advance(minutes=1)
    assert [one.msgcontent for one in fake.client.upmsgs()] == ["later"]


def test_a_timeout_names_what_was_waited_for(fake: Ccell) -> None:
    with pytest.raises(NotInTime, match="waited 0 s for report"):
        fake.wait("report", timeout=0, not_empty=True)


def test_no_repr_shows_the_password(fake: Ccell) -> None:
    assert fake.password not in f"{fake!r}{fake.outbox!r}{fake.account!r}{fake.client!r}{fake.faults!r}"


def test_a_chosen_password_is_kept() -> None:
    with FakeCcell(userid="300003", password="of one's own") as ccell:
        assert (ccell.userid, ccell.password) == ("300003", "of one's own")
        assert ccell.client.info().is_normal


@pytest.mark.parametrize("in_process", [True, False])
def test_a_fake_is_reached_in_process_and_by_connection(fake: Ccell, *, in_process: bool) -> None:
    with fake.connect(in_process=in_process) as client:
        client.send(PHONE, CONTENT)
    assert len(fake.outbox) == 1


def test_a_fake_listens_where_its_url_says(fake: Ccell) -> None:
    assert fake.url == fake.url
    with Client(fake.url, fake.userid, fake.password) as client:
        assert client.info().is_normal


def test_a_fake_may_speak_tls() -> None:
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - needed here alone

    with FakeCcell(parse({"server": {"port": 0, "tls": True}}, "the test")) as ccell:
        assert ccell.url.startswith("https:")
        with ccell.connect(in_process=False) as client:
            assert client.info().is_normal


MISSPELT: Any = {"ballance": 3}


def test_a_fake_that_fails_to_start_leaves_nothing_open() -> None:
    with pytest.raises(ControlError, match="ballance"), FakeCcell(**MISSPELT):
        pass


def test_an_emulator_in_another_process_works_the_same() -> None:
    with emulator(server={"control_token": "secret"}) as running, Server.at(f"{running.url}/", "secret") as server:
        ccell = server.open(balance=1)
        assert ccell.url == running.url
        ccell.client.send(PHONE, CONTENT)
        assert ccell.outbox.one().phone == PHONE
        with pytest.raises(RequestRefused, match="1001002"):
            ccell.client.send(PHONE, CONTENT)
        with pytest.raises(NotInProcess, match=running.url):
            ccell.connect(in_process=True)
        ccell.close()


def test_an_unreachable_emulator_is_reported_at_once() -> None:
    with emulator(server={"control_token": "secret"}) as running, pytest.raises(ControlError, match="token"):
        Server.at(running.url, "wrong")


@pytest.mark.parametrize(
    ("keywords", "struck"),
    [
        ({"code": "1001999"}, "1001999"),
        ({"http": 503, "body": "busy"}, "503"),
        ({"http": 429, "content_type": "application/json", "headers": {"Retry-After": "9"}}, "429 application/json"),
        ({"close": True}, "closed without an answer"),
        ({"reset": True, "processed": True}, "reset"),
        ({"truncate": True}, "in the middle"),
        ({"truncate": 7}, "in the middle"),
        ({"broken_xml": True}, "cannot be read"),
    ],
)
def test_a_keyword_arranges_its_fault(fake: Ccell, keywords: dict[str, Any], struck: str) -> None:
    fault = fake.faults.next("send", **keywords)
    assert fault.left == 1
    assert fake.client.info().is_normal
    with pytest.raises(ClientError, match=struck):
        fake.client.send(PHONE, CONTENT)
    assert [one.left for one in fake.faults] == [0]
    assert fake.client.send(PHONE, CONTENT).accepted


def test_a_harmless_fault_lets_the_answer_through(fake: Ccell) -> None:
    every: list[dict[str, Any]] = [
        {"gbk": True},
        {"gbk": True, "declared": True},
        {"dribble": 0.0001, "piece": 100},
        {"delay": 0.01},
    ]
    for keywords in every:
        fake.faults.next(times=2, **keywords)
        assert fake.client.send(PHONE, CONTENT).accepted
        assert [one.applied for one in fake.faults] == [1]
        fake.faults.clear()
    assert list(fake.faults) == []


def test_a_fault_can_be_for_every_request(fake: Ccell) -> None:
    fake.faults.next(times=None, code="1001999")
    for _ in range(3):
        with pytest.raises(RequestRefused):
            fake.client.info()


@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({}, "got none; kinds: code, http, close"),
        ({"code": "1001999", "http": 502}, "got code and http"),
        ({"kode": "1001999"}, "unknown keyword 'kode'; did you mean code"),
        ({"dealy": 1}, "unknown keyword 'dealy'; did you mean delay"),
        ({"close": 3}, "close must be True, got 3"),
        ({"code": "1001999", "bytes": 3}, "unknown keyword 'bytes'"),
        ({"code": "1001999", "piece": 3}, "piece"),
    ],
)
def test_invalid_keywords_of_a_fault_are_refused(fake: Ccell, keywords: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        fake.faults.next("send", **keywords)


def test_invalid_values_of_a_fault_are_refused(fake: Ccell) -> None:
    with pytest.raises(ValueError, match=r"operation must be one of send, report, upmsg, info, got 'sned'"):
        fake.faults.next("sned", code="1001999")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"operation must be one of send, report, upmsg, info, got 'sned'"):
        fake.faults.next("sned")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ControlError, match="code"):
        fake.faults.next("send", code="42")


def test_an_unknown_operation_is_refused_without_lines_of_enum(fake: Ccell) -> None:
    uses: list[Callable[[Any], object]] = [
        lambda one: one.faults.next("sned", close=True),
        lambda one: one.hold(1, "sned"),
    ]
    for use in uses:
        with pytest.raises(ValueError, match="got 'sned'") as refused:
            use(fake)
        assert {Path(entry.path).name for entry in refused.traceback}.isdisjoint({"enum.py", "model.py"})


def test_clients_are_closed_with_the_account() -> None:
    """Warnings are errors, so an open connection would fail this test."""
    with emulator() as running, Server.at(running.url) as server:
        ccell = server.open()
        for client in (ccell.client, ccell.connect()):
            assert client.info().is_normal
        ccell.close()
        del client, ccell
        gc.collect()
