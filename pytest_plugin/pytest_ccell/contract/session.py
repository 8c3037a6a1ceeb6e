"""State of a run of the suite: its options, allowances and secrets."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.contract import report, suite
from ccell_fake.contract.checks import AnswerValue, Check
from ccell_fake.contract.live.allowances import Budget
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError, read_known, select_settings
from ccell_fake.contract.results import ContractRun
from ccell_fake.transcripts.redaction import Redaction
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config import toml
from ccell_mock_server.config.errors import ConfigError

_LIVE_OPTIONS = ("live", "allow", "phone", "budget", "account")
_VARIABLES = ("CCELL_FAKE_URL", "CCELL_FAKE_USERID", "CCELL_FAKE_PASSWORD")
_BUDGET, _KEY = "ccell_budget", "ccell_key"


@dataclass(frozen=True, slots=True)
class SharedState:
    """State that all processes of a run share.

    Attributes:
        folder: Its folder, in the process that created it; None in workers.
        budget: The number of messages to send.
        key: The key of pseudonyms.
    """

    folder: Path | None
    budget: Budget
    key: bytes = field(repr=False)

    @classmethod
    def create(cls, config: pytest.Config) -> "SharedState":
        """Create the state, or in a worker take that of the main process."""
        worker_input: dict[str, Any] = getattr(config, "workerinput", {})
        if _BUDGET in worker_input:
            return cls(None, Budget(Path(worker_input[_BUDGET])), bytes.fromhex(worker_input[_KEY]))
        folder = Path(tempfile.mkdtemp(prefix="ccell-"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        budget = Budget.create(folder / "budget.sqlite", config.option.ccell_budget)
        return cls(folder, budget, secrets.token_bytes(32))

    @property
    def turns(self) -> Path:
        """The file for turns on the account."""
        return self.budget.path.with_name("turns.sqlite")

    def pass_to(self, worker_input: dict[str, Any]) -> None:
        """Pass the state to a worker."""
        worker_input |= {_BUDGET: str(self.budget.path), _KEY: self.key.hex()}


class ContractSession:
    """Options and state of a run.

    Attributes:
        config: Pytest's configuration.
        is_worker: Whether this process is a worker of pytest-xdist.
        shared: The state shared with other processes.
        live: Settings of a live run; None for the emulator or `--collect-only`.
        profile: The answers of the profile to compare with; None without a profile.
        reports: Files of the reports.
        earlier: The run of `--ccell-compare`.
        calibrated: The file of `--ccell-calibrate`.
        earlier_profile: The contents of that file before the run.
        redaction: Replaces secrets in texts and exchanges.
        unanswered: Why the run ended early: the gateway no longer answers. Empty if it did not.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Read the options.

        Raises:
            pytest.UsageError: The options are invalid.
        """
        option = config.option
        self.config: pytest.Config = config
        self.unanswered: str = ""
        self.is_worker: bool = hasattr(config, "workerinput")
        self.shared: SharedState = SharedState.create(config)
        self.live: LiveSettings | None = _live_settings(config, self.shared.budget)
        self.profile: dict[str, AnswerValue] | None = _read_profile(option.ccell_drift or option.ccell_profile)
        self.reports: list[Path] = [Path(path) for path in option.ccell_report]
        self.earlier: ContractRun | None = _read_earlier(self.reports, option.ccell_compare)
        self.calibrated: Path | None = Path(option.ccell_calibrate) if option.ccell_calibrate else None
        _check_writable([*self.reports, *([self.calibrated] if self.calibrated else [])])
        self.earlier_profile: dict[str, dict[str, Any]] = _read_earlier_profile(self.calibrated)
        secrets_ = ((self.live.password,), self.live.phones, (self.live.userid,)) if self.live else ()
        self.redaction: Redaction = Redaction(*secrets_, key=self.shared.key)

    @property
    def is_drift(self) -> bool:
        """True if answers are compared with the profile of `--ccell-drift`."""
        return bool(self.config.option.ccell_drift)

    @property
    def only_questions(self) -> bool:
        """True if only questions run."""
        return self.calibrated is not None or self.is_drift

    def checks(self) -> tuple[Check, ...]:
        """The checks of the run."""
        return tuple(check for check in suite.all_checks() if check.is_question or not self.only_questions)

    def expected_answers(self) -> dict[str, AnswerValue]:
        """Expected answers: of a profile, otherwise the registry's for an emulator and none for a live target."""
        if self.calibrated is not None:
            return {}
        profile = self.profile or {}
        if self.live is not None or self.is_drift or self.config.option.ccell_url:
            return profile
        return {**{id_: question.default for id_, question in ASSUMPTIONS.items()}, **profile}


