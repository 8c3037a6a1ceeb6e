"""Faults that a test arranges on an account: conditions and effects.

This module is the only definition of a fault kind. The control API, `ccell.faults` and the strategies derive from
`FAULT_KINDS`; `engine/faults.py` applies each kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args

from annotated_types import Ge, Interval

from ccell_fake.codes import Code
from ccell_fake.model import Operation
from ccell_fake.settings import Count, Seconds, Text

__all__ = [
    "BrokenXmlFault",
    "CloseFault",
    "CodeFault",
    "DelayFault",
    "DribbleFault",
    "Fault",
    "FaultStatus",
    "GbkFault",
    "HttpFault",
    "ResetFault",
    "TruncateFault",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultConditions:
    """Conditions under which a fault applies to a request of the account.

    Attributes:
        operation: The endpoint; None for any.
        phone: Pattern of a number in a send, `*` for any text; None for any request.
        skip: Number of matching requests to let pass first.
        times: Number of requests to apply to; None for all.
        rate: Share of the matching requests to apply to, decided by the seed.
        since: From this time on, on the account's clock; None from the beginning.
        until: Before this time, on the account's clock; None without end.
    """

    operation: Operation | None = None
    phone: Text | None = None
    skip: Count = 0
    times: Annotated[int, Ge(1)] | None = 1
    rate: Annotated[float, Interval(ge=0, le=1)] = 1.0
    since: datetime | None = None
    until: datetime | None = None

    main_field: ClassVar[str] = ""
    """The field that the keyword of the kind sets in `ccell.faults.next`; empty if the keyword takes only True."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    @property
    def is_processed(self) -> bool:
        """True if the request is judged and done as if there were no fault."""
        return getattr(self, "processed", True)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401, ARG002, FBT001 - as IPython has it
        """Leave out defaults when Hypothesis or IPython print the fault."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        plain = {name: str(value) if isinstance(value, StrEnum) else value for name, value in values.items()}
        named = (f"{name}={value!r}" for name, value in plain.items())
        printer.text(f"{type(self).__name__}({', '.join(named)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFault(FaultConditions):
    """Refuse the request with a code. A code about a number refuses the numbers of a send that match `phone`.

    Attributes:
        code: The code.
    """

    code: Code
    kind: Literal["code"] = "code"

    main_field: ClassVar[str] = "code"

    @property
    def is_processed(self) -> bool:
        """True if the code is about numbers, so that the rest of the request is judged as usual."""
        return self.code.is_about_a_number


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayFault(FaultConditions):
    """Delay the request before it is judged. It keeps its slot meanwhile.

    Attributes:
        seconds: Length of the delay.
    """

    seconds: Seconds
    kind: Literal["delay"] = "delay"

    main_field: ClassVar[str] = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault(FaultConditions):
    """Answer an HTTP error instead of XML.

    Attributes:
        status: The status.
        body: Body of the answer, sent as text/html; None for a page that names the status.
        processed: Process the request all the same.
    """

    status: Literal[500, 502, 503] = 502
    body: str | None = None
    processed: bool = False
    kind: Literal["http"] = "http"

    main_field: ClassVar[str] = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFault(FaultConditions):
    """Close the connection without an answer.

    Attributes:
        processed: Process the request first: a send is accepted, reports are taken, and only the answer is lost.
    """

    processed: bool = False
    kind: Literal["close"] = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetFault(FaultConditions):
    """Reset the connection (RST) without an answer.

    Attributes:
        processed: Process the request first.
    """

    processed: bool = False
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncateFault(FaultConditions):
    """Announce the whole answer, send its beginning, and close the connection.

    Attributes:
        sent: Number of bytes of the body to send; None for half of them.
    """

    sent: Count | None = None
    kind: Literal["truncate"] = "truncate"

    main_field: ClassVar[str] = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenXmlFault(FaultConditions):
    """Answer XML with a truncated end tag and a correct Content-Length."""

    kind: Literal["broken_xml"] = "broken_xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GbkFault(FaultConditions):
    """Answer in GBK instead of UTF-8.

    Attributes:
        declared: Declare GBK in the XML declaration and in Content-Type; otherwise both still declare UTF-8.
    """

    declared: bool = True
    kind: Literal["gbk"] = "gbk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DribbleFault(FaultConditions):
    """Send the answer in small pieces. The request keeps its slot until the last piece is sent.

    Attributes:
        piece: Bytes in a piece.
        seconds: Seconds between two pieces.
    """

    piece: Annotated[int, Ge(1)] = 1
    seconds: Seconds = 0.1
    kind: Literal["dribble"] = "dribble"

    main_field: ClassVar[str] = "seconds"


Fault = (
    CodeFault
    | HttpFault
    | CloseFault
    | ResetFault
    | TruncateFault
    | BrokenXmlFault
    | GbkFault
    | DelayFault
    | DribbleFault
)
"""Any fault; `kind` names its kind. Strategies shrink towards the first kind."""

FAULT_KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {str(one.default): kind for kind in get_args(Fault) for one in fields(kind) if one.name == "kind"}
)
"""The class of each kind."""


@dataclass(frozen=True, slots=True)
class FaultStatus:
    """A fault of an account, and how often it applied.

    Attributes:
        id: Its number.
        fault: Its effect and its conditions.
        matched: Number of requests that matched so far.
        applied: Number of requests it was applied to.
        left: Number of requests it will still be applied to; null if unlimited.
    """

    id: int
    fault: Fault
    matched: int
    applied: int
    left: int | None


def invalid_field(fault: Fault) -> tuple[str, str] | None:
    """Check the rules that the types of the fields cannot express.

    Returns:
        The invalid field and the error, or None if the fault is valid.
    """
    if isinstance(fault, CodeFault) and fault.code is Code.SUCCESS:
        return "code", "must be a code of an error, got success"
    is_about_numbers = isinstance(fault, CodeFault) and fault.code.is_about_a_number
    if (fault.phone is not None or is_about_numbers) and fault.operation not in {None, Operation.SEND}:
        return "operation", "must be send for a fault about numbers"
    for name in ("since", "until"):
        instant: datetime | None = getattr(fault, name)
        if instant is not None and instant.tzinfo is None:
            return name, "must have an offset, such as 2026-01-31T08:00:00+08:00"
    if fault.since is not None and fault.until is not None and fault.until <= fault.since:
        return "until", "must be after since"
    return None
