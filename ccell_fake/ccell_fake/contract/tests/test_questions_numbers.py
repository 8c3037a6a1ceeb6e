"""Open questions about the numbers and contents of a send."""

from ccell_fake.client.submits import create_linkid
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import UnknownAnswer, all_codes, answer_for
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import (
    ANY_SIGNATURE,
    CLOSING_PHRASE,
    FIXED_SIGNATURE,
    NO_SPCODE,
    OLD_AND_NEW_NUMBER,
    OWN_NUMBER,
    Need,
    NotAsked,
    clock_advance,
)
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.limits import CONTENT_CHARACTERS, SIGNATURE_CHARACTERS

_OK, _UNRECOGNISED = str(Code.SUCCESS), str(Code.NUMBER_UNRECOGNISED)

INVALID_TIME = "2016-01-01 8:30"
"""An invalid sendtime. Numbers with it are refused, so no phone is reached (A1)."""

_REPORTED_WITHIN = 60


def require_resps(account: ContractAccount) -> None:
    """Raise NotAsked if the answer has no resps when all numbers are refused: a root alone then shows nothing (Q50)."""
    account.send(submit(UNKNOWN, account.known.content())).resp  # noqa: B018 - it raises


@checks("Q8", OLD_AND_NEW_NUMBER, cost="sms 2")
def test_which_numbers_are_recognised(check_run: CheckRun) -> str:
    account = check_run.account()
    content = account.known.content()
    old = next(phone for phone in account.own_numbers if phone not in account.known.new_numbers)
    # With a digit more or less, your own number may be another phone's.
    odd = old if check_run.target.is_arranged else UNKNOWN
    recognised: list[bool] = []
    for phone in (old, account.known.new_numbers[0], UNKNOWN, odd[:-1], f"{odd}0"):
        code = account.send(submit(phone, content, sendtime=INVALID_TIME)).number_code
        if code == _OK:
            message = f"{INVALID_TIME} was accepted as a sendtime"
            raise UnknownAnswer(message)
        # A recognised number is refused for its sendtime or for an earlier check.
        recognised.append(code != _UNRECOGNISED)
    if all(recognised):
        message = "needs a gateway that checks numbers before sendtimes (Q7)"
        raise NotAsked(message)
    unknown_ones = (False, False, False)
    return answer_for(tuple(recognised), {(True, False, *unknown_ones): "then", (True, True, *unknown_ones): "today"})


@checks("Q9")
def test_how_blanks_and_empty_items_between_numbers_are_read(check_run: CheckRun) -> str:
    account = check_run.account()
    first, second, third = unknown(3)
    # U+00A0 and U+3000 come along when numbers are copied from a table or a Chinese text.
    wide = f"\u00a0{third}\u3000"
    answer = account.send(submit(f"{first}, {second} ,,{wide}", account.known.content()))
    if set(answer.codes) != {_UNRECOGNISED}:
        message = f"the numbers have {', '.join(sorted(set(answer.codes)))}"
        raise UnknownAnswer(message)
    # The parser of answers keeps blanks.
    phones = tuple(resp.phone for resp in answer.resps)
    return answer_for(
        phones,
        {
            (first, second, wide): "trim",
            (first, second, third): "unicode",
            (first, f" {second} ", "", wide): "refuse",
        },
    )


@checks("Q10", OWN_NUMBER, cost="sms 2")
def test_how_the_same_number_twice_is_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    before = account.messages_left()
    answer = account.send(submit(f"{account.own_numbers[0]},{account.own_numbers[0]}", account.known.content()))
    charged = before - account.messages_left()
    result = answer_for(
        (tuple(answer.codes), charged),
        {((_OK, _OK), 2): "twice", ((_OK,), 1): "drop", ((_OK, _UNRECOGNISED), 1): "refuse"},
    )
    if len({resp.msgid for resp in answer.resps}) != len(answer.resps):
        message = "both resps have the same msgid"
        raise UnknownAnswer(message)
    return result


@checks("Q11", clock_advance(_REPORTED_WITHIN), cost="drain")
def test_whether_a_refused_number_has_a_report(check_run: CheckRun) -> str:
    account = check_run.account()
    account.reports()
    before = account.messages_left()
    resp = account.send(submit(UNKNOWN, account.known.content(), linkid=create_linkid())).resp
    if account.messages_left() != before:
        message = "a refused number was charged"
        raise UnknownAnswer(message)
    if not resp.msgid:
        message = "a refused number has no msgid"
        raise UnknownAnswer(message)
    reports = account.fetch_until(lambda: [one for one in account.reports() if one.linkid == resp.linkid])
    observed = tuple((report.msgid, report.status) for report in reports)
    return answer_for(observed, {(): "no", ((resp.msgid, resp.code),): "report"})


@checks("Q15", NO_SPCODE, OWN_NUMBER, cost="sms 1")
def test_which_code_an_unopened_spcode_gets(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(account.own_numbers[0], account.known.content(), spcode="01"))
    return answer.codes[0] if answer.codes else answer.code


@checks("Q24", OWN_NUMBER, cost="sms 1")
def test_whether_a_resp_has_a_linkid_if_the_submit_has_none(check_run: CheckRun) -> str:
    account = check_run.account()
    resp = account.send(submit(account.own_numbers[0], account.known.content())).resp
    return answer_for(resp.linkid, {None: "absent", "": "empty"})


