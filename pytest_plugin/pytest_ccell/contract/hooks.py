"""The hooks and the fixture of the contract suite, registered where it is asked for."""

import json
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.clock import SystemClock
from ccell_fake.contract import profiles, report, results, suite
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import Check, Given
from ccell_fake.contract.emulator import EmulatorContractTarget
from ccell_fake.contract.live.settings import LiveSettingsError
from ccell_fake.contract.live.target import LiveContractTarget
from ccell_fake.contract.live.turns import turn
from ccell_fake.contract.needs import NotAsked
from ccell_fake.contract.results import CheckOutcome, ContractRun, Result
from ccell_fake.contract.target import ContractTarget
from ccell_fixtures.registries import ASSUMPTIONS
from pytest_ccell.contract import consent, session, summary, termination

_INQUIRY = pytest.StashKey[CheckRun]()
_HAS_FAILED = pytest.StashKey[bool]()
_CARRIED = "ccell_result"
_WHOLE = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
_UNASKED = "it was left out, or the run ended before it was asked"


class ContractHooks:
    """Runs the suite under pytest."""

    def __init__(self, config: pytest.Config) -> None:
        """Take what the options say.

        Raises:
            pytest.UsageError: They do not go together.
        """
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        if not self._is_worker:
            termination.as_interrupt(config)
        self._shared = session.Shared.of(config)
        self._began = SystemClock().now()
        self._results: dict[str, Result] = {}
        self._kept: int | None = None
        try:
            self._live = session.live(config, self._shared.budget)
            self._expected = session.expected(config)
            self._reports = [Path(path) for path in config.option.ccell_report]
            self._earlier = self._compared()
            session.check_places(self._written())
            self._earlier_profile = session.earlier_profile(config)
        except BaseException:
            self._shared.discard()
            raise
        self._redaction = session.redaction(self._live, self._shared.key)

    def _compared(self) -> ContractRun | None:
        compared = self._config.option.ccell_compare
        try:
            for path in self._reports:
                report.check(path)
            return report.read(Path(compared)) if compared else None
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None

    def _written(self) -> list[Path]:
        calibrated = self._config.option.ccell_calibrate
        return [*self._reports, Path(calibrated)] if calibrated else self._reports

    @property
    def _only_questions(self) -> bool:
        return bool(self._config.option.ccell_calibrate or self._config.option.ccell_drift)

    def _every(self) -> tuple[Check, ...]:
        return tuple(asked for asked in suite.every() if asked.is_question or not self._only_questions)

    # Before the tests

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - of pytest-xdist, which may not be there
        """Give a worker what it shares with the others."""
        self._shared.hand_over(node.workerinput)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Say what a live run may cost, ask for consent, and see whether the account can be asked at all."""
        if self._live is None or self._is_worker:
            return
        consent.ask(self._config, self._live, self._every())
        try:
            LiveContractTarget(self._live).check()
        except LiveSettingsError as error:
            pytest.exit(self._redaction.text(f"nothing was asked: {error}"), pytest.ExitCode.TESTS_FAILED)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let `-k` select a test by its clause or question, such as `-k Q13`."""
        if asked := _asked(item):
            item.extra_keyword_matches.add(asked.id)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Ask what is free first, and what may lock the account last."""
        left_out = [item for item in items if self._only_questions and not _is_question(item)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        kept = [item for item in items if item not in left_out]
        items[:] = sorted(kept, key=_weight)

    @pytest.fixture
    def inquiry(self, request: pytest.FixtureRequest) -> Iterator[CheckRun]:
        """What a test of the suite asks with."""
        # An account that is opened for the test alone is nobody else's.
        with turn(self._shared.turns) if self._live is not None else nullcontext():
            inquiry = CheckRun(self._target(request), self._answers())
            request.node.stash[_INQUIRY] = inquiry
            yield inquiry
            inquiry.close()

    def _target(self, request: pytest.FixtureRequest) -> ContractTarget:
        if self._live is not None:
            return LiveContractTarget(self._live)
        is_in_process = self._config.option.ccell_road == "in-process"
        return EmulatorContractTarget(request.getfixturevalue("ccell_server"), in_process=is_in_process)

    def _answers(self) -> dict[str, Given]:
        """The answers that are expected: of a profile, else of an emulator the registry's; of a live one any."""
        if self._config.option.ccell_calibrate:
            return {}
        if self._expected is not None and (self._live or self._config.option.ccell_drift):
            return self._expected
        if self._live is not None or self._config.option.ccell_url:
            return self._expected or {}
        return {**{id_: question.default for id_, question in ASSUMPTIONS.items()}, **(self._expected or {})}

    # The tests

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Skip what cannot be asked; what failed before and is tried again has failed all the same."""
        try:
            return (yield)
        except NotAsked as error:
            if pyfuncitem.stash.get(_HAS_FAILED, False):
                pytest.fail(f"it failed, and cannot be asked again: {error.reason}")
            pytest.skip(f"not asked: {error.reason}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the result into the report, and keep secrets out of it."""
        made = yield
        asked, inquiry = _asked(item), item.stash.get(_INQUIRY, None)
        if made.failed:
            item.stash[_HAS_FAILED] = True
        if asked is not None and (made.when == "call" or made.failed):
            result = self._result(asked, inquiry, made, call)
            setattr(made, _CARRIED, json.dumps(result.to_json()))
            # Whatever writes properties takes them from the last report of a test.
            item.user_properties += [("ccell", result.name), ("outcome", result.verdict), ("cost", result.cost)]
        if self._live is not None:
            self._redact(made)
        return made

    def _result(
        self, asked: Check, inquiry: CheckRun | None, made: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> Result:
        note = "" if call.excinfo is None else str(call.excinfo.value)
        answer = inquiry.answer if inquiry else None
        if made.passed:
            outcome = CheckOutcome.PASSED if answer is None else CheckOutcome.ANSWERED
            note = inquiry.note if inquiry else ""
        else:
            outcome = CheckOutcome.NOT_ASKED if made.skipped else CheckOutcome.FAILED
        note = self._redaction.text(note.removeprefix("not asked: "))
        result = results.of(asked, outcome, answer=answer, note=note)
        return results.with_evidence(result, inquiry.evidence if inquiry else (), self._redaction)

    def _redact(self, made: pytest.TestReport) -> None:
        """Replace everything secret in what a report shows."""
        if isinstance(made.longrepr, tuple):
            path, line, reason = made.longrepr
            made.longrepr = path, line, self._redaction.text(reason)
        elif made.longrepr is not None:
            made.longrepr = self._redaction.text(str(made.longrepr))
        made.sections = [(name, self._redaction.text(text)) for name, text in made.sections]

    # After the tests

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; of a test that was tried again, the last, unless that could no longer be asked."""
        carried = getattr(report, _CARRIED, None)
        if carried is None:
            return
        result = Result.from_json(json.loads(carried))
        if result.outcome is not CheckOutcome.NOT_ASKED or result.name not in self._results:
            self._results[result.name] = result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write reports and profile; one that was there stays unless the run came to its end and has answers."""
        if self._is_worker or not self._results:
            return
        run = self._run()
        for path in self._reports:
            report.write(path, run, self._earlier)
        calibrated = self._config.option.ccell_calibrate
        is_whole = exitstatus in _WHOLE and not (session.shouldstop or session.shouldfail)
        if calibrated and is_whole:
            self._write_profile(Path(calibrated), run)
        if self._config.option.ccell_drift and exitstatus == pytest.ExitCode.OK and not self._compared_answers(run):
            # Who asks whether something differs is not to take silence for a no.
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_profile(self, path: Path, run: ContractRun) -> None:
        found, kept = profiles.of(run), profiles.kept(self._earlier_profile, run)
        if found:
            profiles.write(path, {**kept, **found})
            self._kept = len(kept)

    def _compared_answers(self, run: ContractRun) -> dict[str, Given]:
        """The answers of a run that a profile has others or the same to."""
        return {
            one.id: one.answer for one in run.results if one.answer is not None and one.id in (self._expected or {})
        }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the results, what changed, and what differs from a profile."""
        if self._is_worker or not self._results:
            return
        for title, lines in self._sections(terminalreporter._tw.fullwidth):  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - pytest has no other name for it
            terminalreporter.section(title)
            terminalreporter.write_line(lines)

    def _sections(self, width: int) -> Iterator[summary.Section]:
        run = self._run()
        yield summary.of_results(run, width)
        calibrated = self._config.option.ccell_calibrate
        if calibrated:
            yield summary.of_profile(calibrated, len(profiles.of(run)), self._kept)
        if self._earlier is not None:
            yield summary.of_changes(run, self._earlier)
        if self._expected is not None:
            yield summary.of_differences(self._expected, self._compared_answers(run))

    def _run(self) -> ContractRun:
        """The run, with what was not asked for whatever reason."""
        unasked = (results.of(asked, CheckOutcome.NOT_ASKED, note=_UNASKED) for asked in self._every())
        every = {result.name: result for result in unasked} | self._results
        target = "live" if self._live is not None else "emulator"
        return ContractRun(target=target, at=self._began, results=tuple(every.values()))

    def pytest_unconfigure(self) -> None:
        """The run is over."""
        self._shared.discard()


def _asked(item: pytest.Item) -> Check | None:
    found = getattr(getattr(item, "obj", None), "asked", None)
    return found if isinstance(found, Check) else None


def _weight(item: pytest.Item) -> tuple[bool, bool, bool, int]:
    asked = _asked(item)
    return suite.weight(asked) if asked else (False, False, False, 0)


def _is_question(item: pytest.Item) -> bool:
    asked = _asked(item)
    return asked is not None and asked.is_question
