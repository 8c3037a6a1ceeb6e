"""What is wrong with what somebody wrote, in their own words: where, what stands there, and what is allowed."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from ccell_fake.wire.secrets import HIDDEN

_SECRET_KEYS = {"password", "control_token"}
_SHOWN = 80
_NAMED = re.compile(r"(?P<key>[a-z_]+): (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong.

    Attributes:
        key: Where, as in `accounts[0].signcode[1]`; empty for the whole.
        message: What is wrong with it, and what is allowed.
        value: What stands there, with secrets hidden; None where that says nothing.
    """

    key: str
    message: str
    value: str | None = None

    def under(self, key: str) -> Self:
        """The same within a larger whole."""
        return replace(self, key=f"{key}.{self.key}")

    @property
    def detail(self) -> str:
        """All but where it is."""
        return self.message if self.value is None else f"{self.value}: {self.message}"

    def __str__(self) -> str:
        """All of it in a line."""
        if not self.key:
            return self.detail
        return f"{self.key}{': ' if self.value is None else ' = '}{self.detail}"


def found(entry: dict[str, Any], data: Mapping[str, Any], known: Mapping[str, list[str]]) -> ConfigProblem:
    """One fault that pydantic found.

    Args:
        entry: Of the error's list.
        data: What was validated.
        known: The settings that exist, by the name of their table.
    """
    path = list(_path(entry["loc"], data))
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if entry["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        *tables, name = path
        settings = known[next((part for part in reversed(tables) if isinstance(part, str)), "")]
        close = difflib.get_close_matches(str(name), settings, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return ConfigProblem(key, f"there is no such setting; {hint}there are {', '.join(settings) or 'none'}")
    message = entry["msg"].removeprefix("Value error, ")
    if entry["type"] == "value_error" and (named := _NAMED.fullmatch(message)):
        return ConfigProblem(named["key"], named["message"])
    if entry["type"] == "missing":
        return ConfigProblem(".".join(part for part in (key, str(entry["loc"][-1])) if part), "it is required")
    if entry["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return ConfigProblem(str(entry["ctx"]["discriminator"]).strip("'"), f"{message[0].lower()}{message[1:]}")
    value = HIDDEN if path and path[-1] in _SECRET_KEYS else _shown(entry["input"])
    return ConfigProblem(key, f"{message[0].lower()}{message[1:]}", value)


def _path(loc: tuple[str | int, ...], data: Any) -> Iterator[str | int]:  # noqa: ANN401 - whatever TOML holds
    """The keys and indices of a fault; pydantic puts the branches of unions between them."""
    for part in loc:
        if isinstance(data, Mapping) and part in data:
            data = cast("Mapping[str | int, Any]", data)[part]
        elif isinstance(data, list) and isinstance(part, int):
            data = cast("Any", data[part])
        else:
            continue
        yield part


def _shown(value: object) -> str:
    """A value as a line of an error can show it, with passwords hidden wherever they stand."""
    text = json.dumps(_masked(value), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _masked(value: object) -> object:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {key: HIDDEN if key in _SECRET_KEYS else _masked(item) for key, item in table.items()}
    return [_masked(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
