"""Open questions about queued reports and upstream messages."""

from ccell_fake.contract.answers import UnknownAnswer, answer_for
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import OWN_NUMBER, UPSTREAM, clock_advance
from ccell_fake.contract.tests.fetches import fetch_nodes
from ccell_fake.model import Operation

_AGAIN_WITHIN = 61


@checks("Q18", OWN_NUMBER, clock_advance(_AGAIN_WITHIN), cost="sms 3, drain")
def test_whether_a_report_that_was_fetched_is_gone(check_run: CheckRun) -> str:
    account = check_run.account()
    linkids = [account.client.send(account.own_numbers[0], account.known.content()).resps[0].linkid for _ in range(3)]

    def fetch() -> list[str]:
        return [one.linkid for one in account.client.reports() if one.linkid in linkids]

    first = account.wait_for(fetch, len(linkids))
    if first != linkids:
        message = "reports are not handed out in the order of their messages"
        raise UnknownAnswer(message)
    if fetch():
        message = "fetched reports were handed out again at once"
        raise UnknownAnswer(message)
    account.arranger.advance(_AGAIN_WITHIN)
    return answer_for(tuple(fetch()), {(): "gone", tuple(linkids): "again"})


@checks("Q18", UPSTREAM, aspect="upstream", cost="sms 2, drain")
def test_upstream_messages_are_handed_out_oldest_first_and_not_again_at_once(check_run: CheckRun) -> None:
    account = check_run.account()
    texts = ["TD 1", "TD 2"]
    account.arranger.reply(account.replying_number, texts)

    def fetch() -> list[str]:
        return [one.msgcontent for one in account.client.upmsgs() if one.phone == account.replying_number]

    received = account.wait_for(fetch, len(texts))
    # A phone that replies by itself chooses the text.
    assert received == texts or "upstream" not in account.known.abilities
    assert not fetch()


@checks("Q19", UPSTREAM, cost="sms 1, drain")
def test_whether_the_phone_of_an_upstream_message_begins_with_a_blank(check_run: CheckRun) -> str:
    account = check_run.account()
    account.arranger.reply(account.replying_number, ["TD"])

    def phones() -> list[str]:
        values = [node.get("phone", "") for node in fetch_nodes(account, Operation.UPMSG)]
        return [phone for phone in values if phone.strip() == account.replying_number]

    phone = account.wait_for(phones)[0]
    return answer_for(phone, {account.replying_number: "no", f" {account.replying_number}": "yes"})
