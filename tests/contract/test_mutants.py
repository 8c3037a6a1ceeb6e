"""The suite notices every mutant, and there is one for whatever the document lays down or was published."""

from collections import Counter

import pytest
from contract.mutants import LIMITS, MUTANTS, Mutant
from contract.running import killer, run_check, run_checks, suite, target

from ccell_fake.codes import Code
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, PUBLISHED

XML = {"A resp has an attribute that the document does not name.", "A success has no text."}
"""Mutants that change bytes of XML."""

CHECKS = {asked.name: asked for asked in suite()}
OVER_JSON = [
    (mutant, f"{mutant.killer} over JSON")
    for mutant in MUTANTS
    if f"{mutant.killer} over JSON" in CHECKS and mutant.does not in XML
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.violates}: {one.does}")
def test_a_mutant_is_killed_by_the_test_it_names(mutant: Mutant) -> None:
    assert killer(mutant) == mutant.killer


@pytest.mark.parametrize(("mutant", "name"), OVER_JSON, ids=lambda one: getattr(one, "does", one))
def test_a_mutant_is_killed_over_json_too(mutant: Mutant, name: str) -> None:
    with target(mutant, hurried=True) as emulator:
        assert run_check(CHECKS[name], emulator).wrong


def test_an_emulator_without_violation_passes_the_whole_suite() -> None:
    with target() as emulator:
        found = run_checks(emulator)
    assert {name: one for name, one in found.items() if one.wrong or one.unasked} == {}


def test_a_mutant_is_killed_by_a_test_of_what_it_violates() -> None:
    elsewhere = [mutant for mutant in MUTANTS if CHECKS[mutant.killer].id != mutant.violates]
    assert all(mutant.because for mutant in elsewhere)
    assert [mutant for mutant in MUTANTS if mutant.because] == elsewhere


@pytest.mark.parametrize("id_", [*CLAUSES, *PUBLISHED, *ASSUMPTIONS])
def test_every_clause_published_fact_and_question_has_a_mutant(id_: str) -> None:
    assert any(mutant.violates == id_ for mutant in MUTANTS)


@pytest.mark.parametrize("code", Code)
def test_every_status_code_is_answered_as_another_and_with_another_text(code: Code) -> None:
    assert sum(mutant.code == code for mutant in MUTANTS) > 1


def test_every_limit_is_off_by_one_either_way() -> None:
    assert Counter(mutant.limit for mutant in MUTANTS if mutant.limit) == {
        (limit, more): 1 for limit in LIMITS for more in (-1, 1)
    }


def test_every_test_of_the_suite_kills_a_mutant() -> None:
    assert CHECKS.keys() - {mutant.killer for mutant in MUTANTS} - {name for _, name in OVER_JSON} == set()


def test_no_mutant_occurs_twice() -> None:
    assert len({(mutant.violates, mutant.does) for mutant in MUTANTS}) == len(MUTANTS)
