"""The fixtures, options and hooks. Nothing but pytest is imported until a fixture is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_ccell.contract import options

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ccell_fake.client import Client
    from ccell_fake.testing import Ccell, Server
    from ccell_mock_server.config.settings import Config

_TOKEN = "CCELL_FAKE_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_STAGED = pytest.StashKey["Ccell"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what can be set."""
    group = parser.getgroup("ccell", "fake of the CCell SMS gateway")
    group.addoption("--ccell-url", metavar="URL", help="Use an emulator that runs already, such as one in a container.")
    group.addoption(
        "--ccell-token",
        metavar="TOKEN",
        default=os.environ.get(_TOKEN, ""),
        help=f"Its control token, if it has one; {_TOKEN} is another way to give it.",
    )
    options.add(parser)
    parser.addini(
        "ccell_strict",
        type="bool",
        default=False,
        help="Fail tests in which the code under test did not keep to the limits of the gateway's document.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "ccell(strict=None, **settings): settings of the account that the ccell fixture opens, such as balance=5; "
        "strict=True fails the test where the code under test did not keep to the limits of the document.",
    )
    if options.is_wanted(config):
        from pytest_ccell.contract.hooks import ContractHooks  # noqa: PLC0415 - nothing is imported until asked for

        config.pluginmanager.register(ContractHooks(config), "ccell-contract")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which emulator is used, where it is a given one."""
    url = config.getoption("--ccell-url")
    return f"ccell: {url}" if url else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the account's journal into the report of a test that failed."""
    report = yield
    # At tear-down the account is closed.
    if report.failed and report.when != "teardown" and (ccell := item.stash.get(_STAGED, None)) is not None:
        from pytest_ccell import journal_section  # noqa: PLC0415 - nothing is imported until asked for

        report.sections.append((journal_section.JOURNAL, journal_section.journal(ccell)))
    return report


@pytest.fixture(scope="session")
def ccell_listen_address() -> tuple[str, int]:
    """Host and port the emulator of this session listens on; override it to choose others. Port 0 picks a free one."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ccell_config(request: pytest.FixtureRequest, ccell_listen_address: tuple[str, int]) -> Config:
    """What the emulator of this session is started with; override it to choose accounts and assumptions."""
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415 - nothing is imported until asked for

    host, port = ccell_listen_address
    server = {
        "host": host,
        "port": port,
        "profile": request.config.getoption("--ccell-profile") or "",
        "tls": request.config.getoption("--ccell-road") == "tls",
    }
    return parse({"server": server}, "ccell_config")


@pytest.fixture(scope="session")
def ccell_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """An emulator that runs for the session, or the one of `--ccell-url`; its `url` is where."""
    from pytest_ccell import accounts  # noqa: PLC0415 - nothing is imported until asked for

    with accounts.server(request) as server:
        yield server


@pytest.fixture
def ccell(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account of the test's own, as the marker `ccell` sets it; closed at tear-down."""
    from pytest_ccell import accounts  # noqa: PLC0415 - nothing is imported until asked for

    with accounts.account(request.node, ccell_server) as ccell:
        request.node.stash[_STAGED] = ccell
        yield ccell


@pytest.fixture
def ccell_client(ccell: Ccell) -> Client:
    """A client of the test's account."""
    return ccell.client