@checks("Q27", ANY_SIGNATURE, OWN_NUMBER, cost="sms 3")
def test_where_a_signature_is_accepted(check_run: CheckRun) -> str:
    account = check_run.account()
    observed = tuple(
        account.send(submit(account.own_numbers[0], content)).number_code
        for content in ("【测试】内容", "内容【测试】", "前【测试】后")
    )
    return answer_for(observed, {(_OK, _OK, str(Code.SIGNATURE_MISSING)): "ends", (_OK,) * 3: "anywhere"})


@checks("Q28", OWN_NUMBER, cost="sms 3")
def test_how_the_three_codes_about_signatures_differ(check_run: CheckRun) -> str:
    expected = {
        ANY_SIGNATURE: {"测试": Code.SIGNATURE_MISSING},
        FIXED_SIGNATURE: {"测试": Code.FIXED_SIGNATURE_MISSING, "【无此签名】测试": Code.FIXED_SIGNATURE_OTHER},
    }
    missing: list[Need] = []
    for need, contents in expected.items():
        try:
            account = check_run.account(need)
        except NotAsked:
            missing.append(need)
            continue
        for content, code in contents.items():
            codes = account.send(submit(account.own_numbers[0], content)).codes
            if codes != [code]:
                message = f"with {need.description}, {content} has {codes}, not {code}"
                raise UnknownAnswer(message)
    if len(missing) == len(expected):
        raise NotAsked("needs " + " or ".join(need.description for need in missing))
    check_run.note = "; ".join(f"not checked with {need.description}" for need in missing)
    return "fixed"


@checks("Q29", CLOSING_PHRASE, OWN_NUMBER, cost="sms 1")
def test_how_a_content_without_the_closing_phrase_is_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(account.own_numbers[0], f"{account.known.signature}测试"))
    if not answer.codes:
        require_resps(account)
    refused = str(Code.CLOSING_PHRASE_MISSING)
    return answer_for(all_codes(answer), {(refused,): "request", (_OK, refused): "number"})


@checks("Q32")
def test_which_order_the_attributes_of_a_resp_have(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(UNKNOWN, account.known.content(), linkid="1"))
    assert answer.resp.linkid == "1"
    body = answer.body.decode()
    names = ("msgid", "linkid", "phone", "return", "info")
    resp = body[body.index("<resp") :]
    order = tuple(sorted(names, key=lambda name: resp.find(f' {name}="')))
    return answer_for(order, {names: "described", ("linkid", "msgid", *names[2:]): "sampled"})


@checks("Q35")
def test_what_counts_as_one_character(check_run: CheckRun) -> str:
    account = check_run.account()
    meanings = {_OK: "accepted", str(Code.PARAMETERS_INCOMPLETE): "refused"}

    def is_refused(characters: int, end: str = "") -> bool:
        code = account.send(submit(UNKNOWN, account.known.filled(characters, end))).code
        return answer_for(code, meanings) == "refused"

    if not is_refused(CONTENT_CHARACTERS + 1):
        message = "needs a gateway that refuses contents of more than 1000 characters"
        raise NotAsked(message)
    observed = (is_refused(CONTENT_CHARACTERS, "😀"), is_refused(CONTENT_CHARACTERS - 1, "😀"))
    return answer_for(observed, {(True, False): "utf16", (False, False): "codepoint"})


@checks("Q35", ANY_SIGNATURE, OWN_NUMBER, aspect="signatures", cost="sms 1")
def test_what_counts_as_one_character_of_a_signature(check_run: CheckRun) -> str:
    account = check_run.account()
    # It has 18 code points, which are accepted whether or not the brackets count (Q51), and 21 UTF-16 units.
    signature = "签" * (SIGNATURE_CHARACTERS - 5) + "😀" * 3
    code = account.send(submit(account.own_numbers[0], f"【{signature}】测试")).number_code
    return answer_for(code, {str(Code.SIGNATURE_TOO_LONG): "utf16", _OK: "codepoint"})


@checks("Q50")
def test_which_code_a_send_has_if_all_numbers_are_refused(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(",".join(unknown(2)), account.known.content()))
    return answer_for((answer.reply.code, len(answer.reply.items)), {(_OK, 2): "success", (_UNRECOGNISED, 0): "first"})


@checks("Q51", ANY_SIGNATURE, OWN_NUMBER, cost="sms 3")
def test_whether_brackets_count_as_characters_of_a_signature(check_run: CheckRun) -> str:
    account = check_run.account()
    lengths = (SIGNATURE_CHARACTERS - len("【】"), SIGNATURE_CHARACTERS, SIGNATURE_CHARACTERS + 1)
    observed = tuple(
        account.send(submit(account.own_numbers[0], f"【{'签' * characters}】测试")).number_code
        for characters in lengths
    )
    refused = str(Code.SIGNATURE_TOO_LONG)
    return answer_for(observed, {(_OK, _OK, refused): "without", (_OK, refused, refused): "with"})


@checks("Q52", ANY_SIGNATURE, OWN_NUMBER, cost="sms 1")
def test_whether_a_text_in_ascii_brackets_is_a_signature(check_run: CheckRun) -> str:
    account = check_run.account()
    code = account.send(submit(account.own_numbers[0], "[测试]内容")).number_code
    return answer_for(code, {str(Code.SIGNATURE_MISSING): "no", _OK: "yes"})
