"""The live list of messages, its search, and one message."""

import re
import socket
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from harness.console import CONTENT, PHONE, Open, console, wait_for
from harness.emulators import emulator
from playwright.sync_api import Page, Route, expect

from ccell_fake.client import Client
from ccell_fake.clock import SHANGHAI
from ccell_fake.inspection import State
from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator


def test_a_browser_that_opens_the_gateways_address_gets_theconsole(running: Emulator, open_page: Open) -> None:
    page = open_page(running.url)
    expect(page.get_by_text("No message yet")).to_be_visible()
    assert page.url.startswith(f"{running.url}/_ccell/")


def test_a_new_message_appears_without_reload(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running))
    expect(page.locator(".connection")).to_have_text("live")
    ccell.client.send(PHONE, CONTENT)
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text(PHONE)
    expect(page.locator(".row .code")).to_have_text("4711")
    expect(page.locator(".row .signature")).to_have_text("【签名】")
    ccell.client.send("13900000001", CONTENT)
    expect(page.locator(".row").first).to_contain_text("13900000001")


def test_a_wait_works_beside_the_synchronous_api_of_playwright(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    page = open_page(console(running, "send?account=300001"))
    page.get_by_role("button", name="Send", exact=True).click()
    assert ccell.outbox.wait(timeout=60).userid == "300001"


def test_a_row_has_the_columns_that_its_heads_name(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, "长" * 67 + "【签名】", linkid="order-1")
    page = open_page(console(running))
    expect(page.locator(".row .counts")).to_have_text("71 · 2 · 2")
    expect(page.locator(".row .counts")).to_have_attribute("title", "Characters 71 · Segments 2 · Charge 2")
    names = ["Time +08:00", "Account", "Phone", "Content", "Chars · segments · charge", "linkid", "State"]
    expect(page.locator(".heads span")).to_have_text(names)
    page.get_by_label("Account", exact=True).select_option("300001")
    expect(page.locator(".heads span")).to_have_text([name for name in names if name != "Account"])


def test_the_state_of_a_message_follows_the_emulator(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.settings(report_delay=60)
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row .state")).to_have_text("sent")
    ccell.clock.advance(minutes=1)
    expect(page.locator(".row .state")).to_have_text("delivered")


def test_nothing_is_missed_while_the_emulator_restarts(open_page: Open, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
    settings = {"store": str(tmp_path / "store"), "port": port}
    with emulator(None, settings) as running, fake.server(running) as server:
        with server.open(userid="300001").connect() as client:
            client.send(PHONE, CONTENT)
        page = open_page(console(running), errors_expected=True)
        expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".connection")).to_contain_text("connection lost")
    with emulator(None, settings) as running, fake.server(running) as server:
        account = server.control.account("300001")
        with Client(running.url, account.userid, account.password) as client:
            client.send("13900000001", CONTENT)
        expect(page.locator(".connection")).to_have_text("live")
        expect(page.locator(".row")).to_have_count(2)


def test_a_paused_list_counts_what_comes_and_shows_it_afterwards(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    page = open_page(console(running))
    expect(page.locator(".connection")).to_have_text("live")
    page.get_by_role("button", name="Pause").click()
    ccell.client.send([PHONE, "13900000001"], CONTENT)
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".row")).to_have_count(2)
    expect(page).to_have_title(re.compile("^Messages"))


