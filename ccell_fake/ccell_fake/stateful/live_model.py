"""A gateway of which nothing is known but what passed: what it accepted, and what it handed out since.

It is asked for no more than the document promises of any gateway, whatever else happens at it meanwhile.
"""

from dataclasses import dataclass, field, replace

from ccell_fake.codes import Code
from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import Operation, Report, Upmsg
from ccell_fake.stateful.exchange import UNANSWERED, GatewayRequest, Submitted
from ccell_fake.stateful.findings import demand
from ccell_fake.stateful.messages import AcceptedMessage, HandedOut, UpstreamReply


@dataclass(slots=True)
class LiveModel:
    """One account of a gateway that nobody has a hold on.

    Attributes:
        submitted: Every number that was judged, in order.
        carried: Those that were accepted, by msgid.
        replies: The upstream messages that were handed out.
    """

    submitted: list[Submitted] = field(default_factory=list[Submitted])
    carried: dict[str, AcceptedMessage] = field(default_factory=dict[str, AcceptedMessage])
    replies: list[UpstreamReply] = field(default_factory=list[UpstreamReply])

    @property
    def waiting(self) -> tuple[int, int]:
        """How many messages that were sent at once have no report yet; of upstream messages nothing is known."""
        return sum(one.hand is HandedOut.NOT_YET and one.submitted.sendtime is None for one in self.carried.values()), 0

    def take(self, exchange: GatewayRequest) -> None:
        """Follow a request.

        Raises:
            Unfaithful: The gateway must not have answered so.
        """
        said = f"the gateway gave {exchange.operation} no answer that can be read; what it did is not known"
        demand(exchange.delivery != UNANSWERED or exchange.operation is Operation.INFO, said)
        for one in exchange.submitted:
            demand(one.msgid not in self.carried, f"msgid {one.msgid} was given out twice (S6)")
            self.submitted.append(one)
            if one.code == Code.SUCCESS:
                self.carried[one.msgid] = AcceptedMessage(one)
        most = {Operation.REPORT: REPORTS_PER_CALL, Operation.UPMSG: UPMSGS_PER_CALL}.get(exchange.operation)
        demand(most is None or exchange.items <= most, f"{exchange.operation} handed out more than {most} (R2, U2)")
        hand = HandedOut.ARRIVED if exchange.is_readable else HandedOut.ASTRAY
        for item in exchange.handed_out:
            match item:
                case Report():
                    self._report(item, hand)
                case Upmsg():
                    self.replies.append(UpstreamReply(item.phone, item.msgcontent, hand))

    def _report(self, report: Report, hand: HandedOut) -> None:
        carried = self.carried.get(report.msgid)
        if carried is None:
            # Of a message that was sent before, or by somebody else.
            return
        demand(carried.hand is HandedOut.NOT_YET, f"the report of {report.msgid} was handed out twice (R2)")
        self.carried[report.msgid] = replace(carried, status=report.status, hand=hand)
