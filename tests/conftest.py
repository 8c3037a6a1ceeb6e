"""Settings of all tests: Hypothesis profiles, and no skips in CI."""

import os
from collections.abc import Generator

import httpcore2  # noqa: F401 # pyright: ignore[reportUnusedImport] - httpx2 imports it late, and pytester would forget it again
import pytest
from hypothesis import HealthCheck, settings

# Busy machines make examples slow, so no profile has a deadline.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", _UNHURRIED, max_examples=25)
settings.register_profile("thorough", _UNHURRIED, max_examples=1000)
settings.load_profile("everyday")

# Child processes cache bytecode, and leave out plugins that no test of this project uses. Both make them start faster.
_FAST = " ".join(f"-p no:{name}" for name in ("faker", "pytest_httpserver", "schemathesis"))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTEST_ADDOPTS"] = _FAST

pytest_plugins = ["harness.stores", "pytester"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI, where everything is installed."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Use two workers for each core: many tests wait for a process or a timeout."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Pytest's own fixture, whose child processes start faster. Pytest removes the variable for them."""
    monkeypatch.setenv("PYTEST_ADDOPTS", _FAST)
    return pytester
