"""Libraries that fake the time of the code under test do not change the emulator's time."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from freezegun import freeze_time

from ccell_fake.client import OutcomeUnknown
from ccell_fake.clock import SystemClock, elapsed
from ccell_fake.control.client import NotInTime
from ccell_fake.inspection import State
from ccell_fake.testing import Ccell, NotAsExpected

CONTENT = "您好【签名】"
PHONE = "13800000000"

Faked = Callable[[str], AbstractContextManager[Any]]


def _ticking(instant: str) -> AbstractContextManager[Any]:
    return freeze_time(instant, tick=True)


def _standing(instant: str) -> AbstractContextManager[Any]:
    return time_machine.travel(instant, tick=False)


LIBRARIES = [
    pytest.param(freeze_time, id="freezegun"),
    pytest.param(_ticking, id="freezegun-ticking"),
    pytest.param(_standing, id="time-machine"),
    pytest.param(time_machine.travel, id="time-machine-ticking"),
]

faked = pytest.mark.parametrize("faked", LIBRARIES)


@faked
def test_a_wait_times_out(fake: Ccell, faked: Faked) -> None:
    with faked("2000-01-01"):
        with pytest.raises(NotAsExpected, match="came within"):
            fake.outbox.wait(timeout=0.05)
        with pytest.raises(NotInTime):
            fake.wait("report", timeout=0.05)


@faked
@pytest.mark.parametrize("fault", [{"delay": 0.05}, {"dribble": 0.001, "piece": 50}], ids=["delay", "dribble"])
@pytest.mark.parametrize("in_process", [True, False])
def test_a_slow_answer_arrives(fake: Ccell, faked: Faked, fault: dict[str, Any], *, in_process: bool) -> None:
    fake.settings(processing_time=0.01)
    client = fake.connect(in_process=in_process)
    with faked("2000-01-01"):
        fake.faults.next("send", **fault)
        assert client.send(PHONE, CONTENT).accepted


@faked
def test_a_timeout_of_an_in_process_client_ends_a_delay(fake: Ccell, faked: Faked) -> None:
    client = fake.connect(timeout=0.05)
    with faked("2000-01-01"):
        fake.faults.next("send", delay=3600)
        with pytest.raises(OutcomeUnknown):
            client.send(PHONE, CONTENT)


@faked
def test_reports_come_in_while_the_faked_time_stands_still(fake: Ccell, faked: Faked) -> None:
    fake.settings(report_delay=0.05)
    with faked("2000-01-01"):
        fake.client.send(PHONE, CONTENT)
        assert fake.outbox.wait(state=State.DELIVERED, timeout=60).phone == PHONE


@faked
@pytest.mark.parametrize("instant", ["1970-01-01", "2030-06-01", "2200-01-01"])
def test_an_account_keeps_the_time_of_the_host(fake: Ccell, faked: Faked, instant: str) -> None:
    before = SystemClock().now()
    with faked(instant):
        fake.client.send(PHONE, CONTENT)
        assert fake.client.reports()[0].is_delivered
        shown, submitted = fake.clock.now, fake.outbox.one().submitted_at
        measured = elapsed()
    assert before <= submitted <= shown <= SystemClock().now()
    assert measured <= elapsed()


@faked
def test_an_account_can_be_set_to_the_faked_time(fake: Ccell, faked: Faked) -> None:
    with faked("2030-06-01T00:00:00"):
        now = datetime.now(UTC)  # noqa: TID251 - the faked time
        fake.clock.freeze(now)
        fake.client.send(PHONE, CONTENT, sendtime=now + timedelta(hours=1))
        assert fake.outbox.one().submitted_at == now
        assert [event.kind for event in fake.clock.advance(hours=1, seconds=1)] == ["sent", "report"]


def test_the_clock_is_the_hosts_if_it_is_imported_while_the_time_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SystemClock().now()
    with freeze_time("2000-01-01"):
        monkeypatch.delitem(sys.modules, "ccell_fake.clock")
        from ccell_fake import clock  # noqa: PLC0415 - imported again

        assert before <= clock.SystemClock().now()
        assert clock.elapsed() < clock.elapsed()
