"""Status codes with their texts, for a request or for one number (C1)."""

from datetime import timedelta
from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import (
    ANY_SIGNATURE,
    BLACK_WORDS,
    BLACKLIST,
    CLOSING_PHRASE,
    FAIL_ON_DEMAND,
    FIXED_SIGNATURE,
    FROZEN,
    IP_REFUSED,
    NO_BALANCE,
    NO_CHANNEL,
    NO_SENDING_RULE,
    OVERLAP,
    OWN_NUMBER,
    TEMPLATES,
    WHITE_WORDS,
    WHITELIST,
)
from ccell_fake.contract.submits import UNKNOWN, ahead, submit
from ccell_fake.limits import SIGNATURE_CHARACTERS
from ccell_fake.model import Operation

_INVALID_TIME = "2016-01-01 8:30"
# Over JSON-RPC, there may be no info (Q48).
_HARMLESS = submit(UNKNOWN, "测试")


def _assert_request_code(answer: RawAnswer, code: Code) -> None:
    """Assert that the request has the code, and no resps."""
    assert answer.code == code
    assert answer.is_root_alone
    assert answer.reply.info.startswith(code.text)


def _assert_number_code(answer: RawAnswer, code: Code) -> None:
    """Assert that the only number has the code, and the request is a success."""
    assert answer.code == Code.SUCCESS, f"the request has {answer.code}"
    assert answer.codes == [code]
    # Q50 asks whether the root has the code of a refused number.
    assert (answer.reply if answer.is_root_alone else answer.resp).info.startswith(code.text)


def _assert_either_code(answer: RawAnswer, code: Code) -> None:
    """Assert that the request or its only number has the code. Another check finds out which."""
    (_assert_number_code if answer.codes else _assert_request_code)(answer, code)


def _send(account: ContractAccount, content: str | None = None, phone: str = "", **attributes: str) -> RawAnswer:
    """Send to one number."""
    return account.send(submit(phone or account.own_numbers[0], content or account.known.content(), **attributes))


@checks("C1", aspect="0", doors=XML_ONLY)
def test_0(check_run: CheckRun) -> None:
    account = check_run.account()
    answer = account.post(Operation.INFO, account.payload())
    assert (answer.code, answer.reply.info) == (Code.SUCCESS, Code.SUCCESS.text)


@checks("C1", aspect="1001001")
def test_1001001_for_missing_parameters(check_run: CheckRun) -> None:
    account = check_run.account()
    _assert_either_code(account.send({"phone": UNKNOWN, "content": None}), Code.PARAMETERS_INCOMPLETE)


@checks("C1", NO_BALANCE, OWN_NUMBER, aspect="1001002", cost="sms 1")
def test_1001002_for_a_small_balance(check_run: CheckRun) -> None:
    _assert_either_code(_send(check_run.account()), Code.BALANCE_TOO_SMALL)


@checks("C1", FROZEN, aspect="1001003")
def test_1001003_for_a_frozen_account(check_run: CheckRun) -> None:
    _assert_request_code(check_run.account().send(_HARMLESS), Code.ACCOUNT_FROZEN)


@checks("C1", aspect="1001004")
def test_1001004_for_a_wrong_password(check_run: CheckRun) -> None:
    account = check_run.account()
    payload = account.payload(account.submit_elements(_HARMLESS), password="no-such-password")
    _assert_request_code(account.post(Operation.SEND, payload), Code.PASSWORD_WRONG)


@checks("C1", IP_REFUSED, aspect="1001005")
def test_1001005_for_a_refused_ip_address(check_run: CheckRun) -> None:
    _assert_request_code(check_run.account().send(_HARMLESS), Code.IP_REFUSED)


@checks("C1", OVERLAP, aspect="1001006", cost="risk")
def test_1001006_for_one_request_too_many(check_run: CheckRun) -> None:
    account = check_run.account()
    count = account.known.settings.max_concurrency + 1
    answers = account.in_parallel([partial(account.send, _HARMLESS)] * count)
    refused = [one for one in answers if one.code != Code.SUCCESS]
    assert len(refused) == 1, f"{len(refused)} of {count} are refused"
    _assert_request_code(refused[0], Code.CONCURRENCY_EXCEEDED)


@checks("C1", CLOSING_PHRASE, OWN_NUMBER, aspect="1001007", cost="sms 1")
def test_1001007_for_a_content_without_the_closing_phrase(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _send(account).codes == [Code.SUCCESS]
    _assert_either_code(_send(account, f"{account.known.signature}测试"), Code.CLOSING_PHRASE_MISSING)


@checks("C1", aspect="1004001")
def test_1004001_for_an_unrecognised_number(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), phone=UNKNOWN), Code.NUMBER_UNRECOGNISED)


