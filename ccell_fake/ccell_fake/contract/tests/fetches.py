"""Assertions on the two endpoints that hand out items: report and upmsg."""

from collections.abc import Callable
from urllib.parse import quote

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.needs import NotAsked
from ccell_fake.model import Door, Operation


def fetch(account: ContractAccount, operation: Operation, method: str = "POST") -> RawAnswer:
    """Return the raw answer of one fetch."""
    payload = account.payload()
    answer = account.post(operation, payload) if method == "POST" else account.get(operation, quote(payload, safe=""))
    assert answer.status == 200, answer.status
    assert answer.is_utf_8, answer.headers.get("content-type")
    assert answer.door is Door.JSON or answer.is_declared, answer.body[:60]
    return answer


def fetch_nodes(account: ContractAccount, operation: Operation, method: str = "POST") -> list[dict[str, str]]:
    """Return the attributes or members of all raw items of one fetch."""
    return fetch(account, operation, method).items


def fetch_counts(account: ContractAccount, operation: Operation, counts: list[int]) -> list[dict[str, str]]:
    """Fetch as often as there are counts. Each call returns this many items. Returns all their attributes.

    Raises:
        NotAsked: Not all items arrived.
    """
    account.wait_fully()
    calls = [fetch_nodes(account, operation) for _ in counts]
    received = [len(nodes) for nodes in calls]
    if sum(received) < sum(counts) and "immediate" not in account.known.abilities:
        message = f"needs {sum(counts)} items to arrive; {sum(received)} did"
        raise NotAsked(message)
    assert received == counts, received
    return [node for nodes in calls for node in nodes]


def assert_get_takes_what_post_takes(
    account: ContractAccount, operation: Operation, is_wanted: Callable[[dict[str, str]], bool]
) -> None:
    """A GET hands out the wanted item. Neither method has it after that, and both answer alike."""

    def wanted(method: str) -> list[dict[str, str]]:
        return [node for node in fetch_nodes(account, operation, method) if is_wanted(node)]

    assert len(account.wait_for(lambda: wanted("GET"))) == 1
    assert not wanted("POST")
    posted, got = fetch(account, operation, "POST"), fetch(account, operation, "GET")
    # Something else may have arrived in between.
    assert posted.body == got.body or not (posted.is_root_alone and got.is_root_alone)


def assert_empty_answer(account: ContractAccount, operation: Operation) -> None:
    """A fetch returns a root without items."""
    body = fetch(account, operation).body
    assert body.endswith(_empty_root(Code.SUCCESS)), body


def assert_refused_with_empty_answer(account: ContractAccount, operation: Operation) -> None:
    """A fetch with a wrong password returns the code in a root without items."""
    body = account.post(operation, account.payload(password="no-such-password")).body
    assert body.endswith(_empty_root(Code.PASSWORD_WRONG)), body


def _empty_root(code: Code) -> bytes:
    return f'<root return="{code}" info="{code.text}"></root>'.encode()
