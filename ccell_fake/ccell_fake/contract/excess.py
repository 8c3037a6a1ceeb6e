"""Going over an account's threads on purpose, again and again (K3, Q22)."""

from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import Account
from ccell_fake.contract.needs import CROWD, OVERLAP, Need
from ccell_fake.model import Operation

EXCESS = Need(
    "excess", "requests that can be kept in progress together", lambda one: CROWD.is_met(one) or OVERLAP.is_met(one)
)

MOST = 40
"""How often it is tried."""


def over(account: Account) -> str:
    """The code of a request too many."""
    threads = account.standing.settings.max_concurrency
    ask = partial(account.post, Operation.INFO, account.root())
    if CROWD.is_met(account.standing):
        with account.crowd(threads):
            return ask().code
    seen = {heard.code for heard in account.at_once([ask] * (threads + 1))}
    refused = sorted(seen - {Code.SUCCESS})
    return refused[0] if refused else Code.SUCCESS


def is_locked(account: Account) -> bool:
    """Whether the account is locked."""
    return account.post(Operation.INFO, account.root()).code == Code.ACCOUNT_FROZEN


def excesses_until_locked(account: Account, at_most: int) -> int | None:
    """How many requests too many it takes to lock the account; None where so many do not."""
    for count in range(at_most):
        if over(account) == Code.ACCOUNT_FROZEN:
            return count
    return at_most if is_locked(account) else None
