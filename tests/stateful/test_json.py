"""The machine tries integrations that speak JSON-RPC as it tries those that speak XML."""

import pytest
from hypothesis import settings
from stateful.right.gateway import Unanswered
from stateful.right.json_gateway import JsonGateway
from stateful.right.machines import RIGHT
from stateful.wrong import WRONG, Wrong

from ccell_fake.faults import BrokenJsonFault, BrokenXmlFault
from ccell_fake.stateful import SETTINGS, CcellMachine, run
from ccell_mock_server.fake import FakeCcell

FEW = settings(SETTINGS, database=None, max_examples=5)
IN_JSON = [one for one in WRONG if one.machine.gateway.__name__ == "Gateway"][::4]  # type: ignore[attr-defined]


def in_json(machine: type[CcellMachine]) -> type[CcellMachine]:
    """The machine of a program that speaks JSON-RPC."""
    return type(machine.__name__, (machine,), {"gateway": JsonGateway})


@pytest.mark.parametrize("machine", RIGHT, ids=lambda machine: machine.__name__)
def test_nothing_is_said_of_a_right_program_that_speaks_json(machine: type[CcellMachine]) -> None:
    with FakeCcell() as fake:
        run(in_json(machine), fake.url, settings=FEW, seed=1)


@pytest.mark.parametrize("wrong", IN_JSON, ids=lambda wrong: wrong.program.__name__)
def test_a_wrong_program_that_speaks_json_is_found(wrong: Wrong) -> None:
    with FakeCcell() as fake, pytest.raises(wrong.findings) as caught:
        run(in_json(wrong.machine), fake.url, settings=FEW, seed=1)
    assert len(caught.value.plan.steps) <= wrong.steps + 1


def test_an_answer_that_is_broken_is_broken_json() -> None:
    with FakeCcell() as fake:
        fake.account.add_fault(BrokenXmlFault())
        fake.account.add_fault(BrokenJsonFault())
        with pytest.raises(Unanswered):
            JsonGateway(fake.url, fake.userid, fake.password).reports()
        assert [entry.delivery for entry in fake.journal()] == ["broken_json"]
