"""The send page: it sends as a client does, counts as one types, and shows the request in several languages."""

import pytest
from harness.console import PHONE, Open, console
from playwright.sync_api import Page, expect

from ccell_fake.testing import Ccell
from ccell_mock_server.emulator import Emulator


@pytest.fixture
def page(running: Emulator, ccell: Ccell, open_page: Open) -> Page:
    """The send page of the account."""
    page = open_page(console(running, f"send?account={ccell.userid}"))
    expect(page.locator("#from")).to_have_value(ccell.userid)
    return page


def send(page: Page) -> None:
    """Press Send."""
    page.get_by_role("button", name="Send", exact=True).click()


def test_the_form_sends_as_a_client_does(ccell: Ccell, page: Page) -> None:
    page.get_by_label("Numbers").fill("13600000001\n19500001111, 13600000002")
    page.get_by_label("Content").fill('a & b "c" <d>【签名】')
    page.get_by_label("Linkid").fill("order-7")
    send(page)
    expect(page.locator("main pre").first).to_contain_text("手机号不可识别19500001111")
    assert [one.phone for one in ccell.outbox if one.code == "0"] == ["13600000001", "13600000002"]
    message = ccell.outbox.one(phone="13600000001")
    assert (message.content, message.linkid) == ('a & b "c" <d>【签名】', "order-7")


def test_several_submits_are_sent_in_one_request(ccell: Ccell, page: Page) -> None:
    ccell.settings(spcode=True)
    page.get_by_role("button", name="Add a submit").click()
    page.get_by_role("button", name="Add a submit").click()
    second = page.get_by_role("group", name="Submit 2")
    second.get_by_label("Numbers").fill("13900000001")
    second.get_by_label("Content").fill("您好【签名】")
    second.get_by_label("Spcode").fill("12")
    second.get_by_label("Sendtime").fill("2000-01-01 08:00:00")
    page.get_by_role("group", name="Submit 3").get_by_role("button", name="Remove").click()
    send(page)
    expect(page.locator("main pre").first).to_contain_text("1004014")
    assert {(one.phone, one.spcode, one.code) for one in [*ccell.outbox, *ccell.refused]} == {
        (PHONE, "", "0"),
        ("13900000001", "12", "1004014"),
    }
    assert ccell.outbox[0].position == ccell.refused[0].position


def test_characters_segments_and_charge_are_counted_as_one_types(ccell: Ccell, page: Page) -> None:
    counted = page.locator("#counted")
    expect(counted).to_have_text("Characters 15 · Segments 1 · Numbers 1 · Charge 1")
    page.get_by_label("Content").fill("好" * 71)
    expect(counted).to_have_text("Characters 71 · Segments 2 · Numbers 1 · Charge 2")
    page.get_by_label("Numbers").fill("13600000001,13600000002\n13600000003")
    expect(counted).to_have_text("Characters 71 · Segments 2 · Numbers 3 · Charge 6")
    page.get_by_role("button", name="Add a submit").click()
    second = page.get_by_role("group", name="Submit 2")
    second.get_by_label("Numbers").fill(PHONE)
    second.get_by_label("Content").fill("您好")
    expect(page.get_by_text("Charge in all: 7")).to_be_visible()
    ccell.settings(assumptions={"Q13": "number"})
    page.get_by_label("Content").first.fill("好" * 71 + "【签名】")
    expect(page.get_by_text("Charge in all: 4")).to_be_visible()


@pytest.mark.parametrize(
    ("label", "value", "code", "explanation"),
    [
        ("Content", "没有签名", "1004003", "签名"),
        ("Sendtime", "soon", "1004012", "sendtime"),
        ("Spcode", "12", "1004002", "spcode"),
        ("Numbers", "12", "1004001", "12"),
        ("password", "wrong", "1001004", "password"),
    ],
)
def test_a_refusal_comes_with_its_reason(page: Page, label: str, value: str, code: str, explanation: str) -> None:
    page.get_by_label(label).fill(value)
    send(page)
    expect(page.locator("main pre").first).to_contain_text(code)
    expect(page.locator(".explanation")).to_contain_text(explanation)


def test_a_lost_answer_is_shown_as_one(ccell: Ccell, running: Emulator, open_page: Open) -> None:
    ccell.faults.next("send", close=True, times=None)
    page = open_page(console(running, f"send?account={ccell.userid}"), errors_expected=True)
    expect(page.locator("#from")).to_have_value(ccell.userid)
    send(page)
    expect(page.get_by_text("No answer was sent.")).to_be_visible()


def test_the_python_of_the_page_sends_the_same(ccell: Ccell, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCELL_FAKE_PASSWORD", ccell.password)
    for text in ('a "b" \\ <c>\n好【签名】', "您好【签名】"):
        page.get_by_label("Content").last.fill(text)
        page.get_by_role("button", name="Python").click()
        program = page.locator(".samples pre").inner_text()
        exec(program, {})  # noqa: S102 - what the page shows
        assert ccell.outbox[-1].content == text
        page.get_by_role("button", name="Add a submit").click()
        page.get_by_label("Numbers").last.fill("13900000001")
    assert {one.phone for one in ccell.outbox} == {PHONE, "13900000001"}
    assert len(ccell.outbox) == 3


def test_the_request_is_shown_in_every_language(page: Page) -> None:
    page.get_by_label("Linkid").fill("order-7")
    for language in ("curl", "Python", "Java", "PHP", "pytest"):
        page.get_by_role("button", name=language, exact=True).click()
        for text in (PHONE, "您的验证码是4711。【签名】", "order-7"):
            expect(page.locator(".samples pre")).to_contain_text(text)
