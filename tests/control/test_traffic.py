"""Messages, reports, upstream messages and personas over the control API."""

from datetime import timedelta

import pytest
from harness.accounts import CONTENT, PHONE, Served
from harness.emulators import DOCUMENT_DAY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.client import Client
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, NotFound
from ccell_fake.inspection import ContentCount, QueueStatus, State
from ccell_fake.settings import AccountSettings, OutcomeRule, Persona, PersonaAnswer
from ccell_mock_server.emulator import Emulator

UNICOM = "13000000000"


def test_a_message_record_has_all_that_was_submitted(served: Served) -> None:
    served.account.freeze()
    (resp,) = served.send(linkid="7").items
    (message,) = served.account.messages()
    assert (message.msgid, message.phone, message.content, message.linkid) == (resp.msgid, PHONE, CONTENT, "7")
    assert (message.sendtime, message.submitted_at) == (None, DOCUMENT_DAY)
    assert (message.code, message.info, message.state) == ("0", "成功", State.DELIVERED)
    assert message.report
    assert (message.report.status, message.report.recvtime, message.report.fetched_at) == ("0", DOCUMENT_DAY, None)
    served.reports()
    (message,) = served.account.messages()
    assert message.report
    assert message.report.fetched_at == DOCUMENT_DAY


def test_a_refused_number_has_its_code_and_text(served: Served) -> None:
    served.send("19500001111")
    (message,) = served.account.messages()
    assert (message.state, message.code, message.info, message.report) == (
        State.REFUSED,
        Code.NUMBER_UNRECOGNISED,
        "手机号不可识别19500001111",
        None,
    )


def test_messages_can_be_filtered_by_every_field(served: Served) -> None:
    served.account.change(report_delay=3600)
    served.send(linkid="a-1")
    position = served.account.position
    served.send("13900000001,19500001111", content="[?]您好*。【签名】", linkid="b-2")
    account = served.account
    found = {
        "phone": [*account.messages(phone="139*")],
        "linkid": [*account.messages(linkid="a-*")],
        "content": [*account.messages(content="[?]*")],
        "code": [*account.messages(code=Code.NUMBER_UNRECOGNISED)],
        "state": [*account.messages(state=State.SENT)],
        "msgid": [*account.messages(msgid=next(account.messages()).msgid)],
        "after_position": [*account.messages(after_position=position)],
        "none": [*account.messages(phone="139*", linkid="a-1")],
    }
    assert {name: [one.phone for one in messages] for name, messages in found.items()} == {
        "phone": ["13900000001"],
        "linkid": [PHONE],
        "content": ["13900000001", "19500001111"],
        "code": ["19500001111"],
        "state": [PHONE, "13900000001"],
        "msgid": [PHONE],
        "after_position": ["13900000001", "19500001111"],
        "none": [],
    }


def test_messages_are_paged_in_the_order_of_submission(control: ControlClient, served: Served) -> None:
    phones = [f"138{number:08d}" for number in range(250)]
    served.send(",".join(phones))
    served.account.freeze(DOCUMENT_DAY - timedelta(days=1))
    served.send(UNICOM)
    assert [one.phone for one in served.account.messages()] == [*phones, UNICOM]
    path = f"/v1/accounts/{served.account.userid}/messages"
    first = control.send("GET", path, params={"limit": 251}).json()
    assert (len(first["items"]), first["next"]) == (251, None)


def test_a_message_can_be_looked_up_by_its_msgid(control: ControlClient, served: Served) -> None:
    (resp,) = served.send().items
    path = f"/v1/accounts/{served.account.userid}/messages"
    assert control.send("GET", f"{path}/{resp.msgid}").json()["phone"] == PHONE
    with pytest.raises(NotFound, match="has no message '1'"):
        control.send("GET", f"{path}/1")


def test_messages_are_listed_in_both_orders_and_within_times(served: Served) -> None:
    served.account.freeze(DOCUMENT_DAY)
    for minute in range(4):
        served.send(linkid=f"{minute}")
        served.account.advance(timedelta(minutes=1))
    linkids = [one.linkid for one in served.account.messages(newest_first=True)]
    assert linkids == ["3", "2", "1", "0"]
    since, until = (DOCUMENT_DAY + timedelta(minutes=minute) for minute in (1, 3))
    assert [one.linkid for one in served.account.messages(since=since, until=until)] == ["1", "2"]


def test_messages_of_all_accounts_are_listed_each_by_its_own_clock(running: Emulator, control: ControlClient) -> None:
    first, second = (control.open({"report_delay": 60}) for _ in range(2))
    for account in (first, second, first):
        Served(running.url, account).send()
    second.advance(timedelta(minutes=1))
    pages = control.messages(newest_first=True)
    assert [(one.userid, one.state) for one in pages] == [
        (first.userid, State.SENT),
        (second.userid, State.DELIVERED),
        (first.userid, State.SENT),
    ]