def test_a_search_narrows_the_list_and_has_an_address(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send([PHONE, "13900000001"], CONTENT)
    ccell.client.send(PHONE, "Order shipped【签名】", linkid="order-7")
    page = open_page(console(running))
    search = page.get_by_role("combobox", name="Search the messages")
    for text, count in (
        ("phone:138*", 2),
        ("phone:138* ORDER", 1),
        ("linkid:order-*", 1),
        ("state:failed", 0),
        ("", 3),
    ):
        search.fill(text)
        expect(page.locator(".row")).to_have_count(count)
    search.fill("phone:139* 验证码")
    expect(page.locator(".row")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=phone"))
    copied = open_page(page.url)
    expect(copied.locator(".row")).to_have_count(1)
    expect(copied.get_by_role("combobox", name="Search the messages")).to_have_value("phone:139* 验证码")


def test_a_search_says_what_it_does_not_understand(running: Emulator, open_page: Open) -> None:
    page = open_page(console(running))
    search = page.get_by_role("combobox", name="Search the messages")
    search.fill("fone:138 state:gone after:noon before:2026-02-30")
    for text in (
        "“2026-02-30” is no time",
        "no field in “fone:138”; fields: phone",
        "no state “gone”; states: refused",
        "“noon” is no time",
    ):
        expect(page.locator("#search-faults")).to_contain_text(text)


def test_a_search_completes_fields_and_values_by_the_keyboard(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("sta")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("del")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Search the messages")).to_have_value("state:delivered ")
    expect(page.locator(".row")).to_have_count(1)


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("code:1004*", 1),
        ("code:1004001", 1),
        ("code:0", 2),
        ("linkid:order-*", 3),
        ("13800000000", 1),
        ("1390000*", 1),
        ("msgid:*", 3),
        ("msgid:9*", 0),
        ("after:2026-01-31T08:00", 3),
        ("after:2026-01-31T00:30Z", 2),
        ("before:2026-01-31T00:30Z", 1),
        ("after:08:30+08:00 before:2026-01-31T10:00+09:00", 2),
    ],
)
def test_a_search_takes_patterns_and_times_of_any_zone(
    running: Emulator, ccell: Ccell, open_page: Open, search: str, count: int
) -> None:
    ccell.clock.freeze(datetime(2026, 1, 31, 8, 0, tzinfo=SHANGHAI))
    ccell.client.send(PHONE, CONTENT, linkid="order-1")
    ccell.clock.advance(minutes=30)
    ccell.client.send(["13900000001", "19500001111"], CONTENT, linkid="order-2")
    page = open_page(console(running))
    page.clock.set_fixed_time("2026-01-31T09:00:00+08:00")
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_role("combobox", name="Search the messages").fill(search)
    expect(page.locator(".row")).to_have_count(count)
    expect(page.locator("#search-faults")).to_be_empty()
    expect(page).to_have_url(re.compile(r"[?&]q="))


def test_the_keyboard_leads_through_the_list(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    for digit in range(3):
        ccell.client.send(f"1380000000{digit}", CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(3)
    for key in ("j", "j", "k", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".detail h2")).to_have_text("13800000002")
    page.keyboard.press("j")
    expect(page.locator(".detail h2")).to_have_text("13800000001")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_long_list_loads_its_pages_as_it_is_scrolled(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.settings(balance=10_000)
    ccell.client.send([f"138{number:08d}" for number in range(450)], CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row").first).to_contain_text("13800000449")
    scroller = page.locator(".scroller")
    for _ in range(60):
        scroller.evaluate("element => { element.scrollTop = element.scrollHeight; }")
        if page.locator(".row", has_text="13800000000").count():
            break
        page.wait_for_timeout(100)
    expect(page.locator(".row", has_text="13800000000")).to_be_visible()
    assert page.locator(".row").count() < 60


def test_the_beginning_of_a_number_is_completed_to_a_search_for_numbers(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.client.send([PHONE, "13900000001"], CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(2)
    page.locator("#search").press_sequentially("139")
    expect(page.locator("#options").get_by_role("option")).to_have_text(["phone:139*"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#search")).to_have_value("phone:139* ")
    expect(page.locator(".row")).to_have_count(1)


def test_an_open_message_that_is_gone_says_so(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running), errors_expected=True)
    page.locator(".row a").click()
    expect(page.locator(".detail .bubble")).to_be_visible()
    ccell.account.reset()
    expect(page.locator(".detail")).to_contain_text("There is no such message.")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.locator(".detail").get_by_role("button", name="Close").click()
    expect(page.locator(".detail")).to_be_hidden()


@pytest.mark.parametrize("first", [0, 1])
def test_a_page_that_comes_late_leaves_no_gap(running: Emulator, ccell: Ccell, open_page: Open, first: int) -> None:
    ccell.settings(balance=10_000)
    ccell.client.send([f"138{number:08d}" for number in range(150)], CONTENT)
    page = open_page(console(running))
    held = _hold(page, 2)
    expect(page.locator(".row").first).to_contain_text("13800000149")
    _scroll_to_the_end(page)
    expect(page.locator(".row", has_text="13800000050")).to_be_visible()
    wait_for(page, held, 1)
    page.get_by_role("button", name="Pause").click()
    ccell.client.send([f"139{number:08d}" for number in range(120)], CONTENT)
    page.get_by_role("button", name="Go on").click()
    # The list has begun again. Its end is in sight, without a scroll.
    expect(page.locator(".row", has_text="13900000020")).to_be_visible()
    wait_for(page, held, 2)
    for route in (held[first], held[1 - first]):
        with page.expect_response(route.request.url):
            route.continue_()
    expect(page.locator(".row", has_text="13900000019")).to_have_attribute("aria-posinset", "101")
    _scroll_to_the_end(page)
    expect(page.locator(".row", has_text="13800000070")).to_have_attribute("aria-posinset", "200")
    expect(page.locator(".row", has_text="13800000069")).to_have_attribute("aria-setsize", "270")
    _scroll_to_the_end(page)
    expect(page.locator(".row", has_text="13800000000")).to_have_attribute("aria-posinset", "270")


def test_a_page_that_failed_is_asked_for_again(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.settings(balance=10_000)
    ccell.client.send([f"138{number:08d}" for number in range(150)], CONTENT)
    page = open_page(console(running), errors_expected=True)
    held = _hold(page, 1)
    expect(page.locator(".row").first).to_contain_text("13800000149")
    _scroll_to_the_end(page)
    wait_for(page, held, 1)
    held[0].abort()
    expect(page.get_by_role("alert")).to_be_visible()
    ccell.client.send(PHONE, CONTENT)
    expect(page.locator(".row", has_text="13800000049")).to_have_attribute("aria-setsize", "151")


def _hold(page: Page, count: int) -> list[Route]:
    """Hold the first requests for a page after the first one."""
    held: list[Route] = []
    page.route(
        re.compile(r"/v1/messages\?.*cursor="),
        lambda route: held.append(route) if len(held) < count else route.continue_(),
    )
    return held


def _scroll_to_the_end(page: Page) -> None:
    page.locator(".scroller").evaluate("element => { element.scrollTop = element.scrollHeight; }")


def test_hostile_texts_are_shown_as_texts(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    hostile = "<img src=x onerror=alert(1)><b>&amp;\u202egnp\u200b\u2066 \u00ad👍🏽👨\u200d👩\u200d👧【签名】"
    ccell.client.send(PHONE, hostile, linkid="<i>\u202e</i>")
    ccell.client.send(["1<b>", "x" * 500], "好" * 900 + "【签名】")
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(3)
    row = page.locator(".row").last
    expect(row).to_contain_text(
        "<img src=x onerror=alert(1)><b>&amp;U+202EgnpU+200BU+2066 U+00AD👍🏽👨\u200d👩\u200d👧【签名】"
    )
    assert page.locator("main img, main b").count() == 0
    row.locator("a").click()
    expect(page.locator(".detail .bubble")).to_contain_text("U+202E")
    expect(page.locator(".detail .facts")).to_contain_text("<i>U+202E</i>")


def test_one_message_tells_its_life_and_its_request(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.settings(report_delay=60)
    ccell.client.send(PHONE, CONTENT, linkid="order-7")
    page = open_page(console(running))
    page.locator(".row a").click()
    detail = page.locator(".detail")
    for text in ("Submitted", "The report has not come in yet", "Characters 15 · Segments 1 · Charge 1", "order-7"):
        expect(detail).to_contain_text(text)
    ccell.clock.advance(minutes=1)
    expect(detail).to_contain_text("The report came in: 成功")
    expect(detail).to_contain_text("The client has not fetched the report yet")
    ccell.client.reports()
    expect(detail).to_contain_text("The client fetched the report")
    detail.locator("summary").click()
    expect(detail).to_contain_text(f'<submit phone="{PHONE}"')
    expect(detail).to_contain_text('password="********"')
    assert ccell.password not in detail.inner_text()


def test_a_refused_number_says_why(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send([PHONE, "19500001111"], CONTENT)
    page = open_page(console(running))
    page.locator(".row a", has_text="19500001111").click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("Refused with 1004001")
    expect(detail).to_contain_text("'19500001111' is not recognised; the document shows it as refused")
    expect(detail).to_contain_text("Clause S8")


def test_a_report_is_made_to_come_in_and_the_next_message_to_be_refused(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.settings(report_delay=3600)
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running))
    page.locator(".row a").click()
    page.get_by_label("Outcome of the report").fill("MK:0007")
    page.get_by_role("button", name="Let the report come in now").click()
    expect(page.locator(".detail")).to_contain_text("Not received: the phone's report says MK:0007 (-1).")
    assert ccell.outbox[0].state is State.FAILED
    page.get_by_role("button", name="Refuse the next one to this number").click()
    expect(page.locator(".detail")).to_contain_text(f"the next message to {PHONE} is refused with 1004008")
    (resp,) = ccell.client.send(PHONE, CONTENT).resps
    assert resp.code == "1004008"


def test_a_report_that_the_client_lost_is_handed_out_again(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    taken = ccell.client.reports()
    page = open_page(console(running))
    page.locator(".row a").click()
    page.get_by_role("button", name="Hand it out again").click()
    expect(page.locator(".detail")).to_contain_text("the report waits in its queue again")
    expect(page.locator(".detail")).to_contain_text("The client has not fetched the report")
    assert ccell.client.reports() == taken
    expect(page.locator(".detail").get_by_role("button", name="Hand it out again")).to_be_visible()


def test_every_sample_of_a_message_has_its_values(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, 'say "hi" & <go> $x【签名】', linkid="7", sendtime=ccell.clock.now + timedelta(days=1))
    page = open_page(console(running))
    page.locator(".row a").click()
    samples = page.locator(".samples")
    expect(samples).to_contain_text(PHONE)
    for language in ("curl", "Python", "Java", "PHP", "pytest"):
        samples.get_by_role("button", name=language, exact=True).click()
        expect(samples.locator("pre")).to_contain_text(PHONE)
        assert ccell.password not in samples.inner_text()


def test_the_account_and_the_language_are_in_the_address(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    # An account that the test opened with `open` would end before the pages that show it.
    ccell.server.control.open({"userid": "300002", "password": "123456"})
    with Client(running.url, "300002", "123456") as client:
        client.send("13900000001", CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(2)
    page.get_by_label("Account").select_option("300002")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("link", name="短信")).to_be_visible()
    page.get_by_role("button", name="浅色或深色").click()
    copied = open_page(page.url)
    expect(copied.locator(".row")).to_have_count(1)
    expect(copied.get_by_role("link", name="短信")).to_be_visible()
    assert copied.locator("html").get_attribute("data-theme") == "dark"
