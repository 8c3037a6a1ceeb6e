"""Open questions, answered as no answer of the registry has it, or as another has it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx2

from ccell_fake.codes import Code
from ccell_fake.contract.needs import ARRANGED_DEAD
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.number_context import NumberFacts, SubmitFacts
from ccell_fake.engine.rules import Refusal
from ccell_fake.limits import (
    CONTENT_CHARACTERS,
    JOINED_SEGMENT,
    LINKID_CHARACTERS,
    NUMBERS_PER_REQUEST,
    SCHEDULE_AHEAD,
    SIGNATURE_CHARACTERS,
    SINGLE_SEGMENT,
    SPCODE_CHARACTERS,
    USERID_CHARACTERS,
)
from ccell_fake.model import AccountInfo, AnyReply, Operation, Reply, Report, Resp, Upmsg

from .behaviours import (
    afterwards,
    charging,
    each,
    items,
    judged,
    limited,
    recoded,
    refusing,
    repeating,
    settled,
    swapped,
    without,
)
from .carries import (
    by_rule,
    carried,
    matching,
    posted,
    query_of,
    replacing,
    target_of,
    with_answer,
    with_query,
)
from .mutant import Make, Mutant

_SEND, _REPORT, _UPMSG, _INFO = Operation
_GBK = b'encoding="GBK"'
_LOCK = "excesses before a lock", "seconds of the lock window"
_SEGMENTS = "characters of a single message", "characters of a segment"


def _with_code(code: Code) -> str:
    return f'return="{code}" info="{code.text}"'


def _system_error_without_payload(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    if request.method == "GET" or request.read():
        return response
    body = response.read().decode().replace(_with_code(Code.PARAMETERS_INCOMPLETE), _with_code(Code.SYSTEM_ERROR))
    return with_answer(response, body.encode())


def _unauthorised(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    is_refused = Code.PASSWORD_WRONG.text.encode() in response.read()
    return httpx2.Response(401, headers=response.headers, content=response.read()) if is_refused else response


def _without_plus(request: httpx2.Request) -> httpx2.Request:
    return with_query(request, query_of(request).replace(b"+", b"")) if request.method == "GET" else request


def _misdecoded(body: bytes) -> bytes:
    """A payload that declares GBK is read as ISO 8859-1."""
    return _as_utf_8(body).decode("latin-1").encode() if _GBK in body else body


def _as_utf_8(body: bytes) -> bytes:
    return body.replace(_GBK, b'encoding="UTF-8"')


def _decoded(body: bytes) -> bytes:
    return _as_utf_8(body).decode("gbk", "replace").encode() if _GBK in body else body


def _decoded_once_more(body: bytes) -> bytes:
    return unquote_to_bytes(body.replace(b"+", b" ")) if body.startswith(b"<") else body


def _with_stray(instead: bytes, request: httpx2.Request) -> httpx2.Request:
    """A % without two digits arrives as something else."""
    if request.method != "GET":
        return request
    return with_query(request, re.sub(rb"%(?![0-9A-Fa-f]{2})", instead, query_of(request)))


def _not_found(part: bytes, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    """A path that contains a text reaches no endpoint."""
    return httpx2.Response(404) if part in target_of(request).partition(b"?")[0] else request


def _at_most(size: int, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    """A longer query is refused, and one that is not is read whatever its length."""
    query = query_of(request)
    if len(query) > size:
        return httpx2.Response(400)
    return httpx2.Request("POST", request.url, content=unquote_to_bytes(query)) if len(query) > 8192 else request


def _with_length(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    return with_answer(response, response.read())


def _template_mismatch(facts: RequestFacts, _: Ledger, reply: Reply[Resp]) -> AnyReply:
    """A content that is too long is of no template."""
    is_long = {number for submit in facts.submits if submit.length > CONTENT_CHARACTERS for number in submit.numbers}
    code = Code.TEMPLATE_MISMATCH
    resps = (replace(resp, code=code, info=code.text) if resp.phone in is_long else resp for resp in reply.items)
    return replace(reply, items=tuple(resps))


def _first_500(_: RequestFacts, __: Ledger, reply: Reply[Resp]) -> AnyReply:
    return replace(reply, items=reply.items[:NUMBERS_PER_REQUEST])


def _any_eleven_digits(facts: NumberFacts, refusal: Refusal | None) -> Refusal | None:
    return None if len(facts.number) == 11 else refusal


def _dead(facts: RequestFacts, _: Reply[Resp]) -> int:
    """One message less for each that is going to fail."""
    return -2 * sum(verdict.number == ARRANGED_DEAD for submit in facts.verdicts for verdict in submit)


def _scheduled(facts: RequestFacts, _: Reply[Resp]) -> int:
    return sum(bool(submit.sendtime) for submit in facts.request.submits)


def _one_for_each(_: RequestFacts, reply: Reply[Resp]) -> int:
    return sum(resp.is_accepted for resp in reply.items)


def _refused_are_charged(_: RequestFacts, reply: Reply[Resp]) -> int:
    return sum(not resp.is_accepted for resp in reply.items)


def _one_msgid(resps: tuple[Resp, ...]) -> tuple[Resp, ...]:
    first = {resp.phone: resp.msgid for resp in reversed(resps)}
    return tuple(replace(resp, msgid=first[resp.phone]) for resp in resps)


def _in_utc(report: Report) -> Report:
    return replace(report, recvtime=report.recvtime - timedelta(hours=8))


def _never_removed(operation: Operation) -> Make:
    """Each call returns all items of the account again."""

    def make() -> Behaviour:
        kept: dict[int, tuple[Any, ...]] = {}

        def act(facts: RequestFacts, _: Ledger, reply: Reply[Any]) -> AnyReply:
            kept[facts.account.key] = (*kept.get(facts.account.key, ()), *reply.items)
            return replace(reply, items=kept[facts.account.key])

        return afterwards(operation, act)()

    return make


def _first_again() -> Behaviour:
    """A minute after its first answer, an account gets the first report of that answer again, once."""
    first: dict[int, tuple[datetime, Report]] = {}
    again: set[int] = set()

    def act(facts: RequestFacts, _: Ledger, reply: Reply[Report]) -> AnyReply:
        key, now = facts.account.key, facts.state.now
        if reply.items:
            first.setdefault(key, (now, reply.items[0]))
        if key not in first or key in again or now - first[key][0] < timedelta(minutes=1):
            return reply
        again.add(key)
        return replace(reply, items=(first[key][1], *reply.items))

    return afterwards(_REPORT, act)()


def _padded(upmsg: Upmsg) -> Upmsg:
    return replace(upmsg, phone=f"{upmsg.phone} ")


def _frozen_for_sending(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return None if facts.operation is _SEND else refusal


def _in_front(facts: SubmitFacts) -> Refusal | None:
    is_there = facts.content.startswith("【")
    return None if is_there else Refusal(Code.SIGNATURE_MISSING, "Q27", "there is no signature in front")


def _code_of_the_first(_: RequestFacts, __: Ledger, reply: Reply[Resp]) -> AnyReply:
    is_for_all = not any(resp.is_accepted for resp in reply.items)
    return replace(reply, code=reply.items[0].code, info=reply.items[0].info) if is_for_all else reply


def _in_ascii_brackets(facts: SubmitFacts) -> Refusal | None:
    is_there = facts.content.startswith("[")
    return Refusal(Code.FIXED_SIGNATURE_OTHER, "Q52", "the signature is in ASCII brackets") if is_there else None


def _shown_twice(info: AccountInfo) -> AccountInfo:
    return replace(info, riches="-1") if (info.riches, info.credit) == ("0", "0") else info


def _exchanged(_: SubmitFacts, refusal: Refusal | None) -> Refusal | None:
    codes = {
        Code.FIXED_SIGNATURE_MISSING: Code.FIXED_SIGNATURE_OTHER,
        Code.FIXED_SIGNATURE_OTHER: Code.FIXED_SIGNATURE_MISSING,
    }
    return refusal and replace(refusal, code=codes.get(refusal.code, refusal.code))


def _system_error_for_digests(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    is_digest = facts.request.password != facts.account.settings.password and not refusal
    return Refusal(Code.SYSTEM_ERROR, "Q30", "an md5") if is_digest else refusal


def _wide(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    """A character beyond the first plane counts as 4."""
    longest = max(
        (len(submit.content) + 3 * sum(one > "\uffff" for one in submit.content) for submit in facts.submits), default=0
    )
    return Refusal(Code.PARAMETERS_INCOMPLETE, "Q35", "too long") if longest > CONTENT_CHARACTERS else refusal


def _narrow_in_signatures(_: SubmitFacts, refusal: Refusal | None) -> Refusal | None:
    """A character beyond the first plane counts as 1 where it stands in a signature."""
    is_too_long = refusal is not None and refusal.code is Code.SIGNATURE_TOO_LONG
    return None if refusal and is_too_long and len(refusal.value) <= SIGNATURE_CHARACTERS else refusal


def _off(figure: str, place: int, limits: tuple[str, str], at: int) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(
            "Q13",
            f"The number of {limits[place]} is {at + more}.",
            behaviour=limited(**{figure: at + more}),
            killed_by="Q13 limits",
            limit=(limits[place], more),
        )
        for more in (-1, 1)
    )


def _lock(setting: str, place: int, at: int) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(
            "Q22",
            f"The number of {_LOCK[place]} is {at + more}.",
            behaviour=settled(**{setting: at + more}),
            limit=(_LOCK[place], more),
        )
        for more in (-1, 1)
    )


def _longer(question: str, what: str, figure: str, at: int) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(
            question,
            f"{what.capitalize()} may have {at + more} characters.",
            behaviour=limited(**{figure: at + more}),
            limit=(f"characters of {what}", more),
        )
        for more in (-1, 1)
    )


MUTANTS = (
    Mutant(
        "Q1",
        "An unknown userid gets the system error.",
        carry=by_rule("account-known", _with_code(Code.PASSWORD_WRONG), _with_code(Code.SYSTEM_ERROR)),
    ),
    Mutant(
        "Q2",
        "A missing payload gets the system error.",
        carry=carried(answered=_system_error_without_payload),
    ),
    Mutant("Q3", "Missing attributes of a submit are not checked.", behaviour=without("submits-complete")),
    Mutant(
        "Q4",
        "If there are more than 500 numbers, the first 500 get the message.",
        behaviour=afterwards(_SEND, _first_500, without("numbers-per-request")),
    ),
    Mutant(
        "Q5",
        "A content that is too long refuses its numbers only.",
        behaviour=afterwards(_SEND, _template_mismatch, without("content-length")),
    ),
    Mutant("Q6", "The balance is checked before the closing phrase.", behaviour=swapped("balance", "closing-phrase")),
    Mutant("Q7", "Black words are checked before templates.", behaviour=swapped("black-words", "template")),
    Mutant("Q8", "Any 11 digits are recognised.", behaviour=judged("number-recognised", _any_eleven_digits)),
    Mutant(
        "Q9",
        "Blanks are trimmed, and empty items are the number 0.",
        carry=posted(lambda body: body.replace(b",,", b",0,")),
    ),
    Mutant(
        "Q9",
        "U+00A0 is trimmed, and U+3000 is not.",
        carry=posted(lambda body: body.replace("\u00a0".encode(), b" ")),
    ),
    Mutant("Q10", "The same number twice is charged twice, under one msgid.", behaviour=items(_SEND, _one_msgid)),
    Mutant("Q11", "A refused number has no report but is charged.", behaviour=charging(_refused_are_charged)),
    Mutant(
        "Q12",
        "A refusal's text names the code.",
        carry=replacing(
            f'info="{Code.SENDTIME_MALFORMED.text}', f'info="{Code.SENDTIME_MALFORMED.text}({Code.SENDTIME_MALFORMED})'
        ),
    ),
    Mutant(
        "Q12",
        "The text of a refused request names a value.",
        carry=replacing(f'info="{Code.PASSWORD_WRONG.text}"', f'info="{Code.PASSWORD_WRONG.text}no-such-password"'),
        killed_by="Q12 requests",
    ),
    Mutant("Q13", "Each number costs one more.", behaviour=charging(_one_for_each)),
    *_off("single_segment", 0, _SEGMENTS, SINGLE_SEGMENT),
    *_off("joined_segment", 1, _SEGMENTS, JOINED_SEGMENT),
    Mutant("Q14", "A balance that is too low is overdrawn.", behaviour=without("balance")),
    Mutant(
        "Q15",
        "A disabled spcode gets a code about signatures.",
        behaviour=recoded("spcode", Code.SIGNATURE_MISSING),
    ),
    Mutant("Q16", "Times of reports are in UTC.", behaviour=each(_REPORT, _in_utc)),
    Mutant(
        "Q16",
        "Times of upstream messages are in UTC.",
        behaviour=each(_UPMSG, lambda one: replace(one, motime=one.motime - timedelta(hours=8))),
        killed_by="Q16 upstream",
    ),
    Mutant(
        "Q17",
        "Exactly now is accepted, exactly 50 days ahead is not.",
        behaviour=limited(schedule_ahead=SCHEDULE_AHEAD - timedelta(seconds=1)),
    ),
    Mutant(
        "Q18",
        "Reports are returned newest first.",
        behaviour=items(_REPORT, reversed),
        killed_by="Q18 reports",
    ),
    Mutant("Q18", "Reports are returned twice.", behaviour=repeating(_REPORT), killed_by="Q18 reports"),
    Mutant("Q18", "Reports are never removed.", behaviour=_never_removed(_REPORT), killed_by="Q18 reports"),
    Mutant("Q18", "Upstream messages are never removed.", behaviour=_never_removed(_UPMSG), killed_by="Q18 upstream"),
    Mutant("Q18", "Only the first of several reports is returned again.", behaviour=_first_again),
    Mutant(
        "Q18",
        "Upstream messages are returned newest first.",
        behaviour=items(_UPMSG, reversed),
        killed_by="Q18 upstream",
    ),
    Mutant(
        "Q18",
        "Upstream messages are returned twice.",
        behaviour=repeating(_UPMSG),
        killed_by="Q18 upstream",
    ),
    Mutant("Q19", "An upstream message's phone ends with a blank.", behaviour=each(_UPMSG, _padded)),
    Mutant("Q20", "ID and NAME are both the login.", behaviour=each(_INFO, lambda one: replace(one, id=one.name))),
    Mutant("Q20", "ID and NAME are both the number.", behaviour=each(_INFO, lambda one: replace(one, name=one.id))),
    Mutant(
        "Q21", "A request over the thread limit gets another code.", behaviour=recoded("concurrency", Code.SYSTEM_ERROR)
    ),
    *_lock("lock_after", 0, 10),
    Mutant("Q22", "An account never locks.", behaviour=settled(lock_after=0)),
    *_lock("lock_window", 1, 60),
    Mutant("Q23", "A frozen account can send.", behaviour=judged("frozen", _frozen_for_sending)),
    Mutant(
        "Q23",
        "The info of a frozen account says normal.",
        behaviour=afterwards(
            _INFO,
            lambda _, __, reply: replace(reply, items=tuple(replace(one, status="0") for one in reply.items)),
            judged("frozen", lambda facts, refusal: None if facts.operation is _INFO else refusal),
        ),
    ),
    Mutant(
        "Q24",
        "A resp has linkid 0 if the submit had none.",
        behaviour=each(_SEND, lambda resp: replace(resp, linkid=resp.linkid or "0")),
    ),
    Mutant("Q25", "A + in a query is dropped.", carry=carried(_without_plus)),
    Mutant(
        "Q26", "A wrong password has HTTP status 401, other refusals have 200.", carry=carried(answered=_unauthorised)
    ),
    Mutant("Q27", "A signature may only be at the start.", behaviour=refusing("signature", _in_front)),
    Mutant("Q28", "1004004 and 1004005 are swapped.", behaviour=judged("signature", _exchanged)),
    Mutant("Q29", "No closing phrase is required.", behaviour=without("closing-phrase")),
    Mutant("Q30", "A password's md5 gets the system error.", behaviour=judged("password", _system_error_for_digests)),
    Mutant("Q31", "There is a blank between declaration and root.", carry=replacing("?><root", "?> <root")),
    Mutant("Q31", "There is a line break before the declaration.", carry=replacing("<?xml", "\n<?xml")),
    Mutant(
        "Q32",
        "A resp begins with its phone.",
        carry=matching('( msgid="[^"]*" linkid="[^"]*")( phone="[^"]*")', r"\2\1", _SEND),
    ),
    Mutant("Q33", "A failed message is refunded twice.", behaviour=charging(_dead)),
    Mutant("Q34", "A scheduled message costs one more.", behaviour=charging(_scheduled)),
    Mutant("Q35", "A character beyond the first plane counts as 4.", behaviour=judged("content-length", _wide)),
    Mutant(
        "Q35",
        "A character beyond the first plane counts as 1 in a signature.",
        behaviour=judged("signature", _narrow_in_signatures),
        killed_by="Q35 signatures",
    ),
    Mutant("Q36", "A payload that declares GBK is read as ISO 8859-1.", carry=posted(_misdecoded)),
    Mutant("Q36", "A payload that declares GBK is decoded as GBK.", carry=posted(_decoded)),
    Mutant(
        "Q36",
        "A payload that declares GBK is refused.",
        carry=posted(lambda body: b"GBK" if _GBK in body else body),
    ),
    *_longer("Q37", "a linkid", "linkid_characters", LINKID_CHARACTERS),
    *_longer("Q38", "an spcode", "spcode_characters", SPCODE_CHARACTERS),
    *_longer("Q39", "a userid", "userid_characters", USERID_CHARACTERS),
    Mutant(
        "Q50",
        "If all numbers are refused, the root has the code of the first, and the resps stay.",
        behaviour=afterwards(_SEND, _code_of_the_first),
    ),
    *_longer("Q51", "a signature", "signature_characters", SIGNATURE_CHARACTERS),
    Mutant(
        "Q52",
        "A signature in ASCII brackets gets 1004005.",
        behaviour=refusing("signature", _in_ascii_brackets),
    ),
    Mutant("Q53", "RICHES and CREDIT both show the use of credit.", behaviour=each(_INFO, _shown_twice)),
    Mutant(
        "Q54",
        "A percent-encoded body is refused.",
        carry=posted(lambda body: b"encoded" if body.startswith(b"%") else body),
    ),
    Mutant("Q54", "A body that begins with < is percent-decoded.", carry=posted(_decoded_once_more)),
    Mutant("Q55", "A % without two digits is a percent sign.", carry=carried(partial(_with_stray, b"%25"))),
    Mutant("Q55", "A % without two digits is dropped.", carry=carried(partial(_with_stray, b""))),
    Mutant(
        "Q56",
        "A byte order mark is refused.",
        carry=posted(lambda body: b"mark" if body.startswith(b"\xef\xbb\xbf") else body),
    ),
    Mutant("Q57", "A path with // reaches no endpoint.", carry=carried(partial(_not_found, b"//"))),
    Mutant("Q57", "A path with /./ reaches no endpoint.", carry=carried(partial(_not_found, b"/./"))),
    Mutant("Q57", "A path with ;jsessionid= reaches no endpoint.", carry=carried(partial(_not_found, b";"))),
    Mutant("Q58", "A query may have any length.", carry=carried(partial(_at_most, 2**30))),
    *(
        Mutant(
            "Q58",
            f"A query may have {8192 + more} bytes.",
            carry=carried(partial(_at_most, 8192 + more)),
            limit=("bytes of a query", more),
        )
        for more in (-1, 1)
    ),
    Mutant("Q59", "A long answer has a Content-Length.", carry=carried(answered=_with_length)),
)
