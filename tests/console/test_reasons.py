"""Find out why the code did not arrive: a stranger who knows only the number finds the reason in three clicks."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from harness import http
from harness.console import CONTENT, Open, console
from playwright.sync_api import Page, expect

from ccell_fake.model import Operation
from ccell_fake.settings import OutcomeRule
from ccell_fake.testing import Ccell
from ccell_mock_server.emulator import Emulator

NUMBER = "13811112222"

Arrange = Callable[[Emulator, Ccell], object]


def _post(path: str = Operation.SEND.path, *, password: str = "", closing: str = "/></root>") -> Arrange:
    def post(running: Emulator, ccell: Ccell) -> None:
        root = f'<root userid="{ccell.userid}" password="{password or ccell.password}">'
        body = f'{root}<submit phone="{NUMBER}" content="{CONTENT}"{closing}'
        http.post(running.url, path, body.encode())

    return post


def _send(content: str = CONTENT) -> Arrange:
    return lambda _, ccell: ccell.client.send(NUMBER, content)


def _bad_signature(_: Emulator, ccell: Ccell) -> None:
    ccell.settings(signcode=("商城",))
    ccell.client.send(NUMBER, CONTENT)


def _blacklisted(_: Emulator, ccell: Ccell) -> None:
    ccell.settings(blacklist=(NUMBER,))
    ccell.client.send(NUMBER, CONTENT)


def _scheduled(_: Emulator, ccell: Ccell) -> None:
    ccell.client.send(NUMBER, CONTENT, sendtime=ccell.clock.now + timedelta(days=3))


def _failed(_: Emulator, ccell: Ccell) -> None:
    ccell.settings(outcomes=(OutcomeRule(phone=NUMBER, stat="UNDELIV"),))
    ccell.client.send(NUMBER, CONTENT)


CASES: dict[str, tuple[Arrange, tuple[str, str]]] = {
    "bad signature": (
        _bad_signature,
        (
            "The signature is missing or too long, or the account may not use it.",
            "短信缺少签名，签名过长，或者账号不能使用此签名。",
        ),
    ),
    "wrong password": (_post(password="wrong"), ("The password is wrong.", "密码不正确。")),
    "malformed XML": (_post(closing=""), ("The request cannot be read.", "无法读取请求。")),
    "a wrong path": (_post("/sms3_api/send.jsp"), ("The gateway has no such path.", "网关没有此路径。")),
    "black list": (_blacklisted, ("The number is on the account's blacklist.", "号码在账号的黑名单中。")),
    "scheduled": (_scheduled, ("Not sent yet: it is scheduled for", "尚未发送：定时在")),
    "report failed": (_failed, ("Not received: the phone's report says UNDELIV", "手机没有收到：状态报告为 UNDELIV")),
    "not fetched by the poller": (
        _send(),
        ("your client has not fetched its report", "您的客户端尚未取走状态报告"),
    ),
}


class Stranger:
    """Somebody who was told a number, and counts the clicks."""

    def __init__(self, page: Page) -> None:
        """Open the first page."""
        self.page = page
        self.clicks = 0

    def click(self, selector: str) -> None:
        """Click on the first match."""
        self.page.locator(selector).first.click()
        self.clicks += 1

    def look_for(self, number: str) -> None:
        """Type a number into the search, and open the first thing that is found."""
        self.click("#search")
        self.page.keyboard.type(number)
        # What was found before the search was applied is replaced; its links lead elsewhere.
        links = f'.row a[href*="{number}"], .refused-requests li a[href*="{number}"]'
        expect(self.page.locator(".row a, .refused-requests li a")).to_have_count(1)
        expect(self.page.locator(links)).to_have_count(1)
        self.click(links)


@pytest.mark.parametrize("language", [0, 1], ids=["English", "Chinese"])
@pytest.mark.parametrize("case", CASES)
def test_a_stranger_finds_the_reason_in_three_clicks(
    running: Emulator, ccell: Ccell, open_page: Open, case: str, language: int
) -> None:
    arrange, reasons = CASES[case]
    ccell.client.send("13900000001", "您好【商城】")
    arrange(running, ccell)
    ccell.client.send("13900000002", "您好【商城】")
    stranger = Stranger(open_page(console(running), locale=("en-US", "zh-CN")[language]))
    stranger.look_for(NUMBER)
    expect(stranger.page.locator(".detail")).to_contain_text(reasons[language])
    assert stranger.clicks <= 3


def test_a_refused_request_is_told_of_before_anything_is_searched(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    page = open_page(console(running))
    expect(page.locator(".empty")).to_be_visible()
    _post(password="wrong")(running, ccell)
    told = page.locator(".refused-requests")
    expect(told).to_contain_text("1 request was refused or could not be read:")
    expect(told).to_contain_text("The password is wrong.")


def test_requests_that_became_no_message_are_counted(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    for path in (Operation.SEND.path, "/sms3_api/send.jsp"):
        _post(path, password="wrong")(running, ccell)
    page = open_page(console(running, f"messages?q={NUMBER}"))
    told = page.locator(".refused-requests")
    expect(told).to_contain_text(f"2 requests with {NUMBER} were refused or could not be read:")
    page.get_by_role("link", name="2 requests").click()
    expect(page.locator(".row")).to_have_count(2)


def test_refused_requests_of_the_chosen_account_are_not_hidden_by_those_of_others(
    running: Emulator, ccell: Ccell, open_page: Open
) -> None:
    _post(password="wrong")(running, ccell)
    _post("/sms3_api/send.jsp")(running, ccell)
    for _ in range(25):
        http.post(running.url, Operation.SEND.path, b'<root userid="200001" password="wrong"/>')
    page = open_page(console(running, f"messages?account={ccell.userid}"))
    told = page.locator(".refused-requests")
    expect(told).to_contain_text("2 requests were refused or could not be read.")
    expect(told).to_contain_text("The gateway has no such path.")


def test_a_verdict_has_its_clause_in_both_languages(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.client.send([NUMBER, "19500001111"], CONTENT)
    page = open_page(console(running))
    page.locator(".row a", has_text="19500001111").click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("Clause S8 · section 2.1.2.2 of the document · documented")
    expect(verdict.locator("[lang=zh-CN]")).to_contain_text("可以只拒绝某个号码，接受其他号码")
    expect(verdict.locator(".basis [lang=en]")).to_contain_text(
        "One number may be refused while the others are accepted"
    )
    expect(verdict).to_contain_text("What passes: A number with 11 digits and a mainland mobile prefix.")


def test_a_verdict_is_only_about_the_number_of_the_message(running: Emulator, ccell: Ccell, open_page: Open) -> None:
    ccell.settings(blacklist=(NUMBER,))
    ccell.client.send([NUMBER, "19500001111"], CONTENT)
    page = open_page(console(running, f"messages?q={NUMBER}"))
    page.locator(".row a").click()
    expect(page.locator(".verdict")).to_contain_text("is on the account's blacklist")
    expect(page.locator(".verdict")).not_to_contain_text("19500001111")
    expect(page.locator(".verdict .reason")).to_have_count(1)
