"""Transport of requests and format of answers (T1 to T5)."""

from string import punctuation
from urllib.parse import quote
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import DECLARATION, RawAnswer
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import XML_ONLY, checks
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.needs import OWN_NUMBER, UPSTREAM
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.contract.tests.fetches import assert_get_takes_what_post_takes
from ccell_fake.model import Operation

_WRONG = "no-such-password"
# Printable ASCII except for the percent sign, which stays encoded.
_PRINTED = punctuation.replace("%", "")


def _harmless_payloads(account: ContractAccount) -> dict[Operation, tuple[str, Code]]:
    """Payloads by endpoint: one that costs nothing, and the code of its answer."""
    unknown = account.submit_elements(submit(UNKNOWN, account.known.content()))
    # A wrong password takes nothing from the queues.
    fetch = account.payload(password=_WRONG), Code.PASSWORD_WRONG
    return {
        Operation.SEND: (account.payload(unknown), Code.SUCCESS),
        Operation.REPORT: fetch,
        Operation.UPMSG: fetch,
        Operation.INFO: (account.payload(), Code.SUCCESS),
    }


@checks("T1", doors=XML_ONLY)
def test_get_and_post_are_answered_alike(check_run: CheckRun) -> None:
    account = check_run.account()
    for operation in Operation:
        # A wrong password takes nothing from the queues.
        payload = account.payload(password=_WRONG)
        posted, got = account.post(operation, payload), account.get(operation, quote(payload, safe=""))
        assert (posted.status, posted.body) == (got.status, got.body)
    sent = account.payload(account.submit_elements(submit(UNKNOWN, account.known.content())))
    posted = account.post(Operation.SEND, sent)
    got = account.get(Operation.SEND, quote(sent, safe=""))
    assert (posted.code, posted.codes) == (got.code, got.codes) == ("0", [Code.NUMBER_UNRECOGNISED])
    payload = account.payload()
    assert account.post(Operation.INFO, payload).body == account.get(Operation.INFO, quote(payload, safe="")).body


@checks("T1", OWN_NUMBER, aspect="send", cost="sms 1", doors=XML_ONLY)
def test_a_message_can_be_sent_by_get(check_run: CheckRun) -> None:
    account = check_run.account()
    before = account.messages_left()
    sent = account.payload(account.submit_elements(submit(account.own_numbers[0], account.known.content())))
    assert account.get(Operation.SEND, quote(sent, safe="")).codes == [Code.SUCCESS]
    assert account.messages_left() == before - 1
    payload = account.payload()
    assert account.post(Operation.INFO, payload).body == account.get(Operation.INFO, quote(payload, safe="")).body


@checks("T1", OWN_NUMBER, aspect="report", cost="sms 1, drain", doors=XML_ONLY)
def test_a_report_can_be_fetched_by_get(check_run: CheckRun) -> None:
    account = check_run.account()
    msgid = account.send(submit(account.own_numbers[0], account.known.content())).resp.msgid
    assert_get_takes_what_post_takes(account, Operation.REPORT, lambda node: node.get("msgid") == msgid)


@checks("T1", UPSTREAM, aspect="upmsg", cost="sms 1, drain", doors=XML_ONLY)
def test_an_upstream_message_can_be_fetched_by_get(check_run: CheckRun) -> None:
    account = check_run.account()
    phone = account.replying_number
    account.arranger.reply(phone, ["TD"])
    assert_get_takes_what_post_takes(account, Operation.UPMSG, lambda node: node.get("phone", "").strip() == phone)


@checks("T2", doors=XML_ONLY)
def test_an_address_can_be_opened_in_a_browser(check_run: CheckRun) -> None:
    account = check_run.account()
    for operation, (payload, code) in _harmless_payloads(account).items():
        # Quoted like an address bar quotes it.
        answer = account.get(operation, quote(payload, safe="=/?:@!$&'()*+,;"))
        assert answer.status == 200, operation
        assert answer.headers["content-type"].startswith(("text/", "application/xml")), operation
        assert answer.code == code, operation


@checks("T3", doors=XML_ONLY)
def test_text_is_utf_8(check_run: CheckRun) -> None:
    account = check_run.account()
    # A gateway may percent-decode a body (Q54).
    characters = st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="%+")
    texts = st.text(characters, min_size=1, max_size=12)

    def assert_returned(linkid: str) -> None:
        answer = account.send(submit(UNKNOWN, account.known.content(), linkid=linkid))
        assert [resp.linkid for resp in answer.resps] == [linkid]

    query = account.payload(account.submit_elements(submit(UNKNOWN, account.known.content(), linkid="编号一")))
    assert [resp.linkid for resp in account.get(Operation.SEND, quote(query, safe="")).resps] == ["编号一"]

    for_all(check_run, account, texts, assert_returned, examples=("编号一", "é", "𠮷"))


