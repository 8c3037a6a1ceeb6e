"""Open questions about the form of requests and answers."""

import hashlib
import re
from urllib.parse import quote

from ccell_fake.codes import Code
from ccell_fake.contract.answers import (
    DECLARATION,
    MALFORMED,
    UnknownAnswer,
    all_codes,
    answer_for,
    single_answer,
)
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import LOGIN, OWN_NUMBER, SPCODE, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.contract.tests.test_questions_numbers import require_resps
from ccell_fake.limits import (
    CONTENT_CHARACTERS,
    LINKID_CHARACTERS,
    NUMBERS_PER_REQUEST,
    SPCODE_CHARACTERS,
    USERID_CHARACTERS,
)
from ccell_fake.model import Operation

_DIGEST = re.compile(r"[0-9A-Fa-f]{32}")
_OK, _INCOMPLETE, _UNRECOGNISED = str(Code.SUCCESS), str(Code.PARAMETERS_INCOMPLETE), str(Code.NUMBER_UNRECOGNISED)


@checks("Q1")
def test_which_code_an_unknown_userid_gets(check_run: CheckRun) -> str:
    account = check_run.account()
    return account.post(Operation.INFO, account.payload(userid="000000000")).code


@checks("Q2")
def test_which_code_a_malformed_request_gets(check_run: CheckRun) -> str:
    account = check_run.account()
    root = account.payload()
    malformed = {
        "no userid": (Operation.INFO, account.payload(userid=None)),
        "an empty userid": (Operation.INFO, account.payload(userid="")),
        "no password": (Operation.INFO, account.payload(password=None)),
        "an empty password": (Operation.INFO, account.payload(password="")),
        "no payload": (Operation.INFO, ""),
        "no XML": (Operation.INFO, "userid=1"),
        "an element that is not closed": (Operation.INFO, root.removesuffix("</root>")),
        "another root": (Operation.INFO, root.replace("root", "request")),
        "no submit": (Operation.SEND, root),
    }
    return single_answer(
        (account.post(*one).code for one in malformed.values()), "malformed requests get different codes"
    )


@checks("Q3")
def test_how_a_submit_without_phone_or_content_is_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    answers = {(_INCOMPLETE,): "request", (_OK, _INCOMPLETE): "number"}
    incomplete = ({"phone": ""}, {"phone": None}, {"content": ""}, {"content": None})
    content = account.known.content()
    observed = [all_codes(account.send({"phone": UNKNOWN, "content": content, **one})) for one in incomplete]
    if (_INCOMPLETE,) in observed:
        require_resps(account)
    return single_answer(
        (answer_for(one, answers) for one in observed), "submits are answered differently by the missing attribute"
    )


@checks("Q4")
def test_how_more_than_500_numbers_are_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    numbers, content = unknown(NUMBERS_PER_REQUEST + 1), account.known.content()
    shapes = ([numbers], [numbers[:1], numbers[1:]])
    accepted = (_OK, *[_UNRECOGNISED] * len(numbers))
    # Q50 asks whether one code stands for all numbers.
    answers = {(_INCOMPLETE,): "refuse", accepted: "accept", accepted[:2]: "accept"}
    observed = [all_codes(account.send(*(submit(",".join(phones), content) for phones in shape))) for shape in shapes]
    return single_answer((answer_for(one, answers) for one in observed), "one submit and two are answered differently")


@checks("Q5")
def test_how_more_than_1000_characters_are_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    content = account.known.filled(CONTENT_CHARACTERS + 1)
    codes = all_codes(account.send(submit(UNKNOWN, content)))
    return answer_for(codes, {(_INCOMPLETE,): "refuse", (_OK, _UNRECOGNISED): "accept"})


@checks("Q12", OWN_NUMBER, cost="sms 1")
def test_whether_an_info_names_the_refused_value(check_run: CheckRun) -> str:
    account = check_run.account()
    sendtime = "2016-01-01 8:30"
    resp = account.send(submit(account.own_numbers[0], account.known.content(), sendtime=sendtime)).resp
    text = Code.SENDTIME_MALFORMED.text
    return answer_for(resp.info, {text: "plain", text + sendtime: "value"})


@checks("Q12", aspect="requests")
def test_the_info_of_a_refused_request_names_no_value(check_run: CheckRun) -> None:
    account = check_run.account()
    answers = [
        account.post(Operation.INFO, account.payload(password="no-such-password")),
        account.send({"phone": UNKNOWN, "content": None}),
    ]
    for answer in answers:
        # Q3 asks whether a number or the request is refused.
        if answer.is_root_alone:
            assert answer.reply.info == Code(answer.code).text


@checks("Q25")
def test_how_a_plus_in_a_query_is_read(check_run: CheckRun) -> str:
    account = check_run.account()
    root = account.payload(account.submit_elements(submit(UNKNOWN, account.known.content(), linkid="one+two")))
    resp = account.get(Operation.SEND, quote(root, safe="+")).resp
    return answer_for(resp.linkid, {"one two": "blank", "one+two": "plus"})


