"""The table of status codes: each with its text, each for the request or for one number (C1)."""

from datetime import timedelta
from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import (
    ANY_SIGNATURE,
    BLACK_WORDS,
    BLACKLIST,
    CLOSING_PHRASE,
    FAILING,
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
from ccell_fake.contract.numbers import UNKNOWN, submit
from ccell_fake.contract.raw_answer import RawAnswer
from ccell_fake.contract.sendtimes import ahead
from ccell_fake.limits import SIGNATURE_CHARACTERS
from ccell_fake.model import Operation

_NO_TIME = "2016-01-01 8:30"


def _has(heard: RawAnswer, code: Code) -> None:
    """The request has the code, and nothing else."""
    assert heard.code == code
    assert heard.is_root_alone
    assert heard.reply.info.startswith(code.text)


def _number_has(heard: RawAnswer, code: Code) -> None:
    """The one number of the request has the code, and the request is a success."""
    assert heard.code == Code.SUCCESS, f"the request has {heard.code}"
    assert heard.codes == [code]
    assert heard.resps[0].info.startswith(code.text)


def _has_either_way(heard: RawAnswer, code: Code) -> None:
    """The request has the code, or its one number has: which of them is another question."""
    (_number_has if heard.resps else _has)(heard, code)


def _sent(account: ContractAccount, content: str | None = None, phone: str = "", **attributes: str) -> RawAnswer:
    """What one number of one's own gets."""
    return account.send(submit(phone or account.own[0], content or account.standing.content(), **attributes))


@asks("C1", aspect="0")
def test_0(inquiry: CheckRun) -> None:
    account = inquiry.account()
    heard = account.post(Operation.INFO, account.root())
    assert (heard.code, heard.reply.info) == (Code.SUCCESS, Code.SUCCESS.text)


@asks("C1", aspect="1001001")
def test_1001001_for_parameters_that_are_missing(inquiry: CheckRun) -> None:
    account = inquiry.account()
    _has_either_way(account.send({"phone": UNKNOWN, "content": None}), Code.PARAMETERS_INCOMPLETE)


@asks("C1", NO_BALANCE, OWN_NUMBER, aspect="1001002", cost="sms 1")
def test_1001002_for_a_balance_that_is_too_small(inquiry: CheckRun) -> None:
    _has_either_way(_sent(inquiry.account()), Code.BALANCE_TOO_SMALL)


@asks("C1", FROZEN, aspect="1001003")
def test_1001003_for_an_account_that_is_frozen(inquiry: CheckRun) -> None:
    account = inquiry.account()
    _has(account.send(submit(UNKNOWN, "测试")), Code.ACCOUNT_FROZEN)


@asks("C1", aspect="1001004")
def test_1001004_for_a_wrong_password(inquiry: CheckRun) -> None:
    account = inquiry.account()
    _has(account.post(Operation.INFO, account.root(password="no-such-password")), Code.PASSWORD_WRONG)


@asks("C1", IP_REFUSED, aspect="1001005")
def test_1001005_for_an_address_that_is_not_allowed(inquiry: CheckRun) -> None:
    account = inquiry.account()
    _has(account.post(Operation.INFO, account.root()), Code.IP_REFUSED)


@asks("C1", OVERLAP, aspect="1001006", cost="risk")
def test_1001006_for_a_request_too_many(inquiry: CheckRun) -> None:
    account = inquiry.account()
    count = account.standing.settings.max_concurrency + 1
    heard = account.at_once([partial(account.post, Operation.INFO, account.root())] * count)
    refused = [one for one in heard if one.code != Code.SUCCESS]
    assert len(refused) == 1, f"{len(refused)} of {count} are refused"
    _has(refused[0], Code.CONCURRENCY_EXCEEDED)


@asks("C1", CLOSING_PHRASE, OWN_NUMBER, aspect="1001007", cost="sms 1")
def test_1001007_for_a_content_without_the_closing_phrase(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _sent(account).codes == [Code.SUCCESS]
    _has_either_way(_sent(account, f"{account.standing.signature}测试"), Code.CLOSING_PHRASE_MISSING)


@asks("C1", aspect="1004001")
def test_1004001_for_a_number_that_is_not_recognised(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), phone=UNKNOWN), Code.NUMBER_UNRECOGNISED)


@asks("C1", NO_SENDING_RULE, OWN_NUMBER, aspect="1004002", cost="sms 1")
def test_1004002_for_an_account_without_a_sending_rule(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account()), Code.NO_SENDING_RULE)


