"""What holds for every test: in CI nothing is skipped."""

import os
from collections.abc import Generator

import httpcore2  # noqa: F401 # pyright: ignore[reportUnusedImport] - httpx2 imports it late, and pytester would forget it again
import pytest
from hypothesis import HealthCheck, settings

# The machines that run this are busy; a slow example is no fault.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

pytest_plugins = ["pytester"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI runs the tests: there, everything they need is installed."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {call.excinfo and call.excinfo.value}"
    return report
