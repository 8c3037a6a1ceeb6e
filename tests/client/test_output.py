"""Commands lose nothing that they have fetched or sent, whatever becomes of their output, and never exit as refused."""

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from harness import processes, scripted
from harness.emulators import CONTENT, PHONE, emulator, until

from ccell_fake.client import Client
from ccell_fake.control.client import ControlClient
from ccell_mock_server.emulator import Emulator

EMOJI = "好😀的"
PAGE = "".join(
    f'<report msgid="{number}" phone="{PHONE}" recvtime="2015-10-10 10:54:15.0" status="0"/>' for number in range(300)
)
DONE, UNWRITTEN, INTERRUPTED = 0, 5, 130


@pytest.fixture(scope="module")
def served() -> Any:
    with emulator() as running:
        yield running


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of the commands."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCELL_FAKE_USERID", "200001")
    monkeypatch.setenv("CCELL_FAKE_PASSWORD", "123456")


def _start(url: str, *arguments: str, encoding: str = "utf-8", **options: Any) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "CCELL_FAKE_URL": url, "PYTHONIOENCODING": encoding}
    process: Any = subprocess.Popen([*processes.COMMAND, *arguments], env=environment, **options)
    return cast("subprocess.Popen[bytes]", process)


def _run(url: str, *arguments: str, **options: Any) -> tuple[int, bytes, bytes]:
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with _start(url, *arguments, **options) as process:
        output, errors = process.communicate(timeout=120)
        return process.returncode, output or b"", errors or b""


@contextmanager
def _full() -> Generator[int]:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    yield descriptor
    os.close(descriptor)


@contextmanager
def _unread() -> Generator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@contextmanager
def _read_only() -> Generator[int]:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def _prepare(served: Emulator, command: str) -> tuple[list[str], str]:
    """Return the arguments of a command, and a text that its output must have."""
    if command == "send":
        return ["send", PHONE, f"{EMOJI}【签名】", "--linkid", "order-17"], "order-17"
    if command == "upmsg":
        served.services.admin("200001").add_upmsg(PHONE, EMOJI, "", 0)
        return ["upmsg"], EMOJI
    with Client(served.url, "200001", "123456") as client:
        client.reports()
        (resp,) = client.send(PHONE, CONTENT).resps
    return ["report"], resp.msgid


