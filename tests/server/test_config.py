"""The configuration: defaults, reading, printing, and the errors of invalid settings."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ccell_fake import ControlClient
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, OutcomeRule
from ccell_mock_server.config.accounts import CredentialGenerator
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import as_toml, load, parse
from ccell_mock_server.emulator import Emulator


def _error(data: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(data, "x.toml")
    return str(caught.value)


def test_without_a_file_there_is_the_account_of_the_document() -> None:
    assert parse({}, "x.toml").accounts == (DOCUMENT_ACCOUNT,)
    assert (DOCUMENT_ACCOUNT.userid, DOCUMENT_ACCOUNT.password, DOCUMENT_ACCOUNT.balance) == (
        "200001",
        "123456",
        100000,
    )


def test_an_account_without_credentials_gets_the_same_ones_on_every_start() -> None:
    data: dict[str, Any] = {"server": {"seed": 0}, "accounts": [{}, {"userid": "300000"}, {}]}
    first, second = parse(data, "x.toml"), parse(data, "x.toml")
    assert first == second
    assert len({account.userid for account in first.accounts}) == 3
    assert all(len(account.userid) == 6 and account.password for account in first.accounts)


def _generated_userids(seed: int | None = None) -> set[str]:
    server = {} if seed is None else {"seed": seed}
    config = parse({"server": {"port": 0, **server}, "accounts": [{}] * 3}, "x.toml")
    with Emulator(config) as emulator, ControlClient(emulator.url) as control:
        return {account.userid for account in config.accounts} | {control.open().userid for _ in range(300)}


def test_emulators_of_different_seeds_generate_different_userids() -> None:
    generated = [_generated_userids(seed) for seed in (0, 1, 2, 399)]
    assert len(set[str]().union(*generated)) == 4 * 303


def test_workers_generate_different_userids_unless_a_seed_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    own: set[str] = set()
    seeded: list[set[str]] = []
    for worker in ("gw0", "gw1", "gw7"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        own |= _generated_userids()
        seeded.append(_generated_userids(seed=0))
    assert len(own) == 3 * 303
    assert seeded[0] == seeded[1] == seeded[2]


@pytest.mark.parametrize("worker", ["", "master", "foo", "popen-gw0", "gw", "gw٣"])
def test_a_worker_may_have_any_name(worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    assert len(_generated_userids()) == 303


def test_credentials_are_unique_over_all_thousands() -> None:
    generator = CredentialGenerator(7)
    userids = [generator.complete(AccountSettings(), ()).userid for _ in range(2_500)]
    assert len(set(userids)) == 2_500
    assert all(len(userid) == 6 for userid in userids)


def test_every_kind_of_setting_is_read() -> None:
    account = {
        "signcode": ["甲", "乙"],
        "whitelist": ["138*"],
        "channels": ["mobile"],
        "lock_window": 5,
        "outcomes": [{"phone": "139*", "stat": "UNDELIV", "delay": 1.5}],
        "assumptions": {"Q13": "number"},
    }
    (read,) = parse({"accounts": [account]}, "x.toml").accounts
    assert read.signcode == ("甲", "乙")
    assert read.whitelist == ("138*",)
    assert read.lock_window == 5
    assert read.outcomes == (OutcomeRule(phone="139*", stat="UNDELIV", delay=1.5),)
    assert read.assumptions == {"Q13": "number"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"sever": {}},
            "x.toml: sever: unknown setting 'sever'; did you mean server? known settings: server, accounts",
        ),
        ({"server": {"prot": 1}}, "x.toml: server.prot: unknown setting 'prot'; did you mean port?"),
        ({"accounts": [{"outcomes": [{"fone": "1"}]}]}, "accounts[0].outcomes[0].fone: unknown setting 'fone'"),
        ({"server": {"port": "8026"}}, 'x.toml: server.port must be a valid integer, got "8026"'),
        ({"server": []}, "x.toml: server must be "),
        ({"accounts": [{"status": "dead"}]}, "accounts[0].status must be 'normal' or 'frozen', got \"dead\""),
        ({"accounts": [{"userid": 200001}]}, "accounts[0].userid must be a valid string, got 200001"),
        ({"accounts": [{"password": 123456}]}, "accounts[0].password must be a valid string, got ********"),
        ({"accounts": [{"channels": ["radio"]}]}, "accounts[0].channels[0] must be "),
        ({"accounts": [{"allowed_ips": ["10.0.0.0/8", "home"]}]}, "accounts[0].allowed_ips[1] must be an address or a"),
        ({"accounts": [{"userid": "1"}, {"userid": "1"}]}, "accounts[1].userid must differ from accounts[0].userid"),
        ({"accounts": {"userid": "1"}}, "accounts must be a list of tables: write [[accounts]] before each, got {"),
        (
            {"accounts": [{"outcomes": {"phone": "1"}}]},
            "accounts[0].outcomes must be a list of tables: write [[accounts.outcomes]] before each",
        ),
        ({"server": [{"port": 1}]}, "server must be one table: write [server], got [{"),
        ({"accounts": [5]}, "accounts[0] must be a table, got 5"),
        (
            {"accounts": [{"signcode": "签名"}]},
            'accounts[0].signcode must be \'*\' or a list such as ["签名"], got "签名"',
        ),
        ({"accounts": [{"blacklist": "138*"}]}, 'accounts[0].blacklist must be a list such as ["138*"], got "138*"'),
        ({"server": {"tls_cert": "x"}}, "server.tls_cert must be set together with tls_key, which is missing"),
        ({"server": {"tls_names": ["a_b"]}}, "server.tls_names must be names such as sms.example.com, "),
        ({"server": {"tls_names": "x"}}, 'server.tls_names must be a list such as ["x"]'),
        (
            {"server": {"tls_cert": "x", "tls_key": "x", "tls_names": ["x"]}},
            "server.tls_names must not be set together with tls_cert: it is for generated certificates",
        ),
        (
            {"server": {"tls_cert": "x", "tls_key": "x", "tls_dir": "x"}},
            "server.tls_dir must not be set together with tls_cert: it is for generated certificates",
        ),
        (
            {"accounts": [{"report-delay": 5}]},
            "accounts[0].report-delay: unknown setting 'report-delay'; did you mean report_d",
        ),
        (
            {"my-table": {}},
            "x.toml: my-table: unknown setting 'my-table'; known settings: server, accounts, assumptions",
        ),
        ({"server": {"report-delay": 1}}, "x.toml: server.report-delay: unknown setting 'report-delay'"),
        (
            {"accounts": {"userid": "1", "password": "s3cret"}},
            'got {"userid": "1", "password": "********"}',
        ),
        ({"accounts": [{"password": "********"}]}, "accounts[0].password must be the real password or left out"),
        (
            {"accounts": [{"name": date(2020, 1, 1)}]},
            'accounts[0].name must be a valid string, got {"date": "2020-01-01"}',
        ),
        ({"accounts": [{"report_delay": float("inf")}]}, "accounts[0].report_delay must be "),
        (
            {"accounts": [{"outcomes": [{"delay": 1e13}]}]},
            "accounts[0].outcomes[0].delay must be less than or equal to",
        ),
        (
            {"accounts": [{"prefixes": ["138"]}]},
            "accounts[0].prefixes[0] must be 11 digits, or fewer and a * at the end",
        ),
        ({"accounts": [{"prefixes": ["100*", "10012345678*"]}]}, "accounts[0].prefixes[1] must be 11 digits"),
        ({"accounts": [{"blacklist": ["138*0"]}]}, "accounts[0].blacklist[0] must be digits with at most one *"),
        (
            {"accounts": [{"whitelist": [" 138"]}]},
            'accounts[0].whitelist[0] must be digits with at most one * at the end, got " 138"',
        ),
        ({"accounts": [{"closing_phrase": "x "}]}, "accounts[0].closing_phrase must not begin or end with blanks"),
        (
            {"accounts": [{"signcode": ["【签名】"]}]},
            'accounts[0].signcode[0] must be the signature without its brackets, got "【签名】"',
        ),
        ({"accounts": [{"signcode": list[str]()}]}, "accounts[0].signcode must "),
        ({"assumptions": {"Q13": 1}}, "assumptions.Q13 must be a valid string or a list, got 1"),
        ({"assumptions": {"Q99": "x"}}, "x.toml: assumptions.Q99: "),
        ({"assumptions": {"Q13": "x"}}, "x.toml: assumptions.Q13: 'x' "),
        (
            {"accounts": [{"assumptions": {"Q1": "1001003"}}]},
            "accounts[0].assumptions.Q1: Q1 cannot be answered for an account",
        ),
        ({"assumptions": {"Q6": ["parse"]}}, "a permutation of parse, account"),
    ],
)
def test_an_invalid_setting_is_named_with_what_is_allowed(data: dict[str, Any], message: str) -> None:
    assert message in _error(data)


def test_an_invalid_option_is_not_blamed_on_the_file() -> None:
    with pytest.raises(ConfigError, match=r"^the command line: server.port must be less"):
        parse({"server": {"port": 1}}, "x.toml", {"port": 70000})


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf[server]\nport = 1\n")
    assert load(tmp_path / "bom.toml").server.port == 1


def test_one_table_of_accounts_is_checked_all_the_same() -> None:
    lines = _error({"accounts": {"userid": "a b", "staus": "frozen"}}).splitlines()
    assert [line.split()[1].rstrip(":") for line in lines] == ["accounts", "accounts[0].staus", "accounts[0].userid"]


def test_a_setting_that_is_absent_for_being_invalid_causes_no_second_problem() -> None:
    data = {"server": {"host": "0.0.0.0", "control_token": 5, "tls_cert": "x", "tls_key": 5}}  # noqa: S104 - refused
    assert [line.split()[1] for line in _error(data).splitlines()] == ["server.tls_key", "server.control_token"]


def test_all_invalid_settings_are_named_at_once() -> None:
    data = {"server": {"port": -1, "host": ""}, "accounts": [{"balance": 1.5}]}
    assert len(_error(data).splitlines()) == 3


def test_a_missing_file_and_invalid_toml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("port = = 1")
    with pytest.raises(ConfigError, match=r"bad.toml: is not TOML: .*line 1"):
        load(tmp_path / "bad.toml")


def test_ccell_toml_of_the_current_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None).server.port == 8026
    (tmp_path / "ccell.toml").write_text("[server]\nport = 1\n")
    assert load(None).server.port == 1
    assert load(None, {"port": 2}).server.port == 2


def test_a_printed_configuration_reads_back_equal() -> None:
    config = parse({"accounts": [{"userid": "1", "password": "123456", "outcomes": [{"stat": "X"}]}]}, "x.toml")
    assert parse(tomllib.loads(as_toml(config)), "x.toml") == config
