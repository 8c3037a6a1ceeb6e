"""Violations of what was published of signed requests (P1 to P3), and other answers to their questions (Q40 to Q44)."""

from datetime import timedelta

import httpx2

from ccell_fake.codes import Code
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.rules import Refusal
from ccell_fake.model import Operation
from ccell_fake.signing import md5, time_of

from .behaviours import judged, recoded, refusing, without
from .carries import carried, query_of
from .mutant import Make, Mutant

_MINUTE = timedelta(minutes=1)


def _without_seqid(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return None if facts.request.sign and not facts.request.seqid else refusal


def _any_digits(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return None if (facts.request.seqid or "").isdecimal() else refusal


def _any_18_characters(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return None if len(facts.request.seqid or "") == 18 else refusal


def _right_if(*parts: str) -> Make:
    """A sign is also right if it is made of these parts: seqid, digest and password."""

    def judge(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
        password = facts.account.settings.password
        given = {"seqid": facts.request.seqid or "", "digest": md5(password), "password": password}
        return None if facts.request.sign == md5("".join(given[part] for part in parts)) else refusal

    return judged("sign", judge)


def _refused(operation: Operation) -> Make:
    def check(facts: RequestFacts) -> Refusal | None:
        is_signed = facts.operation is operation and facts.request.sign
        return Refusal(Code.PARAMETERS_INCOMPLETE, "P3", "it is signed") if is_signed else None

    return refusing("sign", check)


def _few_numbers(facts: RequestFacts) -> Refusal | None:
    is_too_much = facts.request.sign and sum(len(submit.numbers) for submit in facts.submits) > 100
    return Refusal(Code.PARAMETERS_INCOMPLETE, "P3", "too many numbers") if is_too_much else None


def _not_by_get(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if request.method == "GET" and b"sign" in query_of(request) else request


def _not_after(facts: RequestFacts) -> Refusal | None:
    at = time_of(facts.request.seqid or "")
    is_after = at is not None and at > facts.state.now + _MINUTE
    return Refusal(Code.PASSWORD_WRONG, "Q41", "its time is after the present") if is_after else None


def _with_a_time(facts: RequestFacts) -> Refusal | None:
    has_none = facts.request.sign and time_of(facts.request.seqid or "") is None
    return Refusal(Code.PASSWORD_WRONG, "Q41", "it begins with no time") if has_none else None


def _of_either(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return None if facts.request.password else refusal


def _with_no_password(facts: RequestFacts) -> Refusal | None:
    has_both = facts.request.sign and facts.request.password
    return Refusal(Code.PASSWORD_WRONG, "Q43", "it has both") if has_both else None


MUTANTS = (
    Mutant("P1", "A signed request needs no seqid.", behaviour=judged("readable", _without_seqid)),
    Mutant(
        "P1",
        "A seqid may have any number of digits.",
        behaviour=judged("readable", _any_digits),
        killed_by="P1 digits",
    ),
    Mutant(
        "P1",
        "A seqid may have characters that are not digits.",
        behaviour=judged("readable", _any_18_characters),
        killed_by="P1 digits",
    ),
    Mutant("P2", "Signs are not checked.", behaviour=without("sign")),
    Mutant("P2", "The seqid comes last in a sign.", behaviour=_right_if("digest", "seqid")),
    Mutant("P2", "A sign needs no password.", behaviour=_right_if("seqid")),
    Mutant("P2", "A sign needs no seqid.", behaviour=_right_if("digest")),
    Mutant("P3", "A signed info is refused.", behaviour=_refused(Operation.INFO)),
    Mutant("P3", "A signed GET is refused.", carry=carried(_not_by_get)),
    Mutant(
        "P3",
        "A signed request may hold 100 numbers.",
        behaviour=refusing("numbers-per-request", _few_numbers),
        killed_by="P3 limits",
    ),
    *(
        Mutant("P3", f"A signed {operation} is refused.", behaviour=_refused(operation), killed_by="P3 queues")
        for operation in (Operation.REPORT, Operation.UPMSG)
    ),
    Mutant("Q40", "A used seqid gets the system error.", behaviour=recoded("seqid-unused", Code.SYSTEM_ERROR)),
    Mutant("Q40", "A used seqid is accepted.", answers={"Q40": "accept"}),
    Mutant("Q41", "A seqid whose time is after the gateway's is refused.", behaviour=refusing("sign", _not_after)),
    Mutant("Q41", "A seqid that begins with no time is refused.", behaviour=refusing("sign", _with_a_time)),
    Mutant("Q41", "A seqid more than 5 minutes old is refused.", answers={"Q41": "5"}),
    Mutant("Q42", "A wrong sign gets the code of a frozen account.", behaviour=recoded("sign", Code.ACCOUNT_FROZEN)),
    Mutant("Q42", "A wrong sign is malformed.", answers={"Q42": "1001001"}),
    Mutant("Q42", "A wrong sign gets the system error.", answers={"Q42": "1001999"}),
    Mutant("Q43", "Either of password and sign is enough.", behaviour=judged("sign", _of_either)),
    Mutant("Q43", "A request with password and sign is refused.", behaviour=refusing("sign", _with_no_password)),
    Mutant("Q43", "The password decides.", answers={"Q43": "password"}),
    Mutant("Q43", "Password and sign must both be right.", answers={"Q43": "both"}),
    Mutant(
        "Q44", "A password that looks like an md5 may also stand for itself.", behaviour=_right_if("seqid", "password")
    ),
    Mutant("Q44", "A password that looks like an md5 stands for itself.", answers={"Q44": "stored"}),
)
