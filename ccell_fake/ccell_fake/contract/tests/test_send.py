"""Send requests and their answers (S1 to S8, A1 to A3)."""

import re
from datetime import timedelta

from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.needs import NO_SPCODE, OWN_NUMBER, SPCODE, TWO_NUMBERS, clock_advance
from ccell_fake.contract.submits import UNKNOWN, ahead, submit, unknown
from ccell_fake.limits import CONTENT_CHARACTERS, NUMBERS_PER_REQUEST, SCHEDULE_AHEAD
from ccell_fake.model import Door, Operation

_MSGID = re.compile(r"[0-9]{19}")
_ATTRIBUTES = {"msgid", "phone", "return", "info"}
_MINUTE = timedelta(minutes=1)
_UNTIL, _SOON = 120, 30


@checks("S1", OWN_NUMBER, cost="sms 1")
def test_a_send_has_one_or_more_submits_with_phone_and_content(check_run: CheckRun) -> None:
    account = check_run.account()
    content = account.known.content()
    assert account.send(submit(account.own_numbers[0], content)).codes == [Code.SUCCESS]
    several = account.send(*(submit(phone, content) for phone in unknown(3)))
    # Q50 asks whether one code stands for all numbers.
    refused = [Code.NUMBER_UNRECOGNISED] * (1 if several.is_root_alone else 3)
    assert (several.code, several.codes) == (Code.SUCCESS, refused)
    for missing in ("userid", "password"):
        answer = account.post(
            Operation.SEND,
            account.payload(account.submit_elements(submit(UNKNOWN, account.known.content())), **{missing: None}),
        )
        assert answer.code != Code.SUCCESS, f"without {missing}"
    for missing in ("phone", "content"):
        answer = account.send({"phone": UNKNOWN, "content": content, missing: None})
        assert [answer.code, *answer.codes] != [Code.SUCCESS, Code.SUCCESS], f"without {missing}"
        assert Code.PARAMETERS_INCOMPLETE in {answer.code, *answer.codes}, f"without {missing}"


@checks("S1", TWO_NUMBERS, aspect="several", cost="sms 2, drain", doors=XML_ONLY)
def test_every_submit_of_a_send_is_done(check_run: CheckRun) -> None:
    account = check_run.account()
    before = account.messages_left()
    submits = [
        submit(phone, account.known.content(), linkid=f"S1-{place}")
        for place, phone in enumerate(account.own_numbers[:2])
    ]
    answer = account.send(*submits)
    assert answer.codes == [Code.SUCCESS] * 2
    assert account.messages_left() == before - 2
    sent = {(resp.msgid, resp.linkid, resp.phone) for resp in answer.resps}
    msgids = {resp.msgid for resp in answer.resps}
    reports = account.wait_for(lambda: [one for one in account.reports() if one.msgid in msgids], len(sent))
    assert {(one.msgid, one.linkid, one.phone) for one in reports} == sent


@checks("S2")
def test_a_phone_attribute_holds_numbers_separated_by_commas(check_run: CheckRun) -> None:
    account = check_run.account()
    numbers = unknown(3)
    answer = account.send(submit(",".join(numbers), account.known.content()))
    assert [resp.phone for resp in answer.resps] == numbers
    # A full-width comma does not separate numbers.
    whole = account.send(submit("，".join(numbers), account.known.content()))
    assert len(whole.resps) == 1


@checks("S3")
def test_a_request_may_hold_500_numbers_over_all_its_submits(check_run: CheckRun) -> None:
    account = check_run.account()
    numbers = unknown(NUMBERS_PER_REQUEST)
    first, second = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    answer = account.send(
        submit(",".join(first), account.known.content()), submit(",".join(second), account.known.content())
    )
    assert answer.code == Code.SUCCESS
    assert [resp.phone for resp in answer.resps] == numbers


@checks("S4")
def test_a_content_may_hold_1000_characters(check_run: CheckRun) -> None:
    account = check_run.account()
    content = account.known.filled(CONTENT_CHARACTERS)
    answer = account.send(submit(UNKNOWN, content))
    assert (answer.code, answer.codes) == (Code.SUCCESS, [Code.NUMBER_UNRECOGNISED])


