"""Open questions about requests in progress and locked accounts."""

from functools import partial

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import UnknownAnswer, all_codes, answer_for
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import CLOCK, EXCESS, FREEZABLE_CLOCK, FROZEN, OVERLAP, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.contract.thread_limit import (
    MAX_ATTEMPTS,
    count_excesses_until_locked,
    exceed_threads,
    is_locked,
)
from ccell_fake.model import Operation

_LONGEST_WINDOW = 999_999
_USUAL_WINDOW = 60


@checks("Q21", OVERLAP, cost="risk")
def test_whether_the_endpoints_are_counted_together(check_run: CheckRun) -> str:
    account = check_run.account()
    info = partial(account.post, Operation.INFO, account.payload())
    send = partial(account.send, submit(UNKNOWN, account.known.content()))
    calls = [info, send] * account.known.settings.max_concurrency
    codes = {answer.code for answer in account.in_parallel(calls[: account.known.settings.max_concurrency + 1])}
    if codes == {Code.SUCCESS}:
        # Raise NotAsked if the requests were not in progress together.
        exceed_threads(account, info)
    together = frozenset({str(Code.SUCCESS), str(Code.CONCURRENCY_EXCEEDED)})
    return answer_for(frozenset(codes), {together: "account", frozenset({str(Code.SUCCESS)}): "endpoint"})


@checks("Q22", EXCESS, cost="risk")
def test_when_repeated_excess_locks_the_account(check_run: CheckRun) -> str:
    account = _open_with_frozen_clock(check_run)
    if not check_run.target.is_arranged:
        # Excess requests of earlier checks may still count.
        account.arranger.advance(_USUAL_WINDOW + 1)
    count = count_excesses_until_locked(account, MAX_ATTEMPTS)
    if count is None:
        check_run.note = f"{MAX_ATTEMPTS} excesses did not lock it"
        return "never"
    try:
        window = _measure_window(check_run, count)
    except NotAsked as error:
        check_run.note = f"the seconds were not measured: {error.reason}"
        window = _USUAL_WINDOW
    return f"{count}/{window}"


def _open_with_frozen_clock(check_run: CheckRun) -> ContractAccount:
    """Open an account, with a frozen clock if possible: a short window may need it."""
    try:
        account = check_run.account(FREEZABLE_CLOCK)
        account.arranger.freeze_clock()
    except NotAsked:
        return check_run.account()
    return account


def _measure_window(check_run: CheckRun, count: int) -> int:
    """The longest time in seconds within which this many excess requests lock the account."""
    if count == 1:
        return _USUAL_WINDOW

    def locks(seconds: int) -> bool:
        account = check_run.account(CLOCK, FREEZABLE_CLOCK)
        account.arranger.freeze_clock()
        count_excesses_until_locked(account, 1)
        account.arranger.advance(seconds)
        count_excesses_until_locked(account, count - 1)
        return is_locked(account)

    shortest, longest = 0, _LONGEST_WINDOW
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if locks(middle):
            shortest = middle
        else:
            longest = middle - 1
    return shortest


@checks("Q23", FROZEN)
def test_how_a_frozen_account_is_answered(check_run: CheckRun) -> str:
    account = check_run.account()
    frozen = str(Code.ACCOUNT_FROZEN)
    if all_codes(account.send(submit(UNKNOWN, account.known.content()))) != (frozen,):
        message = "a frozen account can send"
        raise UnknownAnswer(message)
    answer = account.post(Operation.INFO, account.payload())
    if answer.code == Code.SUCCESS and account.client.info().status == "0":
        message = "info says that the account is normal"
        raise UnknownAnswer(message)
    return answer_for(answer.code, {frozen: "refuse", str(Code.SUCCESS): "info"})
