"""Access to the control API, and secrets that it never reveals."""

import os
import re
import subprocess
import tomllib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import pytest
from click.testing import CliRunner
from harness import http, processes
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.control.client import AccountControl, ControlClient, ControlError, Unreachable
from ccell_mock_server.cli import main
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import as_toml, is_loopback, parse
from ccell_mock_server.config.token import read_token
from ccell_mock_server.emulator import Emulator

TOKEN = "open sesame"
ACCOUNTS = "/_ccell/v1/accounts"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "sms.example"])  # noqa: S104 - refused
def test_binding_beyond_loopback_without_a_token_is_refused(host: str) -> None:
    with pytest.raises(
        ConfigError, match=r"server.host must be on loopback without a control token \(set --control-token"
    ):
        parse({"server": {"host": host}}, "x.toml")
    assert parse({"server": {"host": host, "control_token": TOKEN}}, "x.toml").server.host == host


@contextmanager
def _serving(folder: Path, *options: str) -> Generator[tuple[str, Callable[[], str]]]:
    """Run `serve`. Yields its address, and a function that stops it and returns the rest of its output and its log."""
    command = [*processes.COMMAND, "serve", "--port", "0", *options]
    log = folder / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        stdout = process.stdout
        assert stdout

        def stop() -> str:
            process.terminate()
            return stdout.read() + log.read_text()

        try:
            yield stdout.readline().split()[-1], stop
        finally:
            process.kill()


def test_serve_beyond_loopback_prints_a_new_token_once(tmp_path: Path) -> None:
    tokens: set[str] = set()
    for _ in range(2):
        with _serving(tmp_path, "--host", "0.0.0.0", "--log-level", "debug") as (url, stop):  # noqa: S104 - it is tested
            assert http.get(url, ACCOUNTS.encode()).status == 401
            printed = stop()
        (token,) = re.findall(r"^  token +(\S+)$", printed, re.MULTILINE)
        assert (len(token) > 20, printed.count(token)) == (True, 1)
        tokens.add(token)
    assert len(tokens) == 2


def test_the_printed_token_opens_the_control_api(tmp_path: Path) -> None:
    with processes.serving(tmp_path, "--host", "0.0.0.0") as (process, url):  # noqa: S104 - it is tested
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("  token "))
        with ControlClient(url, line.split()[-1]) as control:
            assert control.account("200001").status().left


