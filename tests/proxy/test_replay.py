"""A replay shows no differences with the same settings, and exactly the differences of changed settings."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from harness.emulators import CONTENT, PHONE, emulator
from harness.http import get, post

from ccell_fake.client import Client, submit
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.control.client import ControlClient
from ccell_fake.model import JSON_PATH, Operation, Request, Submit
from ccell_fake.settings import OutcomeRule
from ccell_fake.transcripts import Redaction, Transcript, Writer, read
from ccell_fake.wire import json_requests, requests
from ccell_mock_server import fake
from ccell_mock_server.cli import main
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.proxy.recorder import PUBLIC, Recorder
from ccell_mock_server.proxy.replay import ReplayResult, replay
from ccell_mock_server.proxy.upstream import Upstream

ACCOUNT: dict[str, Any] = {"userid": "200001", "password": "geheim77", "spcode": True}


def everyday(url: str, served: Emulator) -> None:
    """Send, fetch, get refusals, and ask for info."""
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
    """Request a path that is not an endpoint."""
    assert get(url, b"/elsewhere").status == 404


def record(
    path: Path, act: Callable[[str, Emulator], None] = everyday, account: dict[str, Any] = ACCOUNT, **tables: Any
) -> Transcript:
    """Record requests to an emulator with these settings."""
    clock = SystemClock()
    with emulator(accounts=[account], **tables) as served, Writer(path, clock.now()) as writer:
        gateway = Upstream(served.url)
        with HttpServer(Recorder(gateway, writer, Redaction(keep=PUBLIC), clock)) as server:
            act(server.url, served)
        gateway.close()
    return read(path)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transcript of `everyday`."""
    path = tmp_path_factory.mktemp("recorded") / "t"
    record(path)
    return path


def run_replay(path: Path, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["replay", str(path), *options])


def replayed(transcript: Transcript, **tables: Any) -> ReplayResult:
    """Replay the only run against an emulator with these tables."""
    (run,) = transcript.runs
    with emulator(accounts=[], **tables) as served:
        upstream = Upstream(served.url)
        try:
            return replay(run, upstream, fake.server(served).control)
        finally:
            upstream.close()


def differences(result: ReplayResult) -> list[tuple[str, str, str]]:
    """Return the differences without their numbers."""
    return [(one.where, one.recorded, one.replayed) for one in result.differences]


def test_a_replay_with_the_same_settings_shows_no_differences(recorded: Path) -> None:
    transcript = read(recorded)
    result = replayed(transcript)
    assert differences(result) == []
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
def test_another_answer_to_an_open_question_causes_exactly_its_differences(
    recorded: Path, question: str, answer: str, places: set[str]
) -> None:
    result = replayed(read(recorded), assumptions={question: answer})
    assert {one.where for one in result.differences} == places


def test_a_report_must_have_the_msgid_of_its_message(tmp_path: Path) -> None:
    """Swapped reports are found, although msgids always differ in a replay."""

    def act(url: str, _served: Emulator) -> None:
        with Client(url, "200001", "geheim77") as client:
            client.send([PHONE, "13600000000"], CONTENT)
            client.reports()

    transcript = record(tmp_path / "t", act)
    (run,) = transcript.runs
    send, drain = run.exchanges[0], run.exchanges[1]
    first, second = re.findall(rb'msgid="([0-9]{19})"', drain.answer)
    swapped = drain.answer.replace(first, b"#").replace(second, first).replace(b"#", second)
    forged = replace(run, exchanges=(send, replace(drain, answer=swapped)))
    assert differences(replayed(Transcript((run,)))) == []
    assert {where.partition(" ")[0] for where, _, _ in differences(replayed(Transcript((forged,))))} == {"report"}


def test_an_error_page_is_compared_as_bytes(tmp_path: Path) -> None:
    transcript = record(tmp_path / "t", elsewhere)
    assert differences(replayed(transcript)) == []


def test_requests_over_the_thread_limit_are_skipped(tmp_path: Path) -> None:
    def act(url: str, served: Emulator) -> None:
        account = fake.server(served).control.account("200001")
        with account.hold(3):
            assert Code.CONCURRENCY_EXCEEDED.encode() in post(url, Operation.INFO.path, _info()).body

    result = replayed(record(tmp_path / "t", act))
    assert (result.compared, result.skipped, result.differences) == (0, (1,), ())


