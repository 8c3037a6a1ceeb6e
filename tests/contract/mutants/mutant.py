"""A mutant: one small, deliberate violation of the gateway, and the test of the suite that has to notice it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from ccell_fake.codes import Code
from ccell_fake.engine.behaviour import Behaviour

Make = Callable[[], Behaviour]
Carry = Callable[[httpx2.BaseTransport], httpx2.BaseTransport]

LIMITS = (
    "numbers of a request",
    "characters of a content",
    "characters of a signature",
    "reports of a call",
    "upstream messages of a call",
    "days of a sendtime",
    "characters of a single message",
    "characters of a part of a longer one",
    "threads",
    "threads where they are raised",
    "digits of a msgid",
    "excesses until the lock",
    "seconds of the lock's window",
)
"""The figures that a gateway may be off by one in, either way."""


def _as_it_is(transport: httpx2.BaseTransport) -> httpx2.BaseTransport:
    return transport


@dataclass(frozen=True, slots=True)
class Mutant:
    """One violation.

    Attributes:
        violates: The clause or question it is about.
        does: What it does, in one sentence.
        behaviour: What the gateway goes by; made anew for each gateway.
        carry: What stands between the suite and the gateway, and alters what is carried.
        killed_by: The test of the suite that notices it; empty for the one that is named as what is violated.
        because: Why that is a test of another clause or question, where it is.
        limit: Which figure it is off in, and by how much.
        code: The status code it gets wrong.
    """

    violates: str
    does: str
    behaviour: Make = field(default=Behaviour, kw_only=True, repr=False)
    carry: Carry = field(default=_as_it_is, kw_only=True, repr=False)
    killed_by: str = field(default="", kw_only=True)
    because: str = field(default="", kw_only=True)
    limit: tuple[str, int] | None = field(default=None, kw_only=True)
    code: Code | None = field(default=None, kw_only=True)

    @property
    def killer(self) -> str:
        """The name of the test that notices it."""
        return self.killed_by or self.violates
