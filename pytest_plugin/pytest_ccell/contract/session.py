"""What a run of the suite is given: a target, an allowance, and what is kept secret."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.contract.checks import Given
from ccell_fake.contract.live.budget import Budget
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError, read_known, settings_of
from ccell_fake.transcripts.redaction import Redaction
from ccell_mock_server.config import settings as configuration
from ccell_mock_server.config import toml
from ccell_mock_server.config.errors import ConfigError

_OF_LIVE = ("live", "allow", "phone", "budget", "account", "cacert")
_NAMED_BY = ("CCELL_BASE_URL", "CCELL_USERID", "CCELL_PASSWORD")
_BUDGET, _KEY = "ccell_budget", "ccell_key"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all processes of a run have in common.

    Attributes:
        folder: Where it is, of the process that began the run; None in the others.
        budget: What may be spent.
        key: What pseudonyms hang on.
    """

    folder: Path | None
    budget: Budget
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, config: pytest.Config) -> "Shared":
        """What this process begins, or what it was given by the one that did."""
        given: dict[str, Any] = getattr(config, "workerinput", {})
        if _BUDGET in given:
            return cls(None, Budget(Path(given[_BUDGET])), bytes.fromhex(given[_KEY]))
        folder = Path(tempfile.mkdtemp(prefix="ccell-"))
        budget = Budget.create(folder / "budget.sqlite", config.option.ccell_budget)
        return cls(folder, budget, secrets.token_bytes(32))

    @property
    def turns(self) -> Path:
        """The file by which they take turns."""
        return self.budget.path.with_name("turns.sqlite")

    def hand_over(self, workerinput: dict[str, Any]) -> None:
        """Give it to a worker."""
        workerinput |= {_BUDGET: str(self.budget.path), _KEY: self.key.hex()}

    def discard(self) -> None:
        """The run is over."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def live(config: pytest.Config, budget: Budget) -> LiveSettings | None:
    """What a live run is given, from the options and the environment; None for the emulator, or where nothing is asked.

    Raises:
        pytest.UsageError: Something is missing.
    """
    if config.option.ccell_target != "live":
        given = [name for name in _OF_LIVE if getattr(config.option, f"ccell_{name}")]
        if given:
            message = f"{', '.join(f'--ccell-{name}' for name in given)}: this is for --ccell-target=live"
            raise pytest.UsageError(message)
        return None
    if config.option.collectonly:
        return None
    if not config.option.ccell_live:
        message = "--ccell-target=live asks with a real account; --ccell-live says that this is meant"
        raise pytest.UsageError(message)
    if config.option.ccell_budget < 0:
        message = "a budget is a number of messages, none at least"
        raise pytest.UsageError(message)
    url, userid, password = (os.environ.get(name, "") for name in _NAMED_BY)
    if not (url and userid and password):
        message = f"a live target is named by {', '.join(_NAMED_BY[:-1])} and {_NAMED_BY[-1]} in the environment"
        raise pytest.UsageError(message)
    try:
        return LiveSettings(
            url=url,
            userid=userid,
            password=password,
            budget=budget,
            allowed=frozenset(kind.strip() for kind in config.option.ccell_allow.split(",") if kind.strip()),
            phones=tuple(config.option.ccell_phone),
            known=_known(config.option.ccell_account),
            patience=config.option.ccell_patience,
            authority=config.option.ccell_cacert or "",
        )
    except LiveSettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _known(path: str | None) -> dict[str, Any]:
    """What a file says of an account, as the configuration of an emulator takes it.

    Raises:
        pytest.UsageError: It does not take it.
        LiveError: There is no such file, or it says what nobody asks for.
    """
    if path is None:
        return {}
    known = read_known(Path(path))
    try:
        configuration.parse({"accounts": [settings_of(known)]}, path)
    except ConfigError as error:
        raise pytest.UsageError(Redaction().text(str(error).replace("accounts[0].", ""))) from None
    return known


def check_places(paths: Iterable[Path]) -> None:
    """Refuse files that can only fail to be written once everything was asked.

    Raises:
        pytest.UsageError: There is one.
    """
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            message = f"{path}: no file can be written there"
            raise pytest.UsageError(message)


def redaction(live: LiveSettings | None, key: bytes) -> Redaction:
    """What keeps secrets out of everything that is shown."""
    if live is None:
        return Redaction(key=key)
    return Redaction((live.password,), live.phones, (live.userid,), key=key)


def expected(config: pytest.Config) -> dict[str, Given] | None:
    """The answers that questions are expected to have; None for those of the registry.

    Raises:
        pytest.UsageError: There is no such profile.
    """
    path = config.option.ccell_drift or config.option.ccell_profile
    if path is None:
        return None
    try:
        return toml.profile_answers(Path(path))
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None


def earlier_profile(config: pytest.Config) -> dict[str, dict[str, Any]]:
    """What the profile that is going to be written holds already; nothing where there is none.

    Raises:
        pytest.UsageError: The file that is there is no profile.
    """
    path = config.option.ccell_calibrate
    if path is None or not Path(path).exists():
        return {}
    try:
        return toml.read_profile(Path(path))
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
