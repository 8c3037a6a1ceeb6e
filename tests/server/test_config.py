"""The configuration: what may stand in it, and errors that help."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ccell_fake.settings import DOCUMENT_ACCOUNT, OutcomeRule
from ccell_mock_server.config.settings import as_toml, find, load, parse
from ccell_mock_server.config.toml import ConfigError


def _error(data: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(data, "x.toml")
    return str(caught.value)


def test_no_config_is_the_documents_account() -> None:
    assert parse({}, "x.toml").accounts == (DOCUMENT_ACCOUNT,)
    assert (DOCUMENT_ACCOUNT.userid, DOCUMENT_ACCOUNT.password, DOCUMENT_ACCOUNT.balance) == (
        "200001",
        "123456",
        100000,
    )


def test_an_account_without_credentials_is_given_some_the_same_on_every_start() -> None:
    data = {"accounts": [{}, {"userid": "300000"}, {}]}
    first, second = parse(data, "x.toml"), parse(data, "x.toml")
    assert first == second
    assert len({account.userid for account in first.accounts}) == 3
    assert all(len(account.userid) == 6 and account.password for account in first.accounts)
    assert parse({**data, "server": {"seed": 1}}, "x.toml").accounts[0].userid != first.accounts[0].userid


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
    ("data", "said"),
    [
        ({"sever": {}}, "x.toml: sever: there is no such setting; did you mean server? there are server, accounts"),
        ({"server": {"prot": 1}}, "x.toml: server.prot: there is no such setting; did you mean port?"),
        ({"accounts": [{"outcomes": [{"fone": "1"}]}]}, "accounts[0].outcomes[0].fone: there is no such setting"),
        ({"server": {"port": "8026"}}, 'x.toml: server.port = "8026": input should be a valid integer'),
        ({"server": []}, "x.toml: server = []: "),
        ({"accounts": [{"status": "dead"}]}, "accounts[0].status = \"dead\": input should be 'normal' or 'frozen'"),
        ({"accounts": [{"userid": 200001}]}, "accounts[0].userid = 200001: input should be a valid string"),
        ({"accounts": [{"password": 123456}]}, "accounts[0].password = ********: input should be a valid string"),
        ({"accounts": [{"channels": ["radio"]}]}, 'accounts[0].channels[0] = "radio": input should be'),
        ({"accounts": [{"allowed_ips": ["10.0.0.0/8", "home"]}]}, 'accounts[0].allowed_ips[1] = "home": it takes an'),
        ({"accounts": [{"userid": "1"}, {"userid": "1"}]}, 'accounts[1].userid = "1": accounts[0] has it already'),
        ({"server": {"tls_cert": "x"}}, "server.tls_cert: tls_cert and tls_key go together"),
        (
            {"accounts": [{"report-delay": 5}]},
            "accounts[0].report-delay: there is no such setting; did you mean report_d",
        ),
        ({"my-table": {}}, "x.toml: my-table: there is no such setting; there are server, accounts, assumptions"),
        ({"server": {"report-delay": 1}}, "x.toml: server.report-delay: there is no such setting"),
        (
            {"accounts": {"userid": "1", "password": "s3cret"}},
            'accounts = {"userid": "1", "password": "********"}: input',
        ),
        ({"accounts": [{"password": "********"}]}, "accounts[0].password = ********: a hidden password is none"),
        (
            {"accounts": [{"name": date(2020, 1, 1)}]},
            'accounts[0].name = {"date": "2020-01-01"}: input should be a valid',
        ),
        ({"accounts": [{"report_delay": float("inf")}]}, "accounts[0].report_delay = "),
        ({"accounts": [{"outcomes": [{"delay": 1e13}]}]}, "accounts[0].outcomes[0].delay = 10000000000000.0: input"),
        ({"accounts": [{"blacklist": ["138*0"]}]}, 'accounts[0].blacklist[0] = "138*0": it takes digits'),
        ({"accounts": [{"whitelist": [" 138"]}]}, 'accounts[0].whitelist[0] = " 138": it takes digits'),
        ({"accounts": [{"closing_phrase": "x "}]}, 'accounts[0].closing_phrase = "x ": it takes text without blanks'),
        (
            {"accounts": [{"signcode": ["【签名】"]}]},
            'accounts[0].signcode[0] = "【签名】": it takes the signature without',
        ),
        ({"accounts": [{"signcode": list[str]()}]}, "accounts[0].signcode = []: "),
        ({"assumptions": {"Q13": 1}}, "assumptions.Q13 = 1: input should be a valid string"),
        ({"assumptions": {"Q99": "x"}}, "assumptions.Q99: there is no question 'Q99'; there are Q1, Q2"),
        ({"assumptions": {"Q13": "x"}}, "assumptions.Q13: 'x' is no answer to Q13 (What does one number cost?); there"),
        ({"accounts": [{"assumptions": {"Q1": "1001003"}}]}, "accounts[0].assumptions.Q1: Q1 is settled before"),
        ({"assumptions": {"Q6": ["parse"]}}, "there are: a permutation of parse, account"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(data: dict[str, Any], said: str) -> None:
    assert said in _error(data)


def test_an_option_is_not_blamed_on_the_file() -> None:
    with pytest.raises(ConfigError, match=r"^the command line: server.port = 70000: "):
        parse({"server": {"port": 1}}, "x.toml", {"port": 70000})


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf[server]\nport = 1\n")
    assert load(tmp_path / "bom.toml").server.port == 1


def test_everything_that_is_wrong_is_named_at_once() -> None:
    data = {"server": {"port": -1, "host": ""}, "accounts": [{"balance": 1.5}]}
    assert len(_error(data).splitlines()) == 3


def test_a_file_that_is_not_there_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("port = = 1")
    with pytest.raises(ConfigError, match=r"bad.toml: is not TOML: .*line 1"):
        load(tmp_path / "bad.toml")


def test_ccell_toml_is_found_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(None).server.port == 8026
    (tmp_path / "ccell.toml").write_text("[server]\nport = 1\n")
    assert find(None).server.port == 1
    assert find(None, {"port": 2}).server.port == 2


def test_a_config_printed_and_read_is_the_same() -> None:
    config = parse({"accounts": [{"userid": "1", "password": "123456", "outcomes": [{"stat": "X"}]}]}, "x.toml")
    assert parse(tomllib.loads(as_toml(config)), "x.toml") == config
