"""Whatever a request holds is shown as text, on every page."""

import pytest
from harness import http
from harness.console import CONTENT, PHONE, Open, console
from playwright.sync_api import Page, expect

from ccell_fake.model import Operation
from ccell_fake.testing import Ccell
from ccell_mock_server.emulator import Emulator

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script><b>"
UNSEEN = "\u202egnp\u2066\u200b\u200d\u00ad\ufeff\u180f\U000e0041\U0001d173"
NOTIFICATIONS = """() => {
  window.told = [];
  window.Notification = class {
    static permission = "granted";
    constructor(title, options) { window.told.push([title, options.body]); }
  };
}"""
SHOWN = "U+202EgnpU+2066U+200BU+200DU+00ADU+FEFFU+180FU+E0041U+1D173"


def _holds_no_markup(page: Page) -> bool:
    return page.locator("main img, main script, main b").count() == 0


@pytest.mark.parametrize("phone", ["1<b>", "x" * 60, "javascript:alert(1)", "..", "a/b?c#d", "%2e%2e", "号码"])
def test_a_phone_that_is_no_number_has_its_pages(running: Emulator, ccell: Ccell, open_page: Open, phone: str) -> None:
    ccell.client.send(phone, MARKUP + UNSEEN + "【签名】", linkid=MARKUP)
    page = open_page(console(running))
    page.locator(".row a").click()
    expect(page.locator(".detail h2")).to_have_text(phone)
    expect(page.locator(".detail .bubble")).to_contain_text(MARKUP + SHOWN)
    page.get_by_role("link", name="Answer as this phone").click()
    expect(page.locator(".phone h2")).to_have_text(phone)
    expect(page.locator(".talk .empty")).to_be_visible()
    assert _holds_no_markup(page)


def test_a_phone_shows_hostile_texts_of_both_directions(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, MARKUP + UNSEEN + "【签名】")
    ccell.reply(PHONE, MARKUP + UNSEEN)
    page = open_page(console(running, f"phone/{PHONE}"))
    for direction in (".in", ".out"):
        expect(page.locator(f".talk {direction} .bubble")).to_contain_text(MARKUP + SHOWN)
    assert _holds_no_markup(page)


def test_requests_show_hostile_texts(running: Emulator, open_page: Open) -> None:
    http.post(running.url, Operation.SEND.path, f"<root userid='1<b>' {MARKUP}{UNSEEN}\u0007".encode())
    http.post(running.url, "/<b>", b"<img src=x>")
    page = open_page(console(running, "requests"))
    expect(page.locator(".row")).to_have_count(2)
    for place in (0, 1):
        page.locator(".row a").nth(place).click()
    expect(page.locator(".detail article")).to_have_count(2)
    assert _holds_no_markup(page)


def test_the_longest_request_can_be_read(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    numbers = [f"138{number:08d}" for number in range(499)]
    ccell.client.send(["19500001111", *numbers], "好" * 996 + "【签名】")
    page = open_page(console(running, "messages?q=19500001111"))
    page.locator(".row a").click()
    expect(page.locator(".detail .bubble")).to_contain_text("好" * 996)
    page.locator(".detail summary").click()
    expect(page.locator(".detail details pre").first).to_contain_text(numbers[-1])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(console(running, "requests"))
    expect(page.locator(".row .state")).to_have_text("1004001")
    page.locator(".row a").click()
    expect(page.locator(".detail pre").first).to_contain_text(numbers[-1])


def test_two_tabs_show_the_same(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    first = open_page(console(running))
    second = first.context.new_page()
    second.goto(console(running, "requests"))
    for page in (first, second):
        expect(page.locator(".connection")).to_have_text("live")
    ccell.client.send(PHONE, CONTENT)
    for page in (first, second):
        expect(page.locator(".row")).to_have_count(1)


def test_messages_that_come_unseen_are_counted_and_marked(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running), permissions=["notifications"])
    page.evaluate(NOTIFICATIONS)
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".connection")).to_have_text("live")
    page.get_by_role("button", name="Pause").click()
    for number in ("13900000001", "13900000002"):
        ccell.client.send(number, CONTENT)
    expect(page).to_have_title("(2) Messages – ccell-fake")
    expect(page.locator("nav .badge")).to_have_text("2")
    assert page.evaluate("window.told") == [["13900000001", CONTENT], ["13900000002", CONTENT]]
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".row.unread")).to_have_count(2)
    expect(page).to_have_title("Messages – ccell-fake")
    page.locator(".row a").first.click()
    expect(page.locator(".row.unread")).to_have_count(1)


def test_emojis_are_shown_whole(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, "1\ufe0f\u20e3 👨\u200d👩\u200d👧 ❤\ufe0f【签名】")
    page = open_page(console(running))
    page.locator(".row a").click()
    expect(page.locator(".detail .bubble")).to_have_text("1\ufe0f\u20e3 👨\u200d👩\u200d👧 ❤\ufe0f【签名】")
    expect(page.locator(".unseen")).to_have_count(0)


@pytest.mark.parametrize("view", ["messages/%", "phone/%e0%a4%a", "constructor", "__proto__", "toString/%?q=%"])
def test_an_address_that_leads_nowhere_leaves_the_console_usable(
    running: Emulator, ccell: Ccell, open_page: Open, view: str
) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running, view))
    expect(page.locator("main h1, main .empty").first).not_to_be_empty()
    page.get_by_role("link", name="Messages").click()
    expect(page.locator(".row")).to_have_count(1)


def test_a_search_for_a_name_of_the_language_completes_nothing(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.client.send(PHONE, CONTENT)
    page = open_page(console(running))
    expect(page.locator(".row")).to_have_count(1)
    page.locator("#search").press_sequentially("constructor:x")
    expect(page.locator("#search-faults")).to_contain_text("There is no field in “constructor:x”")


def test_references_to_characters_are_read_in_the_list_of_requests(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    root = f'<root userid="{ccell.userid}" password="{ccell.password}">'
    content = "&#24744;&#x597D; &#39;1&#x27; &amp;lt;【签名】"
    http.post(running.url, Operation.SEND.path, f'{root}<submit phone="{PHONE}" content="{content}"/></root>'.encode())
    page = open_page(console(running, "requests"))
    expect(page.locator(".row .text")).to_have_text(f"{PHONE} 您好 '1' &lt;【签名】")
