"""Signed requests: published facts (P1 to P3) and open questions."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import UnknownAnswer, answer_for, single_answer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.needs import DIGEST_PASSWORD, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.limits import CONTENT_CHARACTERS, NUMBERS_PER_REQUEST
from ccell_fake.model import Operation
from ccell_fake.signing import md5

_OK, _WRONG = str(Code.SUCCESS), str(Code.PASSWORD_WRONG)
_MOST_MINUTES = 999_999
_LONG_AGO = timedelta(days=3_650)
_NO_SIGN = "0" * 32


def _ask(account: ContractAccount, **credential: str | None) -> str:
    """The code of a request that submits nothing, with this credential."""
    # Over JSON-RPC, there may be no info (Q48).
    harmless = account.submit_elements(submit(UNKNOWN, account.known.content()))
    return account.post(Operation.SEND, account.payload(harmless, **credential)).code


def _signing_account(check_run: CheckRun) -> ContractAccount:
    """An account whose signed requests are accepted.

    Raises:
        NotAsked: They are not.
    """
    account = check_run.account()
    if _ask(account, **account.signed()) != _OK:
        message = "needs a gateway that accepts signed requests"
        raise NotAsked(message)
    return account


@checks("P1")
def test_a_signed_request_needs_its_seqid(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _ask(account, **account.signed()) == _OK
    for seqid in (None, ""):
        for sign in (account.signed()["sign"], md5(account.signing_key)):
            assert _ask(account, password=None, seqid=seqid, sign=sign) != _OK, seqid


@checks("P1", aspect="digits")
def test_a_seqid_has_18_digits(check_run: CheckRun) -> None:
    account = check_run.account()
    seqid = account.make_seqid()
    for malformed in (seqid[:-1], f"{seqid}0", f"{seqid[:-1]}x"):
        assert _ask(account, **account.signed(malformed)) != _OK, malformed


@checks("P2")
def test_a_sign_is_made_of_the_seqid_and_the_password(check_run: CheckRun) -> None:
    account = check_run.account()
    assert _ask(account, **account.signed()) == _OK
    seqid = account.make_seqid()
    wrong = {
        "no sign": None,
        "the sign of another seqid": account.signed()["sign"],
        "the sign of another password": md5(seqid + md5("no-such-password")),
        "the seqid after the password": md5(account.signing_key + seqid),
        "the seqid alone": md5(seqid),
        "the password alone": md5(account.signing_key),
    }
    for what, sign in wrong.items():
        assert _ask(account, password=None, seqid=seqid, sign=sign) != _OK, what


@checks("P3", doors=XML_ONLY)
def test_a_signed_request_is_answered_like_one_with_a_password(check_run: CheckRun) -> None:
    account = check_run.account()
    content = account.known.content()
    submits = account.submit_elements(submit(",".join(unknown(2)), content), submit("12000000009", content))
    with_password = account.post(Operation.SEND, account.payload(submits))
    for answer in (
        account.post(Operation.SEND, account.payload(submits, **account.signed())),
        account.get(Operation.SEND, quote(account.payload(submits, **account.signed()), safe="")),
    ):
        assert [(resp.phone, resp.code) for resp in answer.resps] == [
            (resp.phone, resp.code) for resp in with_password.resps
        ]
    assert account.post(Operation.INFO, account.payload(**account.signed())).reply.items
    for operation in (Operation.REPORT, Operation.UPMSG):
        refused = account.post(operation, account.payload(**{**account.signed(), "sign": _NO_SIGN}))
        assert refused.code != _OK, operation
        assert refused.is_root_alone, operation


@checks("P3", aspect="limits", doors=XML_ONLY)
def test_a_signed_request_may_hold_500_numbers_and_1000_characters(check_run: CheckRun) -> None:
    account = check_run.account()
    phones, content = ",".join(unknown(NUMBERS_PER_REQUEST)), account.known.filled(CONTENT_CHARACTERS)
    payload = account.payload(account.submit_elements(submit(phones, content)), **account.signed())
    assert len(account.post(Operation.SEND, payload).resps) == NUMBERS_PER_REQUEST


@checks("P3", aspect="queues", cost="drain", doors=XML_ONLY)
def test_reports_and_upstream_messages_can_be_fetched_by_a_signed_request(check_run: CheckRun) -> None:
    account = check_run.account()
    for operation in (Operation.REPORT, Operation.UPMSG):
        assert account.post(operation, account.payload(**account.signed())).code == _OK, operation


@checks("Q40")
def test_how_a_used_seqid_is_answered(check_run: CheckRun) -> str:
    account = _signing_account(check_run)
    signed = account.signed()
    first, again = _ask(account, **signed), _ask(account, **signed)
    if first != _OK:
        message = f"a seqid that was not used before gets {first}"
        raise UnknownAnswer(message)
    return answer_for(again, {_WRONG: "refuse", _OK: "accept"})


@checks("Q41")
def test_how_far_the_time_of_a_seqid_may_be_from_the_gateways(check_run: CheckRun) -> str:
    account = _signing_account(check_run)

    def is_accepted(ahead: timedelta) -> bool:
        code = _ask(account, **account.signed(account.make_seqid(ahead)))
        return answer_for(code, {_OK: "accept", _WRONG: "refuse"}) == "accept"

    is_any = single_answer(
        (str(is_accepted(ahead)) for ahead in (-_LONG_AGO, _LONG_AGO)), "times before and after the present differ"
    )
    if is_any == "True":
        code = _ask(account, **account.signed(f"999999999999{account.make_seqid()[-6:]}"))
        return answer_for(code, {_OK: "any"})
    before = _count_minutes(lambda distance: is_accepted(-distance))
    after = _count_minutes(is_accepted)
    if before != after or not 0 < before <= _MOST_MINUTES:
        message = f"the time may be {before} minutes before the gateway's, and {after} minutes after it"
        raise UnknownAnswer(message)
    return str(before)


def _count_minutes(is_accepted: Callable[[timedelta], bool]) -> int:
    """The greatest number of minutes that is accepted. 0 if not even half a minute is."""

    def is_within(minutes: int) -> bool:
        # Half a minute less, because the clocks may differ.
        return is_accepted(timedelta(minutes=minutes - 0.5))

    accepted, refused = 0, 1
    while refused <= _MOST_MINUTES and is_within(refused):
        accepted, refused = refused, 2 * refused
    while refused - accepted > 1:
        middle = (accepted + refused) // 2
        accepted, refused = (middle, refused) if is_within(middle) else (accepted, middle)
    return accepted


@checks("Q42")
def test_which_code_a_wrong_sign_gets(check_run: CheckRun) -> str:
    account = _signing_account(check_run)
    seqid = account.make_seqid()
    wrong = (_NO_SIGN, md5(seqid + md5("no-such-password")), "no-such-sign")
    return single_answer(
        (_ask(account, password=None, seqid=seqid, sign=sign) for sign in wrong), "wrong signs get different codes"
    )


@checks("Q43")
def test_which_of_password_and_sign_decides(check_run: CheckRun) -> str:
    account = _signing_account(check_run)
    both = _ask(account, **{**account.signed(), "password": account.password})
    wrong_password = _ask(account, **{**account.signed(), "password": "no-such-password"})
    wrong_sign = _ask(account, **{**account.signed(), "password": account.password, "sign": _NO_SIGN})
    accepted = (both == _OK, wrong_password == _OK, wrong_sign == _OK)
    return answer_for(
        accepted, {(True, True, False): "sign", (True, False, True): "password", (True, False, False): "both"}
    )


@checks("Q44", DIGEST_PASSWORD)
def test_what_a_sign_is_made_of_if_the_password_looks_like_an_md5(check_run: CheckRun) -> str:
    account = check_run.account()
    accepted: list[bool] = []
    for key in (md5(account.password), account.password):
        seqid = account.make_seqid()
        accepted.append(_ask(account, password=None, seqid=seqid, sign=md5(seqid + key)) == _OK)
    if not any(accepted):
        message = "needs a gateway that accepts signed requests"
        raise NotAsked(message)
    return answer_for(tuple(accepted), {(True, False): "md5", (False, True): "stored"})
