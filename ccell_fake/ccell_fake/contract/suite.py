"""The suite whole: its tests in the order in which they are asked, the costly last."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules

import ccell_fake.contract.tests as package
from ccell_fake.contract.checks import Check
from ccell_fake.contract.costs import KINDS, Cost
from ccell_fake.contract.excess import EXCESS
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES


def every() -> tuple[Check, ...]:
    """Every test, in the order of the registries."""
    ids = [*CLAUSES, *ASSUMPTIONS]
    return tuple(sorted(_found(), key=lambda asked: (ids.index(asked.id), asked.aspect)))


def _found() -> Iterator[Check]:
    for module in iter_modules(package.__path__):
        if module.name.startswith("test_"):
            members = vars(import_module(f"{package.__name__}.{module.name}")).values()
            yield from (member.asked for member in members if isinstance(getattr(member, "asked", None), Check))


def weight(asked: Check) -> tuple[bool, bool, bool, int]:
    """What tests are ordered by: what is free is asked first, and last what means to lock the account."""
    return EXCESS in asked.needs, asked.cost.risk, asked.cost.drain, asked.cost.sms


def spending(asked: Iterable[Check], allowed: frozenset[str], budget: int) -> str:
    """What a run may cost, in one sentence: what a gateway charges that keeps to the document, and at most."""
    costs = [one.cost for one in asked if one.cost.kinds <= allowed and one.cost.sms <= budget]
    messages = sum(cost.sms for cost in costs)
    # A gateway that takes what it should refuse is sent more, as is one whose tests are tried again.
    usual = f" (usually {messages})" if messages < budget else ""
    parts = [f"send up to {budget} messages{usual} to your own numbers"] if messages else []
    parts += ["take what is queued for the account"] if any(cost.drain for cost in costs) else []
    parts += ["lock the account"] if any(cost.risk for cost in costs) else []
    free = sum(1 for cost in costs if cost == Cost())
    if not parts:
        return f"{free} tests are free; nothing else is asked. --ccell-allow={','.join(KINDS)} allows more"
    return (
        f"{len(costs)} tests are asked. This run may {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}"
    )
