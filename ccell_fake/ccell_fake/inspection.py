"""What a test may look at: messages, reports and upstream messages as the store answers them, and how to filter.

Instants are microseconds since 1970.
"""

from dataclasses import dataclass
from enum import StrEnum

from ccell_fake.settings import AccountSettings


class State(StrEnum):
    """What has become of a message."""

    REFUSED = "refused"
    SCHEDULED = "scheduled"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An account as it stands.

    Attributes:
        settings: Its settings.
        now: Its present.
        left: Messages of balance and credit that are left.
        reserved: How many of these are reserved for scheduled messages.
        is_locked: Whether repeated excess has locked it.
        in_progress: Its slots that are taken, held ones included.
        position: Position of its last journal entry.
    """

    settings: AccountSettings
    now: int
    left: int
    reserved: int
    is_locked: bool
    in_progress: int
    position: int


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """The report of a message, once it has come in.

    Attributes:
        status: 0 for delivered.
        info: 成功, or why it failed.
        recvtime: When it came in.
        fetched_at: When it was handed out, or None.
    """

    status: str
    info: str
    recvtime: int
    fetched_at: int | None


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """One number of a submit, with what became of it.

    Attributes:
        cursor: Its place among the account's messages.
        position: Position of the request that brought it.
        msgid: Its serial number.
        phone: The number.
        content: The text.
        linkid: The sender's reference; empty where there was none.
        spcode: The extension; empty where there was none.
        sendtime: When it is sent, if that was scheduled, or None.
        submitted_at: When it came in.
        code: 0, or the code it was refused with.
        info: The code's text.
        state: What has become of it.
        report: Its report, or None until it has come in.
    """

    cursor: str
    position: int
    msgid: str
    phone: str
    content: str
    linkid: str
    spcode: str
    sendtime: int | None
    submitted_at: int
    code: str
    info: str
    state: State
    report: ReportSeen | None


@dataclass(frozen=True, slots=True)
class ReportListed:
    """A report, waiting or handed out.

    Attributes:
        cursor: Its place among the account's reports.
        msgid: The message it is about.
        linkid: Its submit's linkid.
        phone: Its number.
        status: 0 for delivered.
        info: 成功, or why it failed.
        recvtime: When it comes in.
        fetched_at: When it was handed out, or None.
    """

    cursor: int
    msgid: str
    linkid: str
    phone: str
    status: str
    info: str
    recvtime: int
    fetched_at: int | None


@dataclass(frozen=True, slots=True)
class UpmsgListed:
    """An upstream message, waiting or handed out.

    Attributes:
        cursor: Its place among the account's upstream messages.
        spnumber: The port it was sent to.
        phone: Who sent it.
        msgcontent: The text.
        motime: When it comes in.
        fetched_at: When it was handed out, or None.
    """

    cursor: int
    spnumber: str
    phone: str
    msgcontent: str
    motime: int
    fetched_at: int | None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """What the passing of time brings about.

    Attributes:
        at: When, on the account's clock.
        kind: `sent`, `report`, `upmsg`, `opt_out`, `unlocked`, `fault_begins` or `fault_ends`.
        msgid: The message, or None where it is about none.
        phone: The number, or None.
        text: Info of a report, text of an upstream message, number of a fault; else empty.
    """

    at: int
    kind: str
    msgid: str | None = None
    phone: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """The last of each kind that was made; what is made later has greater ones.

    Attributes:
        submission: The last submit.
        report: The last report.
        upmsg: The last upstream message.
    """

    submission: int
    report: int
    upmsg: int


NO_KEYS = Keys(1 << 62, 1 << 62, 1 << 62)
"""Keys that nothing is behind."""


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are meant; what is None is not asked for.

    Attributes:
        phone: The number; a pattern, `*` for any text, as are linkid and content.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: What has become of it.
    """

    phone: str | None = None
    linkid: str | None = None
    content: str | None = None
    msgid: str | None = None
    code: str | None = None
    state: State | None = None
