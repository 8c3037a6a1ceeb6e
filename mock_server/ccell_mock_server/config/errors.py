"""Configuration errors: the setting, the value and what is allowed."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from ccell_fake.errors import CcellError
from ccell_fake.wire.secrets import HIDDEN

_SECRETS = {"password", "control_token"}
_VALUE_CHARACTERS = 80
_LEVEL_OF_SETTINGS = 3
_MUST = "must "
_KEY_AND_MESSAGE = re.compile(r"(?P<key>[a-z_]+): (?P<message>.*)", re.DOTALL)


class ConfigError(CcellError):
    """An invalid file. Each line of the message names the file, the setting, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One invalid setting.

    Attributes:
        key: Path of the setting, such as `accounts[0].signcode[1]`; empty for the whole.
        message: What is allowed, such as `must be positive`.
        value: The invalid value with secrets hidden, or None to leave it out.
        other: Path of another setting that it must not be set together with, or None.
    """

    key: str
    message: str
    value: str | None = None
    other: str | None = None

    def under(self, key: str) -> Self:
        """Return the same problem with a longer path."""
        return replace(self, key=f"{key}.{self.key}")

    @property
    def setting(self) -> str:
        """The name of the setting, without its table."""
        return self.key.rpartition(".")[2]

    @property
    def detail(self) -> str:
        """The message and the value, without the key."""
        return self.message if self.value is None else f"{self.message}, got {self.value}"

    def __str__(self) -> str:
        """The key, the message and the value in one line."""
        return f"{self.key}{' ' if self.message.startswith(_MUST) else ': '}{self.detail}" if self.key else self.detail


def from_pydantic(
    entries: Iterable[Mapping[str, Any]],
    data: Mapping[str, Any],
    known_settings: Mapping[str, list[str]],
    *,
    is_toml: bool = False,
) -> list[ConfigProblem]:
    """Convert the entries of `ValidationError.errors()` about some data.

    The problems of a setting that may be one thing or another become one.

    Args:
        entries: The entries.
        data: The data.
        known_settings: The known settings by table.
        is_toml: Whether the data was written as TOML.
    """
    problems: list[ConfigProblem] = []
    for problem in dict.fromkeys(_convert(entry, data, known_settings, is_toml=is_toml) for entry in entries):
        last = problems[-1] if problems else None
        if last and (last.key, last.value) == (problem.key, problem.value) and problem.message.startswith(_MUST):
            problems[-1] = replace(
                last, message=f"{last.message} or {problem.message.removeprefix(_MUST).removeprefix('be ')}"
            )
        else:
            problems.append(problem)
    return problems


def _convert(
    entry: Mapping[str, Any], data: Mapping[str, Any], known_settings: Mapping[str, list[str]], *, is_toml: bool
) -> ConfigProblem:
    path = list(_path(entry["loc"], data))
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if entry["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        *tables, name = path
        known = known_settings[next((part for part in reversed(tables) if isinstance(part, str)), "")]
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return ConfigProblem(key, f"unknown setting {str(name)!r}; {hint}known settings: {', '.join(known) or 'none'}")
    message = entry["msg"].removeprefix("Value error, ")
    if entry["type"] == "value_error" and (match := _KEY_AND_MESSAGE.fullmatch(message)):
        return ConfigProblem(match["key"], match["message"])
    if entry["type"] == "missing":
        return ConfigProblem(".".join(part for part in (key, str(entry["loc"][-1])) if part), "must be set")
    if entry["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        name = str(entry["ctx"]["discriminator"]).strip("'")
        is_missing = entry["type"] == "union_tag_not_found"
        allowed = "must be set" if is_missing else f"must be one of {entry['ctx']['expected_tags']}"
        return ConfigProblem(name, allowed, None if is_missing else _shorten(entry["input"].get(name)))
    value = HIDDEN if path and path[-1] in _SECRETS else _shown(entry["input"], path)
    table = re.sub(r"\[[0-9]+\]", "", key) if is_toml else ""
    expected = _expected_type(entry["type"], entry["input"], value, table)
    return ConfigProblem(key, expected or re.sub(r"^\w+ should ", _MUST, message), value)


def _expected_type(kind: str, given: object, value: str, table: str) -> str | None:
    """Say what a list or a table must be, and how TOML writes it. An empty `table` means that the data is JSON."""
    if kind == "tuple_type":
        if isinstance(given, dict) and table:
            return f"must be a list of tables: write [[{table}]] before each"
        is_shown = isinstance(given, str) and value.startswith('"')
        return f"must be a list such as [{value}]" if is_shown else "must be a list"
    if kind in {"dataclass_type", "dict_type"} and table:
        return f"must be one table: write [{table}]" if isinstance(given, list) else "must be a table"
    return None


def _path(loc: tuple[str | int, ...], data: Any) -> Iterator[str | int]:  # noqa: ANN401 - any TOML or JSON value
    """Yield keys and indices, without the union branches that pydantic puts between them."""
    for part in loc:
        if isinstance(data, Mapping) and part in data:
            data = cast("Mapping[str | int, Any]", data)[part]
        elif isinstance(data, list) and isinstance(part, int):
            data = cast("Any", data[part])
        else:
            continue
        yield part


def _shown(value: object, path: Sequence[str | int]) -> str:
    """Return an invalid value for the message. What stands in place of an account, or of its userid, may be secret."""
    is_secret = path[:1] == ["accounts"] and (len(path) < _LEVEL_OF_SETTINGS or path[-1] == "userid")
    if not is_secret or not isinstance(value, str | list):
        return _shorten(value)
    return f"a text of {len(value)} characters" if isinstance(value, str) else "a list"


def _shorten(value: object) -> str:
    text = json.dumps(_hide_secrets(value), ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[:_VALUE_CHARACTERS]}..."


def _hide_secrets(value: object) -> object:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {key: HIDDEN if key in _SECRETS else _hide_secrets(item) for key, item in table.items()}
    return [_hide_secrets(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
