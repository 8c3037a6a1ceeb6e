"""Settings by environment variables: every setting has one, in every form, and errors name it."""

import json
import logging
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import click
import pytest
import tomli_w
from click.testing import CliRunner, Result
from flask import Flask
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.model import Operation
from ccell_mock_server import wsgi
from ccell_mock_server.cli import main
from ccell_mock_server.commands.configuration import LOG_OPTIONS, config_of_environment, log_level
from ccell_mock_server.commands.options import add_variables, variable
from ccell_mock_server.commands.serve import serve
from ccell_mock_server.config import toml
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import TABLES, ServerSettings

GIVEN: dict[str, Any] = {
    "host": "localhost",
    "port": 4321,
    "store": "x.sqlite",
    "database_connections": 3,
    "seed": 7,
    "tls": True,
    "tls_names": ("sms.example.com", "*.example.com"),
    "tls_dir": "authority",
    "tls_cert": "cert.pem",
    "tls_key": "key.pem",
    "strict_http": True,
    "allow_cross_site": True,
    "magic": False,
    "profile": "profile.toml",
    "control_token": "sesame",
    "control_token_file": "token",
    "journal_entries": 5,
    "max_messages": 6,
    "max_message_age": 1.5,
    "stop_delay": 2.5,
}
"""A value of each setting of the server that is not its default."""
OPTIONS = {option.name: option for option in serve.params if isinstance(option, click.Option)}
TOGETHER = {"tls_cert": "tls_key", "tls_key": "tls_cert"}

NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\x7f", codec="utf-8"), max_size=8)
VALUES = st.integers(-(10**9), 10**9) | st.booleans() | TEXTS | st.lists(TEXTS, max_size=2)
ACCOUNTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=3)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profile.toml").write_text("")
    (tmp_path / "token").write_text("sesame\n")
    return tmp_path


def _name(setting: str) -> str:
    return f"CCELL_FAKE_{setting.upper()}"


