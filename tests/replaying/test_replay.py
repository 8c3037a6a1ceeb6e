"""A recording replayed against what it was recorded from shows no difference, and against another just what differs."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from testing import processes
from testing.emulators import CONTENT, PHONE, emulator
from testing.http import get, post

from ccell_fake.client import Client, submit
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.transcripts import Redaction, Transcript, Writer, read
from ccell_fake.wire import requests
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.recording.proxy import Recorder
from ccell_mock_server.recording.upstream import Upstream
from ccell_mock_server.replaying.replay import Replayed, replay
from ccell_mock_server.serving import HttpServer

ACCOUNT: dict[str, Any] = {"userid": "200001", "password": "geheim77", "spcode": True}


def everyday(url: str, served: Emulator) -> None:
    """A day of a client: it sends, fetches, is refused, and asks how it stands."""
    account = fake.server(served).control.account("200001")
    with Client(url, "200001", "geheim77") as client, Client(url, "200001", "geheim77", method="GET") as by_get:
        client.send([PHONE, "19500001111"], CONTENT, linkid=f"order-{PHONE}")
        by_get.send("+86 138-0000-0001", CONTENT).resps
        client.send([submit(["13900000000"], CONTENT, sendtime=SystemClock().now() + timedelta(days=1), spcode="12")])
        client.send("13600000000", "没有签名")
        account.reply(PHONE, f"回复 {PHONE}", spcode="34")
        client.reports()
        client.upmsgs()
        account.add_outcome(_rule())
        by_get.send(["13700000001", "13700000002"], "您好【签名】" * 20)
        client.reports()
        client.info()
        client.send(PHONE, CONTENT)
        client.info()
    post(url, Operation.INFO.path, b'<root userid="200001" password="wrong77"/>')
    post(url, Operation.INFO.path, b"<root userid=")
    get(url, Operation.INFO.path.encode() + b'?<root userid="200001" password="geheim77"/>')
    post(url, Operation.INFO.path, b'<root userid="1001003" password="x"/>')


def _rule() -> Any:
    from ccell_fake.settings import OutcomeRule  # noqa: PLC0415

    return OutcomeRule(phone="*2", stat="UNDELIV")


def record(
    path: Path, say: Callable[[str, Emulator], None] = everyday, account: dict[str, Any] = ACCOUNT, **tables: Any
) -> Transcript:
    """What is said to an emulator of these settings, as a transcript."""
    clock = SystemClock()
    with emulator(accounts=[account], **tables) as served, Writer(path, clock.now()) as writer:
        gateway = Upstream(served.url)
        with HttpServer(Recorder(gateway, writer, Redaction(), clock)) as server:
            say(server.url, served)
        gateway.close()
    return read(path)


def replayed(transcript: Transcript, **tables: Any) -> Replayed:
    """Its only run, replayed against an emulator with these tables."""
    (run,) = transcript.runs
    with emulator(accounts=[], **tables) as served:
        upstream = Upstream(served.url)
        try:
            return replay(run, upstream, fake.server(served).control)
        finally:
            upstream.close()


def found(result: Replayed) -> list[tuple[str, str, str]]:
    """What differs, without the numbers."""
    return [(one.where, one.recorded, one.replayed) for one in result.differences]


def test_a_recording_replayed_shows_no_difference(tmp_path: Path) -> None:
    transcript = record(tmp_path / "t")
    result = replayed(transcript)
    assert found(result) == []
    assert result.compared == len(transcript.runs[0].exchanges) > 15
    operations = [one.operation for one in transcript.runs[0].exchanges]
    assert set(operations) == set(Operation)
    assert b"<report " in b"".join(one.answer for one in transcript.runs[0].exchanges)
    assert b"<upmsg " in b"".join(one.answer for one in transcript.runs[0].exchanges)
