"""Reports, upstream messages and info, violated (R1 to R6, U1 to U5, I1)."""

import re
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2

from ccell_fake.codes import Code
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.operations import OPERATIONS
from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import AccountInfo, AnyReply, Operation, Report

from .behaviours import each, items, limited, operating, overlapping
from .carries import matching, replacing, with_body
from .mutant import Make, Mutant

_REPORT, _UPMSG, _INFO = Operation.REPORT, Operation.UPMSG, Operation.INFO
_EMPTY = '<root return="0" info="成功"></root>'
_REFUSED = f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'


def _losing(operation: Operation) -> Make:
    """Lose the items that do not fit into a call."""

    def operate(facts: RequestFacts, ledger: Ledger, seed: int) -> AnyReply:
        reply = OPERATIONS[operation](facts, ledger, seed)
        while OPERATIONS[operation](facts, ledger, seed).items:
            pass
        return reply

    return operating(operation, operate)


def _failed(**attributes: Any) -> Make:
    """A report of a failure reads otherwise."""

    def alter(report: Report) -> Report:
        return report if report.status == "0" else replace(report, **attributes)

    return each(_REPORT, alter)


def _succeeded(**attributes: Any) -> Make:
    def alter(report: Report) -> Report:
        return replace(report, **attributes) if report.status == "0" else report

    return each(_REPORT, alter)


class _Taking(httpx2.BaseTransport):
    """A call with a wrong password takes the items of the queue, but answers with the refusal."""

    def __init__(self, operation: Operation, transport: httpx2.BaseTransport) -> None:
        self._operation = operation
        self._transport = transport
        self._payload = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._transport.handle_request(request)
        answer = response.read()
        if b'<root return="0"' in answer:
            self._payload = re.sub(rb"<submit[^>]*/>", b"", request.read())
        elif request.url.path == self._operation.path and Code.PASSWORD_WRONG.encode() in answer:
            self._transport.handle_request(with_body(request, self._payload))
        return response


def _masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[7:]}"


def _riches_of_old(account: AccountInfo) -> AccountInfo:
    return replace(account, riches="100000")


def _status_of_old(account: AccountInfo) -> AccountInfo:
    return replace(account, status="正常")


def _spaced(account: AccountInfo) -> AccountInfo:
    return replace(account, signcode=f"【{account.signcode}】")


def _limits(operation: Operation, clause: str, figure: str, name: str, per_call: int) -> tuple[Mutant, ...]:
    off_by_one = (
        Mutant(
            clause,
            f"A call returns {per_call + more} {name}.",
            behaviour=limited(**{figure: per_call + more}),
            limit=(f"{name} of a call", more),
        )
        for more in (-1, 1)
    )
    return (
        *off_by_one,
        Mutant(clause, f"After the first {per_call}, {name} are lost.", behaviour=_losing(operation)),
        Mutant(
            clause,
            f"The next page of {name} begins with the last of the page before.",
            behaviour=overlapping(operation, per_call),
        ),
    )


