"""What is said over the control API, as JSON: the bodies of requests and answers, one definition for both sides.

Times are ISO 8601 with an offset, in Asia/Shanghai where they are answered. Durations are seconds.

What validates a body is made when it is first needed: to make all of it takes long, and a test needs little of it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    WithJsonSchema,
    model_validator,
)

from ccell_fake import faults
from ccell_fake.clock import EARLIEST, LATEST, from_micros
from ccell_fake.codes import Code
from ccell_fake.inspection import State
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona, Seconds

_LARGEST = 2**53 - 1

Content = TypeVar("Content")


def _instant(value: object) -> object:
    return from_micros(value) if isinstance(value, int) else value


Position = Annotated[int, Field(ge=0, le=_LARGEST)]
Phone = Annotated[str, Field(min_length=1, max_length=64)]
Pattern = Annotated[str, Field(min_length=1, max_length=2_000)]
Short = Annotated[str, Field(max_length=128)]
Msgid = Annotated[str, Field(pattern=r"^([0-9]{1,18}|[1-8][0-9]{18})$")]
Given = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Body(BaseModel):
    """A request's body: no member that is not known, and no value of another type."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:  # noqa: ANN401 - whatever JSON holds
        """Take what JSON held, strictly: text is no number, and a number no text."""
        return cls.model_validate_json(json.dumps(obj), strict=True)


class _Root(RootModel[Content], Generic[Content]):
    """A body that is one value, read as strictly."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:  # noqa: ANN401 - whatever JSON holds
        """Take what JSON held, strictly: text is no number, and a number no text."""
        return cls.model_validate_json(json.dumps(obj), strict=True)


class Answer(BaseModel):
    """An answer's body."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, from_attributes=True, defer_build=True)


class SettingsBody(_Root[AccountSettings]):
    """Settings of an account; those that are absent are at their defaults."""


class AccountAnswer(Answer):
    """An account as it stands.

    Attributes:
        userid: The account.
        password: Its password if it was made here, else asterisks.
        settings: Its settings.
        now: What its clock shows.
        left: Messages of balance and credit that are left.
        reserved: How many of these are reserved for scheduled messages.
        is_locked: Whether repeated excess has locked it.
        in_progress: Its slots that are taken, held ones included.
        position: Position of its last journal entry.
    """

    userid: str
    password: str
    settings: AccountSettings
    now: Instant
    left: int
    reserved: int
    is_locked: bool
    in_progress: int
    position: int


class AccountsAnswer(Answer):
    """Accounts, in the order of their userids."""

    items: tuple[AccountAnswer, ...]
    next: str | None


class ReportSeenAnswer(Answer):
    """The report of a message.

    Attributes:
        status: 0 for delivered.
        info: 成功, or why it failed.
        recvtime: When it came in.
        fetched_at: When it was handed out, or null.
    """

    status: str
    info: str
    recvtime: Instant
    fetched_at: Instant | None


class MessageAnswer(Answer):
    """One number of a submit, with what became of it.

    Attributes:
        msgid: Its serial number.
        phone: The number.
        content: The text.
        linkid: The sender's reference; empty where there was none.
        spcode: The extension; empty where there was none.
        sendtime: When it is sent, if that was scheduled, or null.
        submitted_at: When it came in.
        code: 0, or the code it was refused with.
        info: The text of that.
        state: What has become of it.
        report: Its report, or null until it has come in.
        position: Position of the request that brought it.
    """

    msgid: str
    phone: str
    content: str
    linkid: str
    spcode: str
    sendtime: Instant | None
    submitted_at: Instant
    code: str
    info: str
    state: State
    report: ReportSeenAnswer | None
    position: int


class MessagesAnswer(Answer):
    """Messages, oldest first."""

    items: tuple[MessageAnswer, ...]
    next: str | None


class SettleBody(Body):
    """The outcome of a message.

    Attributes:
        status: 0 for delivered.
        info: What the report says; 成功 or UNDELIV where it is absent.
    """

    status: Short = "0"
    info: Short | None = None


class ReportBody(Body):
    """A stray report.

    Attributes:
        msgid: The serial number it bears; no message need have it.
        phone: Its number.
        linkid: Its linkid.
        status: 0 for delivered.
        info: What it says.
        delay: Seconds until it comes in.
    """

    msgid: Msgid
    phone: Phone
    linkid: Short = ""
    status: Short = "0"
    info: Short = Code.SUCCESS.text
    delay: Seconds = 0.0


class ReportAnswer(Answer):
    """A report, waiting or handed out.

    Attributes:
        msgid: The message it is about.
        linkid: Its submit's linkid.
        phone: Its number.
        status: 0 for delivered.
        info: 成功, or why it failed.
        recvtime: When it comes in.
        fetched_at: When it was handed out, or null.
    """

    msgid: str
    linkid: str
    phone: str
    status: str
    info: str
    recvtime: Instant
    fetched_at: Instant | None


