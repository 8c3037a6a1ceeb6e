"""Errors of calls, one class for each state of knowledge: not sent, outcome unknown, refused."""

from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.errors import CcellError
from ccell_fake.model import Malformed, Operation, Report, Resp, Submit, Upmsg

_SHOWN = 10


class ClientError(CcellError):
    """Base class of every error that a call raises after it has begun; it carries what the call did before.

    It contains neither the password nor its md5.

    Attributes:
        operation: The endpoint.
        resps: Send: resps received before the error, in the order of the numbers.
        unanswered: Send: numbers of answered requests without a resp.
        malformed: Send: resps that violate the document, as they came.
        unknown: Send: submits whose outcome is unknown. Their reports tell: each has its submit's linkid (A2).
        unsent: Send: submits that were not submitted; `send(error.unsent)` sends exactly these.
        taken: Fetch: items fetched before the error. The gateway does not hand them out again.
    """

    def __init__(self, message: str, operation: Operation = Operation.SEND) -> None:
        super().__init__(message)
        self.operation: Operation = operation
        self.resps: tuple[Resp, ...] = ()
        self.unanswered: tuple[str, ...] = ()
        self.malformed: tuple[Malformed, ...] = ()
        self.unknown: tuple[Submit, ...] = ()
        self.unsent: tuple[Submit, ...] = ()
        self.taken: tuple[Report | MalformedReport | Upmsg | MalformedUpmsg, ...] = ()

    def __str__(self) -> str:
        """The message, then the call's progress."""
        parts = [super().__str__()]
        if self.resps:
            parts.append(f"numbers answered before: {len(self.resps)}")
        if self.unknown:
            listed = ", ".join(self.linkids[:_SHOWN])
            more = f" and {len(self.linkids) - _SHOWN} more" if len(self.linkids) > _SHOWN else ""
            parts.append(f"outcome unknown for linkid {listed}{more}")
        if self.unsent:
            parts.append(f"submits not sent: {len(self.unsent)}")
        if self.taken:
            parts.append(f"fetched before: {len(self.taken)}")
        return "; ".join(parts)

    @property
    def linkids(self) -> tuple[str, ...]:
        """Linkids of `unknown`, without duplicates: look for them in the reports."""
        return tuple(dict.fromkeys(submit.linkid for submit in self.unknown if submit.linkid))


class NotSent(ClientError):
    """The request did not leave, usually because no connection was made. It is safe to send it again."""


class ClientUnusable(NotSent):
    """The client cannot send here, and nothing was sent. The message says why and what to do.

    It was closed, it belongs to another event loop, or its transport has connections of the process that forked.
    """


class OutcomeUnknown(ClientError):
    """The request may have arrived, but no answer did. Do not repeat a send before its reports are in.

    A fetch that fails so loses the items of its answer: at most 300 reports (R2) or 100 upstream messages (U2).
    """


class UnreadableAnswer(OutcomeUnknown):
    """The answer is not one that the document describes, such as an HTML page.

    Attributes:
        status: HTTP status.
        content_type: Content-Type, empty if there is none.
        received: Body with the password masked. Items that could not be read exist nowhere else.
    """

    def __init__(
        self,
        message: str,
        operation: Operation = Operation.SEND,
        *,
        status: int = 0,
        content_type: str = "",
        received: bytes = b"",
    ) -> None:
        super().__init__(message, operation)
        self.status: int = status
        self.content_type: str = content_type
        self.received: bytes = received


class RequestRefused(ClientError):
    """The gateway refused the whole request (S7, R4, U4).

    Attributes:
        code: Status code of the document's table 3.1.
        info: The gateway's text for the code.
        rule: Rule that refused; only an emulator names it.
        basis: Basis of that rule; only an emulator names it.
    """

    def __init__(
        self,
        message: str,
        operation: Operation = Operation.SEND,
        *,
        code: str = "",
        info: str = "",
        rule: str = "",
        basis: str = "",
    ) -> None:
        super().__init__(message, operation)
        self.code: str = code
        self.info: str = info
        self.rule: str = rule
        self.basis: str = basis


class NumbersRefused(ClientError):
    """Some numbers of a send were refused (S8); the others are accepted. Only `Sent.raise_for_refused` raises it.

    Attributes:
        refused: Resps of the refused numbers.
    """

    def __init__(self, message: str, refused: tuple[Resp, ...] = ()) -> None:
        super().__init__(message)
        self.refused: tuple[Resp, ...] = refused

    def __str__(self) -> str:
        """The message, which has the counts."""
        return str(self.args[0])
