"""The gateway's JSON: parse it safely, and leniently where a question allows it; render it without blanks."""

import json
import re
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, cast

from ccell_fake.wire.text import NotReadableError, legible

_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<double>"(?:[^"\\]|\\.)*")|(?P<single>'(?:[^'\\]|\\.)*')|(?P<mark>[{}\[\]:,])"""
    r"""|(?P<bare>[^\s"'{}\[\]:,]+)|(?P<other>.)""",
    re.DOTALL,
)
# Far more than a call needs, and far less than the recursion that Python allows.
_MOST_LEVELS = 200
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A number, as it is written."""

    __slots__ = ()


def parse(text: str, *, is_lenient: bool) -> tuple[Any, bool]:
    """Parse a JSON text. Numbers stay as they are written.

    Returns the value, and whether only a lenient parser reads it.

    Args:
        text: The text.
        is_lenient: Whether strings may have single quotes or none (Q47).

    Raises:
        NotReadableError: It is not JSON. Its ground is Q47 if a lenient parser could read it.
    """
    try:
        return _strict(text), False
    except ValueError as error:
        try:
            lenient = _strict("".join(_quoted(text)))
        except ValueError:
            message = f"the JSON is not well-formed: {error}"
            raise NotReadableError(message) from error
        if is_lenient:
            return lenient, True
        message = f"the JSON is not well-formed: {error}; strings need double quotes"
        raise NotReadableError(message, "Q47") from error


def _strict(text: str) -> Any:  # noqa: ANN401 - any JSON value
    message = "it is nested too deeply"
    try:
        value = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(message) from error
    if _is_deep(value):
        raise ValueError(message)
    return value


def _is_deep(value: object) -> bool:
    """Return whether a value is nested more deeply than `_MOST_LEVELS`."""
    level = [value]
    for _ in range(_MOST_LEVELS):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    """Return the values in an array or an object."""
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _quoted(text: str) -> Iterator[str]:
    """Yield the tokens of a text as JSON writes them. Raises ValueError at a string that does not end."""
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "other":
                message = f"the string at character {token.start()} does not end"
                raise ValueError(message)
            case "single" | "double":
                yield json.dumps(_unquoted(token[0]))
            case "bare" if token[0] not in {"true", "false", "null"} and not _NUMBER.fullmatch(token[0]):
                yield json.dumps(token[0])
            case _:
                yield token[0]


def _unquoted(string: str) -> str:
    """Return the text of a string with single or double quotes. Raises ValueError if an escape is wrong."""
    inside = re.sub(r"""\\(.)|"|([\x00-\x1f])""", _escaped, string[1:-1], flags=re.DOTALL)
    return str(json.loads(f'"{inside}"'))


def _escaped(match: re.Match[str]) -> str:
    if match[1] is not None:
        return "'" if match[1] == "'" else match[0]
    return '\\"' if match[0] == '"' else f"\\u{ord(match[0]):04x}"


def canonical(data: bytes) -> object:
    """Return a JSON text in UTF-8 as values that compare equal if only blanks, escapes or the order of members differ.

    Raises:
        ValueError: It is not JSON.
    """
    return json.loads(data.decode(), parse_int=Number, parse_float=Number, object_pairs_hook=_in_order)


def _in_order(pairs: list[tuple[str, object]]) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(pairs, key=itemgetter(0)))


def members(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the name of each member of a text that `parse` reads, and the first token of its value."""
    before: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "blank":
            continue
        if len(before) == 2 and before[1][0] == ":":  # noqa: PLR2004 - a name and a colon
            yield _name(before[0]), token
        before = [*before[-1:], token]


def _name(token: re.Match[str]) -> str:
    return token[0] if token.lastgroup == "bare" else _unquoted(token[0])


def object_of(value: object, name: str) -> dict[str, object]:
    """Return a value that must be an object. Raises NotReadableError, with its name, if it is none."""
    if not isinstance(value, dict):
        message = f"{name} is not an object"
        raise NotReadableError(message)
    return cast("dict[str, object]", value)


def array_of(members: dict[str, object], name: str) -> list[object]:
    """Return a member that must be an array. Raises NotReadableError if it is none."""
    value = members.get(name)
    if not isinstance(value, list):
        message = f"there is no array {name}"
        raise NotReadableError(message)
    return cast("list[object]", value)


def text_of(value: object) -> str | None:
    """Return a value as text, as a lenient parser does: a number as it is written. None if it is null.

    A character that XML cannot hold becomes U+FFFD, because a text can leave through either door.

    Raises:
        NotReadableError: It is an object or an array.
    """
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return legible(str(value))
        case _:
            message = "an object or an array stands where a text is expected"
            raise NotReadableError(message)


def render(value: object) -> str:
    """Render a value without blanks, and without escapes that are not needed. Numbers stay as they are written."""
    match value:
        case Number():
            return str(value)
        case str():
            return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", json.dumps(value, ensure_ascii=False))
        case dict():
            given = cast("dict[str, object]", value)
            return "{" + ",".join(f"{render(name)}:{render(one)}" for name, one in given.items()) + "}"
        case list():
            return "[" + ",".join(map(render, cast("list[object]", value))) + "]"
        case _:
            return json.dumps(value)
