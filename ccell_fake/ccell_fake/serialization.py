"""Records as JSON: one encoding for the store, the control API and its client.

A validator is built when a type is first read: building all of them takes long, and a test needs few.
"""

from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

__all__ = ["from_json", "to_json"]


@cache
def _validator(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, or a union of types
    return TypeAdapter(kind)


def from_json(kind: Any, text: str | bytes) -> Any:  # noqa: ANN401 - the type says what is returned
    """Read a value that `to_json` wrote.

    Args:
        kind: Its type, or a union of types.
        text: The JSON.

    Raises:
        ValueError: The text is not JSON, or not of this type.
    """
    return _validator(kind).validate_json(text)
