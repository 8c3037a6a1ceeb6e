"""Probes find the answer of whoever is asked, and clauses hold whatever the answers are."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from contract.running import DEFAULTS, run_check, run_checks, suite, target
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ccell_fake.contract.checks import AnswerValue
from ccell_fixtures.registries import ASSUMPTIONS

ALTERNATIVES = [
    *((one.id, answer) for one in ASSUMPTIONS.values() for answer in one.answers if answer != one.default),
    *(("Q22", answer) for answer in ("1/60", "2/0", "3/1", "5/30", "40/60", "7/999999")),
    *(("Q41", answer) for answer in ("1", "2", "5", "1440", "999999")),
]
_RESPS = "needs a gateway that answers with resps if all numbers are refused"
_OF_RESPS = (
    *("S2", "S3", "S5", "S2 over JSON", "S3 over JSON", "S5 over JSON", "T3", "T4 xml", "P3", "P3 limits", "P6"),
    *("Q3", "Q9", "Q11", "Q12", "Q25", "Q29", "Q32", "Q54", "Q59"),
)
"""Checks that need the resps of refused numbers."""
_READ = {"Q36": {"declared", "ignore"}, "Q55": {"keep"}}
"""Checks that need resps if these are the answers."""

UNASKED: Mapping[tuple[str, str], Mapping[str, str]] = {
    # After the first excess nothing more is heard of the account.
    ("Q5", "accept"): dict.fromkeys(
        ("Q35", "Q46"), "needs a gateway that refuses contents of more than 1000 characters"
    ),
    ("Q50", "first"): dict.fromkeys((*_OF_RESPS, "Q36"), _RESPS),
    ("Q22", "1/60"): dict.fromkeys(("K2", "K2 over JSON"), "needs an account that one request too many does not lock"),
}
UNTOLD = {
    # Of an account that is not there nothing else can be wrong, and what is incomplete or too much has one code.
    "Q6": [
        {"parse", "completeness", "limits"},
        {"parse", "password"},
        *({"account", other} for other in DEFAULTS["Q6"] if other not in {"account", "parse"}),
    ],
    # Both have 1004002; a number that is not recognised has no carrier.
    "Q7": [{"sending_rule", "spcode"}, {"recognised", "channel"}],
}
"""Pairs of checks whose order no request can show."""

ORDERS = {id_: tuple(default) for id_, default in DEFAULTS.items() if id_ in UNTOLD}
FEW = settings(max_examples=settings().max_examples // 4)


@pytest.mark.parametrize(("id_", "answer"), ALTERNATIVES, ids=str)
def test_a_probe_finds_another_answer(id_: str, answer: str) -> None:
    expected = {**DEFAULTS, id_: answer}
    with target(assumptions={id_: answer}, hurried=True) as emulator:
        found = [run_check(one, emulator, expected) for one in suite() if one.id == id_]
    assert [one.wrong or one.unasked for one in found] == [""] * len(found)
    assert found[0].answer == answer


def _together() -> list[dict[str, str]]:
    """The alternatives in as few combinations as possible, each alternative in at least one."""
    by_question: dict[str, list[str]] = {}
    for id_, answer in ALTERNATIVES:
        if (id_, answer) not in UNASKED:
            by_question.setdefault(id_, []).append(answer)
    most = max(map(len, by_question.values()))
    return [{id_: answers[place % len(answers)] for id_, answers in by_question.items()} for place in range(most)]


@pytest.mark.parametrize("answers", [*_together(), *(dict([one]) for one in UNASKED)], ids=len)
def test_other_answers_are_found_and_no_other_check_changes(answers: dict[str, str]) -> None:
    with target(assumptions=answers, hurried=True) as emulator:
        found = run_checks(emulator, {**DEFAULTS, **answers})
    assert {name: one.wrong for name, one in found.items() if one.wrong} == {}
    unasked: Mapping[str, str] = UNASKED.get(next(iter(answers.items())), {}) if len(answers) == 1 else {}
    assert {name: one.unasked for name, one in found.items() if one.unasked} == unasked
    assert {id_: found[id_].answer for id_ in answers} == answers


def _told_apart(id_: str, order: tuple[str, ...]) -> set[tuple[str, str]]:
    """The pairs of an order that requests can tell apart, each as it stands there."""
    return {pair for pair in combinations(order, 2) if not any(set(pair) <= alike for alike in UNTOLD[id_])}


def _finds(id_: str, order: tuple[str, ...]) -> None:
    (asked,) = (one for one in suite() if one.name == id_)
    with target(assumptions={id_: order}) as emulator:
        found = run_check(asked, emulator, {})
    assert not found.wrong
    assert isinstance(found.answer, tuple)
    assert _told_apart(id_, found.answer) == _told_apart(id_, order)


@FEW
@given(st.permutations(ORDERS["Q6"]).map(tuple))
@example(ORDERS["Q6"][::-1])
def test_the_order_of_request_checks_is_found_as_far_as_requests_can_show_it(order: tuple[str, ...]) -> None:
    _finds("Q6", order)


@FEW
@given(st.permutations(ORDERS["Q7"]).map(tuple))
@example(ORDERS["Q7"][::-1])
def test_the_order_of_number_checks_is_found_as_far_as_requests_can_show_it(order: tuple[str, ...]) -> None:
    _finds("Q7", order)


def _answers(id_: str) -> st.SearchStrategy[AnswerValue]:
    return st.permutations(ORDERS[id_]).map(tuple) if id_ in ORDERS else st.sampled_from(list(ASSUMPTIONS[id_].answers))


# The suite draws examples of its own within this one's; to shrink both would take hours.
@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[HealthCheck.nested_given],
    phases=[Phase.explicit, Phase.generate],
)
@given(st.fixed_dictionaries({id_: _answers(id_) for id_ in ASSUMPTIONS}))
def test_each_answer_is_found_and_every_clause_holds_for_all_combinations_of_answers(
    answers: dict[str, AnswerValue],
) -> None:
    expected = {id_: answer for id_, answer in answers.items() if id_ not in ORDERS}
    order = answers["Q7"]
    # What is refused for its sendtime, no matter whether it is recognised, does not show whether it is.
    is_shut = order.index("sendtime") < order.index("recognised")
    with target(assumptions=answers, hurried=True) as emulator:
        found = run_checks(emulator, expected)
    assert {name: one.wrong for name, one in found.items() if one.wrong} == {}
    unasked = {"Q8"} if is_shut else set[str]()
    # Contents without a limit do not show what counts as one of their characters.
    unasked |= {"Q35", "Q46"} if answers["Q5"] == "accept" else set()
    # Equal codes do not show whether a long userid is malformed or unknown.
    unasked |= {"Q39"} if answers["Q1"] == answers["Q2"] else set()
    if answers["Q50"] == "first":
        unasked |= {*_OF_RESPS} | {id_ for id_, read in _READ.items() if answers[id_] in read}
    assert {name for name, one in found.items() if one.unasked} == unasked
