"""The commands serve, ready and check-config: output, errors and exit codes."""

import os
import signal
import socket
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import httpx2
import pytest
from click.testing import CliRunner, Result
from harness import processes
from harness.emulators import emulator

from ccell_fake.client import Client, RequestRefused
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
    assert len(names) == 20
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


def _commands() -> dict[str, click.Command]:
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


@pytest.mark.parametrize("name", _commands())
def test_a_help_has_no_escape_of_its_formatter(name: str) -> None:
    assert "\\b" not in _run(name, "--help").output


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("name", ["", *_commands()])
def test_a_help_fits_in_the_width_of_the_terminal(name: str, width: int) -> None:
    done = CliRunner().invoke(main, [*filter(None, [name]), "--help"], terminal_width=width)
    assert done.exit_code == 0
    # A list of choices has no blank to break at.
    assert [line for line in done.output.splitlines() if len(line) > width and "|" not in line] == []


@pytest.mark.parametrize("name", sorted(_commands().keys() - {"calibrate", "contract"}))
def test_each_option_of_a_command_has_one_environment_variable(name: str) -> None:
    help_ = " ".join(_run(name, "--help").output.split()).replace("- ", "-")
    for option in _commands()[name].params:
        if isinstance(option, click.Option):
            wanted = "CCELL_FAKE_" + max(option.opts, key=len).removeprefix("--").upper().replace("-", "_")
            if (name, option.name) == ("demo", "userid"):
                wanted = "CCELL_FAKE_DEMO_USERID"
            assert option.envvar == wanted
            assert wanted in help_.replace(" ", "")


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        (["info", "--json"], {"USERID": "200001", "PASSWORD": "123456"}),
        (["info"], {"USERID": "200001", "PASSWORD": "123456", "JSON": "1", "METHOD": "GET", "TIMEOUT": "60"}),
        (["demo"], {"MESSAGES": "5", "HOURS": "1", "SEED": "7", "JSON": "1", "USERID": "200001"}),
    ],
)
def test_a_client_command_is_set_by_the_environment(command: list[str], variables: dict[str, str]) -> None:
    with emulator() as served:
        env = {"CCELL_FAKE_URL": served.url, **{f"CCELL_FAKE_{name}": value for name, value in variables.items()}}
        result = _run(*command, env=env)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("{")


@pytest.mark.parametrize("name", ["calibrate", "contract"])
def test_consent_to_use_a_real_account_comes_from_the_command_line_alone(name: str) -> None:
    assert [option.name for option in _commands()[name].params if option.envvar] == []


@pytest.mark.parametrize(
    ("raised", "code", "reason"),
    [(RuntimeError("odd"), 70, "RuntimeError: odd"), (KeyboardInterrupt(), 130, "interrupted")],
)
def test_an_unexpected_error_and_an_interrupt_have_exit_codes_of_their_own(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, reason: str
) -> None:
    def fail(*_arguments: object) -> None:
        raise raised

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", fail)
    result = _run("info", "--userid", "200001", "--password", "123456")
    assert (result.exit_code, reason in result.stderr) == (code, True)


