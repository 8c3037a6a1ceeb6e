"""The list of wrong programs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from stateful.right.gateway import Gateway

from ccell_fake.stateful import CcellMachine, Finding

Program = TypeVar("Program", bound=type[Any])


@dataclass(frozen=True)
class Wrong:
    """A wrong program.

    Attributes:
        program: The program, or the wrong Gateway class that a right program uses. Its docstring names the fault.
        machine: The machine that tries it.
        findings: What the machine has to find: one of these.
        steps: Steps of the shortest story known.
    """

    program: type[Any]
    machine: type[CcellMachine]
    findings: tuple[type[Finding], ...]
    steps: int


WRONG: list[Wrong] = []


def wrong(machine: type[CcellMachine], *findings: type[Finding], steps: int) -> Callable[[Program], Program]:
    """Register a wrong program, or a wrong Gateway, with what has to be found and in how many steps.

    Args:
        machine: The machine of the right program.
        findings: What the machine has to find: one of these.
        steps: Steps of the shortest story known.
    """

    def register(program: Program) -> Program:
        place = "gateway" if issubclass(program, Gateway) else "program"
        tailored = type(program.__name__, (machine,), {place: program, "__module__": program.__module__})
        WRONG.append(Wrong(program, tailored, findings, steps))
        return program

    return register
