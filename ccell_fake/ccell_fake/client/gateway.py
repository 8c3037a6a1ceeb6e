"""An account at an address: its requests as bytes, and what came back as a reply or as the error that it means."""

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import TypeVar
from urllib.parse import quote, urlsplit

from ccell_fake.client.errors import ClientError, NotSent, OutcomeUnknown, RequestRefused, UnreadableAnswer
from ccell_fake.client.retries import Retry
from ccell_fake.client.secrecy import SecretMask
from ccell_fake.client.steps import Ask, Failure, HttpAnswer, Pause, StepOutcome
from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply
from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import AnyReply, Operation, Request, Submit
from ccell_fake.wire import replies, requests, xml

T = TypeVar("T")

_ENDPOINTS = re.compile(r"/+(?:sms3_api/+xmlapi/*)?$")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_CODES = frozenset(Code)
_LOST = {
    Operation.SEND: "whether it was submitted is unknown, so do not send it again before its reports are in",
    Operation.REPORT: f"what it would have carried, at most {REPORTS_PER_CALL} reports, is lost",
    Operation.UPMSG: f"what it would have carried, at most {UPMSGS_PER_CALL} upstream messages, is lost",
    Operation.INFO: "nothing is lost",
}


class GatewayCalls:
    """What is asked of a gateway in an account's name.

    Attributes:
        url: Where the gateway is, without the path of its endpoints.
        userid: The account.
    """

    def __init__(self, base_url: str, userid: str, password: str, method: str, retry: Retry) -> None:
        """Speak for an account.

        Raises:
            ValueError: The address is none, the method is neither GET nor POST, or XML cannot carry the credential.
        """
        if method not in {"GET", "POST"}:
            message = f"the method is GET or POST, not {method}"
            raise ValueError(message)
        if xml.legible(userid + password) != userid + password:
            message = "userid or password holds a character that XML cannot carry"
            raise ValueError(message)
        self.url: str = base(base_url)
        self.userid: str = userid
        self._password = password
        self._method = method
        self._attempts = retry.retrying()
        self._mask = SecretMask(password)

    def ask(
        self, operation: Operation, read: Callable[[AnyReply], T], submits: Iterable[Submit] = ()
    ) -> Generator[Ask | Pause, StepOutcome | None, T]:
        """Ask, again where too much was in progress (K2), and read what the gateway replies.

        Args:
            operation: The endpoint.
            read: What to make of the reply; its ValueError says that this cannot be made of it.
            submits: What to send.

        Raises:
            ClientError: There was no connection, no answer, none that can be read, or a refusal.
        """
        request = self._request(operation, tuple(submits))
        for attempt in self._attempts:
            if attempt.retry_state.attempt_number > 1:
                yield Pause(attempt.retry_state.upcoming_sleep)
            with attempt:
                outcome = yield request
                # An error is made elsewhere, so that its traceback holds nothing of what was received.
                result = self._read(operation, outcome, read)
                if isinstance(result, ClientError):
                    raise result
                return result
        message = "the last attempt has returned or raised"
        raise AssertionError(message)

    def _request(self, operation: Operation, submits: tuple[Submit, ...]) -> Ask:
        payload = requests.render(Request(self.userid, self._password, submits))
        headers = {"Accept": "text/xml", "User-Agent": "ccell-fake"}
        url = self.url + operation.path
        if self._method == "GET":
            return Ask(operation, "GET", url, quote(payload, safe=""), b"", headers)
        return Ask(operation, "POST", url, "", payload, {**headers, "Content-Type": "text/xml; charset=UTF-8"})

    def _read(
        self, operation: Operation, outcome: StepOutcome | None, read: Callable[[AnyReply], T]
    ) -> T | ClientError:
        match outcome:
            case HttpAnswer():
                return self._read_answer(operation, outcome, read)
            case Failure(reason, is_sent):
                why = f"{self.url} ({self._mask.text(reason)})"
                if is_sent:
                    return OutcomeUnknown(f"{operation}: no answer from {why}; {_LOST[operation]}", operation)
                return NotSent(f"{operation}: the request did not go out to {why}; nothing was sent", operation)
            case None:
                message = "an Ask is answered with an outcome"
                raise TypeError(message)

    def _read_answer(self, operation: Operation, answer: HttpAnswer, read: Callable[[AnyReply], T]) -> T | ClientError:
        declared = answer.headers.get("content-type", "")
        content_type, charset = self._mask.text(declared), _CHARSET.search(declared)
        try:
            # Whatever the HTTP status: what reads as a reply is one, and what does not is none.
            reply = replies.parse(operation, answer.body, charset[1] if charset else "")
            if reply.code == Code.SUCCESS or reply.items:
                return read(reply)
        except (UnreadableReply, ValueError) as error:
            what = f"({answer.status} {content_type}) cannot be read: {self._mask.text(str(error))}"
            return UnreadableAnswer(
                f"{operation}: the answer of {self.url} {what}; {_LOST[operation]}",
                operation,
                status=answer.status,
                content_type=content_type,
                received=self._mask.data(answer.body),
            )
        return self._refusal(operation, answer.headers, reply)

    def _refusal(self, operation: Operation, headers: Mapping[str, str], reply: AnyReply) -> RequestRefused:
        said = (reply.info, headers.get("x-ccell-rule", ""), headers.get("x-ccell-basis", ""))
        info, rule, basis = map(self._mask.text, said)
        # A code of the table is no password, whatever the password is.
        code = reply.code if reply.code in _CODES else self._mask.text(reply.code)
        by = f", by {rule} ({basis})" if rule else ""
        return RequestRefused(
            f"{operation}: refused with {code} {info}{by}", operation, code=code, info=info, rule=rule, basis=basis
        )


def base(url: str) -> str:
    """The address without the path of the endpoints, which may be given or not, however it is slashed.

    Raises:
        ValueError: It is no address of a gateway.
    """
    parts = urlsplit(url)
    # Asking for the port looks at it, too.
    if parts.port == 0 or parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "the base URL is one of http or https with a host, such as https://sms.ccell.cn"
        raise ValueError(message)
    if parts.query or parts.fragment or "@" in parts.netloc:
        message = "the base URL holds neither a query, nor a fragment, nor a user's name"
        raise ValueError(message)
    return _ENDPOINTS.sub("", f"{parts.scheme}://{parts.netloc}{parts.path}")
