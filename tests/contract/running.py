"""The suite conducted without pytest, against an emulator of this process that may be a mutant."""

import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import httpx2
from contract.mutants.mutant import Mutant
from harness.emulators import Pauses

from ccell_fake.contract.check_run import CheckRun, ContractTarget
from ccell_fake.contract.checks import AnswerValue, Check
from ccell_fake.contract.emulator import EmulatorContractTarget
from ccell_fake.contract.needs import OVERLAP, NotAsked
from ccell_fake.contract.suite import all_checks
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.errors import CcellError
from ccell_fake.testing import ClientTransports, Server
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.fake import server

DEFAULTS: Mapping[str, AnswerValue] = {id_: question.default for id_, question in ASSUMPTIONS.items()}
"""What every question is answered by an emulator that is left as it is."""

_HURRY = 4

_NOWHERE = "http://127.0.0.1"


@cache
def suite() -> tuple[Check, ...]:
    """Every test of the suite."""
    return all_checks()


@contextmanager
def target(
    mutant: Mutant | None = None, assumptions: Mapping[str, AnswerValue] | None = None, *, hurried: bool = False
) -> Generator[EmulatorContractTarget]:
    """An emulator to be asked, without a socket; nothing of it is left afterwards.

    Args:
        mutant: What it does wrong.
        assumptions: Its answers, by question, where they are not the default.
        hurried: Whether a processing time takes a quarter of itself: what overlaps still does.
    """
    answers = {id_: list(given) if isinstance(given, tuple) else given for id_, given in (assumptions or {}).items()}
    config = parse({"server": {"port": 0}, "assumptions": answers}, "the test")
    pauses = Pauses(lambda seconds: time.sleep(seconds / _HURRY)) if hurried else None
    emulator = Emulator(config, pauses=pauses, behaviour=mutant.behaviour() if mutant else Behaviour())
    try:
        with server(emulator, is_in_process=True) as plain:
            yield EmulatorContractTarget(_over(plain, mutant) if mutant else plain)
    finally:
        emulator.stop()


def _over(plain: Server, mutant: Mutant) -> Server:
    """The emulator, reached over what the mutant carries with."""
    straight, _ = plain.transports()

    def carry() -> httpx2.BaseTransport:
        transport = straight.transport()
        assert transport is not None
        return mutant.carry(transport)

    return Server(plain.control, lambda: _NOWHERE, in_process=ClientTransports(carry), is_in_process=True)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one test.

    Attributes:
        answer: A question's answer.
        wrong: What is wrong; empty where nothing is.
        unasked: Why it could not be asked; empty where it was.
    """

    answer: AnswerValue | None = None
    wrong: str = ""
    unasked: str = ""


def run_check(asked: Check, of: ContractTarget, expected: Mapping[str, AnswerValue] = DEFAULTS) -> Found:
    """Conduct one test, and close what it opened; whatever else goes wrong is raised."""
    check_run = CheckRun(of, expected)
    try:
        check_run.run(asked)
    except (AssertionError, CcellError) as error:
        return Found(wrong=f"{type(error).__name__}: {error}")
    except NotAsked as error:
        return Found(unasked=error.reason)
    finally:
        check_run.close()
    return Found(check_run.answer)


def run_checks(of: ContractTarget, expected: Mapping[str, AnswerValue] = DEFAULTS) -> dict[str, Found]:
    """Conduct the whole suite, by the names of its tests; those that wait wait together."""
    waiting = [asked for asked in suite() if OVERLAP in asked.needs]
    with ThreadPoolExecutor(len(waiting)) as pool:
        begun = {asked.name: pool.submit(run_check, asked, of, expected) for asked in waiting}
        found = {asked.name: run_check(asked, of, expected) for asked in suite() if asked.name not in begun}
        return found | {name: one.result() for name, one in begun.items()}


def killer(mutant: Mutant) -> str:
    """The test that kills a mutant: the one it names, else another about the same, else any; empty if it survives."""
    first = sorted(suite(), key=lambda asked: (asked.name != mutant.killer, asked.id != mutant.violates))
    with target(mutant, hurried=True) as of:
        return next((asked.name for asked in first if run_check(asked, of).wrong), "")
