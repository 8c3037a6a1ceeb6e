"""The limits, rules and operations that a gateway uses.

Mutants replace parts of it to check that the contract suite notices a violation.
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


def _unchanged(settings: AccountSettings) -> AccountSettings:
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The behaviour of a gateway, by default the document's.

    Attributes:
        limits: The limits.
        settings: Changes the settings of each account.
        request_rules: Returns the rules about a request, in the order of the answers.
        number_rules: Returns the rules about a number, in the order of the answers.
        operations: Carries out accepted requests, by endpoint.
    """

    limits: Limits = field(default_factory=Limits)
    settings: Callable[[AccountSettings], AccountSettings] = _unchanged
    request_rules: Callable[[Answers], tuple[Rule[RequestFacts], ...]] = request_rules.in_order
    number_rules: Callable[[Answers], tuple[AnyRule, ...]] = number_rules.in_order
    operations: Mapping[Operation, Operate] = field(default_factory=lambda: OPERATIONS)