@checks("C1", NO_SENDING_RULE, OWN_NUMBER, aspect="1004002", cost="sms 1")
def test_1004002_for_an_account_without_a_sending_rule(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account()), Code.NO_SENDING_RULE)


@checks("C1", ANY_SIGNATURE, OWN_NUMBER, aspect="1004003", cost="sms 1")
def test_1004003_for_a_content_without_a_signature(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), "测试"), Code.SIGNATURE_MISSING)


@checks("C1", FIXED_SIGNATURE, OWN_NUMBER, aspect="1004004", cost="sms 1")
def test_1004004_for_a_content_without_the_fixed_signature(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _send(account).codes == [Code.SUCCESS]
    _assert_number_code(_send(account, "测试"), Code.FIXED_SIGNATURE_MISSING)


@checks("C1", FIXED_SIGNATURE, OWN_NUMBER, aspect="1004005", cost="sms 1")
def test_1004005_for_a_content_with_another_signature(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), "【无此签名】测试"), Code.FIXED_SIGNATURE_OTHER)


@checks("C1", NO_CHANNEL, OWN_NUMBER, aspect="1004006", cost="sms 1")
def test_1004006_for_a_number_without_a_channel(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account()), Code.NO_CHANNEL)


@checks("C1", TEMPLATES, OWN_NUMBER, aspect="1004007", cost="sms 2")
def test_1004007_for_a_content_without_a_matching_template(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _send(account).codes == [Code.SUCCESS]
    _assert_number_code(_send(account, f"{account.known.signature}无此模板"), Code.TEMPLATE_MISMATCH)


@checks("C1", BLACKLIST, aspect="1004008", cost="sms 1")
def test_1004008_for_a_number_on_the_blacklist(check_run: CheckRun) -> None:
    account = check_run.account()
    phone = next(one for one in account.own_numbers if one in account.known.settings.blacklist)
    _assert_number_code(_send(account, phone=phone), Code.NUMBER_BLACKLISTED)


@checks("C1", WHITELIST, aspect="1004009", cost="sms 1")
def test_1004009_for_a_number_outside_the_whitelist(check_run: CheckRun) -> None:
    account = check_run.account()
    phone = next(one for one in account.own_numbers if one not in (account.known.settings.whitelist or ()))
    _assert_number_code(_send(account, phone=phone), Code.NUMBER_NOT_WHITELISTED)


@checks("C1", BLACK_WORDS, OWN_NUMBER, aspect="1004010", cost="sms 1")
def test_1004010_for_a_content_with_a_black_word(check_run: CheckRun) -> None:
    account = check_run.account()
    content = account.known.content(f"有{account.known.settings.black_words[0]}字")
    _assert_number_code(_send(account, content), Code.BLACK_WORD)


@checks("C1", WHITE_WORDS, OWN_NUMBER, aspect="1004011", cost="sms 2")
def test_1004011_for_a_content_without_a_white_word(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _send(account).codes == [Code.SUCCESS]
    _assert_number_code(_send(account, f"{account.known.signature}测试"), Code.NO_WHITE_WORD)


@checks("C1", OWN_NUMBER, aspect="1004012", cost="sms 1")
def test_1004012_for_a_sendtime_in_another_format(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), sendtime=_INVALID_TIME), Code.SENDTIME_MALFORMED)


@checks("C1", OWN_NUMBER, aspect="1004013", cost="sms 1")
def test_1004013_for_a_sendtime_more_than_50_days_ahead(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), sendtime=ahead(timedelta(days=60))), Code.SENDTIME_TOO_FAR)


@checks("C1", OWN_NUMBER, aspect="1004014", cost="sms 1")
def test_1004014_for_a_past_sendtime(check_run: CheckRun) -> None:
    _assert_number_code(_send(check_run.account(), sendtime=ahead(-timedelta(hours=1))), Code.SENDTIME_PAST)


@checks("C1", ANY_SIGNATURE, OWN_NUMBER, aspect="1004015", cost="sms 2")
def test_1004015_for_a_signature_of_more_than_20_characters(check_run: CheckRun) -> None:
    account = check_run.account()
    # Q51 asks whether the brackets count.
    shorter = "签" * (SIGNATURE_CHARACTERS - len("【】"))
    assert _send(account, f"【{shorter}】测试").codes == [Code.SUCCESS]
    _assert_number_code(_send(account, f"【{'签' * (SIGNATURE_CHARACTERS + 1)}】测试"), Code.SIGNATURE_TOO_LONG)


@checks("C1", FAIL_ON_DEMAND, aspect="1001999")
def test_1001999_for_a_failing_gateway(check_run: CheckRun) -> None:
    account = check_run.account()
    account.arranger.fail_next()
    _assert_request_code(account.send(_HARMLESS), Code.SYSTEM_ERROR)
