"""What was answered holds while emulators are killed and the database is restarted."""

import pytest
from store import chaos


@pytest.mark.timeout(600)
def test_every_answer_holds_while_emulators_are_killed_and_the_database_restarts() -> None:
    verdict = chaos.run(minutes=1.0)
    assert verdict.faults == [], verdict.figures
    assert verdict.figures["emulators killed"] == 5
    assert verdict.figures["restarts of the database"] == verdict.figures["crashes of the database"] == 1