class ReportsAnswer(Answer):
    """Reports, in the order of their making."""

    items: tuple[ReportAnswer, ...]
    next: int | None


class UpmsgBody(Body):
    """A message that a phone sends.

    Attributes:
        phone: Who sends it.
        content: The text.
        spcode: What stands behind the account's port in the number it is sent to.
        delay: Seconds until it comes in.
    """

    phone: Phone
    content: Annotated[str, Field(max_length=10_000)]
    spcode: Annotated[str, Field(pattern=r"^[0-9]{0,20}$")] = ""
    delay: Seconds = 0.0


class UpmsgAnswer(Answer):
    """An upstream message, waiting or fetched.

    Attributes:
        spnumber: The port it was sent to.
        phone: Who sent it.
        msgcontent: The text.
        motime: When it comes in.
        fetched_at: When it was handed out, or null.
    """

    spnumber: str
    phone: str
    msgcontent: str
    motime: Instant
    fetched_at: Instant | None


class UpmsgsAnswer(Answer):
    """Upstream messages, in the order of their making."""

    items: tuple[UpmsgAnswer, ...]
    next: int | None


class ClockBody(Body):
    """How a clock goes.

    Attributes:
        mode: `real` as the gateway's, `offset` ahead of it or behind, `frozen` still.
        seconds: With `offset`: how far ahead.
        now: With `offset`, instead of seconds: what it shows now. With `frozen`: where it stands, if elsewhere.
    """

    mode: Literal["real", "offset", "frozen"]
    seconds: Annotated[float, Field(ge=-3e9, le=3e9)] | None = None
    now: Given | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.mode != "offset" and self.seconds is not None:
            message = f"seconds: it goes with mode offset, not with {self.mode}"
            raise ValueError(message)
        if self.mode == "real" and self.now is not None:
            message = "now: it goes with mode offset or frozen, not with real"
            raise ValueError(message)
        if self.mode == "offset" and (self.seconds is None) == (self.now is None):
            message = "seconds: mode offset takes either seconds or now"
            raise ValueError(message)
        return self


class ClockAnswer(Answer):
    """How a clock goes.

    Attributes:
        mode: `real` as the gateway's, `offset` ahead of it or behind, `frozen` still.
        seconds: How far it is ahead, where it is.
        now: What it shows.
    """

    mode: Literal["real", "offset", "frozen"]
    seconds: float
    now: Instant


class AdvanceBody(Body):
    """How far to move a clock.

    Attributes:
        seconds: So many.
        to: Or to this instant.
    """

    seconds: Seconds | None = None
    to: Given | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.seconds is None) == (self.to is None):
            message = "seconds: it takes either seconds or to"
            raise ValueError(message)
        return self


class HappeningAnswer(Answer):
    """What the passing of time brought about.

    Attributes:
        at: When.
        kind: Of which kind.
        msgid: The message, or null where it is about none.
        phone: The number, or null.
        text: Content of a message that was sent, info of a report, text of an upstream message, number of a fault.
    """

    at: Instant
    kind: Literal["sent", "report", "upmsg", "opt_out", "unlocked", "fault_begins", "fault_ends"]
    msgid: str | None
    phone: str | None
    text: str


class AdvanceAnswer(Answer):
    """What a clock shows after it was moved, and what that brought about.

    Attributes:
        now: What it shows.
        events: What that brought about, in order: the first 10,000 things.
        is_cut: Whether there were more.
    """

    now: Instant
    events: tuple[HappeningAnswer, ...]
    is_cut: bool


class OutcomeBody(_Root[OutcomeRule]):
    """A rule that decides reports; it comes before those that are there."""


class OutcomesAnswer(Answer):
    """The rules that decide reports; the first that matches does."""

    items: tuple[OutcomeRule, ...]
    next: None = None


class PersonaBody(_Root[Persona]):
    """Who holds some phones; it comes before those that are there."""


class PersonasAnswer(Answer):
    """Who holds which phones; the first that matches does."""

    items: tuple[Persona, ...]
    next: None = None


AnyFault = Annotated[faults.Fault, Field(discriminator="kind")]


