"""Fixtures: an emulator with a manual clock, its control API, and an account."""

from collections.abc import Iterator

import pytest
from harness.accounts import Served
from harness.emulators import DOCUMENT_DAY, emulator

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import AccountControl, ControlClient
from ccell_mock_server.emulator import Emulator


@pytest.fixture
def clock() -> ManualClock:
    """The gateway's clock."""
    return ManualClock(DOCUMENT_DAY)


@pytest.fixture
def running(clock: ManualClock) -> Iterator[Emulator]:
    """An emulator."""
    with emulator(clock) as running:
        yield running


@pytest.fixture
def control(running: Emulator) -> Iterator[ControlClient]:
    """The control API of the emulator."""
    with ControlClient(running.url) as control:
        yield control


@pytest.fixture
def account(control: ControlClient) -> AccountControl:
    """An account."""
    return control.open()


@pytest.fixture
def served(running: Emulator, account: AccountControl) -> Served:
    """The gateway, called as that account."""
    return Served(running.url, account)
