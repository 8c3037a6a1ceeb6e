"""Pytest plugin that presses Ctrl-C after the second passed test."""

import pytest


class _Passed:
    count = 0


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _Passed.count += report.when == "call" and report.passed
    if _Passed.count == 2 and report.when == "teardown":
        raise KeyboardInterrupt
