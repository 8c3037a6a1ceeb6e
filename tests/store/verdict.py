"""The verdict of a chaos run: what the clients were told, against what the gateway remembers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from store.load import Fetch, Log, Send

from ccell_fake.inspection import AccountActivity, MessageRecord, ReportRecord

# An emulator may answer after its client has given up.
_LATE = timedelta(seconds=90)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the gateway remembers of an account at the end."""

    userid: str
    messages: Sequence[MessageRecord]
    reports: Sequence[ReportRecord]
    activity: AccountActivity
    spent: int


@dataclass(slots=True)
class Verdict:
    """What was found.

    Attributes:
        figures: Figures by name.
        faults: A sentence for each broken guarantee.
    """

    figures: dict[str, object] = field(default_factory=dict[str, object])
    faults: list[str] = field(default_factory=list[str])

    def expect(self, guarantee: str, exceptions: Iterable[object]) -> None:
        """Note the exceptions to a guarantee."""
        found = list(exceptions)
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            self.faults.append(f"{guarantee}: not so for {', '.join(map(str, found[:_SHOWN]))}{more}")


def judge(logs: Sequence[Log], accounts: Sequence[Remembered]) -> Verdict:
    """Compare the outcomes that clients saw with what the gateway remembers."""
    verdict = Verdict()
    sends = [one for log in logs for one in log.sends]
    stored = {message.msgid: message for account in accounts for message in account.messages if message.code == "0"}
    _judge_messages(verdict, sends, accounts, stored)
    _judge_order(verdict, logs)
    _judge_reports(verdict, [one for log in logs for one in log.fetches], accounts)
    for account in accounts:
        charged = sum(message.charge for message in account.messages)
        verdict.expect(
            "the balance is what the messages cost",
            [] if charged == account.spent else [f"{account.userid} (spent {account.spent}, charged {charged})"],
        )
        taken = account.activity.in_progress
        verdict.expect("no slot stays taken", [f"{account.userid} ({taken})"] if taken else [])
    return verdict


def _judge_messages(
    verdict: Verdict, sends: Sequence[Send], accounts: Sequence[Remembered], stored: dict[str, MessageRecord]
) -> None:
    every = [message for account in accounts for message in account.messages]
    verdict.expect("a msgid is unique", _repeated(message.msgid for message in every))
    verdict.expect(
        "a number of a send is stored once", _repeated(f"{message.linkid} {message.phone}" for message in every)
    )
    answered = {resp.msgid: (send, resp) for send in sends for resp in send.accepted or ()}
    verdict.expect("a msgid is answered once", _repeated(resp.msgid for send in sends for resp in send.accepted or ()))
    verdict.expect("an answered message exists", [msgid for msgid in answered if msgid not in stored])
    verdict.expect(
        "an answered message has its number and linkid",
        [
            msgid
            for msgid, (send, resp) in answered.items()
            if (one := stored.get(msgid))
            and (one.userid, one.phone, one.linkid) != (send.userid, resp.phone, send.linkid)
        ],
    )
    unknown = {send.linkid for send in sends if send.accepted is None}
    unanswered = [one for one in stored.values() if one.msgid not in answered]
    verdict.expect("a message that exists was answered", [one for one in unanswered if one.linkid not in unknown])
    verdict.figures |= {
        "messages answered": len(answered),
        "messages of sends without an answer, accepted": len(unanswered),
    }


def _judge_order(verdict: Verdict, logs: Sequence[Log]) -> None:
    broken: list[str] = []
    for log in logs:
        last: dict[str, int] = defaultdict(int)
        for send in log.sends:
            for resp in send.accepted or ():
                if int(resp.msgid) <= last[send.userid]:
                    broken.append(f"{resp.msgid} after {last[send.userid]}")
                last[send.userid] = int(resp.msgid)
    verdict.expect("msgids increase in the order of answers", broken)


def _judge_reports(verdict: Verdict, fetches: Sequence[Fetch], accounts: Sequence[Remembered]) -> None:
    handed = Counter(msgid for fetch in fetches for msgid in fetch.msgids)
    verdict.expect("a report is handed out once", [msgid for msgid, times in handed.items() if times > 1])
    lost: dict[str, list[Fetch]] = defaultdict(list)
    for fetch in fetches:
        if fetch.lost:
            lost[fetch.userid].append(fetch)
    apart = 0
    for account in accounts:
        accepted = {message.msgid for message in account.messages if message.code == "0"}
        reports = {report.msgid: report for report in account.reports}
        verdict.expect("an accepted message has a report", accepted - reports.keys())
        for report in account.reports:
            if report.msgid in handed:
                continue
            at = report.fetched_at
            if at and any(one.lost and one.began <= at <= one.lost + _LATE for one in lost[account.userid]):
                apart += 1
            else:
                verdict.expect("no report is lost", [f"{report.msgid} ({report.state}, fetched at {at})"])
    known = {report.msgid for account in accounts for report in account.reports}
    verdict.expect("a report that was handed out exists", handed.keys() - known)
    verdict.figures |= {
        "reports in answers that arrived": sum(handed.values()),
        "reports in answers that did not arrive": apart,
    }


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]
