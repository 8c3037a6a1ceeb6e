"""What the document leaves open about the numbers and contents of a send."""

from ccell_fake.codes import Code
from ccell_fake.contract.answers import Unsettled, codes, of_seen
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import (
    ANY_SIGNATURE,
    CLOSING_PHRASE,
    FIXED_SIGNATURE,
    NO_SPCODE,
    OLD_AND_NEW_NUMBER,
    OWN_NUMBER,
    Need,
    NotAsked,
    seconds_to_pass,
)
from ccell_fake.contract.numbers import UNKNOWN, submit, unknown
from ccell_fake.limits import CONTENT_CHARACTERS, SIGNATURE_CHARACTERS

_OK, _UNRECOGNISED = str(Code.SUCCESS), str(Code.NUMBER_UNRECOGNISED)

NO_TIME = "2016-01-01 8:30"
"""A sendtime that is none, so that what has it is refused and reaches nobody (A1)."""

_REPORTED_WITHIN = 60


@asks("Q8", OLD_AND_NEW_NUMBER, cost="sms 2")
def test_which_numbers_are_recognised(inquiry: CheckRun) -> str:
    account = inquiry.account()
    content = account.standing.content()
    old = next(phone for phone in account.own if phone not in account.standing.new)
    # With a digit more or less, one's own number may be somebody else's.
    odd = old if inquiry.target.is_arranged else UNKNOWN
    seen: list[bool] = []
    for phone in (old, account.standing.new[0], UNKNOWN, odd[:-1], f"{odd}0"):
        code = account.send(submit(phone, content, sendtime=NO_TIME)).resp.code
        if code == _OK:
            message = f"{NO_TIME} was taken for a time"
            raise Unsettled(message)
        # What is recognised is refused for its time, or for whatever else is asked before that.
        seen.append(code != _UNRECOGNISED)
    if all(seen):
        message = "needs a gateway that looks at numbers before it looks at sendtimes (Q7)"
        raise NotAsked(message)
    unknown_ones = (False, False, False)
    return of_seen(tuple(seen), {(True, False, *unknown_ones): "then", (True, True, *unknown_ones): "today"})


@asks("Q9")
def test_what_blanks_around_numbers_and_empty_items_are(inquiry: CheckRun) -> str:
    account = inquiry.account()
    first, second, third = unknown(3)
    heard = account.send(submit(f"{first}, {second} ,,{third}", account.standing.content()))
    if set(heard.codes) != {_UNRECOGNISED}:
        message = f"the numbers have {', '.join(sorted(set(heard.codes)))}"
        raise Unsettled(message)
    # What was answered is read by its parser, which keeps blanks as they are.
    phones = tuple(resp.phone for resp in heard.resps)
    return of_seen(phones, {(first, second, third): "trim", (first, f" {second} ", "", third): "refuse"})


@asks("Q10", OWN_NUMBER, cost="sms 2")
def test_what_becomes_of_the_same_number_twice(inquiry: CheckRun) -> str:
    account = inquiry.account()
    before = account.left()
    heard = account.send(submit(f"{account.own[0]},{account.own[0]}", account.standing.content()))
    seen = heard.codes, before - account.left()
    found = of_seen(
        (tuple(seen[0]), seen[1]),
        {((_OK, _OK), 2): "twice", ((_OK,), 1): "drop", ((_OK, _UNRECOGNISED), 1): "refuse"},
    )
    if len({resp.msgid for resp in heard.resps}) != len(heard.resps):
        message = "both have the same msgid"
        raise Unsettled(message)
    return found


@asks("Q11", seconds_to_pass(_REPORTED_WITHIN), cost="drain")
def test_whether_a_refused_number_has_a_report(inquiry: CheckRun) -> str:
    account = inquiry.account()
    account.client.reports()
    before = account.left()
    (resp,) = account.client.send(UNKNOWN, account.standing.content()).resps
    if account.left() != before:
        message = "a number that was refused was charged for"
        raise Unsettled(message)
    if not resp.msgid:
        message = "a number that was refused has no msgid"
        raise Unsettled(message)
    reports = account.so_far(lambda: [one for one in account.client.reports() if one.linkid == resp.linkid])
    seen = tuple((report.msgid, report.status) for report in reports)
    return of_seen(seen, {(): "no", ((resp.msgid, resp.code),): "report"})


@asks("Q15", NO_SPCODE, OWN_NUMBER, cost="sms 1")
def test_what_an_spcode_gets_that_is_not_opened(inquiry: CheckRun) -> str:
    account = inquiry.account()
    heard = account.send(submit(account.own[0], account.standing.content(), spcode="01"))
    return heard.code if heard.is_root_alone else heard.codes[0]


