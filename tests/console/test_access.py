"""Everybody can use the console: in both languages, light and dark, on any width, by keyboard and by reader."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from harness import http
from harness.console import CONTENT, PHONE, Open
from harness.emulators import emulator
from playwright.sync_api import expect
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from ccell_fake.model import Operation
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator

VIEWS = {
    "messages": ".row",
    "messages/{userid}/{msgid}": ".detail .bubble",
    f"phone/{PHONE}?account=300001": ".talk .bubble",
    "messages?q=13911110000": ".refused-requests li",
    "requests": ".row",
    "requests/1/2": ".detail article + article",
    "account": ".cards li",
    "account?account=300001": ".card .facts div",
    "account/faults?account=300001": ".arranged li",
    "account/reports?account=300001": ".arranged li",
    "account/personas?account=300001": ".arranged li",
    "account/settings?account=300001": ".members .field",
    "codes": ".item",
    "codes?account=300001&show=met": ".item:not([hidden])",
    "send": ".samples pre",
}
LOOKS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "wide": (1280, "en-US", {}),
    "narrow, in Chinese": (360, "zh-CN", {}),
    "dark, in Chinese": (1280, "zh-CN", {"color_scheme": "dark"}),
    "narrow and dark": (360, "en-US", {"color_scheme": "dark"}),
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, str]]:
    """An emulator with messages, and the path of one of them."""
    with emulator() as running, fake.server(running) as server:
        ccell = server.open(userid="300001")
        (resp,) = ccell.client.send(PHONE, CONTENT).resps
        ccell.client.send(["19500001111", "13900000001"], "长" * 300 + "【签名】", linkid="l" * 64)
        ccell.reply(PHONE, "收到")
        http.post(running.url, Operation.SEND.path, b'<root userid="300001"><submit phone="13911110000" content="x"/>')
        ccell.faults.next("send", code="1001999")
        yield running, f"300001/{resp.msgid}"
        ccell.close()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_keeps_nobody_out(served: tuple[Emulator, str], open_page: Open, view: str, look: str) -> None:
    running, message = served
    width, language, options = LOOKS[look]
    path = view.replace("{userid}/{msgid}", message)
    page = open_page(f"{running.url}/_ccell/#/{path}", width=width, locale=language, **options)
    expect(page.locator(VIEWS[view]).first).to_be_attached()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    results: Any = Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
    assert results.violations_count == 0, results.generate_report()
    for part in ("html", "main"):
        is_narrow = page.locator(part).evaluate("element => element.scrollWidth <= element.clientWidth")
        assert is_narrow, f"{part} is wider than the window"
    assert page.locator("html").get_attribute("lang") == {"en-US": "en", "zh-CN": "zh-CN"}[language]


def test_the_console_works_behind_a_reverse_proxy_under_a_path(open_page: Open) -> None:
    with emulator() as running, fake.server(running) as server:
        ccell = server.open(userid="300001")
        ccell.client.send(PHONE, CONTENT)
        proxied = DispatcherMiddleware(NotFound(), {"/team/sms": running.dispatcher})
        proxy = make_server("127.0.0.1", 0, proxied, threaded=True)
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            page = open_page(f"http://127.0.0.1:{proxy.server_port}/team/sms/", errors_expected=True)
            expect(page.locator(".row")).to_have_count(1)
            ccell.client.send("13900000001", CONTENT)
            expect(page.locator(".row")).to_have_count(2)
            page.goto(f"http://127.0.0.1:{proxy.server_port}/team/sms/_ccell/#/send?account=300001")
            page.get_by_role("button", name="Send", exact=True).click()
            expect(page.locator("main pre").first).to_contain_text("成功")
        finally:
            ccell.close()
            proxy.shutdown()
            thread.join()
            proxy.server_close()
