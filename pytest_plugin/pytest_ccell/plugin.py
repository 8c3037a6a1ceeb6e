"""Fixtures, everyday options and hooks. Loading this module imports pytest only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ccell_fake.client import Client
    from ccell_fake.testing import Ccell, Server
    from ccell_mock_server.config.settings import Config

_TOKEN = "CCELL_FAKE_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_CACERT = "CCELL_FAKE_CACERT"
_SUITE = "ccell_fake.contract"
_CCELL = pytest.StashKey["Ccell"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the everyday options."""
    group = parser.getgroup("ccell", "fake of the CCell SMS gateway")
    group.addoption("--ccell-url", metavar="URL", help="Use a running emulator, such as one in a container.")
    group.addoption(
        "--ccell-token",
        metavar="TOKEN",
        default=os.environ.get(_TOKEN, ""),
        help=f"Control token of that emulator. Default: the environment variable {_TOKEN}.",
    )
    group.addoption(
        "--ccell-cacert",
        metavar="FILE",
        default=os.environ.get(_CACERT),
        help=f"Certificates to trust instead of the host's, as PEM. Default: the environment variable {_CACERT}.",
    )
    group.addoption("--ccell-profile", metavar="FILE", help="Start the emulator with the answers of a profile.")
    parser.addini(
        "ccell_strict",
        type="bool",
        default=False,
        help="Fail tests whose code under test exceeds limits of the gateway's document.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Load the contract suite's plugin, with its options, if the suite is an argument."""
    names = (_SUITE, _SUITE.replace(".", "/"))
    if any(name in arg for arg in args if not arg.startswith("-") for name in names):
        early_config.pluginmanager.import_plugin("pytest_ccell.contract.plugin")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "ccell(strict=None, **settings): settings of the ccell fixture's account, such as balance=5; "
        "strict=True fails the test if the code under test exceeds limits of the gateway's document.",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Show the address of a running emulator."""
    url = config.getoption("--ccell-url")
    return f"ccell: {url}" if url else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the account's journal to the report of a failed test."""
    report = yield
    # At teardown the account is already closed.
    if report.failed and report.when != "teardown" and (ccell := item.stash.get(_CCELL, None)) is not None:
        from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

        report.sections.append((accounts.JOURNAL, accounts.render_journal(ccell)))
    return report


@pytest.fixture(scope="session")
def ccell_listen_address() -> tuple[str, int]:
    """Host and port of the session's emulator. Override it to choose others. Port 0 picks a free port."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ccell_config(request: pytest.FixtureRequest, ccell_listen_address: tuple[str, int]) -> Config:
    """Configuration of the session's emulator. Override it to choose accounts and assumptions."""
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - loaded on demand

    host, port = ccell_listen_address
    server = {
        "host": host,
        "port": port,
        "profile": request.config.getoption("--ccell-profile") or "",
        # An option of the contract suite.
        "tls": request.config.getoption("--ccell-road", None) == "tls",
    }
    return parse({"server": server}, "ccell_config")


@pytest.fixture(scope="session")
def ccell_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The session's emulator, or that of `--ccell-url`. Its `url` is the gateway's address."""
    from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

    with accounts.server(request) as server:
        yield server


@pytest.fixture
def ccell(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account for this test, set up by the `ccell` marker and closed at teardown."""
    from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

    with accounts.account(request.node, ccell_server) as ccell:
        request.node.stash[_CCELL] = ccell
        yield ccell


@pytest.fixture
def ccell_client(ccell: Ccell) -> Client:
    """A client of the test's account."""
    return ccell.client
