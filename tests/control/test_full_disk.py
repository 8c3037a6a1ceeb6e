"""A store whose disk is full: what fails has no effect, in memory and in the file."""

import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from harness.accounts import Served
from harness.emulators import DOCUMENT_DAY, emulator
from hypothesis import given, settings
from hypothesis import strategies as st

from ccell_fake.clock import ManualClock
from ccell_fake.control.client import ControlClient, ControlError
from ccell_fake.faults import CloseFault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_mock_server.emulator import Emulator

_USERID = "300001"


@contextmanager
def _full_disk(path: Path, left: int) -> Generator[None]:
    """Let the operating system refuse that the write-ahead log of a store grows by more than some bytes."""
    size = path.with_name(f"{path.name}-wal").stat().st_size + left
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _everything(control: ControlClient) -> dict[str, list[object]]:
    return {
        record.userid: [
            record,
            account.clock(),
            account.faults(),
            account.holds(),
            *account.messages(),
            *account.reports(),
            *account.journal(),
        ]
        for record in control.accounts()
        for account in [control.account(record.userid)]
    }


def _actions(control: ControlClient, folder: Path) -> dict[str, Callable[[], object]]:
    account = control.account(_USERID)
    return {
        "open": lambda: control.open(AccountSettings(userid="300002")),
        "replace": lambda: account.replace(AccountSettings(userid=_USERID, balance=7)),
        "change": lambda: account.change(balance=9),
        "reset": account.reset,
        "close": account.close,
        "freeze": account.freeze,
        "fault": lambda: account.add_fault(CloseFault(operation=Operation.INFO)),
        "reply": lambda: account.reply("13800000000", "hi"),
        "report": lambda: account.add_report("1", "13800000000"),
        "restore": lambda: control.restore(folder / "snapshot"),
    }


_NAMES = ("open", "replace", "change", "reset", "close", "freeze", "fault", "reply", "report", "restore")


def _prepared(running: Emulator, control: ControlClient, folder: Path) -> Served:
    served = Served(running.url, control.open(AccountSettings(userid=_USERID, password="minted-00000000")))
    served.send()
    control.snapshot(folder / "snapshot")
    served.send()
    served.account.change(balance=100)
    return served


@pytest.mark.parametrize("name", _NAMES)
def test_an_operation_that_cannot_be_stored_changes_nothing(tmp_path: Path, name: str) -> None:
    path, server = tmp_path / "store", {"store": str(tmp_path / "store")}
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        served = _prepared(running, control, tmp_path)
        before = _everything(control)
        with _full_disk(path, 0), pytest.raises(ControlError) as refused:
            _actions(control, tmp_path)[name]()
        assert refused.value.problem.status == 500
        assert _everything(control) == before
        # The next account shares nothing with the one that was not opened.
        stranger = Served(running.url, control.open())
        stranger.send()
        assert served.send().code == stranger.send().code == "0"
        assert [len(list(one.account.messages())) for one in (served, stranger)] == [3, 2]
        after = _everything(control)
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        assert _everything(control) == after


def test_a_send_that_cannot_be_stored_is_refused_and_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with emulator(ManualClock(DOCUMENT_DAY), {"store": str(path)}) as running, ControlClient(running.url) as control:
        served = _prepared(running, control, tmp_path)
        before = _everything(control)
        with _full_disk(path, 0):
            assert served.send().code == "1001999"
        assert _everything(control) == before
        assert served.send().code == "0"


@given(steps=st.lists(st.tuples(st.sampled_from(_NAMES), st.integers(0, 40_000)), max_size=8))
@settings(max_examples=15)
def test_memory_and_file_agree_however_full_the_disk_is(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("disk")
    path, server = folder / "store", {"store": str(folder / "store")}
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        served = _prepared(running, control, folder)
        for name, left in steps:
            with _full_disk(path, left):
                served.send()
                with suppress(ControlError):
                    _actions(control, folder)[name]()
        for record in control.accounts():
            control.account(record.userid).unlock()
        state = _everything(control)
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        assert _everything(control) == state