@checks("S5")
def test_the_answer_has_a_resp_for_each_number_in_the_order_submitted(check_run: CheckRun) -> None:
    account = check_run.account()
    numbers = st.integers(0, 99_999_999).map(lambda number: f"120{number:08d}")
    requests = st.lists(st.lists(numbers, min_size=1, max_size=4, unique=True), min_size=1, max_size=4)

    def assert_in_order(submits: list[list[str]]) -> None:
        phones = [phone for submitted in submits for phone in submitted]
        if len(set(phones)) < len(phones):
            # Q10 asks about repeated numbers.
            return
        answer = account.send(*(submit(",".join(submitted), account.known.content()) for submitted in submits))
        assert [resp.phone for resp in answer.resps] == phones
        assert answer.code == Code.SUCCESS
        # An answer in JSON has no text of its own.
        assert answer.reply.info == (Code.SUCCESS.text if answer.door is Door.XML else "")
        assert all(resp.code and resp.info for resp in answer.resps)
        # Q24 asks about a linkid.
        assert all(item.keys() - {"linkid"} == _ATTRIBUTES for item in answer.items)

    for_all(check_run, account, requests, assert_in_order, examples=([unknown(3), ["12000000009"]],))


@checks("S5", TWO_NUMBERS, aspect="accepted", cost="sms 2")
def test_the_resp_of_an_accepted_number_says_so(check_run: CheckRun) -> None:
    account = check_run.account()
    first, second = account.own_numbers[:2]
    before = account.messages_left()
    # A refused number between them keeps its place.
    answer = account.send(submit(f"{first},{UNKNOWN},{second}", account.known.content()))
    assert [(one.phone, one.code) for one in answer.resps] == [
        (first, Code.SUCCESS),
        (UNKNOWN, Code.NUMBER_UNRECOGNISED),
        (second, Code.SUCCESS),
    ]
    assert [one.info for one in answer.resps if one.is_accepted] == [Code.SUCCESS.text] * 2
    assert account.messages_left() == before - 2


@checks("S6", TWO_NUMBERS, cost="sms 3, drain", doors=XML_ONLY)
def test_a_msgid_is_unique_and_the_report_returns_it(check_run: CheckRun) -> None:
    account = check_run.account()
    sent = [
        account.client.send(phones, account.known.content())
        for phones in (account.own_numbers[:2], account.own_numbers[:1])
    ]
    resps = [resp for one in sent for resp in one.resps]
    assert len({resp.msgid for resp in resps}) == len(resps) == 3
    assert all(_MSGID.fullmatch(resp.msgid) for resp in resps), resps
    linkids = {resp.linkid for resp in resps}
    reports = account.wait_for(lambda: [one for one in account.reports() if one.linkid in linkids], len(resps))
    assert {(one.msgid, one.linkid, one.phone) for one in reports} == {
        (resp.msgid, resp.linkid, resp.phone) for resp in resps
    }


@checks("S7", doors=XML_ONLY)
def test_a_refused_request_is_answered_with_an_empty_root(check_run: CheckRun) -> None:
    account = check_run.account()
    answer = account.post(
        Operation.SEND,
        account.payload(account.submit_elements(submit(UNKNOWN, account.known.content())), password="no-such-password"),
    )
    assert answer.code == Code.PASSWORD_WRONG
    assert answer.body.endswith(
        f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'.encode()
    )


@checks("S8", OWN_NUMBER, cost="sms 1")
def test_one_number_is_refused_while_another_is_accepted(check_run: CheckRun) -> None:
    account = check_run.account()
    before = account.messages_left()
    answer = account.send(submit(f"{account.own_numbers[0]},{UNKNOWN}", account.known.content()))
    assert (answer.code, answer.codes) == (Code.SUCCESS, [Code.SUCCESS, Code.NUMBER_UNRECOGNISED])
    refused = answer.resps[1]
    assert refused.info == f"{Code.NUMBER_UNRECOGNISED.text}{UNKNOWN}"
    assert _MSGID.fullmatch(refused.msgid)
    assert account.messages_left() == before - 1


@checks("A1", OWN_NUMBER, cost="sms 2")
def test_a_message_can_be_scheduled(check_run: CheckRun) -> None:
    account = check_run.account()
    # An empty sendtime means none.
    for sendtime in (ahead(timedelta(hours=1)), ""):
        answer = account.send(submit(account.own_numbers[0], account.known.content(), sendtime=sendtime))
        assert answer.codes == [Code.SUCCESS]


