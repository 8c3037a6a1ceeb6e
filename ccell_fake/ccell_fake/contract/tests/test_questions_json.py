"""JSON-RPC: published facts (P6) and open questions."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer, UnknownAnswer, all_codes, answer_for, single_answer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import JSON_ONLY, checks
from ccell_fake.contract.needs import OWN_NUMBER, NotAsked
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.contract.tests.fetches import fetch_nodes
from ccell_fake.limits import CONTENT_CHARACTERS
from ccell_fake.model import Operation

_OK, _UNRECOGNISED = str(Code.SUCCESS), str(Code.NUMBER_UNRECOGNISED)
# Q2 asks which of these codes a malformed request gets.
_MALFORMED: Mapping[tuple[str, ...], str] = dict.fromkeys(
    ((str(code),) for code in (Code.PARAMETERS_INCOMPLETE, Code.SYSTEM_ERROR, Code.PASSWORD_WRONG)), "refuse"
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NAME = re.compile(r'"(\w+)"(?=: )')
_REPORT = ("msgid", "linkid", "phone", "recvtime", "status", "info")


def _harmless(account: ContractAccount, content: str = "") -> str:
    """The text of a send to a number that no gateway recognises."""
    submits = account.submit_elements(submit(UNKNOWN, content or account.known.content()))
    return account.text(Operation.SEND, account.payload(submits))


@checks("P6", doors=JSON_ONLY)
def test_a_call_of_send_is_answered_by_post_and_get(check_run: CheckRun) -> None:
    account = check_run.account()
    phones, content = unknown(3), account.known.content()
    submits = account.submit_elements(submit(",".join(phones[:2]), content), submit(phones[2], content))
    for signed in (False, True):
        texts = (account.text(Operation.SEND, account.payload(submits, **_credential(account, signed))) for _ in "12")
        answers = (
            account.post(Operation.SEND, next(texts).encode()),
            account.get(Operation.SEND, quote(next(texts), safe="")),
        )
        for answer in answers:
            assert answer.status == 200, answer.status
            assert answer.is_utf_8, answer.headers.get("content-type")
            assert [(resp.phone, resp.code) for resp in answer.resps] == [
                (phone, Code.NUMBER_UNRECOGNISED) for phone in phones
            ]


def _credential(account: ContractAccount, signed: bool) -> dict[str, str | None]:  # noqa: FBT001 - the loop's variable
    return account.signed() if signed else {}


@checks("P6", aspect="queues", cost="drain", doors=JSON_ONLY)
def test_calls_of_report_and_upmsg_go_to_the_same_address(check_run: CheckRun) -> None:
    account = check_run.account()
    for operation in (Operation.REPORT, Operation.UPMSG):
        text = account.text(operation, account.payload())
        assert account.post(operation, text.encode()).code == _OK, operation
        assert account.get(operation, quote(text, safe="")).code == _OK, operation


@checks("Q45", doors=JSON_ONLY)
def test_how_json_that_is_not_utf_8_is_read(check_run: CheckRun) -> str:
    account = check_run.account()
    # The answer repeats the id, and so shows how it was read.
    text = _harmless(account).replace('"id": 1', '"id": "编号"')
    answer = account.post(Operation.SEND, text.encode("gbk"))
    if answer.codes and _id(answer) != "编号":
        message = f"the id 编号 in GBK comes back as {_id(answer)}"
        raise UnknownAnswer(message)
    return answer_for(all_codes(answer), {**_MALFORMED, (_OK, _UNRECOGNISED): "gbk"})


def _id(answer: RawAnswer) -> object:
    return json.loads(answer.body).get("id")


@checks("Q46", doors=JSON_ONLY)
def test_whether_a_content_is_url_decoded_once_more(check_run: CheckRun) -> str:
    account = check_run.account()
    encoded = "%41" * (CONTENT_CHARACTERS // 3 + 1)
    # As an escape of JSON, a % is none that a gateway decodes in every body (Q54).
    texts = (
        _harmless(account, content).replace("%", "\\u0025")
        for content in (account.known.filled(CONTENT_CHARACTERS + 1), account.known.content(encoded))
    )
    long, decodable = (all_codes(account.post(Operation.SEND, text.encode())) for text in texts)
    if long == (_OK, _UNRECOGNISED):
        message = f"needs a gateway that refuses contents of more than {CONTENT_CHARACTERS} characters"
        raise NotAsked(message)
    return answer_for(decodable, {long: "kept", (_OK, _UNRECOGNISED): "decoded"})


@checks("Q47", doors=JSON_ONLY)
def test_whether_json_needs_double_quotes(check_run: CheckRun) -> str:
    account = check_run.account()
    text = _harmless(account)
    forms = (_STRING.sub(_single_quoted, text), _NAME.sub(r"\1", text))
    answers: dict[tuple[str, ...], str] = {**_MALFORMED, (_OK, _UNRECOGNISED): "accept"}
    observed = (all_codes(account.post(Operation.SEND, form.encode())) for form in forms)
    return single_answer(
        (answer_for(one, answers) for one in observed),
        "single quotes and missing quotes are answered differently",
    )


def _single_quoted(string: re.Match[str]) -> str:
    inside = string[1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inside}'"


@checks("Q48", doors=JSON_ONLY)
def test_whether_info_is_a_method(check_run: CheckRun) -> str:
    account = check_run.account()
    answer = account.post(Operation.INFO, account.payload())
    if answer.code == _OK and len(answer.reply.items) != 1:
        message = f"info has {len(answer.reply.items)} items"
        raise UnknownAnswer(message)
    return answer_for((answer.code,), {**dict.fromkeys(_MALFORMED, "no"), (_OK,): "yes"})


@checks("Q49", OWN_NUMBER, cost="sms 1, drain", doors=JSON_ONLY)
def test_which_members_a_report_has(check_run: CheckRun) -> str:
    account = check_run.account()
    msgid = account.send(submit(account.own_numbers[0], account.known.content())).resp.msgid
    report = account.wait_for(
        lambda: [one for one in fetch_nodes(account, Operation.REPORT) if one.get("msgid") == msgid]
    )[0]
    without_linkid = tuple(name for name in _REPORT if name != "linkid")
    return answer_for(tuple(report), {_REPORT: "all", without_linkid: "without_linkid"})
