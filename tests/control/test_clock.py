"""An account's clock moves everything of the account, and nothing of another."""

from datetime import datetime, timedelta

import pytest
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY

from ccell_fake.clock import SHANGHAI, ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation
from ccell_fake.settings import Persona

HOUR = timedelta(hours=1)


def test_a_clock_follows_the_gateways_until_it_is_set(account: AccountControl, clock: ManualClock) -> None:
    clock.advance(HOUR)
    assert (account.clock().mode, account.clock().now) == ("real", DOCUMENT_DAY + HOUR)
    account.offset(HOUR)
    clock.advance(HOUR)
    assert (account.clock().mode, account.clock().now, account.clock().seconds) == (
        "offset",
        DOCUMENT_DAY + 3 * HOUR,
        3600,
    )
    account.freeze()
    clock.advance(HOUR)
    assert (account.clock().mode, account.clock().now) == ("frozen", DOCUMENT_DAY + 3 * HOUR)
    account.advance(HOUR)
    assert (account.clock().mode, account.clock().now) == ("frozen", DOCUMENT_DAY + 4 * HOUR)
    account.real()
    assert account.clock().now == DOCUMENT_DAY + 3 * HOUR


def test_a_clock_can_run_from_any_time(account: AccountControl, clock: ManualClock) -> None:
    account.offset(now=datetime(2030, 1, 1, tzinfo=SHANGHAI))
    clock.advance(HOUR)
    assert account.clock().now == datetime(2030, 1, 1, 1, tzinfo=SHANGHAI)
    account.freeze(datetime(2011, 1, 1, tzinfo=SHANGHAI))
    assert account.clock().now == datetime(2011, 1, 1, tzinfo=SHANGHAI)


