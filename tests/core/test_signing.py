"""Signed requests: the published vector, seqids that are used once, and explanations of a wrong sign (P1, P2, P5)."""

from datetime import timedelta
from pathlib import Path

import pytest
from harness.emulators import CONTENT, DOCUMENT_DAY, PHONE, Bench, codes
from harness.stores import kept, open_kept
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake import signing
from ccell_fake.engine.answer import Answer
from ccell_fake.faults import CloseFault
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.store import ledger as ledger_module
from ccell_fake.store.postgresql import ledger as postgresql_ledger

SEQID = "160615134758000001"
SIGN = "d679463dd87931f880095f213e3ae96f"


def ask(bench: Bench, seqid: str | None = SEQID, sign: str | None = SIGN, password: str | None = None) -> Answer:
    """Send a signed info."""
    return bench.call(Operation.INFO, Request("200001", password, (), seqid, sign))


def test_the_published_vector_is_right() -> None:
    assert signing.sign(SEQID, "123456") == SIGN
    answer = ask(Bench())
    assert (codes(answer), answer.basis) == (["0"], "documented I1, published P2, assumed Q41")


def test_a_signed_send_is_a_send() -> None:
    answer = Bench().call(Operation.SEND, Request("200001", None, (Submit(PHONE, CONTENT),), SEQID, SIGN))
    assert codes(answer) == ["0", "0"]


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0))
def test_a_seqid_has_18_digits_and_begins_with_its_time(seconds: int, number: int) -> None:
    at = DOCUMENT_DAY.replace(microsecond=0) + timedelta(seconds=seconds)
    seqid = signing.make_seqid(at, number)
    assert signing.is_seqid(seqid)
    assert signing.time_of(seqid) == at
    assert int(seqid[12:]) == number % 10**6


@pytest.mark.parametrize(
    ("seqid", "sign", "password", "explanation"),
    [
        (SEQID, SIGN.upper(), None, "it must be in lower case"),
        (SEQID, signing.md5(SEQID + "123456"), None, "it was made from the password; make it from the password's md5"),
        (SEQID, signing.md5(signing.md5("123456") + SEQID), None, "its parts are in the wrong order"),
        (SEQID, signing.md5(SEQID + signing.md5("123456").upper()), None, "the password's md5 must be in lower case"),
        (SEQID, "0" * 32, None, "it must be the md5 of the seqid and the password's md5"),
        (SEQID, None, None, "the request has no sign"),
        (None, SIGN, None, "the request has no seqid"),
        (None, None, None, "the request has no password; userid and password are required"),
        ("1606151347580000012", SIGN, None, "must be 18 digits"),
        ("16061513475800000x", SIGN, None, "must be 18 digits"),
        ("１" * 18, SIGN, None, "must be 18 digits"),
    ],
)
def test_a_refusal_says_what_is_wrong_with_seqid_or_sign(
    seqid: str | None, sign: str | None, password: str | None, explanation: str
) -> None:
    answer = ask(Bench(), seqid, sign, password)
    assert codes(answer)[0] in {"1001001", "1001004"}
    assert explanation in answer.explanation


def test_a_seqid_beside_a_password_is_ignored() -> None:
    assert codes(ask(Bench(), sign=None, password="123456")) == ["0"]


def test_a_wrong_sign_uses_up_no_seqid_and_a_refused_request_does() -> None:
    bench = Bench(status="frozen")
    assert codes(ask(bench, sign="0" * 32)) == ["1001004"]
    assert codes(ask(bench)) == ["1001003"]
    bench.set(status="normal")
    again = ask(bench)
    assert (codes(again), again.basis) == (["1001004"], "assumed Q40")
    assert SEQID in again.explanation


def test_seqids_belong_to_their_account() -> None:
    bench = Bench()
    bench.gateway.accounts.open(type(bench.settings)(userid="200002", password="123456"))
    assert codes(ask(bench)) == ["0"]
    other = bench.call(Operation.INFO, Request("200002", None, (), SEQID, SIGN))
    assert codes(other) == ["0"]


def test_a_fault_before_the_request_is_judged_uses_up_no_seqid() -> None:
    bench = Bench()
    with bench.store.transaction() as ledger:
        ledger.add_fault(ledger.open_account("200001"), CloseFault())
    ask(bench)
    assert codes(ask(bench)) == ["0"]


def test_the_first_fault_after_a_restart_applies_once(tmp_path: Path) -> None:
    place = kept(tmp_path)
    Bench(store=open_kept(place)).store.close()
    bench = Bench(store=open_kept(place))
    with bench.store.transaction() as ledger:
        ledger.add_fault(ledger.open_account("200001"), CloseFault())
        assert len(ledger.faults(ledger.open_account("200001"))) == 1
    bench.store.close()


def test_seqids_survive_a_restart(tmp_path: Path) -> None:
    place = kept(tmp_path)
    first = Bench(store=open_kept(place))
    ask(first)
    first.store.close()
    second = Bench(store=open_kept(place))
    assert codes(ask(second)) == ["1001004"]
    second.store.close()


def test_an_account_remembers_its_latest_seqids(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ledger_module, postgresql_ledger):
        monkeypatch.setattr(module, "SEQIDS", 3)
    bench = Bench()
    seqids = [f"{number:018}" for number in range(5)]
    for seqid in seqids:
        assert codes(ask(bench, seqid, signing.sign(seqid, "123456"))) == ["0"]
    again = [codes(ask(bench, seqid, signing.sign(seqid, "123456")))[0] for seqid in reversed(seqids)]
    assert again[:3] == ["1001004"] * 3
    assert again[3:] == ["0"] * 2


def test_the_repr_of_a_request_shows_no_sign() -> None:
    assert "d679" not in repr(Request("200001", "secret", (), SEQID, SIGN))


def test_a_seqid_of_the_present_minute_needs_no_question() -> None:
    seqid = signing.make_seqid(DOCUMENT_DAY, 1)
    assert ask(Bench(), seqid, signing.sign(seqid, "123456")).basis == "documented I1, published P2"


@pytest.mark.parametrize(
    ("answers", "stored", "key", "password", "ground", "said"),
    [
        ({}, "123456", "other", None, "Q42", "it must be the md5 of the seqid and the password's md5"),
        ({}, "123456", "other", "123456", "Q43", "it must be the md5"),
        ({"Q44": "stored"}, "0" * 32, "md5", None, "Q44", "the password as it is"),
        ({}, "0" * 32, "stored", None, "Q44", "the password's md5"),
        ({"Q43": "both"}, "123456", "md5", "wrong", "Q43", "the password is not that of account"),
    ],
)
def test_a_refused_sign_names_the_question_that_decides(
    answers: dict[str, str], stored: str, key: str, password: str | None, ground: str, said: str
) -> None:
    keys = {"other": "x", "md5": signing.md5(stored), "stored": stored}
    bench = Bench(assumptions=answers, password=stored)
    answer = ask(bench, SEQID, signing.md5(SEQID + keys[key]), password)
    assert (codes(answer), answer.basis) == (["1001004"], f"assumed {ground}")
    assert said in answer.explanation
