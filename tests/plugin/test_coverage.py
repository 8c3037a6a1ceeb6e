"""The coverage of a run is true over all accounts, emulators and workers."""

import json
import re
import shutil
from pathlib import Path

import pytest
from harness.emulators import emulator
from harness.inner_runs import run

from ccell_fake.control.client import ControlClient
from ccell_fake.coverage import Coverage
from ccell_fake.serialization import from_json

EXAMPLES = Path(__file__).parent.parent / "examples"
REPORT = "coverage.json"
TESTS = """
    import pytest
    from ccell_mock_server import FakeCcell

    @pytest.mark.parametrize("number", range(4))
    def test_a_number_is_refused(ccell, number):
        ccell.client.send(["13800000000", "19500001111"], "您好【签名】")
        ccell.account.reset()

    def test_a_connection_closes(ccell):
        ccell.faults.next("send", close=True)
        with pytest.raises(Exception):
            ccell.client.send("13800000000", "您好【签名】")

    def test_without_a_connection():
        with FakeCcell() as ccell:
            ccell.client.send("17001004008", "您好【签名】")

    def test_another_account(ccell_server):
        with ccell_server.open(status="frozen") as ccell, pytest.raises(Exception):
            ccell.client.info()
"""
EXPECTED = {"0": 5, "1001003": 1, "1004001": 4, "1004008": 1, "Q23": 1, "close": 1}


def _met(coverage: Coverage) -> dict[str, int]:
    return {one.name: one.count for one in coverage.items if one.count}


def _reported(pytester: pytest.Pytester) -> Coverage:
    coverage: Coverage = from_json(Coverage, (pytester.path / REPORT).read_text("utf-8"))
    return coverage


def _table(result: pytest.RunResult) -> dict[str, int]:
    rows = [re.fullmatch(r"(code|limit|question|fault) +(\S+) +(\d+)  \S.*", line) for line in result.outlines]
    return {row[2]: int(row[3]) for row in rows if row}


WORKERS = pytest.mark.parametrize("workers", ["0", "2"])


@WORKERS
def test_all_accounts_emulators_and_workers_count(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester, "-n", workers, "--ccell-coverage", f"--ccell-coverage-report={REPORT}")
    result.assert_outcomes(passed=7)
    assert _table(result) == _met(_reported(pytester)) == EXPECTED
    summary = "met 4 of 24 codes, 0 of 13 limits, 1 of 28 questions, 1 of 10 fault kinds; not met:"
    result.stdout.fnmatch_lines([summary, "codes: 1001001, 1001002, 1001004, *", f"Coverage report: *{REPORT}"])


