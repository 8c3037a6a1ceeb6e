"""Open questions about how a request arrives and how an answer leaves."""

from urllib.parse import quote, quote_plus

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import MALFORMED, RawAnswer, UnknownAnswer, answer_for, single_answer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.limits import UNCHUNKED_BYTES
from ccell_fake.model import Operation

# The shortest and the longest query that is tried. A longer one than that is taken for "any".
_SHORTEST, _LONGEST = 512, 250_000
_NUMBERS = 200


@checks("Q54")
def test_whether_a_body_is_percent_decoded(check_run: CheckRun) -> str:
    account = check_run.account()
    is_decoded = _is_accepted(account.post(Operation.INFO, quote_plus(account.payload())))
    linkid = account.send(submit(UNKNOWN, account.known.content(), linkid="a%2Bb")).resp.linkid
    answers = {(True, "a%2Bb"): "marked", (False, "a%2Bb"): "never", (True, "a+b"): "always"}
    return answer_for((is_decoded, linkid), answers)


@checks("Q55")
def test_how_a_percent_sign_without_digits_is_read(check_run: CheckRun) -> str:
    account = check_run.account()
    payload = account.payload(account.submit_elements(submit(UNKNOWN, account.known.content(), linkid="STRAY")))
    linkids = ("5%", "%zz", "%a")
    found = [account.get(Operation.SEND, quote(payload, safe="").replace("STRAY", linkid)) for linkid in linkids]
    if any(answer.resps for answer in found):
        return answer_for(tuple(answer.resp.linkid for answer in found), {linkids: "keep"})
    return single_answer(
        (answer_for(answer.code in MALFORMED, {True: "refuse"}) for answer in found), "they get different codes"
    )


@checks("Q56")
def test_how_a_byte_order_mark_is_read(check_run: CheckRun) -> str:
    account = check_run.account()
    return "drop" if _is_accepted(account.post(Operation.INFO, "\ufeff" + account.payload())) else "refuse"


def _is_accepted(answer: RawAnswer) -> bool:
    """Return whether an info was accepted; otherwise it was malformed.

    Raises:
        UnknownAnswer: It has another code.
    """
    return answer_for(answer.code, {Code.SUCCESS: "yes", **dict.fromkeys(MALFORMED, "no")}) == "yes"


@checks("Q57")
def test_which_paths_reach_an_endpoint(check_run: CheckRun) -> str:
    account = check_run.account()
    folder, _, name = Operation.INFO.path.rpartition("/")
    root = folder.removesuffix("/xmlapi")
    # Many servers make one slash of two at the beginning, whatever they do with others.
    paths = (f"{root}//xmlapi/{name}", f"{folder}/./{name}", f"{folder}/{name};jsessionid=0123456789")
    found = [account.post(Operation.INFO, account.payload(), path=path) for path in paths]
    return single_answer((_reach(answer) for answer in found), "such paths are answered differently")


def _reach(answer: RawAnswer) -> str:
    if answer.status == 200:
        return answer_for(answer.code, {Code.SUCCESS: "reach"})
    return answer_for(answer.status, {404: "not_found"})


@checks("Q58")
def test_how_long_a_query_may_be(check_run: CheckRun) -> str:
    account = check_run.account()
    if _takes(account, _LONGEST):
        return "any"
    taken, refused = UNCHUNKED_BYTES, _LONGEST
    if not _takes(account, taken):
        taken, refused = _SHORTEST, taken
    elif not _takes(account, taken + 1):
        refused = taken + 1
    while refused - taken > 1:
        middle = (taken + refused) // 2
        taken, refused = (middle, refused) if _takes(account, middle) else (taken, middle)
    return str(taken)


def _takes(account: ContractAccount, size: int) -> bool:
    """Return whether a query of some bytes is read. A comment fills it."""
    query = quote(account.payload("<!---->"), safe="")
    at = query.index("--%3E")
    answer = account.get(Operation.INFO, query[:at] + "x" * (size - len(query)) + query[at:])
    if answer.status == 200:
        return _is_accepted(answer)
    answer_for(answer.status in {400, 414, 431}, {True: "refused"})
    return False


@checks("Q59")
def test_how_a_long_answer_is_framed(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.send(submit(",".join(unknown(_NUMBERS)), account.known.content()))
    if len(answer.body) <= UNCHUNKED_BYTES:
        message = f"the answer with {len(answer.resps)} resps has only {len(answer.body)} bytes"
        raise UnknownAnswer(message)
    return "length" if "content-length" in answer.headers else "chunked"
