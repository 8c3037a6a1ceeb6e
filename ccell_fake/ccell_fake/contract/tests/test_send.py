"""Sending: what a request holds, and what is answered (S1 to S8, A1 to A3)."""

import re
from datetime import timedelta

from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.needs import NO_SPCODE, OWN_NUMBER, SPCODE, TWO_NUMBERS, seconds_to_pass
from ccell_fake.contract.numbers import UNKNOWN, submit, unknown
from ccell_fake.contract.sendtimes import ahead
from ccell_fake.limits import CONTENT_CHARACTERS, NUMBERS_PER_REQUEST, SCHEDULE_AHEAD
from ccell_fake.model import Operation

_MSGID = re.compile(r"[0-9]{19}")
_MINUTE = timedelta(minutes=1)
_UNTIL, _SOON = 3_600, 100


@asks("S1", OWN_NUMBER, cost="sms 1")
def test_a_send_has_one_or_more_submits_with_phone_and_content(inquiry: CheckRun) -> None:
    account = inquiry.account()
    content = account.standing.content()
    assert account.send(submit(account.own[0], content)).codes == [Code.SUCCESS]
    several = account.send(*(submit(phone, content) for phone in unknown(3)))
    assert (several.code, several.codes) == (Code.SUCCESS, [Code.NUMBER_UNRECOGNISED] * 3)
    for missing in ("userid", "password"):
        heard = account.post(
            Operation.SEND,
            account.root(account.submits(submit(UNKNOWN, account.standing.content())), **{missing: None}),
        )
        assert heard.code != Code.SUCCESS, f"without {missing}"
    for missing in ("phone", "content"):
        heard = account.send({"phone": UNKNOWN, "content": content, missing: None})
        assert [heard.code, *heard.codes] != [Code.SUCCESS, Code.SUCCESS], f"without {missing}"
        assert Code.PARAMETERS_INCOMPLETE in {heard.code, *heard.codes}, f"without {missing}"


@asks("S2")
def test_a_phone_attribute_holds_numbers_with_commas_between_them(inquiry: CheckRun) -> None:
    account = inquiry.account()
    numbers = unknown(3)
    heard = account.send(submit(",".join(numbers), account.standing.content()))
    assert [resp.phone for resp in heard.resps] == numbers
    # A comma of another script does not part them.
    whole = account.send(submit("，".join(numbers), account.standing.content()))
    assert len(whole.resps) == 1


@asks("S3")
def test_a_request_may_hold_500_numbers_over_all_its_submits(inquiry: CheckRun) -> None:
    account = inquiry.account()
    numbers = unknown(NUMBERS_PER_REQUEST)
    first, second = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    heard = account.send(
        submit(",".join(first), account.standing.content()), submit(",".join(second), account.standing.content())
    )
    assert heard.code == Code.SUCCESS
    assert [resp.phone for resp in heard.resps] == numbers


@asks("S4")
def test_a_content_may_hold_1000_characters(inquiry: CheckRun) -> None:
    account = inquiry.account()
    content = account.standing.filled(CONTENT_CHARACTERS)
    heard = account.send(submit(UNKNOWN, content))
    assert (heard.code, heard.codes) == (Code.SUCCESS, [Code.NUMBER_UNRECOGNISED])


@asks("S5")
def test_the_answer_has_a_resp_for_each_number_in_the_order_submitted(inquiry: CheckRun) -> None:
    account = inquiry.account()
    numbers = st.integers(0, 99_999_999).map(lambda number: f"120{number:08d}")
    requests = st.lists(st.lists(numbers, min_size=1, max_size=4, unique=True), min_size=1, max_size=4)

    def in_order(submits: list[list[str]]) -> None:
        phones = [phone for submitted in submits for phone in submitted]
        if len(set(phones)) < len(phones):
            # What becomes of a number that stands twice is another question.
            return
        heard = account.send(*(submit(",".join(submitted), account.standing.content()) for submitted in submits))
        assert (heard.code, heard.reply.info) == (Code.SUCCESS, Code.SUCCESS.text)
        assert [resp.phone for resp in heard.resps] == phones
        assert all(resp.code and resp.info for resp in heard.resps)

    for_all(inquiry, account, requests, in_order, examples=([unknown(3), ["12000000009"]],))


@asks("S5", TWO_NUMBERS, aspect="accepted", cost="sms 2")
def test_the_resp_of_an_accepted_number_says_so(inquiry: CheckRun) -> None:
    account = inquiry.account()
    first, second = account.own[:2]
    # One that is refused between them keeps its place.
    heard = account.send(submit(f"{first},{UNKNOWN},{second}", account.standing.content()))
    assert [(one.phone, one.code) for one in heard.resps] == [
        (first, Code.SUCCESS),
        (UNKNOWN, Code.NUMBER_UNRECOGNISED),
        (second, Code.SUCCESS),
    ]
    assert [one.info for one in heard.resps if one.is_accepted] == [Code.SUCCESS.text] * 2


@asks("S6", TWO_NUMBERS, cost="sms 3, drain")
def test_a_msgid_is_unique_and_the_report_brings_it_back(inquiry: CheckRun) -> None:
    account = inquiry.account()
    sent = [account.client.send(phones, account.standing.content()) for phones in (account.own[:2], account.own[:1])]
    resps = [resp for one in sent for resp in one.resps]
    assert len({resp.msgid for resp in resps}) == len(resps) == 3
    assert all(_MSGID.fullmatch(resp.msgid) for resp in resps), resps
    linkids = {resp.linkid for resp in resps}
    reports = account.until(lambda: [one for one in account.client.reports() if one.linkid in linkids], len(resps))
    assert {(one.msgid, one.linkid, one.phone) for one in reports} == {
        (resp.msgid, resp.linkid, resp.phone) for resp in resps
    }


