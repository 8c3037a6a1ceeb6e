"""The commands send, report, upmsg, info and reply: output, sources of the password, and exit codes."""

import json
import os
import pty
import signal
import socket
import subprocess
import termios
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from harness import processes, scripted
from harness.emulators import CONTENT, PHONE, emulator, until

from ccell_fake.client import Client
from ccell_mock_server.cli import main
from ccell_mock_server.emulator import Emulator

OTHER = "13600001234"
UNRECOGNISED = "19500001111"
PAGE = '<root return="0"><report msgid="9" phone="13800000000" recvtime="2015-10-10 10:54:15.0" status="0"/></root>'
DONE, REFUSED, USAGE, NOT_SENT, UNKNOWN = range(5)


@pytest.fixture(scope="module")
def served() -> Any:
    with emulator() as running:
        yield running


def _environment(url: str, password: str | None = "123456") -> dict[str, str | None]:
    return {"CCELL_FAKE_URL": url, "CCELL_FAKE_USERID": "200001", "CCELL_FAKE_PASSWORD": password}


def _run(url: str, *arguments: str, password: str | None = "123456", stdin: str = "") -> Result:
    return CliRunner().invoke(main, arguments, env=_environment(url, password), input=stdin)


def _start(
    url: str,
    *arguments: str,
    password: str | None = "123456",
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command as a process, for signals and terminals."""
    variables = {name: value for name, value in _environment(url, password).items() if value is not None}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCELL_")}
    command = [*processes.COMMAND, *arguments]
    return subprocess.Popen(
        command, env={**environment, **variables}, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
    )


def _rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_send_prints_a_line_for_each_number_and_each_report_comes_once(served: Emulator) -> None:
    sent = _run(served.url, "send", "--json", PHONE, OTHER, CONTENT, "--linkid", "mine")
    assert (sent.exit_code, sent.stderr) == (DONE, "")
    assert [(row["phone"], row["state"], row["linkid"]) for row in _rows(sent)] == [
        (PHONE, "accepted", "mine"),
        (OTHER, "accepted", "mine"),
    ]
    reports = _run(served.url, "report", "--json")
    assert [row["msgid"] for row in _rows(reports)] == [row["msgid"] for row in _rows(sent)]
    assert all(row["recvtime"].endswith("+08:00") for row in _rows(reports))
    assert _run(served.url, "report", "--json").stdout == ""
    assert _run(served.url, "report").stdout == ""


def test_without_a_terminal_a_table_is_not_cut(served: Emulator) -> None:
    sent = _run(served.url, "send", PHONE, UNRECOGNISED, CONTENT)
    assert sent.exit_code == REFUSED
    for text in (
        "phone",
        "linkid",
        PHONE,
        "accepted",
        "成功",
        UNRECOGNISED,
        "refused",
        f"手机号不可识别{UNRECOGNISED}",
    ):
        assert text in sent.stdout
    assert "delivered" not in sent.stdout
    assert PHONE in _run(served.url, "report").stdout


@pytest.mark.parametrize("separator", ["\n", "\r\n", ",", " ", ",\n\n "])
def test_numbers_come_from_a_file_or_stdin(served: Emulator, tmp_path: Path, separator: str) -> None:
    text = separator.join([PHONE, OTHER]) + "\n"
    (tmp_path / "numbers").write_text(f"\ufeff{text}", "utf-8")
    for stdin, source in (("", str(tmp_path / "numbers")), (text, "-")):
        sent = _run(served.url, "send", "--json", "--numbers", source, UNRECOGNISED, CONTENT, stdin=stdin)
        assert [row["phone"] for row in _rows(sent)] == [UNRECOGNISED, PHONE, OTHER]


def test_info_shows_the_account(served: Emulator) -> None:
    (row,) = _rows(_run(served.url, "info", "--json"))
    assert (row["id"], row["status"], row["signcode"]) == ("200001", "0", ["*"])
    assert "riches" in _run(served.url, "info", "--method", "GET").stdout


def test_upstream_messages_cannot_control_the_terminal() -> None:
    with emulator() as served:
        for content in ("[red]x", "\x9b31mred", "退订\n", "知道了"):
            served.services.admin("200001").add_upmsg(PHONE, content, "", 0)
        shown = _run(served.url, "upmsg").stdout
    assert "[red]x" in shown
    assert "知道了" in shown
    assert not [one for one in shown if not one.isprintable() and one != "\n"]
    assert shown.count(PHONE) == 4


def test_follow_prints_reports_at_once_until_a_signal() -> None:
    with emulator() as served, Client(served.url, "200001", "123456") as client:
        arguments = ["report", "--follow", "--interval", "0.05", "--json"]
        with _start(served.url, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            for phone in (PHONE, OTHER):
                client.send(phone, CONTENT)
                assert json.loads(process.stdout.readline())["phone"] == phone
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (DONE, b"")


@pytest.mark.parametrize("options", [[], ["--follow", "--interval", "60"]])
def test_a_signal_during_a_fetch_loses_no_report_of_the_answer(options: list[str]) -> None:
    proceed = threading.Event()

    def answer_late(connection: socket.socket) -> bool:
        assert proceed.wait(60)
        return scripted.answer(PAGE)(connection)

    with (
        scripted.server(answer_late, scripted.answer('<root return="0"/>')) as script,
        _start(script.url, "report", "--json", *options, stdout=subprocess.PIPE) as process,
    ):
        assert script.arrived.acquire(timeout=60)
        process.send_signal(signal.SIGINT)
        proceed.set()
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(output)["msgid"]) == (DONE, "9")


@pytest.mark.parametrize("command", ["info", "report", "upmsg"])
def test_a_refused_request_exits_1_with_the_reason(served: Emulator, command: str) -> None:
    answer = _run(served.url, command, password="hunter2")
    assert (answer.exit_code, answer.stdout) == (REFUSED, "")
    assert f"Error: {command}: refused with 1001004 密码不正确" in answer.stderr
    assert "hunter2" not in answer.stderr


def test_without_a_connection_send_exits_3_and_lists_unsent_numbers() -> None:
    answer = _run(f"http://127.0.0.1:{processes.free_port()}", "send", "--json", PHONE, CONTENT)
    assert answer.exit_code == NOT_SENT
    assert [(row["phone"], row["state"]) for row in _rows(answer)] == [(PHONE, "unsent")]
    assert "nothing was sent" in answer.stderr


def test_a_lost_answer_exits_4_and_lists_the_state_of_each_number() -> None:
    phones = [f"138{number:08}" for number in range(1001)]
    resps = "".join(f'<resp msgid="9" phone="{phone}" return="0" info=""/>' for phone in phones[:500])
    with scripted.server(scripted.answer(f'<root return="0" info="">{resps}</root>'), scripted.hang_up) as script:
        answer = _run(script.url, "send", "--json", "--numbers", "-", CONTENT, stdin="\n".join(phones))
    assert answer.exit_code == UNKNOWN
    rows = _rows(answer)
    assert [row["phone"] for row in rows] == phones
    assert [row["state"] for row in rows] == ["accepted"] * 500 + ["unknown"] * 500 + ["unsent"]
    assert len({row["linkid"] for row in rows}) == 1
    assert f"outcome unknown for linkid {rows[0]['linkid']}" in answer.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_malformed_report_is_printed_as_it_came(options: list[str]) -> None:
    odd = PAGE.replace("/></root>", '/><report msgid="8" recvtime="" status="0" x="y"/></root>')
    with scripted.server(scripted.answer(odd), scripted.answer('<root return="0"/>')) as script:
        answer = _run(script.url, "report", *options)
    assert answer.exit_code == DONE, answer.exception
    if options:
        first, second = _rows(answer)
        assert (first["msgid"], "malformed" in first) == ("9", False)
        reason = "<report> has no attribute phone"
        assert second == {"msgid": "8", "recvtime": "", "status": "0", "x": "y", "malformed": reason}
    else:
        assert "2015-10-10T10:54:15+08:00" in answer.stdout
        assert "<report> has no attribute phone" in answer.stdout


def test_a_failed_fetch_prints_the_reports_of_earlier_answers() -> None:
    with scripted.server(scripted.answer(PAGE), scripted.hang_up) as script:
        answer = _run(script.url, "report", "--json")
    assert answer.exit_code == UNKNOWN
    assert [row["msgid"] for row in _rows(answer)] == ["9"]
    assert "at most 300 reports are lost with the answer" in answer.stderr


def test_ctrl_c_during_a_send_names_the_unknown_outcome() -> None:
    with (
        scripted.server(scripted.silence) as script,
        _start(script.url, "send", PHONE, CONTENT, "--linkid", "7", stderr=subprocess.PIPE) as process,
    ):
        assert script.arrived.acquire(timeout=60)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.startswith(b"interrupted\n")
    assert b"outcome unknown for linkid 7" in errors
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["send", PHONE], f"PHONE and CONTENT are both needed, got only {PHONE!r}"),
        (["send", PHONE, ""], "there is no content to send"),
        (["send", PHONE, CONTENT, "--numbers", "missing.txt"], "No such file"),
        (["info", "--method", "PUT"], "PUT"),
        (["info", "--url", "nonsense"], "base URL must be http or https"),
        (["report", "--follow", "--interval", "0"], "0.0 is not in the range 0<x"),
        (["info", "--timeout", "0"], "0.0 is not in the range 0<x"),
        (["info", "--timeout", "nan"], "nan is no number of seconds"),
        (["info", "--timeout", "inf"], "inf is not in the range 0<x"),
        (["send", "--numbers", os.devnull, CONTENT], f"{os.devnull} holds no number"),
        (["reply", "abc", "TD"], "PHONE must be digits, such as 13800000000, got 'abc'"),
        (["reply", "", "TD"], "PHONE must be digits"),
        (["reply", "１３８", "TD"], "PHONE must be digits"),
        (["reply", PHONE, ""], "TEXT must not be empty"),
        (["reply", PHONE, "TD", "--delay", "nan"], "nan is no number of seconds"),
    ],
)
def test_wrong_usage_exits_2_with_the_reason(served: Emulator, arguments: list[str], reason: str) -> None:
    answer = _run(served.url, *arguments)
    assert answer.exit_code == USAGE, answer.exception
    assert reason in answer.stderr


def test_a_password_can_come_from_stdin(served: Emulator) -> None:
    assert _run(served.url, "info", "--password-stdin", password=None, stdin="123456\n").exit_code == DONE
    assert _run(served.url, "info", "--password-stdin", password="123456", stdin="other\n").exit_code == REFUSED


def test_without_a_password_and_a_terminal_nothing_is_sent(served: Emulator) -> None:
    answer = _run(served.url, "info", password=None)
    assert (answer.exit_code, answer.stdout) == (USAGE, "")
    assert "give a password" in answer.stderr


def test_a_terminal_prompts_for_the_password_without_an_echo(served: Emulator) -> None:
    master, slave = pty.openpty()
    with _start(
        served.url, "info", "--json", password=None, stdin=slave, stdout=subprocess.PIPE, stderr=slave
    ) as process:
        os.close(slave)
        shown = b""
        while b"Password" not in shown:
            shown += os.read(master, 1024)
        # What is typed before the echo ends is dropped.
        until(lambda: not termios.tcgetattr(master)[3] & termios.ECHO)
        os.write(master, b"123456\n")
        assert process.stdout
        output = process.stdout.read()
    assert process.returncode == DONE
    assert json.loads(output)["id"] == "200001"
    assert b"123456" not in shown
    os.close(master)


def test_a_password_and_numbers_can_both_come_from_stdin(served: Emulator) -> None:
    with _start(
        served.url,
        *("send", "--json", "--password-stdin", "--numbers", "-", CONTENT),
        password=None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        output, _ = process.communicate(f"123456\n{PHONE}\n{OTHER}\n".encode(), timeout=120)
    assert [json.loads(line)["phone"] for line in output.splitlines()] == [PHONE, OTHER]


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_a_password_from_an_empty_or_closed_stdin_is_wrong_usage(stdin: str) -> None:
    line = f'exec "$0" "$@" {stdin}'
    command = ["sh", "-c", line, *processes.COMMAND, "info", "--userid", "1", "--password-stdin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "--password-stdin needs a line on stdin, but stdin is empty or closed" in done.stderr


def test_numbers_from_a_closed_stdin_are_wrong_usage(served: Emulator) -> None:
    line = 'exec "$0" "$@" <&-'
    options = ["--url", served.url, "--userid", "200001", "--password", "123456"]
    command = ["sh", "-c", line, *processes.COMMAND, "send", *options, "--numbers", "-", CONTENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "Traceback" in done.stderr) == (USAGE, False)


def test_a_refused_request_has_its_code_in_each_of_its_rows(served: Emulator) -> None:
    answer = _run(served.url, "send", "--json", PHONE, OTHER, CONTENT, password="hunter2")
    assert answer.exit_code == REFUSED
    rows = [(row["phone"], row["state"], row["code"], row["info"]) for row in _rows(answer)]
    assert rows == [(phone, "refused", "1001004", "密码不正确") for phone in (PHONE, OTHER)]


def test_only_the_requests_after_a_refused_one_are_unsent() -> None:
    phones = [f"138{number:08}" for number in range(1001)]
    resps = "".join(f'<resp msgid="9" phone="{phone}" return="0" info=""/>' for phone in phones[:500])
    refusal = scripted.answer('<root return="1001002" info="余额不足"/>')
    with scripted.server(scripted.answer(f'<root return="0" info="">{resps}</root>'), refusal) as script:
        answer = _run(script.url, "send", "--json", "--numbers", "-", CONTENT, stdin="\n".join(phones))
    assert answer.exit_code == REFUSED
    rows = _rows(answer)
    assert [row["phone"] for row in rows] == phones
    assert [row["state"] for row in rows] == ["accepted"] * 500 + ["refused"] * 500 + ["unsent"]
    assert {row["code"] for row in rows[500:1000]} == {"1001002"}
    assert rows[1000]["code"] == ""


def test_a_code_after_which_the_outcome_is_unknown_is_in_the_row() -> None:
    with scripted.server(scripted.answer('<root return="1001999" info="系统内部错误"/>')) as script:
        answer = _run(script.url, "send", "--json", PHONE, CONTENT)
    assert answer.exit_code == UNKNOWN
    assert [(row["state"], row["code"]) for row in _rows(answer)] == [("unknown", "1001999")]


def test_a_progress_bar_is_shown_only_on_a_terminal(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    phones = "\n".join(f"138{number:08}" for number in range(1001))
    arguments = ["send", "--json", "--numbers", "-", CONTENT]
    master, slave = pty.openpty()
    with _start(served.url, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave) as process:
        os.close(slave)
        output, _ = process.communicate(phones.encode(), timeout=120)
    shown = os.read(master, 65536)
    os.close(master)
    assert (process.returncode, output.count(b"accepted")) == (DONE, 1001)
    assert b"sending" in shown
    assert _run(served.url, *arguments, stdin=phones).stderr == ""


def test_printing_a_help_imports_neither_the_client_nor_rich() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom ccell_mock_server.cli import main\n"
        "for command in ([], ['send'], ['report'], ['upmsg'], ['info']):\n"
        "    result = CliRunner().invoke(main, [*command, '--help'])\n"
        "    assert result.exit_code == 0, result.output\n"
        "    assert not command or 'Exit codes' in result.output\n"
        "assert not {'httpx2', 'rich', 'tenacity', 'flask'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([processes.COMMAND[0], "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_upmsg_fetches_a_reply(served: Emulator) -> None:
    reply = _run(served.url, "reply", "--url", served.url, PHONE, "退订", "--spcode", "77")
    assert (reply.exit_code, PHONE in reply.output) == (DONE, True)
    (row,) = _rows(_run(served.url, "upmsg", "--json"))
    assert (row["phone"], row["msgcontent"], row["spnumber"]) == (PHONE, "退订", "1069000077")


def test_reply_to_an_unknown_account_names_it(served: Emulator) -> None:
    answer = _run(served.url, "reply", "--url", served.url, "--userid", "999999", PHONE, "TD")
    assert answer.exit_code == 1
    assert "there is no account '999999'" in answer.stderr
