"""A plan as Python code: a test that repeats it, ready to paste."""

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import cast

from ccell_fake.clock import SHANGHAI
from ccell_fake.faults import FaultConditions
from ccell_fake.stateful.steps import Plan


def paste(plan: Plan, machine: str) -> str:
    """Write a test that performs a plan without Hypothesis.

    Args:
        plan: The plan.
        machine: Name of the machine's class, which the test has to import.
    """
    writer = _Writer()
    steps = "".join(f"            {writer.write(step)},\n" for step in plan.steps)
    account = "".join(f"        {name}={text},\n" for name, text in writer.changed(plan) if name != "steps")
    return (
        f"{writer.imports()}\n\n\n"
        f"def test_{_snake(machine)}(ccell_server):\n"
        f"    plan = stateful.Plan(\n        steps=(\n{steps}        ),\n{account}    )\n"
        f"    stateful.replay({machine}, ccell_server.url, plan)"
    )


class _Writer:
    """Writes values as code, without attributes that are as by default."""

    def __init__(self) -> None:
        self._imports: dict[str, set[str]] = {"ccell_fake": {"stateful"}}

    def imports(self) -> str:
        """The imports that the code needs: those of the standard library first."""
        lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._imports.items())]
        own = [line for line in lines if line.startswith("from ccell_fake")]
        return "\n".join([*(f"{line}\n" for line in lines if line not in own), *own])

    def write(self, value: object) -> str:
        match value:
            case Enum():
                code = f"{self._named(type(value))}.{value.name}"
            case datetime():
                at = value.astimezone(SHANGHAI)
                time = [at.year, at.month, at.day, at.hour, at.minute, *([at.second] if at.second else [])]
                self._imports.setdefault("ccell_fake.clock", set()).add("SHANGHAI")
                code = f"{self._named(datetime)}({', '.join(map(str, time))}, tzinfo=SHANGHAI)"
            case str():
                code = json.dumps(value, ensure_ascii=False)
            case tuple():
                items = [self.write(one) for one in cast("tuple[object, ...]", value)]
                code = f"({', '.join(items)}{',' if len(items) == 1 else ''})"
            case FaultConditions():
                code = self._call(self._named(type(value)), value)
            case _ if is_dataclass(value):
                code = self._call(f"stateful.{type(value).__name__}", value)
            case _:
                code = repr(value)
        return code

    def _call(self, name: str, value: object) -> str:
        return f"{name}({', '.join(f'{attribute}={text}' for attribute, text in self.changed(value))})"

    def changed(self, value: object) -> Iterator[tuple[str, str]]:
        """Names and code of the attributes that are not as by default."""
        for one in fields(value):  # type: ignore[arg-type]
            actual = getattr(value, one.name)
            if actual != _default_of(one):
                yield one.name, self.write(actual)

    def _named(self, kind: type) -> str:
        self._imports.setdefault(kind.__module__, set()).add(kind.__name__)
        return kind.__name__


def _default_of(one: Field[object]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
