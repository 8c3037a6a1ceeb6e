"""How many requests an account may have in progress, and what becomes of one more (K1 to K4)."""

from functools import partial

from ccell_fake.client import RequestRefused
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.excess import EXCESS, MOST, alone, over
from ccell_fake.contract.needs import DEFAULT_THREADS, OVERLAP, OWN_NUMBER, RAISED_THREADS, NotAsked
from ccell_fake.contract.numbers import submit
from ccell_fake.limits import DEFAULT_THREADS as THREADS
from ccell_fake.model import Operation


def _infos(account: ContractAccount, count: int) -> list[str]:
    """The codes of so many requests at the same moment."""
    ask = partial(account.post, Operation.INFO, account.root())
    return sorted(heard.code for heard in account.at_once([ask] * count))


@asks("K1", DEFAULT_THREADS, OVERLAP, cost="risk")
def test_three_requests_may_be_in_progress_and_no_fourth(inquiry: CheckRun) -> None:
    account = inquiry.account()
    assert _infos(account, THREADS) == [Code.SUCCESS] * THREADS
    assert _infos(account, THREADS + 1) == [*[Code.SUCCESS] * THREADS, Code.CONCURRENCY_EXCEEDED]


@asks("K2", OVERLAP, OWN_NUMBER, cost="sms 8, risk")
def test_a_request_too_many_is_refused_and_nothing_of_it_is_submitted(inquiry: CheckRun) -> None:
    account = inquiry.account()
    before, count = account.left(), account.standing.settings.max_concurrency + 1
    send = partial(account.send, submit(account.own[0], account.standing.content()))
    heard = account.at_once([send] * count)
    refused = [one for one in heard if one.code == Code.CONCURRENCY_EXCEEDED]
    assert len(refused) == 1
    assert refused[0].is_root_alone
    assert refused[0].reply.info.startswith(Code.CONCURRENCY_EXCEEDED.text)
    accepted = [one for one in heard if one.codes == [Code.SUCCESS]]
    assert len(accepted) == count - 1
    try:
        left = account.left()
    except RequestRefused as error:
        if error.code != Code.ACCOUNT_FROZEN:
            raise
        message = "needs an account that one request too many does not lock"
        raise NotAsked(message) from None
    assert left == before - len(accepted)


@asks("K3", EXCESS, cost="risk")
def test_going_over_again_and_again_does_nothing_worse_than_lock_the_account(inquiry: CheckRun) -> None:
    account = inquiry.account()
    seen = [(over(account), alone(account)) for _ in range(MOST)]
    assert {code for code, _ in seen} <= {Code.CONCURRENCY_EXCEEDED, Code.ACCOUNT_FROZEN}
    states = [state for _, state in seen]
    assert set(states) <= {Code.SUCCESS, Code.ACCOUNT_FROZEN}
    assert states == sorted(states, key=lambda state: state == Code.ACCOUNT_FROZEN), "once locked, it stays locked"
    assert (Code.ACCOUNT_FROZEN, Code.SUCCESS) not in seen


@asks("K4", RAISED_THREADS, OVERLAP, cost="risk")
def test_an_account_can_be_given_more_threads(inquiry: CheckRun) -> None:
    account = inquiry.account()
    threads = account.standing.settings.max_concurrency
    assert _infos(account, threads) == [Code.SUCCESS] * threads
    assert _infos(account, threads + 1) == [*[Code.SUCCESS] * threads, Code.CONCURRENCY_EXCEEDED]