def _kept(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in folder.iterdir() for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("json_option", [[], ["--json"]])
@pytest.mark.parametrize("broken", [_full, _unread, _read_only])
@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_results_that_stdout_cannot_take_are_in_a_file_that_stderr_names(
    served: Emulator, temporary: Path, command: str, broken: Callable[[], Any], json_option: list[str]
) -> None:
    arguments, wanted = _prepare(served, command)
    with broken() as stdout:
        code, _, errors = _run(served.url, *arguments, *json_option, stdout=stdout)
    assert code == UNWRITTEN, errors
    assert b"Traceback" not in errors
    assert b"stdout cannot be written" in errors
    (row,) = _kept(temporary)
    assert wanted in row.values()
    (path,) = temporary.iterdir()
    assert str(path).encode() in errors
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_without_a_temporary_folder_results_go_to_stderr(
    served: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    arguments, wanted = _prepare(served, command)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    program = "import sys, tempfile\ntempfile._candidate_tempdir_list = lambda: ['/none']\n"
    program += "from ccell_mock_server.cli import main\nmain(sys.argv[1:])"
    with _full() as stdout:
        done = subprocess.run(
            [processes.COMMAND[0], "-c", program, *arguments, "--url", served.url],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    assert done.returncode == UNWRITTEN
    (row,) = [json.loads(line) for line in done.stderr.decode().splitlines() if line.startswith("{")]
    assert wanted in row.values()


@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_without_stdout_and_stderr_results_are_in_the_temporary_folder(
    served: Emulator, temporary: Path, command: str
) -> None:
    arguments, wanted = _prepare(served, command)
    with _unread() as output:
        assert _run(served.url, *arguments, stdout=output, stderr=output)[0] == UNWRITTEN
    (row,) = _kept(temporary)
    assert wanted in row.values()


@pytest.mark.parametrize("named", ["gbk", "ascii", "ascii:strict", "latin-1", "utf-8", "utf-8:strict"])
@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_results_are_printed_in_any_encoding(served: Emulator, temporary: Path, command: str, named: str) -> None:
    encoding = named.partition(":")[0]
    arguments, wanted = _prepare(served, command)
    code, output, errors = _run(served.url, *arguments, "--json", encoding=named)
    assert (code, errors, _kept(temporary)) == (DONE, b"", [])
    assert wanted in json.loads(output.decode(encoding)).values()
    arguments, wanted = _prepare(served, command)
    code, output, errors = _run(served.url, *arguments, encoding=named)
    assert (code, errors) == (DONE, b"")
    assert wanted.encode(encoding, "backslashreplace") in output


@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_the_c_locale_loses_nothing(served: Emulator, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    arguments, wanted = _prepare(served, command)
    code, output, errors = _run(served.url, *arguments, encoding="")
    assert (code, errors) == (DONE, b"")
    assert wanted.encode("ascii", "backslashreplace") in output
    if command == "send":
        with ControlClient(served.url) as control:
            assert next(control.messages(newest_first=True)).content == f"{EMOJI}【签名】"


@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_a_codec_that_can_write_nothing_loses_no_result(served: Emulator, temporary: Path, command: str) -> None:
    arguments, wanted = _prepare(served, command)
    program = "import codecs, sys\nfrom ccell_mock_server.cli import main\n"
    program += "sys.stdout.write = lambda text: codecs.lookup('undefined').encode(text)\nmain(sys.argv[1:])"
    command_line = [processes.COMMAND[0], "-c", program, *arguments, "--url", served.url]
    done = subprocess.run(command_line, capture_output=True, check=False, timeout=120)
    assert (done.returncode, b"Traceback" in done.stderr) == (UNWRITTEN, False), done.stderr
    (row,) = _kept(temporary)
    assert wanted in row.values()


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [(["info", "--password", "wrong"], 1, "密码不正确"), (["info", "您好😀"], 2, "您好😀")],
)
@pytest.mark.parametrize("named", ["ascii:strict", "gbk", "utf-8"])
def test_an_error_is_written_in_the_encoding_of_stderr(
    served: Emulator, arguments: list[str], code: int, wanted: str, named: str
) -> None:
    exit_code, _, shown = _run(served.url, *arguments, encoding=named)
    assert exit_code == code
    assert wanted.encode(named.partition(":")[0], "backslashreplace") in shown


@pytest.mark.parametrize("command", ["send", "report", "upmsg"])
def test_nothing_is_requested_while_stdout_is_closed(served: Emulator, command: str) -> None:
    arguments, _ = _prepare(served, command)
    position = served.services.admin("200001").status().position
    line = 'exec "$0" "$@" >&-'
    code, _, errors = _run_line(served.url, line, *arguments)
    assert (code, b"stdout must be open" in errors) == (2, True)
    assert served.services.admin("200001").status().position == position


def _run_line(url: str, line: str, *arguments: str) -> tuple[int, bytes, bytes]:
    """Run a command by a line for a shell."""
    done = subprocess.run(
        ["sh", "-c", line, *processes.COMMAND, *arguments],
        env={**os.environ, "CCELL_FAKE_URL": url},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def test_an_error_keeps_its_exit_code_if_nothing_can_be_written(served: Emulator) -> None:
    with _full() as full, scripted.server(scripted.hang_up) as script:
        assert _run(script.url, "send", PHONE, CONTENT, stdout=full, stderr=full)[0] == 4
        assert _run(served.url, "send", PHONE, CONTENT, "--password", "x", stdout=full, stderr=full)[0] == 1


def test_an_answer_that_cannot_be_read_is_kept(temporary: Path) -> None:
    text = '<root return="0"><report msgid="77" phone="138'
    with scripted.server(scripted.answer(text)) as script:
        code, output, errors = _run(script.url, "report", "--json")
    (path,) = temporary.iterdir()
    assert (code, output, str(path).encode() in errors) == (4, b"", True)
    assert _kept(temporary) == [{"status": 200, "received": text}]


def test_following_ends_with_its_reader_and_keeps_the_rest_of_the_page(temporary: Path) -> None:
    reader, writer = os.pipe()
    # A pipe that cannot hold the whole page.
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with (
        scripted.server(scripted.answer(f'<root return="0">{PAGE}</root>')) as script,
        _start(script.url, "report", "--json", "--follow", stdout=writer, stderr=subprocess.PIPE, bufsize=0) as process,
    ):
        os.close(writer)
        assert process.stderr
        first = os.read(reader, 10)
        os.close(reader)
        code = process.wait(120)
        assert code == UNWRITTEN, process.stderr.read()
    assert first == b'{"msgid": '
    numbers = [int(row["msgid"]) for row in _kept(temporary)]
    assert numbers == list(range(numbers[0], 300))


def _is_caught(pid: int, number: signal.Signals) -> bool:
    (caught,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt")]
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def test_a_second_signal_during_a_fetch_prints_what_was_fetched_before() -> None:
    with (
        scripted.server(scripted.answer(f'<root return="0">{PAGE}</root>'), scripted.silence) as script,
        _start(script.url, "report", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        for _ in range(2):
            assert script.arrived.acquire(timeout=60)
        process.send_signal(signal.SIGTERM)
        until(lambda: not _is_caught(process.pid, signal.SIGTERM))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert [json.loads(line)["msgid"] for line in output.splitlines()] == [f"{number}" for number in range(300)]
    assert b"Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_a_send_prints_what_was_accepted(number: signal.Signals) -> None:
    phones = [f"138{one:08}" for one in range(501)]
    resps = "".join(f'<resp msgid="9" phone="{phone}" return="0" info=""/>' for phone in phones[:500])
    with (
        scripted.server(scripted.answer(f'<root return="0" info="">{resps}</root>'), scripted.silence) as script,
        _start(
            script.url,
            *("send", "--json", "--numbers", "-", CONTENT, "--linkid", "7"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdin
        process.stdin.write("\n".join(phones).encode())
        process.stdin.close()
        process.stdin = None
        for _ in range(2):
            assert script.arrived.acquire(timeout=60)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert [json.loads(line)["phone"] for line in output.splitlines()] == phones[:500]
    assert b"outcome unknown for linkid 7" in errors


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("send", "--help"), ("check-config", os.devnull)])
def test_a_text_that_cannot_be_printed_has_the_exit_code_of_results(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, errors = _run("", *arguments, stdout=full)
    assert (code, errors) == (UNWRITTEN, b"Error: stdout cannot be written: No space left on device\n")


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_run_of_the_suite_goes_on_without_its_output(tmp_path: Path, *, is_closed: bool) -> None:
    profile = tmp_path / "profile.toml"
    calibrate = (*processes.COMMAND, "calibrate", f"--to={profile}", "--", "-k", "unknown_userid")
    redirected = ">&-" if is_closed else ">/dev/full"
    done = subprocess.run(["sh", "-c", f'"$@" {redirected}', "sh", *calibrate], capture_output=True, check=False)
    assert done.returncode == (DONE if is_closed else UNWRITTEN), done.stderr
    assert b"Traceback" not in done.stderr
    assert "Q1" in profile.read_text("utf-8")
