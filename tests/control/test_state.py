"""A snapshot contains everything except secrets and holds, and restores it."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from harness.accounts import PHONE, Served
from harness.emulators import DOCUMENT_DAY, emulator, until
from harness.stores import kept

from ccell_fake.clock import ManualClock
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient, ControlError
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings, Persona
from ccell_fake.store.schema import VERSION
from ccell_mock_server.emulator import Emulator


def _everything(account: AccountControl) -> list[object]:
    return [
        account.status(),
        account.clock(),
        account.faults(),
        [*account.messages()],
        [*account.reports()],
        [*account.upmsgs()],
        [*account.journal()],
    ]


def _lived(served: Served) -> None:
    account = served.account
    account.freeze(DOCUMENT_DAY + timedelta(days=3))
    account.change(report_delay=60, personas=[Persona(phone="138*")], max_concurrency=2)
    served.send(linkid="7")
    account.reply(PHONE, "TD")
    account.add_fault(CodeFault(code=Code.IP_REFUSED, operation=Operation.INFO, skip=1, times=3))
    served.ask(Operation.INFO)
    served.ask(Operation.INFO)


def test_a_restored_snapshot_is_complete(control: ControlClient, served: Served, tmp_path: Path) -> None:
    _lived(served)
    before = _everything(served.account)
    control.snapshot(tmp_path / "snapshot")
    served.account.reset()
    newcomer = control.open()
    control.restore(tmp_path / "snapshot")
    assert _everything(served.account) == before
    assert newcomer.userid not in [one.userid for one in control.accounts()]
    assert served.send().items[0].code == Code.NUMBER_BLACKLISTED
    assert [served.ask(Operation.INFO).code for _ in range(3)] == [Code.IP_REFUSED, Code.IP_REFUSED, "0"]
    served.account.advance(timedelta(seconds=60))
    assert len(served.reports()) == 1


def test_a_restart_keeps_what_is_left_unless_the_configuration_has_another_balance(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}

    def left(balance: int) -> int:
        account = {"userid": "300001", "password": "123456", "balance": balance}
        with emulator(server=server, accounts=[account]) as running, ControlClient(running.url) as control:
            served = Served(running.url, control.account("300001"))
            before = served.account.status().left
            served.send()
            return before

    assert [left(500), left(500), left(500), left(9), left(9)] == [500, 499, 498, 9, 8]


def test_a_snapshot_keeps_what_is_left(control: ControlClient, served: Served, tmp_path: Path) -> None:
    served.account.change(balance=5)
    served.send()
    control.snapshot(tmp_path / "snapshot")
    served.account.change(balance=9)
    control.restore(tmp_path / "snapshot")
    assert served.account.status().left == 4


def test_a_snapshot_can_be_restored_in_another_emulator(control: ControlClient, served: Served, tmp_path: Path) -> None:
    _lived(served)
    control.snapshot(tmp_path / "snapshot")
    with emulator(ManualClock(DOCUMENT_DAY)) as other, ControlClient(other.url) as there:
        there.restore(tmp_path / "snapshot")
        assert _everything(there.account(served.account.userid)) == _everything(served.account)


def test_a_snapshot_is_a_store_and_a_store_is_a_snapshot(
    control: ControlClient, served: Served, tmp_path: Path
) -> None:
    _lived(served)
    control.snapshot(tmp_path / "store")
    server = {"store": str(tmp_path / "store")}
    with emulator(ManualClock(DOCUMENT_DAY), server) as other, ControlClient(other.url) as there:
        assert _everything(there.account(served.account.userid)) == _everything(served.account)
    with emulator(ManualClock(DOCUMENT_DAY)) as other, ControlClient(other.url) as there:
        there.restore(tmp_path / "store")
        assert _everything(there.account(served.account.userid)) == _everything(served.account)


def test_a_store_remembers_what_was_arranged(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        _lived(served)
        before = _everything(served.account)
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        assert _everything(control.account(served.account.userid)) == before


def test_a_missing_password_is_taken_from_the_account(
    control: ControlClient, running: Emulator, tmp_path: Path
) -> None:
    control.open(AccountSettings(userid="300001", password="s3cret-word"))
    control.snapshot(tmp_path / "snapshot")
    assert b"s3cret-word" not in (tmp_path / "snapshot").read_bytes()
    control.restore(tmp_path / "snapshot")
    with running.services.admin("300001").opened() as (account, _):
        assert account.settings.password == "s3cret-word"


def test_a_snapshot_without_a_known_password_is_refused(control: ControlClient, tmp_path: Path) -> None:
    account = control.open(AccountSettings(userid="300001", password="s3cret-word"))
    control.snapshot(tmp_path / "snapshot")
    account.close()
    before = [*control.accounts()]
    with pytest.raises(
        ControlError, match="the snapshot lacks the password of account '300001'; open the account with"
    ):
        control.restore(tmp_path / "snapshot")
    assert [*control.accounts()] == before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("PRAGMA user_version = 99", f"snapshot has schema version 99; this emulator reads version {VERSION}"),
        ("PRAGMA user_version = 1", f"snapshot has schema version 1; this emulator reads version {VERSION}"),
        ("PRAGMA application_id = 1", "not a snapshot"),
        ("DROP TABLE report", "the snapshot is damaged"),
        ("ALTER TABLE report ADD COLUMN more TEXT", "the snapshot is damaged"),
        (
            'UPDATE account SET settings = \'{"balance": "much"}\' WHERE key > 0',
            "account '200001' has unreadable data",
        ),
        ("UPDATE account SET offset = 9000000000000000000 WHERE key > 0", "its clock is outside 2010"),
        ("UPDATE account SET userid = '7' WHERE userid = '200001'", "has the settings of account '200001'"),
        (
            "UPDATE account SET settings = json_set(settings, '$.allowed_ips', json('[\"home\"]')) WHERE key > 0",
            "must be an address or a network",
        ),
        ("INSERT INTO fault SELECT key, 1, '7', 0, 0 FROM account WHERE key > 0", "unreadable data"),
        ("INSERT INTO message VALUES (1, 99, 99, '1', '0', '', 1)", "the snapshot is damaged"),
    ],
)
def test_an_invalid_snapshot_changes_nothing(
    control: ControlClient, served: Served, tmp_path: Path, spoil: str, said: str
) -> None:
    served.send()
    control.snapshot(tmp_path / "snapshot")
    with closing(sqlite3.connect(tmp_path / "snapshot")) as connection:
        connection.execute(spoil)
        connection.commit()
    before = _everything(served.account)
    with pytest.raises(ControlError, match=said):
        control.restore(tmp_path / "snapshot")
    assert _everything(served.account) == before
    assert served.send().code == "0"


@pytest.mark.parametrize("body", [b"", b"x", b"remember the milk " * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_bytes_that_are_not_a_snapshot_are_refused(
    control: ControlClient, served: Served, tmp_path: Path, body: bytes
) -> None:
    (tmp_path / "snapshot").write_bytes(body)
    with pytest.raises(ControlError, match="not a snapshot"):
        control.restore(tmp_path / "snapshot")
    assert served.send().code == "0"


def test_numbers_are_not_reused_after_a_restore(control: ControlClient, served: Served, tmp_path: Path) -> None:
    served.send()
    control.snapshot(tmp_path / "snapshot")
    control.restore(tmp_path / "snapshot")
    served.send()
    msgids = [one.msgid for one in served.account.messages()]
    assert len(set(msgids)) == 2


def test_a_restore_ends_waits(control: ControlClient, running: Emulator, served: Served, tmp_path: Path) -> None:
    control.snapshot(tmp_path / "snapshot")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.account.wait, timeout=300)
        until(lambda: running.services.notifier.waiters)
        control.restore(tmp_path / "snapshot")
        with pytest.raises(ControlError, match="was reset during the wait"):
            waiting.result(60)


def test_accounts_do_not_mix_during_a_restore(control: ControlClient, running: Emulator, tmp_path: Path) -> None:
    """Two snapshots with two accounts swapped are restored in turn under load."""
    snapshots: list[Path] = []
    for userids in (("111111", "222222"), ("222222", "111111")):
        for userid in userids:
            control.open(AccountSettings(userid=userid, password="minted-00000000"))
        snapshots.append(tmp_path / userids[0])
        control.snapshot(snapshots[-1])
        for userid in userids:
            control.account(userid).close()
    control.restore(snapshots[0])
    sender = Served(running.url, AccountControl(control, "222222", "minted-00000000"))
    done = threading.Event()

    def send() -> None:
        while not done.is_set():
            sender.send()

    with ThreadPoolExecutor(3) as pool:
        sending = [pool.submit(send) for _ in range(3)]
        strangers: list[object] = []
        for turn in range(40):
            control.restore(snapshots[turn % 2])
            strangers.extend(control.account("111111").messages())
        done.set()
        for one in sending:
            one.result(60)
    assert strangers == []


def test_positions_increase_over_a_reset_and_a_restart(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.open())
        served.reports()
        position = served.account.position
        served.account.reset()
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        served = Served(running.url, control.account(served.account.userid))
        served.reports()
        assert served.account.position > position


@pytest.mark.parametrize("act", ["reset", "restore", "change"])
def test_a_request_never_gets_a_wrong_code_for_a_change_at_the_same_time(
    control: ControlClient, served: Served, running: Emulator, tmp_path: Path, act: str
) -> None:
    control.snapshot(tmp_path / "snapshot")
    acts: dict[str, Callable[[], object]] = {
        "reset": served.account.reset,
        "restore": lambda: control.restore(tmp_path / "snapshot"),
        "change": lambda: served.account.change(balance=1_000),
    }
    done = threading.Event()

    def send() -> set[str]:
        answered: set[str] = set()
        while not done.is_set():
            answered.add(Served(running.url, served.account).send().code)
        return answered

    with ThreadPoolExecutor(3) as pool:
        sending = [pool.submit(send) for _ in range(3)]
        for _ in range(100):
            acts[act]()
        done.set()
        assert [one.result(60) for one in sending] == [{"0"}] * 3


def test_a_store_keeps_the_changed_settings_of_the_default_account(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}
    for balance in (7, 8):
        with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
            control.account("200001").change(balance=balance)
        with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
            assert control.account("200001").status().settings.balance == balance


def test_a_store_keeps_that_the_default_account_was_closed(tmp_path: Path) -> None:
    server = {"store": kept(tmp_path)}
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        control.open({"userid": "300001"})
        control.account("200001").close()
    with emulator(ManualClock(DOCUMENT_DAY), server) as running, ControlClient(running.url) as control:
        assert [one.userid for one in control.accounts()] == ["300001"]


@pytest.mark.parametrize("named", [{"balance": 5}, {}])
def test_an_account_of_the_configuration_has_its_settings_at_each_start(tmp_path: Path, named: dict[str, int]) -> None:
    server = {"store": kept(tmp_path)}
    accounts = [{"userid": "200001", "password": "123456", "spcode": True, **named}]
    for _ in range(2):
        running = emulator(ManualClock(DOCUMENT_DAY), server, accounts=accounts)
        with running, ControlClient(running.url) as control:
            assert control.account("200001").status().settings.balance == named.get("balance", 100_000)
            control.account("200001").change(balance=7)
