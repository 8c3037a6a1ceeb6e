"""What is said: requests, replies and their parts as frozen values, without bytes and without decisions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from ccell_fake.codes import Code


class Operation(StrEnum):
    """The four endpoints, by the name each has in its address."""

    SEND = "send"
    REPORT = "report"
    UPMSG = "upmsg"
    INFO = "info"

    @property
    def path(self) -> str:
        """Its path on the gateway, such as `/sms3_api/xmlapi/send.jsp`."""
        return f"/sms3_api/xmlapi/{self}.jsp"


@dataclass(frozen=True, slots=True)
class Submit:
    """One content for one or more numbers (S1, A1 to A3). None stands for an attribute that is absent.

    Attributes:
        phone: The numbers with commas between them, as sent.
        content: The text, its signature included.
        sendtime: When to send, `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai; absent or empty for at once.
        linkid: The sender's own reference.
        spcode: The extension to append to the account's port.
    """

    phone: str | None
    content: str | None
    sendtime: str | None = None
    linkid: str | None = None
    spcode: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to any of the four endpoints; only a send has submits.

    Attributes:
        userid: The account, or None where the attribute is absent.
        password: Its password; left out of the repr.
        submits: What to send.
    """

    userid: str | None
    password: str | None = field(repr=False)
    submits: tuple[Submit, ...] = ()


@dataclass(frozen=True, slots=True)
class Resp:
    """What became of one number of a send (S5).

    Attributes:
        msgid: The message's serial number.
        phone: The number.
        code: 0 or the code of the refusal.
        info: The code's text.
        linkid: The submit's linkid (A2), or None where there is no such attribute.
    """

    msgid: str
    phone: str
    code: str
    info: str
    linkid: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the number was submitted (S8)."""
        return self.code == Code.SUCCESS


@dataclass(frozen=True, slots=True)
class Report:
    """The status report of one message (R1).

    Attributes:
        msgid: The message's serial number, as its resp had it.
        linkid: The submit's linkid; empty where it had none.
        phone: The number.
        recvtime: When the report came in, aware, to the second.
        status: 0 for delivered.
        info: 成功, or the reason it failed.
    """

    msgid: str
    linkid: str
    phone: str
    recvtime: datetime
    status: str
    info: str

    @property
    def is_delivered(self) -> bool:
        """Whether the message reached the phone (R6)."""
        return self.status == Code.SUCCESS


@dataclass(frozen=True, slots=True)
class Upmsg:
    """A message that a phone sent (U1).

    Attributes:
        spnumber: The port it was sent to.
        phone: Who sent it.
        motime: When, aware, to the second.
        msgcontent: The text.
    """

    spnumber: str
    phone: str
    motime: datetime
    msgcontent: str


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """An account as info answers it (I1), each field as text on the wire.

    Attributes:
        id: The account's SMS number.
        name: Its login on the platform.
        status: 0 for normal.
        riches: Messages left.
        credit: Messages that may be sent on credit.
        signcode: The signature in use, `*` for any.
    """

    id: str
    name: str
    status: str
    riches: str
    credit: str
    signcode: str


Item = TypeVar("Item", Resp, Report, Upmsg, AccountInfo)


@dataclass(frozen=True, slots=True)
class Reply(Generic[Item]):
    """An answer of any endpoint: the request's code and text, and what it carries.

    Attributes:
        code: 0 or the code of the refusal.
        info: Its text.
        items: Resps, reports, upstream messages, or the one account of an info; none in a refusal (S7).
    """

    code: str
    info: str
    items: tuple[Item, ...] = ()


AnyReply = Reply[Resp] | Reply[Report] | Reply[Upmsg] | Reply[AccountInfo]


@dataclass(frozen=True, slots=True)
class Layout:
    """How an answer is laid out in bytes where the document's samples and descriptions differ.

    Attributes:
        declaration_line: A line break after the XML declaration (Q31).
        linkid_first: linkid before msgid in a resp (Q32).
    """

    declaration_line: bool = False
    linkid_first: bool = False