@asks("Q24", OWN_NUMBER, cost="sms 1")
def test_whether_a_resp_has_a_linkid_where_none_was_given(inquiry: CheckRun) -> str:
    account = inquiry.account()
    resp = account.send(submit(account.own[0], account.standing.content())).resp
    return of_seen(resp.linkid, {None: "absent", "": "empty"})


@asks("Q27", ANY_SIGNATURE, OWN_NUMBER, cost="sms 3")
def test_where_a_signature_may_stand(inquiry: CheckRun) -> str:
    account = inquiry.account()
    seen = tuple(
        account.send(submit(account.own[0], content)).resp.code
        for content in ("【测试】内容", "内容【测试】", "前【测试】后")
    )
    return of_seen(seen, {(_OK, _OK, str(Code.SIGNATURE_MISSING)): "ends", (_OK,) * 3: "anywhere"})


@asks("Q28", OWN_NUMBER, cost="sms 3")
def test_how_the_three_codes_about_signatures_differ(inquiry: CheckRun) -> str:
    as_fixed = {
        ANY_SIGNATURE: {"测试": Code.SIGNATURE_MISSING},
        FIXED_SIGNATURE: {"测试": Code.FIXED_SIGNATURE_MISSING, "【无此签名】测试": Code.FIXED_SIGNATURE_OTHER},
    }
    missing: list[Need] = []
    for need, codes_of in as_fixed.items():
        try:
            account = inquiry.account(need)
        except NotAsked:
            missing.append(need)
            continue
        for content, code in codes_of.items():
            seen = account.send(submit(account.own[0], content)).codes
            if seen != [code]:
                message = f"of {need.says}, {content} has {seen}, not {code}"
                raise Unsettled(message)
    if len(missing) == len(as_fixed):
        raise NotAsked("needs " + " or ".join(need.says for need in missing))
    inquiry.note = "; ".join(f"not asked of {need.says}" for need in missing)
    return "fixed"


@asks("Q29", CLOSING_PHRASE, OWN_NUMBER, cost="sms 1")
def test_what_a_content_without_the_closing_phrase_gets(inquiry: CheckRun) -> str:
    account = inquiry.account()
    heard = account.send(submit(account.own[0], f"{account.standing.signature}测试"))
    refused = str(Code.CLOSING_PHRASE_MISSING)
    return of_seen(codes(heard), {(refused,): "request", (_OK, refused): "number"})


@asks("Q32")
def test_in_which_order_the_attributes_of_a_resp_stand(inquiry: CheckRun) -> str:
    account = inquiry.account()
    body = account.send(submit(UNKNOWN, account.standing.content(), linkid="1")).body.decode()
    names = ("msgid", "linkid", "phone", "return", "info")
    resp = body[body.index("<resp") :]
    order = tuple(sorted(names, key=lambda name: resp.find(f' {name}="')))
    return of_seen(order, {names: "described", ("linkid", "msgid", *names[2:]): "sampled"})


@asks("Q35")
def test_what_counts_as_one_character(inquiry: CheckRun) -> str:
    account = inquiry.account()
    refused = {_OK: False, str(Code.PARAMETERS_INCOMPLETE): True}

    def is_refused(characters: int, end: str = "") -> bool:
        return of_flag(account.send(submit(UNKNOWN, account.standing.filled(characters, end))).code, refused)

    if not is_refused(CONTENT_CHARACTERS + 1):
        message = "needs a gateway that refuses contents of more than 1000 characters"
        raise NotAsked(message)
    seen = (is_refused(CONTENT_CHARACTERS, "😀"), is_refused(CONTENT_CHARACTERS - 1, "😀"))
    return of_seen(seen, {(True, False): "utf16", (False, False): "codepoint"})


@asks("Q35", ANY_SIGNATURE, OWN_NUMBER, aspect="signatures", cost="sms 1")
def test_what_counts_as_one_character_of_a_signature(inquiry: CheckRun) -> str:
    account = inquiry.account()
    signature = "签" * (SIGNATURE_CHARACTERS - 1) + "😀"
    code = account.send(submit(account.own[0], f"【{signature}】测试")).resp.code
    return of_seen(code, {str(Code.SIGNATURE_TOO_LONG): "utf16", _OK: "codepoint"})


def of_flag(code: str, meaning: dict[str, bool]) -> bool:
    """What a code means.

    Raises:
        Unsettled: Nothing that is known.
    """
    if code not in meaning:
        message = f"seen was {code}"
        raise Unsettled(message)
    return meaning[code]
