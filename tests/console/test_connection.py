"""The console misses nothing when its connection is lost, and says so when it must read everything anew."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from harness.console import CONTENT, PHONE, Open, console
from harness.cutting import cable
from harness.emulators import emulator
from harness.processes import free_port
from playwright.sync_api import expect

from ccell_fake.client import Client
from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator


def test_a_cut_connection_is_shown_and_found_again_and_nothing_is_missed(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.clock.freeze()
    ccell.settings(report_delay=60)
    with cable(running.url) as proxy:
        page = open_page(f"{proxy.url}/_ccell/#/messages", errors_expected=True)
        expect(page.locator(".connection")).to_have_text("live")
        ccell.client.send(PHONE, CONTENT)
        expect(page.locator(".row .state")).to_have_text("sent")
        page.get_by_role("button", name="Pause").click()
        proxy.cut()
        expect(page.locator(".connection")).to_contain_text("connection lost")
        ccell.client.send(["13900000001", "13900000002"], CONTENT)
        ccell.clock.advance(minutes=1)
        proxy.mend()
        # The messages that came meanwhile are counted, though the list is paused.
        expect(page).to_have_title(re.compile(r"^\(2\) "))
        expect(page.locator(".row")).to_have_count(1)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".row")).to_have_count(3)
        expect(page.locator(".row .state").first).to_have_text("delivered")
        expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize(("locale", "says"), [("en-US", "The emulator was restarted"), ("zh-CN", "模拟器已重启")])
def test_a_restart_without_a_store_is_told_and_everything_is_read_anew(open_page: Open, locale: str, says: str) -> None:
    settings = {"port": free_port()}
    with emulator(None, settings) as running, fake.server(running) as server:
        with server.open(userid="300001").connect() as client:
            client.send(PHONE, CONTENT)
        page = open_page(console(running), errors_expected=True, locale=locale)
        expect(page.locator(".row")).to_contain_text(PHONE)
        expect(page.locator(".connection")).to_have_text(re.compile("live|实时"))
    with emulator(None, settings) as running:
        expect(page.get_by_role("alert")).to_contain_text(says)
        expect(page.locator(".row")).to_have_count(0)
        with Client(running.url, "200001", "123456") as client:
            client.send("13900000001", CONTENT)
        expect(page.locator(".row")).to_contain_text("13900000001")


def test_a_restart_with_a_store_loses_no_event_of_time(open_page: Open, tmp_path: Path) -> None:
    settings = {"store": str(tmp_path / "store"), "port": free_port()}
    with emulator(None, settings) as running, fake.server(running) as server:
        account = server.control.open({"userid": "300001", "report_delay": 60})
        account.freeze()
        with Client(running.url, account.userid, account.password) as client:
            client.send(PHONE, CONTENT)
        page = open_page(console(running), errors_expected=True)
        expect(page.locator(".row .state")).to_have_text("sent")
        expect(page.locator(".connection")).to_have_text("live")
    expect(page.locator(".connection")).to_contain_text("connection lost")
    with emulator(None, settings) as running, fake.server(running) as server:
        server.control.account("300001").advance(timedelta(minutes=1))
        expect(page.locator(".row .state")).to_have_text("delivered")
        expect(page.get_by_role("alert")).to_be_hidden()


def test_a_restored_snapshot_is_told(running: Emulator, ccell: Ccell, open_page: Open, tmp_path: Path) -> None:
    ccell.client.send(PHONE, CONTENT)
    with fake.server(running) as server:
        server.control.snapshot(tmp_path / "snapshot")
        ccell.client.send("13900000001", CONTENT)
        page = open_page(console(running))
        expect(page.locator(".row")).to_have_count(2)
        expect(page.locator(".connection")).to_have_text("live")
        server.control.restore(tmp_path / "snapshot")
        expect(page.get_by_role("alert")).to_contain_text("A snapshot was restored")
        expect(page.locator(".row")).to_have_count(1)


def test_two_tabs_hear_the_same_each_at_its_pace(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    first, second = open_page(console(running)), open_page(console(running))
    for page in (first, second):
        expect(page.locator(".connection")).to_have_text("live")
    first.get_by_role("button", name="Pause").click()
    ccell.client.send(PHONE, CONTENT)
    expect(second.locator(".row")).to_have_count(1)
    expect(first).to_have_title(re.compile(r"^\(1\) "))
    expect(first.locator(".row")).to_have_count(0)
    first.get_by_role("button", name="Go on").click()
    expect(first.locator(".row")).to_have_count(1)


def test_an_error_of_a_lost_connection_goes_when_it_is_found_again(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.client.send(PHONE, CONTENT)
    with cable(running.url) as proxy:
        page = open_page(f"{proxy.url}/_ccell/#/messages", errors_expected=True)
        expect(page.locator(".connection")).to_have_text("live")
        proxy.cut()
        expect(page.locator(".connection")).to_contain_text("connection lost")
        page.locator("#search").fill(PHONE)
        expect(page.get_by_role("alert")).to_have_text("The emulator does not answer.")
        proxy.mend()
        expect(page.locator(".row")).to_have_count(1)
        expect(page.get_by_role("alert")).to_be_hidden()
