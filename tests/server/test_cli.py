"""The commands serve, ready and check-config: output, errors and exit codes."""

import signal
import socket
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from harness import processes
from harness.emulators import emulator

from ccell_mock_server.cli import main
from ccell_mock_server.commands.ready import wait_until_ready

BAD = """
[server]
port = 70000

[[accounts]]
userid = "200001"
password = "hunter2"
balance = -5
staus = "frozen"
"""
ACCOUNTS = """
[[accounts]]

[[accounts]]
userid = "200009"
password = "hunter2"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


def _answer_of(line: str) -> str:
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True, timeout=60)  # noqa: S602 - the line is for a shell
    return done.stdout


def test_every_command_of_the_help_can_be_used() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    printed = _run("--help").output
    assert len(names) == 13
    for name in names:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert f"  {name} " in printed
        assert _run(name, "--help").exit_code == 0
    assert main.get_command(context, "sned") is None
    assert "No such command 'sned'" in _run("sned").output


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], ["ccell_mock_server.commands", "flask", "httpx2", "pydantic", "sqlite3"]),
        (["ready", "--help"], ["flask", "httpx2", "pydantic", "sqlite3"]),
        (["send", "--help"], ["flask", "httpx2", "pydantic", "sqlite3"]),
    ],
)
def test_a_command_imports_only_what_it_uses(arguments: list[str], unused: list[str]) -> None:
    program = f"""
import sys
from ccell_mock_server.cli import main
main({arguments!r}, standalone_mode=False)
print([name for name in {unused!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_serve_prints_a_working_curl_line_and_stops_at_sigint(folder: Path) -> None:
    with processes.serving(folder) as (process, url):
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        assert [line.split()[0] for line in lines[:4]] == ["send", "report", "upmsg", "info"]
        assert lines[4] == "account 200001, password 123456, balance 100000\n"
        assert url in lines[6]
        assert '<root return="0" info="成功">' in _answer_of(lines[6])
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "stopping\n")


def test_serve_with_tls_prints_a_working_curl_line_and_only_generated_passwords(folder: Path) -> None:
    (folder / "ccell.toml").write_text(ACCOUNTS)
    with processes.serving(folder, "--tls") as (process, _):
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(8)]
        assert "password minted-" in lines[4]
        assert "account 200009, password YOUR-PASSWORD" in lines[5]
        assert '<root return="0" info="成功">' in _answer_of(lines[7])
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "stopping\n")
    assert "hunter2" not in "".join(lines)
    assert "hunter2" not in _run("serve", "--print-config").output


def test_ready_waits_for_an_emulator_that_starts_later() -> None:
    port = processes.free_port()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait_until_ready, f"http://127.0.0.1:{port}", 60)
        assert not waiting.done()
        with emulator(server={"port": port}):
            waiting.result(60)


def test_ready_trusts_any_certificate() -> None:
    with emulator(server={"tls": True}) as served:
        result = _run("ready", "--url", served.url)
    assert (result.exit_code, result.output) == (0, f"{served.url} is ready\n")


def test_ready_fails_after_its_timeout_and_says_what_it_observed() -> None:
    result = _run("ready", "--url", f"http://127.0.0.1:{processes.free_port()}", "--timeout", "0.05")
    assert result.exit_code == 1
    assert "was not ready within 0.05 s: " in result.stderr


def test_a_used_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        result = _run("serve", "--port", port)
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is taken" in result.stderr


def test_a_store_of_another_emulator_is_an_error() -> None:
    with emulator(server={"store": "ccell.sqlite"}):
        result = _run("serve", "--port", "0", "--store", "ccell.sqlite")
    assert result.exit_code == 1
    assert "ccell.sqlite: another process has it open" in result.stderr


@pytest.mark.parametrize("command", [("check-config", "bad.toml"), ("serve", "--config", "bad.toml")])
def test_an_invalid_configuration_is_reported_with_file_key_value_and_what_is_allowed(
    folder: Path, command: tuple[str, ...]
) -> None:
    (folder / "bad.toml").write_text(BAD)
    result = _run(*command)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "bad.toml: server.port must be less than or equal to 65535, got 70000",
        "bad.toml: accounts[0].balance must be greater than or equal to 0, got -5",
    ]
    assert "bad.toml: accounts[0].staus: unknown setting 'staus'; did you mean status?" in result.stderr
    assert "hunter2" not in result.output


def test_check_config_accepts_a_valid_file(folder: Path) -> None:
    (folder / "good.toml").write_text('[[accounts]]\nuserid = "200009"\n')
    done = processes.run(folder, "check-config", "good.toml")
    assert (done.returncode, done.stdout) == (0, "good.toml is valid: 1 account\n")


def test_print_config_prints_a_usable_configuration(folder: Path) -> None:
    printed = _run("serve", "--port", "1234", "--print-config").output
    (folder / "ccell.toml").write_text(printed)
    assert tomllib.loads(printed)["server"]["port"] == 1234
    assert _run("serve", "--print-config").output == printed


def test_an_option_can_be_an_environment_variable() -> None:
    result = _run("serve", "--print-config", env={"CCELL_FAKE_PORT": "4321", "CCELL_FAKE_STRICT_HTTP": "1"})
    server = tomllib.loads(result.output)["server"]
    assert (server["port"], server["strict_http"]) == (4321, True)
