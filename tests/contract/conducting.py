"""The suite conducted without pytest, against an emulator of this process that may be a mutant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from contract.mutants.mutant import Mutant

from ccell_fake.contract.declared import Asked, Given
from ccell_fake.contract.emulator import EmulatorTarget
from ccell_fake.contract.inquiry import Inquiry
from ccell_fake.contract.needs import NotAsked
from ccell_fake.contract.suite import every
from ccell_fake.contract.target import Target
from ccell_fake.engine.conduct import Conduct
from ccell_fake.errors import CcellError
from ccell_fake.stage import Road, Server
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_mock_server.config import parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.fake import server

DEFAULTS: Mapping[str, Given] = {id_: question.default for id_, question in ASSUMPTIONS.items()}
"""What every question is answered by an emulator that is left as it is."""

_NOWHERE = "http://127.0.0.1"


@cache
def suite() -> tuple[Asked, ...]:
    """Every test of the suite."""
    return every()


@contextmanager
def target(mutant: Mutant | None = None, assumptions: Mapping[str, Given] | None = None) -> Iterator[EmulatorTarget]:
    """An emulator to be asked, without a socket; nothing of it is left afterwards.

    Args:
        mutant: What it does wrong.
        assumptions: Its answers, by question, where they are not the default.
    """
    answers = {id_: list(given) if isinstance(given, tuple) else given for id_, given in (assumptions or {}).items()}
    config = parse({"server": {"port": 0}, "assumptions": answers}, "the test")
    emulator = Emulator(config, conduct=mutant.conduct() if mutant else Conduct())
    try:
        with server(emulator, is_in_process=True) as plain:
            yield EmulatorTarget(_over(plain, mutant) if mutant else plain)
    finally:
        emulator.stop()


def _over(plain: Server, mutant: Mutant) -> Server:
    """The emulator, reached over what the mutant carries with."""
    straight, _ = plain.road()

    def carry() -> object:
        transport = straight.transport()
        assert transport is not None
        return mutant.carry(transport)

    return Server(plain.control, lambda: _NOWHERE, in_process=Road(carry), is_in_process=True)


def conduct(asked: Asked, of: Target, expected: Mapping[str, Given] = DEFAULTS) -> Given | None:
    """Conduct one test, and close what it opened; a question's answer.

    Raises:
        NotAsked: It cannot be asked.
        AssertionError: It failed.
        CcellError: What came back could not be read.
    """
    inquiry = Inquiry(of, expected)
    try:
        inquiry.conduct(asked)
    finally:
        inquiry.close()
    return inquiry.answer


def notices(asked: Asked, of: Target) -> str:
    """What a test finds wrong; empty where it passes, or cannot be asked."""
    try:
        conduct(asked, of)
    except (AssertionError, CcellError) as error:
        return f"{type(error).__name__}: {error}"
    except NotAsked:
        pass
    return ""


def killer(mutant: Mutant) -> str:
    """The test that kills a mutant: the one it names, else another about the same, else any; empty if it survives."""
    first = sorted(suite(), key=lambda asked: (asked.name != mutant.killer, asked.id != mutant.violates))
    with target(mutant) as of:
        return next((asked.name for asked in first if notices(asked, of)), "")
