"""Going over an account's threads on purpose, again and again (K3, Q22)."""

from collections.abc import Callable
from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.needs import CROWD, OVERLAP, Need, NotAsked
from ccell_fake.contract.numbers import UNKNOWN, submit
from ccell_fake.contract.raw_answer import RawAnswer

EXCESS = Need(
    "excess", "requests that can be kept in progress together", lambda one: CROWD.is_met(one) or OVERLAP.is_met(one)
)

MOST = 40
"""How often it is tried."""

# Info may answer a locked account (Q23).
_HARMLESS = submit(UNKNOWN, "测试")


def over(account: ContractAccount, ask: Callable[[], RawAnswer] | None = None) -> str:
    """The code of a request too many.

    Raises:
        NotAsked: There was none, as far as can be seen.
    """
    threads = account.standing.settings.max_concurrency
    ask = ask or partial(account.send, _HARMLESS)
    if CROWD.is_met(account.standing):
        with account.crowd(threads):
            return ask().code
    seen = {heard.code for heard in account.at_once([ask] * (threads + 1))}
    refused = sorted(seen - {Code.SUCCESS})
    if not refused:
        # They may have come one after the other.
        message = f"needs {OVERLAP.says}"
        raise NotAsked(message)
    return refused[0]


def alone(account: ContractAccount) -> str:
    """The code of a request that is alone."""
    return account.send(_HARMLESS).code


def is_locked(account: ContractAccount) -> bool:
    """Whether the account is locked."""
    return alone(account) == Code.ACCOUNT_FROZEN


def excesses_until_locked(account: ContractAccount, at_most: int) -> int | None:
    """How many requests too many it takes to lock the account; None where so many do not."""
    for count in range(1, at_most + 1):
        over(account)
        # A request too many may be told so even when the account is locked (Q6).
        if is_locked(account):
            return count
    return None
