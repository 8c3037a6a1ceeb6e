"""Internal. What the tests of a run have met of the gateway: the summary, the reports and the bound."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ccell_fake.coverage import Coverage, CoverageItem
from ccell_fake.serialization import from_json, to_json
from ccell_fake.testing import registry

_HANDED_OVER = "ccell_coverage"
_KINDS = {"code": "codes", "limit": "limits", "question": "questions", "fault": "fault kinds"}

_ENVIRONMENT = Environment(
    loader=PackageLoader("pytest_ccell"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def _cell(text: str) -> str:
    """Escape a text for a cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _body(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_ENVIRONMENT.filters |= {"cell": _cell, "json": _body}


def _render_json(coverage: Coverage) -> str:
    return json.dumps(json.loads(to_json(coverage)), ensure_ascii=False, indent=1) + "\n"


def _render_page(name: str, coverage: Coverage) -> str:
    return _ENVIRONMENT.get_template(name).render(
        summary=summarize(coverage),
        met=[one for one in coverage.items if one.count],
        unmet=[one for one in coverage.items if not one.count],
        time=_time,
    )


FORMATS: dict[str, Callable[[Coverage], str]] = {
    ".json": _render_json,
    ".html": lambda coverage: _render_page("coverage.html", coverage),
    ".md": lambda coverage: _render_page("coverage.md", coverage),
}
"""Renderers of reports, by the suffix of the file name."""


def summarize(coverage: Coverage) -> str:
    """Say how much was met, such as `met 9 of 24 codes, 2 of 13 limits, 0 of 28 questions, 2 of 10 fault kinds`."""
    return "met " + ", ".join(f"{one.met} of {one.total} {_KINDS[one.kind]}" for one in coverage.totals)


def percent(coverage: Coverage) -> float:
    """Return the codes that were met, in per cent of all codes."""
    (codes,) = (one for one in coverage.totals if one.kind == "code")
    return 100 * codes.met / codes.total


class CoverageReporter:
    """Collects the coverage of a run, also from the workers of pytest-xdist, and reports it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        """Begin to collect.

        Raises:
            pytest.UsageError: A report cannot be written.
        """
        self._config = config
        self._fail_under: float | None = config.getoption("--ccell-coverage-fail-under")
        self._paths = [_report_path(config, name) for name in config.getoption("--ccell-coverage-report") or ()]
        self._coverages: list[Coverage] = []
        self._lost: list[str] = []
        self._sum: Coverage | None = None
        # The tests of this plugin run pytest within pytest.
        self._in_use_before = [*registry.coverage_readers]
        self._wanted_before = registry.coverages
        registry.coverages = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add up what was met, after all fixtures are torn down. A worker hands it over, others judge and report it."""
        for in_use in [one for one in registry.coverage_readers if one not in self._in_use_before]:
            registry.keep_coverage(in_use)
        self._coverages += registry.coverages or []
        workeroutput: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if workeroutput is not None:
            workeroutput[_HANDED_OVER] = [to_json(one).decode() for one in self._coverages]
            return
        if self._config.getoption("collectonly"):
            return
        self._sum = reduce(add, self._coverages, nothing())
        for path in self._paths:
            path.write_text(FORMATS[path.suffix](self._sum), "utf-8")
        if self._is_too_little(self._sum) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """Collect no more."""
        registry.coverages = self._wanted_before

    def _is_too_little(self, coverage: Coverage) -> bool:
        return self._fail_under is not None and percent(coverage) < self._fail_under

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - of pytest-xdist
        """Take over what a worker has met."""
        handed_over = getattr(node, "workeroutput", {}).get(_HANDED_OVER)
        if handed_over is None:
            self._lost.append(node.gateway.id)
        else:
            self._coverages += [from_json(Coverage, text) for text in handed_over]

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Print what was met, and what was not."""
        if self._sum is None:
            return
        write = terminalreporter.write_line
        terminalreporter.section("ccell coverage")
        for line in _table(self._sum):
            write(line)
        write("")
        write(f"{summarize(self._sum)}; not met:" if _unmet(self._sum) else summarize(self._sum))
        for line in _unmet(self._sum):
            write(line)
        if not self._coverages:
            write("No test used an emulator.")
        for worker in self._lost:
            write(f"The coverage of worker {worker} is missing: it crashed.", red=True)
        for path in self._paths:
            write(f"Coverage report: {path}")
        if self._fail_under is not None:
            self._write_judgement(terminalreporter, self._sum, self._fail_under)

    def _write_judgement(self, terminalreporter: "pytest.TerminalReporter", coverage: Coverage, bound: float) -> None:
        met = f"{percent(coverage):.2f}% of the codes were met"
        if self._is_too_little(coverage):
            terminalreporter.write_line(f"FAIL {met}; --ccell-coverage-fail-under requires {bound:g}%.", red=True)
        else:
            terminalreporter.write_line(f"{met}; --ccell-coverage-fail-under requires {bound:g}%.", green=True)


def nothing() -> Coverage:
    """Return the coverage of a run that has met nothing."""
    from ccell_fake.engine.coverage_table import describe  # noqa: PLC0415 - the engine takes long to load

    return describe(())


def _report_path(config: pytest.Config, name: str) -> Path:
    path = config.invocation_params.dir / name
    if path.suffix not in FORMATS:
        message = f"--ccell-coverage-report={name}: the name must end with one of {', '.join(FORMATS)}"
        raise pytest.UsageError(message)
    if path.is_dir() or not path.parent.is_dir():
        message = f"--ccell-coverage-report={name}: must be a file in a folder that exists"
        raise pytest.UsageError(message)
    return path


def _table(coverage: Coverage) -> Iterator[str]:
    """Yield a line for each item that was met."""
    met = [one for one in coverage.items if one.count]
    if not met:
        return
    width = max(len(one.name) for one in met)
    yield f"{'kind':8}  {'name':{width}}  {'answers':>7}  meaning"
    for one in met:
        yield f"{one.kind:8}  {one.name:{width}}  {one.count:7}  {one.text}"


def _unmet(coverage: Coverage) -> list[str]:
    """Return a line for each kind with items that were not met."""
    names: dict[str, list[CoverageItem]] = {}
    for one in coverage.items:
        if not one.count:
            names.setdefault(one.kind, []).append(one)
    return [f"{_KINDS[kind]}: {', '.join(one.name for one in items)}" for kind, items in names.items()]


def _time(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M:%S}"
