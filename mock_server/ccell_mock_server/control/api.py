"""Operations of the control API, by way of the library that checks requests and writes the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Response])

Answers = Mapping[int, type[BaseModel] | dict[str, Any] | None]
"""What an operation answers, by status: a model, the OpenAPI description of something else, or nothing."""


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    rule: str
    answers: Answers
    document: dict[str, Any] | None
    view: Callable[..., Response]


def _operation_id(*, name: str, **_: str) -> str:
    """An operation's id in the document: the name of its function."""
    return name


class Api:
    """Some operations that belong together.

    A view says by the types of its arguments `path`, `query` and `body` what it takes, and by its docstring what it
    does.
    """

    def __init__(self, name: str, about: str) -> None:
        """Begin without operations.

        Args:
            name: What they are about, in a word.
            about: The same in a sentence.
        """
        self._name, self._about = name, about
        self._operations: list[_Operation] = []

    def get(self, rule: str, answers: Answers) -> Callable[[View], View]:
        """Add an operation that looks."""
        return self._add("get", rule, answers)

    def post(self, rule: str, answers: Answers) -> Callable[[View], View]:
        """Add an operation that makes something."""
        return self._add("post", rule, answers)

    def put(self, rule: str, answers: Answers, document: dict[str, Any] | None = None) -> Callable[[View], View]:
        """Add an operation that replaces something.

        Args:
            rule: Its path.
            answers: What it answers.
            document: What the OpenAPI document says of it besides.
        """
        return self._add("put", rule, answers, document)

    def patch(self, rule: str, answers: Answers) -> Callable[[View], View]:
        """Add an operation that changes something."""
        return self._add("patch", rule, answers)

    def delete(self, rule: str) -> Callable[[View], View]:
        """Add an operation that takes something away and answers nothing."""
        return self._add("delete", rule, {204: None})

    def _add(
        self, method: str, rule: str, answers: Answers, document: dict[str, Any] | None = None
    ) -> Callable[[View], View]:
        def add(view: View) -> View:
            self._operations.append(_Operation(method, rule, answers, document, view))
            return view

        return add

    def blueprint(self, *, is_documented: bool) -> APIBlueprint:
        """The operations, for an application.

        Args:
            is_documented: Whether they shall be in its document; that takes ten times as long.
        """
        tags = [Tag(name=self._name, description=self._about)]
        blueprint = APIBlueprint(
            self._name, __name__, abp_tags=tags, doc_ui=is_documented, operation_id_callback=_operation_id
        )
        for one in self._operations:
            register = getattr(blueprint, one.method)(
                one.rule, responses=dict(one.answers), openapi_extensions=one.document
            )
            register(one.view)
        return blueprint
