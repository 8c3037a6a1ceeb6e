"""The commands over the control API: messages, journal, accounts, reset and tail."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from harness import processes
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, emulator
from harness.http import get, post
from harness.stores import kept

from ccell_fake.client import Client
from ccell_fake.clock import SystemClock
from ccell_fake.control.client import ControlClient
from ccell_fake.model import Operation
from ccell_mock_server.cli import main
from ccell_mock_server.commands.options import instant
from ccell_mock_server.emulator import Emulator

OTHER, UNRECOGNISED = "13600001234", "19500001111"
DONE, REFUSED, USAGE = 0, 1, 2
SECONDS = 60


@pytest.fixture
def served() -> Iterator[Emulator]:
    """An emulator with two accounts. The first has sent to three numbers, and made a request with a wrong password."""
    accounts = [{"userid": userid, "password": "123456"} for userid in ("200001", "200002")]
    with emulator(accounts=accounts) as running:
        send(running, PHONE)
        send(running, UNRECOGNISED, OTHER, content="您好1234【签名】")
        post(running.url, Operation.INFO.path, b'<root userid="200001" password="wrong1"/>')
        yield running


def send(served: Emulator, *phones: str, content: str = CONTENT, userid: str = "200001") -> None:
    """Send to phones."""
    with Client(served.url, userid, "123456") as client:
        client.send(phones, content)


def run(served: Emulator, *arguments: str, stdin: str = "") -> Result:
    """Run a command."""
    environment = {"CCELL_FAKE_URL": served.url, "CCELL_FAKE_USERID": None, "CCELL_FAKE_CONTROL_TOKEN": None}
    return CliRunner().invoke(main, arguments, env=environment, input=stdin)


def rows(served: Emulator, *arguments: str) -> list[dict[str, Any]]:
    """Run a command with --json."""
    result = run(served, *arguments, "--json")
    assert result.exit_code == DONE, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("conditions", "phones"),
    [
        ([], [OTHER, UNRECOGNISED, PHONE]),
        (["--limit", "2"], [OTHER, UNRECOGNISED]),
        (["--userid", "200002"], []),
        (["--userid", "200001", "--phone", "136*"], [OTHER]),
        (["--content", "您好*"], [OTHER, UNRECOGNISED]),
        (["--code", "1004*"], [UNRECOGNISED]),
        (["--state", "delivered"], [OTHER, PHONE]),
        (["--since", "5m"], [OTHER, UNRECOGNISED, PHONE]),
        (["--since", "2089-01-01"], []),
    ],
)
def test_messages_lists_those_that_match_newest_first(
    served: Emulator, conditions: list[str], phones: list[str]
) -> None:
    assert [row["phone"] for row in rows(served, "messages", *conditions)] == phones


def test_json_rows_of_messages_and_requests_are_the_records_of_the_control_api(served: Emulator) -> None:
    pages = [
        json.loads(get(served.url, path).body)["items"] for path in (b"/_ccell/v1/messages", b"/_ccell/v1/requests")
    ]
    assert rows(served, "messages") == pages[0][::-1]
    assert rows(served, "journal") == pages[1]


@pytest.mark.parametrize(
    ("conditions", "codes"),
    [
        ([], ["404", "1001004", "0", "0"]),
        (["--limit", "1"], ["404"]),
        (["--refused"], ["404", "1001004"]),
        (["--userid", "200001", "--refused"], ["1001004"]),
        (["--code", "1004*"], ["0"]),
        (["--text", f"*{OTHER}*"], ["0"]),
    ],
)
def test_journal_lists_the_requests_that_match_newest_first(
    served: Emulator, conditions: list[str], codes: list[str]
) -> None:
    get(served.url, b"/elsewhere")
    assert [row["code"] for row in rows(served, "journal", *conditions)] == codes


def test_journal_shows_the_request_at_a_position(served: Emulator) -> None:
    entries = rows(served, "journal")
    assert len(entries) >= 3
    assert [rows(served, "journal", "--position", str(entry["position"])) for entry in entries] == [
        [entry] for entry in entries
    ]


def test_journal_explains_each_refusal(served: Emulator) -> None:
    shown = run(served, "journal").stdout
    assert "1001004: the password is not that of account 200001" in shown
    assert f"1004001: '{UNRECOGNISED}' is not recognised" in shown
    assert "wrong1" not in shown


def test_a_position_that_the_journal_lacks_is_an_error(served: Emulator) -> None:
    result = run(served, "journal", "--position", "99")
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert "the journal has no request at position 99" in result.stderr


def test_accounts_lists_what_is_left_the_clock_and_what_waits(served: Emulator) -> None:
    with ControlClient(served.url) as control:
        control.account("200002").freeze(DOCUMENT_DAY)
    first, second = rows(served, "accounts")
    assert (first["userid"], first["left"], first["clock"]["mode"]) == ("200001", 99_998, "real")
    assert first["activity"]["reports"]["waiting"] == 2
    assert (second["userid"], second["clock"]["now"]) == ("200002", DOCUMENT_DAY.isoformat())
    assert "2015-12-31 08:30:30" in run(served, "accounts", "--userid", "200002").stdout


def test_accounts_shows_no_password_that_the_emulator_did_not_make() -> None:
    with emulator(accounts=[{"userid": "200001", "password": "hunter2"}]) as served:
        assert "hunter2" not in run(served, "accounts").output
        assert "hunter2" not in run(served, "accounts", "--json").output


@pytest.mark.parametrize(("options", "reset"), [(["--userid", "200001"], {"200001"}), ([], {"200001", "200002"})])
def test_reset_deletes_the_messages_of_one_account_or_of_all(
    served: Emulator, options: list[str], reset: set[str]
) -> None:
    send(served, PHONE, userid="200002")
    result = run(served, "reset", "--yes", *options)
    assert result.exit_code == DONE
    assert ("account 200001" in result.stdout) if options else ("all accounts (2)" in result.stdout)
    assert {row["userid"] for row in rows(served, "messages")} == {"200001", "200002"} - reset
    assert {row["userid"] for row in rows(served, "accounts")} == {"200001", "200002"}


def test_reset_without_a_terminal_needs_yes(served: Emulator) -> None:
    result = run(served, "reset", stdin="y\n")
    assert (result.exit_code, "without a terminal, give --yes" in result.stderr) == (USAGE, True)
    assert len(rows(served, "messages")) == 3


@pytest.mark.parametrize("command", ["messages", "journal", "accounts", "reset", "tail", "reply"])
def test_a_command_says_that_no_control_api_answers_or_that_the_token_is_wrong(command: str) -> None:
    arguments = [command, *{"reset": ["--yes"], "reply": [PHONE, "TD"]}.get(command, [])]
    url = f"http://127.0.0.1:{processes.free_port()}"
    result = CliRunner().invoke(main, [*arguments, "--url", url])
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert f"Error: no control API answers at {url}" in result.stderr
    with emulator(server={"control_token": "t0ken"}) as served:
        for token in ([], ["--control-token", "wrong"]):
            result = run(served, *arguments, *token)
            assert (result.exit_code, "must have the header Authorization" in result.stderr) == (REFUSED, True)


@pytest.mark.parametrize("command", ["messages", "accounts", "reset", "reply"])
def test_a_command_says_that_there_is_no_such_account(served: Emulator, command: str) -> None:
    arguments = [command, *{"reset": ["--yes"], "reply": [PHONE, "TD"]}.get(command, [])]
    result = run(served, *arguments, "--userid", "209999")
    assert (result.exit_code, "there is no account '209999'" in result.stderr) == (REFUSED, True)


def test_a_time_is_in_shanghai_and_a_duration_ends_now() -> None:
    now = SystemClock().now()
    assert instant("2026-01-31 08:30:00").isoformat() == "2026-01-31T08:30:00+08:00"
    assert instant("2026-01-31T00:30:00Z") == instant("2026-01-31 08:30")
    assert (instant("08:30").hour, instant("08:30:59").second) == (8, 59)
    assert abs(instant("90m") - (now - timedelta(minutes=90))) < timedelta(minutes=5)


@pytest.mark.parametrize("text", ["", "soon", "10x", "25:00", "8:30", "2026-13-01", "-5m", "10m ago"])
def test_a_time_that_cannot_be_read_is_wrong_usage(served: Emulator, text: str) -> None:
    result = run(served, "messages", "--since", text)
    assert (result.exit_code, "must be like 10m, 08:30 or '2026-01-31 08:30:00'" in result.stderr) == (USAGE, True)


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+23:00", "2009-12-31", "9999-12-31", "99999d"])
@pytest.mark.parametrize("command", ["messages", "tail"])
def test_a_time_that_no_account_can_have_is_wrong_usage(served: Emulator, command: str, text: str) -> None:
    result = run(served, command, "--since", text)
    assert (result.exit_code, "must be from 2010-01-01 to 2090-01-01, got" in result.stderr) == (USAGE, True)


@pytest.mark.parametrize("userid", ["", ".", "..", "a/b", "a b"])
@pytest.mark.parametrize("command", ["messages", "journal", "accounts", "reset", "reply", "tail"])
def test_a_text_that_is_no_userid_is_wrong_usage(served: Emulator, command: str, userid: str) -> None:
    arguments = [command, *{"reset": ["--yes"], "reply": [PHONE, "TD"]}.get(command, [])]
    result = run(served, *arguments, "--userid", userid)
    allowed = "must consist of letters, digits and . _ @ -" if userid else "must name an account, got an empty text"
    assert (result.exit_code, allowed in result.stderr) == (USAGE, True), result.output


def test_tail_without_a_stdout_is_wrong_usage(served: Emulator) -> None:
    command = ["sh", "-c", 'exec "$0" "$@" >&-', *processes.COMMAND, "tail", "--url", served.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert (done.returncode, "stdout must be open" in done.stderr) == (USAGE, True)


class Tail:
    """A running `tail`, whose lines can be awaited."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: dict[str, queue.Queue[str]] = {"stdout": queue.Queue(), "stderr": queue.Queue()}
        self.threads = [threading.Thread(target=self._read, args=(name,)) for name in self._lines]

    def _read(self, name: str) -> None:
        for line in getattr(self.process, name):
            self._lines[name].put(line)

    def event(self) -> dict[str, Any]:
        """Wait for the next line of JSON."""
        event: dict[str, Any] = json.loads(self._lines["stdout"].get(timeout=SECONDS))
        return event

    def phones(self, count: int) -> list[str]:
        """Wait for the next messages, and return their numbers."""
        found: list[str] = []
        while len(found) < count:
            event = self.event()
            found += [event["message"]["phone"]] if event["kind"] == "message" else []
        return found

    def says(self, text: str) -> None:
        """Wait until stderr has a text."""
        while text not in self._lines["stderr"].get(timeout=SECONDS):
            pass


