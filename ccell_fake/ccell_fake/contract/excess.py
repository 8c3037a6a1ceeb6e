"""Going over an account's threads on purpose, again and again (K3, Q22)."""

from ccell_fake.codes import Code
from ccell_fake.contract.account import Account
from ccell_fake.model import Operation

MOST = 40
"""How often it is tried."""


def is_locked(account: Account) -> bool:
    """Whether the account is locked."""
    return _code(account) == Code.ACCOUNT_FROZEN


def excesses_until_locked(account: Account, at_most: int) -> int | None:
    """How many requests too many it takes to lock the account; None where so many do not."""
    with account.crowd(account.standing.settings.max_concurrency):
        for count in range(1, at_most + 1):
            if _code(account) == Code.ACCOUNT_FROZEN:
                return count - 1
    return at_most if is_locked(account) else None


def _code(account: Account) -> str:
    return account.post(Operation.INFO, account.root()).code