@asks("C1", ANY_SIGNATURE, OWN_NUMBER, aspect="1004003", cost="sms 1")
def test_1004003_for_a_content_without_a_signature(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), "测试"), Code.SIGNATURE_MISSING)


@asks("C1", FIXED_SIGNATURE, OWN_NUMBER, aspect="1004004", cost="sms 1")
def test_1004004_for_a_content_without_the_fixed_signature(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _sent(account).codes == [Code.SUCCESS]
    _number_has(_sent(account, "测试"), Code.FIXED_SIGNATURE_MISSING)


@asks("C1", FIXED_SIGNATURE, OWN_NUMBER, aspect="1004005", cost="sms 1")
def test_1004005_for_a_content_with_another_signature(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), "【无此签名】测试"), Code.FIXED_SIGNATURE_OTHER)


@asks("C1", NO_CHANNEL, OWN_NUMBER, aspect="1004006", cost="sms 1")
def test_1004006_for_a_number_without_a_channel(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account()), Code.NO_CHANNEL)


@asks("C1", TEMPLATES, OWN_NUMBER, aspect="1004007", cost="sms 2")
def test_1004007_for_a_content_of_no_template(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _sent(account).codes == [Code.SUCCESS]
    _number_has(_sent(account, f"{account.standing.signature}无此模板"), Code.TEMPLATE_MISMATCH)


@asks("C1", BLACKLIST, aspect="1004008", cost="sms 1")
def test_1004008_for_a_number_on_the_blacklist(inquiry: CheckRun) -> None:
    account = inquiry.account()
    phone = next(one for one in account.own if one in account.standing.settings.blacklist)
    _number_has(_sent(account, phone=phone), Code.NUMBER_BLACKLISTED)


@asks("C1", WHITELIST, aspect="1004009", cost="sms 1")
def test_1004009_for_a_number_that_is_not_on_the_whitelist(inquiry: CheckRun) -> None:
    account = inquiry.account()
    phone = next(one for one in account.own if one not in (account.standing.settings.whitelist or ()))
    _number_has(_sent(account, phone=phone), Code.NUMBER_NOT_WHITELISTED)


@asks("C1", BLACK_WORDS, OWN_NUMBER, aspect="1004010", cost="sms 1")
def test_1004010_for_a_content_with_a_black_word(inquiry: CheckRun) -> None:
    account = inquiry.account()
    content = account.standing.content(f"有{account.standing.settings.black_words[0]}字")
    _number_has(_sent(account, content), Code.BLACK_WORD)


@asks("C1", WHITE_WORDS, OWN_NUMBER, aspect="1004011", cost="sms 2")
def test_1004011_for_a_content_without_a_white_word(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _sent(account).codes == [Code.SUCCESS]
    _number_has(_sent(account, f"{account.standing.signature}测试"), Code.NO_WHITE_WORD)


@asks("C1", OWN_NUMBER, aspect="1004012", cost="sms 1")
def test_1004012_for_a_sendtime_of_another_form(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), sendtime=_NO_TIME), Code.SENDTIME_MALFORMED)


@asks("C1", OWN_NUMBER, aspect="1004013", cost="sms 1")
def test_1004013_for_a_sendtime_more_than_50_days_ahead(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), sendtime=ahead(timedelta(days=60))), Code.SENDTIME_TOO_FAR)


@asks("C1", OWN_NUMBER, aspect="1004014", cost="sms 1")
def test_1004014_for_a_sendtime_that_is_over(inquiry: CheckRun) -> None:
    _number_has(_sent(inquiry.account(), sendtime=ahead(-timedelta(hours=1))), Code.SENDTIME_PAST)


@asks("C1", ANY_SIGNATURE, OWN_NUMBER, aspect="1004015", cost="sms 2")
def test_1004015_for_a_signature_of_more_than_20_characters(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _sent(account, f"【{'签' * SIGNATURE_CHARACTERS}】测试").codes == [Code.SUCCESS]
    _number_has(_sent(account, f"【{'签' * (SIGNATURE_CHARACTERS + 1)}】测试"), Code.SIGNATURE_TOO_LONG)


@asks("C1", FAILING, aspect="1001999")
def test_1001999_for_a_gateway_that_fails(inquiry: CheckRun) -> None:
    account = inquiry.account()
    account.arranger.fail()
    _has(account.post(Operation.INFO, account.root()), Code.SYSTEM_ERROR)
