"""Check of every request to a live account: none leaves that may cost more than allowed."""

import re
from urllib.parse import unquote_to_bytes

import httpx2

from ccell_fake.contract.live.allowances import Budget
from ccell_fake.contract.needs import NotAsked
from ccell_fake.contract.recording import split_target
from ccell_fake.errors import UnreadableRequest
from ccell_fake.limits import JOINED_SEGMENT, NUMBER_SEPARATOR, SINGLE_SEGMENT
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.signing import md5
from ccell_fake.wire import doors, payload
from ccell_fake.wire.json_requests import Reading
from ccell_fake.wire.secrets import forms

UNASSIGNED_NUMBER = re.compile(r"120[0-9]{7,9}")
"""Matches numbers that belong to no phone: no mainland number begins like this."""

# Digits of any script: a gateway may read them as ASCII.
_DIGITS = re.compile(r"\d+")
_LONG = re.compile(r"\d{7,}")
_SIGN = re.compile(r"""(?<![a-z])sign["']?\s*[=:]""", re.IGNORECASE)


class NotAllowed(Exception):
    """A request was stopped because it may reach a number that is not yours, or because its effect is unknown."""


class Guard:
    """Judges each request by the worst that it may do, before it is sent."""

    def __init__(
        self, userid: str, password: str, *, kinds: frozenset[str], phones: frozenset[str], budget: Budget
    ) -> None:
        """Guard an account.

        Args:
            userid: The account. Requests of other accounts are free.
            password: Its password. Requests that neither have it nor are signed with it are free.
            kinds: Allowed kinds of cost.
            phones: The only numbers to send to.
            budget: The number of messages to send.
        """
        self._userid = userid
        self._password = password
        self._passwords = forms(password)
        known = "|".join(map(re.escape, [userid, *self._passwords]))
        self._credential = re.compile(rf"(?<!\d)(?:{known})(?!\d)")
        self._kinds = kinds
        self._phones = phones
        self._budget = budget

    def __call__(self, request: httpx2.Request) -> None:
        """Judge a request, and spend its messages.

        Raises:
            NotAsked: It may have a cost that is not allowed, or exceed the budget.
            NotAllowed: It may reach another number, or nobody can say what it does.
        """
        raw = split_target(request)[1] + b" " + request.read()
        decoded = unquote_to_bytes(raw.replace(b"+", b" ")).decode(errors="replace")
        operation, parsed = _parse(request)
        if parsed is None and (operation is None or _SIGN.search(decoded)):
            message = "a JSON-RPC call or a signed request that cannot be read is never sent"
            raise NotAllowed(message)
        # Search both forms: a gateway may read either.
        if not self._is_authentic(parsed, decoded + raw.decode(errors="replace")):
            return
        if operation in {Operation.REPORT, Operation.UPMSG}:
            self._require("drain")
        if operation is Operation.SEND:
            self._judge_send(parsed, decoded)

    def _is_authentic(self, parsed: Request | None, text: str) -> bool:
        """Return whether a gateway may accept the request's credential."""
        if parsed is None:
            return any(form in text for form in self._passwords)
        is_signed = (parsed.sign or "").strip().lower() in self._signs(parsed.seqid or "")
        return parsed.userid == self._userid and (is_signed or parsed.password in self._passwords)

    def _signs(self, seqid: str) -> set[str]:
        """The signs that a gateway may accept: a password that looks like an md5 may stand for itself (Q44)."""
        return {md5(seqid + key) for key in (md5(self._password), self._password)}

    def _judge_send(self, parsed: Request | None, text: str) -> None:
        if parsed is None:
            if _may_reach_a_phone(" ".join(_LONG.findall(self._credential.sub(" ", text)))):
                message = "a send that cannot be read contains a phone number"
                raise NotAllowed(message)
            return
        messages = sum(self._count_messages(submit) for submit in parsed.submits)
        if not messages:
            return
        self._require("sms")
        if not self._budget.spend(messages):
            message = f"needs {messages} more messages; {self._budget.left} of the budget are left"
            raise NotAsked(message)

    def _count_messages(self, submit: Submit) -> int:
        """The largest number of messages that a submit may become."""
        numbers = [number.strip() for number in (submit.phone or "").split(NUMBER_SEPARATOR)]
        reachable = [number for number in numbers if _may_reach_a_phone(number)]
        if not reachable or not submit.content:
            return 0
        if not self._phones.issuperset(reachable):
            message = "a send has a number that is not one of your own"
            raise NotAllowed(message)
        return count_segments(submit.content) * len(reachable)

    def _require(self, kind: str) -> None:
        if kind not in self._kinds:
            message = f"costs {kind}, which is not allowed"
            raise NotAsked(message)


def count_segments(content: str) -> int:
    """Number of messages that a content is charged as (Q13, Q35)."""
    length = len(content.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if length <= SINGLE_SEGMENT else -(-length // JOINED_SEGMENT)


def _parse(request: httpx2.Request) -> tuple[Operation | None, Request | None]:
    """Read what a request asks for, as leniently as possible. Both are None for a JSON-RPC call that cannot be read."""
    content_type = request.headers.get("content-type", "")
    # The gateway's address may have a path.
    endpoint = next(one for path, one in doors.PATHS.items() if request.url.path.endswith(path))
    door, operation = endpoint
    try:
        query = split_target(request)[1]
        data = payload.find(request.method, query, request.read(), content_type, payload.LENIENT, door=door).data
        call = doors.parse_request(endpoint, data, encoding="declared", reading=Reading(is_gbk=True))
    except UnreadableRequest:
        return operation, None
    return (call.operation, call.request) if isinstance(call.request, Request) else (operation, None)


def _may_reach_a_phone(text: str) -> bool:
    """Return whether the text has digits that may be the number of a phone."""
    numbers: list[str] = _DIGITS.findall(text)
    return any(UNASSIGNED_NUMBER.fullmatch(number) is None for number in numbers)
