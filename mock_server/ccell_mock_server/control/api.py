"""Declare operations of the control API: their routes, requests and answers.

A view returns a record and knows nothing of its caller, so that it can be called over HTTP (`blueprints.py`) and in
this process (`direct.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., object])

Answers = Mapping[int, Any]
"""Answers of an operation by status: a record, the OpenAPI description of something else, or None for no body."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: a status, and a record or None."""

    status: int
    record: object


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Parts of an HTTP request, for operations that only make sense over HTTP.

    Attributes:
        environ: The WSGI environment.
        mimetype: Type of the body, or empty.
        read: Returns the body.
    """

    environ: Mapping[str, Any]
    mimetype: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class HttpOnlyAnswer:
    """An answer that is not a record.

    Attributes:
        content: The body, or its pieces.
        content_type: Type of the body.
        headers: Additional headers.
        close: Called when the answer was sent.
    """

    content: bytes | Iterator[bytes]
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    close: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """An operation of the control API, as given to `Api.add` or `Api.add_over_http`, with its view."""

    method: str
    rule: str
    answers: Answers
    document: dict[str, Any] | None
    view: Callable[..., object]
    is_http_only: bool

    def takes(self, argument: str) -> bool:
        """Return whether the view has an argument."""
        return argument in self.view.__annotations__

    def model(self, argument: str) -> type[BaseModel] | None:
        """Return the model of an argument: `path`, `query` or `body`."""
        return self.view.__annotations__.get(argument)

    def answer(self, **arguments: object) -> Answered:
        """Call the view. The declared status applies unless the view chooses one."""
        answered = self.view(**arguments)
        return answered if isinstance(answered, Answered) else Answered(next(iter(self.answers)), answered)


class Api:
    """A group of operations.

    A view declares its request by the types of its arguments `path`, `query` and `body`, and describes itself in its
    docstring. It may take `client`, the socket of the client, or None. It returns an `Answered` if several
    answers are possible, otherwise the record.

    Attributes:
        name: Name of the group.
        about: Description of the group.
        operations: The operations.
    """

    def __init__(self, name: str, about: str) -> None:
        """Begin without operations."""
        self.name = name
        self.about = about
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
        return self._add(method, rule, answers, document, is_http_only=False)

    def add_over_http(
        self, method: str, rule: str, answers: Answers | None = None, document: dict[str, Any] | None = None
    ) -> Callable[[View], View]:
        """Add an operation that only makes sense over HTTP, because its request or its answer is not a record.

        Its view takes `http`, an `HttpRequest`, and returns an `HttpOnlyAnswer` or None.
        """
        return self._add(method, rule, answers, document, is_http_only=True)

    def _add(
        self, method: str, rule: str, answers: Answers | None, document: dict[str, Any] | None, *, is_http_only: bool
    ) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            declared = DeclaredOperation(method, rule, answers or {204: None}, document, view, is_http_only)
            self.operations.append(declared)
            return view

        return decorate
