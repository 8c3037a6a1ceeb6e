"""Find sends that arrive again right after their answer was cut off.

Some HTTP libraries send a request again by themselves if its connection fails (W16, W17). The gateway may have accepted
the first one, so the phone gets the message twice, and the program does not know.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from ccell_fake.model import Operation

RESENT = "W16"
"""The observation that a send violates that arrives again."""

_CUT_OFF = {"close", "reset", "truncate"}


class SentRequest(NamedTuple):
    """A request, as far as it matters here.

    Attributes:
        peer: The address of the client.
        operation: The endpoint; None if it reached none.
        payload: The payload. Equal payloads are the same request.
        delivery: How its answer left: `whole`, or the kind of the fault.
    """

    peer: str
    operation: Operation | None
    payload: Hashable
    delivery: str


def find_resends(requests: Iterable[SentRequest]) -> Iterator[tuple[int, int]]:
    """Yield the places of a send whose answer was cut off, and of the same send from the same peer right after it.

    Requests of other endpoints are left out: to ask for reports again after a failure is right.

    Args:
        requests: The requests of one account, in order.
    """
    before: dict[str, tuple[int, SentRequest]] = {}
    for place, request in enumerate(requests):
        earlier = before.get(request.peer)
        before[request.peer] = place, request
        if earlier is None or request.operation is not Operation.SEND:
            continue
        if earlier[1].delivery in _CUT_OFF and earlier[1][:3] == request[:3]:
            yield earlier[0], place