@asks("S7")
def test_a_request_that_is_refused_is_answered_with_a_root_alone(inquiry: CheckRun) -> None:
    account = inquiry.account()
    heard = account.post(
        Operation.SEND,
        account.root(account.submits(submit(UNKNOWN, account.standing.content())), password="no-such-password"),
    )
    assert heard.code == Code.PASSWORD_WRONG
    assert heard.body.endswith(
        f'<root return="{Code.PASSWORD_WRONG}" info="{Code.PASSWORD_WRONG.text}"></root>'.encode()
    )


@asks("S8", OWN_NUMBER, cost="sms 1")
def test_one_number_is_refused_while_another_is_accepted(inquiry: CheckRun) -> None:
    account = inquiry.account()
    before = account.left()
    heard = account.send(submit(f"{account.own[0]},{UNKNOWN}", account.standing.content()))
    assert (heard.code, heard.codes) == (Code.SUCCESS, [Code.SUCCESS, Code.NUMBER_UNRECOGNISED])
    refused = heard.resps[1]
    assert refused.info == f"{Code.NUMBER_UNRECOGNISED.text}{UNKNOWN}"
    assert _MSGID.fullmatch(refused.msgid)
    assert account.left() == before - 1


@asks("A1", OWN_NUMBER, cost="sms 2")
def test_a_message_can_be_scheduled(inquiry: CheckRun) -> None:
    account = inquiry.account()
    # An empty one stands for none.
    for sendtime in (ahead(timedelta(hours=1)), ""):
        heard = account.send(submit(account.own[0], account.standing.content(), sendtime=sendtime))
        assert heard.codes == [Code.SUCCESS]


@asks("A1", OWN_NUMBER, aspect="form", cost="sms 4")
def test_a_sendtime_has_one_form(inquiry: CheckRun) -> None:
    account = inquiry.account()
    # Whoever reads them all the same reads times that are over.
    for sendtime in ("2016/01/01 08:30:30", "2016-01-01T08:30:30", "2016-01-01 08:30", "20160101083030"):
        heard = account.send(submit(account.own[0], account.standing.content(), sendtime=sendtime))
        assert heard.codes == [Code.SENDTIME_MALFORMED], sendtime


@asks("A1", TWO_NUMBERS, seconds_to_pass(_UNTIL + 2 * _SOON), aspect="later", cost="sms 2, drain")
def test_a_scheduled_message_is_delivered_at_its_time_and_not_before(inquiry: CheckRun) -> None:
    account = inquiry.account()
    first, second = account.own[:2]
    content, sendtime = account.standing.content(), ahead(timedelta(seconds=_UNTIL))
    heard = account.send(submit(first, content, sendtime=sendtime), submit(second, content))
    assert heard.codes == [Code.SUCCESS] * 2
    scheduled, other = (resp.msgid for resp in heard.resps)
    account.arranger.later(_UNTIL - _SOON)
    fetched = {one.msgid for one in account.client.reports()}
    assert scheduled not in fetched
    # The other submit of the request has no sendtime.
    assert other in fetched
    account.arranger.later(2 * _SOON)
    assert scheduled in {one.msgid for one in account.client.reports()}


@asks("A1", OWN_NUMBER, aspect="50 days", cost="sms 1")
def test_a_sendtime_lies_at_most_50_days_ahead(inquiry: CheckRun) -> None:
    account = inquiry.account()
    content = account.standing.content()
    within = account.send(submit(account.own[0], content, sendtime=ahead(SCHEDULE_AHEAD - 5 * _MINUTE)))
    assert within.codes == [Code.SUCCESS]
    beyond = account.send(submit(account.own[0], content, sendtime=ahead(SCHEDULE_AHEAD + 5 * _MINUTE)))
    assert beyond.codes == [Code.SENDTIME_TOO_FAR]


@asks("A2", OWN_NUMBER, cost="sms 1, drain")
def test_a_linkid_comes_back_in_the_resp_and_in_the_report(inquiry: CheckRun) -> None:
    account = inquiry.account()
    linkid = "A2-编号 <&>"
    # By bytes: the client knows the linkid without being told.
    content = account.standing.content()
    heard = account.send(submit(account.own[0], content, linkid=linkid), submit(UNKNOWN, content, linkid="A2-2"))
    assert [resp.linkid for resp in heard.resps] == [linkid, "A2-2"]
    msgid = heard.resps[0].msgid
    (report,) = account.until(lambda: [one for one in account.client.reports() if one.msgid == msgid])
    assert report.linkid == linkid


@asks("A3", NO_SPCODE, OWN_NUMBER, cost="sms 1")
def test_using_an_spcode_that_is_not_opened_is_an_error_and_submits_nothing(inquiry: CheckRun) -> None:
    account = inquiry.account()
    before = account.left()
    heard = account.send(submit(account.own[0], account.standing.content(), spcode="01"))
    assert Code.SUCCESS not in (heard.codes or [heard.code])
    assert account.left() == before


@asks("A3", SPCODE, OWN_NUMBER, aspect="opened", cost="sms 1")
def test_an_spcode_that_is_opened_can_be_used(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert account.send(submit(account.own[0], account.standing.content(), spcode="01")).codes == [Code.SUCCESS]
