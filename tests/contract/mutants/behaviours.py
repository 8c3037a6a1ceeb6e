"""Violations in what the gateway decides, as behaviours: rules left out or altered, figures moved, endpoints misled."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from ccell_fake.codes import Code
from ccell_fake.engine import number_rules, request_rules
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.operations import OPERATIONS, Operate
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Refusal, Rule
from ccell_fake.limits import Limits
from ccell_fake.model import AnyReply, Operation, Reply
from ccell_fake.settings import AccountSettings

from .mutant import Make

Alter = Callable[[Any], Iterable[Any]]
"""The rules that stand in a rule's place."""
AnyOneRule = TypeVar("AnyOneRule", bound=Rule[Any])


def limited(**figures: Any) -> Make:
    """The figures are others."""
    return lambda: Behaviour(limits=Limits(**figures))


def settled(**settings: Any) -> Make:
    """Every account has these settings, whatever it was given."""

    def taken(given: AccountSettings) -> AccountSettings:
        return replace(given, **settings)

    return lambda: Behaviour(settings=taken)


def ruled(alter: Alter) -> Make:
    """Each rule is replaced by those that it is altered to."""
    return lambda: Behaviour(
        request_rules=lambda answers: tuple(new for rule in request_rules.in_order(answers) for new in alter(rule)),
        number_rules=lambda answers: tuple(new for rule in number_rules.in_order(answers) for new in alter(rule)),
    )


def without(*names: str) -> Make:
    """Rules of these names are left out."""
    return ruled(lambda rule: () if rule.name in names else (rule,))


def judged(name: str, judge: Callable[[Any, Refusal | None], Refusal | None]) -> Make:
    """A rule judges otherwise: by facts, and by what it says itself."""

    def altered(rule: AnyOneRule) -> AnyOneRule:
        def check(facts: Any) -> Refusal | None:
            return judge(facts, rule.check(facts) if rule.can_refuse(_policy(facts)) else None)

        return replace(rule, check=check, can_refuse=_always)

    return ruled(lambda rule: (altered(rule) if rule.name == name else rule,))


def _always(_policy: Policy) -> bool:
    return True


def _policy(facts: Any) -> Policy:
    return facts.account.policy if isinstance(facts, RequestFacts) else facts.policy


def recoded(name: str, code: Code) -> Make:
    """A rule refuses with another code."""

    def judge(_: object, refusal: Refusal | None) -> Refusal | None:
        return refusal and replace(refusal, code=code)

    return judged(name, judge)


def refusing(name: str, check: Callable[[Any], Refusal | None]) -> Make:
    """A rule has another one in front of it, about the same."""
    return ruled(lambda rule: (replace(rule, check=check, can_refuse=_always), rule) if rule.name == name else (rule,))


def swapped(one: str, other: str) -> Make:
    """Two rules stand in each other's place."""

    def swap(rules: tuple[Any, ...]) -> tuple[Any, ...]:
        by_name = {rule.name: rule for rule in rules}
        places = {one: other, other: one} if {one, other} <= by_name.keys() else {}
        return tuple(by_name[places.get(rule.name, rule.name)] for rule in rules)

    return lambda: Behaviour(
        request_rules=lambda answers: swap(request_rules.in_order(answers)),
        number_rules=lambda answers: swap(number_rules.in_order(answers)),
    )


def operating(operation: Operation, operate: Operate) -> Make:
    """An endpoint does something else."""
    return lambda: _with_operation(Behaviour(), operation, operate)


def misled(operation: Operation, mislead: Callable[[RequestFacts], RequestFacts], make: Make = Behaviour) -> Make:
    """An endpoint is given other facts, once the request is accepted."""

    def operate(facts: RequestFacts, ledger: Ledger, seed: int) -> AnyReply:
        return OPERATIONS[operation](mislead(facts), ledger, seed)

    return lambda: _with_operation(make(), operation, operate)


def _with_operation(behaviour: Behaviour, operation: Operation, operate: Operate) -> Behaviour:
    return replace(behaviour, operations={**behaviour.operations, operation: operate})


def afterwards(
    operation: Operation, act: Callable[[RequestFacts, Ledger, Any], AnyReply | None], make: Make = Behaviour
) -> Make:
    """An endpoint does one thing more, or answers another thing."""

    def operate(facts: RequestFacts, ledger: Ledger, seed: int) -> AnyReply:
        reply = OPERATIONS[operation](facts, ledger, seed)
        return act(facts, ledger, reply) or reply

    return lambda: _with_operation(make(), operation, operate)


def items(operation: Operation, alter: Callable[[tuple[Any, ...]], Iterable[Any]], make: Make = Behaviour) -> Make:
    """Alter the items of an answer."""
    return afterwards(operation, lambda _, __, reply: Reply(reply.code, reply.info, tuple(alter(reply.items))), make)


def each(operation: Operation, alter: Callable[[Any], Any], make: Make = Behaviour) -> Make:
    """Each item of what an answer carries is altered."""
    return items(operation, lambda carried: map(alter, carried), make)


def repeating(operation: Operation) -> Make:
    """Each call also returns the items of the account's previous call."""

    def make() -> Behaviour:
        last: dict[int, tuple[Any, ...]] = {}

        def act(facts: RequestFacts, _: Ledger, reply: Any) -> AnyReply:
            before = last.get(facts.account.key, ())
            last[facts.account.key] = reply.items
            return Reply(reply.code, reply.info, (*before, *reply.items))

        return afterwards(operation, act)()

    return make


def overlapping(operation: Operation, per_call: int) -> Make:
    """The page after a full page begins with the last item of that page, in place of its own first item."""

    def make() -> Behaviour:
        last: dict[int, tuple[Any, ...]] = {}

        def act(facts: RequestFacts, _: Ledger, reply: Any) -> AnyReply:
            before = last.get(facts.account.key, ())
            last[facts.account.key] = reply.items
            repeated = before[-1:] if len(before) == per_call else ()
            return Reply(reply.code, reply.info, (*repeated, *reply.items[len(repeated) :]))

        return afterwards(operation, act)()

    return make


def charging(messages: Callable[[RequestFacts, Any], int]) -> Make:
    """A send charges so many messages more, by facts and by what it answers."""

    def act(facts: RequestFacts, ledger: Ledger, reply: Any) -> None:
        ledger.charge(facts.account.key, messages(facts, reply))

    return afterwards(Operation.SEND, act)
