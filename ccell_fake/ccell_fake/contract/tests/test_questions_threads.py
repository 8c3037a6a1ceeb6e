"""What the document leaves open about requests in progress, and about locked accounts."""

from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import Unsettled, codes, of_seen
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.excess import EXCESS, MOST, excesses_until_locked, is_locked, over
from ccell_fake.contract.needs import CLOCK, FROZEN, OVERLAP, STILL_CLOCK, NotAsked
from ccell_fake.contract.numbers import UNKNOWN, submit
from ccell_fake.model import Operation

_LONGEST = 999_999
_USUAL = 60


@asks("Q21", OVERLAP, cost="risk")
def test_whether_the_endpoints_are_counted_together(inquiry: CheckRun) -> str:
    account = inquiry.account()
    info = partial(account.post, Operation.INFO, account.root())
    send = partial(account.send, submit(UNKNOWN, account.standing.content()))
    asked = [info, send] * account.standing.settings.max_concurrency
    seen = {heard.code for heard in account.at_once(asked[: account.standing.settings.max_concurrency + 1])}
    if seen == {Code.SUCCESS}:
        # They may have come one after the other: then those of one endpoint go over no limit either.
        over(account, info)
    together = frozenset({str(Code.SUCCESS), str(Code.CONCURRENCY_EXCEEDED)})
    return of_seen(frozenset(seen), {together: "account", frozenset({str(Code.SUCCESS)}): "endpoint"})


@asks("Q22", EXCESS, cost="risk")
def test_when_repeated_excess_locks_the_account(inquiry: CheckRun) -> str:
    account = _at_one_moment(inquiry)
    if not inquiry.target.is_arranged:
        # Whatever went over before may still count.
        account.arranger.later(_USUAL + 1)
    count = excesses_until_locked(account, MOST)
    if count is None:
        inquiry.note = f"{MOST} excesses did not lock it"
        return "never"
    try:
        window = _window(inquiry, count)
    except NotAsked as error:
        inquiry.note = f"the seconds were not asked: {error.reason}"
        window = _USUAL
    return f"{count}/{window}"


def _at_one_moment(inquiry: CheckRun) -> ContractAccount:
    """An account for which no time passes, where there is one; it may be that nothing else locks it."""
    try:
        account = inquiry.account(STILL_CLOCK)
        account.arranger.stand_still()
    except NotAsked:
        return inquiry.account()
    return account


def _window(inquiry: CheckRun, count: int) -> int:
    """The seconds between which so many excesses lock the account: the longest for which they do."""
    if count == 1:
        return _USUAL

    def locks(seconds: int) -> bool:
        account = inquiry.account(CLOCK, STILL_CLOCK)
        account.arranger.stand_still()
        excesses_until_locked(account, 1)
        account.arranger.later(seconds)
        excesses_until_locked(account, count - 1)
        return is_locked(account)

    shortest, longest = 0, _LONGEST
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if locks(middle):
            shortest = middle
        else:
            longest = middle - 1
    return shortest


@asks("Q23", FROZEN)
def test_what_a_frozen_account_gets(inquiry: CheckRun) -> str:
    account = inquiry.account()
    frozen = str(Code.ACCOUNT_FROZEN)
    if codes(account.send(submit(UNKNOWN, account.standing.content()))) != (frozen,):
        message = "a frozen account can send"
        raise Unsettled(message)
    heard = account.post(Operation.INFO, account.root())
    if heard.code == Code.SUCCESS and _status(account) == "0":
        message = "info says that the account is normal"
        raise Unsettled(message)
    return of_seen(heard.code, {frozen: "refuse", str(Code.SUCCESS): "info"})


def _status(account: ContractAccount) -> str:
    return account.client.info().status
