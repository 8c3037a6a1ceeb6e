"""Requests to the control API: models of paths and queries, reading JSON, and describing errors."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import from_json

from ccell_fake.control import models
from ccell_fake.control.models import ClockTime, FaultBody, Msgid, Pattern, Phone, Position
from ccell_fake.faults import FAULT_KINDS
from ccell_fake.inspection import (
    Listing,
    MessageFilter,
    QueueState,
    ReportFilter,
    RequestFilter,
    State,
    UpmsgFilter,
)
from ccell_fake.model import Operation
from ccell_mock_server.config.errors import from_pydantic
from ccell_mock_server.config.settings import KNOWN_SETTINGS
from ccell_mock_server.control.problems import InvalidError, RefusedError

JSON = "application/json"

MAX_JSON_BYTES = 4 * 1024 * 1024
"""Size of the largest body."""

Cursor = Annotated[Position, Field(description="`next` of the page before.")]
QueueCursor = Annotated[Position | None, Field(description="`next` of the page before.")]
NewestFirst = Annotated[bool, Field(description="The newest item comes first.")]
Text = Annotated[str, Field(max_length=2_000)] | None
Limit = Annotated[int, Field(ge=1, le=1_000, description="Most items to return.")]


class Parameters(BaseModel):
    """Parameters of a path or a query. Unknown ones are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", defer_build=True)


class AccountPath(Parameters):
    """An account."""

    userid: Annotated[str, Field(min_length=1, max_length=64, description="The account.")]


class MessagePath(AccountPath):
    """A message of an account."""

    msgid: Annotated[Msgid, Field(description="The message's serial number.")]


class NumberedPath(AccountPath):
    """A fault, a hold, a report or an upstream message of an account."""

    id: Annotated[int, Field(ge=0, le=2**53, description="Its number.")]


class PlacePath(AccountPath):
    """A rule or a persona of an account."""

    place: Annotated[int, Field(ge=0, le=1_000_000, description="Its place in the list, from 0.")]


class AccountsQuery(Parameters):
    """A page of accounts."""

    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None
    limit: Limit = 100


class PageQuery(Parameters):
    """A page of a list."""

    cursor: Cursor = 0
    limit: Limit = 100


class JournalQuery(PageQuery):
    """A page of the journal."""

    after_position: Annotated[Position, Field(description="Only entries after this position.")] = 0
    operation: Annotated[Operation | None, Field(description="Only requests to this endpoint.")] = None
    code: Annotated[
        str | None, Field(pattern=r"^[^*]*$", description="Only answers with this code. It is no pattern.")
    ] = None

    @property
    def start(self) -> int:
        """Position after which the page begins."""
        return max(self.after_position, self.cursor)


class RequestsQuery(Parameters):
    """A page of the requests of all accounts and of none."""

    userid: Annotated[str | None, Field(description="The account; empty for the requests of no account.")] = None
    operation: Annotated[Operation | None, Field(description="Only requests to this endpoint.")] = None
    code: Annotated[
        Pattern | None,
        Field(description="Code of the answer or of one of its numbers. `*` in code and text stands for any text."),
    ] = None
    text: Annotated[Pattern | None, Field(description="The request, as the journal has it. Case does not matter.")] = (
        None
    )
    is_refused: Annotated[
        bool | None,
        Field(description="Whether the request as a whole was refused, could not be read or reached no endpoint."),
    ] = None
    cursor: Annotated[Position | None, Field(description="`next` of the page before.")] = None
    limit: Limit = 100

    @property
    def filter(self) -> RequestFilter:
        """The filter."""
        return RequestFilter(self.userid, self.operation, self.code, self.text, self.is_refused)


class Conditions(Parameters):
    """Conditions of all lists."""

    since: Annotated[ClockTime | None, Field(description="Only items of this time or later.")] = None
    until: Annotated[ClockTime | None, Field(description="Only items before this time.")] = None
    ignore_case: Annotated[bool, Field(description="Case does not matter in texts, except phone.")] = False

    @property
    def listing(self) -> Listing:
        """The part of the list."""
        return Listing(since=self.since, until=self.until, ignore_case=self.ignore_case)


class MessageConditions(Conditions):
    """Conditions of messages. Their time is that of the submission."""

    phone: Annotated[
        Phone | None,
        Field(description="The number. `*` in phone, linkid, content, msgid and code stands for any text."),
    ] = None
    linkid: Annotated[Pattern | None, Field(description="The sender's reference.")] = None
    content: Annotated[Pattern | None, Field(description="The text.")] = None
    msgid: Annotated[str | None, Field(pattern=r"^[0-9*]{1,64}$", description="The serial number.")] = None
    code: Annotated[Pattern | None, Field(description="0, or the code of the refusal.")] = None
    state: Annotated[State | None, Field(description="The state.")] = None
    after_position: Annotated[Position, Field(description="Only messages of requests after this position.")] = 0

    @property
    def filter(self) -> MessageFilter:
        """The filter."""
        return MessageFilter(self.phone, self.linkid, self.content, self.msgid, self.code, self.state)

    @property
    def listing(self) -> Listing:
        """The part of the list."""
        return replace(super().listing, after_position=self.after_position)


