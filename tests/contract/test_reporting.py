"""Report of a run: shown, written, and compared with another."""

import re
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from harness import contract
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import SHANGHAI
from ccell_fake.contract import profiles, report
from ccell_fake.contract.checks import Cost
from ccell_fake.contract.results import CheckOutcome, ContractRun, Result
from ccell_mock_server.config import toml
from pytest_ccell.contract import summary

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=SHANGHAI)
HOSTILE = '<script>alert("|")</script>\n| & 【】\\'


def _result(id_: str = "Q13", **attributes: object) -> Result:
    given_ = {
        "aspect": "",
        "says": "What?",
        "cost": "free",
        "needs": (),
        "outcome": CheckOutcome.ANSWERED,
        **attributes,
    }
    return Result(id=id_, **given_)  # type: ignore[arg-type]


def _run(*results: Result) -> ContractRun:
    return ContractRun(target="live", at=AT, results=results)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
RESULTS = st.builds(
    Result,
    id=st.sampled_from(["S3", "P2", "Q13", "C1"]),
    aspect=TEXTS,
    says=TEXTS,
    cost=st.sampled_from(["free", "sms 2, drain"]),
    needs=st.lists(TEXTS, max_size=2).map(tuple),
    outcome=st.sampled_from(CheckOutcome),
    answer=st.none() | TEXTS | st.lists(TEXTS, max_size=3).map(tuple),
    note=TEXTS,
    evidence=st.just(({"method": "POST", "path": "/x", "ending": "answered", "body": HOSTILE},)),
)


@given(results=st.lists(RESULTS, max_size=3))
def test_a_run_written_as_json_reads_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, results: list[Result]
) -> None:
    path = tmp_path_factory.mktemp("report") / "run.json"
    run = _run(*results)
    report.write(path, run)
    assert report.read(path) == run


@given(results=st.lists(RESULTS, min_size=1, max_size=3))
def test_any_result_is_one_row_of_the_table_without_markup(results: list[Result]) -> None:
    run = _run(*results)
    rows = report.markdown(run).split("## Evidence")[0].splitlines()
    for row in rows:
        if row.startswith("| ") and "---" not in row:
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 7, row
    assert "<script>" not in report.html(run)


def test_a_page_shows_evidence_and_changes() -> None:
    exchange = {
        "method": "POST",
        "path": "/send.jsp",
        "ending": "answered",
        "status": 200,
        "body": "<a>",
        "answer": "<b>",
    }
    now = _run(_result(answer="number", evidence=(exchange,)), _result("Q1", answer="1001004"))
    then = _run(_result(answer="segments"), _result("Q1", answer="1001004"))
    page = report.html(now, then)
    assert "&lt;a&gt;" in page
    assert "<td>Q13<td>segments<td>number" in page
    assert "<td>Q1<td>1001004<td>" not in page
    text = report.markdown(now, then)
    assert "| Q13 | segments | number |" in text
    assert "< 200 <b>" in text


def test_a_check_that_ran_in_only_one_of_two_runs_is_a_change() -> None:
    then, now = _run(_result(answer="number")), _run(_result("Q1", answer="1001004"))
    assert now.changes(then) == (("Q1", "not asked", "1001004"), ("Q13", "number", "not asked"))


def test_the_table_has_a_line_for_each_clause_however_many_tests_it_has() -> None:
    codes = (
        _result("C1", aspect="1004001", outcome=CheckOutcome.PASSED),
        _result("C1", aspect="1004002", outcome=CheckOutcome.NOT_ASKED, note="needs an account\nand more"),
    )
    shown = summary.render_table((*codes, _result(answer="number")), 120).splitlines()
    assert any(line.startswith("C1") and "1 passed, 1 not asked" in line for line in shown)
    assert any("1004002: needs an account" in line for line in shown)
    assert any(line.startswith("Q13") and "number" in line for line in shown)


def test_every_report_names_the_kind_of_each_result() -> None:
    run = _run(*(_result(id_, outcome=CheckOutcome.PASSED) for id_ in ("S3", "P2", "Q13")))
    kinds = ["clause", "published", "question"]
    assert [one["kind"] for one in run.to_json()["results"]] == kinds
    for id_, kind in zip(("S3", "P2", "Q13"), kinds, strict=True):
        assert f"| {id_} | {kind} |" in report.markdown(run)
        assert f"<td>{id_}<td>{kind}<td>" in report.html(run)
        assert any(line.split()[:2] == [id_, kind] for line in summary.render_table(run.results, 120).splitlines())


def test_a_profile_has_answer_evidence_and_date_and_the_emulator_takes_it(tmp_path: Path) -> None:
    order = (
        "parse",
        "account",
        "ip",
        "password",
        "frozen",
        "concurrency",
        "completeness",
        "limits",
        "balance",
        "closing_phrase",
    )
    run = _run(
        _result(answer="number", note='"two" lines\nof a note'),
        _result("Q6", answer=order),
        _result("Q1", outcome=CheckOutcome.FAILED, answer="1001003"),
        _result("S3", outcome=CheckOutcome.PASSED),
    )
    path = tmp_path / "profile.toml"
    path.write_text(profiles.to_toml(profiles.from_run(run)), "utf-8")
    assert toml.profile_answers(path) == {"Q6": order, "Q13": "number"}
    assert "date = 2026-01-02" in path.read_text("utf-8")


def test_an_earlier_answer_that_a_run_refuted_is_not_kept() -> None:
    earlier = {id_: {"answer": "codepoint"} for id_ in ("Q35", "Q13", "Q1")}
    run = _run(
        _result("Q35", answer="codepoint"),
        _result("Q35", aspect="signatures", answer="utf16"),
        _result("Q13", outcome=CheckOutcome.FAILED),
        _result("Q1", outcome=CheckOutcome.NOT_ASKED),
    )
    assert set(profiles.keep_unanswered(earlier, run)) == {"Q13", "Q1"}


def test_differences_name_question_answer_and_expectation() -> None:
    expected = {"Q13": "number", "Q1": "1001004", "Q4": "refuse"}
    (line,) = profiles.find_differences(expected, {"Q13": "segments", "Q1": "1001004", "Q5": "accept"})
    assert line == "Q13: segments, not number (What does one number cost?)"


@pytest.mark.parametrize(
    "text", ["free", "sms 1", "sms 301, drain", "drain", "sms 8, risk", "drain, risk", "sms 1, drain, risk, json"]
)
def test_a_cost_is_written_in_the_form_in_which_it_is_read(text: str) -> None:
    assert str(Cost.parse(text)) == text


@pytest.mark.parametrize("text", ["", "sms", "sms 0", "sms 1 drain", "Free", "money"])
def test_an_invalid_cost_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cost must be"):
        Cost.parse(text)


def test_junit_has_every_test_with_its_outcome(tmp_path: Path) -> None:
    done = contract.ask(
        tmp_path, "--ccell-road=in-process", "-k", "costs or test_0", f"--junitxml={tmp_path / 'j.xml'}"
    )
    assert done.code == 0, done.printed
    cases = ET.parse(tmp_path / "j.xml").getroot().iter("testcase")  # noqa: S314 - our own
    properties = [{one.get("name"): one.get("value") for one in case.iter("property")} for case in cases]
    assert {"ccell": "Q13", "outcome": "segments", "cost": "sms 2"} in properties
    assert {"ccell": "C1 0", "outcome": "passed", "cost": "free"} in properties
    # What was left out is told apart from what was asked.
    assert {one.note for one in done.results(CheckOutcome.NOT_ASKED)} == {
        "the check was deselected, or the run ended before it"
    }
