"""What the document leaves open about what is queued."""

from xml.etree import ElementTree as ET

from ccell_fake.contract.answers import Unsettled, of_seen
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import OWN_NUMBER, UPSTREAM, seconds_to_pass
from ccell_fake.model import Operation

_AGAIN_WITHIN = 61


@asks("Q18", OWN_NUMBER, seconds_to_pass(_AGAIN_WITHIN), cost="sms 3, drain")
def test_whether_what_was_fetched_is_gone(inquiry: CheckRun) -> str:
    account = inquiry.account()
    linkids = [account.client.send(account.own[0], account.standing.content()).resps[0].linkid for _ in range(3)]

    def fetched() -> list[str]:
        return [one.linkid for one in account.client.reports() if one.linkid in linkids]

    first = account.until(fetched, len(linkids))
    if first != linkids:
        message = "reports are not handed out in the order of their messages"
        raise Unsettled(message)
    if fetched():
        message = "what was fetched was handed out again at once"
        raise Unsettled(message)
    account.arranger.later(_AGAIN_WITHIN)
    return of_seen(tuple(fetched()), {(): "gone", tuple(linkids): "again"})


@asks("Q18", UPSTREAM, aspect="upstream", cost="sms 2, drain")
def test_upstream_messages_are_handed_out_oldest_first_and_not_again_at_once(inquiry: CheckRun) -> None:
    account = inquiry.account()
    texts = ["TD 1", "TD 2"]
    account.arranger.upstream(account.answering, texts)

    def fetched() -> list[str]:
        return [one.msgcontent for one in account.client.upmsgs() if one.phone == account.answering]

    found = account.until(fetched, len(texts))
    # A phone that answers by itself says what it likes.
    assert found == texts or "upstream" not in account.standing.abilities
    assert not fetched()


@asks("Q19", UPSTREAM, cost="sms 1, drain")
def test_whether_the_phone_of_an_upstream_message_begins_with_a_blank(inquiry: CheckRun) -> str:
    account = inquiry.account()
    account.arranger.upstream(account.answering, ["TD"])

    def phones() -> list[str]:
        root = ET.fromstring(account.post(Operation.UPMSG, account.root()).body)  # noqa: S314 - of the gateway that is asked
        found = [node.get("phone", "") for node in root.findall("upmsg")]
        return [phone for phone in found if phone.strip() == account.answering]

    phone = account.until(phones)[0]
    return of_seen(phone, {account.answering: "no", f" {account.answering}": "yes"})