@contextmanager
def tailing(url: str, *options: str) -> Generator[Tail]:
    """Run `tail --json`, and end it with Ctrl-C."""
    command = [*processes.COMMAND, "tail", "--url", url, "--json", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCELL_")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        tail = Tail(process)
        for thread in tail.threads:
            thread.start()
        try:
            yield tail
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == DONE
        finally:
            process.kill()
            for thread in tail.threads:
                thread.join(SECONDS)


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (["-n", "9"], [PHONE, UNRECOGNISED, OTHER]),
        (["-n", "2"], [UNRECOGNISED, OTHER]),
        (["--since", "10m"], [PHONE, UNRECOGNISED, OTHER]),
        (["-n", "9", "--userid", "200001", "--phone", "13*"], [PHONE, OTHER]),
        (["-n", "9", "--code", "1004*"], [UNRECOGNISED]),
        (["-n", "9", "--phone", "195*"], [UNRECOGNISED]),
    ],
)
def test_tail_begins_with_the_past_that_matches(served: Emulator, options: list[str], first: list[str]) -> None:
    with tailing(served.url, *options) as tail:
        assert tail.phones(len(first)) == first


def test_tail_shows_each_event_as_it_happens(served: Emulator) -> None:
    with tailing(served.url, "-n", "1") as tail, ControlClient(served.url) as control:
        assert tail.event()["request"]["code"] == "1001004"
        send(served, PHONE, userid="200002")
        assert [tail.event()["kind"] for _ in range(3)] == ["send", "message", "report"]
        control.account("200002").reply(PHONE, "TD")
        assert tail.event()["event"]["text"] == "TD"
        with Client(served.url, "200002", "123456") as client:
            client.reports()
        assert {tail.event()["kind"] for _ in range(2)} == {"fetch_report"}
        get(served.url, b"/elsewhere")
        assert tail.event()["kind"] == "http_error"
        control.account("200002").reset()
        assert tail.event() == {"kind": "ended", "userid": "200002"}


