"""Evidence: each answer has a rule and a basis, and the journal explains each refusal."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench

from ccell_fake.clock import ClockSetting
from ccell_fake.engine import number_rules, request_rules
from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.engine.assumptions import Answers
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Door, Operation, Submit
from ccell_fake.settings import AccountSettings
from ccell_fake.store.database import SqliteStore
from ccell_fake.store.ledger import SqliteLedger
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, OBSERVATIONS, PUBLISHED


@pytest.mark.parametrize(
    ("operation", "rule", "basis"),
    [
        (Operation.SEND, "send", "documented S5"),
        (Operation.REPORT, "report", "documented R1"),
        (Operation.UPMSG, "upmsg", "documented U1"),
        (Operation.INFO, "info", "documented I1"),
    ],
)
def test_a_success_names_its_clause(operation: Operation, rule: str, basis: str) -> None:
    answer = Bench().ask(operation, *([Submit(PHONE, CONTENT)] if operation is Operation.SEND else []))
    assert (answer.rule, answer.basis, answer.explanation) == (rule, basis, "")


def test_the_basis_of_a_password_sent_as_md5_includes_an_observation() -> None:
    answer = Bench().ask(Operation.INFO, password="e10adc3949ba59abbe56e057f20f883e")
    assert answer.basis == "documented I1, observed W9"


@pytest.mark.parametrize(
    ("phone", "basis"),
    [
        ("19500001111", "documented S8"),
        ("12000000000", "assumed Q8"),
        ("8613800000000", "assumed Q8"),
        ("1", "assumed Q8"),
    ],
)
def test_the_basis_of_an_unrecognised_number_is_the_sample_or_the_open_question(phone: str, basis: str) -> None:
    assert Bench().send(f"{phone},{PHONE}").basis == basis
    assert Bench().send(phone).basis == f"{basis}, assumed Q50"


@pytest.mark.parametrize(
    ("peer", "networks", "code"),
    [
        ("127.0.0.1", ("127.0.0.0/8",), "0"),
        ("::ffff:127.0.0.1", ("127.0.0.0/8",), "0"),
        ("::ffff:127.0.0.1", ("::ffff:0:0/96",), "0"),
        ("fe80::1%eth0", ("fe80::/10",), "0"),
        ("127.0.0.1", ("10.0.0.0/8", "::1"), "1001005"),
        ("::1", ("10.0.0.0/8",), "1001005"),
        ("", ("0.0.0.0/0", "::/0"), "1001005"),
        ("/run/ccell.sock", ("0.0.0.0/0", "::/0"), "1001005"),
        ("localhost", ("0.0.0.0/0", "::/0"), "1001005"),
    ],
)
def test_a_request_must_come_from_an_allowed_network(peer: str, networks: tuple[str, ...], code: str) -> None:
    assert Bench(allowed_ips=networks).ask(Operation.INFO, peer=peer).reply.code == code


def test_an_answer_names_each_refusing_rule_once() -> None:
    answer = Bench(blacklist=("139*",)).send("19500001111,12000000000,1,13900000000")
    assert answer.rule == "number-recognised, blacklist"
    assert answer.basis == "documented S8, assumed Q8, documented C1, assumed Q50"
    assert len(answer.explanation.splitlines()) == 4


def test_at_most_20_refusals_are_explained() -> None:
    answer = Bench().send(",".join(str(number) for number in range(100)))
    lines = answer.explanation.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 80 more"


def test_the_journal_keeps_rule_basis_and_explanation_of_a_refusal() -> None:
    bench = Bench()
    bench.send(content="一" * 999 + "【签名】")
    bench.send()
    refused, accepted = bench.journal()
    assert refused.explanation == "1001001: the content of submit 1 has 1003 characters; 2.1.2.1 allows 1000"
    assert (refused.operation, refused.peer, refused.code) == ("send", "127.0.0.1", "1001001")
    assert (refused.rule, refused.basis) == ("content-length", "assumed Q5")
    assert (accepted.code, accepted.explanation) == ("0", "")


def test_a_failed_transaction_leaves_no_journal_entry() -> None:
    bench = Bench()
    entry = JournalEntry(
        DOCUMENT_DAY, Operation.INFO, Door.XML, "::1", "body", "", "", "whole", 1, "0", "info", "documented I1", "", 0
    )

    def fail() -> None:
        with bench.store.transaction() as ledger:
            ledger.write(ledger.open_account("200001"), entry)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert bench.journal() == []


class FailingStore(SqliteStore):
    """A store whose transactions can fail at commit."""

    fails = False

    @contextmanager
    def transaction(self, userid: str | None = None) -> Generator[SqliteLedger]:
        with super().transaction(userid) as ledger:
            yield ledger
            if self.fails:
                raise sqlite3.OperationalError


def test_a_request_whose_commit_fails_changes_nothing() -> None:
    store = FailingStore()
    bench = Bench(store=store)
    store.fails = True
    with pytest.raises(sqlite3.OperationalError):
        bench.send()
    store.fails = False
    assert bench.info().riches == "100000"
    assert not bench.reports()
    assert [entry.operation for entry in bench.journal()] == ["info", "report"]


def test_a_change_of_accounts_whose_commit_fails_changes_nothing() -> None:
    store = FailingStore()
    bench = Bench(store=store)
    accounts = bench.gateway.accounts
    (account,) = accounts.read()
    admin = AccountAdmin(accounts, store, account.settings.userid)
    bench.send()
    store.fails = True
    changes: list[Callable[[], object]] = [
        admin.close,
        admin.reset,
        lambda: admin.change(lambda settings: replace(settings, balance=5)),
        lambda: admin.set_clock(lambda _: ClockSetting(offset=1)),
        lambda: accounts.open(AccountSettings(userid="200002")),
    ]
    for change in changes:
        with pytest.raises(sqlite3.OperationalError):
            change()
        store.fails = False
        (current,) = accounts.read()
        assert (current.lifetime, current.version, current.settings) == (
            account.lifetime,
            account.version,
            account.settings,
        )
        store.fails = True
    store.fails = False
    assert bench.info().riches == "99999"


def test_requests_of_unknown_accounts_have_a_separate_journal() -> None:
    bench = Bench()
    bench.refuse(Operation.INFO, "it was a poem")
    assert bench.journal() == []
    assert [entry.explanation for entry in bench.journal_of_strangers()] == ["1001001: it was a poem"]


def test_rule_names_are_unique() -> None:
    answers = Answers()
    for rules in (
        request_rules.in_order(answers),
        request_rules.for_unknown_accounts(answers),
        number_rules.in_order(answers),
    ):
        names = [rule.name for rule in rules]
        assert len(names) == len(set(names))


def test_every_question_names_an_existing_clause_and_a_valid_default() -> None:
    for question in ASSUMPTIONS.values():
        assert question.clause in {**CLAUSES, **PUBLISHED}
        assert question.accepts(question.default)
        assert question.cost.split()[0] in {"free", "sms", "drain", "risk"}
    ids = [*CLAUSES, *PUBLISHED, *OBSERVATIONS, *ASSUMPTIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("content", "basis", "settings"),
    [
        ("您好", "assumed Q28", {}),
        ("您【签名】好", "assumed Q27", {}),
        ("您【签名】好", "assumed Q27", {"signcode": ("签名",)}),
        ("【别的】您【签名】好", "assumed Q27", {"signcode": ("签名",)}),
        ("您好【别的】", "assumed Q28", {"signcode": ("签名",)}),
        ("您【别的】好", "assumed Q27", {"signcode": ("签名",)}),
        ("您好[签名]", "assumed Q52", {}),
        ("您[签名]好", "assumed Q28", {}),
        (f"您好【{'签' * 21}】", "documented C1", {}),
        (f"您好【{'签' * 19}😀】", "assumed Q35", {}),
        (f"您好【{'签' * 20}】", "assumed Q51", {"assumptions": {"Q51": "with"}}),
        (f"您好【{'签' * 21}】", "documented C1", {"assumptions": {"Q51": "with"}}),
        (f"【{'签' * 21}】您【签名】好", "assumed Q27", {}),
    ],
)
def test_the_refusal_of_a_signature_names_the_question_that_decides(
    content: str, basis: str, settings: dict[str, Any]
) -> None:
    answer = Bench(**settings).send(content=content)
    assert answer.rule == "signature"
    assert answer.basis == f"{basis}, assumed Q50"
