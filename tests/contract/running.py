"""Run the contract suite without pytest, against an emulator in this process, which may be a mutant."""

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
"""The answers of an emulator with default settings."""

_HURRY = 4

_NOWHERE = "http://127.0.0.1"


@cache
def suite() -> tuple[Check, ...]:
    """Return every check of the suite."""
    return all_checks()


@contextmanager
def target(
    mutant: Mutant | None = None, assumptions: Mapping[str, AnswerValue] | None = None, *, hurried: bool = False
) -> Generator[EmulatorContractTarget]:
    """Run an emulator without a socket, as a target that can arrange everything.

    Args:
        mutant: A violation.
        assumptions: Answers that differ from the default, by question.
        hurried: Whether processing takes a quarter of its time. Requests still overlap.
    """
    with serve(mutant, assumptions, hurried=hurried) as of:
        yield EmulatorContractTarget(of)


@contextmanager
def serve(
    mutant: Mutant | None = None, assumptions: Mapping[str, AnswerValue] | None = None, *, hurried: bool = False
) -> Generator[Server]:
    """Run an emulator without a socket; see `target`."""
    given = {**(mutant.answers if mutant else {}), **(assumptions or {})}
    answers = {id_: list(answer) if isinstance(answer, tuple) else answer for id_, answer in given.items()}
    config = parse({"server": {"port": 0}, "assumptions": answers}, "the test")
    pauses = Pauses(lambda seconds: time.sleep(seconds / _HURRY)) if hurried else None
    emulator = Emulator(config, pauses=pauses, behaviour=mutant.behaviour() if mutant else Behaviour())
    try:
        with server(emulator, is_in_process=True) as plain:
            yield _over(plain, mutant) if mutant else plain
    finally:
        emulator.stop()


def _over(plain: Server, mutant: Mutant) -> Server:
    """Reach the emulator over the mutant's transport."""
    straight, _ = plain.transports()

    def carry() -> httpx2.BaseTransport:
        transport = straight.transport()
        assert transport is not None
        return mutant.carry(transport)

    return Server(plain.control, lambda: _NOWHERE, in_process=ClientTransports(carry), is_in_process=True)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one check.

    Attributes:
        answer: A question's answer.
        wrong: The failure; empty if the check passed.
        unasked: Why the check could not run; empty if it ran.
    """

    answer: AnswerValue | None = None
    wrong: str = ""
    unasked: str = ""


def run_check(asked: Check, of: ContractTarget, expected: Mapping[str, AnswerValue] = DEFAULTS) -> Found:
    """Run one check, and close its accounts. Other exceptions are raised."""
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
    """Run the whole suite. Returns the results by name. Checks that wait run at the same time."""
    waiting = [asked for asked in suite() if OVERLAP in asked.needs]
    with ThreadPoolExecutor(len(waiting)) as pool:
        begun = {asked.name: pool.submit(run_check, asked, of, expected) for asked in waiting}
        found = {asked.name: run_check(asked, of, expected) for asked in suite() if asked.name not in begun}
        return found | {name: one.result() for name, one in begun.items()}


def killer(mutant: Mutant) -> str:
    """Return the check that kills a mutant: the named one, else one of its clause, else any. Empty if none does."""
    first = sorted(suite(), key=lambda asked: (asked.name != mutant.killer, asked.id != mutant.violates))
    with target(mutant, hurried=True) as of:
        return next((asked.name for asked in first if run_check(asked, of).wrong), "")
