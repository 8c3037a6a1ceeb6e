"""The command: serve, ready, check-config, and what it says when something is wrong."""

import os
import signal
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest
from harness import processes

BAD = """
[server]
port = 70000

[[accounts]]
userid = "200001"
password = "hunter2"
balance = -5
staus = "frozen"
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with processes.serving(tmp_path) as (process, _):
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.endswith("stopping\n")


def test_the_curl_line_works_as_printed(tmp_path: Path) -> None:
    with processes.serving(tmp_path) as (process, url):
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        assert [line.split()[0] for line in lines[:4]] == ["send", "report", "upmsg", "info"]
        assert lines[4] == "account 200001, password 123456, balance 100000\n"
        assert url in lines[6]
        answer = subprocess.run(lines[6], shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - that is the point
    assert '<root return="0" info="成功">' in answer.stdout


def test_the_curl_line_of_a_tls_server_works_as_printed(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--tls") as (process, _):
        assert process.stdout
        line = [process.stdout.readline() for _ in range(7)][-1]
        answer = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - that is the point
    assert '<root return="0" info="成功">' in answer.stdout


def test_a_password_of_ones_own_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text('[[accounts]]\nuserid = "200009"\npassword = "hunter2"\n')
    with processes.serving(tmp_path) as (process, _):
        process.terminate()
        assert process.stdout
        output = process.stdout.read()
    assert "account 200009, password YOUR-PASSWORD" in output
    assert "hunter2" not in output
    assert "hunter2" not in processes.run(tmp_path, "serve", "--print-config").stdout


def test_a_password_that_was_made_up_is_printed_and_works(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text("[[accounts]]\n")
    with processes.serving(tmp_path) as (process, _):
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        answer = subprocess.run(lines[6], shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - that is the point
    assert '<root return="0" info="成功">' in answer.stdout


def test_ready_waits_until_it_serves(tmp_path: Path) -> None:
    port = str(processes.free_port())
    url = f"http://127.0.0.1:{port}"
    waiting = subprocess.Popen([*processes.COMMAND, "ready", "--url", url, "--timeout", "60"])
    with processes.serving(tmp_path, "--port", port):
        assert waiting.wait(60) == 0


def test_ready_speaks_tls(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--tls") as (_, url):
        assert processes.run(tmp_path, "ready", "--url", url).returncode == 0


def test_ready_fails_in_time_and_says_what_it_saw(tmp_path: Path) -> None:
    port = processes.free_port()
    answer = processes.run(tmp_path, "ready", "--url", f"http://127.0.0.1:{port}", "--timeout", "0.2")
    assert answer.returncode == 1
    assert "was not ready within 0.2 s" in answer.stderr


def test_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = processes.run(tmp_path, "serve", "--port", port)
    assert answer.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is taken" in answer.stderr


def test_a_store_in_use_says_so(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--store", "ccell.sqlite"):
        answer = processes.run(tmp_path, "serve", "--port", "0", "--store", "ccell.sqlite")
    assert answer.returncode == 1
    assert "ccell.sqlite: another process has it open" in answer.stderr


@pytest.mark.parametrize("command", [("check-config", "bad.toml"), ("serve", "--config", "bad.toml")])
def test_a_bad_config_names_file_key_value_and_what_is_allowed(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "bad.toml").write_text(BAD)
    answer = processes.run(tmp_path, *command)
    assert answer.returncode == 2
    assert "bad.toml: server.port must be less than or equal to 65535, got 70000" in answer.stderr
    assert "bad.toml: accounts[0].balance must be greater than or equal to 0, got -5" in answer.stderr
    assert "bad.toml: accounts[0].staus: unknown setting 'staus'; did you mean status?" in answer.stderr
    assert "hunter2" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_check_config_passes_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('[[accounts]]\nuserid = "200009"\n')
    answer = processes.run(tmp_path, "check-config", "good.toml")
    assert (answer.returncode, answer.stdout) == (0, "good.toml is fine: 1 account\n")


def test_print_config_prints_a_config_that_can_be_used(tmp_path: Path) -> None:
    printed = processes.run(tmp_path, "serve", "--port", "1234", "--print-config").stdout
    (tmp_path / "ccell.toml").write_text(printed)
    assert tomllib.loads(printed)["server"]["port"] == 1234
    assert processes.run(tmp_path, "serve", "--print-config").stdout == printed


def test_an_option_can_be_an_environment_variable(tmp_path: Path) -> None:
    environment = {**os.environ, "CCELL_FAKE_PORT": "4321", "CCELL_FAKE_STRICT_HTTP": "1"}
    answer = subprocess.run(
        [*processes.COMMAND, "serve", "--print-config"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    server = tomllib.loads(answer.stdout)["server"]
    assert (server["port"], server["strict_http"]) == (4321, True)
