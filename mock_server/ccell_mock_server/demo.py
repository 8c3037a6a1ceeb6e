"""Lifelike traffic carried out on an account of its own of an emulator, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ccell_fake import traffic
from ccell_fake.control.client import AccountControl, NotFound
from ccell_fake.control.models import MessageAnswer
from ccell_fake.inspection import State
from ccell_fake.testing.account import Ccell
from ccell_fake.testing.server import Server
from ccell_mock_server import fake
from ccell_mock_server.config.settings import DemoSettings
from ccell_mock_server.emulator import Emulator


@dataclass(frozen=True, slots=True)
class Played:
    """What came of some traffic.

    Attributes:
        userid: The account, which stays.
        password: Its password, which the emulator made.
        submits: How many there were.
        states: How many messages are in which state.
        refused: How many were refused with which code.
        failed: How many reports say which reason for a failure.
        reports_fetched: How many reports were handed out.
        reports_left: How many wait or are still to come.
        replies: What phones sent.
        replies_left: How many of these wait.
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


def begin(emulator: Emulator, demo: DemoSettings) -> str:
    """Play traffic before an emulator listens, unless its store has the account already; the account's password."""
    with fake.server(emulator, lambda: "", is_in_process=True) as server:
        try:
            return server.control.account(demo.userid).password
        except NotFound:
            span = timedelta(hours=demo.hours)
            return play(server, emulator.config.server.seed, demo.messages, span, demo.userid).password


def play(server: Server, seed: int, messages: int, span: timedelta, userid: str = "") -> Played:
    """Open an account and let traffic happen on it, in a time that was over when it was opened.

    Args:
        server: Where.
        seed: What decides the traffic; times and serial numbers are the emulator's.
        messages: How many there are to be.
        span: How long it has taken.
        userid: What the account is called; empty for a userid that is made for it.

    Raises:
        CcellError: It is refused, or it does not get there.
    """
    account = server.control.open(traffic.settings(seed, messages, userid))
    ccell = Ccell(server, account, account.password)
    began = account.clock().now - span
    account.freeze(began)
    with ccell.connect() as client:
        for step in traffic.steps(seed, messages, span):
            account.advance(to=began + step.at)
            match step:
                case traffic.Send():
                    sendtime = None if step.ahead is None else began + step.at + step.ahead
                    client.send(step.phones, step.content, linkid=step.linkid, sendtime=sendtime)
                case traffic.PhoneReply():
                    account.reply(step.phone, step.content)
                case traffic.Poll():
                    client.reports()
                    client.upmsgs()
    account.real()
    return _played(account)


def _played(account: AccountControl) -> Played:
    messages = list(account.messages())
    reports = [report.fetched_at for report in account.reports()]
    upmsgs = [upmsg.fetched_at for upmsg in account.upmsgs()]
    return Played(
        account.userid,
        account.password,
        submits=len({message.linkid for message in messages}),
        states=_counted(message.state for message in messages),
        refused=_counted(message.code for message in messages if message.state is State.REFUSED),
        failed=_counted(_reason(message) for message in messages if message.state is State.FAILED),
        reports_fetched=len(reports) - reports.count(None),
        reports_left=reports.count(None),
        replies=len(upmsgs),
        replies_left=upmsgs.count(None),
    )


def _reason(message: MessageAnswer) -> str:
    return message.report.info if message.report else ""


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, names)).items()))