MUTANTS = (
    Mutant(
        "R1", "A report's phone is masked.", behaviour=each(_REPORT, lambda one: replace(one, phone=_masked(one.phone)))
    ),
    Mutant(
        "R1",
        "A report has linkid 0 if the submit had none.",
        behaviour=each(_REPORT, lambda one: replace(one, linkid=one.linkid or "0")),
    ),
    Mutant("R1", "A report has no linkid if the submit had none.", carry=replacing(' linkid=""', "", _REPORT)),
    Mutant("R1", "A report's status is called return.", carry=replacing(" status=", " return=", _REPORT)),
    Mutant("R1", "A report is twice in an answer.", behaviour=items(_REPORT, lambda reports: (*reports, *reports))),
    Mutant("R1", "A report never comes.", behaviour=items(_REPORT, lambda _: ())),
    *_limits(_REPORT, "R2", "reports_per_call", "reports", REPORTS_PER_CALL),
    Mutant(
        "R3",
        "An empty queue is an error.",
        carry=replacing(_EMPTY, '<root return="1001999" info="接口系统错"></root>', _REPORT),
    ),
    Mutant(
        "R3",
        "The answer for an empty queue has no text.",
        carry=replacing(_EMPTY, '<root return="0" info=""></root>', _REPORT),
    ),
    Mutant(
        "R4",
        "A wrong password gets an empty answer.",
        carry=replacing(_REFUSED, _EMPTY, _REPORT),
    ),
    Mutant(
        "R4",
        "A refused call takes the reports.",
        carry=partial(_Taking, _REPORT),
        killed_by="R4 queue",
    ),
    Mutant(
        "R4",
        "A refusal contains an empty report.",
        carry=replacing(_REFUSED, _REFUSED.replace("></", "> <report/> </"), _REPORT),
    ),
    Mutant("R5", "recvtime has no fraction.", carry=matching(r'(recvtime(?:=|":)"[^"]*)\.0"', r'\1"')),
    Mutant("R5", "recvtime has a T.", carry=matching(r'(recvtime(?:=|":)"[0-9-]*) ', r"\1T")),
    Mutant("R6", "A delivered message has status 1.", behaviour=_succeeded(status="1")),
    Mutant("R6", "A delivered message has its stat as info.", behaviour=_succeeded(info="DELIVRD")),
    Mutant("R6", "A failed message has status 0.", behaviour=_failed(status="0"), killed_by="R6 failed"),
    Mutant("R6", "A failed message has a sentence as info.", behaviour=_failed(info="发送失败"), killed_by="R6 failed"),
    Mutant("U1", "An upstream message's port is empty.", behaviour=each(_UPMSG, lambda one: replace(one, spnumber=""))),
    Mutant(
        "U1",
        "An upstream message's text is cut at its first character.",
        behaviour=each(_UPMSG, lambda one: replace(one, msgcontent=one.msgcontent[:1])),
    ),
    Mutant("U1", "An upstream message's text is called content.", carry=replacing(" msgcontent=", " content=", _UPMSG)),
    Mutant(
        "U1",
        "An upstream message's phone has a country code.",
        behaviour=each(_UPMSG, lambda one: replace(one, phone=f"86{one.phone}")),
    ),
    *_limits(_UPMSG, "U2", "upmsgs_per_call", "upstream messages", UPMSGS_PER_CALL),
    Mutant(
        "U3",
        "An empty queue is an error.",
        carry=replacing(_EMPTY, '<root return="1001999" info="接口系统错"></root>', _UPMSG),
    ),
    Mutant(
        "U3",
        "The answer for an empty queue has no text.",
        carry=replacing(_EMPTY, '<root return="0" info=""></root>', _UPMSG),
    ),
    Mutant(
        "U4",
        "A wrong password gets an empty answer.",
        carry=replacing(_REFUSED, _EMPTY, _UPMSG),
    ),
    Mutant(
        "U4",
        "A refused call takes the upstream messages.",
        carry=partial(_Taking, _UPMSG),
        killed_by="U4 queue",
    ),
    Mutant(
        "U4",
        "A refusal contains an empty upmsg.",
        carry=replacing(_REFUSED, _REFUSED.replace("></", "> <upmsg/> </"), _UPMSG),
    ),
    Mutant("U5", "motime has a fraction.", carry=matching(r'(motime(?:=|":)"[^"]*)"', r'\1.0"')),
    Mutant("U5", "motime has slashes.", carry=matching(r'(motime(?:=|":)")([0-9]+)-([0-9]+)-', r"\1\2/\3/")),
    Mutant(
        "I1",
        "CREDIT comes before RICHES.",
        carry=matching("(<RICHES>.*</RICHES>) (<CREDIT>.*</CREDIT>)", r"\2 \1", _INFO),
    ),
    Mutant("I1", "STATUS is a word.", behaviour=each(_INFO, _status_of_old)),
    Mutant("I1", "RICHES is called BALANCE.", carry=replacing("RICHES", "BALANCE", _INFO)),
    Mutant("I1", "RICHES never decreases.", behaviour=each(_INFO, _riches_of_old), killed_by="I1 balance"),
    Mutant("I1", "SIGNCODE has brackets.", behaviour=each(_INFO, _spaced), killed_by="I1 signature"),
    Mutant(
        "I1",
        "RICHES includes the credit.",
        behaviour=each(_INFO, lambda one: replace(one, riches=f"{int(one.riches) + int(one.credit)}")),
        killed_by="I1 credit",
    ),
)
