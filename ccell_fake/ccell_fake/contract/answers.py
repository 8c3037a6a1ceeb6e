"""Raw answers of a gateway, and how a check derives a question's answer from observations."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from typing import Any
from xml.etree import ElementTree as ET

from ccell_fake.codes import Code
from ccell_fake.contract.needs import NotAsked
from ccell_fake.model import AnyReply, Door, Operation, Resp
from ccell_fake.wire import doors
from ccell_fixtures.registries import ASSUMPTIONS

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
"""The beginning of every answer (T5)."""

MALFORMED = frozenset(ASSUMPTIONS["Q2"].answers)
"""The codes that a malformed request may get (Q2)."""

_ABOUT_NUMBERS = frozenset(str(code) for code in Code if code.is_about_a_number)


@dataclass(frozen=True)
class RawAnswer:
    """An answer to a raw request.

    Attributes:
        operation: The endpoint.
        status: The HTTP status.
        headers: The headers, by lower-case name.
        body: The bytes.
        door: The door that it came through.
    """

    operation: Operation
    status: int
    headers: Mapping[str, str]
    body: bytes
    door: Door = Door.XML

    @property
    def is_declared(self) -> bool:
        """True if it begins with `DECLARATION`, ignoring blanks."""
        return self.body.lstrip().startswith(DECLARATION)

    @property
    def is_utf_8(self) -> bool:
        """True if its Content-Type says that it is UTF-8."""
        message = Message()
        message["Content-Type"] = self.headers.get("content-type", "")
        return (message.get_content_charset() or "") in {"utf-8", "utf8"}

    @cached_property
    def root(self) -> ET.Element:
        """The root element of an XML answer."""
        return ET.fromstring(self.body)  # noqa: S314 - from the gateway under test

    @cached_property
    def reply(self) -> AnyReply:
        """The parsed answer.

        Raises:
            UnreadableReply: It is not the XML that the document describes, or the JSON that was published.
        """
        return doors.parse_reply(self.door, self.operation, self.body)

    @property
    def items(self) -> list[dict[str, str]]:
        """The raw items of a send, report or upmsg: XML attributes or JSON members."""
        if self.door is Door.JSON:
            return [dict(item) for item in json.loads(self.body).get("result", ())]
        return [dict(item.attrib) for item in self.root]

    @property
    def code(self) -> str:
        """The code of the request, or 0 if an answer without items has the code of a number instead (Q50)."""
        return str(Code.SUCCESS) if self._is_for_all else self.reply.code

    @property
    def resps(self) -> tuple[Resp, ...]:
        """The resps of a send. Empty if the request is refused.

        Raises:
            NotAsked: All numbers are refused, and the gateway answers without resps (Q50).
        """
        if self._is_for_all:
            message = "needs a gateway that answers with resps if all numbers are refused"
            raise NotAsked(message)
        return tuple(item for item in self.reply.items if isinstance(item, Resp))

    @property
    def _is_for_all(self) -> bool:
        """True if the root has the code of a number, for all of them."""
        return self.is_root_alone and self.reply.code in _ABOUT_NUMBERS

    @property
    def resp(self) -> Resp:
        """The only resp of a send to one number."""
        assert len(self.resps) == 1, f"{self.code} with {len(self.resps)} resps, not one"  # noqa: S101 - a check asserts
        return self.resps[0]

    @property
    def codes(self) -> list[str]:
        """The returns of its resps, in order, or the code of the root alone if that is the code of a number (Q50)."""
        return [self.reply.code] if self._is_for_all else [resp.code for resp in self.resps]

    @property
    def number_code(self) -> str:
        """The code of the only number of a send."""
        codes = self.codes
        assert len(codes) == 1, f"{self.code} with {len(codes)} resps, not one"  # noqa: S101 - a check asserts
        return codes[0]

    @property
    def is_root_alone(self) -> bool:
        """True if it has no items."""
        return not self.reply.items


class UnknownAnswer(AssertionError):
    """An observation matches none of a question's answers: an answer is missing, or the gateway breaks a clause."""


def single_answer(answers: Iterable[str], problem: str) -> str:
    """The one answer that all observations share.

    Raises:
        UnknownAnswer: The observations differ.
    """
    distinct = set(answers)
    if len(distinct) != 1:
        message = f"{problem}: {', '.join(sorted(distinct))}"
        raise UnknownAnswer(message)
    return distinct.pop()


def answer_for(observed: object, answers: Mapping[Any, str]) -> str:
    """The answer that an observation stands for.

    Raises:
        UnknownAnswer: It stands for none.
    """
    if observed not in answers:
        message = f"observed {observed!r}; expected one of {', '.join(map(repr, answers))}"
        raise UnknownAnswer(message)
    return answers[observed]


def all_codes(answer: RawAnswer) -> tuple[str, ...]:
    """The code of the request, followed by those of its numbers."""
    return (answer.code, *answer.codes)
