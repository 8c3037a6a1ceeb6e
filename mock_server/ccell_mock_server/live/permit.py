"""What an integration may ask of a live gateway: what can be read in one way only, and costs what was allowed."""

from collections.abc import Collection
from contextlib import suppress
from hashlib import md5
from urllib.parse import unquote_to_bytes

from ccell_fake.contract.live.budget import Budget
from ccell_fake.contract.live.guard import NOBODY, segments
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import payload, requests
from ccell_mock_server.proxy.request import ProxiedRequest


class NotPermitted(Exception):
    """A request that may not leave; the message says why."""


class _NotTaken(NotPermitted):
    """A request that a gateway refuses which reads it as we do."""


class Permit:
    """Judges each request before it leaves.

    What an integration does is not known beforehand, nor how the gateway reads what the document does not describe.
    So what sends or fetches has to be of the account and as the document has it, with nothing beside.
    """

    def __init__(self, userid: str, password: str, *, phones: Collection[str], budget: Budget, drain: bool) -> None:
        """Permit what one account may do.

        Args:
            userid: The account.
            password: Its password; its md5 does as well (W9).
            phones: The only numbers that may be sent to, beside those that nobody can have.
            budget: How many messages may be sent.
            drain: Whether reports and upstream messages may be fetched.
        """
        self._userid = userid
        self._passwords = {password, md5(password.encode(), usedforsecurity=False).hexdigest()}
        self._phones = frozenset(phones)
        self._budget = budget
        self._drain = drain

    def __call__(self, operation: Operation, placed: ProxiedRequest) -> bool:
        """Let a request go, and count it; False where it needs more messages than there are left.

        Raises:
            NotPermitted: It may reach somebody else, cost what is not allowed, or be read in more than one way.
        """
        if operation is Operation.INFO:
            return True
        if operation is not Operation.SEND and not self._drain:
            message = "it fetches what nobody else finds then, which has to be allowed (drain=True)"
            raise NotPermitted(message)
        data = _document(placed)
        messages = self._messages(data, self._read(operation, data))
        for decoded in {unquote_to_bytes(data), unquote_to_bytes(data.replace(b"+", b" "))} - {data}:
            # As a gateway has it that decodes what is decoded.
            with suppress(_NotTaken):
                messages = max(messages, self._messages(decoded, self._read(operation, decoded)))
        return not messages or self._budget.spend(messages)

    def _read(self, operation: Operation, data: bytes) -> Request:
        try:
            request = requests.parse(operation, data)
        except UnreadableRequest as error:
            message = f"it cannot be read: {error}"
            raise _NotTaken(message) from error
        if request.userid != self._userid or request.password not in self._passwords:
            message = "its userid and password are not those that the integration was given"
            raise _NotTaken(message)
        return request

    def _messages(self, data: bytes, request: Request) -> int:
        """How many messages a request may become.

        Raises:
            NotPermitted: Nobody can tell, or they may be somebody else's.
        """
        if not requests.is_complete(request, data):
            message = "it says more than the document describes, which a gateway may read in its own way"
            raise NotPermitted(message)
        return sum(map(self._charged, request.submits))

    def _charged(self, submit: Submit) -> int:
        numbers = [number.strip() for number in (submit.phone or "").split(NUMBER_SEPARATOR)]
        own = [number for number in numbers if number in self._phones]
        if any(number and NOBODY.fullmatch(number) is None for number in numbers if number not in self._phones):
            message = "it is for a number that is not one of the phones it may send to"
            raise NotPermitted(message)
        return segments(submit.content or "") * len(own)


def _document(placed: ProxiedRequest) -> bytes:
    """The XML of a request.

    Raises:
        NotPermitted: There is none, or another may be meant.
    """
    query = placed.target.partition(b"?")[2]
    if placed.is_compressed:
        message = "its body is compressed, or said to be"
        raise NotPermitted(message)
    if query and placed.body:
        message = "it has a body, and something behind the question mark as well"
        raise NotPermitted(message)
    try:
        return payload.find(placed.method, query, placed.body, placed.content_type).data
    except UnreadableRequest as error:
        message = f"it cannot be read: {error}"
        raise NotPermitted(message) from error
