"""Phones, requests, and the log-in."""

import re
from contextlib import suppress

import pytest
from harness import http
from harness.console import CONTENT, PHONE, Open, console, wait_for
from harness.emulators import emulator
from playwright.sync_api import APIResponse, Route, expect

from ccell_fake.client import RequestRefused
from ccell_fake.model import Operation
from ccell_fake.settings import Persona
from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator

TOKEN = "the-token-of-the-test"


def test_a_phone_shows_both_directions_and_answers(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, CONTENT)
    ccell.client.send("13900000001", "您好【签名】")
    page = open_page(console(running, f"phone/{PHONE}?account=300001"))
    talk = page.locator(f".phone[aria-label='{PHONE}']")
    expect(talk).to_contain_text("您的验证码是4711。【签名】")
    expect(talk).not_to_contain_text("您好")
    talk.get_by_placeholder("Answer").fill("收到 <b>")
    talk.get_by_role("button", name="Send").click()
    expect(talk.locator(".out")).to_contain_text("收到 <b>")
    expect(talk.locator(".out")).to_contain_text("waits for the client")
    assert [one.msgcontent for one in ccell.client.upmsgs()] == ["收到 <b>"]
    expect(talk.locator(".out")).to_contain_text("fetched by the client")
    talk.get_by_role("button", name="退订").click()
    expect(talk.locator(".out")).to_have_count(2)


