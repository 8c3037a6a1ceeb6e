"""Read TOML: configurations, profiles with a live service's answers to the open questions, and single settings.

A profile has a table for each question:

    [Q13]
    answer = "number"
    evidence = "71 characters took 1 from RICHES"
    date = 2026-11-20
"""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, cast

from ccell_fake.engine import assumptions
from ccell_mock_server.config.errors import ConfigError

_PROFILE_KEYS = {"answer", "evidence", "date"}


def read(path: Path) -> dict[str, Any]:
    """Return the content of a file. Raises ConfigError if it is unreadable or is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: is not TOML: {error}"
        raise ConfigError(message) from error


def read_value(text: str, name: str) -> object:
    """Return the value of a setting that is written as JSON or TOML.

    TOML may be the value itself, its table's settings, or what a file has for it: `[{ userid = "300001" }]`,
    `userid = "300001"` and `[[accounts]]` with settings below are the same.

    Raises:
        ConfigError: The text is neither JSON nor TOML, or has a key twice. The message does not show it, as it may hold
            passwords.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except ValueError as error:
        not_json = f"{error}"
    try:
        document = tomllib.loads(text)
        return document[name] if document.keys() == {name} else document
    except tomllib.TOMLDecodeError as error:
        not_toml = f"{error}"
    try:
        return tomllib.loads(f"{name} = {text}")[name]
    except tomllib.TOMLDecodeError:
        message = f"must be JSON or TOML; as JSON: {not_json}; as TOML: {not_toml}"
        raise ConfigError(message) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object. TOML refuses equal keys too."""
    members = dict(pairs)
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            message = f"must have each key once, got {key!r} {count} times in one JSON object"
            raise ConfigError(message)
    return members


def read_profile(path: Path) -> dict[str, dict[str, Any]]:
    """Return the answer to each question of a profile, with its evidence and date if known. Raises ConfigError."""
    return {id_: _check_entry(path, id_, entry) for id_, entry in read(path).items()}


def profile_answers(path: Path) -> dict[str, str | tuple[str, ...]]:
    """Return only the answers of a profile, by question. Raises ConfigError."""
    return {id_: _as_tuple(entry["answer"]) for id_, entry in read_profile(path).items()}


def _check_entry(path: Path, id_: str, entry: object) -> dict[str, Any]:
    table = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
    if "answer" not in table or not table.keys() <= _PROFILE_KEYS:
        message = f"{path}: {id_} must be a table with answer and, if known, evidence and date"
        raise ConfigError(message)
    try:
        assumptions.check({id_: _as_tuple(table["answer"])}, "server")
    except assumptions.AnswerError as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    return table


def _as_tuple(answer: str | list[str]) -> str | tuple[str, ...]:
    return tuple(answer) if isinstance(answer, list) else answer
