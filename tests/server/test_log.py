"""The log of a command: it is escaped, it delays nothing, and it has the level that you choose."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from harness import http
from harness.emulators import CONTENT, DOCUMENT_DAY, Bench, emulator
from harness.processes import COMMAND
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.model import Operation, Submit
from ccell_fake.printable import escape_controls, escape_lines
from ccell_mock_server.cli import main
from ccell_mock_server.commands.output import as_json
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.log import log_to_stderr, logger

UNREADABLE = b'<root userid="200001" password="1\x1b"'
FETCH = b'<root userid="200001" password="123456"></root>'
SEND = FETCH.replace(b"></", f'><submit phone="13800000000" content="{CONTENT}"/></'.encode())
UNSAFE = [*map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])]


def _serve(folder: Path, *options: str, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    arguments = [*COMMAND, "serve", "--port", "0", *options]
    return subprocess.Popen(arguments, cwd=folder, stdout=stdout, stderr=stderr)


def _url(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().split()[-1]


@given(st.text(st.one_of(st.characters(), st.sampled_from(UNSAFE))))
def test_an_escaped_text_has_no_control_character_and_every_printable_one(text: str) -> None:
    escaped = escape_controls(text)
    assert not set(escaped) & set(UNSAFE)
    assert escape_controls(escaped) == escaped
    assert [one for one in text if one.isprintable() and one in escaped] == [one for one in text if one.isprintable()]
    escaped.encode()


@given(st.text(st.one_of(st.characters(), st.sampled_from(UNSAFE))))
def test_json_on_stdout_has_no_control_character_and_the_same_value(text: str) -> None:
    rendered = as_json({"content": text})
    assert not set(rendered) & set(UNSAFE)
    assert json.loads(rendered) == {"content": text}


@given(st.text(st.one_of(st.characters(), st.sampled_from(UNSAFE))))
def test_no_line_of_a_logged_text_looks_like_another_record(text: str) -> None:
    first, *others = escape_lines(text).split("\n")
    assert all(line.startswith("  ") for line in others)
    assert not set(first.join(others)) & set(UNSAFE)
    assert escape_lines(escape_lines(text)) == escape_lines(text)


@given(st.text(st.one_of(st.characters(), st.sampled_from(UNSAFE)), max_size=20))
def test_every_handler_gets_escaped_records(text: str) -> None:
    seen: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(logging.Formatter().format(record))

    log, handler = logger("gateway"), Handler()
    log.addHandler(handler)
    try:
        log.error("%s failed", text, exc_info=ValueError(text))
    finally:
        log.removeHandler(handler)
    assert not set("".join(seen)) & (set(UNSAFE) - {"\n"})


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0" encoding="\x1b[31m\x07\x9b"?><root/>',
        "\x1b[31m=<root/>",
        '<root userid="200001" password="123456"><submit phone="1&#10;12:00 x,1&#10;12:00 x" content="a"/></root>',
        f'<root userid="200001" password="123456"><submit phone="13800000000" content="【\x9b&#10;】{"a"}"/></root>',
        '<root userid="200001" password="123456"><submit phone="13800000000" content="a" spcode="&#10;\u202e"/></root>',
        '<root userid="200001" password="123456"><submit phone="13800000000" content="\x9b&#10;【签名】"/></root>',
    ],
)
def test_a_request_cannot_write_control_characters_to_the_log(body: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    account = {"userid": "200001", "password": "123456", "signcode": ["签名"]}
    with emulator(accounts=[account], assumptions={"Q10": "refuse"}) as served:
        http.post(served.url, Operation.SEND.path, body.encode())
    messages = [one.getMessage() for one in caplog.records if one.name == "ccell_fake.gateway"]
    assert len(messages) == 1
    assert not set(messages[0]) & (set(UNSAFE) - {"\n"})
    assert all(line.startswith("  ") for line in messages[0].split("\n")[1:])


def test_an_explanation_has_a_line_for_each_refusal() -> None:
    bench = Bench()
    answer = bench.submit(Submit("1\n2,3\n4,13800000000", CONTENT))
    assert len(answer.explanation.split("\n")) == 2


def test_a_log_that_nobody_reads_delays_neither_answers_nor_sigterm(tmp_path: Path) -> None:
    process = _serve(tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        url = _url(process)
        # A pipe holds 64 KiB, or about 350 records.
        for _ in range(1000):
            assert http.post(url, Operation.INFO.path, UNREADABLE).status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_dropped_records_are_counted_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream, os.fdopen(reader, "rb") as read:
        monkeypatch.setattr(sys, "stderr", stream)
        with log_to_stderr(logging.INFO):
            for _ in range(12_000):
                logging.getLogger("a").info("x" * 100)
            lines: list[bytes] = []
            while not lines or b"dropped" not in lines[-1]:
                lines.append(read.readline())
    dropped = int(lines[-1].split()[0])
    assert dropped + len(lines) - 1 == 12_000
    assert dropped > 0


@pytest.mark.parametrize("is_closed_at_start", [True, False])
def test_serve_exits_with_0_at_sigterm_if_stdout_is_closed(tmp_path: Path, *, is_closed_at_start: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    process = _serve(tmp_path, "--port", port, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout
        if is_closed_at_start:
            process.stdout.close()
        else:
            process.stdout.readline()
            process.stdout.close()
        assert CliRunner().invoke(main, ["ready", "--url", f"http://127.0.0.1:{port}"]).exit_code == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("options", "is_logged"),
    [
        ([], (True, True, False)),
        (["--log-level", "info"], (True, True, False)),
        (["--log-level", "warning"], (False, False, False)),
        (["-q"], (False, False, False)),
        (["--log-level", "debug"], (True, True, True)),
        (["-v"], (True, True, True)),
    ],
)
def test_the_level_of_the_log_can_be_chosen(tmp_path: Path, options: list[str], is_logged: tuple[bool, ...]) -> None:
    process = _serve(tmp_path, *options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        url = _url(process)
        http.post(url, Operation.INFO.path, UNREADABLE)
        http.post(url, Operation.SEND.path, SEND)
        http.post(url, Operation.REPORT.path, FETCH)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    lines = (
        rb"info answered 1001001",
        rb"200001 send accepted: 13800000000: .* msgid=\d+, 1 segment",
        rb"200001 report answered 0 by documented R1, rule report, \d+",
    )
    assert tuple(re.search(line, log) is not None for line in lines) == is_logged
    assert re.fullmatch(rb"(\d\d:\d\d:\d\d\+08:00 .*\n(  .*\n)*)*", log)
    assert b'"123456"' not in log


def test_quiet_and_verbose_exclude_each_other() -> None:
    result = CliRunner().invoke(main, ["serve", "-q", "-v"])
    assert (result.exit_code, "--quiet and --verbose exclude each other" in result.stderr) == (2, True)


def _logged(caplog: pytest.LogCaptureFixture, served: Emulator, *submits: str, userid: str = "200001") -> list[str]:
    """Send submits, and return the messages about it."""
    caplog.clear()
    body = f'<root userid="{userid}" password="123456">{"".join(submits)}</root>'
    with caplog.at_level(logging.INFO, "ccell_fake.gateway"):
        http.post(served.url, Operation.SEND.path, body.encode())
    return [one.getMessage() for one in caplog.records if one.name == "ccell_fake.gateway"]


def test_the_log_has_one_line_for_each_send_with_accepted_messages(caplog: pytest.LogCaptureFixture) -> None:
    phones = ",".join(f"1380000000{digit}" for digit in range(5))
    with emulator() as served:
        (one,) = _logged(caplog, served, f'<submit phone="{phones}" content="{"好" * 80}【签名】" linkid="order-17"/>')
        shortened = f"{'好' * 40}… linkid=order-17, 2 segments"
        assert one == f"200001 send accepted: 13800000000, 13800000001, 13800000002 and 2 more: {shortened}"
        refused = '<submit phone="19500001111" content="a【签名】"/>'
        first, second = _logged(caplog, served, refused, '<submit phone="13800000000" content="b【签名】"/>')
        assert re.fullmatch(r"200001 send accepted: 13800000000: b【签名】 msgid=\d{19}, 1 segment", first)
        assert second.startswith("send answered 0 by documented S8\n  1004001: ")
        (only,) = _logged(caplog, served, refused)
        assert "accepted" not in only


def test_the_log_hides_a_password_in_a_content(caplog: pytest.LogCaptureFixture) -> None:
    with emulator(accounts=[{"userid": "200001", "password": "s3cret-word"}]) as served:
        caplog.set_level(logging.DEBUG, "ccell_fake.gateway")
        submit = '<submit phone="13800000000" content="登录密码s3cret-word【签名】" linkid="s3cret-word"/>'
        http.post(
            served.url,
            Operation.SEND.path,
            FETCH.replace(b"123456", b"s3cret-word").replace(b"></", f">{submit}</".encode()),
        )
    assert "send accepted: 13800000000: 登录密码" in caplog.text
    assert "s3cret-word" not in caplog.text


def test_the_log_shows_the_clock_of_an_account_if_it_is_set(caplog: pytest.LogCaptureFixture) -> None:
    with emulator() as served:
        served.services.admin("200001").set_clock(lambda _: ClockSetting(frozen_at=to_micros(DOCUMENT_DAY)))
        submit = '<submit phone="13800000000" content="b【签名】"/>'
        (accepted,) = _logged(caplog, served, submit)
        (refused,) = _logged(caplog, served, submit.replace("【签名】", ""))
    assert accepted.endswith(", account's clock 2015-12-31 08:30:30")
    assert ", account's clock 2015-12-31 08:30:30\n" in refused


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8"])
def test_the_log_has_the_encoding_of_stderr(encoding: str) -> None:
    program = "import logging\nfrom ccell_mock_server.log import log_to_stderr\n"
    program += "with log_to_stderr(logging.INFO): logging.info('您好😀')"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60)
    assert done.stderr.endswith(" 您好😀\n".encode(encoding, "backslashreplace"))
