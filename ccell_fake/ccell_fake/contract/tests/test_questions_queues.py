"""Open questions about queued reports and upstream messages."""

from collections.abc import Sequence

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import UnknownAnswer, answer_for
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import OWN_NUMBER, UPSTREAM, NotAsked, clock_advance
from ccell_fake.contract.tests.fetches import fetch_nodes
from ccell_fake.model import Operation

_AGAIN_WITHIN = 61
_APART = 2


@checks("Q18", OWN_NUMBER, clock_advance(_AGAIN_WITHIN), cost="sms 3, drain")
def test_whether_a_report_that_was_fetched_is_gone(check_run: CheckRun) -> str:
    account = check_run.account()
    linkids = [account.client.send(account.own_numbers[0], account.known.content()).resps[0].linkid for _ in range(3)]

    def fetch() -> list[str]:
        return [one.linkid for one in account.reports() if one.linkid in linkids]

    first = account.wait_for(fetch, len(linkids))
    if fetch():
        message = "fetched reports were handed out again at once"
        raise UnknownAnswer(message)
    account.arranger.advance(_AGAIN_WITHIN)
    return answer_for(tuple(fetch()), {(): "gone", tuple(first): "again"})


@checks("Q18", OWN_NUMBER, clock_advance(_APART), aspect="reports", cost="sms 3, drain")
def test_reports_are_handed_out_oldest_first_and_not_again_at_once(check_run: CheckRun) -> None:
    account = check_run.account()
    msgids: list[str] = []
    for _ in range(3):
        msgids += [account.client.send(account.own_numbers[0], account.known.content()).resps[0].msgid]
        account.arranger.advance(_APART)
    account.wait_fully()
    nodes = [node for node in fetch_nodes(account, Operation.REPORT) if node["msgid"] in msgids]
    _require_two(account, nodes)
    assert len({node["msgid"] for node in nodes}) == len(nodes), "a report occurs twice in one answer"
    _assert_oldest_first([node["recvtime"] for node in nodes])
    fetched = {node["msgid"] for node in nodes}
    assert fetched.isdisjoint(node["msgid"] for node in fetch_nodes(account, Operation.REPORT)), "a report came twice"


@checks("Q18", UPSTREAM, clock_advance(_APART), aspect="upstream", cost="sms 2, drain")
def test_upstream_messages_are_handed_out_oldest_first_and_not_again_at_once(check_run: CheckRun) -> None:
    account = check_run.account()
    account.upmsgs()
    for text in ("TD 1", "TD 2"):
        account.arranger.reply(account.replying_number, [text])
        account.arranger.advance(_APART)
    account.wait_fully()

    def fetch() -> list[dict[str, str]]:
        nodes = fetch_nodes(account, Operation.UPMSG)
        return [node for node in nodes if node["phone"].strip() == account.replying_number]

    nodes = fetch()
    _require_two(account, nodes)
    _assert_oldest_first([node["motime"] for node in nodes])
    # The texts may be the same: a phone that replies by itself chooses them.
    assert len(nodes) + len(fetch()) == 2, "a message came twice"


def _require_two(account: ContractAccount, nodes: Sequence[object]) -> None:
    """Require two items in one answer.

    Raises:
        NotAsked: The gateway has not produced them in time.
    """
    if len(nodes) < 2 and "immediate" not in account.known.abilities:
        message = f"needs two items in one answer; {len(nodes)} arrived"
        raise NotAsked(message)
    assert len(nodes) > 1, f"{len(nodes)} arrived"


def _assert_oldest_first(times: list[str]) -> None:
    assert times == sorted(times), f"not oldest first: {', '.join(times)}"


@checks("Q19", UPSTREAM, cost="sms 1, drain")
def test_whether_the_phone_of_an_upstream_message_begins_with_a_blank(check_run: CheckRun) -> str:
    account = check_run.account()
    account.arranger.reply(account.replying_number, ["TD"])

    def phones() -> list[str]:
        values = [node.get("phone", "") for node in fetch_nodes(account, Operation.UPMSG)]
        return [phone for phone in values if phone.strip() == account.replying_number]

    phone = account.wait_for(phones)[0]
    return answer_for(phone, {account.replying_number: "no", f" {account.replying_number}": "yes"})
