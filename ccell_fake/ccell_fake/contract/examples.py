"""Properties that are asked of a target: with many examples where they cost nothing, else with few."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from hypothesis import HealthCheck, given, reject, settings
from hypothesis.strategies import SearchStrategy

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.recording import NotRecorded

_ARRANGED, _ELSEWHERE = 30, 5

Drawn = TypeVar("Drawn")


def for_all(
    inquiry: CheckRun,
    account: ContractAccount,
    strategy: SearchStrategy[Drawn],
    holds: Callable[[Drawn], None],
    examples: Iterable[Drawn] = (),
) -> None:
    """Hold a property against examples.

    Once one has failed, what is smaller is looked for among the exchanges of this very run: no request is sent for it.

    Args:
        inquiry: The test.
        account: What it asks with.
        strategy: What examples are drawn from.
        holds: Asserts the property of one.
        examples: What is asked first, in any case.
    """
    for example in examples:
        holds(example)

    @settings(
        max_examples=_ARRANGED if inquiry.target.is_arranged else _ELSEWHERE,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
    )
    @given(strategy)
    def run(drawn: Drawn) -> None:
        try:
            holds(drawn)
        except NotRecorded:
            reject()
        except BaseException:
            account.only_recorded()
            raise

    run()
