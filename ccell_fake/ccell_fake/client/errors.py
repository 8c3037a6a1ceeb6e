"""What can go wrong in a call, by what is known of it afterwards: nothing sent, outcome unknown, or refused."""

from ccell_fake.errors import CcellError
from ccell_fake.model import Operation, Report, Resp, Submit, Upmsg

_SHOWN = 10


class ClientError(CcellError):
    """The root of everything a call raises once it has begun; what it had done until then stands in the error.

    Nothing in it holds the password, nor its md5.

    Attributes:
        operation: The endpoint that was called.
        resps: Of a send: what was answered before, in the order of the numbers.
        unanswered: Of a send: numbers of answered requests that the answers left out.
        unknown: Of a send: the submits of which it is not known whether they were submitted. Their reports tell: each
            carries its submit's linkid (A2).
        unsent: Of a send: the submits that were not submitted; `send(error.unsent)` sends them and no others.
        taken: Of a drain: what was taken before. The gateway does not hand it out again.
    """

    def __init__(self, message: str, operation: Operation = Operation.SEND) -> None:
        """Say what went wrong; the call fills in how far it had come."""
        super().__init__(message)
        self.operation: Operation = operation
        self.resps: tuple[Resp, ...] = ()
        self.unanswered: tuple[str, ...] = ()
        self.unknown: tuple[Submit, ...] = ()
        self.unsent: tuple[Submit, ...] = ()
        self.taken: tuple[Report | Upmsg, ...] = ()

    def __str__(self) -> str:
        """What went wrong, and behind it how far the call had come."""
        so_far = [super().__str__()]
        if self.resps:
            so_far.append(f"numbers answered before: {len(self.resps)}")
        if self.unknown:
            shown = ", ".join(self.linkids[:_SHOWN])
            more = f" and {len(self.linkids) - _SHOWN} more" if len(self.linkids) > _SHOWN else ""
            so_far.append(f"unknown: the outcome of linkid {shown}{more}")
        if self.unsent:
            so_far.append(f"submits not sent: {len(self.unsent)}")
        if self.taken:
            so_far.append(f"taken before: {len(self.taken)}")
        return "; ".join(so_far)

    @property
    def linkids(self) -> tuple[str, ...]:
        """The linkids to look for in the reports: those of `unknown`, each once."""
        return tuple(dict.fromkeys(submit.linkid for submit in self.unknown if submit.linkid))


class NotSent(ClientError):
    """The request never left, for want of a connection mostly. To repeat it repeats nothing."""


class OutcomeUnknown(ClientError):
    """The request may have arrived and its answer did not. A send must not be repeated before its reports are in.

    Of a drain, what the answer would have carried is lost: at most 300 reports (R2) or 100 upstream messages (U2).
    """


class UnreadableAnswer(OutcomeUnknown):
    """There was an answer, but not one that the document describes, such as a page of HTML.

    Attributes:
        status: Its HTTP status.
        content_type: Its Content-Type, empty where it has none.
        received: Its body, with the password masked. What a drain could not read stands here and nowhere else.
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
        """Keep the answer as evidence beside the message."""
        super().__init__(message, operation)
        self.status: int = status
        self.content_type: str = content_type
        self.received: bytes = received


class RequestRefused(ClientError):
    """The gateway refused the request as a whole (S7, R4, U4).

    Attributes:
        code: Why, as in the document's table 3.1.
        info: The gateway's text for it.
        rule: The rule that refused, where an emulator names it.
        basis: What that rule rests on, likewise.
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
        """Keep the refusal as evidence beside the message."""
        super().__init__(message, operation)
        self.code: str = code
        self.info: str = info
        self.rule: str = rule
        self.basis: str = basis


class NumbersRefused(ClientError):
    """Numbers of a send were refused (S8), raised only by `Sent.raise_for_refused`; the others are on their way.

    Attributes:
        refused: Their resps.
    """

    def __init__(self, message: str, refused: tuple[Resp, ...] = ()) -> None:
        """Keep the resps of the numbers refused."""
        super().__init__(message)
        self.refused: tuple[Resp, ...] = refused
