"""Profiles: what a live service answered to the open questions, for the emulator to go by.

[Q13]
answer = "number"
evidence = "71 characters took 1 from RICHES"
date = 2026-11-20
"""

from pathlib import Path
from typing import Any, cast

from ccell_fake.engine import assumptions
from ccell_mock_server.config import toml
from ccell_mock_server.config.toml import ConfigError

_KEYS = {"answer", "evidence", "date"}


def load(path: Path) -> dict[str, str | tuple[str, ...]]:
    """The answers of a profile, by question.

    Raises:
        ConfigError: There is no such file, or it is no profile.
    """
    return {id_: _answer(path, id_, entry) for id_, entry in toml.read(path).items()}


def entries(path: Path) -> dict[str, dict[str, Any]]:
    """What a profile holds of each question: the answer and, where they are known, evidence and date.

    Raises:
        ConfigError: There is no such file, or it is no profile.
    """
    load(path)
    return toml.read(path)


def _answer(path: Path, id_: str, entry: object) -> str | tuple[str, ...]:
    table = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
    if "answer" not in table or not table.keys() <= _KEYS:
        message = f"{path}: {id_}: it takes a table with answer and, if known, evidence and date"
        raise ConfigError(message)
    given: str | tuple[str, ...] = table["answer"]
    if isinstance(given, list):
        given = tuple(cast("list[str]", given))
    try:
        assumptions.check({id_: given}, "server")
    except assumptions.AnswerError as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    return given
