"""The page of codes shows what clients have met, and brings about the rest."""

from contextlib import suppress

from harness.console import CONTENT, PHONE, Open, console
from playwright.sync_api import Locator, Page, expect

from ccell_fake.client import RequestRefused
from ccell_fake.testing import Ccell
from ccell_mock_server.emulator import Emulator


def _item(page: Page, name: str) -> Locator:
    return page.locator(".item", has=page.locator(f":scope > code:text-is('{name}')"))


def _head(page: Page, kind: str) -> Locator:
    return page.locator(f"#met-{kind}")


def test_what_was_met_is_shown_as_it_happens(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running, "codes?account=300001"))
    expect(_head(page, "code")).to_have_text("0 of 24 met")
    expect(_item(page, "1004001")).to_contain_text("not met")
    _item(page, "1004002").get_by_text("How to bring it about").click()
    ccell.client.send([PHONE, "19500001111"], CONTENT)
    expect(_head(page, "code")).to_have_text("2 of 24 met")
    ccell.client.send([PHONE, "19500001111"], CONTENT)
    expect(_item(page, "1004001")).to_contain_text("2 ×")
    expect(_item(page, "1004001")).to_contain_text("First 20")
    # What was open stays open.
    expect(_item(page, "1004002").locator("details[open]")).to_have_count(1)


def test_a_code_leads_to_its_requests_or_messages(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send([PHONE, "19500001111"], CONTENT)
    ccell.settings(status="frozen")
    with suppress(RequestRefused):
        ccell.client.info()
    page = open_page(console(running, "codes?account=300001"))
    _item(page, "1004001").get_by_role("link", name="Show the messages").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("19500001111")
    page.go_back()
    _item(page, "1001003").get_by_role("link", name="Show the requests").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("info")


def test_a_button_does_it_to_the_next_request(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running, "codes?account=300001"))
    _item(page, "1001005").get_by_role("button", name="Do it to the next request").click()
    expect(page.get_by_text("Done: it happens to the next request of account 300001.")).to_be_visible()
    with suppress(RequestRefused):
        ccell.client.info()
    expect(_item(page, "1001005")).to_contain_text("1 ×")
    _item(page, "1004008").get_by_role("button", name="Do it to the next send").click()
    expect(page.get_by_text("Done: it happens to the next send of account 300001.")).to_be_visible()
    ccell.client.info()
    assert [resp.code for resp in ccell.client.send(PHONE, CONTENT).resps] == ["1004008"]
    expect(_item(page, "1004008")).to_contain_text("1 ×")
    expect(_head(page, "fault")).to_have_text("1 of 10 met")


def test_a_setting_is_applied_to_the_account_that_is_chosen(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running, "codes"))
    page.get_by_label("Buttons act on account").select_option("300001")
    item = _item(page, "numbers_per_request")
    item.get_by_text("How to bring it about").click()
    expect(item).to_contain_text("Send to 501 numbers in one request.")
    item = _item(page, "balance")
    item.get_by_text("How to bring it about").click()
    item.get_by_role("button", name="Apply").click()
    expect(item).to_contain_text("Done for account 300001.")
    assert ccell.settings().balance == 0
    with suppress(RequestRefused):
        ccell.client.send(PHONE, CONTENT)
    expect(item).to_contain_text("1 ×")
    expect(_item(page, "1001002")).to_contain_text("1 ×")


def test_a_call_and_a_magic_number_are_copied(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running, "codes?account=300001"), permissions=["clipboard-read", "clipboard-write"])
    item = _item(page, "1004008")
    item.get_by_text("How to bring it about").click()
    item.get_by_role("button", name="Copy", exact=True).click()
    expect(item.get_by_role("button", name="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "17001004008"
    item.get_by_role("button", name="Copy as curl").first.click()
    expect(item.get_by_role("button", name="Copied")).not_to_have_count(0)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -X POST '{running.url}/_ccell/v1/accounts/300001/faults' -H 'Content-Type: ")
    assert copied.endswith("""-d '{"kind":"code","code":"1004008","operation":"send"}'""")
    assert ccell.userid == "300001"


def test_a_page_without_the_clipboard_of_secure_pages_copies_too(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.client.send("13800000000", "您的验证码是4711。【签名】")
    page = open_page(console(running))
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.reload()
    page.locator(".row a").click()
    page.locator(".found-code").get_by_role("button").click()
    expect(page.locator(".found-code")).to_contain_text("Copied")
    page.locator("#search").press("Control+v")
    expect(page.locator("#search")).to_have_value("4711")


def test_the_choice_of_items_has_an_address(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.info()
    page = open_page(console(running, "codes"))
    page.get_by_label("Show", exact=True).select_option("Only what was met")
    expect(page.locator(".item:visible")).to_have_count(1)
    expect(page.get_by_role("heading", name="Limits")).to_be_hidden()
    copied = open_page(page.url, locale="zh-CN")
    expect(copied.locator(".item:visible")).to_have_count(1)
    expect(copied.locator(".item:visible")).to_contain_text("接受了请求或号码")
    copied.get_by_label("显示", exact=True).select_option("只看未遇到的")
    expect(copied.locator(".item:visible")).to_have_count(74)


def test_another_account_is_shown_when_it_is_chosen(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send("19500001111", CONTENT)
    page = open_page(console(running, "codes?account=300001"))
    expect(_head(page, "code")).to_have_text("2 of 24 met")
    page.get_by_label("Account", exact=True).select_option("200001")
    expect(_head(page, "code")).to_have_text("0 of 24 met")
    page.get_by_label("Account", exact=True).select_option("All accounts")
    expect(_head(page, "code")).to_have_text("2 of 24 met")
