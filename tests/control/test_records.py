"""Reports and upstream messages are filtered, deleted and handed out again; messages are deleted; all is reset."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator, until
from harness.stores import kept

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, NotFound
from ccell_fake.inspection import QueueState, State
from ccell_fake.model import Operation
from ccell_fake.settings import OutcomeRule

OTHER = "13900000000"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def queued(served: Served) -> Served:
    """An account with a fetched, a waiting and a planned one of reports and upstream messages, at 0, 1 and 9 min."""
    account = served.account
    account.freeze(DOCUMENT_DAY)
    account.add_outcome(OutcomeRule(phone=OTHER, stat="UNDELIV"))
    served.send(linkid="Ab-1")
    account.reply(PHONE, "TD now", spcode="7")
    served.reports()
    served.upmsgs()
    account.advance(MINUTE)
    served.send(OTHER, linkid="ab-2")
    account.reply(OTHER, "later [?]")
    account.change(report_delay=480)
    served.send(linkid="")
    account.reply(PHONE, "td last", delay=480)
    return served


@pytest.mark.parametrize(
    ("conditions", "places"),
    [
        ({}, [0, 1, 2]),
        ({"phone": "138*"}, [0, 2]),
        ({"linkid": "ab-*"}, [1]),
        ({"linkid": "AB-*", "ignore_case": True}, [0, 1]),
        ({"linkid": ""}, [2]),
        ({"status": "0"}, [0, 2]),
        ({"info": "UNDELIV"}, [1]),
        ({"state": QueueState.FETCHED}, [0]),
        ({"state": QueueState.WAITING}, [1]),
        ({"state": QueueState.PLANNED}, [2]),
        ({"since": DOCUMENT_DAY + MINUTE}, [1, 2]),
        ({"until": DOCUMENT_DAY + MINUTE}, [0]),
        ({"newest_first": True}, [2, 1, 0]),
        ({"phone": "138*", "newest_first": True, "since": DOCUMENT_DAY}, [2, 0]),
        ({"phone": "137*"}, []),
    ],
)
def test_reports_are_filtered_by_every_field_and_time(
    queued: Served, control: ControlClient, conditions: Any, places: list[int]
) -> None:
    everything = [*queued.account.reports()]
    assert [one.state for one in everything] == [QueueState.FETCHED, QueueState.WAITING, QueueState.PLANNED]
    expected = [everything[place] for place in places]
    assert [*queued.account.reports(**conditions)] == expected
    assert [*control.reports(**conditions)] == expected


def test_a_report_is_found_by_its_msgid(queued: Served) -> None:
    queued.account.add_report("0042", PHONE)
    for report in [*queued.account.reports()]:
        assert [*queued.account.reports(msgid=report.msgid)] == [report]


@pytest.mark.parametrize(
    ("conditions", "places"),
    [
        ({"phone": "138*"}, [0, 2]),
        ({"spnumber": "*7"}, [0]),
        ({"msgcontent": "td*"}, [2]),
        ({"msgcontent": "TD*", "ignore_case": True}, [0, 2]),
        ({"msgcontent": "*[?]"}, [1]),
        ({"state": QueueState.FETCHED}, [0]),
        ({"state": QueueState.WAITING}, [1]),
        ({"state": QueueState.PLANNED}, [2]),
        ({"since": DOCUMENT_DAY + MINUTE, "until": DOCUMENT_DAY + 2 * MINUTE}, [1]),
        ({"newest_first": True}, [2, 1, 0]),
    ],
)
def test_upstream_messages_are_filtered_by_every_field_and_time(
    queued: Served, control: ControlClient, conditions: Any, places: list[int]
) -> None:
    everything = [*queued.account.upmsgs()]
    expected = [everything[place] for place in places]
    assert [*queued.account.upmsgs(**conditions)] == expected
    assert [*control.upmsgs(**conditions)] == expected


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_of_a_filtered_queue_have_each_record_once(
    queued: Served,
    control: ControlClient,
    newest_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    for number in range(5):
        queued.account.add_report(f"{number}", OTHER)
    path = f"/v1/accounts/{queued.account.userid}/reports"
    query: dict[str, Any] = {"phone": OTHER, "limit": 2, "newest_first": newest_first}
    found: list[str] = []
    while query.get("cursor", 0) is not None:
        page = control.send("GET", path, params=query).json()
        found += [one["msgid"] for one in page["items"]]
        query["cursor"] = page["next"]
    expected = [one.msgid for one in queued.account.reports(phone=OTHER)]
    assert found == (expected[::-1] if newest_first else expected)
    assert len(found) == 6


def test_records_of_all_accounts_have_the_state_of_their_own_clock(control: ControlClient) -> None:
    first, second = control.open(), control.open()
    for account in (first, second):
        account.add_report("7", PHONE, delay=60)
        account.reply(PHONE, "1", delay=60)
    second.advance(MINUTE)
    expected = [(first.userid, QueueState.PLANNED), (second.userid, QueueState.WAITING)]
    assert [(one.userid, one.state) for one in control.reports()] == expected
    assert [(one.userid, one.state) for one in control.upmsgs()] == expected
    assert [one.userid for one in control.reports(state=QueueState.WAITING)] == [second.userid]


def test_a_deleted_message_leaves_balance_journal_and_its_unfetched_report(queued: Served) -> None:
    account = queued.account
    left, entries = account.status().left, len([*account.journal()])
    msgids = [one.msgid for one in account.messages()]
    account.delete_message(msgids[0])
    account.delete_message(msgids[1])
    assert [one.msgid for one in account.messages()] == [msgids[2]]
    assert account.status().left == left
    assert len([*account.journal()]) == entries
    assert [one.msgid for one in account.reports()] == msgids[1:]
    assert [one.msgid for one in queued.reports()] == [msgids[1]]
    with pytest.raises(NotFound, match="has no message"):
        account.delete_message(msgids[0])


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        ({}, []),
        ({"phone": "138*"}, [OTHER]),
        ({"linkid": "AB*", "ignore_case": True}, [PHONE]),
        ({"state": State.DELIVERED}, [OTHER, PHONE]),
        ({"until": DOCUMENT_DAY + MINUTE}, [OTHER, PHONE]),
        ({"code": "1004001"}, [PHONE, OTHER, PHONE]),
    ],
)
def test_messages_that_match_are_deleted(queued: Served, conditions: Any, left: list[str]) -> None:
    before = len([*queued.account.messages()])
    assert queued.account.delete_messages(**conditions) == before - len(left)
    assert [one.phone for one in queued.account.messages()] == left


def test_many_records_are_deleted_in_one_call(served: Served) -> None:
    served.account.freeze()
    for _ in range(5):
        served.send(",".join(f"138{number:08d}" for number in range(500)))
    account = served.account
    assert account.requeue_reports() == 0
    assert [len(served.reports()) for _ in range(2)] == [300, 300]
    assert account.requeue_reports() == 600
    assert account.delete_messages() == 2_500
    assert account.delete_reports() == 2_500
    assert [*account.messages(), *account.reports()] == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_page_goes_on_where_a_message_was_deleted(
    served: Served,
    control: ControlClient,
    newest_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    for number in range(5):
        served.send(linkid=f"{number}")
    path, query = f"/v1/accounts/{served.account.userid}/messages", {"limit": 2, "newest_first": newest_first}
    first = control.send("GET", path, params=query).json()
    served.account.delete_message(first["items"][-1]["msgid"])
    second = control.send("GET", path, params={**query, "cursor": first["next"]}).json()
    expected = ["0", "1", "2", "3"] if not newest_first else ["4", "3", "2", "1"]
    assert [one["linkid"] for one in (*first["items"], *second["items"])] == expected


@pytest.mark.parametrize("delete", [AccountControl.delete_messages, AccountControl.reset])
def test_a_deleted_msgid_is_not_used_again_after_a_restart(
    tmp_path: Path, delete: Callable[[AccountControl], object]
) -> None:
    store = {"store": kept(tmp_path)}
    with emulator(ManualClock(DOCUMENT_DAY), store) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open({"userid": "300001", "password": "123456"}))
        served.account.freeze(DOCUMENT_DAY)
        used = [served.send().items[0].msgid for _ in range(3)]
        delete(served.account)
    with emulator(ManualClock(DOCUMENT_DAY), store) as running, ControlClient(running.url) as control:
        account = AccountControl(control, "300001", "123456")
        assert int(Served(running.url, account).send().items[0].msgid) > max(map(int, used))


def test_a_deleted_report_leaves_its_queue_and_its_message_is_sent(queued: Served) -> None:
    account = queued.account
    fetched, waiting, _ = account.reports()
    account.delete_report(waiting.id)
    account.delete_report(fetched.id)
    assert queued.reports() == ()
    messages = [*account.messages()]
    assert [one.state for one in messages] == [State.SENT] * 3
    assert [*account.messages(state=State.SENT)] == messages
    with pytest.raises(NotFound, match=f"there is no report {fetched.id}"):
        account.delete_report(fetched.id)


def test_reports_and_upstream_messages_that_match_are_deleted(queued: Served) -> None:
    account = queued.account
    assert account.delete_reports(state=QueueState.WAITING) == 1
    assert account.delete_upmsgs(msgcontent="TD*", ignore_case=True) == 2
    assert (queued.reports(), len(queued.upmsgs())) == ((), 1)
    assert (account.delete_reports(), account.delete_upmsgs()) == (2, 1)
    assert [*account.reports(), *account.upmsgs()] == []


def test_a_deleted_upstream_message_leaves_its_queue(queued: Served) -> None:
    account = queued.account
    _, waiting, _ = account.upmsgs()
    account.delete_upmsg(waiting.id)
    assert queued.upmsgs() == ()
    with pytest.raises(NotFound, match=f"there is no upstream message {waiting.id}"):
        account.delete_upmsg(waiting.id)


def test_a_fetched_report_is_handed_out_again_in_the_order_of_its_time(queued: Served) -> None:
    account = queued.account
    fetched, waiting, planned = account.reports()
    requeued = account.requeue_report(fetched.id)
    assert (requeued.state, requeued.fetched_at) == (QueueState.WAITING, None)
    assert [one.msgid for one in queued.reports()] == [fetched.msgid, waiting.msgid]
    assert queued.reports() == ()
    with pytest.raises(ControlError, match=f"report {planned.id} was not fetched"):
        account.requeue_report(planned.id)
    with pytest.raises(NotFound, match="there is no report 4711"):
        account.requeue_report(4711)


def test_a_fetched_upstream_message_is_handed_out_again(queued: Served) -> None:
    account = queued.account
    fetched, waiting, planned = account.upmsgs()
    assert account.requeue_upmsg(fetched.id).state is QueueState.WAITING
    assert [one.msgcontent for one in queued.upmsgs()] == [fetched.msgcontent, waiting.msgcontent]
    assert account.requeue_upmsgs(phone=OTHER) == 1
    assert [one.msgcontent for one in queued.upmsgs()] == [waiting.msgcontent]
    with pytest.raises(ControlError, match="was not fetched"):
        account.requeue_upmsg(planned.id)


def test_reports_are_handed_out_again_at_most_300_at_a_time(served: Served) -> None:
    served.account.freeze()
    served.send(",".join(f"138{number:08d}" for number in range(400)))
    taken = [*served.reports(), *served.reports()]
    assert served.account.requeue_reports(phone="1380000*") == 400
    again = [served.reports() for _ in range(3)]
    assert [len(page) for page in again] == [300, 100, 0]
    assert [one for page in again for one in page] == taken


def test_a_report_is_handed_out_again_after_the_clock_was_set_back(queued: Served) -> None:
    account = queued.account
    queued.reports()
    account.freeze(DOCUMENT_DAY - MINUTE)
    assert account.requeue_reports() == 2
    assert len(queued.reports()) == 2


def test_a_handed_out_report_can_be_settled_again_once_it_is_back_in_its_queue(queued: Served) -> None:
    fetched = next(queued.account.reports())
    queued.account.requeue_report(fetched.id)
    assert queued.account.settle(fetched.msgid, "-1").state is State.FAILED


def test_records_of_another_account_cannot_be_deleted_or_handed_out_again(
    queued: Served, control: ControlClient
) -> None:
    other = control.open()
    report, upmsg = next(queued.account.reports()), next(queued.account.upmsgs())
    refused: list[Callable[[], object]] = [
        lambda: other.delete_report(report.id),
        lambda: other.requeue_report(report.id),
        lambda: other.delete_upmsg(upmsg.id),
        lambda: other.requeue_upmsg(upmsg.id),
        lambda: other.delete_message(report.msgid),
    ]
    for call in refused:
        with pytest.raises(NotFound):
            call()
    assert (other.delete_messages(), other.delete_reports(), other.delete_upmsgs()) == (0, 0, 0)
    assert len([*queued.account.messages(), *queued.account.reports(), *queued.account.upmsgs()]) == 9


def test_an_emulator_keeps_as_many_messages_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    # In PostgreSQL, messages are deleted later, in the background.
    monkeypatch.setattr("ccell_fake.store.postgresql.retention._SECONDS", 0.01)
    server = {"max_messages": 3, "max_message_age": 3600.0}
    with emulator(server=server) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        for number in range(9):
            served.send(linkid=f"{number}")
            served.reports()
        tomorrow = served.account.clock().now + timedelta(days=1)
        served.send(linkid="scheduled", sendtime=f"{tomorrow:%Y-%m-%d %H:%M:%S}")
        served.account.reply(PHONE, "waits")
        until(lambda: [one.linkid for one in served.account.messages()] == ["7", "8", "scheduled"])
        served.account.advance(timedelta(hours=2))
        until(lambda: [one.linkid for one in served.account.messages()] == ["scheduled"])
        assert [one.msgcontent for one in served.account.upmsgs()] == ["waits"]
        assert len([*served.account.journal()]) == 19


def test_a_reset_of_everything_keeps_only_the_accounts_and_their_settings(
    queued: Served, control: ControlClient
) -> None:
    queued.account.change(balance=7)
    queued.ask(Operation.INFO)
    other = control.open({"balance": 5})
    other.reply(PHONE, "hi")
    stray = Served(queued.url, AccountControl(control, "nobody", "x"))
    stray.ask(Operation.REPORT)
    assert [*control.journal()]
    userids = [one.userid for one in control.accounts()]
    control.reset()
    assert [one.userid for one in control.accounts()] == userids
    assert [*control.messages(), *control.reports(), *control.upmsgs(), *control.journal()] == []
    assert [*queued.account.journal(), *other.journal()] == []
    assert (queued.account.status().settings.balance, other.status().left) == (7, 5)
    assert queued.account.clock().mode == "real"


def test_positions_after_a_reset_of_everything_are_greater_than_before(served: Served, control: ControlClient) -> None:
    stray = Served(served.url, AccountControl(control, "nobody", "x"))
    stray.ask(Operation.REPORT)
    before = next(control.journal()).position
    control.reset()
    stray.ask(Operation.REPORT)
    assert next(control.journal()).position > before
