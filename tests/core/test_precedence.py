"""The order of the rules decides which of several defects is answered (Q6, Q7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.emulators import CONTENT, PHONE, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine.answer import Answer
from ccell_fake.model import Operation, Submit
from ccell_fixtures.registries import ASSUMPTIONS


@dataclass(frozen=True)
class Defect:
    """A defect that one stage of Q6 or Q7 refuses.

    Attributes:
        stage: The stage.
        code: The code of the refusal.
        account: Settings that cause it.
        submit: Attributes of the submit that cause it.
        request: Parts of the request that cause it.
        excludes: Stages whose defects cannot be combined with it.
    """

    stage: str
    code: str
    account: Mapping[str, Any] = field(default_factory=dict[str, Any])
    submit: Mapping[str, str] = field(default_factory=dict[str, str])
    request: Mapping[str, Any] = field(default_factory=dict[str, Any])
    excludes: tuple[str, ...] = ()


REQUEST_DEFECTS = (
    Defect("parse", "1001001", request={"password": ""}, excludes=("password",)),
    Defect("ip", "1001005", account={"allowed_ips": ("10.0.0.0/8",)}),
    Defect("password", "1001004", request={"password": "wrong"}, excludes=("parse",)),
    Defect("frozen", "1001003", account={"status": "frozen"}),
    Defect("concurrency", "1001006", request={"others": 1}),
    Defect("completeness", "1001001", request={"submit": Submit("", CONTENT)}),
    Defect("limits", "1001001", request={"submit": Submit(",".join([PHONE] * 501), CONTENT)}),
    Defect("closing_phrase", "1001007", account={"closing_phrase": "退订回T"}),
    Defect("balance", "1001002", account={"balance": 0}),
)
NUMBER_DEFECTS = (
    Defect("recognised", "1004001", submit={"phone": "19500001111"}, excludes=("channel",)),
    Defect("blacklist", "1004008", account={"blacklist": ("1*",)}),
    Defect("whitelist", "1004009", account={"whitelist": ()}),
    Defect("sending_rule", "1004002", account={"sending_rule": False}),
    Defect("spcode", "1004002", submit={"spcode": "1"}),
    Defect("channel", "1004006", account={"channels": ()}, excludes=("recognised",)),
    Defect("sendtime", "1004012", submit={"sendtime": "tomorrow"}),
    Defect("signature", "1004003", submit={"content": "no signature"}),
    Defect("template", "1004007", account={"templates": ("nothing like it",)}),
    Defect("black_words", "1004010", account={"black_words": ("n", "验")}),
    Defect("white_words", "1004011", account={"white_words": ("zzz",)}),
)


def _combinations(defects: tuple[Defect, ...]) -> st.SearchStrategy[list[Defect]]:
    """Two or more defects that can be combined."""

    def compatible(chosen: list[Defect]) -> bool:
        stages = {defect.stage for defect in chosen}
        return not any(stages & set(defect.excludes) for defect in chosen)

    return st.lists(st.sampled_from(defects), min_size=2, unique_by=lambda defect: defect.stage).filter(compatible)


def _order(id_: str) -> st.SearchStrategy[tuple[str, ...]]:
    default = ASSUMPTIONS[id_].default
    return st.just(tuple(default)) | st.permutations(list(default)).map(tuple)


def _merged(defects: list[Defect], field_: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for defect in defects:
        merged |= getattr(defect, field_)
    return merged


@given(defects=_combinations(REQUEST_DEFECTS), order=_order("Q6"))
def test_the_first_failing_stage_of_a_request_decides_the_code(defects: list[Defect], order: tuple[str, ...]) -> None:
    request = _merged(defects, "request")
    answers: list[Answer] = []
    others = request.get("others", 0)
    bench = Bench(
        lambda _: ask(),
        max_concurrency=1,
        processing_time=1.0 * others,
        assumptions={"Q6": order},
        **_merged(defects, "account"),
    )

    def ask() -> None:
        submits = [
            Submit(PHONE, CONTENT),
            *(one.request["submit"] for one in defects if "submit" in one.request),
        ]
        answers.append(bench.ask(Operation.SEND, *submits, password=request.get("password", "123456")))

    if others:
        # The first request sends the second one while it pauses, and is in progress meanwhile.
        bench.ask(Operation.INFO)
    else:
        ask()
    first = min(defects, key=lambda defect: order.index(defect.stage))
    assert codes(answers[0]) == [first.code]


@given(defects=_combinations(NUMBER_DEFECTS), order=_order("Q7"))
def test_the_first_failing_stage_of_a_number_decides_the_code(defects: list[Defect], order: tuple[str, ...]) -> None:
    bench = Bench(assumptions={"Q7": order}, **_merged(defects, "account"))
    submit: dict[str, Any] = {"phone": PHONE, "content": CONTENT, **_merged(defects, "submit")}
    first = min(defects, key=lambda defect: order.index(defect.stage))
    assert codes(bench.submit(Submit(**submit))) == ["0", first.code]


def test_every_stage_has_a_defect_in_these_tests() -> None:
    # The stage "account" comes before any account is known.
    assert {one.stage for one in REQUEST_DEFECTS} == {*ASSUMPTIONS["Q6"].default} - {"account"}
    assert {one.stage for one in NUMBER_DEFECTS} == {*ASSUMPTIONS["Q7"].default}


def test_the_first_of_parse_and_account_refuses_an_unknown_account() -> None:
    bench = Bench()
    bench.settings = type(bench.settings)(userid="999999")
    assert codes(bench.ask(Operation.INFO, password="")) == ["1001001"]
    bench.gateway.accounts.set_assumptions({"Q6": tuple(reversed(ASSUMPTIONS["Q6"].default))})
    assert codes(bench.ask(Operation.INFO, password="")) == ["1001004"]