def test_a_conversation_that_comes_late_does_not_stay(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    page = open_page(console(running, f"phone/{PHONE}?account=300001"))
    expect(page.locator(".phone .empty")).to_be_visible()
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route(re.compile(r"/messages\?phone="), hold_the_first)
    ccell.client.send(PHONE, CONTENT)
    wait_for(page, held, 1)
    ccell.client.send(PHONE, CONTENT)
    # A second load at the same time would be over by now.
    page.wait_for_timeout(500)
    route, answer = held[0]
    with page.expect_response(route.request.url):
        route.fulfill(response=answer)
    expect(page.locator(".phone .in")).to_have_count(2)


def test_an_answer_that_the_client_lost_is_handed_out_again(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.reply(PHONE, "收到")
    ccell.client.upmsgs()
    page = open_page(console(running, f"phone/{PHONE}?account=300001"))
    page.get_by_role("button", name="Hand it out again").click()
    expect(page.locator(".out")).to_contain_text("waits for the client")
    assert [one.msgcontent for one in ccell.client.upmsgs()] == ["收到"]


def test_several_phones_stand_side_by_side_and_have_an_address(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    ccell.client.send([PHONE, "13900000001"], CONTENT)
    page = open_page(console(running, "phone"))
    for number in (PHONE, "13900000001"):
        page.get_by_label("Number of the phone").fill(number)
        page.get_by_role("button", name="Show").click()
    expect(page.locator(".phone .in")).to_have_count(2)
    copied = open_page(page.url)
    expect(copied.locator(".phone .in")).to_have_count(2)
    copied.locator(".phone").first.get_by_role("button", name="Close").click()
    expect(copied.locator(".phone.card")).to_have_count(1)


def test_requests_are_listed_with_their_reason_whoever_sent_them(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    page = open_page(console(running, "requests"))
    http.post(running.url, Operation.SEND.path, b"<root userid='1'><submit content='a & b'/></root>")
    with suppress(RequestRefused):
        ccell.client.send(PHONE, CONTENT, spcode="12")
    ccell.client.info()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row").last.locator(".who")).to_have_text("none")
    page.locator(".row a").last.click()
    expect(page.locator(".detail")).to_contain_text("the XML is not well-formed")
    page.locator(".row a").first.click()
    expect(page.locator(".detail article")).to_have_count(2)
    copied = open_page(page.url)
    expect(copied.locator(".detail article")).to_have_count(2)
    copied.keyboard.press("Escape")
    expect(copied.locator(".detail")).to_be_hidden()
    copied.get_by_label("Endpoint").select_option("info")
    expect(copied.locator(".row")).to_have_count(1)


def test_requests_are_filtered_and_the_filters_are_in_the_address(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    http.post(running.url, "/sms3_api/send.jsp", b"<root/>")
    ccell.client.send([PHONE, "19500001111"], CONTENT)
    ccell.client.info()
    page = open_page(console(running, "requests"))
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row", has_text="404")).to_contain_text("The gateway has no such path.")
    code = page.get_by_label("Code")
    code.fill("1004*")
    code.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row .state")).to_have_text("1004001")
    expect(page.locator(".row .state")).to_have_class("state refused")
    copied = open_page(page.url)
    expect(copied.locator(".row")).to_have_count(1)
    code.fill("")
    code.press("Enter")
    page.get_by_label("only refused and unreadable").check()
    expect(page.locator(".row .state")).to_have_text("404")
    page.get_by_label("only refused and unreadable").uncheck()
    page.get_by_label("Text in the request").fill(PHONE)
    page.get_by_label("Text in the request").press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_label("Text in the request").fill("nowhere")
    page.get_by_label("Text in the request").press("Enter")
    expect(page.get_by_text("No request matches.")).to_be_visible()


def test_two_requests_are_compared(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send(PHONE, "验证码为1234。【签名】", linkid="same")
    ccell.client.send(PHONE, "验证码为5678。【签名】", linkid="same")
    page = open_page(console(running, "requests"))
    expect(page.locator(".row")).to_have_count(2)
    page.locator(".row a").first.click()
    expect(page.locator(".detail mark")).to_have_count(0)
    page.locator(".row a").last.click()
    expect(page.locator(".detail article").first.locator("pre").first.locator("mark")).to_have_text("验证码为5678")
    expect(page.locator(".detail article").last.locator("pre").first.locator("mark")).to_have_text("验证码为1234")


def test_a_token_is_asked_for_and_never_in_the_address(open_page: Open) -> None:
    with emulator(None, {"control_token": TOKEN}) as running, fake.server(running) as server:
        with server.open(userid="300001").connect() as client:
            client.send(PHONE, CONTENT)
        page = open_page(f"{running.url}/", errors_expected=True)
        page.get_by_label("Control token").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("This is not the token")).to_be_visible()
        page.get_by_label("Control token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator(".connection")).to_have_text("live")
        assert TOKEN not in page.url
        page.reload()
        expect(page.locator(".row")).to_have_count(1)
        other = open_page(f"{running.url}/_ccell/", errors_expected=True)
        expect(other.get_by_label("Control token")).to_be_visible()


@pytest.mark.parametrize("path", ["main.js", "views/messages.js", "console.css", "icon.svg"])
def test_the_files_of_the_console_need_no_token_and_allow_nothing_foreign(path: str) -> None:
    with emulator(None, {"control_token": TOKEN}) as running:
        for target in ("/_ccell/", f"/_ccell/console/{path}"):
            answer = http.get(running.url, target.encode())
            assert answer.status == 200
            assert answer.headers["content-security-policy"].startswith("default-src 'self';")
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert http.get(running.url, b"/_ccell/console/../pages.py").status == 404
        assert http.get(running.url, b"/_ccell/console/none.js").status == 404


def test_only_a_browser_is_led_to_the_console(running: Emulator) -> None:
    led = http.get(running.url, b"/", "Accept: text/html,*/*")
    assert (led.status, led.headers["location"]) == (303, "_ccell/")
    assert http.get(running.url, b"/", "Accept: */*").status == 404


def test_a_phone_shows_who_holds_it_and_lets_it_be_chosen(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.account.add_persona(Persona(phone="138*", echo=True))
    page = open_page(console(running, f"phone/{PHONE}?account=300001"))
    holder = page.get_by_label("Holder of the phone")
    expect(holder).to_have_value("echo")
    holder.select_option("does not answer")
    expect(holder).to_be_enabled()
    ccell.client.send(PHONE, CONTENT)
    expect(page.locator(".talk li")).to_have_count(1)
    holder.select_option("answers to a keyword")
    page.get_by_label("Keyword").fill("验证码")
    page.get_by_label("Reply to it").fill("收到")
    page.get_by_role("button", name="Save").click()
    expect(holder).to_be_enabled()
    ccell.client.send(PHONE, CONTENT)
    expect(page.locator(".talk .out")).to_contain_text("收到")
    holder.select_option("has switched the phone off")
    expect(holder).to_be_enabled()
    ccell.client.send(PHONE, CONTENT)
    expect(page.locator(".talk .failed")).to_have_count(1)
    assert [(one.phone, one.echo) for one in ccell.account.personas()] == [(PHONE, False), ("138*", True)]
    copied = open_page(page.url)
    expect(copied.get_by_label("Holder of the phone")).to_have_value("off")