def test_reports_of_earlier_messages_are_replayed(tmp_path: Path) -> None:
    def act(url: str, served: Emulator) -> None:
        with Client(served.url, "200001", "geheim77") as before:
            before.send(PHONE, CONTENT, linkid="before")
        assert b"before" in post(url, Operation.REPORT.path, _info()).body

    result = replayed(record(tmp_path / "t", act))
    assert (result.compared, differences(result)) == (1, [])


@pytest.mark.parametrize("msgid", ["9429784632870016900", "a1b2-77", "0000123", "1", "9" * 30])
def test_reports_may_have_any_msgid(tmp_path: Path, msgid: str) -> None:
    def act(url: str, served: Emulator) -> None:
        fake.server(served).control.account("200001").add_report("77", PHONE, status="1", info="UNDELIV")
        fake.server(served).control.account("200001").add_report("77", PHONE, status="1", info="UNDELIV")
        fake.server(served).control.account("200001").add_report("78", PHONE)
        post(url, Operation.REPORT.path, _info())

    (run,) = record(tmp_path / "t", act).runs
    exchanges = [replace(one, answer=one.answer.replace(b'"77"', f'"{msgid}"'.encode())) for one in run.exchanges]
    assert msgid.encode() in exchanges[0].answer
    result = replayed(Transcript((replace(run, exchanges=tuple(exchanges)),)))
    assert (result.compared, differences(result)) == (1, [])


def test_settings_are_inferred_from_info(tmp_path: Path) -> None:
    account = {**ACCOUNT, "balance": 77, "credit": 5, "signcode": ["签名", "另一"], "name": "some.one"}
    assert differences(replayed(record(tmp_path / "t", account=account))) == []


def test_a_password_and_its_md5_are_both_accepted(tmp_path: Path) -> None:
    digest = hashlib.md5(b"geheim77").hexdigest()  # noqa: S324 - W9

    def act(url: str, _served: Emulator) -> None:
        for password in (digest, "geheim77", digest):
            assert b'return="0"' in post(url, Operation.INFO.path, _info(password)).body

    assert differences(replayed(record(tmp_path / "t", act))) == []


def test_a_recording_may_mix_doors_passwords_and_signs(tmp_path: Path) -> None:
    def act(url: str, served: Emulator) -> None:
        account = fake.server(served).control.account("200001")
        for dialect in ("json", "xml"):
            for signed in (True, False):
                with Client(url, "200001", "geheim77", dialect=dialect, signed=signed) as client:
                    client.send([PHONE, "19500001111"], CONTENT)
                    account.reply(PHONE, "TD")
                    client.reports()
                    client.upmsgs()
                    client.info()
        request = Request("200001", None, (), "1" * 18, "0" * 32)
        post(url, JSON_PATH, json_requests.render(Operation.INFO, request))
        post(url, JSON_PATH, b"{'id':'x','method':'query'}")

    path = record(tmp_path / "t", act)
    written = (tmp_path / "t").read_text(encoding="utf-8")
    assert "geheim77" not in written
    assert "1001004" in written
    assert differences(replayed(path)) == []


def test_a_recording_of_signed_requests_alone_is_replayed(tmp_path: Path) -> None:
    def act(url: str, _served: Emulator) -> None:
        with Client(url, "200001", "geheim77", dialect="json", signed=True) as client:
            client.send(PHONE, CONTENT)
            client.info()

    assert differences(replayed(record(tmp_path / "t", act))) == []


def _info(password: str = "geheim77") -> bytes:
    return requests.render(Request("200001", password))


def test_the_command_prints_differences(recorded: Path, tmp_path: Path) -> None:
    config = tmp_path / "ccell.toml"
    config.write_text('assumptions = {Q31 = "declaration"}\naccounts = []\n')
    same = run_replay(recorded)
    assert (same.exit_code, same.stderr) == (0, "")
    assert "no differences" in same.stdout
    other = run_replay(recorded, "--config", str(config))
    assert (other.exit_code, other.stderr) == (1, "")
    assert "layout" in other.stdout


