"""The reference model: what the gateway must do, in the fewest words that say it, and independent of the emulator.

It is told which requests arrived and how time passed, and knows from that each message's state, the reports and
upstream messages that are due and how they are handed out, and the balance. Where the document is silent it answers as
the registry of open questions does by default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccell_fake.codes import Code
from ccell_fake.inspection import State
from ccell_fake.limits import JOINED_SEGMENT, REPORTS_PER_CALL, SINGLE_SEGMENT, UPMSGS_PER_CALL
from ccell_fake.model import Operation
from ccell_fake.stateful.exchange import AccountSnapshot, GatewayRequest, Submitted
from ccell_fake.stateful.findings import demand
from ccell_fake.stateful.messages import AcceptedMessage, HandedOut, UpstreamReply

_DELIVERED, _FAILED = "0", "-1"
_UTF_16_BYTES = 2


@dataclass(slots=True, kw_only=True)
class Expected(AcceptedMessage):
    """An accepted message whose report will come in.

    Attributes:
        report_due: When it does.
        order: Its place among those of the same instant.
    """

    report_due: datetime
    order: int


@dataclass(slots=True)
class EmulatorModel:
    """One account of the gateway, whose clock moves only when it is moved.

    Attributes:
        now: What its clock shows.
        balance: Messages left.
        report_delay: Between a message's sending and its report.
        refusals: The numbers that are refused, each with its code.
        submitted: Every number that was judged, in order.
        carried: Those that were accepted, by msgid.
        replies: Upstream messages, oldest first.
    """

    now: datetime
    balance: int
    report_delay: timedelta
    refusals: Mapping[str, str]
    submitted: list[Submitted] = field(default_factory=list[Submitted])
    carried: dict[str, Expected] = field(default_factory=dict[str, Expected])
    replies: list[UpstreamReply] = field(default_factory=list[UpstreamReply])
    _reports: int = 0

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    def reply(self, phone: str, content: str) -> None:
        """Let an upstream message come in."""
        self.replies.append(UpstreamReply(phone, content))

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let a message's report come in now; what it was going to be is forgotten."""
        message = self.carried[msgid]
        message.report_due, message.order = self.now, self._next_report()
        message.status = _DELIVERED if is_delivered else _FAILED

    def take(self, exchange: GatewayRequest) -> None:
        """Follow a request.

        Raises:
            Unfaithful: The gateway must not have answered so.
        """
        if exchange.code != Code.SUCCESS:
            demand(not exchange.submitted, f"{exchange}, and yet submitted {exchange.submitted}")
            return
        match exchange.operation:
            case Operation.SEND:
                self._submit(exchange)
            case Operation.REPORT:
                self._hand_out(exchange, self._due(), REPORTS_PER_CALL, "R2")
            case Operation.UPMSG:
                waiting = [one for one in self.replies if one.hand is HandedOut.NOT_YET]
                self._hand_out(exchange, waiting, UPMSGS_PER_CALL, "U2")
            case Operation.INFO:
                pass

    def _submit(self, exchange: GatewayRequest) -> None:
        numbers = len(exchange.submitted)
        demand(numbers == exchange.items, f"{numbers} numbers were judged and {exchange.items} answered (S5)")
        for one in exchange.submitted:
            demand(self._may_be(one, exchange), f"{one.phone} was answered {one.code} (S8)")
            demand(one.msgid not in self.carried, f"msgid {one.msgid} was given out twice (S6)")
            self.submitted.append(one)
            if one.code == Code.SUCCESS:
                self.balance -= _segments(one.content)
                due = (one.sendtime or self.now) + self.report_delay
                self.carried[one.msgid] = Expected(submitted=one, report_due=due, order=self._next_report())
        demand(self.balance >= 0, "more was accepted than the balance allows (1001002)")

    def _may_be(self, one: Submitted, exchange: GatewayRequest) -> bool:
        if exchange.delivery == "code" and one.code in frozenset(Code):
            return Code(one.code).is_about_a_number
        return one.code == self.refusals.get(one.phone, Code.SUCCESS)

    def _due(self) -> list[Expected]:
        due = [one for one in self.carried.values() if one.hand is HandedOut.NOT_YET and one.report_due <= self.now]
        return sorted(due, key=lambda one: (one.report_due, one.order))

    def _hand_out(
        self, exchange: GatewayRequest, due: list[Expected] | list[UpstreamReply], most: int, clause: str
    ) -> None:
        page = due[:most]
        what = f"{exchange.operation} handed out {exchange.items} of the {len(due)} that wait ({clause})"
        demand(len(page) == exchange.items, what)
        for one in page:
            one.hand = HandedOut.ARRIVED if exchange.is_readable else HandedOut.ASTRAY

    def _next_report(self) -> int:
        self._reports += 1
        return self._reports

    @property
    def waiting(self) -> tuple[int, int]:
        """How many reports and how many upstream messages a poll would find."""
        return len(self._due()), sum(one.hand is HandedOut.NOT_YET for one in self.replies)

    @property
    def rest(self) -> timedelta:
        """How long it takes until every report has come in."""
        return max((one.report_due - self.now for one in self.carried.values()), default=timedelta())

    def state(self, msgid: str) -> State:
        """What has become of an accepted message."""
        message = self.carried[msgid]
        if message.submitted.sendtime is not None and message.submitted.sendtime > self.now:
            return State.SCHEDULED
        if message.report_due > self.now:
            return State.SENT
        return State.DELIVERED if message.is_delivered else State.FAILED

    @property
    def standing(self) -> AccountSnapshot:
        """How the account must stand."""
        return AccountSnapshot(
            self.balance,
            {
                one.msgid: self.state(one.msgid) if one.msgid in self.carried else State.REFUSED
                for one in self.submitted
            },
            frozenset(
                (msgid, one.status, one.report_due, one.hand is not HandedOut.NOT_YET)
                for msgid, one in self.carried.items()
            ),
            tuple((one.phone, one.content, one.hand is not HandedOut.NOT_YET) for one in self.replies),
        )

    def compare(self, seen: AccountSnapshot) -> None:
        """Hold how a target stands against how it must stand.

        Raises:
            Unfaithful: They differ; says in what.
        """
        must = self.standing
        demand(seen.left == must.left, f"{seen.left} messages are left, and must be {must.left}")
        for msgid, state in must.states.items():
            is_so = seen.states.get(msgid) == state
            demand(is_so, f"message {msgid} is {seen.states.get(msgid)}, and must be {state}")
        demand(
            len(seen.states) == len(must.states), f"there are messages that no request brought: {seen.states.keys()}"
        )
        odd = sorted(seen.reports ^ must.reports)[:3]
        demand(not odd, f"reports differ: {odd}")
        demand(seen.upmsgs == must.upmsgs, f"upstream messages are {seen.upmsgs}, and must be {must.upmsgs}")


def _segments(content: str) -> int:
    """How many messages a content costs (Q13), counted as the gateway counts characters (Q35)."""
    characters = len(content.encode("utf-16-le")) // _UTF_16_BYTES
    return 1 if characters <= SINGLE_SEGMENT else -(-characters // JOINED_SEGMENT)
