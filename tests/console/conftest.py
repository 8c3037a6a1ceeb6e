"""Fixtures: Chromium, an emulator with an account, and pages that fail a test on any error."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from harness.console import Open
from harness.emulators import emulator
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ccell_fake.testing import Ccell
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator

expect.set_options(timeout=30_000)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once for a module. Playwright runs an event loop in this thread, in which other tests could not."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; Debian's package is chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def running() -> Iterator[Emulator]:
    """An emulator on the host's clock."""
    with emulator() as running:
        yield running


@pytest.fixture
def ccell(running: Emulator) -> Iterator[Ccell]:
    """An account of the emulator."""
    with fake.server(running) as server:
        ccell = server.open(userid="300001")
        yield ccell
        ccell.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages, each as of a browser of its own. They must cause no error and ask no other host."""
    errors: list[str] = []
    contexts: list[Any] = []

    def open_(url: str, *, width: int = 1280, errors_expected: bool = False, **options: Any) -> Page:
        options = {"locale": "en-US", "color_scheme": "light", **options}
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        if not errors_expected:
            page.on("console", lambda one: errors.append(f"{one.text} {one.location}") if one.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        origin = "/".join(url.split("/")[:3])
        page.on("request", lambda one: None if one.url.startswith(origin) else errors.append(one.url))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
