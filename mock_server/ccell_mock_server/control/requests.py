"""Requests to the control API: JSON bodies read safely, and the paths and queries they have in common."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, cast, get_args

from flask import Request, Response, request
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import abort

from ccell_fake.control import models
from ccell_fake.control.models import FaultBody, Msgid, Pattern, Phone, Position
from ccell_fake.faults import Fault
from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_mock_server.config.errors import from_pydantic
from ccell_mock_server.config.settings import KNOWN_SETTINGS
from ccell_mock_server.control.problems import invalid, problem

JSON = "application/json"

_MOST = 1_000
_MOST_JSON_BYTES = 4 * 1024 * 1024


class ControlRequest(Request):
    """A request whose JSON may be of any depth and of any encoding without harm."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002 - Flask's
        """The body; a refusal where it is no JSON or does not say that it is."""
        self.max_content_length = _MOST_JSON_BYTES
        if self.mimetype != JSON:
            abort(problem(415, f"the body is {self.mimetype or 'of no type'}; it takes {JSON}"))
        try:
            return from_json(self.get_data(cache=cache), allow_inf_nan=False)
        except ValueError as error:
            abort(problem(400, f"the body is no JSON: {error}"))


class Parameters(BaseModel):
    """What stands in a path or a query; it may hold nothing else."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", defer_build=True)


class AccountPath(Parameters):
    """An account."""

    userid: Annotated[str, Field(min_length=1, max_length=64, description="The account.")]


class MessagePath(AccountPath):
    """A message of an account."""

    msgid: Annotated[Msgid, Field(description="The message's serial number.")]


class NumberedPath(AccountPath):
    """A fault or a hold of an account."""

    id: Annotated[int, Field(ge=0, le=2**53, description="Its number.")]


class PlacePath(AccountPath):
    """A rule or a persona of an account."""

    place: Annotated[int, Field(ge=0, le=1_000_000, description="Its place in the list, from 0.")]


class AccountsQuery(Parameters):
    """A page of accounts."""

    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=_MOST, description="How many at most.")] = 100


class PageQuery(Parameters):
    """A page of a list."""

    cursor: Annotated[Position, Field(description="`next` of the page before.")] = 0
    limit: Annotated[int, Field(ge=1, le=_MOST, description="How many at most.")] = 100


class JournalQuery(PageQuery):
    """A page of the journal."""

    after_position: Annotated[Position, Field(description="Only entries after this position.")] = 0
    operation: Annotated[Operation | None, Field(description="Only of this endpoint.")] = None
    code: Annotated[str | None, Field(description="Only answered with this code.")] = None

    @property
    def start(self) -> int:
        """Position after which the page begins."""
        return max(self.after_position, self.cursor)


class MessagesQuery(Parameters):
    """A page of messages."""

    phone: Annotated[Phone | None, Field(description="The number; `*` for any text, as in linkid and content.")] = None
    linkid: Annotated[Pattern | None, Field(description="The sender's reference.")] = None
    content: Annotated[Pattern | None, Field(description="The text.")] = None
    msgid: Annotated[Msgid | None, Field(description="The serial number.")] = None
    code: Annotated[str | None, Field(description="0, or the code of the refusal.")] = None
    state: Annotated[State | None, Field(description="What has become of it.")] = None
    after_position: Annotated[Position, Field(description="Only messages of requests after this position.")] = 0
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{1,18}-([0-9]{1,18}|[1-8][0-9]{18})$", description="`next` of the page before."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=_MOST, description="How many at most.")] = 100


def of_validation(error: ValidationError) -> Response:
    """What pydantic found wrong with a path, a query or a body."""
    asked: dict[str, Any] = {**(request.view_args or {}), **request.args}
    if request.is_json:
        body = request.get_json()
        asked.update(cast("dict[str, Any]", body) if isinstance(body, dict) else {})
    known = {**KNOWN_SETTINGS, "": _members(error.title, asked)}
    entries = [dict(entry) for entry in error.errors()]
    if error.title == FaultBody.__name__:
        # The first part of a place is the kind, which might also be the name of a member.
        entries = [{**entry, "loc": cast("tuple[Any, ...]", entry["loc"])[1:]} for entry in entries]
    return invalid(tuple(dict.fromkeys(from_pydantic(entry, asked, known) for entry in entries)))


def _members(model: str, asked: dict[str, Any]) -> list[str]:
    """What a body or a query may hold."""
    if model == FaultBody.__name__:
        kinds = {one.default: kind for kind in get_args(Fault) for one in fields(kind) if one.name == "kind"}
        kind_asked = str(asked.get("kind"))
        return [one.name for one in fields(kinds[kind_asked])] if kind_asked in kinds else []
    kind = _models().get(model)
    if kind is None:
        return []
    if not issubclass(kind, RootModel):
        return list(kind.model_fields)
    root: Any = kind.model_fields["root"].annotation
    return [one.name for one in fields(root)] if is_dataclass(root) else []


@cache
def _models() -> dict[str, type[BaseModel]]:
    here: list[object] = [*vars(models).values(), *globals().values()]
    return {one.__name__: one for one in here if isinstance(one, type) and issubclass(one, BaseModel)}
