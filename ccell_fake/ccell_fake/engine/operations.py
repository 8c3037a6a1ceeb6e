"""The four endpoints: carry out an accepted request in the ledger, and make the reply."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ccell_fake.clock import in_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.engine import msgids, outcomes, personas, schedule
from ccell_fake.engine.answer import refusal_text
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.number_context import SubmitFacts
from ccell_fake.engine.verdicts import Verdict
from ccell_fake.model import AccountInfo, AnyReply, Operation, Reply, Report, Resp, Upmsg
from ccell_fake.records import MessageRow, ReportRow, Submission

# Constants, because looking up a member of an enum is the costliest step for a number. SQLite stores the plain value
# in a quarter of the time.
_SUCCESS, _SUCCESS_TEXT = Code.SUCCESS.value, Code.SUCCESS.text
_AGAIN_AFTER = timedelta(seconds=60)

_Judged = list[tuple[Verdict, int]]


def send(facts: RequestFacts, ledger: Ledger, seed: int) -> Reply[Resp]:
    """Submit the accepted numbers, and reply a resp for each number (S5, S8)."""
    count = sum(map(len, facts.verdicts))
    serials = msgids.generate_msgids(facts.state.now, count, ledger.reserve_msgids, seed)
    resps: list[Resp] = []
    for submit, verdicts in zip(facts.submits, facts.verdicts, strict=True):
        # `serials` comes last, so that zip takes no more of them than there are verdicts.
        judged = list(zip(verdicts, serials, strict=False))
        messages = _submit(facts, submit, judged, ledger, seed)
        linkid = submit.submit.linkid or ("" if facts.answers["Q24"] == "empty" else None)
        resps.extend(Resp(str(one.msgid), one.phone, one.code, one.info, linkid) for one in messages)
    return Reply(_SUCCESS, _SUCCESS_TEXT, tuple(resps))


def _submit(facts: RequestFacts, submit: SubmitFacts, judged: _Judged, ledger: Ledger, seed: int) -> list[MessageRow]:
    account, now = facts.account.key, facts.state.micros
    scheduled = schedule.parse(submit.submit.sendtime or "")
    due = now if scheduled is None else max(now, to_micros(scheduled))
    submission = Submission(submit.content, submit.submit.linkid or "", submit.submit.spcode or "", now, due)
    names_value = facts.answers["Q12"] == "value"
    messages = [_message(verdict, msgid, names_value=names_value) for verdict, msgid in judged]
    ledger.add_messages(account, submission, messages)
    charge = sum(verdict.charge for verdict, _ in judged)
    ledger.charge(account, charge, due if due > now and facts.answers["Q34"] == "when_sent" else None)
    reports = [*_reports(facts, submission, judged, seed)]
    ledger.add_reports(account, reports)
    if facts.account.policy.outcomes:
        reported = {row.msgid for row in reports}
        unreported = [msgid for verdict, msgid in judged if verdict.refusal is None and msgid not in reported]
        ledger.add_unreported(account, unreported)
    if facts.answers["Q33"] == "refunded":
        _refund(account, judged, reports, ledger)
    if facts.account.policy.personas:
        _add_answers(facts, submission, judged, ledger)
    return messages


def _reports(facts: RequestFacts, submission: Submission, judged: _Judged, seed: int) -> Iterator[ReportRow]:
    """Yield the future reports of the numbers."""
    policy, linkid = facts.account.policy, submission.linkid
    refused_too, names_value = policy.answers["Q11"] == "report", policy.answers["Q12"] == "value"
    for (number, _, refusal), msgid in judged:
        if refusal is None:
            status, info, delay, count = outcomes.decide(number, submission, policy, seed)
            for _ in range(count):
                yield ReportRow(msgid, linkid, number, submission.due + delay, status, info)
        elif refused_too:
            due = submission.submitted_at + in_micros(policy.settings.report_delay)
            yield ReportRow(msgid, linkid, number, due, refusal.code, refusal_text(refusal, names_value=names_value))


def _refund(account: int, judged: _Judged, reports: list[ReportRow], ledger: Ledger) -> None:
    """Schedule the refund of each message that will fail, for when its report comes in."""
    failures = {row.msgid: row.due for row in reports if row.status != outcomes.DELIVERED_STATUS}
    for verdict, msgid in judged:
        if verdict.charge and msgid in failures:
            ledger.charge(account, -verdict.charge, failures[msgid], msgid)


def _add_answers(facts: RequestFacts, submission: Submission, judged: _Judged, ledger: Ledger) -> None:
    """Save the answers of personas."""
    policy = facts.account.policy
    for number in (verdict.number for verdict, _ in judged if verdict.refusal is None):
        persona = personas.persona_of(number, policy.personas)
        upmsg = persona and personas.answer(number, submission, policy.settings, persona)
        if upmsg:
            personas.receive(facts.account.key, upmsg, policy.personas, ledger)


def _message(verdict: Verdict, msgid: int, *, names_value: bool) -> MessageRow:
    number, charge, refusal = verdict
    if refusal is None:
        return MessageRow(msgid, number, _SUCCESS, _SUCCESS_TEXT, charge)
    return MessageRow(msgid, number, refusal.code, refusal_text(refusal, names_value=names_value), charge)


def report(facts: RequestFacts, ledger: Ledger, _seed: int) -> Reply[Report]:
    """Return the reports that have come in, at most 300 (R1 to R3)."""
    now, again = _now_and_again(facts)
    reports = ledger.take_reports(facts.account.key, now, facts.account.policy.limits.reports_per_call, again)
    return Reply(_SUCCESS, _SUCCESS_TEXT, tuple(reports))


def upmsg(facts: RequestFacts, ledger: Ledger, _seed: int) -> Reply[Upmsg]:
    """Return the upstream messages that have come in, at most 100 (U1 to U3)."""
    now, again = _now_and_again(facts)
    upmsgs = ledger.take_upmsgs(facts.account.key, now, facts.account.policy.limits.upmsgs_per_call, again)
    if facts.answers["Q19"] == "yes":
        upmsgs = [replace(one, phone=f" {one.phone}") for one in upmsgs]
    return Reply(_SUCCESS, _SUCCESS_TEXT, tuple(upmsgs))


def _now_and_again(facts: RequestFacts) -> tuple[int, int | None]:
    now: datetime = facts.state.now
    again = to_micros(now + _AGAIN_AFTER) if facts.answers["Q18"] == "again" else None
    return to_micros(now), again


def info(facts: RequestFacts, _ledger: Ledger, _seed: int) -> Reply[AccountInfo]:
    """Return the account: what is left of the balance and of the credit (I1, Q53)."""
    settings, left = facts.account.settings, facts.state.left
    sms_number, login = settings.userid, settings.name or settings.userid
    if facts.answers["Q20"] == "sampled":
        sms_number, login = login, sms_number
    is_normal = settings.status == "normal" and not facts.state.admission.is_locked
    is_negative = facts.answers["Q53"] == "negative"
    account = AccountInfo(
        id=sms_number,
        name=login,
        status="0" if is_normal else "1",
        riches=str(left - settings.credit if is_negative else max(left - settings.credit, 0)),
        credit=str(settings.credit if is_negative else min(left, settings.credit)),
        signcode=settings.signcode if isinstance(settings.signcode, str) else ",".join(settings.signcode),
    )
    return Reply(_SUCCESS, _SUCCESS_TEXT, (account,))


Operate = Callable[[RequestFacts, Ledger, int], AnyReply]
"""Carries out a request of an endpoint, from its facts, the ledger and the seed. Returns the reply."""

OPERATIONS: dict[Operation, Operate] = {
    Operation.SEND: send,
    Operation.REPORT: report,
    Operation.UPMSG: upmsg,
    Operation.INFO: info,
}

DOCUMENTED_BY = {Operation.SEND: "S5", Operation.REPORT: "R1", Operation.UPMSG: "U1", Operation.INFO: "I1"}
"""The clause of a successful answer of each endpoint."""