@pytest.mark.parametrize("options", [("--control-token", TOKEN), ("--control-token-file", "token")])
def test_a_given_token_is_never_printed(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with _serving(tmp_path, "--host", "0.0.0.0", *options) as (url, stop):  # noqa: S104 - it is tested
        with ControlClient(url, TOKEN) as control:
            assert control.account("200001").status().left
        printed = stop()
    assert TOKEN not in printed
    assert re.search(r"^  token ", printed, re.MULTILINE) is None


def test_a_printed_configuration_holds_no_generated_token() -> None:
    done = CliRunner().invoke(main, ["serve", "--host", "0.0.0.0", "--print-config"])  # noqa: S104 - printed
    assert tomllib.loads(done.output)["server"]["control_token"] == ""


@given(token=st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True), end=st.sampled_from(["", "\n", "\r\n"]))
def test_a_token_is_read_from_a_file_without_its_line_break(token: str, end: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "token")
        path.write_bytes(f"{token}{end}".encode())
        assert read_token(path) == token


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty; it must hold the token"),
        (b"\n", "is empty; it must hold the token"),
        (b"hunter2\n\n", "must hold one line of printable ASCII without blanks at either end"),
        (b"hunter2\nx", "must hold one line of printable ASCII"),
        (b" hunter2", "must hold one line of printable ASCII"),
        ("hunter2 é".encode(), "must hold one line of printable ASCII"),
        ("hunter2".encode("utf-16-le"), "must hold one line of printable ASCII"),
        *(
            (mark + b"hunter2", "must begin with the token, not with a byte order mark; save it as ASCII")
            for mark in (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)
        ),
    ],
)
def test_a_file_without_a_token_is_an_error_that_shows_nothing(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    for command in (["serve", "--print-config"], ["reply", "13800000000", "x"]):
        done = CliRunner().invoke(main, [*command, "--control-token-file", str(path)])
        assert (done.exit_code, f"{path}: {message}" in done.output) == (2, True), done.output
        assert "hunter2" not in done.output.replace("\0", "")


def test_a_folder_is_no_token_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_token(tmp_path)


@pytest.mark.parametrize("command", [["serve", "--print-config"], ["reply", "13800000000", "x"]])
@pytest.mark.parametrize("variables", [(), ("CONTROL_TOKEN",), ("CONTROL_TOKEN", "CONTROL_TOKEN_FILE")])
def test_a_token_and_a_token_file_exclude_each_other(
    tmp_path: Path, command: list[str], variables: tuple[str, ...]
) -> None:
    (tmp_path / "token").write_text("hunter2")
    texts = {"CONTROL_TOKEN": "hunter2", "CONTROL_TOKEN_FILE": str(tmp_path / "token")}
    env = {f"CCELL_FAKE_{name}": texts[name] for name in variables}
    options = [f"--{name.lower().replace('_', '-')}={text}" for name, text in texts.items() if name not in variables]
    done = CliRunner().invoke(main, [*command, *options], env=env)
    assert (done.exit_code, "must not" in done.output, "set" in done.output) == (2, True, True), done.output
    assert "hunter2" not in done.output


def test_each_command_that_takes_a_token_takes_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in main.list_commands(context)]
    options = [{option.name for option in command.params} for command in commands if command]
    assert all("control_token_file" in names for names in options if "control_token" in names)
    with emulator(server={"control_token": TOKEN}) as running:
        env = {"CCELL_FAKE_CONTROL_TOKEN_FILE": str(tmp_path / "token"), "CCELL_FAKE_URL": running.url}
        done = CliRunner().invoke(main, ["reply", "13800000000", "x"], env=env)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("host", "is_near"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:192.0.2.1", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("0.0.0.0", False),  # noqa: S104 - looked at
        ("2130706433", False),
    ],
)
def test_only_loopback_addresses_are_local(host: str, *, is_near: bool) -> None:
    assert is_loopback(host) is is_near


def test_a_configured_token_is_required() -> None:
    with emulator(server={"control_token": TOKEN}) as running:
        for header in (
            (),
            ("Authorization: Bearer wrong",),
            (f"Authorization: Basic {TOKEN}",),
            ("Authorization: Bearer",),
        ):
            answer = http.get(running.url, ACCOUNTS.encode(), *header)
            assert answer.status == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        assert http.get(running.url, b"/_ccell/metrics").status == 401
        with ControlClient(running.url, TOKEN) as control:
            assert control.open().status().left
            assert "ccell_accounts 2.0" in control.metrics()
        for path in ("livez", "readyz"):
            assert http.get(running.url, f"/_ccell/{path}".encode()).status == 200


@pytest.mark.parametrize("token", ["tökén", " x", "x ", "a\nb"])
def test_a_token_that_no_header_can_contain_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match=r"control_token must be printable ASCII"):
        parse({"server": {"control_token": token}}, "x.toml")


def test_the_pages_need_no_token() -> None:
    with emulator(server={"control_token": TOKEN}) as running:
        assert http.get(running.url, b"/_ccell/openapi.json").status == 200
        assert http.get(running.url, b"/_ccell/docs").status == 302


def test_a_token_is_never_shown() -> None:
    config = parse({"server": {"control_token": TOKEN}}, "x.toml")
    assert TOKEN not in repr(config) + as_toml(config)
    done = CliRunner().invoke(main, ["serve", "--control-token", TOKEN, "--print-config"])
    assert (done.exit_code, TOKEN in done.output) == (0, False)
    with pytest.raises(ConfigError) as caught:
        parse({"server": {"control_token": [TOKEN]}}, "x.toml")
    assert TOKEN not in str(caught.value)


