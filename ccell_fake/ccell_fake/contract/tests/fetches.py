"""Assertions on the two endpoints that hand out items: report and upmsg."""

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import RawAnswer
from ccell_fake.contract.needs import NotAsked
from ccell_fake.model import Operation


def fetch(account: ContractAccount, operation: Operation) -> RawAnswer:
    """Return the raw answer of one fetch."""
    answer = account.post(operation, account.payload())
    assert answer.is_declared, answer.body[:60]
    return answer


def fetch_nodes(account: ContractAccount, operation: Operation) -> list[dict[str, str]]:
    """Return the attributes of all raw nodes of one fetch."""
    return [dict(node.attrib) for node in fetch(account, operation).root.findall(operation)]


def assert_calls_return(account: ContractAccount, operation: Operation, counts: list[int]) -> None:
    """Successive calls return this many items.

    Raises:
        NotAsked: Not all items arrived.
    """
    account.wait_fully()
    received = [len(fetch(account, operation).reply.items) for _ in counts]
    if sum(received) < sum(counts) and "immediate" not in account.known.abilities:
        message = f"needs {sum(counts)} items to arrive; {sum(received)} did"
        raise NotAsked(message)
    assert received == counts, received


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
