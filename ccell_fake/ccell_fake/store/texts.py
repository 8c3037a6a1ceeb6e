"""Settings and faults as text that a table can hold."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, or a union of types
    return TypeAdapter(kind)


def dumps(kind: Any, value: object) -> str:  # noqa: ANN401 - likewise
    """A value as JSON."""
    return _adapter(kind).dump_json(value).decode()


def loads(kind: Any, text: str) -> Any:  # noqa: ANN401 - likewise
    """The value that `dumps` wrote down."""
    return _adapter(kind).validate_json(text)
