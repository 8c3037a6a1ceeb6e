"""Handle a request of the gateway, from any transport: parse it, answer it, count it and log it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ccell_fake.engine.account import Account
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import Arrival
from ccell_fake.engine.faults import Delivery
from ccell_fake.engine.gateway import Gateway
from ccell_fake.errors import EffectUnknown, StoreUnavailable, UnreadableRequest
from ccell_fake.limits import UNCHUNKED_BYTES
from ccell_fake.model import Door, Envelope, Request
from ccell_fake.signing import is_seqid
from ccell_fake.wire import doors, payload, secrets
from ccell_fake.wire.doors import Endpoint
from ccell_fake.wire.json_requests import DEFAULT_READING, Call, Reading
from ccell_fake.wire.payload import Payload
from ccell_mock_server.config.accounts import is_public, is_userid
from ccell_mock_server.gateway.request_log import log_answer, log_failure, log_unavailable
from ccell_mock_server.metrics import Metrics

NO_OPERATION = "none"
"""The operation of a request of none, in metrics and log."""

_SHORTEST_SECRET = 6
_USUAL_USERID = re.compile("[0-9]{6}")
# RFC 9110, section 8.6.
_WITHOUT_LENGTH = frozenset({204, 304})


class ReceivedRequest(NamedTuple):
    """An unparsed request.

    Attributes:
        endpoint: The endpoint that its path names.
        body: The body, or the reason why it could not be read.
        received_at: When the request was received, by `elapsed`.
        client: The client's socket. A disconnect ends the waits of the request.
        grounds: The observation or question that its path rests on, if any.
    """

    endpoint: Endpoint
    method: str
    query: bytes
    body: bytes | UnreadableRequest
    content_type: str
    peer: str
    received_at: float
    client: object = None
    grounds: tuple[str, ...] = ()


def handle(gateway: Gateway, metrics: Metrics, received: ReceivedRequest) -> Answer:
    """Answer a request, count it, and log it."""
    arrival = parse(gateway, received)
    try:
        answer = gateway.answer(arrival)
    except StoreUnavailable as error:
        log_unavailable(arrival.operation, error)
        rule = "unknown_effect" if isinstance(error, EffectUnknown) else "failure"
        answer = gateway.answer_failure(arrival, str(error), rule=rule, is_recorded=False)
    except Exception:  # noqa: BLE001 - it is logged, and the gateway answers with an error of its own
        log_failure(arrival.operation)
        answer = gateway.answer_failure(arrival)
    operation = arrival.operation or NO_OPERATION
    metrics.count(operation, answer.reply.code, answer.duration / 1_000_000)
    log_answer(arrival, answer, _account(gateway.accounts, arrival))
    return answer


def _account(accounts: Accounts, arrival: Arrival) -> Account | None:
    request = arrival.request
    return accounts.remembered(request.userid or "") if isinstance(request, Request) else None


def is_chunked(gateway: Gateway, delivery: Delivery) -> bool:
    """Return whether an answer leaves in chunks, without its length (Q59)."""
    return len(delivery.body) > UNCHUNKED_BYTES and gateway.accounts.answers["Q59"] == "chunked"


def answer_headers(answer: Answer, *, has_length: bool = True) -> list[tuple[str, str]]:
    """Return the HTTP headers of an answer, with its rule and basis."""
    headers = delivery_headers(answer.delivery, has_length=has_length)
    # The rule may be a member of Operation. Some servers refuse subclasses of str, as PEP 3333 allows.
    return [*headers, ("X-CCell-Rule", str(answer.rule)), ("X-CCell-Basis", answer.basis)]


def delivery_headers(delivery: Delivery, *, has_length: bool = True) -> list[tuple[str, str]]:
    """Return the HTTP headers of a body, and those that a fault adds."""
    has_length = has_length and delivery.status not in _WITHOUT_LENGTH
    length = [("Content-Length", str(len(delivery.body)))] if has_length else []
    content_type = doors.CONTENT_TYPES[delivery.door] if delivery.content_type is None else delivery.content_type
    return [*length, *([("Content-Type", content_type)] if content_type else []), *delivery.headers]


def parse(gateway: Gateway, received: ReceivedRequest) -> Arrival:
    """Parse a request. Its password and its sign are replaced in its text."""
    accounts = gateway.accounts
    located, call = _parse(received, accounts.answers)
    known = tuple(_secrets(call.request, accounts))
    hide = partial(secrets.hide, secrets=known) if known else str
    readable = call.envelope.door if isinstance(call.request, Request) else None
    text = hide(secrets.legible(located.data, accounts, readable))
    return Arrival(
        call.operation,
        call.request,
        received.peer,
        call.envelope,
        located.place or "",
        text,
        received.received_at,
        received.client,
        hide,
        (*received.grounds, *located.grounds, *call.grounds),
    )


def _parse(received: ReceivedRequest, answers: Answers) -> tuple[Payload, Call]:
    """Return the payload of a request, or the text found instead, and what it says."""
    body, (door, operation) = received.body, received.endpoint
    found = Payload(body or b"" if isinstance(body, bytes) else b"", None)
    try:
        if isinstance(body, UnreadableRequest):
            raise body
        found = payload.find(received.method, received.query, body, received.content_type, answers, door=door)
        return found, _read(received, found.data, answers)
    except UnreadableRequest as error:
        text = found.data or unquote_to_bytes(received.query)
        return replace(found, data=text), Call(Envelope(door), operation, error)


def _read(received: ReceivedRequest, data: bytes, answers: Answers) -> Call:
    reading = DEFAULT_READING
    if received.endpoint[0] is Door.JSON:
        reading = Reading(
            is_lenient=answers["Q47"] == "accept",
            is_gbk=answers["Q45"] == "gbk",
            decodes_content=answers["Q46"] == "decoded",
            has_info=answers["Q48"] == "yes",
        )
    return doors.parse_request(received.endpoint, data, encoding=answers["Q36"], reading=reading)


def _secrets(request: Request | UnreadableRequest, accounts: Accounts) -> Iterator[str]:
    """Yield the passwords that may be anywhere in a request, even instead of its userid."""
    account = accounts.remembered(request.userid or "") if isinstance(request, Request) else None
    candidates = [account] if account else accounts.known()
    if isinstance(request, Request):
        if request.userid and account is None and _is_swapped(request, candidates):
            yield request.userid
        # A seqid that is none may be a sign or a password.
        seqid = None if is_seqid(request.seqid or "") else request.seqid
        for secret in (request.password, request.sign, seqid):
            if secret and _is_unmistakable(secret):
                yield secret
    yield from passwords_of(candidates)


def passwords_of(accounts: Iterable[Account]) -> Iterator[str]:
    """Yield the passwords of accounts, except those that any text may contain."""
    for account in accounts:
        if _is_unmistakable(account.settings.password):
            yield account.settings.password


def _is_unmistakable(password: str) -> bool:
    """Return whether a text that contains the password is likely to reveal it."""
    return len(password) >= _SHORTEST_SECRET and not is_public(password)


def _is_swapped(request: Request, accounts: list[Account]) -> bool:
    """Return whether the userid of an unknown account is likely to be a password, and the password a userid."""
    if any(account.settings.userid == request.userid for account in accounts):
        return False
    userid, password = request.userid or "", request.password or ""
    is_number = _USUAL_USERID.fullmatch(password) is not None and not is_public(password)
    is_password = any(userid in account.policy.passwords for account in accounts)
    is_userid_of_one = any(account.settings.userid == password for account in accounts)
    return not is_public(userid) and (is_password or is_number or is_userid_of_one or not is_userid(userid))