def _text(value: Any) -> str:
    """Write a value for a variable."""
    if isinstance(value, tuple):
        return " ".join(cast("tuple[str, ...]", value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


@pytest.mark.parametrize("setting", [one.name for one in fields(ServerSettings)])
def test_each_setting_of_the_server_has_an_environment_variable(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in filter(None, (setting, TOGETHER.get(setting))):
        monkeypatch.setenv(variable(OPTIONS[name]), _text(GIVEN[name]))
    config, variables, _ = config_of_environment()
    assert getattr(config.server, setting) == GIVEN[setting] != getattr(ServerSettings(), setting)
    assert variable(OPTIONS[setting]) in variables


def test_each_setting_and_each_table_is_an_option_of_serve() -> None:
    assert {*(one.name for one in fields(ServerSettings)), *TABLES} <= OPTIONS.keys()


def _inline(value: Any) -> str:
    """Write a value as TOML in one line."""
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return "{" + ", ".join(f"{key} = {_inline(item)}" for key, item in table.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


@given(accounts=st.lists(ACCOUNTS, min_size=1, max_size=3))
def test_json_and_all_forms_of_toml_mean_the_same_accounts(accounts: list[dict[str, Any]]) -> None:
    inline = ", ".join(map(_inline, accounts))
    texts = [json.dumps(accounts), f"[{inline}]", f"accounts = [{inline}]"]
    texts.append("".join(f"[[accounts]]\n{tomli_w.dumps(account)}" for account in accounts))
    assert [toml.read_value(text, "accounts") for text in texts] == [accounts] * 4


@given(table=ACCOUNTS)
def test_json_and_all_forms_of_toml_mean_the_same_table(table: dict[str, Any]) -> None:
    texts = [json.dumps(table), _inline(table), tomli_w.dumps(table), f"[demo]\n{tomli_w.dumps(table)}"]
    assert [toml.read_value(text, "demo") for text in texts] == [table] * 4


@pytest.mark.parametrize(
    "text",
    [
        '[{"userid": "300001"}, {"userid": "300002"}]',
        '[{ userid = "300001" }, { userid = "300002" }]',
        '[[accounts]]\nuserid = "300001"\n[[accounts]]\nuserid = "300002"\n',
    ],
)
def test_accounts_of_the_environment_replace_those_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (folder / "ccell.toml").write_text('[[accounts]]\nuserid = "300009"\n')
    monkeypatch.setenv("CCELL_FAKE_ACCOUNTS", text)
    assert [one.userid for one in config_of_environment()[0].accounts] == ["300001", "300002"]
    monkeypatch.setenv("CCELL_FAKE_ACCOUNTS", 'userid = "300003"')
    assert [one.userid for one in config_of_environment()[0].accounts] == ["300003"]


def test_answers_and_demo_of_the_environment_win_setting_by_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ccell.toml").write_text('[assumptions]\nQ13 = "number"\nQ30 = "no"\n[demo]\nmessages = 5\nhours = 2\n')
    monkeypatch.setenv("CCELL_FAKE_ASSUMPTIONS", '{"Q13": "segments"}')
    monkeypatch.setenv("CCELL_FAKE_DEMO", "messages = 9")
    config, _, _ = config_of_environment()
    assert config.assumptions == {"Q13": "segments", "Q30": "no"}
    assert config.demo
    assert (config.demo.messages, config.demo.hours) == (9, 2)


def test_an_empty_table_starts_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_of_environment()[0].demo is None
    monkeypatch.setenv("CCELL_FAKE_DEMO", "{}")
    assert config_of_environment()[0].demo is not None


def test_an_option_wins_over_its_variable() -> None:
    done = _run("serve", "--print-config", "--magic", "--accounts", "[]", env={"CCELL_FAKE_MAGIC": "0"})
    assert "magic = true" in done.output
    assert "[[accounts]]" not in done.output


WRONG: list[tuple[dict[str, str], str]] = [
    ({"ACCOUNTS": '[{"staus": "x"}]'}, "CCELL_FAKE_ACCOUNTS: accounts[0].staus: unknown setting 'staus'; did you mean"),
    ({"ACCOUNTS": "balance = -1"}, "CCELL_FAKE_ACCOUNTS: accounts[0].balance must be greater than or equal to 0"),
    ({"ACCOUNTS": '[{"userid": "a b"}]'}, "CCELL_FAKE_ACCOUNTS: accounts[0].userid must consist of letters"),
    ({"ACCOUNTS": "5"}, "CCELL_FAKE_ACCOUNTS: accounts must be a list, got 5"),
    ({"ACCOUNTS": "[5]"}, "CCELL_FAKE_ACCOUNTS: accounts[0] must be an object, got 5"),
    ({"ASSUMPTIONS": '{"Q13": "x"}'}, "CCELL_FAKE_ASSUMPTIONS: assumptions.Q13: 'x' is not an answer"),
    ({"ASSUMPTIONS": '{"Q6": ["parse"]}'}, "CCELL_FAKE_ASSUMPTIONS: assumptions.Q6: "),
    ({"DEMO": "hours = 0"}, "CCELL_FAKE_DEMO: demo.hours must be greater than 0, got 0"),
    ({"DEMO": '{"userid": "200001"}'}, "CCELL_FAKE_DEMO: demo.userid must differ from accounts[0].userid"),
    ({"JOURNAL_ENTRIES": "0"}, "CCELL_FAKE_JOURNAL_ENTRIES: server.journal_entries must be greater than or equal to 1"),
    ({"CONTROL_TOKEN": " hunter2"}, "CCELL_FAKE_CONTROL_TOKEN: server.control_token must be printable ASCII"),
    ({"CONTROL_TOKEN_FILE": "none"}, "CCELL_FAKE_CONTROL_TOKEN_FILE: server.control_token_file: none: cannot be read"),
    ({"TLS_CERT": "x"}, "CCELL_FAKE_TLS_CERT: server.tls_cert must be set together with tls_key, which is missing"),
    ({"TLS_KEY": "x"}, "CCELL_FAKE_TLS_KEY: server.tls_key must be set together with tls_cert, which is missing"),
]
MALFORMED: list[tuple[str, str, str]] = [
    ("MAGIC", "maybe", "'maybe' is not a valid boolean"),
    ("SEED", "x", "'x' is not a valid integer"),
    ("PORT", "tcp://10.0.0.1:8026", "must be a number, got 'tcp://10.0.0.1:8026'. Kub"),
    ("ACCOUNTS", "[{", "must be JSON or TOML; as JSON: "),
    ("ACCOUNTS", "null", "must be a list of tables, got null"),
    ("ASSUMPTIONS", "null", "must be a table, got null"),
    ("DEMO", "null", "must be a table, got null"),
    ("DEMO", '{"hours": 1, "hours": 2}', "must have each key once, got 'hours' 2 times in one JSON object"),
    ("ACCOUNTS", '[{"password": "hunter2", "password": "x"}]', "must have each key once, got 'password' 2 times"),
]


@pytest.mark.parametrize(("variables", "message"), WRONG)
def test_an_invalid_variable_is_named_by_serve_and_check_config_alike(
    folder: Path, variables: dict[str, str], message: str
) -> None:
    (folder / "ccell.toml").write_text("")
    env = {_name(name): value for name, value in variables.items()}
    for command in (["serve", "--print-config"], ["check-config", "ccell.toml"]):
        done = _run(*command, env=env)
        assert (done.exit_code, message in done.stderr) == (2, True), done.output
        assert "hunter2" not in done.output


@pytest.mark.parametrize(("name", "value", "message"), MALFORMED)
def test_a_malformed_variable_is_named_by_serve_and_check_config_alike(name: str, value: str, message: str) -> None:
    env = {_name(name): value}
    started, checked = _run("serve", "--print-config", env=env), _run("check-config", env=env)
    assert (started.exit_code, f"(env var: '{_name(name)}'): {message}" in started.stderr) == (2, True), started.output
    assert (checked.exit_code, checked.stderr.startswith(f"{_name(name)}: {message}")) == (2, True), checked.output
    assert "hunter2" not in started.output + checked.output


def test_a_malformed_variable_hides_no_other_problem(folder: Path) -> None:
    (folder / "ccell.toml").write_text("[server]\nstore = 5\n")
    env = {"SEED": "x", "MAGIC": "maybe", "JOURNAL_ENTRIES": "0", "LOG_LEVEL": "loud", "DEMO": "null"}
    done = _run("check-config", env={_name(name): value for name, value in env.items()})
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
        *map(_name, ("DEMO", "SEED", "MAGIC", "LOG_LEVEL")),
        "ccell.toml",
        _name("JOURNAL_ENTRIES"),
    ]


@pytest.mark.parametrize(
    ("text", "variables", "message"),
    [
        ('tls_names = ["a"]', {"TLS_CERT": "x", "TLS_KEY": "y"}, "server.tls_cert comes from CCELL_FAKE_TLS_CERT"),
        ('tls_cert = "x"\ntls_key = "y"', {"TLS_DIR": "d"}, "server.tls_cert comes from ccell.toml"),
        ('control_token = "a"', {"CONTROL_TOKEN_FILE": "token"}, "server.control_token comes from ccell.toml"),
        ("", {"DEMO": 'userid = "200001"', "ACCOUNTS": 'userid = "200001"'}, "userid comes from CCELL_FAKE_ACCOUNTS"),
    ],
)
def test_an_error_about_two_settings_names_where_each_comes_from(
    folder: Path, text: str, variables: dict[str, str], message: str
) -> None:
    (folder / "ccell.toml").write_text(f"[server]\n{text}\n")
    done = _run("serve", "--print-config", env={_name(name): value for name, value in variables.items()})
    assert (done.exit_code, f"({message})" in done.stderr or message in done.stderr) == (2, True), done.output


def test_a_missing_partner_of_a_variable_is_not_blamed_on_the_file(folder: Path) -> None:
    (folder / "ccell.toml").write_text("")
    done = _run("check-config", env={"CCELL_FAKE_TLS_KEY": "key.pem"})
    assert "ccell.toml" not in done.stderr


def test_check_config_needs_no_file(folder: Path) -> None:
    assert _run("check-config").output == "the default configuration is valid: 1 account\n"
    env = {"CCELL_FAKE_ACCOUNTS": "[{}, {}]"}
    assert _run("check-config", env=env).output == (
        "the default configuration is valid with CCELL_FAKE_ACCOUNTS: 2 accounts\n"
    )
    (folder / "other.toml").write_text("[[accounts]]\n" * 3)
    done = _run("check-config", env={"CCELL_FAKE_CONFIG": "other.toml"})
    assert done.output == "other.toml is valid: 3 accounts\n"


UNUSABLE: list[tuple[dict[str, str], str]] = [
    ({"STORE": "missing/x.sqlite"}, 'CCELL_FAKE_STORE: server.store must be in a folder that exists, got "missing/x'),
    ({"STORE": "."}, 'CCELL_FAKE_STORE: server.store must be a file, not a folder, got "."'),
    (
        {"STORE": "mysql://u:hush-hush@host/db"},
        "CCELL_FAKE_STORE: server.store must be a file, or a URL that begins with postgresql://\n",
    ),
    ({"TLS_CERT": "none.pem", "TLS_KEY": "token"}, "CCELL_FAKE_TLS_CERT: server.tls_cert must be a file that exists"),
    ({"TLS_CERT": "token", "TLS_KEY": "none.pem"}, "CCELL_FAKE_TLS_KEY: server.tls_key must be a file that exists"),
    ({"TLS_CERT": "token", "TLS_KEY": "token"}, "CCELL_FAKE_TLS_CERT: server.tls_cert: token and token must be a cert"),
    ({"TLS": "1", "TLS_DIR": "damaged"}, "CCELL_FAKE_TLS_DIR: server.tls_dir: "),
    ({"LOG_LEVEL": "loud"}, "CCELL_FAKE_LOG_LEVEL: 'loud' is not one of 'debug', 'info', 'warning', 'error'"),
    ({"QUIET": "1", "VERBOSE": "1"}, "CCELL_FAKE_QUIET, CCELL_FAKE_VERBOSE: --quiet and --verbose exclude each other"),
]


@pytest.mark.parametrize(("variables", "message"), UNUSABLE)
def test_check_config_refuses_what_serve_cannot_start_with(
    folder: Path, variables: dict[str, str], message: str
) -> None:
    (folder / "damaged" / "authority").mkdir(parents=True)
    env = {"CCELL_FAKE_PORT": "0", **{_name(name): value for name, value in variables.items()}}
    checked, started = _run("check-config", env=env), _run("serve", env=env)
    assert (checked.exit_code, checked.stderr.startswith(message)) == (2, True), checked.output
    assert started.exit_code in {1, 2}, started.output


def test_check_config_accepts_the_url_of_a_database() -> None:
    done = _run("check-config", env={"CCELL_FAKE_STORE": "postgresql://ccell:hush-hush@database.example.com/ccell"})
    assert done.output == "the default configuration is valid with CCELL_FAKE_STORE: 1 account\n"


def test_check_config_writes_nothing_and_accepts_the_files_of_an_emulator(folder: Path) -> None:
    env = {"CCELL_FAKE_STORE": "x.sqlite", "CCELL_FAKE_TLS": "1"}
    before = sorted(folder.rglob("*"))
    assert _run("check-config", env=env).exit_code == 0
    assert sorted(folder.rglob("*")) == before
    with emulator(server={"store": "x.sqlite", "tls": True}):
        assert _run("check-config", env=env).exit_code == 0


@pytest.mark.parametrize(
    ("options", "variables", "level"),
    [
        ([], {}, logging.INFO),
        (["-v"], {"QUIET": "1"}, logging.DEBUG),
        (["-q"], {"VERBOSE": "1"}, logging.WARNING),
        (["--log-level", "error"], {"QUIET": "1"}, logging.ERROR),
        (["--log-level", "info"], {"VERBOSE": "1"}, logging.INFO),
        (["-v"], {"LOG_LEVEL": "error"}, logging.DEBUG),
        ([], {"QUIET": "1", "LOG_LEVEL": "debug"}, logging.WARNING),
        ([], {"QUIET": "0", "VERBOSE": "1"}, logging.DEBUG),
    ],
)
def test_an_option_of_the_log_wins_over_all_variables_of_the_log(
    monkeypatch: pytest.MonkeyPatch, options: list[str], variables: dict[str, str], level: int
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(_name(name), value)
    command = click.Command("serve", params=[*LOG_OPTIONS])
    add_variables(command)
    assert log_level(command.make_context("serve", options)) == level


@pytest.mark.parametrize(("options", "variables"), [(["-q", "-v"], {}), ([], {"QUIET": "1", "VERBOSE": "1"})])
def test_quiet_and_verbose_from_one_place_exclude_each_other(options: list[str], variables: dict[str, str]) -> None:
    done = _run("serve", "--port", "0", *options, env={_name(name): value for name, value in variables.items()})
    assert (done.exit_code, "--quiet and --verbose exclude each other" in done.stderr) == (2, True), done.output


EMPTY_FILES = [
    ["exec", "--log", "", "--", "true"],
    ["exec", "--config", "", "--", "true"],
    ["serve", "--config", ""],
    ["check-config", ""],
    ["ca", "--out", ""],
    ["ca", "--config", ""],
    ["replay", ""],
    ["record", "--upstream", "http://127.0.0.1:1", "--to", ""],
    ["messages", "--control-token-file", ""],
    ["messages", "--cacert", ""],
    ["contract", "--report", ""],
    ["calibrate", "--to", ""],
]


@pytest.mark.parametrize("command", EMPTY_FILES, ids=" ".join)
def test_an_empty_path_of_a_file_is_wrong_usage(command: list[str]) -> None:
    done = _run(*command)
    assert (done.exit_code, "must name a file, got an empty text" in done.stderr) == (2, True), done.output


def test_a_problem_of_the_file_is_not_blamed_on_a_variable(folder: Path) -> None:
    (folder / "ccell.toml").write_text('[[accounts]]\nuserid = "a b"\n[assumptions]\nQ30 = "x"\n[demo]\nhours = 0\n')
    env = {"CCELL_FAKE_ASSUMPTIONS": 'Q13 = "x"', "CCELL_FAKE_DEMO": 'userid = "demo !"'}
    lines = _run("check-config", "ccell.toml", env=env).stderr.splitlines()
    assert sorted(line.split(" must ")[0].split(": '")[0] for line in lines) == [
        "CCELL_FAKE_ASSUMPTIONS: assumptions.Q13",
        "CCELL_FAKE_DEMO: demo.userid",
        "ccell.toml: accounts[0].userid",
        "ccell.toml: assumptions.Q30",
        "ccell.toml: demo.hours",
    ]


@pytest.mark.parametrize(
    "text",
    ['[{"password": "hunter2"', 'password = hunter2"', '{password = "hunter2" x}', '[{"password": ["hunter2"]}]'],
)
def test_no_error_about_accounts_shows_a_password(text: str) -> None:
    done = _run("serve", "--print-config", env={"CCELL_FAKE_ACCOUNTS": text})
    assert (done.exit_code, "hunter2" in done.output) == (2, False), done.output


def test_a_configuration_of_the_environment_is_printed_and_checked(folder: Path) -> None:
    (folder / "ccell.toml").write_text("")
    env = {
        "CCELL_FAKE_ACCOUNTS": '[{"userid": "1", "password": "123456"}, {}]',
        "CCELL_FAKE_CONTROL_TOKEN_FILE": "token",
    }
    printed = _run("serve", "--print-config", env=env).output
    (folder / "printed.toml").write_text(printed)
    assert _run("serve", "--print-config", "--config", "printed.toml").output == printed
    assert "sesame" not in printed
    checked = _run("check-config", "ccell.toml", env=env).output
    assert checked == "ccell.toml is valid with CCELL_FAKE_ACCOUNTS, CCELL_FAKE_CONTROL_TOKEN_FILE: 2 accounts\n"


def _answer(app: Flask, userid: str, password: str) -> str:
    data = f'<root userid="{userid}" password="{password}"></root>'
    return app.test_client().post(Operation.INFO.path, data=data).text


def test_the_application_reads_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCELL_FAKE_ACCOUNTS", '[{"userid": "300001", "password": "secret"}]')
    monkeypatch.setenv("CCELL_FAKE_MAGIC", "0")
    monkeypatch.setenv("CCELL_FAKE_CONTROL_TOKEN_FILE", "token")
    app = wsgi.application()
    assert 'return="0"' in _answer(app, "300001", "secret")
    assert 'return="1001004"' in _answer(app, "200001", "123456")
    accounts = "/_ccell/v1/accounts"
    assert app.test_client().get(accounts).status_code == 401
    assert app.test_client().get(accounts, headers={"Authorization": "Bearer sesame"}).status_code == 200


def test_the_application_leaves_the_address_to_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "tcp://10.0.0.1:8026", "HOST": "0.0.0.0", "TLS": "1"}.items():  # noqa: S104 - not used
        monkeypatch.setenv(_name(name), value)
    assert 'return="0"' in _answer(wsgi.application(), "200001", "123456")


def test_the_application_refuses_what_it_cannot_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ccell.toml").write_text('[server]\nhost = "0.0.0.0"\n')
    with pytest.raises(ConfigError, match=r"ccell\.toml: server\.host must be on loopback without a control token"):
        wsgi.application()
    monkeypatch.setenv("CCELL_FAKE_MAGIC", "maybe")
    with pytest.raises(ConfigError, match=r"CCELL_FAKE_MAGIC.*'maybe' is not a valid boolean"):
        wsgi.application()


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"PORT": "1"}, "http://127.0.0.1:1"),
        ({"PORT": "1", "TLS": "1"}, "https://127.0.0.1:1"),
        ({"PORT": "1", "HOST": "::"}, "http://127.0.0.1:1"),
        ({"PORT": "1", "HOST": "::1"}, "http://[::1]:1"),
        ({"URL": "http://127.0.0.1:2", "PORT": "1"}, "http://127.0.0.1:2"),
    ],
)
def test_ready_asks_the_emulator_of_the_same_environment(variables: dict[str, str], address: str) -> None:
    done = _run("ready", "--timeout", "0", env={_name(name): value for name, value in variables.items()})
    assert (done.exit_code, f"{address} was not ready" in done.stderr) == (1, True), done.output


