"""Make the pictures of `docs/console.md`: `python docs/screenshots.py`. It needs Chromium and a font with Chinese characters."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, expect, sync_playwright

from ccell_fake.clock import SHANGHAI, ManualClock
from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator

_IMAGES = Path(__file__).with_name("images")
_PHONE = "13800000000"
_VIEWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console-message": (
        "messages/{message}?q=phone:138*",
        ".detail .explanation",
        {"viewport": {"width": 1280, "height": 720}},
    ),
    "console-refused": (
        "messages?q=13900000002",
        ".refused-requests li",
        {"viewport": {"width": 900, "height": 420}},
    ),
    "console-requests": (
        "requests/{first}/{second}",
        ".detail mark",
        {"viewport": {"width": 1280, "height": 800}},
    ),
    "console-phone-zh": (
        f"phone/{_PHONE}/13900000001?account=300001",
        ".talk .out",
        {"viewport": {"width": 900, "height": 640}, "locale": "zh-CN", "color_scheme": "dark"},
    ),
    "console-codes": (
        "codes?account=300001",
        ".item[data-met=yes]",
        {"viewport": {"width": 1280, "height": 720}},
    ),
    "console-faults": (
        "account/faults?account=300001",
        ".arranged li",
        {"viewport": {"width": 1280, "height": 720}},
    ),
    "console-narrow": ("messages", ".row", {"viewport": {"width": 360, "height": 640}, "locale": "zh-CN"}),
}


def _arrange(ccell: Ccell, clock: ManualClock, url: str) -> dict[str, str]:
    """Send some messages. Return the path of one that was refused, and the positions of two requests."""
    with ccell.connect(in_process=True) as client:
        client.send(_PHONE, "您的验证码是471100，5分钟内有效。【商城】", linkid="login-17")
        clock.set(datetime(2026, 1, 31, 9, 31, 5, tzinfo=SHANGHAI))
        client.send(["13900000001", "13600000002"], "您的订单已发货，预计明天送达。【商城】", linkid="order-2041")
        client.reports()
        clock.set(datetime(2026, 1, 31, 9, 45, 40, tzinfo=SHANGHAI))
        ccell.reply(_PHONE, "收到，谢谢")
        ccell.reply("13900000001", "TD")
        refused = client.send(_PHONE, "您的验证码是471101，5分钟内有效。", linkid="login-18").refused[0]
        clock.set(datetime(2026, 1, 31, 9, 46, 12, tzinfo=SHANGHAI))
        client.send(
            "13700000003", "活动预告：周五 10 点开始。【商城】", sendtime="2026-02-06 09:00:00", linkid="campaign-3"
        )
    for path, password, closing in (
        ("xmlapi/send.jsp", "wrong", "/>"),
        ("xmlapi/send.jsp", ccell.password, ">"),
        ("send.jsp", ccell.password, "/>"),
    ):
        clock.set(clock.now() + timedelta(seconds=9))
        body = (
            f'<root userid="{ccell.userid}" password="{password}">'
            f'<submit phone="13900000002" content="您的验证码是471102。【商城】"{closing}</root>'
        )
        httpx2.post(f"{url}/sms3_api/{path}", content=body.encode())
    ccell.faults.next("send", code="1001006", times=3)
    ccell.faults.next("report", truncate=True)
    first, second = (one.position for one in ccell.server.control.requests(text="*您的验证码*", is_refused=False))
    return {"message": f"{ccell.userid}/{refused.msgid}", "first": str(second), "second": str(first)}


def _shoot(browser: Browser, running: Emulator, places: dict[str, str]) -> None:
    for name, (view, ready, options) in _VIEWS.items():
        look: dict[str, Any] = {"locale": "en-US", "color_scheme": "light", **options}
        context = browser.new_context(**look)
        page = context.new_page()
        page.goto(f"{running.url}/_ccell/#/{view.format_map(places)}")
        expect(page.locator(ready).first).to_be_visible()
        expect(page.locator(".connection.live")).to_be_visible()
        page.screenshot(path=_IMAGES / f"{name}.png")
        context.close()


def main() -> None:
    """Make all pictures."""
    clock = ManualClock(datetime(2026, 1, 31, 9, 30, 0, tzinfo=SHANGHAI))
    config = parse({"server": {"port": 0}, "accounts": []}, "screenshots")
    with Emulator(config, clock) as running, fake.server(running) as server, sync_playwright() as playwright:
        places = _arrange(server.open(userid="300001"), clock, running.url)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _shoot(browser, running, places)
        browser.close()


if __name__ == "__main__":
    main()
