"""The pages of the status codes say everything that is known about a code, in both languages."""

import re
from pathlib import Path

import pytest
from code_pages import ADVICE
from diagrams import SOURCES, described
from harness.pages import ROOT

from ccell_fake.client.retries import Retry
from ccell_fake.codes import Code
from ccell_fixtures.evidence import all_evidence

DOCS = ROOT / "docs"
EVIDENCE = {one.id: one for one in all_evidence()}
TEXTS = ("means", "retry", "action")


def _page(code: str, folder: str = "") -> str:
    return (DOCS / folder / "codes" / f"{code}.md").read_text("utf-8")


def _rows(page: str) -> set[str]:
    """The first cells of the tables of a page."""
    return set(re.findall(r"^\| `?([\w-]+)`? \|", page, re.MULTILINE))


def test_every_code_has_a_page_in_both_languages() -> None:
    for folder in (DOCS / "codes", DOCS / "zh" / "codes"):
        assert {page.stem for page in folder.glob("*.md")} == {*Code}


def test_the_advice_on_every_code_has_all_its_texts_in_both_languages() -> None:
    assert list(ADVICE) == list(Code)
    for code, advice in ADVICE.items():
        sent = ("sent",) if "sent" in advice or "sent_zh" in advice else ()
        texts = {f"{name}{suffix}" for name in (*TEXTS, *sent) for suffix in ("", "_zh")}
        assert set(advice) == {"gloss", "clauses", "questions", *texts}, code
        assert all(re.search(r"[\u4e00-\u9fff]", advice[text]) for text in texts if text.endswith("_zh"))
        assert all(advice[text].endswith((".", "。")) for text in texts)
        assert {EVIDENCE[name].kind for name in advice["clauses"]} <= {"clause", "published"}
        assert {EVIDENCE[name].kind for name in advice["questions"]} <= {"question"}


@pytest.mark.parametrize("folder", ["", "zh"])
@pytest.mark.parametrize("code", Code)
def test_every_rule_and_question_about_a_code_is_on_its_page(code: Code, folder: str) -> None:
    rules = {one.id for one in EVIDENCE.values() if one.kind == "rule" and code in one.codes}
    table = (DOCS / "evidence.md").read_text("utf-8")
    questions = set(re.findall(rf"^\| (Q\d+) \|.*\b{code}\b", table, re.MULTILINE))
    assert code == Code.SUCCESS or rules | questions <= _rows(_page(code, folder))
    assert rules or code == Code.SUCCESS


def test_a_page_advises_a_retry_exactly_where_the_client_of_this_project_retries() -> None:
    advised = {code for code, advice in ADVICE.items() if advice["retry"].startswith("Yes")}
    assert {Code(code) for code in advised} == {Code.CONCURRENCY_EXCEEDED}
    assert Code.CONCURRENCY_EXCEEDED in str(Retry.__doc__)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_diagram_is_drawn_from_its_source(source: Path) -> None:
    assert described(source.read_text("utf-8")) in source.with_suffix(".svg").read_text("utf-8")
