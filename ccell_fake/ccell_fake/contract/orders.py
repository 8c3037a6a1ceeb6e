"""Orders of checks, found out by requests that offend two at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from ccell_fake.contract.answers import Unsettled
from ccell_fake.contract.needs import Need, NotAsked

Found = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Offence:
    """How to offend one check.

    Attributes:
        check: Its name in the registry's order.
        needs: What it takes of the account.
        settings: Of an account that is opened for it.
        changes: What it changes in the request, by name.
    """

    check: str
    needs: tuple[Need, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    changes: Mapping[str, object] = field(default_factory=dict[str, object])

    def goes_with(self, other: "Offence") -> bool:
        """Whether one request can offend both: they change different things."""
        return not (self.changes.keys() & other.changes.keys() or self.settings.keys() & other.settings.keys())


Ask = Callable[[Sequence[Offence]], str | None]
"""The code that a request gets which offends some checks; None where it gets none of this kind."""


def found_out(offences: Sequence[Offence], ask: Ask, default: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The order of the checks, as far as it can be seen, and what there is to say beside it.

    Checks that have the same code, or that no request can offend together, stay as they stand in the default.

    Args:
        offences: How to offend each check.
        ask: Makes the requests.
        default: The order that is kept where nothing speaks against it.

    Raises:
        Unsettled: Two of them are asked in a circle, or a request has the code of neither.
        NotAsked: There are no two that can be compared.
    """
    alone: dict[str, str] = {}
    for offence in offences:
        try:
            code = ask([offence])
        except NotAsked:
            continue
        if code is not None:
            alone[offence.check] = code
    first: set[tuple[str, str]] = set()
    for one, other in combinations([offence for offence in offences if offence.check in alone], 2):
        codes = {alone[one.check]: (one.check, other.check), alone[other.check]: (other.check, one.check)}
        if len(codes) < 2 or not one.goes_with(other):  # noqa: PLR2004 - a pair
            continue
        seen = ask([one, other])
        if seen is None:
            continue
        if seen not in codes:
            message = f"a request that offends {one.check} and {other.check} has {seen}"
            raise Unsettled(message)
        first.add(codes[seen])
    if not first:
        message = "needs an account of which two checks can be offended at the same time"
        raise NotAsked(message)
    return _ordered(default, first), f"{len(first)} pairs were compared"


def _ordered(default: tuple[str, ...], first: set[tuple[str, str]]) -> tuple[str, ...]:
    """The default with as little moved as the pairs ask for, each of which stands in its order."""
    left, order = list(default), list[str]()
    while left:
        # The first that nothing which is left has to stand before.
        free = [name for name in left if not any((other, name) in first for other in left)]
        if not free:
            message = f"{', '.join(left)} are asked in a circle"
            raise Unsettled(message)
        order.append(free[0])
        left.remove(free[0])
    return tuple(order)