def test_a_command_under_exec_gets_the_token_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    command = [*processes.COMMAND, "exec", "--", *processes.COMMAND, "reply", "13800000000", "x"]
    env = {**os.environ, "CCELL_FAKE_CONTROL_TOKEN_FILE": str(tmp_path / "token")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", "evil.example:8026"])
def test_a_foreign_host_name_is_refused(running: Emulator, host: str) -> None:
    answer = http.get(running.url, ACCOUNTS.encode(), host=host)
    assert answer.status == 403
    assert b"without a control token, Host must be a loopback name" in answer.body


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1", "[::1]:80", "LOCALHOST"])
def test_a_loopback_host_name_is_accepted(running: Emulator, host: str) -> None:
    assert http.get(running.url, ACCOUNTS.encode(), host=host).status == 200


@pytest.mark.parametrize(
    "header", ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
)
def test_pages_of_other_origins_are_refused(running: Emulator, header: str) -> None:
    assert http.get(running.url, ACCOUNTS.encode(), header).status == 403


def test_pages_of_its_own_origin_are_accepted(running: Emulator) -> None:
    host = running.url.removeprefix("http://")
    answer = http.get(
        running.url, ACCOUNTS.encode(), f"Origin: {running.url}", "Sec-Fetch-Site: same-origin", host=host
    )
    assert answer.status == 200


@pytest.mark.parametrize("path", [ACCOUNTS, "/_ccell/openapi.json", "/_ccell/v1/nowhere", "/_ccell/readyz"])
def test_no_answer_allows_other_origins(running: Emulator, path: str) -> None:
    assert not [name for name in http.get(running.url, path.encode()).headers if name.startswith("access-control")]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_a_form_cannot_post(running: Emulator, kind: str) -> None:
    header = (f"Content-Type: {kind}",) if kind else ()
    assert http.post(running.url, ACCOUNTS, b"{}", *header).status == 415


def test_bodies_that_are_not_json_are_refused(control: ControlClient) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000, b"NaN", b'{"balance": NaN}', b'{"name": "\\ud800"}'):
        with pytest.raises(ControlError) as caught:
            control.send("POST", "/v1/accounts", content=body, headers={"Content-Type": "application/json"})
        assert caught.value.problem.status in {400, 422}


def test_problems_are_of_rfc_9457(running: Emulator) -> None:
    answer = http.get(running.url, b"/_ccell/v1/accounts/none")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    for member in (b'"type":"/_ccell/problems/not-found"', b'"status":404', b'"title":', b'"detail":'):
        assert member in answer.body


def test_a_wrong_method_is_refused_with_the_allowed_ones(running: Emulator) -> None:
    answer = http.exchange(
        running.url, b"TRACE /_ccell/v1/accounts HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert (answer.status, answer.headers["content-type"]) == (405, "application/problem+json")
    assert "POST" in answer.headers["allow"]


def test_an_unreachable_emulator_is_reported_with_its_address() -> None:
    url = f"http://127.0.0.1:{processes.free_port()}"
    with ControlClient(url) as control, pytest.raises(Unreachable, match=f"no control API answers at {url}"):
        control.open()


def test_no_repr_contains_a_token_or_a_password(account: AccountControl) -> None:
    assert account.password not in repr(account)


def test_a_server_that_is_not_an_emulator_is_reported(running: Emulator) -> None:
    with (
        ControlClient(running.url + "/elsewhere") as control,
        pytest.raises(Unreachable, match="answered 404, which is no"),
    ):
        control.open()


def test_metrics_count_requests_and_waiting_items(running: Emulator, control: ControlClient, served: Any) -> None:
    served.send("13800000000,19500001111")
    served.account.change(report_delay=60)
    served.send(sendtime="2016-01-01 00:00:00")
    served.account.reply("13800000000", "hi")
    with served.account.hold(2):
        figures = control.metrics()
    for line in (
        'ccell_requests_total{code="0",operation="send"} 2.0',
        'ccell_request_seconds_count{operation="send"} 2.0',
        'ccell_queue_depth{queue="reports"} 2.0',
        'ccell_queue_depth{queue="upmsgs"} 1.0',
        'ccell_queue_depth{queue="scheduled"} 1.0',
        "ccell_slots_in_use 2.0",
    ):
        assert line in figures
    assert running.url


def test_a_body_that_is_too_large_is_refused(control: ControlClient) -> None:
    with pytest.raises(ControlError) as caught:
        control.send("POST", "/v1/accounts", json={"name": "x" * 5_000_000})
    assert caught.value.problem.status == 413


def test_an_invalid_address_is_reported() -> None:
    with ControlClient("http://127.0.0.1:99999") as control, pytest.raises(Unreachable):
        control.open()
    url = f"http://127.0.0.1:{processes.free_port()}"
    with ControlClient(url) as control, pytest.raises(Unreachable), control.events():
        pass
