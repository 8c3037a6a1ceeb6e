"""The pages of the documentation site hang together, and are complete in both languages."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import pytest
import site_hooks
from harness.pages import ROOT
from harness.site import HtmlPage, Site, is_external
from mkdocs import config as configs

from ccell_fake.codes import Code

DOCS = ROOT / "docs"
LOADED = {"script", "link", "img", "iframe"}
"""Tags whose addresses a browser loads by itself."""


def _listed(items: Any) -> Iterator[str]:
    """The pages of a navigation."""
    for item in items:
        if isinstance(item, str):
            yield item
        else:
            yield from (page for part in cast("dict[str, Any]", item).values() for page in _listed(part))


def _written(page: HtmlPage) -> bool:
    return "openapi-viewer" not in page.path


def test_every_page_has_a_place_in_the_navigation() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    english = {page for page in pages if not page.startswith(("zh/", "templates/"))}
    untyped: Any = configs
    listed = Counter(_listed(untyped.load_config(str(ROOT / "mkdocs.yml")).nav))
    assert english - set(listed) == set(), "add these pages to nav in mkdocs.yml"
    assert set(listed.values()) == {1}


def test_every_page_is_there_in_both_languages(site: Site) -> None:
    english = {path for path in site.pages if not path.startswith("zh/")}
    assert {path.removeprefix("zh/") for path in site.pages if path.startswith("zh/")} == english
    for path, page in site.pages.items():
        if _written(page):
            assert page.language_link == (path.removeprefix("zh/") if path.startswith("zh/") else f"zh/{path}")


def test_every_link_and_anchor_leads_somewhere(site: Site) -> None:
    links = [
        (page, link)
        for page in site.pages.values()
        for _, link in page.links
        if not link.startswith(("data:", "javascript:"))
    ]
    assert len(links) > len(site.pages)
    dead = {
        (page.path, link) for page, link in links if not is_external(link) and not site.is_there(page.resolved(link))
    }
    assert dead == set()


def test_no_page_loads_anything_from_another_host(site: Site) -> None:
    loaded = [(page.path, link) for page in site.pages.values() for tag, link in page.links if tag in LOADED]
    assert loaded
    assert [one for one in loaded if is_external(one[1])] == []


def test_every_page_has_a_title_and_a_description_of_its_own(site: Site) -> None:
    for prefix in ("zh/", ""):
        pages = [page for page in site.pages.values() if page.path.startswith("zh/") == bool(prefix) and _written(page)]
        for texts in ([page.title for page in pages], [page.description for page in pages]):
            assert [text for text, count in Counter(texts).items() if count > 1 or not text.strip()] == []


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("folder", ["", "zh/"])
def test_the_page_of_a_code_has_its_number_and_text_in_title_and_description(
    site: Site, folder: str, code: Code
) -> None:
    page = site.pages[f"{folder}codes/{code}/"]
    assert page.title.startswith(f"{code} {code.text}")
    assert re.search(rf"\b{code}\b.*{code.text}", page.description)


def test_no_markdown_is_left_in_the_text_of_a_page(site: Site) -> None:
    left = re.compile(r"(?m)^ *[-*] |\*\*|^\||\]\(|^#+ |```")
    found = {(page.path, text) for page in site.pages.values() for text in page.texts if left.search(text)}
    assert found == set()


def test_no_chinese_paragraph_has_a_blank_where_a_line_ended(site: Site) -> None:
    broken = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]\n *[\u4e00-\u9fff]")
    pages = [page for page in site.pages.values() if page.path.startswith("zh/")]
    assert [(page.path, text) for page in pages for text in page.texts if broken.search(text)] == []


def test_a_link_out_of_the_documentation_leads_to_the_repository() -> None:
    prose = (
        "[tests](../../tests), [CI](../../.ci/run), [client](../client.md), ![](../images/a.svg), [lost](../../lost)"
    )
    linked = site_hooks.with_links_to_repository(prose, "zh/index.md", "https://git.example.com/fake/")
    there = "https://git.example.com/fake"
    kept = prose.partition("[client]")[2]
    assert linked == f"[tests]({there}/tree/main/tests), [CI]({there}/blob/main/.ci/run), [client]{kept}"
    assert site_hooks.with_links_to_repository(prose, "zh/index.md", None) == f"tests, CI, [client]{kept}"
