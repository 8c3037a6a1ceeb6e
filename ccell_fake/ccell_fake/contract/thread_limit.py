"""Deliberate requests over an account's thread limit (K3, Q22)."""

from collections.abc import Callable
from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.needs import HOLD, OVERLAP, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit

MAX_ATTEMPTS = 40
"""Number of attempts to lock an account."""

# A locked account may still answer info (Q23).
_HARMLESS = submit(UNKNOWN, "测试")


def exceed_threads(account: ContractAccount, call: Callable[[], RawAnswer] | None = None) -> str:
    """Make one request too many. Returns its code.

    Raises:
        NotAsked: The requests were not in progress together.
    """
    threads = account.known.settings.max_concurrency
    call = call or partial(account.send, _HARMLESS)
    if HOLD.is_satisfied_by(account.known):
        with account.arranger.hold(threads):
            return call().code
    refused = sorted({answer.code for answer in account.in_parallel([call] * (threads + 1))} - {Code.SUCCESS})
    if not refused:
        message = f"needs {OVERLAP.description}"
        raise NotAsked(message)
    return refused[0]


def send_alone(account: ContractAccount) -> str:
    """Make one request while no other is in progress. Returns its code."""
    return account.send(_HARMLESS).code


def is_locked(account: ContractAccount) -> bool:
    """Return whether the account is locked."""
    return send_alone(account) == Code.ACCOUNT_FROZEN


def count_excesses_until_locked(account: ContractAccount, at_most: int) -> int | None:
    """Number of excess requests that lock the account. None if `at_most` do not."""
    for count in range(1, at_most + 1):
        exceed_threads(account)
        # An excess request may have its own code even on a locked account (Q6).
        if is_locked(account):
            return count
    return None
