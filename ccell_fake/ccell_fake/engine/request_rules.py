"""The rules about a whole request, in order (1001xxx, Q6)."""

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ccell_fake.codes import Code
from ccell_fake.engine import credentials, magic, verdicts
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.credentials import needs_sign
from ccell_fake.engine.number_rules import closing_phrase, spcode_refusal
from ccell_fake.engine.rules import Refusal, Rule, join_items
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import LONGEST_ACCEPTED, Limits
from ccell_fake.model import Operation, Request
from ccell_fake.signing import is_seqid, time_of


@dataclass(frozen=True, slots=True)
class UnknownAccountFacts:
    """A request that is unreadable or names an unknown account.

    Attributes:
        request: The request, or why it is unreadable.
        answers: The server's answers.
        has_magic_userids: Whether magic userids work.
        limits: The limits.
    """

    request: Request | UnreadableRequest
    answers: Answers
    has_magic_userids: bool
    limits: Limits


def _malformed(answers: Answers, ground: str, explanation: str) -> Refusal:
    return Refusal(Code(answers["Q2"]), ground, explanation)


def _without_credentials(request: Request, answers: Answers) -> Refusal | None:
    given = {"userid": request.userid, "password": request.password}
    if needs_sign(request, answers):
        given = {"userid": request.userid, "seqid": request.seqid}
    elif request.seqid and not request.password:
        given = {"userid": request.userid, "sign": request.sign}
    for name, value in given.items():
        if not value:
            needed = "userid and password" if name == "password" else "userid, and password or seqid and sign,"
            return _malformed(answers, "Q2", f"the request has no {name}; {needed} are required")
    if needs_sign(request, answers) and not is_seqid(request.seqid or ""):
        explanation = f"the seqid {request.seqid!r} must be 18 digits: yyMMddHHmmss and six of the client's own"
        return _malformed(answers, "P1", explanation)
    return None


def _magic_userid(facts: UnknownAccountFacts) -> Refusal | None:
    if not facts.has_magic_userids or isinstance(facts.request, UnreadableRequest):
        return None
    code = magic.USERIDS.get(facts.request.userid or "")
    if code is None:
        return None
    return Refusal(code, magic.GROUND, f"userid {code} is a magic number; every endpoint answers it with that code")


def _readable(facts: UnknownAccountFacts) -> Refusal | None:
    if isinstance(facts.request, UnreadableRequest):
        return _malformed(facts.answers, facts.request.ground, facts.request.reason)
    return _without_credentials(facts.request, facts.answers)


def _account_known(facts: UnknownAccountFacts) -> Refusal | None:
    if isinstance(facts.request, UnreadableRequest) or not facts.request.userid:
        return None
    characters, allowed = len(facts.request.userid), facts.limits.userid_characters
    if characters > allowed and facts.answers["Q39"] == "refuse":
        explanation = f"the userid has {characters} characters; there may be {allowed}"
        return _malformed(facts.answers, "Q39", explanation)
    return Refusal(Code(facts.answers["Q1"]), "Q1", f"there is no account {facts.request.userid!r}")


def _credentials(facts: RequestFacts) -> Refusal | None:
    return _without_credentials(facts.request, facts.answers)


def _magic_number(facts: RequestFacts) -> Refusal | None:
    for submit in facts.submits:
        for number in submit.numbers:
            code = magic.REQUEST_PHONES.get(number)
            if code is not None:
                explanation = f"{number} is a magic number; its request is refused with {code}"
                return Refusal(code, magic.GROUND, explanation, number)
    return None


def _ip(facts: RequestFacts) -> Refusal | None:
    networks = facts.account.policy.networks
    if any(peer in network for network in networks for peer in _addresses(facts.peer)):
        return None
    origin = facts.peer or "a peer whose address the server does not name"
    explanation = f"the request came from {origin}; allowed addresses: {join_items(map(str, networks))}"
    return Refusal(Code.IP_REFUSED, "C1", explanation, facts.peer)


