"""Models of an account that follow the requests at a gateway; the model of a live service knows nothing else."""

from dataclasses import dataclass, field
from enum import Enum

from ccell_fake.codes import Code
from ccell_fake.limits import JOINED_SEGMENT, REPORTS_PER_CALL, SINGLE_SEGMENT, UPMSGS_PER_CALL
from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.stateful.exchange import UNANSWERED, GatewayRequest, Submitted
from ccell_fake.stateful.findings import require

DELIVERED, FAILED = "0", "-1"
_UTF_16_BYTES = 2


class HandedOut(Enum):
    """State of an item: not handed out, handed out in a readable answer, or handed out in a lost one."""

    NOT_YET = 0
    ARRIVED = 1
    LOST = 2


@dataclass(slots=True)
class AcceptedMessage:
    """A message that the gateway accepted, with the status of its report."""

    submitted: Submitted
    status: str = DELIVERED
    report: HandedOut = HandedOut.NOT_YET

    @property
    def is_delivered(self) -> bool:
        """True if its report says that it reached the phone."""
        return self.status == DELIVERED


@dataclass(slots=True)
class UpstreamReply:
    """An upstream message."""

    phone: str
    content: str
    handed_out: HandedOut = HandedOut.NOT_YET


@dataclass(slots=True)
class AccountModel:
    """One account of a gateway.

    Attributes:
        submitted: Every number that the gateway processed, in order.
        accepted: Accepted messages by msgid.
        replies: Upstream messages, oldest first.
    """

    submitted: list[Submitted] = field(default_factory=list[Submitted], init=False)
    accepted: dict[str, AcceptedMessage] = field(default_factory=dict[str, AcceptedMessage], init=False)
    replies: list[UpstreamReply] = field(default_factory=list[UpstreamReply], init=False)

    @property
    def pending(self) -> tuple[int, int]:
        """Number of reports and of upstream messages that a poll may fetch."""
        raise NotImplementedError

    @property
    def handed_out(self) -> tuple[int, int]:
        """Number of reports and of upstream messages that polls have fetched."""
        reports = sum(one.report is not HandedOut.NOT_YET for one in self.accepted.values())
        return reports, sum(one.handed_out is not HandedOut.NOT_YET for one in self.replies)

    def record(self, request: GatewayRequest) -> None:
        """Update the model by a request.

        Raises:
            Unfaithful: The gateway must not answer so.
        """
        raise NotImplementedError

    def _submit(self, one: Submitted) -> None:
        require(one.msgid not in self.accepted, f"msgid {one.msgid} was given out twice (S6)")
        self.submitted.append(one)
        if one.code == Code.SUCCESS:
            self.accepted[one.msgid] = AcceptedMessage(one)


@dataclass(slots=True)
class LiveModel(AccountModel):
    """Account of a live service. It requires only what the document promises of any gateway at any time."""

    @property
    def pending(self) -> tuple[int, int]:
        """Number of unscheduled messages without a report; nothing is known of upstream messages."""
        waiting = [
            one for one in self.accepted.values() if one.report is HandedOut.NOT_YET and one.submitted.sendtime is None
        ]
        return len(waiting), 0

    def record(self, request: GatewayRequest) -> None:
        """Update the model by a request.

        Raises:
            Unfaithful: The gateway must not answer so.
        """
        unreadable = f"the gateway gave no readable answer to {request.operation}; its effect is unknown"
        require(request.delivery != UNANSWERED or request.operation is Operation.INFO, unreadable)
        for one in request.submitted:
            self._submit(one)
        limits: dict[Operation | None, int] = {Operation.REPORT: REPORTS_PER_CALL, Operation.UPMSG: UPMSGS_PER_CALL}
        most = limits.get(request.operation)
        require(most is None or request.items <= most, f"{request.operation} handed out more than {most} (R2, U2)")
        handed_out = HandedOut.ARRIVED if request.is_readable else HandedOut.LOST
        for item in request.handed_out:
            match item:
                case Report():
                    self._report(item, handed_out)
                case Upmsg():
                    self.replies.append(UpstreamReply(item.phone, item.msgcontent, handed_out))

    def _report(self, report: Report, handed_out: HandedOut) -> None:
        message = self.accepted.get(report.msgid)
        # A report without a message belongs to an earlier run or to another sender.
        if message is not None:
            require(message.report is HandedOut.NOT_YET, f"the report of {report.msgid} was handed out twice (R2)")
            message.status, message.report = report.status, handed_out


def segments(content: str) -> int:
    """Return how many messages a content costs (Q13). Characters are UTF-16 units (Q35)."""
    characters = len(content.encode("utf-16-le", errors="surrogatepass")) // _UTF_16_BYTES
    return 1 if characters <= SINGLE_SEGMENT else -(-characters // JOINED_SEGMENT)