def test_tail_shows_an_account_that_is_opened_later(served: Emulator) -> None:
    with tailing(served.url, "--userid", "200003", "-n", "1") as tail, ControlClient(served.url) as control:
        tail.says("listening")
        control.open({"userid": "200003", "password": "123456"})
        send(served, PHONE)
        send(served, OTHER, userid="200003")
        assert tail.phones(1) == [OTHER]


@contextmanager
def tailing_beyond_the_end(server: dict[str, Any]) -> Generator[Tail]:
    """Run `tail` on an emulator that has sent to PHONE, and end the emulator."""
    with ExitStack() as stack:
        with emulator(server=server) as served:
            send(served, PHONE)
            tail = stack.enter_context(tailing(served.url, "-n", "1"))
            assert tail.phones(1) == [PHONE]
        tail.says("connecting again")
        yield tail


def test_tail_connects_again_after_a_restart_and_misses_nothing(tmp_path: Path) -> None:
    server = {"port": processes.free_port(), "store": kept(tmp_path)}
    with tailing_beyond_the_end(server) as tail, emulator(server=server) as served:
        send(served, OTHER)
        assert tail.phones(1) == [OTHER]
        tail.says("connected again")


def test_tail_begins_anew_with_an_emulator_that_has_lost_its_state() -> None:
    server = {"port": processes.free_port()}
    with tailing_beyond_the_end(server) as tail, emulator(server=server) as served:
        send(served, OTHER, PHONE)
        while (event := tail.event())["kind"] != "resync":
            pass
        assert event["reason"] == "unknown_id"
        assert tail.phones(2) == [OTHER, PHONE]