@checks("T4", doors=XML_ONLY)
def test_the_payload_is_the_body_or_the_whole_query(check_run: CheckRun) -> None:
    account = check_run.account()
    for operation, (payload, code) in _harmless_payloads(account).items():
        assert account.post(operation, payload).code == code, operation
        # As printed in the document, except for what a request line cannot contain.
        assert account.get(operation, quote(payload, safe=_PRINTED)).code == code, operation
        assert account.get(operation, quote(payload, safe="")).code == code, operation


@checks("T4", aspect="xml", doors=XML_ONLY)
def test_the_payload_is_any_xml_document_of_the_same_content(check_run: CheckRun) -> None:
    account = check_run.account()
    sent = {"phone": UNKNOWN, "content": account.known.content(), "linkid": "T4"}
    for form, payload in _forms({"userid": account.userid, "password": account.password}, sent).items():
        answer = account.post(Operation.SEND, payload)
        assert [(resp.code, resp.linkid) for resp in answer.resps] == [(Code.NUMBER_UNRECOGNISED, "T4")], form
    credential = _written({"userid": account.userid, "password": account.password})
    for root in (f"<root{credential}/>", f"<root{credential}>\n</root>"):
        assert account.post(Operation.INFO, root).code == Code.SUCCESS


def _forms(credential: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """The same send in different forms. The document's samples have blanks between elements and before an =."""
    root, inner = _written(credential), _written(sent)
    references = "".join(f"&#{ord(one)};" for one in sent["content"])
    others = {name: value for name, value in sent.items() if name != "content"}

    def styled(between: str = "", **style: str) -> str:
        submits = f"<submit{_written(sent, **style)}/>"
        return f"<root{_written(credential, **style)}>{between}{submits}{between}</root>"

    return {
        "a declaration": f'<?xml version="1.0" encoding="UTF-8"?>\n{styled()}',
        "blanks between elements": styled(" "),
        "blanks around =": styled(equals=" = "),
        "line breaks": styled("\n", before="\n"),
        "single quotes": styled(quote="'"),
        "another order of attributes": f"<root{_backwards(credential)}><submit{_backwards(sent)}/></root>",
        "end tags": f"<root{root}><submit{inner}></submit></root>",
        "character references": f'<root{root}><submit{_written(others)} content="{references}"/></root>',
    }


def _written(attributes: dict[str, str], *, before: str = " ", equals: str = "=", quote: str = '"') -> str:
    values = {name: escape(value, {'"': "&quot;", "'": "&apos;"}) for name, value in attributes.items()}
    return "".join(f"{before}{name}{equals}{quote}{value}{quote}" for name, value in values.items())


def _backwards(attributes: dict[str, str]) -> str:
    return _written(dict(reversed(attributes.items())))


@checks("T5", doors=XML_ONLY)
def test_every_answer_is_a_document_whose_root_has_return_and_info(check_run: CheckRun) -> None:
    for answer in _answers(check_run.account()):
        assert answer.is_declared, answer.body[:60]
        assert "content-encoding" not in answer.headers, "compressed, although the request does not allow it"
        root = answer.body.lstrip().removeprefix(DECLARATION).lstrip()
        assert root.startswith(f'<root return="{answer.reply.code}" info="'.encode()), root[:60]
        assert answer.reply.code in set(Code)
        assert answer.reply.info.startswith(Code(answer.reply.code).text)


@checks("T5", aspect="charset", doors=XML_ONLY)
def test_every_answer_says_in_its_header_that_it_is_utf_8(check_run: CheckRun) -> None:
    for answer in _answers(check_run.account()):
        # Without it, some clients read the declaration too late (W6).
        assert answer.is_utf_8, f"{answer.operation}: {answer.headers.get('content-type')}"


def _answers(account: ContractAccount) -> list[RawAnswer]:
    """Answers of each endpoint, to POST and GET, refused and accepted, as far as that costs nothing."""
    payloads = [(operation, account.payload(password=_WRONG)) for operation in Operation]
    payloads += [(operation, payload) for operation, (payload, _) in _harmless_payloads(account).items()]
    posted = [account.post(operation, payload) for operation, payload in payloads]
    return posted + [account.get(operation, quote(payload, safe="")) for operation, payload in payloads]
