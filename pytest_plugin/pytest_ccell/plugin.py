"""Fixtures, everyday options and hooks. Loading this module imports pytest only."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from ccell_fake.client import Client
    from ccell_fake.testing import Ccell, Server
    from ccell_mock_server.config.settings import Config
    from pytest_ccell.journals import Start

_TOKEN = "CCELL_FAKE_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
_CACERT = "CCELL_FAKE_CACERT"
_SUITE = "ccell_fake.contract"
_REGISTRY = "ccell_fake.testing.registry"
_START: pytest.StashKey[Start] = pytest.StashKey()
_EXEMPTIONS: pytest.StashKey[str] = pytest.StashKey()
_SETUP: pytest.StashKey[tuple[Config, tuple[str, int]] | None] = pytest.StashKey()


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
    group.addoption(
        "--ccell-coverage",
        action="store_true",
        help="Print at the end which codes, limits, questions and fault kinds the tests have met.",
    )
    group.addoption(
        "--ccell-coverage-report",
        metavar="FILE",
        action="append",
        help="Write the coverage to FILE.json, FILE.html or FILE.md, too. Repeatable. Implies --ccell-coverage.",
    )
    group.addoption(
        "--ccell-coverage-fail-under",
        metavar="N",
        type=_percentage,
        help="Fail the run if the tests have met less than N per cent of the 24 codes. Implies --ccell-coverage.",
    )
    parser.addini(
        "ccell_strict",
        type="bool",
        default=False,
        help="Fail tests whose code under test exceeds limits of the gateway's document.",
    )


def _percentage(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:  # noqa: PLR2004 - per cent
        message = f"must be a number from 0 to 100, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return number


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Load the contract suite's plugin if the suite is an argument, and exempt emulators from proxies."""
    if any(name.lower().endswith("_proxy") for name in os.environ):
        _exempt_from_proxies(early_config)
    names = (_SUITE, _SUITE.replace(".", "/"))
    if any(name in arg for arg in args if not arg.startswith("-") for name in names):
        early_config.pluginmanager.import_plugin("pytest_ccell.contract.plugin")