@WORKERS
def test_only_the_accounts_of_the_run_count_on_a_running_emulator(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(TESTS)
    with emulator() as running, ControlClient(running.url) as control:
        document = control.account("200001")
        other = control.open({"userid": "300001", "password": "123456", "balance": 0})
        result = run(pytester, "-n", workers, "--ccell-coverage", f"--ccell-url={running.url}")
        assert _met(document.coverage()) == _met(other.coverage()) == {}
    result.assert_outcomes(passed=7)
    assert _table(result) == EXPECTED


def test_requests_of_others_on_a_running_emulator_do_not_count(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx2

        def test_both(ccell):
            ccell.client.info()
            for userid in ("200001", "nobody"):
                httpx2.post(ccell.url + "/sms3_api/xmlapi/info.jsp", content=f'<root userid="{userid}" password="x"/>')
        """
    )
    with emulator() as running:
        result = run(pytester, "--ccell-coverage", f"--ccell-url={running.url}")
        assert _table(result) == {"0": 1}
    result = run(pytester, "--ccell-coverage")
    assert _table(result) == {"0": 1, "1001004": 2, "Q1": 1}


def _copy_examples(pytester: pytest.Pytester) -> None:
    shutil.copytree(EXAMPLES, pytester.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    # Before pytest 8.4, workers do not inherit the path of this process.
    pytester.makeini(f"[pytest]\npythonpath = {EXAMPLES.parent}")


def test_the_table_of_the_examples_is_true(pytester: pytest.Pytester) -> None:
    _copy_examples(pytester)
    tables: list[dict[str, int]] = []
    for workers in ("0", "2"):
        with emulator() as running, ControlClient(running.url) as control:
            options = ("-n", workers, "--ccell-coverage", f"--ccell-url={running.url}")
            tables.append(_table(run(pytester, *options)))
            # The emulator itself was asked by nobody else.
            assert tables[-1].items() <= _met(control.coverage()).items()
            assert sum(tables[-1].values()) > 20
    assert tables[0].keys() == tables[1].keys()
    assert {"0", "1004001"} <= tables[0].keys()


def test_a_missing_test_shows_in_the_table_and_fails_the_bound(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    bound = f"--ccell-coverage-fail-under={100 * 4 / 24}"
    whole = run(pytester, bound)
    assert whole.ret == pytest.ExitCode.OK
    whole.stdout.fnmatch_lines(["16.67% of the codes were met; --ccell-coverage-fail-under requires 16.6667%."])
    broken = run(
        pytester,
        bound,
        "--deselect=test_a_missing_test_shows_in_the_table_and_fails_the_bound.py::test_another_account",
    )
    broken.assert_outcomes(passed=6, deselected=1)
    assert broken.ret == pytest.ExitCode.TESTS_FAILED
    assert EXPECTED.items() - _table(broken).items() == {("1001003", 1), ("Q23", 1)}
    broken.stdout.fnmatch_lines(["FAIL 12.50% of the codes were met; --ccell-coverage-fail-under requires 16.6667%."])


@WORKERS
def test_the_bound_holds_over_all_workers(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(TESTS)
    assert run(pytester, "-n", workers, "--ccell-coverage-fail-under=16").ret == pytest.ExitCode.OK
    assert run(pytester, "-n", workers, "--ccell-coverage-fail-under=17").ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("name", ["coverage.json", "coverage.html", "coverage.md"])
def test_a_report_says_what_was_met_and_how_to_meet_the_rest(pytester: pytest.Pytester, name: str) -> None:
    pytester.makepyfile(TESTS)
    run(pytester, f"--ccell-coverage-report={name}")
    text = (pytester.path / name).read_text("utf-8")
    assert "1004008" in text
    assert "号码在账号的黑名单中。" in text
    assert "发往此特殊号码。" in text
    assert "17001004009" in text
    if name.endswith("json"):
        assert json.loads(text)["totals"][0] == {"kind": "code", "met": 4, "total": 24}
    else:
        assert "met 4 of 24 codes, 0 of 13 limits, 1 of 28 questions, 1 of 10 fault kinds." in text


@WORKERS
def test_every_report_that_is_asked_for_is_written(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(TESTS)
    names = ["coverage.json", "coverage.html", "coverage.md", "again.md"]
    result = run(pytester, "-n", workers, *[f"--ccell-coverage-report={name}" for name in names])
    result.stdout.fnmatch_lines([f"Coverage report: *{name}" for name in names])
    for name in names:
        assert "1004008" in (pytester.path / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("report=x.xml", "--ccell-coverage-report=x.xml: the name must end with one of .json, .html, .md"),
        ("report=x", "--ccell-coverage-report=x: the name must end with one of .json, .html, .md"),
        ("report=no/x.md", "--ccell-coverage-report=no/x.md: must be a file in a folder that exists"),
        ("fail-under=101", "*must be a number from 0 to 100, got '101'"),
        ("fail-under=-1", "*must be a number from 0 to 100, got '-1'"),
        ("fail-under=nan", "*must be a number from 0 to 100, got 'nan'"),
        ("fail-under=many", "*must be a number from 0 to 100, got 'many'"),
    ],
)
def test_an_option_that_cannot_work_is_refused_before_any_test(
    pytester: pytest.Pytester, option: str, error: str
) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester, f"--ccell-coverage-{option}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{error}"])
    assert "passed" not in result.stdout.str()


def test_a_run_without_an_emulator_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = run(pytester, "--ccell-coverage")
    result.stdout.fnmatch_lines(["met 0 of 24 codes, *", "No test used an emulator."])
    assert result.ret == pytest.ExitCode.OK


def test_a_crashed_worker_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os

        def test_one(ccell):
            ccell.client.info()

        def test_crash(ccell):
            os._exit(1)
        """
    )
    result = run(pytester, "-n", "1", "--ccell-coverage")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["The coverage of worker gw0 is missing: it crashed."])


def test_nothing_is_printed_unless_it_is_wanted(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester)
    assert "coverage" not in result.stdout.str()
    assert "of 24 codes" not in run(pytester, "--collect-only", "--ccell-coverage-fail-under=99").stdout.str()


def test_emulators_that_the_run_leaves_open_count(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from ccell_mock_server import FakeCcell

        OPEN = FakeCcell()

        def test_one():
            OPEN.client.info()
        """
    )
    assert _table(run(pytester, "--ccell-coverage")) == {"0": 1}
