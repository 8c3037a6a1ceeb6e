"""Requests and replies as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Literal, TypeVar

from ccell_fake.codes import Code


class Operation(StrEnum):
    """The four endpoints, by their names in the address."""

    SEND = "send"
    REPORT = "report"
    UPMSG = "upmsg"
    INFO = "info"

    @classmethod
    def _missing_(cls, value: object) -> None:
        """Name the endpoints."""
        message = f"operation must be one of {', '.join(cls)}, got {value!r}"
        raise ValueError(message)

    @property
    def path(self) -> str:
        """The endpoint's path on the gateway, such as `/sms3_api/xmlapi/send.jsp`."""
        return f"/sms3_api/xmlapi/{self}.jsp"


class Door(StrEnum):
    """A way into the gateway: XML, with an address for each endpoint, or JSON-RPC, with one address (P6)."""

    XML = "xml"
    JSON = "json"


JSON_PATH = "/sms3_api/jsonapi/jsonrpc2.jsp"
"""The path of all methods of JSON-RPC (P6)."""

OperationName = Operation | Literal["send", "report", "upmsg", "info"]
"""An endpoint, or its name."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One content for one or more numbers (S1, A1 to A3). An absent attribute is None.

    Attributes:
        phone: The numbers, separated by commas, as sent.
        content: The text with its signature.
        sendtime: When to send, `YYYY-MM-DD HH:MM:SS` in Asia/Shanghai. Absent or empty to send at once.
        linkid: The sender's reference.
        spcode: The extension to append to the account's port.
    """

    phone: str | None
    content: str | None
    sendtime: str | None = None
    linkid: str | None = None
    spcode: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to one of the four endpoints. Only a send has submits.

    Attributes:
        userid: The account, or None if the attribute is absent.
        password: Its password, or None. The repr hides it.
        submits: The submits of a send.
        seqid: The serial number of a signed request (P1), or None.
        sign: Its sign, in place of the password (P2), or None. The repr hides it.
    """

    userid: str | None
    password: str | None = field(repr=False)
    submits: tuple[Submit, ...] = ()
    seqid: str | None = None
    sign: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Parts of a request that its answer repeats.

    Attributes:
        door: The door through which the request came.
        id: The id of a JSON-RPC request, as JSON; None if it had none (J1).
    """

    door: Door = Door.XML
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Resp:
    """The result of one number of a send (S5).

    Attributes:
        msgid: The message's serial number.
        phone: The number.
        code: 0 or the code of the refusal.
        info: The code's text.
        linkid: The submit's linkid (A2), or None if the attribute is absent.
    """

    msgid: str
    phone: str
    code: str
    info: str
    linkid: str | None = None

    @property
    def is_accepted(self) -> bool:
        """True if the number was submitted (S8)."""
        return self.code == Code.SUCCESS


@dataclass(frozen=True, slots=True)
class Report:
    """The status report of one message (R1).

    Attributes:
        msgid: The message's serial number, the same as in its resp.
        linkid: The submit's linkid. Empty if it had none.
        phone: The number.
        recvtime: When the report came in, aware, to the second.
        status: 0 for delivered.
        info: 成功, or why it failed.
    """

    msgid: str
    linkid: str
    phone: str
    recvtime: datetime
    status: str
    info: str

    is_malformed: ClassVar[bool] = False
    """True only for a `MalformedReport`."""

    @property
    def is_delivered(self) -> bool:
        """True if the message reached the phone (R6)."""
        return self.status == Code.SUCCESS


@dataclass(frozen=True, slots=True)
class Upmsg:
    """A message that a phone sent (U1).

    Attributes:
        spnumber: The port it was sent to.
        phone: The sender.
        motime: When it was sent, aware, to the second.
        msgcontent: The text.
    """

    spnumber: str
    phone: str
    motime: datetime
    msgcontent: str

    is_malformed: ClassVar[bool] = False
    """True only for a `MalformedUpmsg`."""


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """An account in the answer of info (I1), each field as text.

    Attributes:
        id: The account's SMS number.
        name: Its login on the platform.
        status: 0 for normal.
        riches: Messages left of the balance. May be negative while credit is in use (Q53).
        credit: Messages that may be sent on credit.
        signcode: The signature in use, `*` for any.
    """

    id: str
    name: str
    status: str
    riches: str
    credit: str
    signcode: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A resp, a report or an upstream message that violates the document, as it came.

    Attributes:
        reason: The violation, such as `<report> has no attribute phone`.
        attributes: All its attributes, unchanged.
    """

    reason: str
    attributes: Mapping[str, str] = field(hash=False)

    is_malformed: ClassVar[bool] = True


Item = TypeVar("Item", Resp, Report, Upmsg, AccountInfo)


@dataclass(frozen=True, slots=True)
class Reply(Generic[Item]):
    """An answer of any endpoint.

    Attributes:
        code: 0 or the code of the refusal.
        info: The code's text.
        items: Resps, reports, upstream messages, or the account of an info. Empty in a refusal (S7).
    """

    code: str
    info: str
    items: tuple[Item, ...] = ()


AnyReply = Reply[Resp] | Reply[Report] | Reply[Upmsg] | Reply[AccountInfo]


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of an answer, for the details in which the document's samples and descriptions differ.

    Attributes:
        declaration_line: Put a line break after the XML declaration (Q31).
        linkid_first: Put linkid before msgid in a resp (Q32).
        report_linkid: Give the reports of JSON-RPC a linkid (Q49).
    """

    declaration_line: bool = False
    linkid_first: bool = False
    report_linkid: bool = True
