"""Reference model of an account at an emulator, independent of the emulator's code.

The model follows the requests that arrived and the time that passed. It derives each message's state, the reports and
upstream messages that are due, and the balance. Open questions have their default answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccell_fake.codes import Code
from ccell_fake.inspection import State
from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import Operation
from ccell_fake.stateful.account_model import (
    DELIVERED,
    FAILED,
    AcceptedMessage,
    AccountModel,
    HandedOut,
    UpstreamReply,
    segments,
)
from ccell_fake.stateful.exchange import AccountSnapshot, GatewayRequest
from ccell_fake.stateful.findings import require
from ccell_fake.stateful.target import AccountDriver


@dataclass(slots=True)
class EmulatorModel(AccountModel):
    """One account, with a clock that only `advance` moves.

    Attributes:
        now: Time of its clock.
        balance: Messages left.
        report_delay: Time from sending to the report.
        refusals: Refused numbers with their codes.
    """

    now: datetime
    balance: int
    report_delay: timedelta
    refusals: Mapping[str, str]
    # When each report comes in, and its place among the reports of the same time.
    _due: dict[str, tuple[datetime, int]] = field(default_factory=dict[str, tuple[datetime, int]], init=False)
    _reports: int = field(default=0, init=False)

    def advance(self, by: timedelta) -> None:
        """Move the clock forwards."""
        self.now += by

    def reply(self, phone: str, content: str) -> None:
        """Add an upstream message."""
        self.replies.append(UpstreamReply(phone, content))

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let a message's report come in now, in place of the expected one."""
        self.accepted[msgid].status = DELIVERED if is_delivered else FAILED
        self._schedule_report(msgid, self.now)

    def record(self, request: GatewayRequest) -> None:
        """Update the model by a request.

        Raises:
            Unfaithful: The gateway must not answer so.
        """
        if request.code != Code.SUCCESS:
            require(not request.submitted, f"{request}, and yet submitted {request.submitted}")
            return
        match request.operation:
            case Operation.SEND:
                self._send(request)
            case Operation.REPORT:
                due = self._due_reports()
                for message in due[: self._page(request, due, REPORTS_PER_CALL, "R2")]:
                    message.report = _arrival(request)
            case Operation.UPMSG:
                replies = self._waiting_replies()
                for reply in replies[: self._page(request, replies, UPMSGS_PER_CALL, "U2")]:
                    reply.handed_out = _arrival(request)
            case _:
                pass

    def _send(self, request: GatewayRequest) -> None:
        numbers = len(request.submitted)
        require(numbers == request.items, f"{numbers} numbers were processed and {request.items} answered (S5)")
        for one in request.submitted:
            is_wanted = one.phone in self.refusals and request.delivery != "code"
            refused = f"{one.phone} was answered {one.code} (S8)"
            require(not is_wanted or one.code == self.refusals[one.phone], refused)
            self._submit(one)
            if one.code == Code.SUCCESS:
                self.balance -= segments(one.content)
                self._schedule_report(one.msgid, (one.sendtime or self.now) + self.report_delay)
        require(self.balance >= 0, "more was accepted than the balance allows (1001002)")

    def _schedule_report(self, msgid: str, at: datetime) -> None:
        self._reports += 1
        self._due[msgid] = at, self._reports

    def _due_reports(self) -> list[AcceptedMessage]:
        waiting = [msgid for msgid, one in self.accepted.items() if one.report is HandedOut.NOT_YET]
        due = [msgid for msgid in waiting if self._due[msgid][0] <= self.now]
        return [self.accepted[msgid] for msgid in sorted(due, key=self._due.__getitem__)]

    def _waiting_replies(self) -> list[UpstreamReply]:
        return [one for one in self.replies if one.handed_out is HandedOut.NOT_YET]

    @staticmethod
    def _page(request: GatewayRequest, due: Sequence[object], most: int, clause: str) -> int:
        """Size of the page that a request must fetch."""
        size = min(len(due), most)
        difference = f"{request.operation} handed out {request.items} of the {len(due)} that are due ({clause})"
        require(size == request.items, difference)
        return size

    @property
    def pending(self) -> tuple[int, int]:
        """Number of reports and of upstream messages that polls must fetch."""
        return len(self._due_reports()), len(self._waiting_replies())

    @property
    def remaining(self) -> timedelta:
        """Time until every report has come in."""
        return max((at - self.now for at, _ in self._due.values()), default=timedelta())

    def state(self, msgid: str) -> State:
        """State of an accepted message."""
        message = self.accepted[msgid]
        if message.submitted.sendtime is not None and message.submitted.sendtime > self.now:
            return State.SCHEDULED
        if self._due[msgid][0] > self.now:
            return State.SENT
        return State.DELIVERED if message.is_delivered else State.FAILED

    def snapshot(self) -> AccountSnapshot:
        """Expected state of the account."""
        return AccountSnapshot(
            self.balance,
            {
                one.msgid: self.state(one.msgid) if one.msgid in self.accepted else State.REFUSED
                for one in self.submitted
            },
            frozenset(
                (msgid, one.status, self._due[msgid][0], one.report is not HandedOut.NOT_YET)
                for msgid, one in self.accepted.items()
            ),
            tuple((one.phone, one.content, one.handed_out is not HandedOut.NOT_YET) for one in self.replies),
        )

    def compare(self, actual: AccountSnapshot) -> None:
        """Compare the account's state with the expected one.

        Raises:
            Unfaithful: They differ; the message names the difference.
        """
        expected = self.snapshot()
        require(actual.left == expected.left, f"{actual.left} messages are left, expected {expected.left}")
        for msgid, state in expected.states.items():
            is_equal = actual.states.get(msgid) == state
            require(is_equal, f"message {msgid} is {actual.states.get(msgid)}, expected {state}")
        extra = actual.states.keys() - expected.states.keys()
        require(not extra, f"messages without a request: {sorted(extra)}")
        difference = sorted(actual.reports ^ expected.reports)[:3]
        require(not difference, f"reports differ: {difference}")
        require(actual.upmsgs == expected.upmsgs, f"upstream messages are {actual.upmsgs}, expected {expected.upmsgs}")


def _arrival(request: GatewayRequest) -> HandedOut:
    return HandedOut.ARRIVED if request.is_readable else HandedOut.LOST


class Environment:
    """Changes an account and its model alike: time passes, reports come in, phones reply."""

    def __init__(self, driver: AccountDriver, model: EmulatorModel) -> None:
        self._driver = driver
        self._model = model

    def advance(self, by: timedelta) -> None:
        """Move the clock forwards."""
        if by > timedelta():
            self._driver.advance(by)
            self._model.advance(by)

    def reply(self, phones: Sequence[str], text: str) -> None:
        """Send a message from each of some phones."""
        for phone in phones:
            self._driver.reply(phone, text)
            self._model.reply(phone, text)

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let the report of a message come in now, if the message is sent and its report was not handed out."""
        is_open = self._model.accepted[msgid].report is HandedOut.NOT_YET
        if is_open and self._model.state(msgid) is not State.SCHEDULED:
            self._driver.report(msgid, is_delivered=is_delivered)
            self._model.report(msgid, is_delivered=is_delivered)

    def settle(self) -> None:
        """Move the clock until every report has come in."""
        self.advance(self._model.remaining)

    def compare(self) -> None:
        """Compare the account with the model.

        Raises:
            Unfaithful: They differ.
        """
        self._model.compare(self._driver.snapshot())
