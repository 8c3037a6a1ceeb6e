"""What a call asks of whoever carries it out: one HTTP exchange, a pause, or to hand something to the caller.

A call is a generator of such steps. The synchronous and the asynchronous client each carry steps out in a loop of their
own; everything else, from the bytes of a request to which error is raised, stands in the generator, once.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ccell_fake.model import Operation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """Exchange this request for its answer, in one of the account's slots (K1).

    Attributes:
        operation: The endpoint.
        method: GET or POST.
        url: Its address, without a query.
        query: What stands behind the question mark, percent-encoded; it holds the password.
        body: The body; it holds the password.
        headers: What else to say.
    """

    operation: Operation
    method: str
    url: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pause:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Hand this to the caller."""

    value: T


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What an HTTP exchange brought, unmasked, and so left out of the repr but for its status.

    Attributes:
        status: The HTTP status.
        headers: Its headers, by lower-case name.
        body: Its body, decompressed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """An HTTP exchange that brought no answer.

    Attributes:
        reason: Why not.
        is_sent: Whether any of the request may have left.
    """

    reason: str = field(repr=False)
    is_sent: bool


StepOutcome = HttpAnswer | Failure
Plan = Generator[Ask | Pause | Part[T], StepOutcome | None, None]
"""A call: it is sent the outcome of each Ask, and None after every other step."""
