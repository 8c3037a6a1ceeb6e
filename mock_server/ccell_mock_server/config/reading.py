"""Read the settings of a configuration that are valid, and name the others."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ccell_mock_server.config.errors import ConfigProblem, from_pydantic

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_Settings = TypeVar("_Settings")


def read_valid(
    adapter: TypeAdapter[_Settings], data: Mapping[str, Any], known: Mapping[str, list[str]], *, is_toml: bool
) -> tuple[_Settings, list[ConfigProblem]]:
    """Read a configuration without its invalid settings.

    Args:
        adapter: The adapter of the configuration's dataclass.
        data: What to read.
        known: The known settings by table, for error messages.
        is_toml: Whether the data was written as TOML.

    Returns:
        The configuration, and a problem for each invalid setting.
    """
    # JSON has no dates and times. They become tables, which no setting takes.
    kept: Any = json.loads(json.dumps(data, default=lambda value: {type(value).__name__: str(value)}))
    problems = _remove_undecoded(kept)
    while True:
        try:
            return adapter.validate_json(json.dumps(kept), strict=True), problems
        except ValidationError as error:
            entries = error.errors()
            problems += from_pydantic(map(dict, entries), kept, known, is_toml=is_toml)
            # One setting may have several errors.
            for table, *path in dict.fromkeys(_setting(entry["loc"]) for entry in entries):
                _remove(kept, str(table), *path)


def _remove_undecoded(kept: Any) -> list[ConfigProblem]:  # noqa: ANN401 - JSON
    """Remove the settings that are no text in UTF-8, and return a problem for each."""
    problems: list[ConfigProblem] = []
    for table, value in list(kept.items()):
        given: Any = value
        is_list = isinstance(value, list)
        names: list[Any] = list(range(len(given)) if is_list else given if isinstance(value, dict) else [])
        for path in [[name] for name in names] or [[]]:
            setting = [path, given[path[0]] if path else given]
            if _SURROGATE.search(json.dumps(setting, ensure_ascii=False)):
                place = f"[{path[0]}]" if is_list else f".{path[0]}"
                problems.append(ConfigProblem(f"{table}{place if path else ''}", "must be text in UTF-8"))
                _remove(kept, table, *path)
    return problems


def _setting(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the path of the setting that an error is in: table and name, or list, index and name."""
    return loc[:3] if len(loc) > 1 and isinstance(loc[1], int) else loc[:2]


def _remove(data: Any, table: str, *path: Any) -> None:  # noqa: ANN401 - JSON
    """Remove the setting at a path from its table, or else the table. One table of accounts becomes a list of them."""
    given: Any = data.get(table)
    is_in_list = bool(path) and isinstance(path[0], int)
    settings: Any = given[path[0]] if is_in_list else given
    names = path[1:] if is_in_list else path
    if names and isinstance(settings, dict) and names[0] in settings:
        del settings[names[0]]
    elif is_in_list:
        given[path[0]] = {}
    elif table == "accounts" and isinstance(given, dict):
        data[table] = [given]
    else:
        data.pop(table, None)