@checks("Q26")
def test_which_http_status_refusals_have(check_run: CheckRun) -> str:
    account = check_run.account()
    refusals = [
        account.post(Operation.INFO, account.payload(password="no-such-password")),
        account.post(Operation.INFO, ""),
        account.send(submit(UNKNOWN, account.known.content())),
    ]
    return single_answer((str(one.status) for one in refusals), "refusals have different statuses")


@checks("Q30")
def test_whether_a_password_is_accepted_as_its_md5(check_run: CheckRun) -> str:
    account = check_run.account()
    if _DIGEST.fullmatch(account.password):
        # It may itself be the md5 of a password.
        message = "needs a password that is not 32 hexadecimal digits, like an md5"
        raise NotAsked(message)
    digest = hashlib.md5(account.password.encode(), usedforsecurity=False).hexdigest()
    code = account.post(Operation.INFO, account.payload(password=digest)).code
    return answer_for(code, {_OK: "yes", str(Code.PASSWORD_WRONG): "no"})


@checks("Q31")
def test_how_an_answer_is_laid_out(check_run: CheckRun) -> str:
    account = check_run.account()
    body = account.post(Operation.INFO, account.payload(password="no-such-password")).body
    if not body.startswith(DECLARATION):
        message = f"the answer begins with {body[:20]!r}, not with its declaration"
        raise UnknownAnswer(message)
    rest = body.removeprefix(DECLARATION)
    return answer_for(rest[: rest.find(b"<")], {b"": "line", b"\n": "declaration", b"\r\n": "declaration"})


@checks("Q36")
def test_how_other_encodings_are_read(check_run: CheckRun) -> str:
    account = check_run.account()
    payload = '<?xml version="1.0" encoding="GBK"?>' + account.payload(
        account.submit_elements(submit(UNKNOWN, account.known.content(), linkid="编号"))
    )
    in_gbk = account.post(Operation.SEND, payload.encode("gbk"), "text/xml")
    if in_gbk.codes:
        return answer_for(in_gbk.resps[0].linkid, {"编号": "declared"})
    undeclared = account.post(Operation.SEND, payload.replace("GBK", "UTF-8").encode("gbk"), "text/xml")
    if undeclared.code != in_gbk.code:
        message = f"declared GBK gets {in_gbk.code}, undeclared GBK {undeclared.code}"
        raise UnknownAnswer(message)
    in_utf_8 = account.post(Operation.SEND, payload, "text/xml")
    if in_utf_8.codes:
        return answer_for(in_utf_8.resps[0].linkid, {"编号": "ignore"})
    return answer_for(in_utf_8.code in MALFORMED, {True: "refuse"})


@checks("Q37")
def test_how_a_long_linkid_is_answered(check_run: CheckRun) -> str:
    return _answer_to_long_values(check_run, "linkid", LINKID_CHARACTERS)


@checks("Q38", SPCODE)
def test_how_a_long_spcode_is_answered(check_run: CheckRun) -> str:
    return _answer_to_long_values(check_run, "spcode", SPCODE_CHARACTERS)


def _answer_to_long_values(check_run: CheckRun, name: str, limit: int) -> str:
    account = check_run.account()
    content = account.known.content()
    allowed, longer = (
        all_codes(account.send(submit(UNKNOWN, content, **{name: "1" * characters})))
        for characters in (limit, limit + 1)
    )
    if allowed != (_OK, _UNRECOGNISED):
        message = f"{limit} characters get {', '.join(allowed)}"
        raise UnknownAnswer(message)
    return answer_for(longer, {(_INCOMPLETE,): "refuse", (_OK, _UNRECOGNISED): "accept"})


@checks("Q39")
def test_how_a_long_userid_is_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    empty, unknown_one, allowed, longer = (
        account.post(Operation.INFO, account.payload(userid="0" * characters)).code
        for characters in (0, 9, USERID_CHARACTERS, USERID_CHARACTERS + 1)
    )
    if empty == unknown_one:
        message = "needs a gateway that tells a malformed request from an unknown userid"
        raise NotAsked(message)
    if allowed != unknown_one:
        message = f"{USERID_CHARACTERS} characters get {allowed}"
        raise UnknownAnswer(message)
    return answer_for(longer, {empty: "refuse", unknown_one: "accept"})


@checks("Q20", LOGIN)
def test_whether_id_and_name_are_swapped(check_run: CheckRun) -> str:
    account = check_run.account()
    root = account.post(Operation.INFO, account.payload()).root
    number, login = (((root.findtext(tag) or "").strip()) for tag in ("ID", "NAME"))
    if number.isdecimal() != login.isdecimal():
        return "described" if number.isdecimal() else "sampled"
    name = account.known.settings.name
    if not number.isdecimal() or (name and not name.isdecimal()):
        message = "ID and NAME are both the login" if login == name else "neither ID nor NAME is the login"
        raise UnknownAnswer(message)
    message = "needs an account whose login on the platform is not a number"
    raise NotAsked(message)
