"""Declare operations of the control API: their routes, requests and answers.

flask-openapi3 checks the requests and writes the OpenAPI document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from ccell_fake.serialization import to_json

JSON = "application/json"

View = TypeVar("View", bound=Callable[..., Response])

Answers = Mapping[int, Any]
"""Answers of an operation by status: a record, the OpenAPI description of something else, or None for no body."""


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """An operation of the control API, as given to `Api.add`, with its view."""

    method: str
    rule: str
    answers: Answers
    document: dict[str, Any] | None
    view: Callable[..., Response]


class Api:
    """A group of operations.

    A view declares its request by the types of its arguments `path`, `query` and `body`, and describes itself in its
    docstring.

    Attributes:
        operations: The operations.
    """

    def __init__(self, name: str, about: str) -> None:
        """Begin without operations.

        Args:
            name: Name of the group.
            about: Description of the group.
        """
        self._name, self._about = name, about
        self.operations: list[DeclaredOperation] = []

    def add(
        self, method: str, rule: str, answers: Answers | None = None, document: dict[str, Any] | None = None
    ) -> Callable[[View], View]:
        """Add an operation.

        Args:
            method: The HTTP method, in lower case.
            rule: Its path.
            answers: Its answers; by default 204 without a body.
            document: Additions to the OpenAPI document.
        """

        def decorate(view: View) -> View:
            self.operations.append(DeclaredOperation(method, rule, answers or {204: None}, document, view))
            return view

        return decorate

    def blueprint(self, *, is_documented: bool) -> APIBlueprint:
        """The operations as a blueprint.

        Args:
            is_documented: Whether to add them to the OpenAPI document, which takes ten times as long.
        """
        tags = [Tag(name=self._name, description=self._about)]
        blueprint = APIBlueprint(
            self._name, __name__, abp_tags=tags, doc_ui=is_documented, operation_id_callback=_operation_id
        )
        for one in self.operations:
            register = getattr(blueprint, one.method)(one.rule, openapi_extensions=one.document)
            register(one.view)
        return blueprint


def _operation_id(*, name: str, **_: str) -> str:
    """An operation's id in the document: the name of its function."""
    return name


def answer(record: object, status: int = 200) -> Response:
    """Answer a record as JSON."""
    return Response(to_json(record), status, content_type=JSON)


def empty() -> Response:
    """Answer without a body."""
    return Response(status=204)