@pytest.mark.parametrize(
    ("content", "characters", "segments", "verification_code"),
    [
        ("您的验证码是4711，5分钟内有效。【签名】", 22, 1, "4711"),
        ("您好【签名】", 6, 1, None),
        ("好" * 71 + "【签名】", 75, 2, None),
    ],
)
def test_a_message_record_has_its_size_its_charge_and_its_code(
    served: Served, content: str, characters: int, segments: int, verification_code: str | None
) -> None:
    served.send(f"{PHONE},19500001111", content)
    accepted, refused = served.account.messages()
    for one in (accepted, refused):
        assert (one.characters, one.segments, one.verification_code) == (characters, segments, verification_code)
    assert (accepted.charge, refused.charge) == (segments, 0)


def test_outcome_rules_are_listed_added_and_removed(served: Served) -> None:
    account = served.account
    account.add_outcome(OutcomeRule(phone="138*", stat="EXPIRED"))
    account.add_outcome(OutcomeRule(phone="1380*", stat="UNDELIV", status="-9"))
    assert [rule.stat for rule in account.outcomes()] == ["UNDELIV", "EXPIRED"]
    served.send()
    account.remove_outcomes(0)
    served.send()
    account.remove_outcomes()
    served.send()
    assert [(one.status, one.info) for one in served.reports()] == [("-9", "UNDELIV"), ("-1", "EXPIRED"), ("0", "成功")]
    with pytest.raises(NotFound, match="there is no rule 0; there are 0"):
        account.remove_outcomes(0)


def test_one_persona_is_removed_and_the_others_stay(served: Served) -> None:
    account = served.account
    for phone in ("137*", "138*", "139*"):
        account.add_persona(Persona(phone=phone))
    account.remove_personas(1)
    assert [one.phone for one in account.personas()] == ["139*", "137*"]
    with pytest.raises(NotFound, match="there is no persona 2; there are 2"):
        account.remove_personas(2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=strategies.contents(), charge=st.sampled_from(["segments", "number"]))
def test_a_content_is_counted_as_a_message_with_it_is(
    running: Emulator, control: ControlClient, content: str, charge: str
) -> None:
    account = control.open(AccountSettings(assumptions={"Q13": charge}))
    with Client(running.url, account.userid, account.password) as client:
        client.send(PHONE, content)
    (message,) = account.messages()
    counted = account.count(content)
    assert counted == ContentCount(message.characters, message.segments, message.verification_code)
    assert counted.segments == message.charge
    account.close()


def test_the_activity_of_an_account_follows_its_requests(served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=60, lock_after=2, lock_window=30, max_concurrency=1)
    served.send()
    served.send(sendtime="2016-01-05 08:00:00")
    account.reply(PHONE, "1")
    account.reply(PHONE, "2", delay=60)
    activity = account.activity()
    assert (activity.in_progress, activity.excesses, activity.excesses_to_lock, activity.scheduled) == (0, 0, 2, 1)
    assert activity.reports == QueueStatus(waiting=0, later=2, fetched_at=None)
    assert activity.upmsgs == QueueStatus(waiting=1, later=1, fetched_at=None)
    account.advance(timedelta(seconds=60))
    assert account.activity().reports == QueueStatus(waiting=1, later=1, fetched_at=None)
    served.reports()
    fetched_at = account.clock().now
    account.advance(timedelta(seconds=60))
    assert served.reports() == ()
    assert account.activity().reports == QueueStatus(0, 1, fetched_at + timedelta(seconds=60))
    with account.hold(1):
        served.send()
        activity = account.activity()
        assert (activity.in_progress, activity.excesses, activity.is_locked) == (1, 1, False)
        account.advance(timedelta(seconds=31))
        assert account.activity().excesses == 0
        served.send()
        served.send()
        activity = account.activity()
    assert (activity.excesses, activity.is_locked) == (0, True)
    account.unlock()
    assert not account.activity().is_locked


def test_a_report_can_be_settled_now(served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=3600)
    (resp,) = served.send(linkid="7").items
    settled = account.settle(resp.msgid, "-1", "REJECTD")
    assert settled.state is State.FAILED
    (report,) = served.reports()
    assert (report.msgid, report.linkid, report.status, report.info) == (resp.msgid, "7", "-1", "REJECTD")
    assert report.recvtime == DOCUMENT_DAY
    account.advance(timedelta(days=2))
    assert served.reports() == ()


def test_a_report_can_be_changed_until_it_is_fetched(served: Served) -> None:
    (resp,) = served.send().items
    assert served.account.settle(resp.msgid, "5").state is State.FAILED
    assert [one.info for one in served.reports()] == ["UNDELIV"]
    with pytest.raises(ControlError, match="was already fetched"):
        served.account.settle(resp.msgid)


def test_a_message_settled_as_failed_is_refunded_if_failures_are(served: Served) -> None:
    account = served.account
    account.change(assumptions={"Q33": "refunded"}, report_delay=60)
    account.add_outcome(OutcomeRule(phone=UNICOM, stat="UNDELIV"))
    (good,), (bad,) = served.send().items, served.send(UNICOM).items
    assert account.status().left == 99_998
    account.settle(good.msgid, "-1")
    assert account.status().left == 99_999
    account.settle(bad.msgid, "0")
    account.advance(timedelta(hours=1))
    assert account.status().left == 99_999
    account.settle(good.msgid, "0")
    assert account.status().left == 99_998


