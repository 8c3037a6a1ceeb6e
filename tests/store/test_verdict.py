"""The verdict of a chaos run finds each broken guarantee."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from harness.emulators import DOCUMENT_DAY
from store.load import Fetch, Log, Send
from store.verdict import Remembered, judge

from ccell_fake.inspection import AccountActivity, MessageRecord, QueueState, QueueStatus, ReportRecord, State
from ccell_fake.model import Resp

USERID = "200001"
QUEUE = QueueStatus(0, 0, None)
LATER = DOCUMENT_DAY + timedelta(hours=1)


def _message(msgid: str, linkid: str) -> MessageRecord:
    where = (USERID, msgid, "13800000000", "x", linkid, "", None, DOCUMENT_DAY, "0", "成功", State.DELIVERED)
    return MessageRecord(*where, None, 1, 1, 1, 1, None)


def _report(msgid: str, number: int) -> ReportRecord:
    where = (USERID, number, msgid, "", "13800000000", "0", "成功", DOCUMENT_DAY, QueueState.FETCHED)
    return ReportRecord(*where, DOCUMENT_DAY + timedelta(seconds=1))


@dataclass
class World:
    """Two answered sends and a send without an answer, whose reports arrived, and what is left of them."""

    sends: list[Send] = field(
        default_factory=lambda: [
            Send(USERID, "a", (Resp("1", "13800000000", "0", "成功", "a"),)),
            Send(USERID, "b", (Resp("2", "13800000000", "0", "成功", "b"),)),
            Send(USERID, "c", None),
        ]
    )
    fetches: list[Fetch] = field(default_factory=lambda: [Fetch(USERID, ("1", "2", "3"), DOCUMENT_DAY, None)])
    messages: list[MessageRecord] = field(
        default_factory=lambda: [_message("1", "a"), _message("2", "b"), _message("3", "c")]
    )
    reports: list[ReportRecord] = field(default_factory=lambda: [_report(f"{one}", one) for one in (1, 2, 3)])
    spent: int = 3
    in_progress: int = 0

    def faults(self) -> list[str]:
        activity = AccountActivity(self.in_progress, 0, 0, is_locked=False, scheduled=0, reports=QUEUE, upmsgs=QUEUE)
        remembered = Remembered(USERID, self.messages, self.reports, activity, self.spent)
        return judge([Log(self.sends, self.fetches)], [remembered]).faults


def _lose_the_answer(world: World, *, at: timedelta) -> None:
    world.fetches[0] = Fetch(USERID, ("1", "2"), DOCUMENT_DAY, None)
    world.fetches.append(Fetch(USERID, (), DOCUMENT_DAY + at, DOCUMENT_DAY + at + timedelta(seconds=2)))


def _lose_a_message(world: World) -> None:
    del world.messages[0], world.reports[0]
    world.fetches[0] = Fetch(USERID, ("2", "3"), DOCUMENT_DAY, None)
    world.spent = 2


BROKEN: dict[str, Callable[[World], object]] = {
    "an answered message exists": _lose_a_message,
    "an answered message has its number and linkid": lambda world: world.messages.__setitem__(
        0, replace(world.messages[0], phone="13900000000")
    ),
    "a msgid is unique": lambda world: world.messages.append(_message("1", "c")),
    "a number of a send is stored once": lambda world: world.messages.append(_message("4", "a")),
    "a message that exists was answered": lambda world: world.sends.pop(),
    "msgids increase in the order of answers": lambda world: world.sends.reverse(),
    "a report is handed out once": lambda world: world.fetches.append(Fetch(USERID, ("1",), DOCUMENT_DAY, None)),
    "no report is lost": lambda world: _lose_the_answer(world, at=timedelta(hours=1)),
    "an accepted message has a report": lambda world: world.reports.pop(),
    "the balance is what the messages cost": lambda world: setattr(world, "spent", 4),
    "no slot stays taken": lambda world: setattr(world, "in_progress", 1),
}


def test_a_whole_world_has_no_faults() -> None:
    assert World().faults() == []


def test_a_report_in_an_answer_that_did_not_arrive_is_no_fault() -> None:
    world = World()
    _lose_the_answer(world, at=timedelta(0))
    assert world.faults() == []


@pytest.mark.parametrize("guarantee", BROKEN)
def test_each_broken_guarantee_is_found(guarantee: str) -> None:
    world = World()
    BROKEN[guarantee](world)
    assert any(fault.startswith(f"{guarantee}: ") for fault in world.faults())
