"""Guarantees of the strategies for account settings and outcome rules."""

import tomllib
from dataclasses import asdict, fields
from typing import Any

import pytest
from harness import documents
from harness.emulators import Bench, codes
from hypothesis import find, given
from hypothesis import strategies as st

from ccell_fake import strategies
from ccell_fake.model import Operation, Submit
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, OutcomeRule
from ccell_mock_server.config import settings as config


@given(strategies.account_settings())
def test_settings_survive_a_configuration_file(account: AccountSettings) -> None:
    written = config.as_toml(config.Config(accounts=(account,)))
    assert config.parse(tomllib.loads(written), "drawn").accounts == (account,)


@given(strategies.outcome_rules())
def test_an_outcome_rule_survives_a_configuration(rule: OutcomeRule) -> None:
    account = {"outcomes": [{name: value for name, value in asdict(rule).items() if value is not None}]}
    (read,) = config.parse({"accounts": [account]}, "drawn").accounts
    assert read.outcomes == (rule,)


@given(strategies.account_settings(), st.sampled_from(Operation))
def test_an_account_with_any_settings_answers(account: AccountSettings, operation: Operation) -> None:
    bench = Bench(**{name: getattr(account, name) for name in _names(AccountSettings)})
    submits = [Submit("13800000000", "您好【签名】")] if operation is Operation.SEND else []
    assert "1001999" not in codes(bench.ask(operation, *submits))


def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


@pytest.mark.parametrize("name", sorted({*_names(AccountSettings)} - {"userid", "password"}))
def test_every_setting_of_an_account_is_varied(name: str) -> None:
    default = getattr(AccountSettings(), name)
    drawn = documents.some(strategies.account_settings(), lambda drawn: getattr(drawn, name) != default)
    assert getattr(drawn, name) != default


@pytest.mark.parametrize("name", _names(OutcomeRule))
def test_every_setting_of_a_rule_is_varied(name: str) -> None:
    default = getattr(OutcomeRule(), name)
    drawn = documents.some(strategies.outcome_rules(), lambda drawn: getattr(drawn, name) != default)
    assert getattr(drawn, name) != default


@given(
    strategies.account_settings(
        userid=st.just("300000"),
        balance=st.integers(1, 5),
        outcomes=st.tuples(strategies.outcome_rules(stat=st.just("X"))),
    )
)
def test_a_setting_is_drawn_from_the_given_strategy(account: AccountSettings) -> None:
    assert account.userid == "300000"
    assert 1 <= account.balance <= 5
    assert account.outcomes[0].stat == "X"


def test_settings_shrink_to_the_defaults() -> None:
    plain = AccountSettings(userid=DOCUMENT_ACCOUNT.userid, password=DOCUMENT_ACCOUNT.password)
    assert find(strategies.account_settings(), lambda _: True) == plain
    assert find(strategies.outcome_rules(), lambda _: True) == OutcomeRule()
    poor = find(strategies.account_settings(), lambda account: account.balance < 10)
    assert poor == AccountSettings(userid=plain.userid, password=plain.password, balance=0)
