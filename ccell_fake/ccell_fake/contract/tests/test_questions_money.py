"""Open questions about charges and times."""

from datetime import datetime, timedelta

from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer, UnknownAnswer, all_codes, answer_for
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import (
    CREDIT,
    DEAD_NUMBER,
    FREEZABLE_CLOCK,
    OWN_NUMBER,
    SMALL_BALANCE,
    TWO_NUMBERS,
    UPSTREAM,
)
from ccell_fake.contract.submits import ahead, submit
from ccell_fake.limits import JOINED_SEGMENT, SCHEDULE_AHEAD, SINGLE_SEGMENT, TIME_FORMAT

_OK, _TOO_SMALL = str(Code.SUCCESS), str(Code.BALANCE_TOO_SMALL)
_SKEW = timedelta(minutes=15)


def _price(account: ContractAccount, characters: int) -> int:
    """The price of one number for a content of this length."""
    before = account.messages_left()
    answer = account.send(submit(account.own_numbers[0], account.known.filled(characters)))
    if answer.codes != [_OK]:
        message = f"a content of {characters} characters has {', '.join(answer.codes) or answer.code}"
        raise UnknownAnswer(message)
    return before - account.messages_left()


@checks("Q13", OWN_NUMBER, cost="sms 2")
def test_how_much_one_number_costs(check_run: CheckRun) -> str:
    return answer_for(_price(check_run.account(), SINGLE_SEGMENT + 1), {2: "segments", 1: "number"})


@checks("Q13", OWN_NUMBER, aspect="limits", cost="sms 8")
def test_a_message_holds_70_characters_and_each_segment_67(check_run: CheckRun) -> None:
    account = check_run.account()
    lengths = (SINGLE_SEGMENT, SINGLE_SEGMENT + 1, 2 * JOINED_SEGMENT, 2 * JOINED_SEGMENT + 1)
    assert tuple(_price(account, characters) for characters in lengths) in {(1, 2, 2, 3), (1, 1, 1, 1)}


@checks("Q14", SMALL_BALANCE, TWO_NUMBERS, cost="sms 1")
def test_how_a_request_is_charged_if_the_balance_covers_a_part(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(",".join(account.own_numbers[:2]), account.known.content()))
    return answer_for(all_codes(answer), {(_TOO_SMALL,): "request", (_OK, _OK, _TOO_SMALL): "number"})


@checks("Q16", OWN_NUMBER, cost="sms 1, drain")
def test_which_zone_times_have(check_run: CheckRun) -> str:
    account = check_run.account()
    start = SystemClock().now()
    (resp,) = account.client.send(account.own_numbers[0], account.known.content()).resps
    (report,) = account.wait_for(lambda: [one for one in account.reports() if one.msgid == resp.msgid])
    end = SystemClock().now()
    return answer_for(start - _SKEW <= report.recvtime <= end + _SKEW, {True: "Asia/Shanghai"})


@checks("Q16", UPSTREAM, aspect="upstream", cost="sms 1, drain")
def test_which_zone_the_times_of_upstream_messages_have(check_run: CheckRun) -> str:
    account = check_run.account()
    phone, start = account.replying_number, SystemClock().now()
    account.arranger.reply(phone, ["TD"])
    upmsg = account.wait_for(lambda: [one for one in account.upmsgs() if one.phone.strip() == phone])[0]
    end = SystemClock().now()
    return answer_for(start - _SKEW <= upmsg.motime <= end + _SKEW, {True: "Asia/Shanghai"})


@checks("Q17", FREEZABLE_CLOCK, OWN_NUMBER, cost="sms 2")
def test_whether_the_bounds_of_a_sendtime_are_accepted(check_run: CheckRun) -> str:
    account = check_run.account()
    now = account.arranger.freeze_clock()
    bounds = (now, now + SCHEDULE_AHEAD)

    def send(sendtime: datetime) -> RawAnswer:
        text = f"{sendtime:{TIME_FORMAT}}"
        return account.send(submit(account.own_numbers[0], account.known.content(), sendtime=text))

    observed = tuple(send(bound).number_code for bound in bounds)
    inside = send(bounds[1] - timedelta(seconds=1))
    if inside.codes != [_OK]:
        message = f"a second before 50 days has {inside.codes[0]}"
        raise UnknownAnswer(message)
    refused = (str(Code.SENDTIME_PAST), str(Code.SENDTIME_TOO_FAR))
    return answer_for(observed, {(_OK, _OK): "accept", refused: "refuse"})


@checks("Q53", CREDIT, OWN_NUMBER, cost="sms 2")
def test_what_info_shows_while_credit_is_in_use(check_run: CheckRun) -> str:
    account = check_run.account()
    for _ in range(2):
        answer = account.send(submit(account.own_numbers[0], account.known.content()))
        if answer.codes != [_OK]:
            message = f"a message within balance and credit has {', '.join(answer.codes) or answer.code}"
            raise UnknownAnswer(message)
    info = account.client.info()
    return answer_for((info.riches, info.credit), {(0, 0): "zero", (-1, 1): "negative"})


@checks("Q33", DEAD_NUMBER, cost="sms 1, drain")
def test_whether_a_failed_message_is_refunded(check_run: CheckRun) -> str:
    account = check_run.account()
    before = account.messages_left()
    (resp,) = account.client.send(account.known.dead_numbers[0], account.known.content()).resps
    account.wait_for(lambda: [one for one in account.reports() if one.msgid == resp.msgid])
    return answer_for(before - account.messages_left(), {1: "kept", 0: "refunded"})


@checks("Q34", OWN_NUMBER, cost="sms 1")
def test_when_a_scheduled_message_is_charged(check_run: CheckRun) -> str:
    account = check_run.account()
    before = account.messages_left()
    answer = account.send(submit(account.own_numbers[0], account.known.content(), sendtime=ahead(timedelta(hours=1))))
    if answer.codes != [_OK]:
        message = f"a scheduled message has {', '.join(answer.codes) or answer.code}"
        raise UnknownAnswer(message)
    return answer_for(before - account.messages_left(), {1: "at_once", 0: "when_sent"})
