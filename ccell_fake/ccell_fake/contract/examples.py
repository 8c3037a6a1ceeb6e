"""Property checks against a target: many examples where they are free, few elsewhere."""

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
    check_run: CheckRun,
    account: ContractAccount,
    strategy: SearchStrategy[Drawn],
    assert_property: Callable[[Drawn], None],
    examples: Iterable[Drawn] = (),
) -> None:
    """Check a property with drawn examples.

    Shrinking sends no requests after a failure. It uses only the exchanges recorded so far.

    Args:
        check_run: The running check.
        account: The account to use.
        strategy: Draws examples.
        assert_property: Asserts the property of one example.
        examples: Examples that always run first.
    """
    for example in examples:
        assert_property(example)

    @settings(
        max_examples=_ARRANGED if check_run.target.is_arranged else _ELSEWHERE,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
    )
    @given(strategy)
    def run(drawn: Drawn) -> None:
        try:
            assert_property(drawn)
        except NotRecorded:
            reject()
        except BaseException:
            account.replay_only()
            raise

    run()
