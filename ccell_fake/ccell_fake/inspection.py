"""Records that tests look at. The store and the engine return them, the control API sends them as JSON.

Times are aware, in Asia/Shanghai. They are ISO 8601 with the offset in JSON.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from ccell_fake.model import Door, Operation
from ccell_fake.settings import AccountSettings

__all__ = [
    "AccountActivity",
    "AccountRecord",
    "AdvanceResult",
    "ClockStatus",
    "ContentCount",
    "Count",
    "Hold",
    "JournalEntry",
    "MessageFilter",
    "MessageRecord",
    "MessageReport",
    "Mismatch",
    "NearMiss",
    "Page",
    "QueueState",
    "QueueStatus",
    "ReportFilter",
    "ReportRecord",
    "RequestFilter",
    "RequestRecord",
    "State",
    "TimelineEvent",
    "UpmsgFilter",
    "UpmsgRecord",
    "WaitResult",
]

Item = TypeVar("Item")

ClockMode = Literal["real", "offset", "frozen"]
WaitKind = Literal["message", "report", "upmsg"]
TimelineKind = Literal["sent", "report", "upmsg", "opt_out", "unlocked", "fault_begins", "fault_ends"]


class State(StrEnum):
    """State of a message."""

    REFUSED = "refused"
    SCHEDULED = "scheduled"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class QueueState(StrEnum):
    """State of a report or an upstream message: still to come in, in its queue, or fetched."""

    PLANNED = "planned"
    WAITING = "waiting"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class Count:
    """Number of records that an operation applied to."""

    count: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list, oldest item first unless the request says otherwise.

    Attributes:
        items: The items.
        next: Cursor of the next page; null on the last page.
    """

    items: tuple[Item, ...]
    next: str | int | None = None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """Status of an account.

    Attributes:
        userid: The account.
        password: Its password; asterisks unless the emulator made it.
        settings: Its settings.
        now: Time of its clock.
        left: Messages left of balance and credit, after all that was sent since the balance was set.
        reserved: Part of `left` that is reserved for scheduled messages.
        is_locked: Whether repeated excess has locked it.
        in_progress: Slots in use, including held ones.
        position: Position of its last journal entry.
    """

    userid: str
    password: str
    settings: AccountSettings
    now: datetime
    left: int
    reserved: int
    is_locked: bool
    in_progress: int
    position: int


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """State of a queue of an account, and when its client last fetched.

    Attributes:
        waiting: Number of items that the next fetches return.
        later: Number of items that come in later.
        fetched_at: Time of the last fetch that was answered with code 0, empty or not. Null if the journal has none.
    """

    waiting: int
    later: int
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountActivity:
    """Activity of an account.

    Attributes:
        in_progress: Slots in use, including held ones.
        excesses: Requests that exceeded the thread limit within the window that counts for the lock (K3).
        excesses_to_lock: Number of excesses that locks the account; 0 for never.
        is_locked: Whether repeated excess has locked it.
        scheduled: Number of accepted messages that are still to be sent.
        reports: The reports.
        upmsgs: The upstream messages.
    """

    in_progress: int
    excesses: int
    excesses_to_lock: int
    is_locked: bool
    scheduled: int
    reports: QueueStatus
    upmsgs: QueueStatus


@dataclass(frozen=True, slots=True)
class ContentCount:
    """A content, as the gateway counts it.

    Attributes:
        characters: Its characters, signature included (Q35).
        segments: The messages that each number is charged for it (Q13).
        verification_code: The verification code in it, or null.
    """

    characters: int
    segments: int
    verification_code: str | None


