"""Hooks that run the checks: consent, order, targets and turns."""

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ccell_fake.client import NotSent, OutcomeUnknown, UnreadableAnswer
from ccell_fake.client.writing import parse_base_url
from ccell_fake.contract import suite
from ccell_fake.contract.check_run import CheckRun, ContractTarget
from ccell_fake.contract.checks import Check, checks_of
from ccell_fake.contract.emulator import EmulatorContractTarget
from ccell_fake.contract.live.allowances import turn
from ccell_fake.contract.live.settings import LiveSettingsError
from ccell_fake.contract.live.target import LiveContractTarget
from ccell_fake.contract.needs import NotAsked
from ccell_fake.control.client import Unreachable
from ccell_fake.errors import CcellError
from ccell_fake.model import Door
from ccell_fake.testing import Server
from pytest_ccell.contract import consent
from pytest_ccell.contract.session import ContractSession, option_name

CHECK_RUN = pytest.StashKey[CheckRun]()
"""The run of a test's check."""

_MOST_UNANSWERED = 3
_NO_ANSWER = (httpx2.TransportError, NotSent, OutcomeUnknown, Unreachable)

HAS_FAILED = pytest.StashKey[bool]()
"""Whether an attempt at a test has failed."""


class ContractRunner:
    """Runs the checks as tests."""

    def __init__(self, session: ContractSession) -> None:
        """Run the checks of a session."""
        self._session = session
        self._unanswered_in_a_row = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - of pytest-xdist, which is optional
        """Pass the shared state to a worker."""
        self._session.shared.pass_to(node.workerinput)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Ask for consent to a live run's cost, and check that the gateway and the account can be used."""
        session = self._session
        if session.is_worker or session.config.option.collectonly:
            return
        try:
            if session.live is not None:
                consent.ask(session.config, session.live, session.checks())
                LiveContractTarget(session.live).check()
            elif url := session.config.option.ccell_url:
                _check_emulator(url, session.config)
        except (LiveSettingsError, CcellError) as error:
            pytest.exit(session.redaction.text(f"no check was run: {error}"), pytest.ExitCode.TESTS_FAILED)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a check once for each door."""
        doors = [check.door for check in checks_of(metafunc.function)]
        if len(doors) > 1:
            metafunc.parametrize("check_run", doors, indirect=True, ids=[door.upper() for door in doors])

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let `-k` select a check by its clause, published fact or question, such as `-k Q13`."""
        if check := check_of(item):
            item.extra_keyword_matches.add(check.id)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Sort the checks by cost. Deselect all others if only questions run."""
        deselected = [item for item in items if self._session.only_questions and not _is_question(item)]
        if deselected:
            config.hook.pytest_deselected(items=deselected)
        items[:] = sorted((item for item in items if item not in deselected), key=_sort_key)

    @pytest.fixture
    def check_run(self, request: pytest.FixtureRequest) -> Iterator[CheckRun]:
        """The run of the test's check."""
        # Emulators open an account for each check, so only live checks take turns.
        with turn(self._session.shared.turns) if self._session.live is not None else nullcontext():
            door: Door = getattr(request, "param", Door.XML)
            check_run = CheckRun(self._target(request), self._session.expected_answers(), door)
            request.node.stash[CHECK_RUN] = check_run
            yield check_run
            check_run.close()

    def _target(self, request: pytest.FixtureRequest) -> ContractTarget:
        if self._session.live is not None:
            return LiveContractTarget(self._session.live)
        is_in_process = self._session.config.option.ccell_road == "in-process"
        return EmulatorContractTarget(request.getfixturevalue("ccell_server"), in_process=is_in_process)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Skip checks that the target cannot run. A retried failure remains a failure."""
        try:
            result = yield
        except NotAsked as error:
            if pyfuncitem.stash.get(HAS_FAILED, False):
                pytest.fail(f"it failed, and cannot be run again: {error.reason}")
            pytest.skip(f"not asked: {error.reason}")
        except Exception as error:
            self._count_unanswered(pyfuncitem.session, error)
            raise
        self._unanswered_in_a_row = 0
        return result

    def _count_unanswered(self, session: pytest.Session, error: Exception) -> None:
        """End the run if the gateway answered none of the last checks."""
        is_unanswered = isinstance(error, _NO_ANSWER) and not isinstance(error, UnreadableAnswer)
        self._unanswered_in_a_row = self._unanswered_in_a_row + 1 if is_unanswered else 0
        if self._unanswered_in_a_row == _MOST_UNANSWERED:
            last = self._session.redaction.text(f"{type(error).__name__}: {error}").splitlines()[0]
            reason = (
                f"the gateway no longer answers: {_MOST_UNANSWERED} checks in a row got no answer; the last: {last}"
            )
            self._session.unanswered = session.shouldfail = reason


def check_of(item: pytest.Item) -> Check | None:
    """The check of a test; None for other tests."""
    declared = checks_of(getattr(item, "obj", None))
    callspec: Any = getattr(item, "callspec", None)
    door = callspec.params.get("check_run") if callspec else None
    return next((check for check in declared if door in {None, check.door}), None)


def _sort_key(item: pytest.Item) -> tuple[bool, bool, bool, int]:
    check = check_of(item)
    return suite.sort_key(check) if check else (False, False, False, 0)


def _is_question(item: pytest.Item) -> bool:
    check = check_of(item)
    return check is not None and check.is_question


def interrupt_on_sigterm(config: pytest.Config) -> None:
    """Handle SIGTERM like an interrupt, so that the run reports its results and cleans up."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may set signal handlers.
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def restore() -> None:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)

    config.add_cleanup(restore)


def _check_emulator(url: str, config: pytest.Config) -> None:
    """Check that a running emulator answers.

    Raises:
        CcellError: It does not.
        pytest.UsageError: The address or the certificates are invalid.
    """
    name = "url"
    try:
        parse_base_url(url)
        name = "cacert"
        cacert = config.option.ccell_cacert
        Server.at(url, config.option.ccell_token or "", Path(cacert) if cacert else None).close()
    except ValueError as error:
        message = f"{option_name(config, name)}: {error}"
        raise pytest.UsageError(message) from None
