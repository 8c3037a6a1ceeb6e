"""Profiles: what a live service answered to the open questions, for the emulator to go by.

[Q13]
answer = "number"
evidence = "71 characters took 1 from RICHES"
date = 2026-11-20
"""

import tomllib
from pathlib import Path
from typing import Any, cast

from ccell_fake.engine import answers
from ccell_fake.errors import CcellError

_KEYS = {"answer", "evidence", "date"}


class ProfileError(CcellError):
    """A profile that cannot be used; the message names the file, the question and what is allowed."""


def load(path: Path) -> dict[str, str | tuple[str, ...]]:
    """The answers of a profile, by question.

    Raises:
        ProfileError: There is no such file, or it is no profile.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ProfileError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: is not TOML: {error}"
        raise ProfileError(message) from error
    return {id_: _answer(path, id_, entry) for id_, entry in data.items()}


def _answer(path: Path, id_: str, entry: object) -> str | tuple[str, ...]:
    table = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
    if "answer" not in table or not table.keys() <= _KEYS:
        message = f"{path}: {id_}: it takes a table with answer and, if known, evidence and date"
        raise ProfileError(message)
    given: str | tuple[str, ...] = table["answer"]
    if isinstance(given, list):
        given = tuple(cast("list[str]", given))
    try:
        answers.check({id_: given}, "server")
    except answers.AnswerError as error:
        message = f"{path}: {error}"
        raise ProfileError(message) from error
    return given
