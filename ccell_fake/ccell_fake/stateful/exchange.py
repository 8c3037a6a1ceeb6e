"""Observations of a gateway from outside: requests that reached it, and snapshots of an account."""

from dataclasses import dataclass
from datetime import datetime

from ccell_fake.inspection import State
from ccell_fake.model import Operation, Report, Upmsg

WHOLE = "whole"
"""Delivery of an answer without a fault."""

UNANSWERED = "unanswered"
"""Delivery of an exchange in which the gateway itself gave no readable answer."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One number of a send that the gateway processed.

    Attributes:
        msgid: Its message id.
        phone: The number.
        content: The text.
        sendtime: Scheduled time, aware; None for at once.
        code: 0, or the code of its refusal.
        linkid: The sender's reference.
    """

    msgid: str
    phone: str
    content: str
    sendtime: datetime | None
    code: str
    linkid: str = ""


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One request that reached the gateway.

    Attributes:
        operation: The endpoint; None if it reached none.
        code: 0, or the code of the refusal; empty if a fault kept the request from being processed.
        delivery: How the answer left: WHOLE, UNANSWERED, or the kind of the fault.
        items: Number of resps, reports or upstream messages in the answer.
        submitted: Numbers of a send.
        handed_out: Reports or upstream messages of the answer, if known.
        explanation: Why the gateway refused something, if known.
        text: The request, if known.
        at: Time of the request on the account's clock, if known.
    """

    operation: Operation | None
    code: str
    delivery: str
    items: int
    submitted: tuple[Submitted, ...] = ()
    handed_out: tuple[Report | Upmsg, ...] = ()
    explanation: str = ""
    text: str = ""
    at: datetime | None = None

    @property
    def is_readable(self) -> bool:
        """True if the integration received an answer as the document describes it."""
        return self.delivery in {WHOLE, "code", "delay", "dribble"}

    @property
    def is_refused_by_fault(self) -> bool:
        """True if a fault of the step gave the answer's code."""
        return self.delivery == "code"

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.operation}: answered {self.code} with {self.items}"


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """State of an account, from a target or from the reference model, for comparison.

    Attributes:
        left: Messages left, without those reserved for scheduled messages.
        states: State of each message, by msgid.
        reports: Reports, including future ones: msgid, status, time it comes in, whether it was handed out.
        upmsgs: Upstream messages, oldest first: phone, text, whether it was handed out.
    """

    left: int
    states: dict[str, State]
    reports: frozenset[tuple[str, str, datetime, bool]]
    upmsgs: tuple[tuple[str, str, bool], ...]