def _greeting(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the rest of the greeting: the text of each row, with the lines that continue it."""
    rows: dict[str, str] = {}
    assert process.stdout
    name = ""
    while "</root>'" not in rows.get("try", ""):
        line = process.stdout.readline().rstrip("\n")
        name = line[2:11].strip() or name
        rows[name] = f"{rows[name]}\n{line[12:]}" if name in rows else line[12:]
    return rows


def test_serve_prints_its_sources_accounts_and_addresses_and_a_working_curl_command(folder: Path) -> None:
    with processes.serving(folder) as (process, url):
        rows = _greeting(process)
        assert [*rows] == [
            *("settings", "store", "accounts", "console", "docs", "send", "report", "upmsg", "info", "json", "try")
        ]
        assert rows["settings"] == "defaults, because there is no ccell.toml"
        assert rows["store"] == "memory, which a stop clears"
        assert rows["accounts"] == "1\n200001, password 123456, balance 100000"
        assert (rows["console"], rows["docs"]) == (f"{url}/_ccell/", f"{url}/_ccell/docs")
        for name in ("console", "docs"):
            assert httpx2.get(rows[name], follow_redirects=True).status_code == 200
        assert '<root return="0" info="成功">' in _answer_of(rows["try"])
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "stopping\n")


def test_serve_with_tls_prints_a_working_curl_command_and_only_generated_passwords(folder: Path) -> None:
    (folder / "ccell.toml").write_text(ACCOUNTS)
    with processes.serving(folder, "--tls", "--store", "ccell.sqlite") as (process, _):
        rows = _greeting(process)
        assert (rows["settings"], rows["store"]) == ("ccell.toml", "ccell.sqlite")
        first, second = rows["accounts"].splitlines()[1:]
        assert "password minted-" in first
        assert second == "200009, password YOUR-PASSWORD, balance 100000"
        assert '<root return="0" info="成功">' in _answer_of(rows["try"])
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "stopping\n")
    assert "hunter2" not in f"{rows}"
    assert "hunter2" not in _run("serve", "--print-config").output


def test_serve_counts_the_accounts_that_its_greeting_does_not_show(folder: Path) -> None:
    (folder / "ccell.toml").write_text("[[accounts]]\n" * 7)
    with processes.serving(folder) as (process, _):
        accounts = _greeting(process)["accounts"].splitlines()
    assert (accounts[0], len(accounts), accounts[-1]) == ("7", 7, "and 2 more, which ccell-fake accounts lists")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_serve_stops_at_a_signal_and_leaves_no_file_no_lock_and_no_child(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    temporary = folder / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with processes.serving(folder, "--tls", "--store", "ccell.sqlite") as (process, _):
        assert [path.name for path in temporary.glob("*/*.key")] == []
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert not children.exists() or children.read_text() == ""
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output.endswith("stopping\n")) == (0, True)
    assert list(temporary.iterdir()) == []
    # The authority of its certificate stays with the store.
    assert sorted(path.name for path in folder.iterdir()) == ["ccell.sqlite", "ccell.sqlite.tls", "temporary"]
    with emulator(server={"store": "ccell.sqlite"}) as next_one:
        assert "200001" in next_one.services.accounts


def test_a_kill_leaves_no_private_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(folder))
    with processes.serving(folder, "--tls") as (process, _):
        process.kill()
        process.wait(60)
    assert b"PRIVATE KEY" not in b"".join(path.read_bytes() for path in folder.glob("*/*"))


def test_serve_with_a_demo_logs_only_requests_to_its_address(folder: Path) -> None:
    (folder / "ccell.toml").write_text("[demo]\nmessages = 50\n")
    command = [*processes.COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        with Client(url, "200001", "x") as client, pytest.raises(RequestRefused):
            client.info()
        process.terminate()
        _, errors = process.communicate(timeout=60)
    lines = errors.splitlines()
    assert len(lines) == 2, errors
    assert " info answered 1001004 by documented C1" in lines[0]


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


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:port"])
def test_ready_does_not_wait_for_an_address_that_cannot_be_asked(url: str) -> None:
    result = _run("ready", "--url", url, "--timeout", "3600")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {url} cannot be asked: ")


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


def test_check_config_names_all_problems_in_one_pass(folder: Path) -> None:
    (folder / "bad.toml").write_text("""
[server]
port = "8026"
tls_cert = "x.pem"
profile = "none.toml"

[[accounts]]
userid = "200001"
signcode = "签名"

[[accounts]]
userid = "200001"
blacklist = ["138*0"]
balance = -1

[assumptions]
Q99 = "x"

[demo]
userid = "200001"
hours = 0
""")
    result = _run("check-config", "bad.toml")
    assert result.exit_code == 2
    keys = [line.removeprefix("bad.toml: ").split()[0].rstrip(":") for line in result.stderr.splitlines()]
    assert sorted(keys) == [
        "accounts[0].signcode",
        "accounts[1].balance",
        "accounts[1].blacklist[0]",
        "accounts[1].userid",
        "assumptions.Q99",
        "demo.hours",
        "demo.userid",
        "server.port",
        "server.profile",
        "server.tls_cert",
    ]


@pytest.mark.parametrize(
    ("options", "env", "message"),
    [
        ([], {"CCELL_FAKE_PORT": "70000"}, "CCELL_FAKE_PORT: server.port must be less than or equal to 65535"),
        (["--port", "70000"], {"CCELL_FAKE_PORT": "1"}, "the command line: server.port must be less than"),
        ([], {"CCELL_FAKE_PROFILE": "none.toml"}, "CCELL_FAKE_PROFILE: server.profile: none.toml: cannot be read"),
    ],
)
def test_an_invalid_value_is_blamed_on_its_origin(options: list[str], env: dict[str, str], message: str) -> None:
    result = _run("serve", "--print-config", *options, env=env)
    assert (result.exit_code, result.stderr.startswith(message)) == (2, True), result.output


def test_all_problems_of_the_file_and_of_the_options_are_named_at_once(folder: Path) -> None:
    (folder / "ccell.toml").write_text('[server]\nstore = 5\n[[accounts]]\nuserid = "a b"\n')
    result = _run("serve", "--port", "70000")
    assert [line.split(" must ")[0] for line in result.stderr.splitlines()] == [
        "ccell.toml: server.store",
        "the command line: server.port",
        "ccell.toml: accounts[0].userid",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_configuration_is_printed_in_any_encoding(folder: Path, encoding: str) -> None:
    (folder / "ccell.toml").write_text('[[accounts]]\nsigncode = ["签名€😀"]\n', "utf-8")
    command = [*processes.COMMAND, "serve", "--print-config"]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert tomllib.loads(done.stdout.decode(encoding))["accounts"][0]["signcode"] == ["签名€😀"]


def test_print_config_prints_a_usable_configuration(folder: Path) -> None:
    printed = _run("serve", "--port", "1234", "--print-config").output
    (folder / "ccell.toml").write_text(printed)
    assert tomllib.loads(printed)["server"]["port"] == 1234
    assert _run("serve", "--print-config").output == printed


def test_an_option_can_be_an_environment_variable() -> None:
    result = _run("serve", "--print-config", env={"CCELL_FAKE_PORT": "4321", "CCELL_FAKE_STRICT_HTTP": "1"})
    server = tomllib.loads(result.output)["server"]
    assert (server["port"], server["strict_http"]) == (4321, True)
