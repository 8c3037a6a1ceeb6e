"""Decide which requests an integration may send to a live service: unambiguous ones within the budget."""

from collections.abc import Collection
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from ccell_fake.contract.live.allowances import Budget
from ccell_fake.contract.live.guard import UNASSIGNED_NUMBER, count_segments
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import Door, Operation, Request, Submit
from ccell_fake.signing import md5
from ccell_fake.wire import doors, payload
from ccell_fake.wire.doors import Endpoint
from ccell_fake.wire.json_requests import Reading
from ccell_mock_server.proxy.request import ProxiedRequest

_STRICT = Reading(is_lenient=False)


class NotPermitted(Exception):
    """A request that must not be forwarded. The message gives the reason."""


class _Refused(NotPermitted):
    """A request that a gateway refuses if it decodes the request the same way."""


class Permit:
    """Checks each request before it is forwarded.

    A gateway may decode in its own way what the document does not describe. So every send and fetch must belong to the
    account and have exactly the documented form.
    """

    def __init__(self, userid: str, password: str, *, phones: Collection[str], budget: Budget, drain: bool) -> None:
        """Permit requests of one account.

        Args:
            userid: The account.
            password: Its password. Its md5 (W9) and a sign made of it (P2) are permitted too.
            phones: The only permitted numbers, besides numbers that cannot exist.
            budget: Limits the messages to send.
            drain: Permit fetching reports and upstream messages.
        """
        self._userid = userid
        self._passwords = {password, md5(password)}
        self._phones = frozenset(phones)
        self._budget = budget
        self._drain = drain

    def __call__(self, endpoint: Endpoint, proxied: ProxiedRequest) -> bool:
        """Permit a request and charge its messages. Returns False if the budget has too few messages left.

        Raises:
            NotPermitted: It may reach another number, cost something not allowed, or is ambiguous.
        """
        door, operation = endpoint
        if operation is Operation.INFO:
            return True
        if operation is not None:
            self._check_drain(operation)
        data = _payload(door, proxied)
        messages = self._count_messages(endpoint, data)
        for decoded in {unquote_to_bytes(data), unquote_to_bytes(data.replace(b"+", b" "))} - {data}:
            # A gateway may percent-decode a body once more.
            with suppress(_Refused):
                messages = max(messages, self._count_messages(endpoint, decoded))
        return not messages or self._budget.spend(messages)

    def _check_drain(self, operation: Operation) -> None:
        if operation in {Operation.REPORT, Operation.UPMSG} and not self._drain:
            message = "it fetches items, which nobody else gets then; allow it with drain=True"
            raise NotPermitted(message)

    def _count_messages(self, endpoint: Endpoint, data: bytes) -> int:
        """The number of messages that a request of the account sends.

        Raises:
            _Refused: A gateway that reads the same refuses it.
            NotPermitted: It must not be forwarded.
        """
        try:
            call = doors.parse_request(endpoint, data, reading=_STRICT)
        except UnreadableRequest as error:
            message = f"it is unreadable: {error}"
            raise _Refused(message) from error
        if call.operation is None or isinstance(call.request, UnreadableRequest):
            message = f"it is unreadable: {call.request}"
            raise _Refused(message)
        if not self._is_own(call.request):
            message = "its userid and password, or its sign, are not the integration's"
            raise _Refused(message)
        if not doors.is_complete(call.operation, call.request, call.envelope, data):
            message = "it contains more than the vendor describes, so a gateway may decode it differently"
            raise NotPermitted(message)
        self._check_drain(call.operation)
        return sum(map(self._charge, call.request.submits))

    def _is_own(self, request: Request) -> bool:
        """Return whether the request has the userid, and all credentials in it are right. One is required."""
        if request.userid != self._userid or not (request.password or request.sign):
            return False
        signs = {md5((request.seqid or "") + key) for key in self._passwords}
        return request.password in {None, *self._passwords} and request.sign in {None, *signs}

    def _charge(self, submit: Submit) -> int:
        numbers = [number.strip() for number in (submit.phone or "").split(NUMBER_SEPARATOR)]
        own = [number for number in numbers if number in self._phones]
        others = [number for number in numbers if number and number not in self._phones]
        if any(UNASSIGNED_NUMBER.fullmatch(number) is None for number in others):
            message = "it is for a number that is not one of the phones"
            raise NotPermitted(message)
        return count_segments(submit.content or "") * len(own)


def _payload(door: Door, proxied: ProxiedRequest) -> bytes:
    query = proxied.target.partition(b"?")[2]
    if proxied.is_compressed:
        message = "its body has a Content-Encoding"
        raise NotPermitted(message)
    if query and proxied.body:
        message = "it has both a body and a query"
        raise NotPermitted(message)
    try:
        return payload.find(proxied.method, query, proxied.body, proxied.content_type, door=door).data
    except UnreadableRequest as error:
        message = f"it is unreadable: {error}"
        raise NotPermitted(message) from error
