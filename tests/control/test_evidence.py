"""Everything that an answer refers to has a text in English and Chinese."""

from collections.abc import Iterable

from ccell_fake.control.client import ControlClient
from ccell_fake.engine import number_rules, request_rules
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.rules import Rule
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, OBSERVATIONS, PUBLISHED

# Decisions that no rule of a request makes.
OTHERS = {"path", "method", "query-length", "fault", "reset", "failure", "unknown_effect"}


def _names(*rules: Iterable[Rule[object]]) -> set[str]:
    return {rule.name for group in rules for rule in group}


def test_every_rule_clause_observation_and_question_has_its_texts(control: ControlClient) -> None:
    answers = Answers()
    rules = _names(
        number_rules.in_order(answers),  # type: ignore[arg-type]
        request_rules.in_order(answers),  # type: ignore[arg-type]
        request_rules.for_unknown_accounts(answers),  # type: ignore[arg-type]
    )
    found = {one.id: one for one in control.evidence()}
    assert found.keys() == {*CLAUSES, *PUBLISHED, *OBSERVATIONS, *ASSUMPTIONS, *rules, *OTHERS}
    for one in found.values():
        assert one.text
        assert not one.text_zh.isascii()
        assert bool(one.passes) == bool(one.passes_zh) == (one.kind == "rule")


def test_a_question_has_its_answers_and_its_default(control: ControlClient) -> None:
    (question,) = (one for one in control.evidence() if one.id == "Q22")
    assert (question.kind, question.source) == ("question", "K3")
    assert [(one.answer, one.is_default) for one in question.answers] == [
        ("10/60", True),
        ("never", False),
        ("N/S", False),
    ]
