"""Faults that a test arranges on an account: conditions and effects.

This module is the only definition of a fault kind. The control API, `ccell.faults` and the strategies derive from
`FAULT_KINDS`; `engine/faults.py` applies each kind.
"""

import codecs
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from string import ascii_letters, digits
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args
from wsgiref.util import is_hop_by_hop

from annotated_types import Ge, Interval

from ccell_fake.codes import Code
from ccell_fake.content_types import charset_of
from ccell_fake.model import Operation
from ccell_fake.settings import Count, Seconds, Text

__all__ = [
    "BrokenJsonFault",
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

_WITHOUT_BODY = frozenset({204, 205, 304})
_TOKEN = frozenset(f"!#$%&'*+-.^_`|~{digits}{ascii_letters}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultConditions:
    """Conditions under which a fault applies to a request of the account.

    Attributes:
        operation: The endpoint; any if not set.
        phone: Pattern of a number in a send, `*` for any text; any request if not set.
        skip: Number of matching requests to let pass first.
        times: Number of requests to apply to; all if not set (None, null in JSON).
        rate: Share of the matching requests to apply to, decided by the seed.
        since: From this time on, on the account's clock; from the beginning if not set.
        until: Before this time, on the account's clock; without end if not set.
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
        values = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) != _default_of(one)}
        plain = {name: str(value) if isinstance(value, StrEnum) else value for name, value in values.items()}
        named = (f"{name}={value!r}" for name, value in plain.items())
        printer.text(f"{type(self).__name__}({', '.join(named)})")


def _default_of(one: Field[Any]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


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
    """Answer with another HTTP status, body or headers than the gateway, as a proxy or a firewall before it does.

    Attributes:
        status: The status, from 200 to 599. 204, 205 and 304 have no body.
        body: The body, in the charset of `content_type`, or in UTF-8 if it names none; a page that names the status if
            not set.
        content_type: The Content-Type; empty for none.
        headers: More headers by name, such as `{"Retry-After": "120"}`.
        processed: Process the request all the same.
    """

    status: Annotated[int, Interval(ge=200, le=599)] = 502
    body: str | None = None
    content_type: str = "text/html;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    processed: bool = False
    kind: Literal["http"] = "http"

    main_field: ClassVar[str] = "status"

    @property
    def has_body(self) -> bool:
        """False if HTTP forbids a body with this status."""
        return self.status not in _WITHOUT_BODY

    @property
    def charset(self) -> str:
        """The charset of the body."""
        return charset_of(self.content_type) or "UTF-8"


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
        sent: Number of bytes of the body to send; half of them if not set.
    """

    sent: Count | None = None
    kind: Literal["truncate"] = "truncate"

    main_field: ClassVar[str] = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenXmlFault(FaultConditions):
    """Answer XML with a truncated end tag and a correct Content-Length. It applies only to requests in XML."""

    kind: Literal["broken_xml"] = "broken_xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenJsonFault(FaultConditions):
    """Answer JSON without its last brace and with a correct Content-Length. It applies only to requests in JSON."""

    kind: Literal["broken_json"] = "broken_json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GbkFault(FaultConditions):
    """Answer in GBK instead of UTF-8.

    Attributes:
        declared: Declare GBK in Content-Type and in the XML declaration; otherwise both still declare UTF-8.
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
    | BrokenJsonFault
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
    return (_invalid_page(fault) or _invalid_header(fault)) if isinstance(fault, HttpFault) else None


def _invalid_page(fault: HttpFault) -> tuple[str, str] | None:
    if not _is_header_value(fault.content_type):
        return "content_type", f"must be printable ASCII, got {fault.content_type!r}"
    try:
        codecs.lookup(fault.charset)
        (fault.body or "").encode(fault.charset)
    except LookupError:
        return "content_type", f"must name a known charset, got {fault.charset!r}"
    except UnicodeError:
        return "body", f"must be text that {fault.charset} can encode"
    if fault.body and not fault.has_body:
        return "body", f"must be absent with status {fault.status}"
    return None


def _invalid_header(fault: HttpFault) -> tuple[str, str] | None:
    for name, value in fault.headers.items():
        if name.lower() == "content-type":
            return "headers", f"must not contain {name}; set content_type"
        if name.lower() == "content-length" or is_hop_by_hop(name):
            return "headers", f"must not contain {name}, which the emulator sets"
        if not name or not _TOKEN.issuperset(name):
            return "headers", f"must have names of ASCII letters, digits and hyphens, got {name!r}"
        if not _is_header_value(value):
            return "headers", f"must have values of printable ASCII, got {value!r} for {name}"
    return None


def _is_header_value(text: str) -> bool:
    return text.isascii() and text.isprintable()
