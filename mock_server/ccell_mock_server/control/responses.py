"""Answers of the control API: a model as JSON, a page of a list, nothing."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Response
from pydantic import BaseModel

from ccell_mock_server.control.requests import JSON

Item = TypeVar("Item")


def said(answer: BaseModel, status: int = 200) -> Response:
    """A model as JSON."""
    return Response(answer.model_dump_json(), status, content_type=JSON)


def page(kind: type[BaseModel], found: Sequence[Item], limit: int, cursor: Callable[[Item], str | int]) -> Response:
    """A page of a list, of which one item more than fits was looked for.

    Args:
        kind: The model of the page.
        found: The items.
        limit: How many fit.
        cursor: What the next page begins behind, by its last item.
    """
    items = found[:limit]
    following = cursor(items[-1]) if len(found) > limit else None
    return said(kind.model_validate({"items": items, "next": following}))


def whole(kind: type[BaseModel], items: Sequence[Any]) -> Response:
    """A list that is never longer than a page."""
    return said(kind.model_validate({"items": items}))


def done() -> Response:
    """Nothing, for it is done."""
    return Response(status=204)
