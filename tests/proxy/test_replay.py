"""A recording replayed against what it was recorded from shows no difference, and against another just what differs."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import processes
from harness.emulators import CONTENT, PHONE, emulator
from harness.http import get, post

from ccell_fake.client import Client, submit
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.settings import OutcomeRule
from ccell_fake.transcripts import Redaction, Transcript, Writer, read
from ccell_fake.wire import requests
from ccell_mock_server import fake
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.proxy.recorder import PUBLIC, Recorder
from ccell_mock_server.proxy.replay import Replayed, replay
from ccell_mock_server.proxy.upstream import Upstream

ACCOUNT: dict[str, Any] = {"userid": "200001", "password": "geheim77", "spcode": True}


def everyday(url: str, served: Emulator) -> None:
    """A day of a client: it sends, fetches, is refused, and asks how it stands."""
    account = fake.server(served).control.account("200001")
    with Client(url, "200001", "geheim77") as client, Client(url, "200001", "geheim77", method="GET") as by_get:
        client.send([PHONE, "19500001111"], CONTENT, linkid=f"order-{PHONE}")
        by_get.send("+86 138-0000-0001", CONTENT)
        client.send([submit(["13900000000"], CONTENT, sendtime=SystemClock().now() + timedelta(days=1), spcode="12")])
        client.send("13600000000", "没有签名")
        account.reply(PHONE, f"回复 {PHONE}", spcode="34")
        client.reports()
        client.upmsgs()
        account.add_outcome(OutcomeRule(phone="*2", stat="UNDELIV"))
        by_get.send(["13700000001", "13700000002"], "您好【签名】" * 20)
        client.reports()
        client.info()
        client.send(PHONE, CONTENT * 10)
        client.info()
    for attributes in ({}, {"sendtime": "2015"}):
        raw = Request("200001", "geheim77", (Submit("13800000009", CONTENT, **attributes),))
        post(url, Operation.SEND.path, requests.render(raw))
    post(url, Operation.INFO.path, b'<root userid="200001" password="wrong77"/>')
    post(url, Operation.INFO.path, b"<root userid=")
    get(url, Operation.INFO.path.encode() + b'?<root userid="200001" password="geheim77"/>')
    post(url, Operation.INFO.path, b'<root userid="1001003" password="x"/>')


def elsewhere(url: str, _served: Emulator) -> None:
    """Ask for what is no endpoint."""
    assert get(url, b"/elsewhere").status == 404


def record(
    path: Path, say: Callable[[str, Emulator], None] = everyday, account: dict[str, Any] = ACCOUNT, **tables: Any
) -> Transcript:
    """What is said to an emulator of these settings, as a transcript."""
    clock = SystemClock()
    with emulator(accounts=[account], **tables) as served, Writer(path, clock.now()) as writer:
        gateway = Upstream(served.url)
        with HttpServer(Recorder(gateway, writer, Redaction(keep=PUBLIC), clock)) as server:
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


@pytest.mark.parametrize(
    ("question", "answer", "places"),
    [
        ("Q32", "sampled", {"layout"}),
        ("Q31", "declaration", {"layout"}),
        ("Q13", "number", {"account riches"}),
        ("Q24", "empty", {"layout", "resp 1 linkid"}),
        ("Q12", "value", {"resp 1 info"}),
    ],
)
def test_one_assumption_answered_otherwise_is_exactly_what_differs(
    tmp_path: Path, question: str, answer: str, places: set[str]
) -> None:
    transcript = record(tmp_path / "t")
    result = replayed(transcript, assumptions={question: answer})
    assert {one.where for one in result.differences} == places


def test_a_report_has_to_bear_the_msgid_that_its_message_was_given(tmp_path: Path) -> None:
    """Two reports exchanged in the recording are found, though no msgid is the same in a replay."""

    def say(url: str, _served: Emulator) -> None:
        with Client(url, "200001", "geheim77") as client:
            client.send([PHONE, "13600000000"], CONTENT)
            client.reports()

    transcript = record(tmp_path / "t", say)
    (run,) = transcript.runs
    send, drain = run.exchanges[0], run.exchanges[1]
    first, second = re.findall(rb'msgid="([0-9]{19})"', drain.answer)
    swapped = drain.answer.replace(first, b"#").replace(second, first).replace(b"#", second)
    forged = replace(run, exchanges=(send, replace(drain, answer=swapped)))
    assert found(replayed(Transcript((run,)))) == []
    assert {where.partition(" ")[0] for where, _, _ in found(replayed(Transcript((forged,))))} == {"report"}


def test_a_gateway_page_is_compared_as_it_is(tmp_path: Path) -> None:
    transcript = record(tmp_path / "t", elsewhere)
    assert found(replayed(transcript)) == []


def test_what_hung_on_others_is_left_out(tmp_path: Path) -> None:
    def say(url: str, served: Emulator) -> None:
        account = fake.server(served).control.account("200001")
        with account.hold(3):
            assert Code.CONCURRENCY_EXCEEDED.encode() in post(url, Operation.INFO.path, _info()).body

    result = replayed(record(tmp_path / "t", say))
    assert (result.compared, result.left_out, result.differences) == (0, (1,), ())


def test_reports_of_messages_that_were_sent_before_the_recording_are_replayed(tmp_path: Path) -> None:
    def say(url: str, served: Emulator) -> None:
        with Client(served.url, "200001", "geheim77") as before:
            before.send(PHONE, CONTENT, linkid="before")
        assert b"before" in post(url, Operation.REPORT.path, _info()).body

    result = replayed(record(tmp_path / "t", say))
    assert (result.compared, found(result)) == (1, [])


def test_what_an_account_was_is_learnt_from_its_info(tmp_path: Path) -> None:
    account = {**ACCOUNT, "balance": 77, "credit": 5, "signcode": ["签名", "另一"], "name": "some.one"}
    assert found(replayed(record(tmp_path / "t", account=account))) == []


def test_a_password_and_its_md5_are_both_let_in(tmp_path: Path) -> None:
    digest = hashlib.md5(b"geheim77").hexdigest()  # noqa: S324 - W9

    def say(url: str, _served: Emulator) -> None:
        for password in (digest, "geheim77", digest):
            assert b'return="0"' in post(url, Operation.INFO.path, _info(password)).body

    assert found(replayed(record(tmp_path / "t", say))) == []


def _info(password: str = "geheim77") -> bytes:
    return requests.render(Request("200001", password))


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_command_says_what_differs(tmp_path: Path, options: list[str]) -> None:
    record(tmp_path / "t")
    same = processes.run(tmp_path, "replay", "t", *options)
    assert (same.returncode, same.stderr) == (0, "")
    (tmp_path / "ccell.toml").write_text('assumptions = {Q31 = "declaration"}\naccounts = []\n')
    other = processes.run(tmp_path, "replay", "t", "--config", "ccell.toml", *options)
    assert (other.returncode, other.stderr) == (1, "")
    if options:
        places = {json.loads(line)["where"] for line in other.stdout.splitlines()}
        assert places == {"layout"}
        assert same.stdout == ""
    else:
        assert "no differences" in same.stdout
        assert "layout" in other.stdout


def test_an_account_of_the_configuration_has_the_last_word(tmp_path: Path) -> None:
    record(tmp_path / "t")
    (tmp_path / "x.toml").write_text('[[accounts]]\nuserid = "300000"\nspcode = true\nblacklist = ["138*"]\n')
    done = processes.run(tmp_path, "replay", "t", "--json", "--config", "x.toml")
    assert done.returncode == 1
    assert "1004008" in {json.loads(line)["replayed"] for line in done.stdout.splitlines()}


def test_a_profile_is_gone_by(tmp_path: Path) -> None:
    record(tmp_path / "t")
    (tmp_path / "profile.toml").write_text('[Q31]\nanswer = "declaration"\n')
    assert processes.run(tmp_path, "replay", "t", "--profile", "profile.toml").returncode == 1


def test_an_emulator_that_serves_is_asked_and_left_as_it_was(tmp_path: Path) -> None:
    record(tmp_path / "t")
    with emulator() as served:
        for _ in range(2):
            assert processes.run(tmp_path, "replay", "t", "--url", served.url).returncode == 0
        with ControlClient(served.url) as control:
            assert [one.userid for one in control.accounts()] == ["200001"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing"],
        ["empty"],
        ["t", "--url", "http://127.0.0.1:1"],
        ["t", "--url", "http://sms.example.com"],
        ["t", "--config", "missing"],
        ["t", "--profile", "missing"],
        ["t", "--url", "http://127.0.0.1:1", "--profile", "x"],
    ],
)
def test_what_cannot_be_used_is_no_difference(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "empty").write_text("")
    record(tmp_path / "t", elsewhere)
    done = processes.run(tmp_path, "replay", *arguments)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
