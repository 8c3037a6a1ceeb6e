"""Bodies of requests to the control API, as JSON.

Times are ISO 8601 with an offset. Durations are seconds. Answers are the records of `ccell_fake.inspection`.

A validator is built when a body is first read: building all of them takes long, and a test needs few.
"""

import json
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr, RootModel, model_validator

from ccell_fake import faults
from ccell_fake.clock import EARLIEST, LATEST
from ccell_fake.codes import Code
from ccell_fake.inspection import ClockMode, State, WaitKind
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona, Seconds

_LARGEST = 2**53 - 1

Content = TypeVar("Content")

Position = Annotated[int, Field(ge=0, le=_LARGEST)]
Phone = Annotated[str, Field(min_length=1, max_length=64)]
Pattern = Annotated[str, Field(min_length=1, max_length=2_000)]
ShortText = Annotated[str, Field(max_length=128)]
Msgid = Annotated[str, Field(pattern=r"^([0-9]{1,18}|[1-8][0-9]{18})$")]
ClockTime = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
AnyFault = Annotated[faults.Fault, Field(discriminator="kind")]


class _StrictBody(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:  # noqa: ANN401 - JSON
        """Validate JSON strictly: a string is not a number, and a number is not a string."""
        return super().model_validate_json(json.dumps(obj), strict=True)

    @classmethod
    def model_validate_json(cls, json_data: Any, **_: Any) -> Self:  # noqa: ANN401 - JSON
        """Validate a string, which flask-openapi3 takes for JSON."""
        return cls.model_validate(json_data)


class ObjectBody(_StrictBody):
    """A body with members. Unknown members are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class ValueBody(_StrictBody, RootModel[Content], Generic[Content]):
    """A body that is one value."""


class SettingsBody(ValueBody[AccountSettings]):
    """Settings of an account. Missing settings have their defaults."""

    _members: frozenset[str] = PrivateAttr(default=frozenset())

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:  # noqa: ANN401 - JSON
        """Validate JSON strictly, and keep the names of its members."""
        body = super().model_validate(obj)
        body._members = frozenset(obj)  # noqa: SLF001 - its own
        return body

    @property
    def members(self) -> frozenset[str]:
        """Names of the settings in the body."""
        return self._members


class SettleBody(ObjectBody):
    """Outcome of a message.

    Attributes:
        status: 0 for delivered.
        info: Info of the report; 成功 or UNDELIV by default.
    """

    status: ShortText = "0"
    info: ShortText | None = None


class ReportBody(ObjectBody):
    """A stray report.

    Attributes:
        msgid: Its serial number: any text. No message needs to have it.
        phone: Its number.
        linkid: Its linkid.
        status: 0 for delivered.
        info: Its text.
        delay: Seconds until it comes in.
    """

    msgid: Annotated[str, Field(min_length=1, max_length=128)]
    phone: Phone
    linkid: ShortText = ""
    status: ShortText = "0"
    info: ShortText = Code.SUCCESS.text
    delay: Seconds = 0.0


class UpmsgBody(ObjectBody):
    """A message from a phone.

    Attributes:
        phone: The phone.
        content: The text.
        spcode: Extension of the account's port in the number it is sent to.
        delay: Seconds until it comes in.
    """

    phone: Phone
    content: Annotated[str, Field(max_length=10_000)]
    spcode: Annotated[str, Field(pattern=r"^[0-9]{0,20}$")] = ""
    delay: Seconds = 0.0


class ClockBody(ObjectBody):
    """Mode of a clock.

    Attributes:
        mode: `real` follows the gateway's clock, `offset` is ahead of it or late, `frozen` stands still.
        seconds: With `offset`: seconds ahead; negative if late.
        now: With `offset`: its time, instead of seconds. With `frozen`: its time; the present by default.
    """

    mode: ClockMode
    seconds: Annotated[float, Field(ge=-3e9, le=3e9)] | None = None
    now: ClockTime | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mode != "offset" and self.seconds is not None:
            message = f"seconds: must be absent with mode {self.mode}"
            raise ValueError(message)
        if self.mode == "real" and self.now is not None:
            message = "now: must be absent with mode real"
            raise ValueError(message)
        if self.mode == "offset" and (self.seconds is None) == (self.now is None):
            message = "seconds: must be given with mode offset, or now, not both"
            raise ValueError(message)
        return self


class AdvanceBody(ObjectBody):
    """Distance to move a clock forwards.

    Attributes:
        seconds: Seconds to move it by.
        to: Time to move it to.
    """

    seconds: Seconds | None = None
    to: ClockTime | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.seconds is None) == (self.to is None):
            message = "seconds: must be given, or to, not both"
            raise ValueError(message)
        return self


class CountBody(ObjectBody):
    """A content to count.

    Attributes:
        content: The text.
    """

    content: Annotated[str, Field(max_length=10_000)]


class OutcomeBody(ValueBody[OutcomeRule]):
    """A rule that decides reports. It is added before the others."""


class PersonaBody(ValueBody[Persona]):
    """A persona. It is added before the others."""


class FaultBody(ValueBody[AnyFault]):
    """A fault; `kind` names its kind."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        error = faults.invalid_field(self.root)
        if error is not None:
            message = ": ".join(error)
            raise ValueError(message)
        return self


class HoldBody(ObjectBody):
    """Slots to keep in use.

    Attributes:
        slots: Number of slots.
        operation: The endpoint, if each has its own slots; null for any.
        seconds: Seconds until they are freed, by the host's clock.
    """

    slots: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    operation: Operation | None = None
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


class WaitBody(ObjectBody):
    """An event to wait for.

    Attributes:
        kind: `message`, `report` (reports are fetched) or `upmsg` (upstream messages are fetched).
        phone: The number of the message. `*` in phone, linkid, content, msgid and code stands for any text.
        linkid: The sender's reference.
        content: The text.
        msgid: The serial number.
        code: 0, or the code of the refusal.
        state: The state.
        after_position: Only what came after this position in the journal, which must be complete from there. By
            default, whatever the journal still has.
        count: Number of messages or fetches.
        not_empty: Whether a fetch counts only if it returned something.
        timeout: Seconds, by the host's clock.
    """

    kind: WaitKind = "message"
    phone: Pattern | None = None
    linkid: Pattern | None = None
    content: Pattern | None = None
    msgid: Pattern | None = None
    code: Pattern | None = None
    state: State | None = None
    after_position: Position | None = None
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    not_empty: bool = False
    timeout: Annotated[float, Field(ge=0, le=600)] = 10.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        filters = [name for name in ("phone", "linkid", "content", "msgid", "code", "state") if getattr(self, name)]
        if self.kind != "message" and filters:
            message = f"{filters[0]}: must be absent with kind {self.kind}"
            raise ValueError(message)
        if self.kind == "message" and self.not_empty:
            message = "not_empty: must be absent with kind message"
            raise ValueError(message)
        return self