def test_ready_needs_an_address_if_the_port_is_any() -> None:
    done = _run("ready", env={"CCELL_FAKE_PORT": "0"})
    assert (done.exit_code, "--url must be given" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "accounts",
    [
        '"[{\\"userid\\":\\"300001\\",\\"password\\":\\"topsecret1\\"}]"',
        '[["300001", "topsecret1"]]',
        'accounts = "300001:topsecret1"',
        '[{"userid": ["300001", "topsecret1"]}]',
    ],
)
def test_a_password_in_the_wrong_place_is_not_shown(monkeypatch: pytest.MonkeyPatch, accounts: str) -> None:
    monkeypatch.setenv("CCELL_FAKE_ACCOUNTS", accounts)
    done = CliRunner().invoke(main, ["serve", "--print-config"])
    assert done.exit_code == 2
    assert "CCELL_FAKE_ACCOUNTS" in done.output
    assert "topsecret1" not in done.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CCELL_FAKE_ACCOUNTS", '[{"userid": "3", "name": "\udcd6\udcd0"}]'),
        ("CCELL_FAKE_ACCOUNTS", '[{"userid": "3", "name": "\\ud800"}]'),
        ("CCELL_FAKE_ASSUMPTIONS", '{"Q13": "\\ud800"}'),
        ("CCELL_FAKE_STORE", "\udcff.sqlite"),
        ("CCELL_FAKE_TLS_NAME", "\udcff"),
    ],
)
def test_a_variable_that_is_not_utf_8_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    done = CliRunner().invoke(main, ["serve", "--print-config"])
    assert (done.exit_code, f"{variable}: " in done.output) == (2, True), done.output
    assert "must be text in UTF-8" in done.output


def test_a_hidden_control_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text('[server]\ncontrol_token = "********"\n')
    done = CliRunner().invoke(main, ["check-config", str(tmp_path / "ccell.toml")])
    assert (done.exit_code, "must be the real token" in done.output) == (2, True)


@pytest.mark.parametrize("token", ["a\nb", "秘"])
def test_a_control_token_that_no_header_can_hold_is_wrong_usage(token: str) -> None:
    done = CliRunner().invoke(main, ["messages", "--control-token", token])
    assert (done.exit_code, token in done.output) == (2, False)
