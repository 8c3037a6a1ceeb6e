"""Play lifelike traffic on an account of an emulator, and summarise the result."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccell_fake import traffic
from ccell_fake.client import Client, RequestRefused
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, NotFound
from ccell_fake.inspection import MessageRecord, State
from ccell_fake.testing.account import Ccell, Server
from ccell_mock_server import fake
from ccell_mock_server.config.settings import DemoSettings
from ccell_mock_server.emulator import Emulator


@dataclass(frozen=True, slots=True)
class TrafficSummary:
    """Counts of the traffic on an account, which stays open.

    Attributes:
        states: Number of messages by state.
        refused: Number of refused messages by code.
        failed: Number of failed messages by the reason in their report.
        reports_left: Number of reports that wait or are still to come.
        replies_left: Number of upstream messages that wait.
    """

    userid: str
    password: str = field(repr=False)
    submits: int
    states: Mapping[str, int]
    refused: Mapping[str, int]
    failed: Mapping[str, int]
    reports_fetched: int
    reports_left: int
    replies: int
    replies_left: int


def open_demo(emulator: Emulator, demo: DemoSettings) -> str:
    """Play the configured traffic unless the store has its account already. Returns the account's password."""
    with fake.server(emulator, lambda: "", is_in_process=True) as server:
        try:
            return server.control.account(demo.userid).password
        except NotFound:
            span = timedelta(hours=demo.hours)
            return play_traffic(server, emulator.config.server.seed or 0, demo.messages, span, demo.userid).password


def play_traffic(server: Server, seed: int, messages: int, span: timedelta, userid: str = "") -> TrafficSummary:
    """Open an account and play traffic of some length on it. The traffic ends when the account was opened.

    The seed decides the traffic. Times and serial numbers come from the emulator. An empty userid is generated.
    Raises CcellError if a request is refused or gets no answer.
    """
    account = server.control.open(traffic.settings(seed, messages, userid))
    ccell = Ccell(server, account, account.password)
    start = account.clock().now - span
    account.freeze(start)
    with ccell.connect() as client:
        for step in traffic.steps(seed, messages, span):
            account.advance(to=start + step.at)
            match step:
                case traffic.Send():
                    sendtime = None if step.ahead is None else start + step.at + step.ahead
                    _send(client, step, sendtime)
                case traffic.PhoneReply():
                    account.reply(step.phone, step.content)
                case traffic.Poll():
                    client.reports()
                    client.upmsgs()
    account.real()
    return _summary(account)


def _send(client: Client, step: traffic.Send, sendtime: datetime | None) -> None:
    try:
        client.send(step.phones, step.content, linkid=step.linkid, sendtime=sendtime)
    except RequestRefused as error:
        # If all numbers are refused, the request may be refused with the code of the first (Q50).
        if not Code(error.code).is_about_a_number:
            raise


def _summary(account: AccountControl) -> TrafficSummary:
    messages = list(account.messages())
    reports = [report.fetched_at for report in account.reports()]
    upmsgs = [upmsg.fetched_at for upmsg in account.upmsgs()]
    return TrafficSummary(
        account.userid,
        account.password,
        submits=len({message.linkid for message in messages}),
        states=_count(message.state for message in messages),
        refused=_count(message.code for message in messages if message.state is State.REFUSED),
        failed=_count(_reason(message) for message in messages if message.state is State.FAILED),
        reports_fetched=len(reports) - reports.count(None),
        reports_left=reports.count(None),
        replies=len(upmsgs),
        replies_left=upmsgs.count(None),
    )


def _reason(message: MessageRecord) -> str:
    return message.report.info if message.report else ""


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, names)).items()))