class MessagesQuery(MessageConditions):
    """A page of messages."""

    newest_first: NewestFirst = False
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{1,18}-([0-9]{1,18}|[1-8][0-9]{18})$", description="`next` of the page before."),
    ] = None
    limit: Limit = 100

    @property
    def listing(self) -> Listing:
        """The part of the list to return, and its order."""
        return replace(super().listing, newest_first=self.newest_first, cursor=self.cursor, limit=self.limit)


class QueuePage(Conditions):
    """A page of reports or of upstream messages."""

    newest_first: NewestFirst = False
    cursor: QueueCursor = None
    limit: Limit = 100

    @property
    def listing(self) -> Listing:
        """The part of the list to return, and its order."""
        return replace(super().listing, newest_first=self.newest_first, cursor=self.cursor, limit=self.limit)


class ReportConditions(Conditions):
    """Conditions of reports. Their time is the one they come in."""

    phone: Annotated[Text, Field(description="The number. In all texts, `*` stands for any text.")] = None
    linkid: Annotated[Text, Field(description="Linkid of the submit.")] = None
    msgid: Annotated[Text, Field(description="Serial number of the message.")] = None
    status: Annotated[Text, Field(description="0 for delivered.")] = None
    info: Annotated[Text, Field(description="The info.")] = None
    state: Annotated[QueueState | None, Field(description="The state.")] = None

    @property
    def filter(self) -> ReportFilter:
        """The filter."""
        return ReportFilter(self.phone, self.linkid, self.msgid, self.status, self.info, self.state)


class ReportsQuery(QueuePage, ReportConditions):
    """A page of reports."""


class UpmsgConditions(Conditions):
    """Conditions of upstream messages. Their time is the one they come in."""

    phone: Annotated[Text, Field(description="The number it came from. In all texts, `*` stands for any text.")] = None
    spnumber: Annotated[Text, Field(description="The port it was sent to.")] = None
    msgcontent: Annotated[Text, Field(description="The text.")] = None
    state: Annotated[QueueState | None, Field(description="The state.")] = None

    @property
    def filter(self) -> UpmsgFilter:
        """The filter."""
        return UpmsgFilter(self.phone, self.spnumber, self.msgcontent, self.state)


class UpmsgsQuery(QueuePage, UpmsgConditions):
    """A page of upstream messages."""


def check_type(content_type: str) -> None:
    """Check the type of a body, which is empty without a body. Raises RefusedError unless it is JSON."""
    if content_type != JSON:
        raise RefusedError(415, f"the body must be {JSON}, got {content_type or 'no type'}")


def read_json(text: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read a body of any depth and any encoding. Raises RefusedError if it is not JSON."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from None


def is_about_body(error: ValidationError) -> bool:
    """Return whether pydantic found the errors in a body, and not in a path or a query."""
    return issubclass(_models().get(error.title, Parameters), models.ObjectBody | models.ValueBody)


def invalid(error: ValidationError, parameters: Mapping[str, Any], body: object) -> InvalidError:
    """Describe the errors that pydantic found in a path, a query or a body.

    Args:
        error: The errors.
        parameters: Parameters of the path and the query.
        body: The body, or None.
    """
    sent = {**parameters, **(cast("dict[str, Any]", body) if isinstance(body, dict) else {})}
    known = {**KNOWN_SETTINGS, "": _members(error.title, sent)}
    entries = [dict(entry) for entry in error.errors()]
    if error.title == FaultBody.__name__:
        # The first part of a location is the kind, which might also be the name of a member.
        entries = [{**entry, "loc": cast("tuple[Any, ...]", entry["loc"])[1:]} for entry in entries]
    return InvalidError(from_pydantic(entries, sent, known))


def _members(model: str, sent: dict[str, Any]) -> list[str]:
    """Names of the members that a body or a query may have."""
    if model == FaultBody.__name__:
        kind = FAULT_KINDS.get(str(sent.get("kind")))
        return [] if kind is None else [one.name for one in fields(kind)]
    body = _models().get(model)
    if body is None:
        return []
    if not issubclass(body, RootModel):
        return list(body.model_fields)
    root: Any = body.model_fields["root"].annotation
    return [one.name for one in fields(root)] if is_dataclass(root) else []


@cache
def _models() -> dict[str, type[BaseModel]]:
    here: list[object] = [*vars(models).values(), *globals().values()]
    return {one.__name__: one for one in here if isinstance(one, type) and issubclass(one, BaseModel)}
