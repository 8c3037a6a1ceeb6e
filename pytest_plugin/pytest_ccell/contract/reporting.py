"""Hooks that collect the results of checks, and write reports and profiles."""

import json
from collections.abc import Generator

import pytest

from ccell_fake.clock import SystemClock
from ccell_fake.contract import profiles, report, results
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import AnswerValue, Check
from ccell_fake.contract.results import CheckOutcome, ContractRun, Result
from pytest_ccell.contract import summary
from pytest_ccell.contract.running import CHECK_RUN, HAS_FAILED, check_of
from pytest_ccell.contract.session import ContractSession

_RESULT, _UNANSWERED = "ccell_result", "ccell_unanswered"
_COMPLETE = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
_UNASKED = "the check was deselected, or the run ended before it"


class ContractReporter:
    """Collects and reports results."""

    def __init__(self, session: ContractSession) -> None:
        """Report the results of a session."""
        self._session = session
        self._start = SystemClock().now()
        self._results: dict[str, Result] = {}
        self._functions: dict[str, str] = {}
        self._kept: int | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the result to the report, and remove secrets from it."""
        test_report = yield
        check = check_of(item)
        if test_report.failed:
            item.stash[HAS_FAILED] = True
        if check is not None and (test_report.when == "call" or test_report.failed):
            result = self._result(check, item.stash.get(CHECK_RUN, None), test_report, call)
            setattr(test_report, _RESULT, json.dumps(result.to_json()))
            setattr(test_report, _UNANSWERED, self._session.unanswered)
            # JUnit and other reports use the properties of a test's last report.
            item.user_properties += [("ccell", result.name), ("outcome", result.verdict), ("cost", result.cost)]
        if self._session.live is not None:
            self._redact(test_report)
        return test_report

    def _result(
        self, check: Check, check_run: CheckRun | None, test_report: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> Result:
        redaction = self._session.redaction
        note = "" if call.excinfo is None else str(call.excinfo.value)
        answer = check_run.answer if check_run else None
        if test_report.passed:
            outcome = CheckOutcome.PASSED if answer is None else CheckOutcome.ANSWERED
            note = check_run.note if check_run else ""
        else:
            outcome = CheckOutcome.NOT_ASKED if test_report.skipped else CheckOutcome.FAILED
        note = redaction.text(note.removeprefix("not asked: "))
        result = results.make_result(check, outcome, answer=answer, note=note)
        return results.add_evidence(result, check_run.evidence if check_run else (), redaction)

    def _redact(self, test_report: pytest.TestReport) -> None:
        """Replace secrets in a report."""
        redaction = self._session.redaction
        if isinstance(test_report.longrepr, tuple):
            path, line, reason = test_report.longrepr
            test_report.longrepr = path, line, redaction.text(reason)
        elif test_report.longrepr is not None:
            test_report.longrepr = redaction.text(str(test_report.longrepr))
        test_report.sections = [(name, redaction.text(text)) for name, text in test_report.sections]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a result. The last attempt at a test counts, unless it could not be run again."""
        text = getattr(report, _RESULT, None)
        if text is None:
            return
        result = Result.from_json(json.loads(text))
        if result.outcome is not CheckOutcome.NOT_ASKED or result.name not in self._results:
            self._results[result.name] = result
            self._functions[result.name] = report.nodeid.rpartition("::")[2]
        # A worker of pytest-xdist says so in its report.
        self._session.unanswered = self._session.unanswered or getattr(report, _UNANSWERED, "")

    @pytest.hookimpl(trylast=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Let the terminal show the reason of an exit once: pytest has already printed it."""
        terminal = self._session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and isinstance(excinfo.value, pytest.exit.Exception):
            terminal._keyboardinterrupt_memo = None  # noqa: SLF001 - there is no public name

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write reports and profile. An incomplete run, or one without answers, leaves the profile unchanged."""
        if self._session.is_worker or not self._results:
            return
        run = self._run()
        for path in self._session.reports:
            report.write(path, run, self._session.earlier)
        if self._session.unanswered:
            # The workers of pytest-xdist end as if they were interrupted.
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif exitstatus in _COMPLETE and not (session.shouldstop or session.shouldfail):
            self._write_profile(run)
        if self._session.is_drift and exitstatus == pytest.ExitCode.OK and not self._compared_answers(run):
            # A comparison without answers must not look like agreement.
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_profile(self, run: ContractRun) -> None:
        path, answers = self._session.calibrated, profiles.from_run(run)
        if path is not None and answers:
            kept = profiles.keep_unanswered(self._session.earlier_profile, run)
            profiles.write(path, {**kept, **answers})
            self._kept = len(kept)

    def _compared_answers(self, run: ContractRun) -> dict[str, AnswerValue]:
        """The run's answers to questions of the profile."""
        profile = self._session.profile or {}
        return {one.id: one.answer for one in run.results if one.answer is not None and one.id in profile}

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Show the results, the profile, and the changes."""
        session = self._session
        if session.is_worker or not self._results:
            return
        run, width = self._run(), terminalreporter._tw.fullwidth  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - there is no public name
        sections = [summary.results_section(run, width)]
        if session.calibrated is not None:
            sections.append(summary.profile_section(session.calibrated, len(profiles.from_run(run)), self._kept))
        if session.earlier is not None:
            sections.append(summary.changes_section(run, session.earlier))
        if session.profile is not None:
            sections.append(summary.differences_section(session.profile, self._compared_answers(run)))
        failed = [self._functions[one.name] for one in run.results if one.outcome is CheckOutcome.FAILED]
        if session.config.option.ccell_command and failed:
            sections.append(summary.again_section(failed))
        for title, text in sections:
            terminalreporter.section(title)
            terminalreporter.write_line(text)

    def _run(self) -> ContractRun:
        """The run. Checks without a result are not asked."""
        reason = f"{_UNASKED}: {self._session.unanswered}" if self._session.unanswered else _UNASKED
        unasked = (results.make_result(check, CheckOutcome.NOT_ASKED, note=reason) for check in self._session.checks())
        by_name = {result.name: result for result in unasked} | self._results
        target = "live" if self._session.live is not None else "emulator"
        return ContractRun(target=target, at=self._start, results=tuple(by_name.values()))