def test_the_table_ends_with_each_layout_once(recorded: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    answers = {"Q31": "declaration", "Q12": "value"}
    profile.write_text("".join(f'[{id_}]\nanswer = "{answer}"\n' for id_, answer in answers.items()))
    done = run_replay(recorded, "--profile", str(profile))
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    named = [row[3].strip() for row in rows if row[1].strip()[:1].isdigit()]
    places = [name.split()[-1] for name in named]
    assert places[0] == "info"
    assert places == sorted(places), "what a client reads comes first"
    assert "in layout only" in done.stdout
    layouts = [one for one in replayed(read(recorded), assumptions=answers).differences if one.where == "layout"]
    assert places.count("layout") == len({(one.recorded, one.replayed) for one in layouts}) < len(layouts)


def test_long_values_show_where_they_differ(recorded: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text(recorded.read_text("utf-8").replace("/> </root>", " /> </root>"), "utf-8")
    rows = [line.split("│") for line in run_replay(odd).stdout.splitlines() if "│ layout" in line]
    assert any("…" in row[4] for row in rows)
    assert all(row[4].strip() != row[5].strip() for row in rows)


def test_a_refusal_after_the_spcode_shows_that_it_was_accepted(tmp_path: Path) -> None:
    def act(url: str, _served: Emulator) -> None:
        with Client(url, "200001", "geheim77") as client:
            client.send([submit([PHONE], "没有签名", spcode="1")])

    assert differences(replayed(record(tmp_path / "t", act))) == []


def test_a_table_without_a_terminal_cuts_no_msgid(recorded: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text(re.sub(r'(msgid=.")[0-9]{19}', rf"\g<1>{'9' * 30}", recorded.read_text("utf-8")), "utf-8")
    assert "9" * 30 in run_replay(odd).stdout


def test_the_exit_code_can_ignore_the_layout(recorded: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q31]\nanswer = "declaration"\n')
    options = ("--profile", str(profile))
    assert run_replay(recorded, *options).exit_code == 1
    ignoring = run_replay(recorded, *options, "--ignore-layout")
    assert (ignoring.exit_code, "no differences" in ignoring.stdout) == (0, True)
    profile.write_text('[Q31]\nanswer = "declaration"\n[Q13]\nanswer = "number"\n')
    assert run_replay(recorded, *options, "--ignore-layout").exit_code == 1


def test_the_command_prints_differences_as_json(recorded: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[Q31]\nanswer = "declaration"\n')
    same = run_replay(recorded, "--json")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "")
    other = run_replay(recorded, "--json", "--profile", str(profile))
    assert (other.exit_code, other.stderr) == (1, "")
    assert {json.loads(line)["where"] for line in other.stdout.splitlines()} == {"layout"}


def test_an_account_of_the_configuration_overrides_the_inferred_settings(recorded: Path, tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text('[[accounts]]\nuserid = "300000"\nspcode = true\nblacklist = ["138*"]\n')
    result = run_replay(recorded, "--json", "--config", str(config))
    assert result.exit_code == 1
    assert "1004008" in {json.loads(line)["replayed"] for line in result.stdout.splitlines()}


def test_a_running_emulator_is_left_unchanged(recorded: Path) -> None:
    with emulator() as served:
        for _ in range(2):
            assert run_replay(recorded, "--url", served.url).exit_code == 0
        with ControlClient(served.url) as control:
            assert [one.userid for one in control.accounts()] == ["200001"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("missing", []),
        ("empty", []),
        ("t", ["--url", "http://127.0.0.1:1"]),
        ("t", ["--url", "http://sms.example.com"]),
        ("t", ["--config", "missing"]),
        ("t", ["--profile", "missing"]),
        ("t", ["--url", "http://127.0.0.1:1", "--profile", "x"]),
    ],
)
def test_unusable_files_and_emulators_exit_with_2(recorded: Path, name: str, options: list[str]) -> None:
    (recorded.parent / "empty").write_text("")
    result = run_replay(recorded.parent / name, *options)
    assert result.exit_code == 2
    assert result.stderr.strip()
    assert "Errno 2" not in result.stderr
    assert isinstance(result.exception, SystemExit)