@dataclass(frozen=True, slots=True)
class MessageReport:
    """Report of a message.

    Attributes:
        status: 0 for delivered.
        info: 成功, or the reason for the failure.
        recvtime: Time it came in.
        fetched_at: Time it was handed out, or null.
    """

    status: str
    info: str
    recvtime: datetime
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message: one number of a submit.

    Attributes:
        userid: The account.
        msgid: Its serial number.
        phone: The number.
        content: The text.
        linkid: The sender's reference, or empty.
        spcode: The extension, or empty.
        sendtime: Time a scheduled message is sent, or null.
        submitted_at: Time it was submitted.
        code: 0, or the code that refused it.
        info: Text of the code.
        state: Its state.
        report: Its report, or null until the report comes in.
        position: Position of the request that brought it.
        characters: Characters of the content.
        segments: Messages that the content is sent as.
        charge: Messages charged; 0 if it was refused.
        verification_code: The verification code in the content, or null.
    """

    userid: str
    msgid: str
    phone: str
    content: str
    linkid: str
    spcode: str
    sendtime: datetime | None
    submitted_at: datetime
    code: str
    info: str
    state: State
    report: MessageReport | None
    position: int
    characters: int
    segments: int
    charge: int
    verification_code: str | None


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report.

    Attributes:
        userid: The account.
        id: Its number, which no other report of any account has.
        msgid: Serial number of its message.
        linkid: Linkid of the submit.
        phone: The number.
        status: 0 for delivered.
        info: 成功, or the reason for the failure.
        recvtime: Time it comes in.
        state: Its state.
        fetched_at: Time it was handed out, or null.
    """

    userid: str
    id: int
    msgid: str
    linkid: str
    phone: str
    status: str
    info: str
    recvtime: datetime
    state: QueueState
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class UpmsgRecord:
    """An upstream message.

    Attributes:
        userid: The account.
        id: Its number, which no other upstream message of any account has.
        spnumber: The port it was sent to.
        phone: The number it came from.
        msgcontent: The text.
        motime: Time it comes in.
        state: Its state.
        fetched_at: Time it was handed out, or null.
    """

    userid: str
    id: int
    spnumber: str
    phone: str
    msgcontent: str
    motime: datetime
    state: QueueState
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A request, its answer, and the reason for the answer.

    Attributes:
        at: Time of the request, on the account's clock.
        operation: The endpoint; null if the request reached none, because of its path or its method.
        door: The door through which it came, `xml` or `json`; null if it reached none.
        peer: The address the request came from.
        place: Where the payload was, `body` or `query`; empty if there was none.
        request: The payload, with secrets replaced; cut if long. Without an endpoint: method, path, query and body.
        answer: The answer, likewise; null if none was sent.
        delivery: How the answer was sent: `whole`, or the kind of the fault that applied.
        items: Number of resps, reports or upstream messages in the answer.
        code: Code of the decision; empty if a fault applied before it. Without an endpoint: the HTTP status.
        rule: The rule that decided.
        basis: How well it is known, and the clause or question, as in `assumed Q4`. Empty without an endpoint.
        explanation: One sentence for each refusal, a line each; empty if nothing was refused.
        duration: Microseconds from the arrival of the request to the answer.
        position: Its position in the journal, which all accounts share; the store assigns it.
    """

    at: datetime
    operation: Operation | None
    door: Door | None
    peer: str
    place: str
    request: str
    answer: str | None
    delivery: str
    items: int
    code: str
    rule: str
    basis: str
    explanation: str
    duration: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class RequestRecord(JournalEntry):
    """A journal entry with its account.

    Attributes:
        userid: The account; empty for a request of no account.
    """

    userid: str = ""


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Conditions for requests. None means any.

    Attributes:
        userid: The account; empty for the requests of no account.
        operation: The endpoint.
        code: Code of the answer or of one of its numbers, as a pattern: `*` stands for any text. So it does in text.
        text: The request, as the journal has it. Case does not matter.
        is_refused: Whether the request as a whole was refused, could not be read or reached no endpoint.
    """

    userid: str | None = None
    operation: Operation | None = None
    code: str | None = None
    text: str | None = None
    is_refused: bool | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Slots that a test keeps in use.

    Attributes:
        id: Its number.
        slots: Number of slots.
        operation: The endpoint; null for one at every endpoint.
        until: Time the slots are freed, by the host's clock.
    """

    id: int
    slots: int
    operation: Operation | None
    until: datetime


@dataclass(frozen=True, slots=True)
class ClockStatus:
    """Mode and time of an account's clock.

    Attributes:
        mode: `real` follows the gateway's clock, `offset` is ahead of it or late, `frozen` stands still.
        seconds: Seconds ahead of the gateway's clock; negative if late.
        now: Its time.
    """

    mode: ClockMode
    seconds: float
    now: datetime


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event caused by time.

    Attributes:
        at: When, on the account's clock.
        kind: Its kind.
        msgid: The message, or null.
        phone: The number, or null.
        text: Content of a sent message, info of a report, text of an upstream message, number of a fault, or empty.
    """

    at: datetime
    kind: TimelineKind
    msgid: str | None = None
    phone: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class AdvanceResult:
    """Result of moving a clock forwards.

    Attributes:
        now: Time of the clock.
        events: The events this caused, in order; the first 10,000.
        is_cut: Whether there were more.
    """

    now: datetime
    events: tuple[TimelineEvent, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Conditions for messages. None means any.

    Attributes:
        phone: The number, as a pattern: `*` stands for any text. So it does in every condition except the state.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: The state.
    """

    phone: str | None = None
    linkid: str | None = None
    content: str | None = None
    msgid: str | None = None
    code: str | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Conditions for reports. None means any. `*` in texts stands for any text.

    Attributes:
        phone: The number.
        linkid: Linkid of the submit.
        msgid: Serial number of its message.
        status: 0 for delivered.
        info: The info.
        state: The state.
    """

    phone: str | None = None
    linkid: str | None = None
    msgid: str | None = None
    status: str | None = None
    info: str | None = None
    state: QueueState | None = None


@dataclass(frozen=True, slots=True)
class UpmsgFilter:
    """Conditions for upstream messages. None means any. `*` in texts stands for any text.

    Attributes:
        phone: The number it came from.
        spnumber: The port it was sent to.
        msgcontent: The text.
        state: The state.
    """

    phone: str | None = None
    spnumber: str | None = None
    msgcontent: str | None = None
    state: QueueState | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The part of a list to return, and its order.

    The time of a message is that of its submission. A report and an upstream message have the time they come in.

    Attributes:
        after_position: Only messages of requests after this position in the journal.
        since: Only items of this time or later. None means from the beginning.
        until: Only items before this time. None means to the end.
        newest_first: Whether the newest comes first.
        ignore_case: Whether case does not matter in texts.
        cursor: `next` of the page before. None for the first page.
        limit: Most items to return.
    """

    after_position: int = 0
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False
    ignore_case: bool = False
    cursor: str | int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field in which a message differs from the filter.

    Attributes:
        field: The field.
        wanted: The value in the filter.
        was: The value in the message.
    """

    field: str
    wanted: str
    was: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A message that almost matches a filter, with the fields that differ."""

    message: MessageRecord
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class WaitResult:
    """Result of a wait: what was waited for, or what came instead.

    Attributes:
        is_met: Whether it came in time.
        messages: The messages.
        requests: The fetches.
        position: Position of the last journal entry.
        came: After a timeout: the last requests after the position of the wait.
        nearest: After a timeout: the messages that almost match, the nearest first.
    """

    is_met: bool
    messages: tuple[MessageRecord, ...]
    requests: tuple[JournalEntry, ...]
    position: int
    came: tuple[JournalEntry, ...] = ()
    nearest: tuple[NearMiss, ...] = ()
