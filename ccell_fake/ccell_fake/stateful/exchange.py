"""What can be seen of a gateway from outside: the requests that reached it, and how an account stands."""

from dataclasses import dataclass
from datetime import datetime

from ccell_fake.inspection import State
from ccell_fake.model import Operation, Report, Upmsg

WHOLE = "whole"
"""The delivery of an answer that no fault struck."""

UNANSWERED = "unanswered"
"""That of an exchange in which the gateway itself gave no answer that can be read."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One number of a send that the gateway judged.

    Attributes:
        msgid: The serial number it got.
        phone: The number.
        content: The text.
        sendtime: When it is to be sent, aware; None for at once.
        code: 0, or the code it was refused with.
    """

    msgid: str
    phone: str
    content: str
    sendtime: datetime | None
    code: str


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One request that reached the gateway.

    Attributes:
        operation: The endpoint.
        code: 0, or the code the request was refused with; empty where a fault kept it from being judged.
        delivery: How the answer left: WHOLE, UNANSWERED, or the kind of the fault that struck.
        items: How many resps, reports or upstream messages the answer had.
        submitted: The numbers of a send.
        handed_out: The reports or upstream messages themselves, where they can be seen.
    """

    operation: Operation
    code: str
    delivery: str
    items: int
    submitted: tuple[Submitted, ...] = ()
    handed_out: tuple[Report | Upmsg, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether the answer reached whoever asked, as the document describes it."""
        return self.delivery in {WHOLE, "code", "delay", "dribble"}

    def __str__(self) -> str:
        """One line, for people."""
        answer = f"answered {self.code} with {self.items}" if self.code else "not judged"
        return f"{self.operation}: {answer}{'' if self.is_readable else f', but the answer was lost ({self.delivery})'}"


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """How an account stands. Targets and the reference model say it in the same terms, so that they can be compared.

    Attributes:
        left: Messages left to be sent, those reserved for scheduled ones taken off.
        states: The state of each message, by msgid.
        reports: Of each report, those to come included: msgid, status, when it comes in, whether it was handed out.
        upmsgs: Of each upstream message, oldest first: phone, text, whether it was handed out.
    """

    left: int
    states: dict[str, State]
    reports: frozenset[tuple[str, str, datetime, bool]]
    upmsgs: tuple[tuple[str, str, bool], ...]
