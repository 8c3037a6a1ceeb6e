"""All checks of the suite, their order and the cost of a run."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from ccell_fake.contract import tests
from ccell_fake.contract.checks import KINDS, Check, Cost, checks_of
from ccell_fake.contract.needs import EXCESS
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, PUBLISHED


def all_checks() -> tuple[Check, ...]:
    """All checks, in the order of the registries."""
    ids = [*CLAUSES, *PUBLISHED, *ASSUMPTIONS]
    modules = (
        import_module(f"{tests.__name__}.{module.name}")
        for module in iter_modules(tests.__path__)
        if module.name.startswith("test_")
    )
    found = (check for module in modules for member in vars(module).values() for check in checks_of(member))
    return tuple(sorted(found, key=lambda check: (ids.index(check.id), check.aspect)))


def sort_key(check: Check) -> tuple[bool, bool, bool, int]:
    """Sort key of checks: free ones first, those that try to lock the account last."""
    return EXCESS in check.needs, check.cost.risk, check.cost.drain, check.cost.sms


def describe_spending(checks: Iterable[Check], allowed: frozenset[str], budget: int) -> str:
    """The most that a run may cost, and its usual cost on a gateway that keeps to the document, in one sentence."""
    costs = [one.cost for one in checks if one.cost.kinds <= allowed and one.cost.sms <= budget]
    messages = sum(cost.sms for cost in costs)
    # Retries, and a gateway that accepts what it should refuse, cost more than usual.
    usual = f" (usually {messages})" if messages < budget else ""
    parts = [f"send up to {_counted(budget, 'message')}{usual} to your own numbers"] if messages else []
    parts += ["take reports and upstream messages from the account's queues"] if any(one.drain for one in costs) else []
    parts += ["lock the account"] if any(cost.risk for cost in costs) else []
    if not parts:
        free = sum(1 for cost in costs if cost == Cost())
        return f"{_counted(free, 'free check')} will run. More run if you allow {', '.join(KINDS)}"
    may = f"{', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}"
    return f"{_counted(len(costs), 'check')} will run. They may {may}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
