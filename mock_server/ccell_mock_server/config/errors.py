"""Configuration errors: the setting, the value and what is allowed."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from ccell_fake.errors import CcellError
from ccell_fake.wire.secrets import HIDDEN

_SECRETS = {"password", "control_token"}
_VALUE_CHARACTERS = 80
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
    """

    key: str
    message: str
    value: str | None = None

    def under(self, key: str) -> Self:
        """Return the same problem with a longer path."""
        return replace(self, key=f"{key}.{self.key}")

    @property
    def detail(self) -> str:
        """The message and the value, without the key."""
        return self.message if self.value is None else f"{self.message}, got {self.value}"

    def __str__(self) -> str:
        """The key, the message and the value in one line."""
        return (
            f"{self.key}{' ' if self.message.startswith('must ') else ': '}{self.detail}" if self.key else self.detail
        )


def from_pydantic(
    entry: dict[str, Any], data: Mapping[str, Any], known_settings: Mapping[str, list[str]]
) -> ConfigProblem:
    """Convert an entry of `ValidationError.errors()` about some data. Known settings are listed by table."""
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
        return ConfigProblem(str(entry["ctx"]["discriminator"]).strip("'"), f"{message[0].lower()}{message[1:]}")
    value = HIDDEN if path and path[-1] in _SECRETS else _shorten(entry["input"])
    return ConfigProblem(key, re.sub(r"^\w+ should ", "must ", message), value)


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


def _shorten(value: object) -> str:
    text = json.dumps(_hide_secrets(value), ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[:_VALUE_CHARACTERS]}..."


def _hide_secrets(value: object) -> object:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {key: HIDDEN if key in _SECRETS else _hide_secrets(item) for key, item in table.items()}
    return [_hide_secrets(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
