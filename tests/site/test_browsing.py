"""The documentation site in Chromium: search, widths, the OpenAPI document. A request to another host fails a test."""

from urllib.parse import quote

import pytest
from harness.console import Open
from playwright.sync_api import expect

LONG = ["", "codes/", "codes/1001006/", "configuration/", "evidence/", "api/ccell_fake/", "openapi/", "architecture/"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("状态码", "zh/codes/"),
        ("签名", "zh/codes/1004003/"),
        ("并发数超限", "zh/codes/1001006/"),
        ("1004007", "zh/codes/1004007/"),
        ("状态报告", "zh/client/"),
        ("定时发送", "zh/codes/1004013/"),
        ("thread limit", "codes/1001006/"),
        ("并发数超限", "codes/1001006/"),
        ("1001999", "codes/1001999/"),
        ("pytest", "pytest/"),
    ],
)
def test_a_search_finds_the_page(open_page: Open, address: str, query: str, found: str) -> None:
    # A shared link brings the query. What is typed before the script has loaded would be lost.
    page = open_page(f"{address}{'zh/' if found.startswith('zh/') else ''}?q={quote(query)}")
    expect(page.locator(f".md-search-result__link[href^='{address}{found}']").first).to_be_attached()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_window(open_page: Open, address: str, width: int, scheme: str) -> None:
    page = open_page(address, width=width, color_scheme=scheme)
    for path in (f"{folder}{path}" for folder in ("", "zh/") for path in LONG):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("folder", ["", "zh/"])
def test_the_openapi_document_is_shown(open_page: Open, address: str, folder: str) -> None:
    page = open_page(f"{address}{folder}openapi/")
    document = page.frame_locator(".openapi")
    document.locator("#operations-tag-faults").click()
    expect(document.get_by_text("/_ccell/v1/accounts/{userid}/faults").first).to_be_visible()


def test_the_language_link_leads_to_the_same_page(open_page: Open, address: str) -> None:
    page = open_page(f"{address}codes/1001006/")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("如何处理")
    assert page.url == f"{address}zh/codes/1001006/"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("What to do")
