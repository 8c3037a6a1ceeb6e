"""The corpus: each wrong program is found, blamed rightly and told shortly; nothing is said of the right ones."""

import json

import pytest
from harness.pages import ROOT
from hypothesis import settings
from stateful.right.machines import RIGHT
from stateful.wrong import WRONG, Wrong

from ccell_fake.stateful import SETTINGS, CcellMachine, run
from ccell_mock_server.fake import FakeCcell

SEEDS = (1, 2)
FEW = settings(SETTINGS, database=None, max_examples=15)
MEASURED = ROOT / "tests" / "stateful" / "rates.json"


@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.program.__name__)
def test_a_wrong_program_is_found_and_told_in_few_steps(wrong: Wrong, number: int) -> None:
    with FakeCcell() as fake, pytest.raises(wrong.findings) as caught:
        run(wrong.machine, fake.url, settings=FEW, seed=number)
    assert len(caught.value.plan.steps) <= wrong.steps + 1


@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("machine", RIGHT, ids=lambda machine: machine.__name__)
def test_nothing_is_said_of_a_right_program(machine: type[CcellMachine], number: int) -> None:
    with FakeCcell() as fake:
        run(machine, fake.url, settings=FEW, seed=number)


def test_every_program_has_measured_rates() -> None:
    measured = {one["program"]: one for one in json.loads(MEASURED.read_text(encoding="utf-8"))}
    assert measured.keys() == {one.program.__name__ for one in WRONG} | {one.program.__name__ for one in RIGHT}
    for one in WRONG:
        rate = measured[one.program.__name__]
        assert rate["found"] >= 19
        assert rate["steps"] <= one.steps + 1
    for machine in RIGHT:
        rate = measured[machine.program.__name__]
        assert rate["found"] == 0
        assert rate["runs"] > 0
