"""Sending, violated (S1 to S8, A1 to A3)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.engine import schedule
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.number_context import SubmitFacts
from ccell_fake.engine.operations import OPERATIONS
from ccell_fake.engine.rules import Refusal
from ccell_fake.limits import (
    CONTENT_CHARACTERS,
    NUMBERS_PER_REQUEST,
    SCHEDULE_AHEAD,
    TIME_FORMAT,
)
from ccell_fake.model import AnyReply, Operation, Reply, Report, Resp, Submit

from .behaviours import (
    charging,
    each,
    items,
    judged,
    limited,
    misled,
    operating,
    refusing,
    without,
)
from .carries import posted, replacing, written
from .mutant import Make, Mutant

_DIGITS = "digits of a msgid"


def _with_submits(alter: Callable[[tuple[Submit, ...]], tuple[Submit, ...]], facts: RequestFacts) -> RequestFacts:
    return replace(facts, request=replace(facts.request, submits=alter(facts.request.submits)))


def _sending(alter: Callable[[tuple[Submit, ...]], tuple[Submit, ...]]) -> Make:
    """Other submits are sent than were accepted."""
    return misled(Operation.SEND, partial(_with_submits, alter))


def _first_alone(submits: tuple[Submit, ...]) -> tuple[Submit, ...]:
    return submits[:1]


def _at_the_first_s(submits: tuple[Submit, ...]) -> tuple[Submit, ...]:
    return tuple(replace(submit, sendtime=submits[0].sendtime) for submit in submits)


def _with_the_first_s(submits: tuple[Submit, ...]) -> tuple[Submit, ...]:
    return tuple(replace(submit, linkid=submits[0].linkid) for submit in submits)


def _sent_at(change: Callable[[str], str | None]) -> Make:
    """Send a scheduled message at another time."""

    def moved(submit: Submit) -> Submit:
        return replace(submit, sendtime=change(submit.sendtime)) if submit.sendtime else submit

    def mislead(facts: RequestFacts) -> RequestFacts:
        # A sendtime that is refused stays what it is.
        is_refused = any(verdict.refusal for submit in facts.verdicts for verdict in submit)
        return facts if is_refused else _with_submits(lambda submits: tuple(map(moved, submits)), facts)

    return misled(Operation.SEND, mislead)


def _an_hour_later(sendtime: str) -> str:
    instant = schedule.parse(sendtime)
    return f"{instant + timedelta(hours=1):{TIME_FORMAT}}" if instant else sendtime


def _is_far(sendtime: str) -> bool:
    instant = schedule.parse(sendtime)
    return instant is not None and instant > SystemClock().now() + timedelta(minutes=10)


def _renamed(name: Callable[[str, int], str]) -> Make:
    """Messages have other serial numbers, by theirs and by their place in the answer; reports agree."""

    def make() -> Behaviour:
        names: dict[str, str] = {}

        def renamed(one: Any) -> Any:
            return replace(one, msgid=names[one.msgid])

        def resps(given: tuple[Resp, ...]) -> Iterator[Any]:
            names.update({resp.msgid: name(resp.msgid, place) for place, resp in enumerate(given)})
            return map(renamed, given)

        return each(Operation.REPORT, renamed, items(Operation.SEND, resps))()

    return make


def _done_in_part(alter: Callable[[tuple[Submit, ...]], tuple[Submit, ...]]) -> Make:
    """Other submits are done than were accepted. The answer has a resp for each number all the same."""

    def operate(facts: RequestFacts, ledger: Ledger, seed: int) -> AnyReply:
        done = OPERATIONS[Operation.SEND](_with_submits(alter, facts), ledger, seed)
        resps = {resp.phone: resp for resp in done.items if isinstance(resp, Resp)}
        last = max(int(resp.msgid) for resp in resps.values())
        judged = [
            (verdict, submit.submit.linkid)
            for submit, verdicts in zip(facts.submits, facts.verdicts, strict=True)
            for verdict in verdicts
        ]
        items = [
            resps.get(one.number) or Resp(f"{last + place}", one.number, Code.SUCCESS, Code.SUCCESS.text, linkid)
            for place, (one, linkid) in enumerate(judged, 1)
        ]
        return Reply(done.code, done.info, tuple(items))

    return operating(Operation.SEND, operate)


def _without_the_last_number(submits: tuple[Submit, ...]) -> tuple[Submit, ...]:
    def cut(submit: Submit) -> Submit:
        first, _, _ = (submit.phone or "").rpartition(",")
        return replace(submit, phone=first or submit.phone)

    return tuple(map(cut, submits))


def _linked_alike(reports: tuple[Report, ...]) -> Iterator[Report]:
    return (replace(report, linkid=reports[0].linkid) for report in reports)


def _all_or_nothing(facts: RequestFacts) -> Refusal | None:
    return next((one.refusal for submit in facts.verdicts for one in submit if one.refusal), None)


def _each_submit_by_itself(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return refusal if any(len(submit.numbers) > NUMBERS_PER_REQUEST for submit in facts.submits) else None


def _no_msgid(resp: Resp) -> Resp:
    return resp if resp.code == Code.SUCCESS else replace(resp, msgid="")


def _empty_sendtime(facts: SubmitFacts) -> Refusal | None:
    return Refusal(Code.SENDTIME_MALFORMED, "A1", "it is empty") if facts.submit.sendtime == "" else None


def _lenient(facts: SubmitFacts, refusal: Refusal | None) -> Refusal | None:
    """A sendtime may have slashes in place of hyphens; it is not looked at more closely."""
    return None if "/" in (facts.submit.sendtime or "") else refusal


def _opened_never(facts: SubmitFacts) -> Refusal | None:
    return Refusal(Code.NO_SENDING_RULE, "A3", "none is opened") if facts.submit.spcode else None


def _charged_though_refused(facts: RequestFacts, reply: Reply[Resp]) -> int:
    spcodes = any(submit.spcode for submit in facts.request.submits)
    return sum(spcodes and resp.code != Code.SUCCESS for resp in reply.items)


MUTANTS = (
    Mutant("S1", "A send needs no password.", behaviour=without("readable")),
    Mutant("S1", "Only the first submit is sent.", behaviour=_sending(_first_alone)),
    Mutant(
        "S1",
        "Every number has a resp, but only the first submit is done.",
        behaviour=_done_in_part(_first_alone),
        killed_by="S1 several",
    ),
    Mutant(
        "S1",
        "Reports have the linkid of the first submit.",
        behaviour=items(Operation.REPORT, _linked_alike),
        killed_by="S1 several",
    ),
    Mutant("S1", "A submit needs no content.", behaviour=without("submits-complete")),
    Mutant(
        "S2",
        "Commas of other scripts separate numbers, too.",
        carry=posted(lambda body: body.replace("，".encode(), b",")),
    ),
    Mutant(
        "S2",
        "Only the first of several numbers gets the message.",
        behaviour=items(Operation.SEND, lambda resps: resps[:1]),
    ),
    Mutant(
        "S3",
        "A request may hold 499 numbers.",
        behaviour=limited(numbers_per_request=NUMBERS_PER_REQUEST - 1),
        limit=("numbers of a request", -1),
    ),
    Mutant(
        "S3",
        "A request may hold 501 numbers.",
        behaviour=limited(numbers_per_request=NUMBERS_PER_REQUEST + 1),
        limit=("numbers of a request", 1),
        killed_by="Q4",
        because="the result of one more is an open question",
    ),
    Mutant(
        "S3",
        "Each submit may hold 500 numbers.",
        behaviour=judged("numbers-per-request", _each_submit_by_itself),
        killed_by="Q4",
        because="the result of one more is an open question",
    ),
    Mutant(
        "S4",
        "A content may hold 999 characters.",
        behaviour=limited(content_characters=CONTENT_CHARACTERS - 1),
        limit=("characters of a content", -1),
    ),
    Mutant(
        "S4",
        "A content may hold 1001 characters.",
        behaviour=limited(content_characters=CONTENT_CHARACTERS + 1),
        limit=("characters of a content", 1),
        killed_by="Q5",
        because="the result of one more is an open question",
    ),
    Mutant(
        "S5",
        "A resp has an attribute that the document does not name.",
        carry=replacing("<resp ", '<resp fee="1" ', Operation.SEND),
    ),
    Mutant(
        "S5",
        "Resps are sorted by number.",
        behaviour=items(Operation.SEND, lambda resps: sorted(resps, key=lambda resp: resp.phone)),
    ),
    Mutant(
        "S5",
        "Resps of accepted numbers come first.",
        behaviour=items(Operation.SEND, lambda resps: sorted(resps, key=lambda resp: resp.code)),
        killed_by="S5 accepted",
    ),
    Mutant(
        "S5",
        "Every number has a resp, but the last of a submit is not done.",
        behaviour=_done_in_part(_without_the_last_number),
        killed_by="S5 accepted",
    ),
    Mutant("S5", "The last number has no resp.", behaviour=items(Operation.SEND, lambda resps: resps[:-1])),
    Mutant(
        "S5",
        "A success has no text.",
        carry=replacing('<root return="0" info="成功">', '<root return="0" info="">', Operation.SEND),
    ),
    Mutant(
        "S5",
        "An accepted number's text is OK.",
        behaviour=each(Operation.SEND, lambda resp: replace(resp, info=resp.info.replace("成功", "OK"))),
        killed_by="S5 accepted",
    ),
    Mutant("S6", "A msgid has 18 digits.", behaviour=_renamed(lambda msgid, _: msgid[1:]), limit=(_DIGITS, -1)),
    Mutant("S6", "A msgid has 20 digits.", behaviour=_renamed(lambda msgid, _: f"1{msgid}"), limit=(_DIGITS, 1)),
    Mutant("S6", "The numbers of a request share a msgid.", behaviour=_renamed(lambda msgid, _: f"{msgid[:12]:0<19}")),
    Mutant("S6", "Serial numbers restart with each request.", behaviour=_renamed(lambda _, place: f"{10**18 + place}")),
    Mutant(
        "S6",
        "A report has a msgid of its own.",
        behaviour=each(Operation.REPORT, lambda one: replace(one, msgid=one.msgid[::-1])),
    ),
    Mutant(
        "S7",
        "A refusal of a request lists its numbers.",
        carry=replacing('info="密码不正确"></root>', 'info="密码不正确"> <resp phone="1" return="1001004"/> </root>'),
    ),
    Mutant("S7", "A refusal has no text.", carry=replacing(Code.PASSWORD_WRONG.text, "")),
    Mutant(
        "S8",
        "One refused number refuses the whole request.",
        behaviour=refusing("balance", _all_or_nothing),
    ),
    Mutant(
        "S8",
        "The text of an unrecognised number does not name it.",
        behaviour=each(Operation.SEND, lambda resp: replace(resp, info=resp.info.replace(resp.phone, ""))),
    ),
    Mutant("S8", "A refused number has no msgid.", behaviour=each(Operation.SEND, _no_msgid)),
    Mutant(
        "S8",
        "A refused number is charged.",
        behaviour=charging(lambda _, reply: sum(resp.code != Code.SUCCESS for resp in reply.items)),
    ),
    Mutant("S8", "An unrecognised number is accepted.", behaviour=without("number-recognised")),
    Mutant("A1", "A scheduled message is sent at once.", behaviour=_sent_at(lambda _: None), killed_by="A1 alone"),
    Mutant("A1", "A scheduled message is sent an hour late.", behaviour=_sent_at(_an_hour_later), killed_by="A1 later"),
    Mutant(
        "A1",
        "The sendtime of the first submit applies to the next, if that has none.",
        behaviour=_sending(_at_the_first_s),
        killed_by="A1 alone",
    ),
    Mutant(
        "A1",
        "A message that is scheduled within ten minutes is sent at once.",
        behaviour=_sent_at(lambda sendtime: sendtime if _is_far(sendtime) else None),
        killed_by="A1 later",
    ),
    Mutant("A1", "An empty sendtime is malformed.", behaviour=refusing("sendtime", _empty_sendtime)),
    Mutant("A1", "A sendtime may have slashes.", behaviour=judged("sendtime", _lenient), killed_by="A1 form"),
    *(
        Mutant(
            "A1",
            f"A sendtime may be up to {SCHEDULE_AHEAD.days + more} days ahead.",
            behaviour=limited(schedule_ahead=SCHEDULE_AHEAD + timedelta(days=more)),
            killed_by="A1 50 days",
            limit=("days of a sendtime", more),
        )
        for more in (-1, 1)
    ),
    Mutant("A2", "A resp has no linkid.", behaviour=each(Operation.SEND, lambda resp: replace(resp, linkid=None))),
    Mutant("A2", "The first submit's linkid applies to all.", behaviour=_sending(_with_the_first_s)),
    Mutant("A2", "A report has no linkid.", behaviour=each(Operation.REPORT, lambda one: replace(one, linkid=""))),
    Mutant(
        "A2",
        "A linkid is cut at 8 characters.",
        behaviour=each(Operation.SEND, lambda resp: replace(resp, linkid=resp.linkid and resp.linkid[:8])),
    ),
    Mutant(
        "A2",
        "A linkid is cut at 64 characters.",
        behaviour=each(Operation.SEND, lambda resp: replace(resp, linkid=resp.linkid and resp.linkid[:64])),
    ),
    Mutant(
        "A2",
        "A linkid loses its outer blanks.",
        behaviour=each(Operation.SEND, lambda resp: replace(resp, linkid=resp.linkid and resp.linkid.strip())),
    ),
    Mutant("A2", "A linkid is escaped twice.", carry=written(lambda body: body.replace(b"&amp;", b"&amp;amp;"))),
    Mutant("A3", "A disabled spcode is ignored.", behaviour=without("spcode")),
    Mutant("A3", "A disabled spcode is refused but charged.", behaviour=charging(_charged_though_refused)),
    Mutant("A3", "No account can use spcode.", behaviour=refusing("spcode", _opened_never), killed_by="A3 opened"),
)
