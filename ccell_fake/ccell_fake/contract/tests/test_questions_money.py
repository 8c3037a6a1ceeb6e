"""What the document leaves open about charges and times."""

from datetime import datetime, timedelta

from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import Unsettled, codes, of_seen
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import DEAD_NUMBER, OWN_NUMBER, SMALL_BALANCE, STILL_CLOCK, TWO_NUMBERS
from ccell_fake.contract.numbers import submit
from ccell_fake.contract.sendtimes import ahead
from ccell_fake.limits import JOINED_SEGMENT, SCHEDULE_AHEAD, SINGLE_SEGMENT, TIME_FORMAT

_OK, _TOO_SMALL = str(Code.SUCCESS), str(Code.BALANCE_TOO_SMALL)
_SKEW = timedelta(minutes=15)


def _price(account: ContractAccount, characters: int) -> int:
    """What one number costs for a content of so many characters."""
    before = account.left()
    heard = account.send(submit(account.own[0], account.standing.filled(characters)))
    if heard.codes != [_OK]:
        message = f"a content of {characters} characters has {', '.join(heard.codes) or heard.code}"
        raise Unsettled(message)
    return before - account.left()


@asks("Q13", OWN_NUMBER, cost="sms 2")
def test_what_one_number_costs(inquiry: CheckRun) -> str:
    return of_seen(_price(inquiry.account(), SINGLE_SEGMENT + 1), {2: "segments", 1: "number"})


@asks("Q13", OWN_NUMBER, aspect="limits", cost="sms 8")
def test_a_message_ends_at_70_characters_and_its_parts_at_67(inquiry: CheckRun) -> None:
    account = inquiry.account()
    at = (SINGLE_SEGMENT, SINGLE_SEGMENT + 1, 2 * JOINED_SEGMENT, 2 * JOINED_SEGMENT + 1)
    assert tuple(_price(account, characters) for characters in at) in {(1, 2, 2, 3), (1, 1, 1, 1)}


@asks("Q14", SMALL_BALANCE, TWO_NUMBERS, cost="sms 1")
def test_what_becomes_of_a_request_that_the_balance_covers_in_part(inquiry: CheckRun) -> str:
    account = inquiry.account()
    heard = account.send(submit(",".join(account.own[:2]), account.standing.content()))
    return of_seen(codes(heard), {(_TOO_SMALL,): "request", (_OK, _OK, _TOO_SMALL): "number"})


@asks("Q16", OWN_NUMBER, cost="sms 1, drain")
def test_in_which_zone_the_times_are(inquiry: CheckRun) -> str:
    account = inquiry.account()
    began = SystemClock().now()
    (resp,) = account.client.send(account.own[0], account.standing.content()).resps
    (report,) = account.until(lambda: [one for one in account.client.reports() if one.msgid == resp.msgid])
    ended = SystemClock().now()
    return of_seen(began - _SKEW <= report.recvtime <= ended + _SKEW, {True: "Asia/Shanghai"})


@asks("Q17", STILL_CLOCK, OWN_NUMBER, cost="sms 2")
def test_whether_the_bounds_of_a_sendtime_belong_to_it(inquiry: CheckRun) -> str:
    account = inquiry.account()
    now = account.arranger.stand_still()
    bounds = (now, now + SCHEDULE_AHEAD)
    content = account.standing.content()
    seen = tuple(account.send(submit(account.own[0], content, sendtime=_written(one))).resp.code for one in bounds)
    # A second to the inner side is no bound.
    inside = account.send(submit(account.own[0], content, sendtime=_written(bounds[1] - timedelta(seconds=1))))
    if inside.codes != [_OK]:
        message = f"a second before 50 days has {inside.codes[0]}"
        raise Unsettled(message)
    refused = (str(Code.SENDTIME_PAST), str(Code.SENDTIME_TOO_FAR))
    return of_seen(seen, {(_OK, _OK): "accept", refused: "refuse"})


def _written(instant: datetime) -> str:
    return f"{instant:{TIME_FORMAT}}"


@asks("Q33", DEAD_NUMBER, cost="sms 1, drain")
def test_what_becomes_of_the_charge_of_a_message_that_fails(inquiry: CheckRun) -> str:
    account = inquiry.account()
    before = account.left()
    (resp,) = account.client.send(account.standing.dead[0], account.standing.content()).resps
    account.until(lambda: [one for one in account.client.reports() if one.msgid == resp.msgid])
    return of_seen(before - account.left(), {1: "kept", 0: "refunded"})


@asks("Q34", OWN_NUMBER, cost="sms 1")
def test_when_a_scheduled_message_is_charged(inquiry: CheckRun) -> str:
    account = inquiry.account()
    before = account.left()
    heard = account.send(submit(account.own[0], account.standing.content(), sendtime=ahead(timedelta(hours=1))))
    if heard.codes != [_OK]:
        message = f"a scheduled message has {', '.join(heard.codes) or heard.code}"
        raise Unsettled(message)
    return of_seen(before - account.left(), {1: "at_once", 0: "when_sent"})