def _addresses(peer: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Yield the addresses of a peer. Behind some WSGI servers it has none, or the path of a socket."""
    with suppress(ValueError):
        address = ipaddress.ip_address(peer.partition("%")[0])
        yield address
        # A listener on :: sees IPv4 peers as ::ffff:a.b.c.d.
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            yield address.ipv4_mapped


def _password(facts: RequestFacts) -> Refusal | None:
    # A missing password is the business of the rule `readable`, wherever that comes in the order.
    if not facts.request.password or credentials.is_password_right(facts.request, facts.account.policy):
        return None
    # Only Q43 = both looks at the password of a request that has a sign as well.
    is_signed = credentials.needs_sign(facts.request, facts.answers)
    is_sign_right = is_signed and credentials.is_sign_right(facts.request, facts.account.policy)
    explanation = f"the password is not that of account {facts.account.settings.userid}"
    return Refusal(Code.PASSWORD_WRONG, "Q43" if is_sign_right else "C1", explanation)


def _sign(facts: RequestFacts) -> Refusal | None:
    if credentials.is_sign_right(facts.request, facts.account.policy):
        return None
    wrong = credentials.what_is_wrong_with_sign(facts.request, facts.account.policy)
    explanation = f"the sign is not that of account {facts.account.settings.userid}: {wrong}"
    ground = credentials.question_of_sign(facts.request, facts.account.policy)
    return Refusal(Code(facts.answers["Q42"]), ground, explanation)


def _seqid_age(facts: RequestFacts) -> Refusal | None:
    allowed = credentials.greatest_age(facts.answers)
    if allowed is None or not needs_sign(facts.request, facts.answers):
        return None
    seqid = facts.request.seqid or ""
    at = time_of(seqid)
    if at is not None and abs(facts.state.now - at) <= allowed:
        return None
    minutes = int(allowed.total_seconds() // 60)
    explanation = (
        f"the seqid {seqid} must begin with a time of Asia/Shanghai within {minutes} minutes of"
        f" {facts.state.now:%Y-%m-%d %H:%M:%S}, the account's time"
    )
    return Refusal(Code.PASSWORD_WRONG, "Q41", explanation, seqid)


def _seqid_unused(facts: RequestFacts) -> Refusal | None:
    if facts.state.is_seqid_new:
        return None
    explanation = f"the seqid {facts.request.seqid} was used by an earlier request; each request needs its own"
    return Refusal(Code.PASSWORD_WRONG, "Q40", explanation, facts.request.seqid or "")


def _frozen(facts: RequestFacts) -> Refusal | None:
    if facts.operation is Operation.INFO and facts.answers["Q23"] == "info":
        return None
    if facts.account.settings.status == "frozen":
        return Refusal(Code.ACCOUNT_FROZEN, "Q23", "the account is frozen; set status = normal")
    if facts.state.admission.is_locked:
        return Refusal(
            Code.ACCOUNT_FROZEN,
            "Q23",
            "the account is locked because it exceeded its thread limit too often; unlock it",
        )
    return None


def _concurrency(facts: RequestFacts) -> Refusal | None:
    admission, limit = facts.state.admission, facts.account.settings.max_concurrency
    if not admission.is_over:
        return None
    counted = "to this endpoint" if facts.answers["Q21"] == "endpoint" else "of the account"
    explanation = f"{admission.in_progress} other requests {counted} are in progress; there may be {limit} at a time"
    # Q21 decides if the limit is only reached over all endpoints together.
    ground = "K2" if admission.at_endpoint >= limit else "Q21"
    return Refusal(Code.CONCURRENCY_EXCEEDED, ground, explanation, str(admission.in_progress))


def _has_submits(facts: RequestFacts) -> Refusal | None:
    if facts.operation is not Operation.SEND or facts.submits:
        return None
    return _malformed(facts.answers, "Q2", "the root has no submit; a send needs one or more")


def _submits_complete(facts: RequestFacts) -> Refusal | None:
    for place, submit in enumerate(facts.submits, 1):
        if submit.missing:
            explanation = f"submit {place} has no {submit.missing}; phone and content are required"
            return Refusal(Code.PARAMETERS_INCOMPLETE, "Q3", explanation)
    return None


def _spcode(facts: RequestFacts) -> Refusal | None:
    return next((spcode_refusal(one.submit.spcode, facts.answers) for one in facts.submits if one.submit.spcode), None)


def _numbers_per_request(facts: RequestFacts) -> Refusal | None:
    count = sum(len(submit.numbers) for submit in facts.submits)
    allowed = facts.account.policy.limits.numbers_per_request
    if count <= allowed:
        return None
    explanation = f"the request has {count} numbers; 2.1.2.1 allows {allowed} over all its submits"
    return Refusal(Code.PARAMETERS_INCOMPLETE, "Q4", explanation, str(count))


def _content_length(facts: RequestFacts) -> Refusal | None:
    allowed = facts.account.policy.limits.content_characters
    for place, submit in enumerate(facts.submits, 1):
        if submit.length > allowed:
            explanation = f"the content of submit {place} has {submit.length} characters; 2.1.2.1 allows {allowed}"
            return Refusal(Code.PARAMETERS_INCOMPLETE, "Q5", explanation, str(submit.length))
    return None


def _linkid_length(facts: RequestFacts) -> Refusal | None:
    return _too_long(facts, "Q37", "linkid", facts.account.policy.limits.linkid_characters)


def _spcode_length(facts: RequestFacts) -> Refusal | None:
    return _too_long(facts, "Q38", "spcode", facts.account.policy.limits.spcode_characters)


def _too_long(facts: RequestFacts, question: str, name: Literal["linkid", "spcode"], limit: int) -> Refusal | None:
    allowed = limit if facts.answers[question] == "refuse" else LONGEST_ACCEPTED
    for place, submit in enumerate(facts.request.submits, 1):
        characters = len((submit.linkid if name == "linkid" else submit.spcode) or "")
        if characters > allowed:
            explanation = f"the {name} of submit {place} has {characters} characters; there may be {allowed}"
            return Refusal(Code.PARAMETERS_INCOMPLETE, question, explanation, str(characters))
    return None


def _closing_phrase(facts: RequestFacts) -> Refusal | None:
    submits = (submit for submit in facts.submits if not submit.missing)
    return next((refusal for submit in submits if (refusal := closing_phrase(submit))), None)


def _balance(facts: RequestFacts) -> Refusal | None:
    if facts.operation is not Operation.SEND:
        return None
    cost = verdicts.total_cost(facts.verdicts)
    if cost <= facts.state.available:
        return None
    explanation = f"the request costs {cost} messages; balance and credit cover {facts.state.available}"
    return Refusal(Code.BALANCE_TOO_SMALL, "Q14", explanation, str(cost))


CONCURRENCY = "concurrency"
"""The name of the rule whose refusals count towards the lock."""

STRANGER_STAGES = {
    "parse": Rule("readable", _readable),
    "account": Rule("account-known", _account_known),
}
STAGES: dict[str, tuple[Rule[RequestFacts], ...]] = {
    "parse": (Rule("readable", _credentials),),
    "account": (),
    "ip": (Rule("allowed-ips", _ip, lambda policy: bool(policy.networks)),),
    "password": (
        Rule("password", _password),
        Rule("sign", _sign),
        Rule("seqid-age", _seqid_age, lambda policy: credentials.greatest_age(policy.answers) is not None),
        Rule("seqid-unused", _seqid_unused, lambda policy: policy.answers["Q40"] == "refuse"),
    ),
    "frozen": (Rule("frozen", _frozen),),
    "concurrency": (Rule(CONCURRENCY, _concurrency),),
    "completeness": (
        Rule("has-submits", _has_submits),
        Rule("submits-complete", _submits_complete, lambda policy: policy.answers["Q3"] == "request"),
        Rule("spcode-opened", _spcode, lambda policy: policy.spcode_refuses == "request"),
    ),
    "limits": (
        Rule("numbers-per-request", _numbers_per_request, lambda policy: policy.answers["Q4"] != "accept"),
        Rule("content-length", _content_length, lambda policy: policy.answers["Q5"] != "accept"),
        Rule("linkid-length", _linkid_length),
        Rule("spcode-length", _spcode_length),
    ),
    "closing_phrase": (
        Rule("closing-phrase", _closing_phrase, lambda policy: policy.closing_phrase_refuses == "request"),
    ),
    "balance": (Rule("balance", _balance, lambda policy: policy.answers["Q14"] != "number"),),
}
"""The rules of each stage of Q6."""


def for_unknown_accounts(answers: Answers) -> tuple[Rule[UnknownAccountFacts], ...]:
    """Return the rules about a request of an unknown account, in the order of Q6. One of them refuses it."""
    stages = (STRANGER_STAGES[stage] for stage in answers.orders["Q6"] if stage in STRANGER_STAGES)
    return (Rule("magic-userid", _magic_userid), *stages)


def in_order(answers: Answers) -> tuple[Rule[RequestFacts], ...]:
    """Return the rules about a request of an account: magic numbers first, then the order of Q6."""
    magic_number = Rule("magic-number", _magic_number, lambda policy: policy.settings.magic_numbers)
    return (magic_number, *(rule for stage in answers.orders["Q6"] for rule in STAGES[stage]))
