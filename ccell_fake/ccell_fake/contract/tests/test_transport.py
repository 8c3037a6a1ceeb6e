"""Transport of requests and format of answers (T1 to T5)."""

from urllib.parse import quote

from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.contract.answers import DECLARATION
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.submits import UNKNOWN, submit
from ccell_fake.model import Operation

_WRONG = "no-such-password"


@checks("T1")
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


@checks("T2")
def test_an_address_can_be_opened_in_a_browser(check_run: CheckRun) -> None:
    account = check_run.account()
    # Quoted like an address bar quotes it.
    answer = account.get(Operation.INFO, quote(account.payload(), safe="=/?:@!$&'()*+,;"))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(("text/", "application/xml"))
    assert answer.code == Code.SUCCESS


@checks("T3")
def test_text_is_utf_8(check_run: CheckRun) -> None:
    account = check_run.account()
    texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)

    def assert_returned(linkid: str) -> None:
        answer = account.send(submit(UNKNOWN, account.known.content(), linkid=linkid))
        assert [resp.linkid for resp in answer.resps] == [linkid]

    query = account.payload(account.submit_elements(submit(UNKNOWN, account.known.content(), linkid="编号一")))
    assert [resp.linkid for resp in account.get(Operation.SEND, quote(query, safe="")).resps] == ["编号一"]

    for_all(check_run, account, texts, assert_returned, examples=("编号一", "é", "𠮷"))


@checks("T4")
def test_the_payload_is_the_body_or_the_whole_query(check_run: CheckRun) -> None:
    account = check_run.account()
    payload = account.payload()
    assert account.post(Operation.INFO, payload).code == Code.SUCCESS
    # As printed in the document, except for blanks, which a request line cannot contain.
    assert account.get(Operation.INFO, payload.replace(" ", "%20")).code == Code.SUCCESS
    assert account.get(Operation.INFO, quote(payload, safe="")).code == Code.SUCCESS


@checks("T5")
def test_every_answer_is_a_document_whose_root_has_return_and_info(check_run: CheckRun) -> None:
    account = check_run.account()
    answers = [account.post(operation, account.payload(password=_WRONG)) for operation in Operation]
    answers += [account.post(Operation.INFO, account.payload()), account.send(submit(UNKNOWN, account.known.content()))]
    for answer in answers:
        assert answer.is_declared, answer.body[:60]
        root = answer.body.lstrip().removeprefix(DECLARATION).lstrip()
        assert root.startswith(f'<root return="{answer.code}" info="'.encode()), root[:60]
        assert answer.code in set(Code)
        assert answer.reply.info.startswith(Code(answer.code).text)
