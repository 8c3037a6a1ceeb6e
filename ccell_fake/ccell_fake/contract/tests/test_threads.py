"""Thread limit: requests that an account may have in progress (K1 to K4)."""

from functools import partial

from ccell_fake.client import RequestRefused
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import DEFAULT_THREADS, EXCESS, OVERLAP, OWN_NUMBER, RAISED_THREADS, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.contract.thread_limit import MAX_ATTEMPTS, exceed_threads, send_alone
from ccell_fake.limits import DEFAULT_THREADS as THREADS


def _parallel_codes(account: ContractAccount, count: int) -> list[str]:
    """Sorted codes of parallel requests that submit nothing."""
    # Over JSON-RPC, there may be no info (Q48).
    call = partial(account.send, submit(UNKNOWN, account.known.content()))
    return sorted(answer.code for answer in account.in_parallel([call] * count))


@checks("K1", DEFAULT_THREADS, OVERLAP, cost="risk")
def test_three_requests_may_be_in_progress_and_no_fourth(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _parallel_codes(account, THREADS) == [Code.SUCCESS] * THREADS
    assert _parallel_codes(account, THREADS + 1) == [*[Code.SUCCESS] * THREADS, Code.CONCURRENCY_EXCEEDED]


@checks("K2", OVERLAP, OWN_NUMBER, cost="sms 8, risk")
def test_one_request_too_many_is_refused_and_submits_nothing(check_run: CheckRun) -> None:
    account = check_run.account()
    before, count = account.messages_left(), account.known.settings.max_concurrency + 1
    send = partial(account.send, submit(account.own_numbers[0], account.known.content()))
    answers = account.in_parallel([send] * count)
    refused = [one for one in answers if one.code == Code.CONCURRENCY_EXCEEDED]
    assert len(refused) == 1
    assert refused[0].is_root_alone
    assert refused[0].reply.info.startswith(Code.CONCURRENCY_EXCEEDED.text)
    accepted = [one for one in answers if one.codes == [Code.SUCCESS]]
    assert len(accepted) == count - 1
    try:
        left = account.messages_left()
    except RequestRefused as error:
        if error.code != Code.ACCOUNT_FROZEN:
            raise
        message = "needs an account that one request too many does not lock"
        raise NotAsked(message) from None
    assert left == before - len(accepted)


@checks("K3", EXCESS, cost="risk", doors=XML_ONLY)
def test_repeated_excess_requests_can_only_lock_the_account(check_run: CheckRun) -> None:
    account = check_run.account()
    attempts = [(exceed_threads(account), send_alone(account)) for _ in range(MAX_ATTEMPTS)]
    assert {code for code, _ in attempts} <= {Code.CONCURRENCY_EXCEEDED, Code.ACCOUNT_FROZEN}
    states = [state for _, state in attempts]
    assert set(states) <= {Code.SUCCESS, Code.ACCOUNT_FROZEN}
    assert states == sorted(states, key=lambda state: state == Code.ACCOUNT_FROZEN), "once locked, it stays locked"
    assert (Code.ACCOUNT_FROZEN, Code.SUCCESS) not in attempts
    excesses = states.count(Code.SUCCESS) + 1
    check_run.note = (
        f"{MAX_ATTEMPTS} excesses did not lock it"
        if excesses > MAX_ATTEMPTS
        else f"the excess number {excesses} locked it"
    )


@checks("K4", RAISED_THREADS, OVERLAP, cost="risk")
def test_an_account_can_have_more_threads(check_run: CheckRun) -> None:
    account = check_run.account()
    threads = account.known.settings.max_concurrency
    assert _parallel_codes(account, threads) == [Code.SUCCESS] * threads
    assert _parallel_codes(account, threads + 1) == [*[Code.SUCCESS] * threads, Code.CONCURRENCY_EXCEEDED]
