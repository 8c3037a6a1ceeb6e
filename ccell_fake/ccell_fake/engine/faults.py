"""Which of the faults that a test arranged strikes a request, and what it does to the answer."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

from ccell_fake.clock import to_micros
from ccell_fake.engine import numbers
from ccell_fake.engine.account import Account
from ccell_fake.engine.chance import share
from ccell_fake.engine.number_context import Arranged
from ccell_fake.engine.patterns import any_of
from ccell_fake.faults import (
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    DribbleFault,
    Fault,
    FaultStatus,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation, Request

_END_TAG_KEPT = 3


class ConnectionEnd(StrEnum):
    """How a connection fares once the answer's body has been sent as far as it is."""

    OPEN = "open"
    CLOSED = "closed"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer leaves.

    Attributes:
        body: The bytes that are announced.
        status: The HTTP status.
        content_type: Its Content-Type; None for that of the gateway's answers.
        sent: How many bytes of the body are sent; None for nothing at all, not even a head.
        ending: What becomes of the connection then.
        piece: How many bytes leave at once; 0 for all.
        seconds: Between two pieces.
    """

    body: bytes
    status: int = 200
    content_type: str | None = None
    sent: int | None = 0
    ending: ConnectionEnd = ConnectionEnd.OPEN
    piece: int = 0
    seconds: float = 0.0

    @property
    def seen(self) -> bytes | None:
        """What the client sees of the body; None where it sees nothing."""
        return None if self.sent is None else self.body[: self.sent]


def whole(body: bytes) -> Delivery:
    """An answer that leaves as it is."""
    return Delivery(body, sent=len(body))


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """A fault that strikes a request.

    Attributes:
        row: The fault.
        arranged: What it does to the numbers of a send.
    """

    row: FaultStatus
    arranged: Arranged


def strike(
    rows: tuple[FaultStatus, ...],
    operation: Operation,
    request: Request,
    account: Account,
    seed: int,
    *,
    is_judged: bool = True,
) -> tuple[tuple[FaultStatus, ...], FaultEffect | None]:
    """The first fault that is for a request and whose turn it is, and the faults as they stand behind it.

    Args:
        rows: The faults of the account.
        operation: The endpoint.
        request: What was asked.
        account: Of whom.
        seed: What decides by chance.
        is_judged: Whether the numbers of the request will be judged; a fault about numbers strikes no other.
    """
    now = account.now
    counted = list(rows)
    for place, row in enumerate(rows):
        if row.left == 0 or not _is_due(row.fault, operation, now):
            continue
        struck = _numbers_struck(row.fault, request, account)
        if (row.fault.phone and not struck) or not (is_judged or not _is_about_numbers(row.fault)):
            continue
        counted[place] = matched = replace(row, matched=row.matched + 1)
        if matched.matched <= row.fault.skip or not _falls(matched, account, seed):
            continue
        left = None if row.left is None else row.left - 1
        counted[place] = replace(matched, applied=row.applied + 1, left=left)
        return tuple(counted), FaultEffect(counted[place], _arranged(row.fault, struck))
    return tuple(counted), None


def _is_due(fault: Fault, operation: Operation, now: int) -> bool:
    if fault.operation not in {None, operation}:
        return False
    # Numbers are there in a send alone.
    if _is_about_numbers(fault) and operation is not Operation.SEND:
        return False
    return (fault.since is None or to_micros(fault.since) <= now) and (
        fault.until is None or now < to_micros(fault.until)
    )


def _is_about_numbers(fault: Fault) -> bool:
    return isinstance(fault, CodeFault) and fault.code.is_about_a_number


def _numbers_struck(fault: Fault, request: Request, account: Account) -> frozenset[str]:
    if fault.phone is None:
        return frozenset()
    pattern = any_of((fault.phone,))
    answers = account.policy.answers
    found = (number for submit in request.submits for number in numbers.divide(submit.phone or "", answers))
    return frozenset(number for number in found if pattern.fullmatch(number))


def _falls(row: FaultStatus, account: Account, seed: int) -> bool:
    rate = row.fault.rate
    return rate >= 1 or share(seed, "fault", account.settings.userid, str(row.fault), str(row.matched)) < rate


def _arranged(fault: Fault, struck: frozenset[str]) -> Arranged:
    if isinstance(fault, CodeFault) and _is_about_numbers(fault):
        return Arranged(code=fault.code, struck=struck if fault.phone else None)
    return Arranged()


def deliver(fault: Fault | None, body: bytes) -> Delivery:  # noqa: PLR0911 - one for each kind
    """How an answer leaves under a fault."""
    match fault:
        case HttpFault():
            text = fault.body
            if text is None:
                title = f"{fault.status} {HTTPStatus(fault.status).phrase}"
                text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            page = text.encode()
            return Delivery(page, fault.status, "text/html;charset=UTF-8", len(page))
        case CloseFault():
            return Delivery(body, sent=None, ending=ConnectionEnd.CLOSED)
        case ResetFault():
            return Delivery(body, sent=None, ending=ConnectionEnd.RESET)
        case TruncateFault():
            sent = len(body) // 2 if fault.sent is None else min(fault.sent, len(body) - 1)
            return Delivery(body, sent=sent, ending=ConnectionEnd.CLOSED)
        case BrokenXmlFault():
            return whole(body[:-_END_TAG_KEPT])
        case GbkFault():
            gbk = body.decode().replace('encoding="UTF-8"', 'encoding="GBK"') if fault.declared else body.decode()
            encoded = gbk.encode("gbk", "xmlcharrefreplace")
            return replace(whole(encoded), content_type="text/xml;charset=GBK" if fault.declared else None)
        case DribbleFault():
            return Delivery(body, sent=len(body), piece=fault.piece, seconds=fault.seconds)
        case _:
            return whole(body)
