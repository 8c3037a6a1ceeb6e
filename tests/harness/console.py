"""The console in a browser."""

from collections.abc import Sized
from typing import Any, Protocol

from playwright.sync_api import Page

from ccell_mock_server.emulator import Emulator

CONTENT = "您的验证码是4711。【签名】"
PHONE = "13800000000"


class Open(Protocol):
    """Opens an address in a browser of its own."""

    def __call__(self, url: str, *, width: int = 1280, errors_expected: bool = False, **options: Any) -> Page:
        """Open an address. The options are those of Playwright's `new_context`."""
        ...


def console(running: Emulator, view: str = "messages") -> str:
    """Return the address of a view."""
    return f"{running.url}/_ccell/#/{view}"


def wait_for(page: Page, held: Sized, count: int) -> None:
    """Wait until so many requests are held. Playwright gives them to the test while it waits for the page."""
    for _ in range(600):
        if len(held) >= count:
            break
        page.wait_for_timeout(100)
    assert len(held) == count