def test_advance_answers_the_events_in_order(served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(
        report_delay=30, personas=[Persona(phone=PHONE, echo=True, delay=60.0, opt_out=("验证码。【签名】",))]
    )
    sendtime = f"{DOCUMENT_DAY + HOUR:%Y-%m-%d %H:%M:%S}"
    (resp,) = served.send(content="验证码。【签名】", sendtime=sendtime).items
    account.add_fault(
        CodeFault(
            code=Code.SYSTEM_ERROR,
            operation=Operation.REPORT,
            since=DOCUMENT_DAY + 2 * HOUR,
            until=DOCUMENT_DAY + 3 * HOUR,
        )
    )
    assert account.advance(HOUR - timedelta(seconds=1)).events == ()
    answer = account.advance(to=DOCUMENT_DAY + 4 * HOUR)
    assert answer.now == DOCUMENT_DAY + 4 * HOUR
    assert [(one.at - DOCUMENT_DAY, one.kind, one.msgid) for one in answer.events] == [
        (HOUR, "sent", resp.msgid),
        (HOUR + timedelta(seconds=30), "report", resp.msgid),
        (HOUR + timedelta(seconds=60), "upmsg", None),
        (HOUR + timedelta(seconds=60), "opt_out", None),
        (2 * HOUR, "fault_begins", None),
        (3 * HOUR, "fault_ends", None),
    ]


def test_scheduled_messages_reports_and_upstream_messages_follow_the_clock(served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(report_delay=10)
    served.send(sendtime=f"{DOCUMENT_DAY + HOUR:%Y-%m-%d %H:%M:%S}")
    account.reply(PHONE, "later", delay=3605)
    states = [next(account.messages()).state]
    account.advance(HOUR)
    states.append(next(account.messages()).state)
    assert (served.reports(), served.upmsgs()) == ((), ())
    account.advance(timedelta(seconds=10))
    states.append(next(account.messages()).state)
    assert [str(state) for state in states] == ["scheduled", "sent", "delivered"]
    (report,), (upmsg,) = served.reports(), served.upmsgs()
    assert report.recvtime == DOCUMENT_DAY + HOUR + timedelta(seconds=10)
    assert upmsg.motime == DOCUMENT_DAY + HOUR + timedelta(seconds=5)


def test_the_fifty_days_follow_the_accounts_clock(served: Served) -> None:
    served.account.freeze(DOCUMENT_DAY + timedelta(days=100))
    past = served.send(sendtime=f"{DOCUMENT_DAY + timedelta(days=99):%Y-%m-%d %H:%M:%S}")
    ahead = served.send(sendtime=f"{DOCUMENT_DAY + timedelta(days=149):%Y-%m-%d %H:%M:%S}")
    assert [answer.items[0].code for answer in (past, ahead)] == [Code.SENDTIME_PAST, Code.SUCCESS]


def test_a_lock_ends_with_its_duration(served: Served) -> None:
    account = served.account
    account.freeze()
    account.change(max_concurrency=1, lock_after=2, lock_duration=600)
    with account.hold(1):
        codes = [served.ask(Operation.INFO).code for _ in range(3)]
    assert codes == [Code.CONCURRENCY_EXCEEDED, Code.CONCURRENCY_EXCEEDED, Code.ACCOUNT_FROZEN]
    assert account.status().is_locked
    account.advance(timedelta(seconds=599))
    assert served.ask(Operation.INFO).code == Code.ACCOUNT_FROZEN
    (event,) = account.advance(timedelta(seconds=1)).events
    assert (event.kind, event.at) == ("unlocked", DOCUMENT_DAY + timedelta(seconds=600))
    assert served.ask(Operation.INFO).code == "0"


def test_a_lock_without_duration_lasts_until_it_is_removed(served: Served) -> None:
    served.account.change(max_concurrency=1, lock_after=1)
    with served.account.hold(1):
        served.ask(Operation.INFO)
    assert served.ask(Operation.INFO).code == Code.ACCOUNT_FROZEN
    served.account.unlock()
    assert served.ask(Operation.INFO).code == "0"


def test_no_clock_moves_another(control: ControlClient, account: AccountControl) -> None:
    other = control.open()
    account.freeze(datetime(2011, 1, 1, tzinfo=SHANGHAI))
    assert other.clock().now == DOCUMENT_DAY


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            "clock",
            {"mode": "real", "now": "2020-01-01T00:00:00Z"},
            "now must be absent with mode real",
        ),
        ("clock", {"mode": "frozen", "seconds": 1}, "seconds must be absent with mode frozen"),
        ("clock", {"mode": "offset"}, "seconds must be given with mode offset, or now, not both"),
        ("clock", {"mode": "frozen", "now": "2020-01-01T00:00:00"}, "must have timezone info"),
        (
            "clock",
            {"mode": "frozen", "now": "9999-12-31T00:00:00Z"},
            "must be less than or equal to 2090-01-01",
        ),
        ("clock/advance", {}, "seconds must be given, or to, not both"),
        ("clock/advance", {"seconds": -1}, "must be greater than or equal to 0"),
    ],
)
def test_an_invalid_clock_is_refused(
    control: ControlClient, account: AccountControl, path: str, body: dict[str, object], said: str
) -> None:
    method = "PUT" if path == "clock" else "POST"
    with pytest.raises(ControlError) as caught:
        control.send(method, f"/v1/accounts/{account.userid}/{path}", json=body)
    assert said in caught.value.problem.detail


def test_a_clock_is_not_advanced_into_the_past(account: AccountControl) -> None:
    with pytest.raises(ControlError, match=r"the clock already shows"):
        account.advance(to=DOCUMENT_DAY - HOUR)


def test_a_clock_stays_between_the_earliest_and_the_latest_time(account: AccountControl) -> None:
    account.freeze(datetime(2089, 1, 1, tzinfo=SHANGHAI))
    with pytest.raises(ControlError, match="must be between 2010"):
        account.advance(timedelta(days=3650))


def test_a_lock_in_the_future_does_not_apply(served: Served) -> None:
    account = served.account
    account.change(max_concurrency=1, lock_after=2, lock_duration=60)
    account.freeze(DOCUMENT_DAY + timedelta(days=1000))
    with account.hold(1):
        served.ask(Operation.INFO)
        account.freeze(DOCUMENT_DAY)
        served.ask(Operation.INFO)
        assert not account.status().is_locked
        account.freeze(DOCUMENT_DAY + timedelta(days=1000))
        codes = [served.ask(Operation.INFO).code for _ in range(3)]
    assert Code.ACCOUNT_FROZEN in codes
    account.freeze(DOCUMENT_DAY)
    assert served.ask(Operation.INFO).code == "0"


def test_an_advance_with_too_many_events_is_marked_as_cut(served: Served) -> None:
    served.account.freeze()
    served.account.change(report_delay=1)
    phones = ",".join(f"138{number:08d}" for number in range(500))
    for _ in range(21):
        served.send(phones)
    answer = served.account.advance(timedelta(seconds=1))
    assert (len(answer.events), answer.is_cut) == (10_000, True)
