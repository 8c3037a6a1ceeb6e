"""An exchange: one request and its answer, and the line of a transcript that holds them."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from ccell_fake.clock import SHANGHAI
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import AnyReply, Door, Operation
from ccell_fake.wire import doors, payload
from ccell_fake.wire.doors import Endpoint
from ccell_fake.wire.json_requests import Call, Reading


class UnreadableLine(ValueError):
    """A line that holds no exchange. The message gives the reason."""


class Ending(StrEnum):
    """The end of an exchange."""

    ANSWERED = "answered"
    LOST = "connection lost"
    TIMED_OUT = "timed out"
    UNREACHABLE = "not sent"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as sent.

    Attributes:
        number: Number of the request in its recording, from 1, in order of arrival.
        at: Arrival of the request, aware. Written in Asia/Shanghai, to the microsecond.
        method: `GET` or `POST`.
        path: The path from the request line.
        query: The query, without the question mark.
        body: The body of the request.
        content_type: The Content-Type of the request; empty if absent.
        status: The HTTP status of the answer; None if there was no answer.
        answer: The body of the answer.
        answer_type: The Content-Type of the answer; empty if absent.
        ending: How the exchange ended.
        reason: The error, if it was not answered.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    content_type: str = ""
    status: int | None = None
    answer: bytes = b""
    answer_type: str = ""
    ending: Ending = Ending.ANSWERED
    reason: str = ""

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint that the path names, in any form that may reach it (W5, Q57). None for any other path."""
        return doors.PATHS.get(doors.simplify(self.path))

    @property
    def operation(self) -> Operation | None:
        """The operation that the path or, for JSON-RPC, the payload names. None if there is none."""
        if self.endpoint is None:
            return None
        door, operation = self.endpoint
        if door is Door.JSON:
            with suppress(UnreadableRequest):
                return self.call().operation
        return operation

    def call(self) -> Call:
        """Parse the request, in any encoding.

        Raises:
            UnreadableRequest: Its path is no endpoint's, or it has no payload that can be read.
        """
        if self.endpoint is None:
            message = f"{self.path} is no endpoint"
            raise UnreadableRequest(message)
        door, _ = self.endpoint
        found = payload.find(self.method, self.query, self.body, self.content_type, payload.LENIENT, door=door)
        return doors.parse_request(self.endpoint, found.data, encoding="declared", reading=Reading(is_gbk=True))

    def reply(self) -> AnyReply:
        """Parse the answer.

        Raises:
            UnreadableReply: It is no answer of an endpoint.
        """
        operation = self.operation
        if self.endpoint is None or operation is None:
            message = "the request reached no endpoint"
            raise UnreadableReply(message, self.answer)
        door, _ = self.endpoint
        return doors.parse_reply(door, operation, self.answer)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object. Bytes are text if they are UTF-8, else `{"base64": …}`. Empty members are left out."""
        members = {
            "number": self.number,
            "at": self.at.astimezone(SHANGHAI).isoformat(timespec="microseconds"),
            "method": self.method,
            "path": self.path,
            "query": _encode(self.query),
            "content_type": self.content_type,
            "body": _encode(self.body),
            "ending": self.ending.value,
            "reason": self.reason,
            "status": self.status,
            "answer_type": self.answer_type,
            "answer": _encode(self.answer),
        }
        return {name: value for name, value in members.items() if value not in (None, "")}

    def to_line(self) -> str:
        """Return one line of JSON, without a line break."""
        return json.dumps(self.to_json(), ensure_ascii=False)

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> "Exchange":
        """Read a JSON object. Unknown members are ignored.

        Raises:
            UnreadableLine: A member is missing or invalid.
        """
        try:
            at = datetime.fromisoformat(members["at"])
            if at.tzinfo is None:
                message = f"at must have a zone, got {members['at']}"
                raise UnreadableLine(message)
            return cls(
                int(members["number"]),
                at.astimezone(SHANGHAI),
                str(members["method"]),
                str(members["path"]),
                _decode(members.get("query", "")),
                _decode(members.get("body", "")),
                members.get("content_type", ""),
                members.get("status"),
                _decode(members.get("answer", "")),
                members.get("answer_type", ""),
                Ending(members["ending"]),
                members.get("reason", ""),
            )
        except KeyError as error:
            message = f"{error} is missing"
            raise UnreadableLine(message) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise UnreadableLine(str(error)) from error

    @classmethod
    def from_line(cls, line: str) -> "Exchange":
        """Read a line.

        Raises:
            UnreadableLine: It holds no exchange.
        """
        return cls.from_json(parse_line(line))


def parse_line(line: str) -> dict[str, Any]:
    """Parse a line to a JSON object.

    Raises:
        UnreadableLine: It holds none.
    """
    try:
        value: object = json.loads(line)
    except ValueError as error:
        raise UnreadableLine(str(error)) from error
    if not isinstance(value, dict):
        message = "not a JSON object"
        raise UnreadableLine(message)
    return cast("dict[str, Any]", value)


def _encode(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _decode(value: str | Mapping[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"], validate=True)
