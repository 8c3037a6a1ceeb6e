"""Find the order of a gateway's checks with requests that violate two of them at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from ccell_fake.contract.answers import UnknownAnswer
from ccell_fake.contract.needs import Need, NotAsked


@dataclass(frozen=True, slots=True)
class Violation:
    """A way to violate one check of the gateway.

    Attributes:
        check: The check's name in the registry's order.
        needs: Needs of the account.
        settings: Settings of an account that is opened for it.
        changes: Changes of the request, by name.
    """

    check: str
    needs: tuple[Need, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    changes: Mapping[str, object] = field(default_factory=dict[str, object])

    def is_compatible_with(self, other: "Violation") -> bool:
        """Return whether one request can contain both: they change different things."""
        return not (self.changes.keys() & other.changes.keys() or self.settings.keys() & other.settings.keys())


SendViolations = Callable[[Sequence[Violation]], str | None]
"""Sends a request with violations. Returns its code, or None if there is no code of this kind."""


def find_order(
    violations: Sequence[Violation], send: SendViolations, default: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Find the order of the checks. Returns it with a note for the report.

    Checks keep their place in the default if they share a code or no request can violate both.

    Raises:
        UnknownAnswer: The order is circular, or a request has the code of neither check.
        NotAsked: No two checks can be compared.
    """
    alone: dict[str, str] = {}
    for violation in violations:
        try:
            code = send([violation])
        except NotAsked:
            continue
        if code is not None:
            alone[violation.check] = code
    pairs: set[tuple[str, str]] = set()
    for one, other in combinations([violation for violation in violations if violation.check in alone], 2):
        orders = {alone[one.check]: (one.check, other.check), alone[other.check]: (other.check, one.check)}
        if len(orders) < 2 or not one.is_compatible_with(other):  # noqa: PLR2004 - a pair
            continue
        code = send([one, other])
        if code is None:
            continue
        if code not in orders:
            message = f"a request that violates {one.check} and {other.check} has {code}"
            raise UnknownAnswer(message)
        pairs.add(orders[code])
    if not pairs:
        message = "needs an account with two checks that one request can violate"
        raise NotAsked(message)
    return _sort(default, pairs), "1 pair was compared" if len(pairs) == 1 else f"{len(pairs)} pairs were compared"


def _sort(default: tuple[str, ...], pairs: set[tuple[str, str]]) -> tuple[str, ...]:
    """Reorder the default as little as possible so that it agrees with every pair."""
    left, order = list(default), list[str]()
    while left:
        # Names that no remaining name must precede.
        free = [name for name in left if not any((other, name) in pairs for other in left)]
        if not free:
            message = f"the order of {', '.join(left)} is circular"
            raise UnknownAnswer(message)
        order.append(free[0])
        left.remove(free[0])
    return tuple(order)
