"""A mutant: one small, deliberate violation of the gateway, and the test of the suite that has to notice it."""

from collections.abc import Callable, Mapping
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
    "characters of a segment",
    "threads",
    "raised threads",
    "digits of a msgid",
    "excesses before a lock",
    "characters of a linkid",
    "characters of an spcode",
    "characters of a userid",
    "seconds of the lock window",
    "bytes of a query",
)
"""The limits that have a mutant which is one too low, and one which is one too high."""


def _unchanged(transport: httpx2.BaseTransport) -> httpx2.BaseTransport:
    return transport


@dataclass(frozen=True, slots=True)
class Mutant:
    """One violation.

    Attributes:
        violates: The clause or question that it violates.
        does: The violation, in one sentence.
        behaviour: Makes the gateway's behaviour, once for each gateway.
        carry: Wraps the transport between the suite and the gateway.
        killed_by: The check that detects it. By default the one named like `violates`.
        because: Why a check of another clause or question detects it.
        limit: The limit that is wrong, and by how much.
        code: The status code that is wrong.
        answers: The answers to open questions that it gives in place of the defaults.
    """

    violates: str
    does: str
    behaviour: Make = field(default=Behaviour, kw_only=True, repr=False)
    carry: Carry = field(default=_unchanged, kw_only=True, repr=False)
    killed_by: str = field(default="", kw_only=True)
    because: str = field(default="", kw_only=True)
    limit: tuple[str, int] | None = field(default=None, kw_only=True)
    code: Code | None = field(default=None, kw_only=True)
    answers: Mapping[str, str] = field(default_factory=dict[str, str], kw_only=True)

    @property
    def killer(self) -> str:
        """The name of the check that detects it."""
        return self.killed_by or self.violates
