"""Steps of a call: an HTTP exchange, a pause, or a value for the caller.

A call is a generator of steps. The synchronous and the asynchronous client each have a loop that performs steps. The
generator decides everything else, from the bytes of a request to the error that is raised.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ccell_fake.model import Operation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HttpCall:
    """Send this request and wait for its answer, in one of the account's slots (K1).

    Attributes:
        operation: The endpoint.
        method: GET or POST.
        url: Address without a query.
        query: Percent-encoded query; contains the password.
        body: Body; contains the password.
        headers: Headers, without Host and Content-Length.
    """

    operation: Operation
    method: str
    url: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for this number of seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Output(Generic[T]):
    """Hand this value to the caller."""

    value: T


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """HTTP answer. May quote the password, so the repr shows the status only.

    Attributes:
        status: HTTP status.
        headers: Headers by lower-case name.
        body: Decompressed body.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """HTTP exchange without an answer; `is_sent` is true if any of the request may have left."""

    reason: str = field(repr=False)
    is_sent: bool


StepOutcome = HttpAnswer | Failure
Plan = Generator[HttpCall | Pause | Output[T], StepOutcome | None, None]
"""A call. It is sent the outcome of each HttpCall, and None after every other step."""