class FaultBody(_Root[AnyFault]):
    """A fault; `kind` tells which."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        flaw = faults.flaw(self.root)
        if flaw is not None:
            message = ": ".join(flaw)
            raise ValueError(message)
        return self


class FaultAnswer(Answer):
    """A fault that is arranged.

    Attributes:
        id: Its number.
        fault: What it does, and when.
        seen: How many requests matched so far.
        struck: How many of them it struck.
        left: How often it will still strike; null for as long as it is there.
    """

    id: int
    fault: AnyFault
    seen: int
    struck: int
    left: int | None


class FaultsAnswer(Answer):
    """The faults of an account, in the order in which they are asked."""

    items: tuple[FaultAnswer, ...]
    next: None = None


class HoldBody(Body):
    """Slots to keep taken.

    Attributes:
        slots: How many.
        operation: At which endpoint, where each has its own; null for any.
        seconds: When they are free again by themselves, by the host's clock.
    """

    slots: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    operation: Operation | None = None
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


class HoldAnswer(Answer):
    """Slots that are kept taken.

    Attributes:
        id: Its number.
        slots: How many.
        operation: At which endpoint; null for any.
        until: When they are free again by themselves, by the host's clock.
    """

    id: int
    slots: int
    operation: Operation | None
    until: Instant


class HoldsAnswer(Answer):
    """The slots of an account that are kept taken."""

    items: tuple[HoldAnswer, ...]
    next: None = None


class EntryAnswer(Answer):
    """What was asked, what was answered, and why.

    Attributes:
        position: Its position in the journal, which all accounts share.
        at: When, on the account's clock.
        operation: The endpoint.
        peer: The address the request came from.
        place: Where the payload was found, `body` or `query`; empty where there was none.
        request: The payload, or what stood in its place, with secrets replaced and what is long cut.
        answer: What left as the answer, likewise; null where nothing did.
        delivery: How the answer left: `whole`, or the kind of the fault that struck.
        items: How many resps, reports or upstream messages the answer has.
        code: What was decided; empty where a fault struck before that.
        rule: The rule that decided.
        basis: How well it is known, and by which clause or question, as in `assumed Q4`.
        explanation: One sentence for each refusal, a line each; empty where nothing was refused.
        duration: Microseconds from the request's arrival to the answer.
    """

    position: int
    at: Instant
    operation: Operation
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


class JournalAnswer(Answer):
    """Journal entries, oldest first."""

    items: tuple[EntryAnswer, ...]
    next: int | None


class WaitBody(Body):
    """What to wait for.

    Attributes:
        kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
        phone: Of the message, `*` for any text, as in linkid and content.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: What has become of it.
        after_position: Only what came after this position in the journal.
        count: How many there have to be.
        not_empty: Whether a fetch counts only if it handed something out.
        timeout: Seconds, by the host's clock.
    """

    kind: Literal["message", "report", "upmsg"] = "message"
    phone: Pattern | None = None
    linkid: Pattern | None = None
    content: Pattern | None = None
    msgid: Msgid | None = None
    code: Code | None = None
    state: State | None = None
    after_position: Position = 0
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    not_empty: bool = False
    timeout: Annotated[float, Field(ge=0, le=600)] = 10.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        asked = [name for name in ("phone", "linkid", "content", "msgid", "code", "state") if getattr(self, name)]
        if self.kind != "message" and asked:
            message = f"{asked[0]}: it goes with kind message, not with {self.kind}"
            raise ValueError(message)
        if self.kind == "message" and self.not_empty:
            message = "not_empty: it goes with kind report or upmsg, not with message"
            raise ValueError(message)
        return self


class MismatchAnswer(Answer):
    """What keeps a message from being the one that was wanted."""

    field: str
    wanted: str
    was: str


class NearAnswer(Answer):
    """A message that is nearly the one that was wanted."""

    message: MessageAnswer
    mismatches: tuple[MismatchAnswer, ...]


class WaitAnswer(Answer):
    """What was waited for, or what came instead.

    Attributes:
        is_met: Whether it came in time.
        messages: The messages.
        requests: The fetches.
        position: Position of its last journal entry.
        came: Where it did not: the last requests after the position of the wait.
        nearest: Where it did not: the messages that are nearest, with what keeps each from being the one.
    """

    is_met: bool
    messages: tuple[MessageAnswer, ...]
    requests: tuple[EntryAnswer, ...]
    position: int
    came: tuple[EntryAnswer, ...] = ()
    nearest: tuple[NearAnswer, ...] = ()


class FlawAnswer(Answer):
    """One thing that is wrong with a request.

    Attributes:
        field: Where, such as `settings.signcode[0]` or `limit`; empty for the whole.
        detail: What is wrong with it, and what is allowed.
    """

    field: str
    detail: str


class Problem(Answer):
    """Why a request was refused (RFC 9457).

    Attributes:
        type: What kind of problem it is.
        title: That in words.
        status: The HTTP status.
        detail: What is wrong here, and what would pass.
        errors: The same for each field.
        after_position: If journal entries were dropped: all entries after this position are kept.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FlawAnswer, ...] = ()
    after_position: int | None = None


PROBLEMS: Mapping[str, str] = {
    "malformed": "The request cannot be read",
    "token": "The control token is missing or wrong",
    "forbidden": "The request comes from elsewhere",
    "not-found": "There is no such thing",
    "method": "The method is not taken here",
    "conflict": "That cannot be done as things stand",
    "entries-dropped": "The journal has dropped entries",
    "too-large": "The body is too large",
    "media-type": "The body is of another type",
    "invalid": "The request is not valid",
    "busy": "Too many clients wait",
    "failure": "The emulator failed",
}
"""The kinds of problems, with their titles; each type is `/_ccell/problems/` and the kind."""
