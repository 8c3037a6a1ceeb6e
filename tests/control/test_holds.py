"""Holds keep an account's slots in use, for exact tests of the thread limit and the lock."""

from datetime import timedelta

import pytest
from harness.accounts import Served
from harness.emulators import emulator, until

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, NotFound
from ccell_fake.model import Operation

INFO = Operation.INFO


def test_a_hold_keeps_slots_until_it_is_released(served: Served) -> None:
    with served.account.hold(2):
        assert served.ask(INFO).code == "0"
        with served.account.hold(1):
            assert served.ask(INFO).code == Code.CONCURRENCY_EXCEEDED
        assert served.ask(INFO).code == "0"
    assert served.account.status().in_progress == 0


def test_a_hold_takes_all_its_slots_or_none(account: AccountControl) -> None:
    with account.hold(2):
        with pytest.raises(ControlError, match="cannot hold 2 slots; 1 of 3 are free"), account.hold(2):
            pass
        assert account.status().in_progress == 2


def test_a_hold_ends_by_itself() -> None:
    """A killed test leaves no holds, even if the account's clock is frozen."""
    with emulator() as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.account.freeze()
        with served.account.hold(3, seconds=0.05):
            until(lambda: served.account.holds() == ())
            assert served.ask(INFO).code == "0"


# In PostgreSQL, the database's clock ends holds. It cannot be moved.
@pytest.mark.sqlite
def test_a_hold_lasts_its_time_even_if_the_hosts_clock_jumps(served: Served, clock: ManualClock) -> None:
    with served.account.hold(3, seconds=5):
        for jump in (timedelta(hours=1), timedelta(hours=-2)):
            clock.set(clock.now() + jump)
            clock.advance(timedelta(seconds=2))
            assert served.ask(INFO).code == Code.CONCURRENCY_EXCEEDED
        clock.advance(timedelta(seconds=1))
        assert served.ask(INFO).code == "0"


@pytest.mark.sqlite
def test_a_hold_ends_with_its_time_by_the_hosts_clock(served: Served, clock: ManualClock) -> None:
    served.account.freeze()
    with served.account.hold(3, seconds=5):
        clock.advance(timedelta(seconds=4, microseconds=999_999))
        assert served.ask(INFO).code == Code.CONCURRENCY_EXCEEDED
        clock.advance(timedelta(microseconds=1))
        assert served.ask(INFO).code == "0"
        assert served.account.holds() == ()


def test_reset_ends_a_hold(served: Served) -> None:
    with served.account.hold(3):
        served.account.reset()
        assert served.ask(INFO).code == "0"


def test_a_hold_applies_to_one_endpoint_if_each_has_its_own_slots(served: Served) -> None:
    served.account.change(assumptions={"Q21": "endpoint"})
    with served.account.hold(3, Operation.SEND):
        codes = [served.send().code, served.ask(INFO).code]
    assert codes == [Code.CONCURRENCY_EXCEEDED, "0"]


def test_excesses_under_a_hold_lock_the_account_exactly(served: Served) -> None:
    served.account.change(lock_after=3)
    with served.account.hold(3):
        codes = [served.ask(INFO).code for _ in range(4)]
    assert codes == [Code.CONCURRENCY_EXCEEDED] * 3 + [Code.ACCOUNT_FROZEN]


def test_an_unknown_hold_is_not_found(account: AccountControl) -> None:
    with pytest.raises(NotFound, match="there is no hold 7"):
        account.release(7)


def test_a_hold_does_not_affect_another_account(control: ControlClient, served: Served) -> None:
    with control.open().hold(3):
        assert served.ask(INFO).code == "0"
