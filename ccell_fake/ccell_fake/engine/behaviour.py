"""How a gateway conducts itself: the figures, rules and operations it goes by.

This is the seam at which a deliberate violation is put in, to see whether the tests of the contract notice it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ccell_fake.engine import number_rules, request_rules
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.number_rules import AnyRule
from ccell_fake.engine.operations import OPERATIONS, Operate
from ccell_fake.engine.rules import Rule
from ccell_fake.limits import Limits
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings


def _as_they_are(settings: AccountSettings) -> AccountSettings:
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a gateway goes by: the document, unless told otherwise.

    Attributes:
        limits: The figures.
        settings: How it takes the settings of an account.
        request_rules: The rules about a request, in the order of its answers.
        number_rules: The rules about a number, likewise.
        operations: What each endpoint does with a request that it accepts.
    """

    limits: Limits = field(default_factory=Limits)
    settings: Callable[[AccountSettings], AccountSettings] = _as_they_are
    request_rules: Callable[[Answers], tuple[Rule[RequestFacts], ...]] = request_rules.in_order
    number_rules: Callable[[Answers], tuple[AnyRule, ...]] = number_rules.in_order
    operations: Mapping[Operation, Operate] = field(default_factory=lambda: OPERATIONS)
