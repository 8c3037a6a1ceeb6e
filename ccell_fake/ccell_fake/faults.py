"""Faults that a test arranges on an account: when each strikes, and what it does."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

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
    "FaultConditions",
    "GbkFault",
    "HttpFault",
    "ResetFault",
    "TruncateFault",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultConditions:
    """When a fault strikes: among the requests of the account that match, by count, by chance and within a time.

    Attributes:
        operation: The endpoint; None for any.
        phone: Pattern of a number that a send is for, `*` for any text; None for any request.
        skip: Let so many matching requests pass first.
        times: Strike so often; None for as long as it is there.
        rate: The share of the matching requests that it strikes, decided by the seed.
        since: From then on, on the account's clock; None from the beginning.
        until: Before then, on the account's clock; None without end.
    """

    operation: Operation | None = None
    phone: Text | None = None
    skip: Count = 0
    times: Annotated[int, Ge(1)] | None = 1
    rate: Annotated[float, Interval(ge=0, le=1)] = 1.0
    since: datetime | None = None
    until: datetime | None = None

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    @property
    def is_processed(self) -> bool:
        """Whether the request is judged and done as if there were no fault."""
        return getattr(self, "processed", True)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401, ARG002, FBT001 - as IPython has it
        """Where Hypothesis or IPython show it, leave out what is at its default."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        plain = {name: str(value) if isinstance(value, StrEnum) else value for name, value in values.items()}
        named = (f"{name}={value!r}" for name, value in plain.items())
        printer.text(f"{type(self).__name__}({', '.join(named)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFault(FaultConditions):
    """Refuse the request with a code; with a code about a number, refuse the numbers of a send that match `phone`.

    Attributes:
        code: The code.
    """

    code: Code
    kind: Literal["code"] = "code"

    @property
    def is_processed(self) -> bool:
        """Whether it is about numbers, so that the rest of the request is judged as ever."""
        return self.code.is_about_a_number


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayFault(FaultConditions):
    """Let the request wait before it is judged; it keeps its slot meanwhile.

    Attributes:
        seconds: How long.
    """

    seconds: Seconds
    kind: Literal["delay"] = "delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault(FaultConditions):
    """Answer an HTTP error instead of XML.

    Attributes:
        status: The status.
        body: The text that goes with it, as text/html; None for a page that says the status.
        processed: Do what the request asks all the same.
    """

    status: Literal[500, 502, 503] = 502
    body: str | None = None
    processed: bool = False
    kind: Literal["http"] = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFault(FaultConditions):
    """Close the connection without an answer.

    Attributes:
        processed: Do what the request asks first: a send is accepted, reports are taken, and only the answer is lost.
    """

    processed: bool = False
    kind: Literal["close"] = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetFault(FaultConditions):
    """Reset the connection (RST) without an answer.

    Attributes:
        processed: Do what the request asks first.
    """

    processed: bool = False
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncateFault(FaultConditions):
    """Announce the whole answer, send its beginning, and close the connection.

    Attributes:
        sent: How many bytes of the body are; None for half of them.
    """

    sent: Count | None = None
    kind: Literal["truncate"] = "truncate"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenXmlFault(FaultConditions):
    """Answer XML whose end tag is cut short, under a Content-Length that is true."""

    kind: Literal["broken_xml"] = "broken_xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GbkFault(FaultConditions):
    """Answer in GBK instead of UTF-8.

    Attributes:
        declared: Say so in the XML declaration and in Content-Type; otherwise both go on saying UTF-8.
    """

    declared: bool = True
    kind: Literal["gbk"] = "gbk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DribbleFault(FaultConditions):
    """Send the answer in small pieces; the request keeps its slot until the last is out.

    Attributes:
        piece: How many bytes a piece has.
        seconds: Between two pieces.
    """

    piece: Annotated[int, Ge(1)] = 1
    seconds: Seconds = 0.1
    kind: Literal["dribble"] = "dribble"


Fault = (
    CodeFault
    | DelayFault
    | HttpFault
    | CloseFault
    | ResetFault
    | TruncateFault
    | BrokenXmlFault
    | GbkFault
    | DribbleFault
)
"""Any fault; `kind` tells which."""


def flaw(fault: Fault) -> tuple[str, str] | None:
    """What no type says: the field that is wrong, and what it takes; None where nothing is."""
    if isinstance(fault, CodeFault) and fault.code is Code.SUCCESS:
        return "code", "success is no fault; it takes another of the codes"
    is_about_numbers = isinstance(fault, CodeFault) and fault.code.is_about_a_number
    if (fault.phone is not None or is_about_numbers) and fault.operation not in {None, Operation.SEND}:
        return "operation", "numbers are there in a send alone; it takes send"
    for name in ("since", "until"):
        instant: datetime | None = getattr(fault, name)
        if instant is not None and instant.tzinfo is None:
            return name, "it takes a time with its offset, such as 2026-01-31T08:00:00+08:00"
    if fault.since is not None and fault.until is not None and fault.until <= fault.since:
        return "until", "it takes a time behind since"
    return None
