"""Items that a client meets in an answer: codes, limits, questions and kinds of faults."""

from collections.abc import Iterator

from ccell_fake.codes import Code
from ccell_fake.engine.account import Account
from ccell_fake.engine.answer import Decision
from ccell_fake.engine.rules import Refusal
from ccell_fake.faults import (
    BrokenJsonFault,
    BrokenXmlFault,
    CloseFault,
    Fault,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation
from ccell_fake.records import Met
from ccell_fixtures.registries import ASSUMPTIONS

_ACCEPTED: tuple[Met, ...] = (("code", Code.SUCCESS.value),)
_LIMITS = {
    ("concurrency", Code.CONCURRENCY_EXCEEDED): "threads",
    ("balance", Code.BALANCE_TOO_SMALL): "balance",
    ("allowed-ips", Code.IP_REFUSED): "allowed_ips",
    ("numbers-per-request", Code.PARAMETERS_INCOMPLETE): "numbers_per_request",
    ("content-length", Code.PARAMETERS_INCOMPLETE): "content_characters",
    ("linkid-length", Code.PARAMETERS_INCOMPLETE): "linkid_characters",
    ("spcode-length", Code.PARAMETERS_INCOMPLETE): "spcode_characters",
    ("signature", Code.SIGNATURE_TOO_LONG): "signature_characters",
    ("sendtime", Code.SENDTIME_TOO_FAR): "schedule_ahead",
}
"""The limit that a rule applies, by the rule and its code."""


def met_by(
    decision: Decision, operation: Operation | None, fault: Fault | None, account: Account | None, *, is_locked: bool
) -> tuple[Met, ...]:
    """Return what a client meets in an answer, each once.

    A fault is met when it applies. Anything else is met only if the client can read the answer.

    Args:
        decision: The decision.
        operation: The endpoint.
        fault: The fault that applies, or None.
        account: The account, or None.
        is_locked: Whether the account was locked when the request came in.
    """
    page = _PAGES.get(operation) if operation else None
    if fault is None and page is None and decision.reply.code == Code.SUCCESS.value and not decision.refusals:
        return _ACCEPTED
    met: list[Met] = []
    if fault is None or _is_readable(fault):
        refusals = decision.refusals
        met += [("code", str(code)) for code in (decision.reply.code, *(one.code for one in refusals))]
        met += [("question", one.ground) for one in refusals if one.ground in ASSUMPTIONS]
        met += [("limit", limit) for one in refusals for limit in _limits(one, account, is_locked=is_locked)]
        if page and account and len(decision.reply.items) >= getattr(account.policy.limits, page):
            met.append(("limit", page))
    if fault is not None:
        met.append(("fault", fault.kind))
    return tuple(dict.fromkeys(met))


_PAGES = {Operation.REPORT: "reports_per_call", Operation.UPMSG: "upmsgs_per_call"}


def _limits(refusal: Refusal, account: Account | None, *, is_locked: bool) -> Iterator[str]:
    limit = _LIMITS.get((refusal.rule, refusal.code))
    if limit is not None:
        yield limit
    if refusal.ground == "Q39":
        yield "userid_characters"
    if refusal.rule == "frozen" and is_locked and account and account.settings.status != "frozen":
        yield "lock"


def _is_readable(fault: Fault) -> bool:
    """Return whether a client can read the gateway's answer under a fault."""
    match fault:
        case HttpFault() | CloseFault() | ResetFault() | TruncateFault() | BrokenXmlFault() | BrokenJsonFault():
            return False
        case GbkFault():
            return fault.declared
        case _:
            return True
