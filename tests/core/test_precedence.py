"""Of any faults in one request or number, the one whose rule stands first is answered (Q6, Q7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from harness.emulators import CONTENT, PHONE, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine.answer import Answer
from ccell_fake.model import Operation, Submit
from ccell_fixtures.registries import ASSUMPTIONS


@dataclass(frozen=True)
class Fault:
    """Something wrong, of a stage of Q6 or Q7.

    Attributes:
        stage: Whose rule refuses it.
        code: What is answered.
        account: Settings that make it wrong.
        submit: Attributes that do.
        request: What does, of the request itself.
        excludes: Stages whose faults cannot go with it.
    """

    stage: str
    code: str
    account: Mapping[str, Any] = field(default_factory=dict[str, Any])
    submit: Mapping[str, str] = field(default_factory=dict[str, str])
    request: Mapping[str, Any] = field(default_factory=dict[str, Any])
    excludes: tuple[str, ...] = ()


REQUEST_FAULTS = (
    Fault("parse", "1001001", request={"password": ""}, excludes=("password",)),
    Fault("ip", "1001005", account={"allowed_ips": ("10.0.0.0/8",)}),
    Fault("password", "1001004", request={"password": "wrong"}, excludes=("parse",)),
    Fault("frozen", "1001003", account={"status": "frozen"}),
    Fault("concurrency", "1001006", request={"others": 1}),
    Fault("completeness", "1001001", request={"submit": Submit("", CONTENT)}),
    Fault("limits", "1001001", request={"submit": Submit(",".join([PHONE] * 501), CONTENT)}),
    Fault("closing_phrase", "1001007", account={"closing_phrase": "退订回T"}),
    Fault("balance", "1001002", account={"balance": 0}),
)
NUMBER_FAULTS = (
    Fault("recognised", "1004001", submit={"phone": "19500001111"}, excludes=("channel",)),
    Fault("blacklist", "1004008", account={"blacklist": ("1*",)}),
    Fault("whitelist", "1004009", account={"whitelist": ()}),
    Fault("sending_rule", "1004002", account={"sending_rule": False}),
    Fault("spcode", "1004002", submit={"spcode": "1"}),
    Fault("channel", "1004006", account={"channels": ()}, excludes=("recognised",)),
    Fault("sendtime", "1004012", submit={"sendtime": "tomorrow"}),
    Fault("signature", "1004003", submit={"content": "no signature"}),
    Fault("template", "1004007", account={"templates": ("nothing like it",)}),
    Fault("black_words", "1004010", account={"black_words": ("n", "验")}),
    Fault("white_words", "1004011", account={"white_words": ("zzz",)}),
)


def _some(faults: tuple[Fault, ...]) -> st.SearchStrategy[list[Fault]]:
    """Two faults or more that can go together."""

    def compatible(chosen: list[Fault]) -> bool:
        stages = {fault.stage for fault in chosen}
        return not any(stages & set(fault.excludes) for fault in chosen)

    return st.lists(st.sampled_from(faults), min_size=2, unique_by=lambda fault: fault.stage).filter(compatible)


def _order(id_: str) -> st.SearchStrategy[tuple[str, ...]]:
    default = ASSUMPTIONS[id_].default
    return st.just(tuple(default)) | st.permutations(list(default)).map(tuple)


def _merged(faults: list[Fault], what: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for fault in faults:
        merged |= getattr(fault, what)
    return merged


@given(faults=_some(REQUEST_FAULTS), order=_order("Q6"))
def test_the_earliest_fault_of_a_request_is_answered(faults: list[Fault], order: tuple[str, ...]) -> None:
    request = _merged(faults, "request")
    answers: list[Answer] = []
    others = request.get("others", 0)
    bench = Bench(
        lambda _: ask(),
        max_concurrency=1,
        processing_time=1.0 * others,
        assumptions={"Q6": order},
        **_merged(faults, "account"),
    )

    def ask() -> None:
        submits = [Submit(PHONE, CONTENT), *(fault.request["submit"] for fault in faults if "submit" in fault.request)]
        answers.append(bench.ask(Operation.SEND, *submits, password=request.get("password", "123456")))

    if others:
        # The other request asks in its turn while it pauses, and is in progress for as long.
        bench.ask(Operation.INFO)
    else:
        ask()
    first = min(faults, key=lambda fault: order.index(fault.stage))
    assert codes(answers[0]) == [first.code]


@given(faults=_some(NUMBER_FAULTS), order=_order("Q7"))
def test_the_earliest_fault_of_a_number_is_answered(faults: list[Fault], order: tuple[str, ...]) -> None:
    bench = Bench(assumptions={"Q7": order}, **_merged(faults, "account"))
    submit: dict[str, Any] = {"phone": PHONE, "content": CONTENT, **_merged(faults, "submit")}
    first = min(faults, key=lambda fault: order.index(fault.stage))
    assert codes(bench.submit(Submit(**submit))) == ["0", first.code]


@pytest.mark.parametrize("fault", REQUEST_FAULTS + NUMBER_FAULTS, ids=lambda fault: fault.stage)
def test_every_stage_has_a_fault_that_it_alone_refuses(fault: Fault) -> None:
    stages = {one.stage for one in (REQUEST_FAULTS if fault in REQUEST_FAULTS else NUMBER_FAULTS)}
    asked = set(ASSUMPTIONS["Q6" if fault in REQUEST_FAULTS else "Q7"].default)
    # That the account is known is asked before anything is known of the account.
    assert stages == asked - {"account"}


def test_of_a_stranger_the_first_of_parse_and_account_is_answered() -> None:
    bench = Bench()
    bench.settings = type(bench.settings)(userid="999999")
    assert codes(bench.ask(Operation.INFO, password="")) == ["1001001"]
    bench.gateway.accounts.set_assumptions({"Q6": tuple(reversed(ASSUMPTIONS["Q6"].default))})
    assert codes(bench.ask(Operation.INFO, password="")) == ["1001004"]