def option_name(config: pytest.Config, name: str) -> str:
    """The name of an option, as the user of pytest or of a command gives it."""
    return f"--{name}" if config.option.ccell_command else f"--ccell-{name}"


def _live_settings(config: pytest.Config, budget: Budget) -> LiveSettings | None:
    """Read the settings of a live run from the options and the environment.

    Raises:
        pytest.UsageError: A setting is missing or invalid.
    """
    option = config.option
    if option.ccell_target != "live":
        used = [option_name(config, name) for name in _LIVE_OPTIONS if getattr(option, f"ccell_{name}")]
        if used:
            message = f"{', '.join(used)}: only for {option_name(config, 'target')}=live"
            raise pytest.UsageError(message)
        # The variable is for any gateway.
        if option.ccell_cacert not in {None, os.environ.get("CCELL_FAKE_CACERT")} and not option.ccell_url:
            cacert, url, target = (option_name(config, name) for name in ("cacert", "url", "target"))
            message = f"{cacert}: only for {url} and for {target}=live"
            raise pytest.UsageError(message)
        return None
    if option.ccell_url:
        url, target = option_name(config, "url"), option_name(config, "target")
        message = f"{url} is for {target}=emulator; {_VARIABLES[0]} in the environment names a live gateway"
        raise pytest.UsageError(message)
    if option.collectonly:
        return None
    if not option.ccell_live:
        target, live = option_name(config, "target"), option_name(config, "live")
        message = f"{target}=live uses a real account; confirm with {live}"
        raise pytest.UsageError(message)
    if option.ccell_budget < 0:
        message = f"budget must be a number of messages, at least 0, got {option.ccell_budget}"
        raise pytest.UsageError(message)
    url, userid, password = (os.environ.get(name, "") for name in _VARIABLES)
    if not (url and userid and password):
        message = f"a live target needs {', '.join(_VARIABLES[:-1])} and {_VARIABLES[-1]} in the environment"
        raise pytest.UsageError(message)
    try:
        return LiveSettings(
            url=url,
            userid=userid,
            password=password,
            budget=budget,
            allowed=frozenset(kind.strip() for kind in option.ccell_allow.split(",") if kind.strip()),
            phones=tuple(option.ccell_phone),
            known=_read_known(option.ccell_account),
            patience=option.ccell_patience,
            cacert=option.ccell_cacert or "",
        )
    except LiveSettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _read_known(path: str | None) -> dict[str, Any]:
    """Read facts about an account, and check them like an emulator's configuration.

    Raises:
        pytest.UsageError: A value is invalid.
        LiveSettingsError: The file is missing or has an unknown name.
    """
    if path is None:
        return {}
    known = read_known(Path(path))
    try:
        configuration.parse({"accounts": [select_settings(known)]}, path)
    except ConfigError as error:
        raise pytest.UsageError(Redaction().text(str(error).replace("accounts[0].", ""))) from None
    return known


def _check_writable(paths: Iterable[Path]) -> None:
    """Check before the run that its files can be written.

    Raises:
        pytest.UsageError: One cannot.
    """
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            message = f"{path}: cannot write a file there"
            raise pytest.UsageError(message)


def _read_earlier(reports: list[Path], path: str | None) -> ContractRun | None:
    try:
        for one in reports:
            report.check_format(one)
        return report.read(Path(path)) if path else None
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def _read_profile(path: str | None) -> dict[str, AnswerValue] | None:
    try:
        return toml.profile_answers(Path(path)) if path else None
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None


def _read_earlier_profile(path: Path | None) -> dict[str, dict[str, Any]]:
    try:
        return toml.read_profile(path) if path is not None and path.exists() else {}
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
