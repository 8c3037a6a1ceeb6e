"""An exchange: one request and how it was answered, as a line of a transcript holds it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from ccell_fake.clock import SHANGHAI
from ccell_fake.model import Operation

_OPERATIONS = {operation.path: operation for operation in Operation}


class UnreadableLine(ValueError):
    """A line that holds no exchange; the message says what is wrong with it."""


class Ending(StrEnum):
    """How an exchange ended."""

    ANSWERED = "answered"
    LOST = "connection lost"
    TIMED_OUT = "timed out"
    UNREACHABLE = "not sent"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it was placed, and its answer as it came.

    Attributes:
        number: Its place among the exchanges of its recording, from 1, in the order in which requests came in.
        at: When the request came in, aware; written in Asia/Shanghai, to the microsecond.
        method: `GET` or `POST`.
        path: The path, as it stood in the request line.
        query: What stood behind the question mark, as it was placed.
        body: The body of the request, as it was placed.
        content_type: The Content-Type of the request; empty where it had none.
        status: The HTTP status of the answer; None where none came.
        answer: The body of the answer.
        answer_type: The Content-Type of the answer, likewise.
        ending: How it ended.
        reason: What went wrong, where it was not answered.
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
    def operation(self) -> Operation | None:
        """The endpoint that was asked, slashes doubled or not (W5); None where it was none."""
        return _OPERATIONS.get(self.path.replace("//", "/"))

    def to_json(self) -> dict[str, Any]:
        """What a line holds: bytes as text where they are UTF-8, else `{"base64": …}`; what is absent is left out."""
        whole = {
            "number": self.number,
            "at": self.at.astimezone(SHANGHAI).isoformat(timespec="microseconds"),
            "method": self.method,
            "path": self.path,
            "query": _written(self.query),
            "content_type": self.content_type,
            "body": _written(self.body),
            "ending": self.ending.value,
            "reason": self.reason,
            "status": self.status,
            "answer_type": self.answer_type,
            "answer": _written(self.answer),
        }
        return {name: value for name, value in whole.items() if value not in (None, "")}

    def to_line(self) -> str:
        """The exchange as one line of JSON, without its line break."""
        return json.dumps(self.to_json(), ensure_ascii=False)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "Exchange":
        """The exchange that a line's table holds; names it does not know are passed over.

        Raises:
            UnreadableLine: It holds none.
        """
        try:
            at = datetime.fromisoformat(held["at"])
            if at.tzinfo is None:
                message = f"{held['at']} has no zone"
                raise UnreadableLine(message)
            return cls(
                int(held["number"]),
                at.astimezone(SHANGHAI),
                str(held["method"]),
                str(held["path"]),
                _read(held.get("query", "")),
                _read(held.get("body", "")),
                held.get("content_type", ""),
                held.get("status"),
                _read(held.get("answer", "")),
                held.get("answer_type", ""),
                Ending(held["ending"]),
                held.get("reason", ""),
            )
        except KeyError as error:
            message = f"it has no {error}"
            raise UnreadableLine(message) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise UnreadableLine(str(error)) from error

    @classmethod
    def from_line(cls, line: str) -> "Exchange":
        """The exchange of a line.

        Raises:
            UnreadableLine: It holds none.
        """
        return cls.from_json(table(line))


def table(line: str) -> dict[str, Any]:
    """The table that a line holds.

    Raises:
        UnreadableLine: It holds none.
    """
    try:
        held: object = json.loads(line)
    except ValueError as error:
        raise UnreadableLine(str(error)) from error
    if not isinstance(held, dict):
        message = "it is no table"
        raise UnreadableLine(message)
    return cast("dict[str, Any]", held)


def _written(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _read(held: str | Mapping[str, str]) -> bytes:
    return held.encode() if isinstance(held, str) else base64.b64decode(held["base64"], validate=True)
