"""What is wrong with a configuration, in the words of who wrote it."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

HIDDEN = "********"
"""What stands in place of a password that is not shown."""

_SECRET_KEYS = {"password"}
_SHOWN = 80


def describe(entry: dict[str, Any], data: Mapping[str, Any], known: Mapping[str, list[str]]) -> str:
    """One fault that pydantic found, as one line: key, value, and what is allowed.

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
        return f"{key}: there is no such setting; {hint}there are {', '.join(settings)}"
    value = HIDDEN if path and path[-1] in _SECRET_KEYS else _shown(entry["input"])
    return f"{key} = {value}: {entry['msg'][0].lower()}{entry['msg'][1:]}"


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
