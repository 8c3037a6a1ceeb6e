"""Options of the contract suite, and registration of its hooks. Loaded only with the suite."""

import argparse

import pytest

from pytest_ccell.contract.reporting import ContractReporter
from pytest_ccell.contract.running import ContractRunner, interrupt_on_sigterm
from pytest_ccell.contract.session import ContractSession


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("ccell contract", "contract suite of the CCell SMS gateway")
    # The commands set it: messages then name their options.
    group.addoption("--ccell-command", action="store_true", help=argparse.SUPPRESS)
    group.addoption(
        "--ccell-target",
        choices=("emulator", "live"),
        help="Gateway to test: the emulator, or that of CCELL_FAKE_URL, CCELL_FAKE_USERID and CCELL_FAKE_PASSWORD.",
    )
    group.addoption(
        "--ccell-road",
        choices=("http", "tls", "in-process"),
        default="http",
        help="Connection to the emulator that is started for the run.",
    )
    group.addoption(
        "--ccell-live", action="store_true", help="Required for --ccell-target=live: yes, use a real account."
    )
    group.addoption(
        "--ccell-allow",
        metavar="KINDS",
        default="",
        help="Live: allowed kinds of cost, of sms, drain, risk and json, separated by commas.",
    )
    group.addoption(
        "--ccell-phone",
        metavar="NUMBER",
        action="append",
        default=[],
        help="Live: a number of your own. Messages go to no other number. Repeatable.",
    )
    group.addoption("--ccell-budget", metavar="N", type=int, default=0, help="Live: most messages to send.")
    group.addoption(
        "--ccell-account",
        metavar="FILE",
        help="Live: a TOML file with facts about the account, by the names of the account settings.",
    )
    group.addoption(
        "--ccell-patience",
        metavar="SECONDS",
        type=float,
        default=60.0,
        help="Live: seconds to wait for a report or an upstream message.",
    )
    group.addoption(
        "--ccell-report",
        metavar="FILE",
        action="append",
        default=[],
        help="Write a report: .json, .md or .html. Repeatable.",
    )
    group.addoption("--ccell-compare", metavar="FILE", help="Show the changes since an earlier report (.json).")
    group.addoption("--ccell-calibrate", metavar="FILE", help="Run the questions only. Write the answers as a profile.")
    group.addoption(
        "--ccell-drift", metavar="FILE", help="Run the questions only. Fail if an answer differs from a profile."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks."""
    if not hasattr(config, "workerinput"):
        interrupt_on_sigterm(config)
    session = ContractSession(config)
    config.pluginmanager.register(ContractRunner(session), "ccell-contract-runner")
    config.pluginmanager.register(ContractReporter(session), "ccell-contract-reporter")
