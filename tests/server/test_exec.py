"""The command exec: what its command is given, its streams, its signals and its exit codes."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from harness import processes
from harness.stores import kept

from ccell_fake.client import Client

ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"]
NAMES = ("URL", "USERID", "PASSWORD", "CACERT", "CONTROL_TOKEN")

_NO_PROGRAM = "must be a program, or a script that begins with #! and its interpreter, such as #!/bin/sh"

LISTENER = """
import signal, sys
awaited = {signal.Signals[name] for name in sys.argv[1:]}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
print("listening", flush=True)
if not awaited:
    signal.pause()
print(signal.Signals(signal.sigwait(awaited)).name, flush=True)
sys.exit(5)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("CCELL_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return tmp_path


def _exec(folder: Path, *arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*processes.COMMAND, "exec", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _environment_of_command(folder: Path, *options: str, **environment: str) -> dict[str, str]:
    done = _exec(folder, *options, "--", sys.executable, "-c", ENVIRONMENT, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


@contextmanager
def _running(folder: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [*processes.COMMAND, "exec", "--", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[f"CCELL_FAKE_{name}"] for name in NAMES if f"CCELL_FAKE_{name}" in environment}


def test_the_command_finds_a_running_emulator_and_an_account_by_its_environment(folder: Path) -> None:
    program = """
from ccell_fake import Client
with Client.from_environment() as client:
    print(client.send("13800000000", "验证码为1234。【签名】").resps[0].code, client.info().riches)
"""
    done = _exec(folder, "--", sys.executable, "-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 99999\n", "")


def test_the_emulator_stops_after_the_command(folder: Path) -> None:
    url = _environment_of_command(folder)["CCELL_FAKE_URL"]
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_the_commands_of_the_client_need_no_options(folder: Path) -> None:
    done = _exec(folder, *processes.COMMAND, "send", "13800000000", "您好【签名】", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["code"] == "0"


def test_the_command_is_given_nothing_that_the_emulator_does_not_have(folder: Path) -> None:
    given = _given(_environment_of_command(folder))
    assert given == {"URL": given["URL"], "USERID": "200001", "PASSWORD": "123456"}
    assert given["URL"].startswith("http://127.0.0.1:")


def test_variables_of_another_gateway_are_replaced(folder: Path) -> None:
    live = {"CCELL_FAKE_URL": "https://sms.example.com", "CCELL_FAKE_USERID": "7", "CCELL_FAKE_PASSWORD": "hunter2"}
    given = _given(_environment_of_command(folder, **live))
    assert given == {"URL": given["URL"], "USERID": "200001", "PASSWORD": "123456"}
    assert given["URL"].startswith("http://127.0.0.1:")


def test_settings_and_certificates_for_others_do_not_reach_the_command(folder: Path) -> None:
    given = {"CCELL_FAKE_STORE": "kept.sqlite", "CCELL_FAKE_SEED": "7", "CCELL_FAKE_CACERT": "no-such.pem"}
    environment = _environment_of_command(folder, **given, CCELL_FAKE_MINE="kept")
    assert (folder / "kept.sqlite").exists()
    assert given.keys() & environment.keys() == set()
    assert environment["CCELL_FAKE_MINE"] == "kept"


def test_a_configuration_gives_the_account_and_the_token_but_neither_host_nor_port(folder: Path) -> None:
    (folder / "ccell.toml").write_text(
        '[server]\nhost = "0.0.0.0"\nport = 1\ncontrol_token = "open sesame"\n'
        '[[accounts]]\nuserid = "200009"\npassword = "hunter2"\n[[accounts]]\n'
    )
    given = _given(_environment_of_command(folder))
    port = given["URL"].removeprefix("http://127.0.0.1:")
    assert given == {
        "URL": f"http://127.0.0.1:{int(port)}",
        "USERID": "200009",
        "PASSWORD": "hunter2",
        "CONTROL_TOKEN": "open sesame",
    }
    assert port != "1"


def test_an_account_is_opened_if_the_configuration_has_none(folder: Path) -> None:
    (folder / "none.toml").write_text("accounts = []\n")
    command = (*processes.COMMAND, "info", "--json")
    done = _exec(folder, "--config", "none.toml", "--", *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["riches"] == 100000


def test_a_generated_certificate_is_trusted_by_the_variable(folder: Path) -> None:
    done = _exec(folder, "--tls", "--", *processes.COMMAND, "info", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    environment = _environment_of_command(folder, "--tls")
    assert environment["CCELL_FAKE_URL"].startswith("https://127.0.0.1:")
    assert not Path(environment["CCELL_FAKE_CACERT"]).exists()


def test_a_store_keeps_what_the_command_sent(folder: Path) -> None:
    store = kept(folder)
    for _ in range(2):
        sent = _exec(folder, "--store", store, "--", *processes.COMMAND, "send", "13800000000", "您好【签名】")
        assert sent.returncode == 0, sent.stderr
    seen = _exec(folder, "--store", store, "--", *processes.COMMAND, "info", "--json")
    assert json.loads(seen.stdout)["riches"] == 99998


def test_a_given_port_is_used(folder: Path) -> None:
    port = processes.free_port()
    assert _environment_of_command(folder, f"--port={port}")["CCELL_FAKE_URL"] == f"http://127.0.0.1:{port}"


def test_a_proxy_of_the_environment_is_kept_out(folder: Path) -> None:
    environment = _environment_of_command(folder, http_proxy="http://127.0.0.1:9", NO_PROXY="intranet")
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet,127.0.0.1,localhost,::1"


def test_streams_pass_through(folder: Path) -> None:
    program = "import sys; sys.stderr.write('to stderr'); sys.stdout.write(sys.stdin.read()[::-1])"
    done = _exec(folder, "--", sys.executable, "-c", program, text="abc")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cba", "to stderr")


def test_options_after_the_command_are_its_own(folder: Path) -> None:
    program = "import sys; print(sys.argv[1:])"
    for dashes in ([], ["--"]):
        done = _exec(folder, *dashes, sys.executable, "-c", program, "--port", "1", "--", "--help")
        assert (done.returncode, done.stdout) == (0, "['--port', '1', '--', '--help']\n")


SEND_REFUSED = (*processes.COMMAND, "send", "19500001111", "您好【签名】")


def test_the_log_goes_to_stderr_with_warnings_only(folder: Path) -> None:
    assert _exec(folder, "--", *SEND_REFUSED).stderr == ""
    assert (
        "1004001: '19500001111' is not recognised" in _exec(folder, "--log-level", "info", "--", *SEND_REFUSED).stderr
    )


def test_the_log_in_a_file_has_the_refusals_and_keeps_what_was_there(folder: Path) -> None:
    (folder / "ccell.log").write_text("before\n")
    done = _exec(folder, "--log", "ccell.log", "--", *SEND_REFUSED)
    assert (done.returncode, done.stderr) == (1, "")
    first, *rest = (folder / "ccell.log").read_text("utf-8").splitlines()
    assert first == "before"
    assert "1004001: '19500001111' is not recognised" in "".join(rest)


def test_a_log_that_cannot_be_written_starts_no_command(folder: Path) -> None:
    done = _exec(folder, "--log", "missing/ccell.log", "--", "touch", "ran")
    assert done.returncode == 1
    assert done.stderr == "Error: --log missing/ccell.log: cannot be written: No such file or directory\n"
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("code", [0, 1, 5, 42, 255])
def test_the_exit_code_is_that_of_the_command(folder: Path, code: int) -> None:
    assert _exec(folder, "--", sys.executable, "-c", f"raise SystemExit({code})").returncode == code


def test_a_command_that_a_signal_ends_has_the_exit_code_of_a_shell(folder: Path) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert _exec(folder, "--", sys.executable, "-c", program).returncode == 128 + signal.SIGKILL


def test_a_command_that_cannot_run_has_the_exit_code_of_a_shell(folder: Path) -> None:
    (folder / "no-program").write_text("text")
    (folder / "no-program").chmod(0o755)
    (folder / "data").write_text("text")
    refused = [
        _exec(folder, "--", name)
        for name in ("ccell-no-such-program", "./missing", "./data", "./no-program", "./data/x")
    ]
    assert [(done.returncode, done.stderr) for done in refused] == [
        (127, "Error: ccell-no-such-program: No such file or directory\n"),
        (127, "Error: ./missing: No such file or directory\n"),
        (126, "Error: ./data: Permission denied\n"),
        (126, f"Error: ./no-program: {_NO_PROGRAM}\n"),
        (126, "Error: ./data/x: Not a directory\n"),
    ]


def test_an_empty_command_is_wrong_usage(folder: Path) -> None:
    done = _exec(folder, "--", "")
    assert (done.returncode, "COMMAND must not be empty" in done.stderr) == (2, True)


def test_a_command_is_required(folder: Path) -> None:
    done = _exec(folder, "--tls")
    assert done.returncode == 2
    assert "Missing argument 'COMMAND...'" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--config", "bad.toml"), 2, "bad.toml: server.seed must be a valid integer"),
        (("--port", "70000"), 2, "the command line: server.port must be less than or equal to 65535, got 70000"),
        (("--store", "bad.toml"), 1, "bad.toml"),
        (("--tls-cert", "none.pem", "--tls-key", "none.key"), 1, "none.pem: no such file"),
    ],
)
def test_an_emulator_that_cannot_start_starts_no_command(
    folder: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    (folder / "bad.toml").write_text('[server]\nseed = "x"\n')
    done = _exec(folder, *options, "--", "touch", "ran")
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_is_passed_on(folder: Path, name: str) -> None:
    with _running(folder, sys.executable, "-c", LISTENER, name) as process:
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        process.send_signal(signal.Signals[name])
        rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (5, f"{name}\n")


def test_a_signal_that_the_command_does_not_handle_ends_it(folder: Path) -> None:
    with _running(folder, sys.executable, "-c", LISTENER) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


def test_the_emulator_runs_until_the_command_has_handled_a_signal(folder: Path) -> None:
    program = """
import signal
from ccell_fake import Client
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("listening", flush=True)
signal.sigwait({signal.SIGTERM})
with Client.from_environment() as client:
    print(client.info().riches, flush=True)
"""
    with _running(folder, sys.executable, "-c", program) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "100000\n")


def test_an_ignored_signal_stays_ignored(folder: Path) -> None:
    program = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    command = ["nohup", *processes.COMMAND, "exec", "--", sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "True\n"


def test_ctrl_c_in_a_terminal_reaches_the_command_once(folder: Path) -> None:
    program = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1})
# The parent handles Ctrl-C after this process has, so that a second SIGINT would not merge with the first.
os.kill(os.getppid(), signal.SIGSTOP)
print("listening", flush=True)
signal.sigwait({signal.SIGINT})
os.kill(os.getppid(), signal.SIGCONT)
for number in (signal.SIGTERM, signal.SIGUSR1):
    os.kill(os.getppid(), number)
    signal.sigwait({number})
print(signal.sigpending(), flush=True)
"""
    command = [*processes.COMMAND, "exec", "--", sys.executable, "-c", program]
    in_terminal = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    )
    terminal, end = pty.openpty()
    with (
        os.fdopen(terminal, "rb", buffering=0) as screen,
        subprocess.Popen(
            [sys.executable, "-c", in_terminal, *command],
            cwd=folder,
            stdin=end,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        os.close(end)
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        os.write(screen.fileno(), b"\x03")
        try:
            printed, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, printed) == (0, "set()\n")


def test_two_at_the_same_time_do_not_meet(folder: Path) -> None:
    program = "import os; print(os.environ['CCELL_FAKE_URL'], flush=True); input()"
    urls: set[str] = set()
    command = [*processes.COMMAND, "exec", "--", sys.executable, "-c", program]
    started = [
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout
        urls.add(process.stdout.readline().strip())
    for url in urls:
        with Client(url, "200001", "123456") as client:
            client.send("13800000000", "您好【签名】")
            assert client.info().riches == 99999
    for process in started:
        process.communicate("\n", timeout=60)
    assert len(urls) == 2
    assert [process.returncode for process in started] == [0, 0]