@checks("A1", OWN_NUMBER, aspect="form", cost="sms 4")
def test_a_sendtime_has_one_format(check_run: CheckRun) -> None:
    account = check_run.account()
    # All are in the past, in case the gateway reads them.
    for sendtime in ("2016/01/01 08:30:30", "2016-01-01T08:30:30", "2016-01-01 08:30", "20160101083030"):
        answer = account.send(submit(account.own_numbers[0], account.known.content(), sendtime=sendtime))
        assert answer.codes == [Code.SENDTIME_MALFORMED], sendtime


@checks("A1", TWO_NUMBERS, aspect="alone", cost="sms 2, drain")
def test_a_scheduled_message_waits_while_the_next_submit_is_delivered(check_run: CheckRun) -> None:
    account = check_run.account()
    first, second = account.own_numbers[:2]
    content = account.known.content()
    answer = account.send(
        submit(first, content, sendtime=ahead(timedelta(hours=1))),
        # An empty sendtime means at once.
        submit(second, content, sendtime=""),
    )
    assert answer.codes == [Code.SUCCESS] * 2
    scheduled, other = (resp.msgid for resp in answer.resps)
    assert scheduled not in _fetch_until(account, other)


@checks("A1", TWO_NUMBERS, clock_advance(_UNTIL + _SOON), aspect="later", cost="sms 2, drain")
def test_a_scheduled_message_is_delivered_at_its_time_and_not_before(check_run: CheckRun) -> None:
    account = check_run.account()
    first, second = account.own_numbers[:2]
    content, sendtime = account.known.content(), ahead(timedelta(seconds=_UNTIL))
    scheduled = account.send(submit(first, content, sendtime=sendtime)).resp.msgid
    account.arranger.advance(_UNTIL - _SOON)
    assert scheduled not in {one.msgid for one in account.reports()}
    account.arranger.advance(2 * _SOON)
    # A message that is sent after the sendtime shows how long a report takes.
    later = account.send(submit(second, content)).resp.msgid
    assert scheduled in _fetch_until(account, later)


def _fetch_until(account: ContractAccount, msgid: str) -> set[str]:
    """Fetch reports until that of a message has arrived. Returns the msgids of all."""
    fetched: set[str] = set()

    def arrived() -> list[str]:
        fetched.update(one.msgid for one in account.reports())
        return [msgid] if msgid in fetched else []

    account.wait_for(arrived)
    return fetched


@checks("A1", OWN_NUMBER, aspect="50 days", cost="sms 1")
def test_a_sendtime_is_at_most_50_days_ahead(check_run: CheckRun) -> None:
    account = check_run.account()
    content = account.known.content()
    within = account.send(submit(account.own_numbers[0], content, sendtime=ahead(SCHEDULE_AHEAD - 5 * _MINUTE)))
    assert within.codes == [Code.SUCCESS]
    beyond = account.send(submit(account.own_numbers[0], content, sendtime=ahead(SCHEDULE_AHEAD + 5 * _MINUTE)))
    assert beyond.codes == [Code.SENDTIME_TOO_FAR]


@checks("A2", OWN_NUMBER, cost="sms 1, drain", doors=XML_ONLY)
def test_resp_and_report_return_the_linkid(check_run: CheckRun) -> None:
    account = check_run.account()
    linkid, long = "A2-编号 <&>", f" A2-2 {'0123456789' * 9} "
    # Raw, because the client knows the linkid without the answer.
    content = account.known.content()
    answer = account.send(submit(account.own_numbers[0], content, linkid=linkid), submit(UNKNOWN, content, linkid=long))
    assert [resp.linkid for resp in answer.resps] == [linkid, long]
    msgid = answer.resps[0].msgid
    (report,) = account.wait_for(lambda: [one for one in account.reports() if one.msgid == msgid])
    assert report.linkid == linkid


@checks("A3", NO_SPCODE, OWN_NUMBER, cost="sms 1")
def test_an_unopened_spcode_is_an_error_and_submits_nothing(check_run: CheckRun) -> None:
    account = check_run.account()
    before = account.messages_left()
    answer = account.send(submit(account.own_numbers[0], account.known.content(), spcode="01"))
    assert Code.SUCCESS not in (answer.codes or [answer.code])
    assert account.messages_left() == before


@checks("A3", SPCODE, OWN_NUMBER, aspect="opened", cost="sms 1")
def test_an_opened_spcode_can_be_used(check_run: CheckRun) -> None:
    account = check_run.account()
    assert account.send(submit(account.own_numbers[0], account.known.content(), spcode="01")).codes == [Code.SUCCESS]