def _exempt_from_proxies(config: pytest.Config) -> None:
    """Let the code under test reach emulators directly until the session ends."""
    from ccell_fake.proxies import exempted  # noqa: PLC0415 - loaded on demand

    url: str | None = config.known_args_namespace.ccell_url
    before = os.environ.get("no_proxy")
    stack = ExitStack()
    stack.enter_context(exempted(url or ""))
    config.add_cleanup(stack.close)
    after = os.environ.get("no_proxy")
    if after != before:
        config.stash[_EXEMPTIONS] = after or ""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse options that exclude each other."""
    if config.getoption("--ccell-url") == "":
        message = "--ccell-url must be an address such as http://127.0.0.1:8026, got an empty text"
        raise pytest.UsageError(message)
    if config.getoption("--ccell-url") and config.getoption("--ccell-profile"):
        message = "--ccell-profile is for an emulator that is started, --ccell-url for a running one; give one of them"
        raise pytest.UsageError(message)
    wishes = ("--ccell-coverage", "--ccell-coverage-report", "--ccell-coverage-fail-under")
    if any(config.getoption(wish) not in (None, False) for wish in wishes):
        from pytest_ccell.coverage import CoverageReporter  # noqa: PLC0415 - loaded on demand

        config.pluginmanager.register(CoverageReporter(config), "ccell_coverage")
    config.addinivalue_line(
        "markers",
        "ccell(strict=None, allowed=(), **settings): settings of the ccell fixture's account, such as balance=5; "
        "strict=True fails the test if the code under test exceeds limits of the gateway's document, "
        "except for the clauses in allowed.",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the address of a running emulator, and the hosts that are exempt from proxies."""
    url = config.getoption("--ccell-url")
    exemptions = config.stash.get(_EXEMPTIONS, "")
    return [
        *([f"ccell: {url}"] if url else []),
        *([f"ccell: proxies are not used for emulators: no_proxy={exemptions}"] if exemptions else []),
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember how far the journals are, if an emulator is in use."""
    if _REGISTRY in sys.modules:
        from pytest_ccell import journals  # noqa: PLC0415 - loaded on demand

        item.stash[_START] = journals.start()


@pytest.hookimpl(trylast=True, specname="pytest_runtest_setup")
def pytest_refuse_late_configuration(item: pytest.Item) -> None:
    """Refuse a configuration that comes after the emulator has started with another one."""
    started_with = item.session.stash.get(_SETUP, None)
    request: pytest.FixtureRequest | None = getattr(item, "_request", None)
    if started_with is None or request is None or "ccell_server" not in request.fixturenames:
        return
    if _setup_of(request) != started_with:
        pytest.fail(
            "The emulator of the session has started with another ccell_config or ccell_listen_address than that of "
            "this test, because a conftest.py in a sub-folder or a test file overrides it. Override it in the "
            "conftest.py of the root folder, or use FakeCcell(config) where it differs.",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Close the accounts that a fixture opens after it, unless it closes them itself."""
    before = _open_accounts()
    try:
        return (yield)
    finally:
        for ccell in [one for one in _open_accounts() if one not in before]:
            fixturedef.addfinalizer(_closing(ccell, request.node))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Close the accounts that a test opens after it, unless it closes them itself."""
    before = _open_accounts()
    try:
        return (yield)
    finally:
        for ccell in [one for one in _open_accounts() if one not in before]:
            item.addfinalizer(_closing(ccell, item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Keep no journals of accounts that are closed from here on."""
    if _REGISTRY in sys.modules:
        sys.modules[_REGISTRY].keep_journals(are_wanted=False)


def _open_accounts() -> list[Ccell]:
    registry = sys.modules.get(_REGISTRY)
    return [] if registry is None else list(registry.accounts)


def _closing(ccell: Ccell, node: pytest.Item | pytest.Collector) -> Callable[[], None]:
    from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

    return partial(accounts.close, ccell, node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journals of a failed test to its report."""
    report = yield
    # At teardown the accounts are already closed.
    if report.failed and report.when != "teardown" and _REGISTRY in sys.modules:
        from pytest_ccell import journals  # noqa: PLC0415 - loaded on demand

        text = journals.since(item.stash.get(_START, journals.BEGINNING))
        if text:
            report.sections.append((journals.TITLE, text))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Escape what the terminal cannot show. Pytest would escape line ends, too."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    report.sections = [
        (title, content.encode(encoding, "backslashreplace").decode(encoding) if "ccell journal" in title else content)
        for title, content in report.sections
    ]


@pytest.fixture(scope="session")
def ccell_listen_address() -> tuple[str, int]:
    """Host and port of the session's emulator. Override it to choose others. Port 0 picks a free port."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def ccell_config(request: pytest.FixtureRequest, ccell_listen_address: tuple[str, int]) -> Config:
    """Configuration of the session's emulator. Override it to choose accounts and assumptions."""
    from ccell_mock_server.config.errors import ConfigError  # noqa: PLC0415 - loaded on demand
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415

    host, port = ccell_listen_address
    server = {
        "host": host,
        "port": port,
        # An option of the contract suite.
        "tls": request.config.getoption("--ccell-road", None) == "tls",
    }
    profile: str = request.config.getoption("--ccell-profile") or ""
    try:
        return parse({"server": server}, "ccell_config", {"profile": profile}, {"profile": "--ccell-profile"})
    except ConfigError as error:
        problems = str(error)
    raise pytest.fail.Exception(problems, pytrace=False)


def _setup_of(request: pytest.FixtureRequest) -> tuple[Config, tuple[str, int]] | None:
    """The configuration for a test. A running emulator needs none."""
    if request.config.getoption("--ccell-url"):
        return None
    return request.getfixturevalue("ccell_config"), request.getfixturevalue("ccell_listen_address")


@pytest.fixture(scope="session")
def ccell_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The session's emulator, or that of `--ccell-url`. Its `url` is the gateway's address."""
    from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

    with accounts.server(request) as server:
        request.session.stash[_SETUP] = _setup_of(request)
        yield server


@pytest.fixture
def ccell(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account for this test, set up by the `ccell` marker and closed at teardown."""
    yield from _account(request, ccell_server)


@pytest.fixture(scope="class")
def ccell_class(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account for the tests of a class, set up by the `ccell` marker of the class."""
    yield from _account(request, ccell_server)


@pytest.fixture(scope="module")
def ccell_module(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account for the tests of a module, set up by the `ccell` marker of the module."""
    yield from _account(request, ccell_server)


@pytest.fixture(scope="session")
def ccell_session(request: pytest.FixtureRequest, ccell_server: Server) -> Iterator[Ccell]:
    """The gateway with an account for all tests of the session."""
    yield from _account(request, ccell_server)


def _account(request: pytest.FixtureRequest, server: Server) -> Iterator[Ccell]:
    from pytest_ccell import accounts  # noqa: PLC0415 - loaded on demand

    with accounts.account(request.node, server) as ccell:
        yield ccell


@pytest.fixture
def ccell_client(ccell: Ccell) -> Client:
    """A client of the test's account."""
    return ccell.client
