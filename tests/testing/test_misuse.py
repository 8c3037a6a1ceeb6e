"""Misuse is refused with the reason in the user's words, at the user's line."""

import asyncio
import re
from collections.abc import Callable

import pytest
from harness.emulators import emulator
from harness.inner_runs import run

from ccell_fake.client import ClientError, RequestRefused, Retry
from ccell_fake.control.client import ControlError, Unreachable
from ccell_fake.testing import AccountClosed, Ccell, NotAsExpected, Server, WouldBlock
from ccell_mock_server.fake import FakeCcell, server

CONTENT = "您好【签名】"
PHONE = "13800000000"

USES: list[Callable[[Ccell], object]] = [
    lambda one: one.outbox[0],
    lambda one: one.outbox.one(),
    lambda one: one.outbox.wait(timeout=1),
    lambda one: len(one.reports),
    lambda one: one.upmsgs.find(),
    lambda one: one.client,
    lambda one: one.connect(),
    lambda one: one.connect_async(),
    lambda one: one.url,
    lambda one: one.clock.now,
    lambda one: one.faults.next(close=True),
    lambda one: one.hold(1),
    lambda one: one.settings(balance=1),
    lambda one: one.reply(PHONE, "TD"),
    lambda one: one.wait(),
    lambda one: one.journal(),
    lambda one: one.breaches(),
    lambda one: one.strays(),
    lambda one: one.__enter__(),
]


@pytest.mark.parametrize("use", USES)
def test_a_closed_fake_says_that_it_is_closed(use: Callable[[Ccell], object]) -> None:
    with FakeCcell() as ccell:
        pass
    with pytest.raises(AccountClosed, match=f"account {ccell.userid} is closed: its `with` block or its test is over"):
        use(ccell)


@pytest.mark.parametrize("use", USES)
def test_a_closed_account_of_a_running_emulator_says_that_it_is_closed(use: Callable[[Ccell], object]) -> None:
    with emulator() as running, Server.at(running.url) as server:
        ccell = server.open()
        ccell.close()
        ccell.close()
        with pytest.raises(AccountClosed, match="is closed"):
            use(ccell)


def test_a_client_of_a_stopped_fake_says_that_nothing_was_sent() -> None:
    with FakeCcell() as ccell:
        client, asynchronous = ccell.client, ccell.connect_async()
    with pytest.raises(ClientError, match="the client is closed"):
        client.send(PHONE, CONTENT)

    async def main() -> None:
        async with asynchronous:
            with pytest.raises(ClientError, match="the emulator has stopped"):
                await asynchronous.send(PHONE, CONTENT)

    asyncio.run(main())


def test_a_fake_works_without_a_block() -> None:
    ccell = FakeCcell(balance=5)
    ccell.client.send(PHONE, CONTENT)
    assert ccell.outbox.one().phone == PHONE
    ccell.close()


def test_slots_are_held_without_a_block_until_they_are_released(fake: Ccell) -> None:
    client = fake.connect(retry=Retry(attempts=1))
    holding = fake.hold(3)
    with pytest.raises(RequestRefused, match="1001006"):
        client.info()
    assert fake.breaches() == ()
    holding.release()
    holding.release()
    assert client.info().is_normal
    assert fake.breaches() == ()


def test_a_wait_in_a_coroutine_names_the_method_to_await(fake: Ccell) -> None:
    async def main() -> None:
        for wait in (fake.wait, fake.outbox.wait, fake.reports.wait, fake.upmsgs.wait):
            with pytest.raises(WouldBlock, match=re.escape("use `await ….wait_async(…)`")):
                wait(timeout=300)
        # These return at once.
        assert fake.outbox == []
        fake.client.send(PHONE, CONTENT)
        assert fake.outbox.wait(timeout=0).phone == PHONE

    asyncio.run(main())


def test_a_userid_in_use_is_refused_with_a_way_out(fake: Ccell) -> None:
    with pytest.raises(
        ControlError, match="the userid '200001' is in use; choose another or none, or take that account"
    ):
        fake.server.open(userid="200001")


def test_a_wait_of_no_time_speaks_of_no_time(fake: Ccell) -> None:
    with pytest.raises(NotAsExpected, match=f"^there are no accepted messages with phone='{PHONE}'"):
        fake.outbox.wait(phone=PHONE, timeout=0)


MISUSES = {
    "ccell.outbox.wait(phone='1', timeout=0)": "NotAsExpected",
    "ccell.outbox.one(fone='1')": "TypeError",
    "ccell.reports.one(phone='1')": "NotAsExpected",
    "ccell.outbox[3]": "IndexError",
    "ccell.wait(timeout=0)": "NotInTime",
    "ccell.hold(4)": "ControlError",
    "ccell.settings(ballance=3)": "ControlError",
    "ccell.faults.next('send', kode='1')": "TypeError",
    "ccell.server.open(userid='200001')": "ControlError",
    "ccell.outbox.find(linkid=None)": "TypeError",
    "ccell.connect(timeout=0)": "ValueError",
    "ccell.connect(threads=0)": "ValueError",
    "ccell.client.info(timeout=0)": "ValueError",
    "ccell.client.send('13800000000', '您好【签名】', timeout=-1)": "ValueError",
    "ccell.client.send('13800000000', '')": "ValueError",
    "ccell.client.follow_reports(interval=0)": "ValueError",
    "client.send('13800000000', '您好【签名】')": "ClientUnusable",
    "client.reports()": "ClientUnusable",
    "closed.clock.now": "AccountClosed",
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_failure_is_shown_at_the_line_of_the_test_once(pytester: pytest.Pytester, misuse: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.fixture
        def closed(ccell_server):
            account = ccell_server.open()
            account.close()
            return account

        @pytest.fixture
        def client(ccell):
            client = ccell.connect()
            client.close()
            return client

        def test_one(ccell, closed, client):
            {misuse}
    """)
    for options in ((), ("--tb=long",), ("--tb=short",)):
        result = run(pytester, *options)
        result.assert_outcomes(failed=1)
        shown = result.stdout.str().partition("= FAILURES =")[2].partition("- ccell journal -")[0]
        assert misuse in shown
        assert MISUSES[misuse] in shown
        assert re.findall(r"^\S+\.py:\d+", shown, re.MULTILINE) == re.findall(r"^test_\S+\.py:\d+", shown, re.MULTILINE)
        assert "During handling" not in shown
        assert "direct cause" not in shown


def test_an_account_of_a_stopped_emulator_is_closed_without_error() -> None:
    with emulator() as running, server(running) as test_server:
        ccell = test_server.open(strict=True)
    with pytest.raises(Unreachable, match="the emulator has stopped"):
        len(ccell.outbox)
    ccell.close()
