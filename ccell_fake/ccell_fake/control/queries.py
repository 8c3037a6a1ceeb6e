"""Conditions of messages, reports and upstream messages, as arguments of the control API's client.

A condition that is None or absent is none. In texts, `*` stands for any text.
"""

from datetime import datetime
from typing import TypedDict

from ccell_fake.codes import Code
from ccell_fake.inspection import QueueState, State


class Conditions(TypedDict, total=False):
    """Conditions of all lists.

    Attributes:
        since: Only items of this time or later.
        until: Only items before this time.
        ignore_case: Whether case does not matter in texts, except phone.
    """

    since: datetime | None
    until: datetime | None
    ignore_case: bool


class MessageConditions(Conditions, total=False):
    """Conditions of messages. Their time is that of the submission.

    Attributes:
        phone: The number. In phone, linkid and content, `*` stands for any text.
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


class MessageQuery(MessageConditions, total=False):
    """Conditions of messages, and their order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool


class ReportConditions(Conditions, total=False):
    """Conditions of reports. Their time is the one they come in.

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


class ReportQuery(ReportConditions, total=False):
    """Conditions of reports, and their order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool


class UpmsgConditions(Conditions, total=False):
    """Conditions of upstream messages. Their time is the one they come in.

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


class UpmsgQuery(UpmsgConditions, total=False):
    """Conditions of upstream messages, and their order.

    Attributes:
        newest_first: Whether the newest comes first.
    """

    newest_first: bool
