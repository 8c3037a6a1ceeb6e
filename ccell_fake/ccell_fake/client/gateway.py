"""Requests of an account as bytes, and answers as replies or errors, with the password masked."""

import logging
import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from ccell_fake.client.errors import ClientError, NotSent, OutcomeUnknown, RequestRefused, UnreadableAnswer
from ccell_fake.client.retries import Retry, is_over_the_limit
from ccell_fake.client.steps import Failure, HttpAnswer, HttpCall, Pause, StepOutcome
from ccell_fake.client.writing import RequestWriter
from ccell_fake.codes import Code
from ccell_fake.content_types import charset_of
from ccell_fake.errors import UnreadableReply
from ccell_fake.limits import REPORTS_PER_CALL, UPMSGS_PER_CALL
from ccell_fake.model import Malformed, Operation, Reply, Submit
from ccell_fake.wire import doors
from ccell_fake.wire.secrets import HIDDEN, any_form

T = TypeVar("T")
_Read = Callable[[Reply[Any]], T]

_LOG = logging.getLogger("ccell_fake.client")

_CODES = frozenset(Code)
_RULE, _BASIS = "x-ccell-rule", "x-ccell-basis"
_DIGEST = r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
_CONSEQUENCES = {
    Operation.SEND: "the outcome is unknown: do not send again before the reports are in",
    Operation.REPORT: f"at most {REPORTS_PER_CALL} reports are lost with the answer",
    Operation.UPMSG: f"at most {UPMSGS_PER_CALL} upstream messages are lost with the answer",
    Operation.INFO: "nothing is lost",
}


class GatewayCalls:
    """Calls endpoints of a gateway for an account.

    Attributes:
        url: Base URL of the gateway, without the path of its endpoints.
        userid: The account.
    """

    def __init__(self, writer: RequestWriter, retry: Retry) -> None:
        """Use a writer of requests."""
        self.url: str = writer.url
        self.userid: str = writer.userid
        self._writer = writer
        self._retry = retry
        self._attempts = retry.retrying()
        self._mask = SecretMask(writer.password, hides_digests=writer.is_signed)

    def call(
        self, operation: Operation, read: _Read[T], submits: tuple[Submit, ...] = ()
    ) -> Generator[HttpCall | Pause, StepOutcome | None, T]:
        """Call an endpoint, retry if the thread limit is exceeded (K2), and read the reply.

        Args:
            operation: The endpoint.
            read: Converts the reply; its ValueError makes the answer unreadable.
            submits: Submits of a send.

        Raises:
            ClientError: There was no connection or no answer, or the answer is unreadable or a refusal.
        """
        for attempt in self._attempts:
            number = attempt.retry_state.attempt_number
            if number > 1:
                seconds = attempt.retry_state.upcoming_sleep
                _LOG.info("%s: attempt %d of %d in %.2f s", operation, number, self._retry.attempts, seconds)
                yield Pause(seconds)
            with attempt:
                outcome = yield self._writer.write(operation, submits)
                # Errors are raised here, so that no frame of the traceback contains the answer.
                result = self.read(operation, outcome, read)
                if isinstance(result, ClientError):
                    if is_over_the_limit(result):
                        _LOG.info("%s: refused with 1001006, too many requests at the same time", operation)
                    raise result
                return result
        message = "the last attempt returns or raises"
        raise AssertionError(message)

    def read(self, operation: Operation, outcome: StepOutcome | None, read: _Read[T]) -> T | ClientError:
        """Read the outcome of a request. Returns an error instead of raising it."""
        match outcome:
            case HttpAnswer():
                return self._read_answer(operation, outcome, read)
            case Failure(reason, is_sent):
                place = f"{self.url} ({self._mask.text(reason)})"
                if is_sent:
                    return OutcomeUnknown(f"{operation}: no answer from {place}; {_CONSEQUENCES[operation]}", operation)
                return NotSent(f"{operation}: the request did not leave for {place}; nothing was sent", operation)
            case None:
                message = "send the outcome of each HttpCall to the plan"
                raise TypeError(message)

    def _read_answer(self, operation: Operation, answer: HttpAnswer, read: _Read[T]) -> T | ClientError:
        declared = answer.headers.get("content-type", "")
        content_type = self._mask.text(declared)
        try:
            # The HTTP status does not matter: a readable reply counts.
            reply = doors.parse_reply_leniently(self._writer.door, operation, answer.body, charset_of(declared))
            if reply.code == Code.SUCCESS or reply.items:
                self._log_malformed(operation, reply)
                return read(reply)
        except (UnreadableReply, ValueError) as error:
            by = self._by(answer.headers)
            reason = f"({answer.status} {content_type}{by}) cannot be read: {self._mask.text(str(error))}"
            return UnreadableAnswer(
                f"{operation}: the answer of {self.url} {reason}; {_CONSEQUENCES[operation]}",
                operation,
                status=answer.status,
                content_type=content_type,
                received=self._mask.data(answer.body),
            )
        return self._refusal(operation, answer.headers, reply)

    def _log_malformed(self, operation: Operation, reply: Reply[Any]) -> None:
        for item in reply.items:
            if isinstance(item, Malformed):
                _LOG.warning("%s: an item is malformed: %s", operation, self._mask.text(item.reason))

    def _refusal(self, operation: Operation, headers: Mapping[str, str], reply: Reply[Any]) -> RequestRefused:
        info, rule, basis = map(self._mask.text, (reply.info, headers.get(_RULE, ""), headers.get(_BASIS, "")))
        # A documented code is never masked, even if the password is the same text.
        code = reply.code if reply.code in _CODES else self._mask.text(reply.code)
        message = f"{operation}: refused with {code} {info}{self._by(headers)}"
        return RequestRefused(message, operation, code=code, info=info, rule=rule, basis=basis)

    def _by(self, headers: Mapping[str, str]) -> str:
        """The rule that decided, as an emulator names it, and its basis."""
        rule, basis = self._mask.text(headers.get(_RULE, "")), self._mask.text(headers.get(_BASIS, ""))
        return f", by {rule} ({basis})" if rule else ""


class SecretMask:
    """Masks a password and its md5 (W9), also as written in XML, HTML, JSON and URLs. An empty one masks nothing.

    With `hides_digests`, whatever looks like a sign is masked, too.
    """

    def __init__(self, password: str, *, hides_digests: bool = False) -> None:
        text = any_form(password)
        self._text = re.compile(f"{text.pattern}|{_DIGEST}", re.IGNORECASE) if hides_digests else text
        self._data = re.compile(self._text.pattern.encode("utf-8", "replace"), re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text with every occurrence masked."""
        return self._text.sub(HIDDEN, text)

    def data(self, data: bytes) -> bytes:
        """The bytes with every occurrence masked."""
        return self._data.sub(HIDDEN.encode(), data)