def test_a_message_without_an_outcome_cannot_be_settled(served: Served) -> None:
    refused, scheduled = served.send("19500001111"), served.send(sendtime="2016-01-01 00:00:00")
    with pytest.raises(ControlError, match="was refused with 1004001"):
        served.account.settle(refused.items[0].msgid)
    with pytest.raises(ControlError, match="not sent yet; advance the clock"):
        served.account.settle(scheduled.items[0].msgid)


def test_a_stray_report_comes_in(served: Served) -> None:
    served.account.freeze()
    served.account.add_report("42", "1", linkid="x", status="-3", info="MYSTERY", delay=5.0)
    assert served.reports() == ()
    served.account.advance(timedelta(seconds=5))
    (report,) = served.reports()
    assert (report.msgid, report.linkid, report.status, report.info) == ("42", "x", "-3", "MYSTERY")
    (listed,) = served.account.reports()
    assert listed.fetched_at == DOCUMENT_DAY + timedelta(seconds=5)


@pytest.mark.parametrize("msgid", ["0000123", "0", "-1", "1e3", "ABC-9", "9" * 30, " 7"])
def test_a_stray_report_keeps_the_text_of_its_msgid(served: Served, msgid: str) -> None:
    served.account.freeze()
    (resp,) = served.send().items
    made = served.account.add_report(msgid, "1")
    assert [one.msgid for one in served.account.reports()] == [resp.msgid, msgid]
    assert [one.msgid for one in served.reports()] == [resp.msgid, msgid]
    (message,) = served.account.messages()
    assert (made.msgid, message.msgid, message.state) == (msgid, resp.msgid, "delivered")


def test_a_phone_sends_to_the_accounts_port_and_its_spcode(served: Served) -> None:
    account = served.account
    account.freeze()
    account.reply(PHONE, "收到", spcode="77")
    account.reply(PHONE, "later", delay=5)
    assert [one.fetched_at for one in account.upmsgs()] == [None, None]
    (upmsg,) = served.upmsgs()
    assert (upmsg.spnumber, upmsg.phone, upmsg.msgcontent) == ("1069000077", PHONE, "收到")
    assert [one.fetched_at for one in account.upmsgs()] == [DOCUMENT_DAY, None]


def test_a_persona_answers_by_keyword_or_echoes(served: Served) -> None:
    account = served.account
    account.freeze()
    answers = (PersonaAnswer(keyword="验证码", text="谁?"), PersonaAnswer(keyword="码", text="no"))
    account.change(spcode=True)
    account.add_persona(Persona(phone="138*", answers=answers, echo=True, delay=5.0))
    served.send(spcode="9")
    served.send(content="您好【签名】")
    served.send(UNICOM)
    account.advance(timedelta(seconds=5))
    assert [(one.spnumber, one.msgcontent) for one in served.upmsgs()] == [
        ("106900009", "谁?"),
        ("10690000", "您好【签名】"),
    ]


def test_a_persona_that_is_sent_to_later_answers_later(served: Served) -> None:
    served.account.freeze()
    served.account.add_persona(Persona(phone="*", echo=True))
    served.send(sendtime=f"{DOCUMENT_DAY + timedelta(hours=1):%Y-%m-%d %H:%M:%S}")
    assert served.upmsgs() == ()
    served.account.advance(timedelta(hours=1))
    assert len(served.upmsgs()) == 1


@pytest.mark.parametrize("word", ["TD", "td ", "退订"])
def test_a_phone_that_opted_out_is_refused(served: Served, word: str) -> None:
    account = served.account
    account.freeze()
    account.add_persona(Persona(phone="138*"))
    account.reply(PHONE, word, delay=60)
    account.reply(UNICOM, word)
    codes = [served.send().items[0].code]
    account.advance(timedelta(seconds=60))
    codes += [served.send(phone).items[0].code for phone in (PHONE, "13800000001", UNICOM)]
    assert codes == ["0", Code.NUMBER_BLACKLISTED, "0", "0"]
    entry = [*account.journal()][1]
    assert (entry.rule, entry.basis) == ("opted-out", "arranged persona, assumed Q50")
    assert "has opted out" in entry.explanation


def test_a_persona_opts_out_by_what_it_answers(served: Served) -> None:
    served.account.add_persona(Persona(phone="*", answers=(PersonaAnswer(keyword="回复TD退订", text="TD"),)))
    codes = [served.send(content=f"{text}【签名】").items[0].code for text in ("大促，回复TD退订", "大促，回复TD退订")]
    assert codes == ["0", Code.NUMBER_BLACKLISTED]
    assert [one.msgcontent for one in served.upmsgs()] == ["TD"]


def test_personas_are_listed_and_removed(account: AccountControl) -> None:
    persona = Persona(phone="138*", opt_out=("STOP",))
    account.add_persona(persona)
    assert account.personas() == (persona,)
    account.remove_personas()
    assert account.personas() == ()
