"""Conditions of messages, reports, upstream messages and requests, as arguments of the control API's client.

A condition that is None or absent is none. `*` in texts stands for any text.
"""

from datetime import datetime
from typing import TypedDict

from ccell_fake.codes import Code
from ccell_fake.inspection import QueueState, State
from ccell_fake.model import Operation

__all__ = [
    "MessageQuery",
    "MessageSelection",
    "ReportQuery",
    "ReportSelection",
    "RequestQuery",
    "Selection",
    "UpmsgQuery",
    "UpmsgSelection",
]


class Selection(TypedDict, total=False):
    """Conditions that messages, reports and upstream messages have in common.

    Attributes:
        since: Only items of this time or later.
        until: Only items before this time.
        ignore_case: Whether case does not matter in texts, except phone.
    """

    since: datetime | None
    until: datetime | None
    ignore_case: bool


class MessageSelection(Selection, total=False):
    """The messages that an operation applies to, by these members and those of Selection.

    Their time is that of the submission.

    Attributes:
        phone: The number. `*` in phone, linkid, content, msgid and code stands for any text.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: The state.
        after_position: Only messages of requests after this position in the journal.
    """

    phone: str | None
    linkid: str | None
    content: str | None
    msgid: str | None
    code: Code | str | None
    state: State | None
    after_position: int | None


class MessageQuery(MessageSelection, total=False):
    """A list of messages: the members of MessageSelection, and the order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool


class ReportSelection(Selection, total=False):
    """The reports that an operation applies to, by these members and those of Selection.

    Their time is the one they come in.

    Attributes:
        phone: The number.
        linkid: Linkid of the submit.
        msgid: Serial number of the message.
        status: 0 for delivered.
        info: The info.
        state: The state.
    """

    phone: str | None
    linkid: str | None
    msgid: str | None
    status: str | None
    info: str | None
    state: QueueState | None


class ReportQuery(ReportSelection, total=False):
    """A list of reports: the members of ReportSelection, and the order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool


class UpmsgSelection(Selection, total=False):
    """The upstream messages that an operation applies to, by these members and those of Selection.

    Their time is the one they come in.

    Attributes:
        phone: The number it came from.
        spnumber: The port it was sent to.
        msgcontent: The text.
        state: The state.
    """

    phone: str | None
    spnumber: str | None
    msgcontent: str | None
    state: QueueState | None


class UpmsgQuery(UpmsgSelection, total=False):
    """A list of upstream messages: the members of UpmsgSelection, and the order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool


class RequestQuery(TypedDict, total=False):
    """Conditions of requests. `*` in code and text stands for any text.

    Attributes:
        userid: The account; empty for the requests of no account.
        operation: The endpoint.
        code: Code of the answer or of one of its numbers.
        text: The request, as the journal has it. Case does not matter.
        is_refused: Whether the request as a whole was refused, could not be read or reached no endpoint.
    """

    userid: str | None
    operation: Operation | None
    code: Code | str | None
    text: str | None
    is_refused: bool | None
