"""How requests are carried, and how answers look (T1 to T5)."""

from urllib.parse import quote

from hypothesis import strategies as st

from ccell_fake.codes import Code
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.examples import for_all
from ccell_fake.contract.numbers import UNKNOWN, submit
from ccell_fake.contract.raw_answer import DECLARATION
from ccell_fake.model import Operation

_WRONG = "no-such-password"


@asks("T1")
def test_get_and_post_are_answered_alike(inquiry: CheckRun) -> None:
    account = inquiry.account()
    for operation in Operation:
        # Whoever does not know the password drains nothing.
        payload = account.root(password=_WRONG)
        posted, got = account.post(operation, payload), account.get(operation, quote(payload, safe=""))
        assert (posted.status, posted.body) == (got.status, got.body)
    sent = account.root(account.submits(submit(UNKNOWN, account.standing.content())))
    posted = account.post(Operation.SEND, sent)
    got = account.get(Operation.SEND, quote(sent, safe=""))
    assert (posted.code, posted.codes) == (got.code, got.codes) == ("0", [Code.NUMBER_UNRECOGNISED])
    payload = account.root()
    assert account.post(Operation.INFO, payload).body == account.get(Operation.INFO, quote(payload, safe="")).body


@asks("T2")
def test_an_address_can_be_opened_in_a_browser(inquiry: CheckRun) -> None:
    account = inquiry.account()
    # What an address bar makes of what was typed.
    heard = account.get(Operation.INFO, quote(account.root(), safe="=/?:@!$&'()*+,;"))
    assert heard.status == 200
    assert heard.headers["content-type"].startswith(("text/", "application/xml"))
    assert heard.code == Code.SUCCESS


@asks("T3")
def test_what_is_submitted_is_utf_8(inquiry: CheckRun) -> None:
    account = inquiry.account()
    texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)

    def brought_back(linkid: str) -> None:
        heard = account.send(submit(UNKNOWN, account.standing.content(), linkid=linkid))
        assert [resp.linkid for resp in heard.resps] == [linkid]

    query = account.root(account.submits(submit(UNKNOWN, account.standing.content(), linkid="编号一")))
    assert [resp.linkid for resp in account.get(Operation.SEND, quote(query, safe="")).resps] == ["编号一"]

    for_all(inquiry, account, texts, brought_back, examples=("编号一", "é", "𠮷"))


@asks("T4")
def test_the_payload_is_the_body_or_the_whole_query(inquiry: CheckRun) -> None:
    account = inquiry.account()
    payload = account.root()
    assert account.post(Operation.INFO, payload).code == Code.SUCCESS
    # As the document prints it, but for the blanks, which no request line can hold.
    assert account.get(Operation.INFO, payload.replace(" ", "%20")).code == Code.SUCCESS
    assert account.get(Operation.INFO, quote(payload, safe="")).code == Code.SUCCESS


@asks("T5")
def test_every_answer_is_a_document_whose_root_has_return_and_info(inquiry: CheckRun) -> None:
    account = inquiry.account()
    answers = [account.post(operation, account.root(password=_WRONG)) for operation in Operation]
    answers += [account.post(Operation.INFO, account.root()), account.send(submit(UNKNOWN, account.standing.content()))]
    for heard in answers:
        assert heard.is_declared, heard.body[:60]
        root = heard.body.lstrip().removeprefix(DECLARATION).lstrip()
        assert root.startswith(f'<root return="{heard.code}" info="'.encode()), root[:60]
        assert heard.code in set(Code)
        assert heard.reply.info.startswith(Code(heard.code).text)
