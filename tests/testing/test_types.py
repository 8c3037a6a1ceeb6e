"""A type checker sees a misspelt name or a value of the wrong type where a test sets something up."""

import re
import typing
from dataclasses import fields
from pathlib import Path

import pytest
from mypy import api

from ccell_fake.control.account import WaitConditions
from ccell_fake.control.models import WaitBody
from ccell_fake.faults import FAULT_KINDS
from ccell_fake.settings import AccountSettings, SettingsByName
from ccell_fake.testing import FaultByName

HEAD = """
import threading
from datetime import datetime, timezone

from ccell_fake import OutcomeRule, Retry
from ccell_fake.testing import Ccell, Server
from ccell_mock_server import FakeCcell


async def use(ccell: Ccell, server: Server) -> None:
"""

RIGHT = [
    'ccell.faults.next("send", code="1001999", times=2, phone="138*", rate=0.5)',
    'ccell.faults.next(http=502, processed=True, body="busy")',
    'ccell.faults.next("report", close=True, skip=1, since=datetime.now(timezone.utc))',
    "ccell.faults.next(dribble=0.5, piece=3)",
    'ccell.settings(balance=3, signcode=["a"], outcomes=[OutcomeRule(stat="UNDELIV")], assumptions={"Q13": "number"})',
    "ccell.connect(threads=1, retry=Retry(attempts=1), in_process=True, timeout=None).info(timeout=3)",
    'ccell.connect_async(method="GET")',
    'ccell.wait("report", not_empty=True, timeout=3, count=2)',
    'await ccell.wait_async(phone="138*", code="0")',
    'with FakeCcell(balance=5) as fake: fake.hold(operation="send")',
    "server.open(balance=5).client.follow_reports(3, threading.Event())",
    "ccell.account.change(report_delay=5)",
]
WRONG = [
    'ccell.faults.next("send", kode="1001999")',
    'ccell.faults.next("sned", code="1001999")',
    'ccell.faults.next("send", close=3)',
    'ccell.faults.next("send", delay="5")',
    "ccell.settings(ballance=3)",
    'ccell.settings(balance="3")',
    'ccell.settings(status="cold")',
    "ccell.connect(thread=1)",
    'ccell.connect(method="PUT")',
    "ccell.connect_async(retries=1)",
    'ccell.wait("reports")',
    'ccell.wait(fone="138*")',
    'await ccell.wait_async(count="2")',
    "FakeCcell(ballance=5)",
    "server.open(ballance=5)",
    'ccell.account.change(channels=["mobil"])',
    'ccell.account.wait(fone="138*")',
    'ccell.hold(operation="sned")',
    "ccell.outbox.one(fone=1)",
]


def test_a_type_checker_finds_every_typo_and_nothing_else(tmp_path: Path) -> None:
    lines = [*RIGHT, *WRONG]
    script = tmp_path / "typos.py"
    script.write_text(HEAD.lstrip() + "".join(f"    {line}\n" for line in lines), "utf-8")
    output, errors, _ = api.run(["--strict", "--no-pretty", "--cache-dir", str(tmp_path / "cache"), str(script)])
    assert errors == ""
    found = {int(line) for line in re.findall(r"typos\.py:(\d+): error", output)}
    first = len(HEAD.lstrip().splitlines()) + 1
    assert [lines[number - first] for number in sorted(found)] == WRONG, output


def test_every_setting_can_be_set_by_name() -> None:
    assert list(typing.get_type_hints(SettingsByName)) == [one.name for one in fields(AccountSettings)]


def test_every_condition_of_a_wait_can_be_named() -> None:
    assert {*typing.get_type_hints(WaitConditions)} == WaitBody.model_fields.keys() - {"kind", "timeout"}


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_field_of_a_fault_can_be_named(kind: str) -> None:
    names = {one.name for one in fields(FAULT_KINDS[kind])} - {
        "kind",
        "operation",
        "times",
        FAULT_KINDS[kind].main_field,
    }
    assert names | {kind} <= {*typing.get_type_hints(FaultByName)}
