"""What stands before a live account: no request leaves that may cost what was not allowed."""

import re
from urllib.parse import unquote_to_bytes

import httpx2

from ccell_fake.contract.live.budget import Budget
from ccell_fake.contract.needs import NotAsked
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import JOINED_SEGMENT, NUMBER_SEPARATOR, SINGLE_SEGMENT
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import payload, requests
from ccell_fake.wire.secrets import forms

NOBODY = re.compile(r"120[0-9]{7,9}")
"""Numbers that nobody can have: no mainland number begins so."""

# Of any script: a gateway may read them as ASCII.
_DIGITS = re.compile(r"\d+")
_LONG = re.compile(r"\d{7,}")


class NotAllowed(Exception):
    """A request that would have gone where none may go; it has not left."""


class Guard:
    """Judges each request before it leaves, by what it might do at worst."""

    def __init__(
        self, userid: str, password: str, *, kinds: frozenset[str], phones: frozenset[str], budget: Budget
    ) -> None:
        """Guard an account.

        Args:
            userid: Whose requests are judged; what names another account costs nothing.
            password: Its password, without which a request does nothing.
            kinds: What is allowed, of `sms`, `drain` and `risk`.
            phones: The only numbers that may be sent to.
            budget: How many messages may be sent.
        """
        self._userid = userid
        self._passwords = forms(password)
        self._kinds = kinds
        self._phones = phones
        self._budget = budget

    def __call__(self, request: httpx2.Request) -> None:
        """Let a request go, and count it.

        Raises:
            NotAsked: It may cost what is not allowed, or more than there is left of the budget.
            NotAllowed: It may reach somebody else.
        """
        # An address may have a path of its own.
        operation = next(one for one in Operation if request.url.path.endswith(one.path))
        asked = self._read(operation, request)
        placed = request.url.query + b" " + request.read()
        decoded = unquote_to_bytes(placed.replace(b"+", b" ")).decode(errors="replace")
        # However a gateway may read it.
        if not self._is_authentic(asked, decoded + placed.decode(errors="replace")):
            return
        if operation in {Operation.REPORT, Operation.UPMSG}:
            self._need("drain")
        if operation is Operation.SEND:
            self._judge_send(asked, decoded)

    def _read(self, operation: Operation, request: httpx2.Request) -> Request | None:
        try:
            content_type = request.headers.get("content-type", "")
            found = payload.find(request.method, request.url.query, request.read(), content_type)
            return requests.parse(operation, found.data, as_declared=True)
        except UnreadableRequest:
            return None

    def _is_authentic(self, asked: Request | None, sent: str) -> bool:
        """Whether the request may be taken for one of the account: by what it says, or might be read to say."""
        if asked is not None:
            return asked.userid == self._userid and asked.password in self._passwords
        return any(form in sent for form in self._passwords)

    def _judge_send(self, asked: Request | None, sent: str) -> None:
        if asked is None:
            if _is_somebody(" ".join(set(_LONG.findall(sent)) - {self._userid, *self._passwords})):
                message = "a send that cannot be read, with a number that is somebody's"
                raise NotAllowed(message)
            return
        messages = sum(self._messages(submit) for submit in asked.submits)
        if not messages:
            return
        self._need("sms")
        if not self._budget.spend(messages):
            message = f"needs {messages} more messages; {self._budget.left} of the budget are left"
            raise NotAsked(message)

    def _messages(self, submit: Submit) -> int:
        """How many messages a submit may become."""
        numbers = [number.strip() for number in (submit.phone or "").split(NUMBER_SEPARATOR)]
        reachable = [number for number in numbers if _is_somebody(number)]
        if not reachable or not submit.content:
            return 0
        for number in reachable:
            if number not in self._phones:
                message = "a number to send to that is not one of --ccell-phone"
                raise NotAllowed(message)
        return segments(submit.content) * len(reachable)

    def _need(self, kind: str) -> None:
        if kind not in self._kinds:
            message = f"costs {kind}, which is not allowed; --ccell-allow={kind} allows it"
            raise NotAsked(message)


def segments(content: str) -> int:
    """How many messages a content is charged as (Q13, Q35)."""
    length = len(content.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if length <= SINGLE_SEGMENT else -(-length // JOINED_SEGMENT)


def _is_somebody(text: str) -> bool:
    """Whether digits stand in a text that may be somebody's number."""
    found: list[str] = _DIGITS.findall(text)
    return any(NOBODY.fullmatch(digits) is None for digits in found)
