"""What the document leaves open about requests and answers as such."""

import hashlib
import re
from urllib.parse import quote
from xml.etree import ElementTree as ET

from ccell_fake.codes import Code
from ccell_fake.contract.answers import Unsettled, codes, of_seen, only
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import LOGIN, OWN_NUMBER, NotAsked
from ccell_fake.contract.numbers import UNKNOWN, submit, unknown
from ccell_fake.contract.raw_answer import DECLARATION
from ccell_fake.limits import CONTENT_CHARACTERS, NUMBERS_PER_REQUEST
from ccell_fake.model import Operation

_DIGEST = re.compile(r"[0-9A-Fa-f]{32}")
_OK, _INCOMPLETE, _UNRECOGNISED = str(Code.SUCCESS), str(Code.PARAMETERS_INCOMPLETE), str(Code.NUMBER_UNRECOGNISED)


@asks("Q1")
def test_which_code_an_unknown_userid_gets(inquiry: CheckRun) -> str:
    account = inquiry.account()
    return account.post(Operation.INFO, account.root(userid="000000000")).code


@asks("Q2")
def test_which_code_a_malformed_request_gets(inquiry: CheckRun) -> str:
    account = inquiry.account()
    root = account.root()
    malformed = {
        "no userid": (Operation.INFO, account.root(userid=None)),
        "an empty userid": (Operation.INFO, account.root(userid="")),
        "no password": (Operation.INFO, account.root(password=None)),
        "an empty password": (Operation.INFO, account.root(password="")),
        "no payload": (Operation.INFO, ""),
        "no XML": (Operation.INFO, "userid=1"),
        "an element that is not closed": (Operation.INFO, root.removesuffix("</root>")),
        "another root": (Operation.INFO, root.replace("root", "request")),
        "no submit": (Operation.SEND, root),
    }
    return only((account.post(*one).code for one in malformed.values()), "malformed requests get different codes")


@asks("Q3")
def test_what_becomes_of_a_submit_without_phone_or_content(inquiry: CheckRun) -> str:
    account = inquiry.account()
    answers = {(_INCOMPLETE,): "request", (_OK, _INCOMPLETE): "number"}
    without = ({"phone": ""}, {"phone": None}, {"content": ""}, {"content": None})
    content = account.standing.content()
    seen = [codes(account.send({"phone": UNKNOWN, "content": content, **one})) for one in without]
    return only((of_seen(one, answers) for one in seen), "submits fare differently by what they lack")


@asks("Q4")
def test_what_becomes_of_more_than_500_numbers(inquiry: CheckRun) -> str:
    account = inquiry.account()
    numbers, content = unknown(NUMBERS_PER_REQUEST + 1), account.standing.content()
    shapes = ([numbers], [numbers[:1], numbers[1:]])
    accepted = (_OK, *[_UNRECOGNISED] * len(numbers))
    answers = {(_INCOMPLETE,): "refuse", accepted: "accept"}
    seen = [codes(account.send(*(submit(",".join(phones), content) for phones in shape))) for shape in shapes]
    return only((of_seen(one, answers) for one in seen), "one submit and two fare differently")


@asks("Q5")
def test_what_becomes_of_more_than_1000_characters(inquiry: CheckRun) -> str:
    account = inquiry.account()
    content = account.standing.filled(CONTENT_CHARACTERS + 1)
    seen = codes(account.send(submit(UNKNOWN, content)))
    return of_seen(seen, {(_INCOMPLETE,): "refuse", (_OK, _UNRECOGNISED): "accept"})


@asks("Q12", OWN_NUMBER, cost="sms 1")
def test_whether_infos_name_what_was_refused(inquiry: CheckRun) -> str:
    account = inquiry.account()
    sendtime = "2016-01-01 8:30"
    resp = account.send(submit(account.own[0], account.standing.content(), sendtime=sendtime)).resp
    text = Code.SENDTIME_MALFORMED.text
    return of_seen(resp.info, {text: "plain", text + sendtime: "value"})


@asks("Q25")
def test_what_a_plus_in_a_query_is(inquiry: CheckRun) -> str:
    account = inquiry.account()
    root = account.root(account.submits(submit(UNKNOWN, account.standing.content(), linkid="one+two")))
    resp = account.get(Operation.SEND, quote(root, safe="+")).resp
    return of_seen(resp.linkid, {"one two": "blank", "one+two": "plus"})


@asks("Q26")
def test_which_http_status_refusals_have(inquiry: CheckRun) -> str:
    account = inquiry.account()
    heard = [
        account.post(Operation.INFO, account.root(password="no-such-password")),
        account.post(Operation.INFO, ""),
        account.send(submit(UNKNOWN, account.standing.content())),
    ]
    return only((str(one.status) for one in heard), "refusals have different statuses")


@asks("Q30")
def test_whether_a_password_is_taken_as_its_md5(inquiry: CheckRun) -> str:
    account = inquiry.account()
    if _DIGEST.fullmatch(account.password):
        # It may be the md5 of a password, and the gateway may take its md5 or none.
        message = "needs a password that is not itself 32 hexadecimal digits, as an md5 is"
        raise NotAsked(message)
    digest = hashlib.md5(account.password.encode(), usedforsecurity=False).hexdigest()
    code = account.post(Operation.INFO, account.root(password=digest)).code
    return of_seen(code, {_OK: "yes", str(Code.PASSWORD_WRONG): "no"})


@asks("Q31")
def test_how_an_answer_is_laid_out(inquiry: CheckRun) -> str:
    account = inquiry.account()
    body = account.post(Operation.INFO, account.root(password="no-such-password")).body
    if not body.startswith(DECLARATION):
        message = f"the answer begins with {body[:20]!r}, not with its declaration"
        raise Unsettled(message)
    rest = body.removeprefix(DECLARATION)
    return of_seen(rest[: rest.find(b"<")], {b"": "line", b"\n": "declaration", b"\r\n": "declaration"})


@asks("Q36")
def test_what_becomes_of_other_encodings(inquiry: CheckRun) -> str:
    account = inquiry.account()
    payload = '<?xml version="1.0" encoding="GBK"?>' + account.root(
        account.submits(submit(UNKNOWN, account.standing.content(), linkid="编号"))
    )
    heard = account.post(Operation.SEND, payload.encode("gbk"), "text/xml")
    if heard.codes:
        return of_seen(heard.resps[0].linkid, {"编号": "declared"})
    undeclared = account.post(Operation.SEND, payload.replace("GBK", "UTF-8").encode("gbk"), "text/xml")
    if undeclared.code != heard.code:
        message = f"GBK that is declared gets {heard.code}, GBK that is not {undeclared.code}"
        raise Unsettled(message)
    return of_seen(heard.code in {_INCOMPLETE, str(Code.SYSTEM_ERROR), str(Code.PASSWORD_WRONG)}, {True: "refuse"})


@asks("Q20", LOGIN)
def test_whether_id_and_name_are_swapped(inquiry: CheckRun) -> str:
    account = inquiry.account()
    root = ET.fromstring(account.post(Operation.INFO, account.root()).body)  # noqa: S314 - of the gateway that is asked
    number, login = (((root.findtext(tag) or "").strip()) for tag in ("ID", "NAME"))
    if number.isdecimal() != login.isdecimal():
        return "described" if number.isdecimal() else "sampled"
    known = account.standing.settings.name
    if not number.isdecimal() or (known and not known.isdecimal()):
        message = "ID and NAME are both the login" if login == known else "neither ID nor NAME is the login"
        raise Unsettled(message)
    message = "needs an account whose login on the platform is no number"
    raise NotAsked(message)
