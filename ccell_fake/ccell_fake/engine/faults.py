"""Choose the fault that applies to a request, and apply it to the answer."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

from ccell_fake.clock import to_micros
from ccell_fake.engine import numbers
from ccell_fake.engine.account import Account
from ccell_fake.engine.chance import share
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.number_context import Arranged
from ccell_fake.faults import (
    BrokenJsonFault,
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
from ccell_fake.model import Door, Operation, Request
from ccell_fake.patterns import Patterns

_END_TAG_KEPT = 3
_PHRASES = {one.value: one.phrase for one in HTTPStatus}


class ConnectionEnd(StrEnum):
    """The end of a connection after the body was sent."""

    OPEN = "open"
    CLOSED = "closed"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The form in which an answer leaves.

    Attributes:
        body: The announced bytes.
        status: The HTTP status.
        content_type: The Content-Type; None for the gateway's own, empty for none.
        sent: How many bytes of the body are sent; None to send no answer at all.
        ending: What happens to the connection afterwards.
        piece: Bytes per piece; 0 to send everything at once.
        seconds: Seconds between two pieces.
        headers: More headers.
        door: The door through which the request came.
    """

    body: bytes
    status: int = 200
    content_type: str | None = None
    sent: int | None = 0
    ending: ConnectionEnd = ConnectionEnd.OPEN
    piece: int = 0
    seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    door: Door = Door.XML

    @property
    def received(self) -> bytes | None:
        """The part of the body that the client receives; None if there is no answer."""
        return None if self.sent is None else self.body[: self.sent]

    @property
    def status_line(self) -> str:
        """The status with its phrase, such as `502 Bad Gateway`."""
        return f"{self.status} {_PHRASES.get(self.status, 'Unknown')}"


def whole(body: bytes) -> Delivery:
    """Deliver a body without a fault."""
    return Delivery(body, sent=len(body))


def _http_answer(fault: HttpFault) -> Delivery:
    empty = Delivery(b"", fault.status, "", headers=tuple(fault.headers.items()))
    if not fault.has_body:
        return empty
    title = empty.status_line
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    body = (page if fault.body is None else fault.body).encode(fault.charset)
    return replace(empty, body=body, content_type=fault.content_type, sent=len(body))


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """The fault that applies to a request.

    Attributes:
        row: The fault.
        arranged: Its effect on the numbers of a send.
    """

    row: FaultStatus
    arranged: Arranged


def choose_fault(
    rows: tuple[FaultStatus, ...],
    arrival: Arrival,
    account: Account,
    now: int,
    seed: int,
    *,
    is_judged: bool = True,
) -> tuple[tuple[FaultStatus, ...], FaultEffect | None]:
    """Choose the first fault that matches a request and is due.

    Returns the faults with their counts after the request, and the chosen one.

    Args:
        rows: The faults of the account.
        arrival: The request.
        account: The account.
        now: The account's time, in microseconds since 1970.
        seed: Seed for all randomness.
        is_judged: Whether the numbers will be judged. Faults about numbers apply only then.
    """
    counted = list(rows)
    operation, request = arrival.parsed
    for place, row in enumerate(rows):
        if row.left == 0 or not _is_due(row.fault, operation, arrival.envelope.door, now):
            continue
        matching = _matching_numbers(row.fault, request, account)
        if (row.fault.phone and not matching) or not (is_judged or not _is_about_numbers(row.fault)):
            continue
        counted[place] = matched = replace(row, matched=row.matched + 1)
        if matched.matched <= row.fault.skip or not _is_chosen(matched, account, seed):
            continue
        left = None if row.left is None else row.left - 1
        counted[place] = replace(matched, applied=row.applied + 1, left=left)
        return tuple(counted), FaultEffect(counted[place], _arranged(row.fault, matching))
    return tuple(counted), None


def _is_due(fault: Fault, operation: Operation, door: Door, now: int) -> bool:
    if fault.operation not in {None, operation} or door_of(fault) not in {None, door}:
        return False
    # Only a send has numbers.
    if _is_about_numbers(fault) and operation is not Operation.SEND:
        return False
    return (fault.since is None or to_micros(fault.since) <= now) and (
        fault.until is None or now < to_micros(fault.until)
    )


def door_of(fault: Fault) -> Door | None:
    """Return the only door that a fault is about, or None."""
    match fault:
        case BrokenXmlFault():
            return Door.XML
        case BrokenJsonFault():
            return Door.JSON
        case _:
            return None


def _is_about_numbers(fault: Fault) -> bool:
    return isinstance(fault, CodeFault) and fault.code.is_about_a_number


def _matching_numbers(fault: Fault, request: Request, account: Account) -> frozenset[str]:
    if fault.phone is None:
        return frozenset()
    pattern = Patterns((fault.phone,))
    answers = account.policy.answers
    all_numbers = (one for submit in request.submits for one in numbers.split_numbers(submit.phone or "", answers))
    return frozenset(number for number in all_numbers if pattern.match(number))


def _is_chosen(row: FaultStatus, account: Account, seed: int) -> bool:
    rate = row.fault.rate
    return rate >= 1 or share(seed, "fault", account.settings.userid, str(row.fault), str(row.matched)) < rate


def _arranged(fault: Fault, matching: frozenset[str]) -> Arranged:
    if isinstance(fault, CodeFault) and _is_about_numbers(fault):
        return Arranged(code=fault.code, refused=matching if fault.phone else None)
    return Arranged()


def apply_fault(fault: Fault | None, body: bytes, door: Door = Door.XML) -> Delivery:
    """Deliver an answer, to a request that came through a door, under a fault."""
    delivery = _under(fault, body, door)
    return delivery if door is Door.XML else replace(delivery, door=door)


def _under(fault: Fault | None, body: bytes, door: Door) -> Delivery:  # noqa: PLR0911 - one return per kind
    match fault:
        case HttpFault():
            return _http_answer(fault)
        case CloseFault():
            return Delivery(body, sent=None, ending=ConnectionEnd.CLOSED)
        case ResetFault():
            return Delivery(body, sent=None, ending=ConnectionEnd.RESET)
        case TruncateFault():
            sent = len(body) // 2 if fault.sent is None else min(fault.sent, len(body) - 1)
            return Delivery(body, sent=sent, ending=ConnectionEnd.CLOSED)
        case BrokenXmlFault():
            return whole(body[:-_END_TAG_KEPT])
        case BrokenJsonFault():
            return whole(body[:-1])
        case GbkFault():
            gbk = body.decode().replace('encoding="UTF-8"', 'encoding="GBK"') if fault.declared else body.decode()
            encoded = gbk.encode("gbk", "backslashreplace" if door is Door.JSON else "xmlcharrefreplace")
            declared = "application/json;charset=GBK" if door is Door.JSON else "text/xml;charset=GBK"
            return replace(whole(encoded), content_type=declared if fault.declared else None)
        case DribbleFault():
            return Delivery(body, sent=len(body), piece=fault.piece, seconds=fault.seconds)
        case _:
            return whole(body)
