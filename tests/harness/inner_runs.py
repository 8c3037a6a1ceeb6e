"""Run pytest with the plugin in this process, which is several times faster than a process for each run."""

from importlib import import_module

import pytest

_ON_DEMAND = (
    "pytest_ccell.accounts",
    "pytest_ccell.contract.plugin",
    "pytest_ccell.journals",
    "ccell_mock_server.control.app",
    "ccell_mock_server.emulator",
    "ccell_mock_server.fake",
    "trustme",
)

# Pytester forgets modules that a run imports. Classes of a module that is imported twice are not the same.
for _name in _ON_DEMAND:
    import_module(_name)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the tests of pytester's folder. Warnings are errors."""
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error", *options)
