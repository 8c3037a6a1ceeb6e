"""A live run notices a violation too, with an account of the right kind and patience; or there is a reason."""

import pytest
from contract.living import live_target
from contract.mutants import MUTANTS, Mutant
from contract.running import DEFAULTS, Found, run_check, suite

from ccell_fake.contract.checks import Check
from ccell_fake.contract.needs import EXCESS

_MAY_BE_LATE = "what has not arrived may still arrive"
_NO_JSON = "a gateway that answers no call is taken for one without JSON-RPC"
_ARRANGED = "it takes settings, a clock or a fault that only an emulator offers"
_CHOSEN_BY_THE_PHONE = "a phone that replies by itself chooses the text"

UNNOTICED = {
    ("R1", "A report never comes."): _MAY_BE_LATE,
    ("T1", "A GET of report always answers that there is nothing."): _MAY_BE_LATE,
    ("T1", "A GET of upmsg always answers that there is nothing."): _MAY_BE_LATE,
    ("T1", "A POST of report always answers that there is nothing."): _MAY_BE_LATE,
    ("T1", "A POST of upmsg always answers that there is nothing."): _MAY_BE_LATE,
    ("R4", "A refused call takes the reports."): _MAY_BE_LATE,
    ("U4", "A refused call takes the upstream messages."): _MAY_BE_LATE,
    ("R2", "After the first 300, reports are lost."): _MAY_BE_LATE,
    ("U2", "After the first 100, upstream messages are lost."): _MAY_BE_LATE,
    ("A1", "The sendtime of the first submit applies to the next, if that has none."): _MAY_BE_LATE,
    ("U2", "The next page of upstream messages begins with the last of the page before."): _CHOSEN_BY_THE_PHONE,
    ("I1", "RICHES includes the credit."): "only info says what balance an account has",
    ("U1", "An upstream message's text is cut at its first character."): _CHOSEN_BY_THE_PHONE,
    ("P6", "JSON-RPC takes no POST."): _NO_JSON,
    ("C1", "1001999 is answered as 0."): _ARRANGED,
    ("C1", "1001999 has another text."): _ARRANGED,
    ("Q6", "The balance is checked before the closing phrase."): _ARRANGED,
    ("Q7", "Black words are checked before templates."): _ARRANGED,
    ("Q17", "Exactly now is accepted, exactly 50 days ahead is not."): _ARRANGED,
}
"""Mutants that no live run notices, and why."""

_CHECKS: dict[str, Check] = {check.name: check for check in suite()}
# Holding requests in progress until an account is locked takes a minute where no control API does it.
_LIVE = [mutant for mutant in MUTANTS if EXCESS not in _CHECKS[mutant.killer].needs]


def _run_live(mutant: Mutant) -> Found:
    with live_target(mutant) as live:
        return run_check(_CHECKS[mutant.killer], live, DEFAULTS)


@pytest.mark.parametrize("mutant", _LIVE, ids=lambda one: f"{one.violates}: {one.does}")
def test_a_live_run_notices_a_mutant_unless_there_is_a_reason(mutant: Mutant) -> None:
    found = _run_live(mutant)
    assert bool(found.wrong) == ((mutant.violates, mutant.does) not in UNNOTICED), found


def test_every_reason_is_of_a_mutant() -> None:
    assert UNNOTICED.keys() <= {(mutant.violates, mutant.does) for mutant in _LIVE}


@pytest.mark.parametrize("check", [one for one in suite() if EXCESS not in one.needs], ids=lambda one: one.name)
def test_an_emulator_without_violation_passes_as_a_live_service(check: Check) -> None:
    with live_target() as live:
        assert not run_check(check, live, DEFAULTS).wrong
