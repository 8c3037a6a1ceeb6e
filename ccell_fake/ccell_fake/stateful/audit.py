"""Comparison of what an integration asked for, and of its store, with what the gateway did."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccell_fake.codes import Code
from ccell_fake.model import Operation
from ccell_fake.stateful.account_model import AcceptedMessage, AccountModel, HandedOut, segments
from ccell_fake.stateful.exchange import GatewayRequest, Submitted
from ccell_fake.stateful.findings import Duplicated, Lost, Mismatched, Refused, Unfaithful
from ccell_fake.stateful.words import Words

_PASSING = {Code.CONCURRENCY_EXCEEDED, Code.SYSTEM_ERROR, Code.NO_SENDING_RULE, Code.NO_CHANNEL}
"""The same request may succeed after one of these."""
_OF_OTHER_ATTRIBUTES = {
    Code.NO_SENDING_RULE,
    Code.SENDTIME_MALFORMED,
    Code.SENDTIME_TOO_FAR,
    Code.SENDTIME_PAST,
}
"""An spcode or a sendtime that only the integration knows may be refused with one of these."""
REPETITION = "S8"
"""The clause that a second try after a final refusal violates."""
_SHOWN = 40
_DIGITS = re.compile(r"\d+")


class Fate(StrEnum):
    """State of a message in a store; a plain string works as well."""

    UNKNOWN = "unknown"
    """It may or may not have been accepted."""
    ACCEPTED = "accepted"
    """The gateway accepted it; its report is not in."""
    DELIVERED = "delivered"
    """Its report says that it reached the phone."""
    FAILED = "failed"
    """It will never reach the phone: it was refused, was never sent, or its report says so."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the integration to send.

    Attributes:
        reference: Unique key of the message in `fates`, usable as linkid.
        phone: The number.
        content: Text with its signature. Messages sent together have the same content.
        token: Six digits in the content that identify the message at the gateway. An integration that writes its own
            contents has to include them, for example as a verification code.
        sendtime: When to send it, aware, in Asia/Shanghai; None for at once.
        number: Its place in the run, from 1.
    """

    reference: str
    phone: str
    content: str
    token: str
    sendtime: datetime | None = None
    number: int = 0


class Audit:
    """Messages given to an integration, checked against an account model."""

    def __init__(
        self,
        model: AccountModel,
        refused: Collection[str],
        say: Words,
        *,
        has_own_texts: bool = False,
        allowed: Collection[str] = (),
    ) -> None:
        """Begin without messages.

        Args:
            model: The account.
            refused: Numbers that the gateway has to refuse.
            say: The language of findings.
            has_own_texts: Whether the integration writes its own texts.
            allowed: Codes and clauses that are no findings.
        """
        self._model = model
        self._refused = refused
        self._say = say
        self._has_own_texts = has_own_texts
        self._allowed = frozenset(allowed)
        self._messages: dict[tuple[str, str], Message] = {}
        self._tokens: dict[str, None] = {}
        self._interrupted: set[str] = set()

    def add(self, messages: Iterable[Message]) -> None:
        """Add messages that the integration is about to send."""
        for message in messages:
            self._messages[message.token, message.phone] = message
            self._tokens[message.token] = None

    def interrupt(self, messages: Iterable[Message]) -> None:
        """Note that the integration was killed while it was given messages. It may not have got them."""
        self._interrupted.update(message.reference for message in messages)

    def has_token(self, text: str) -> bool:
        """Return whether a text contains the token of a message."""
        return any(token in text for token in self._tokens)

    def name(self, one: Message | Submitted) -> str:
        """Name a message, or what was submitted as the message that it is."""
        message = self._of(one) if isinstance(one, Submitted) else one
        if message is None:
            return one.phone
        return self._say("message", number=message.number or message.reference, phone=message.phone)

    def _of(self, one: Submitted) -> Message | None:
        return self._messages.get((self._token_in(one.content), one.phone))

    def _token_in(self, content: str) -> str:
        """Return the token in a content, first one that stands alone, then one within other digits; empty if none."""
        alone = (token for token in _DIGITS.findall(content) if token in self._tokens)
        return next(alone, next((token for token in self._tokens if token in content), ""))

    def check_requests(self, requests: Iterable[GatewayRequest], excused: Collection[str] = ()) -> None:
        """Check what the integration asked for in a step.

        Args:
            requests: The requests.
            excused: Codes that requests are refused with whatever the integration does.

        Raises:
            Mismatched: The gateway got another text, number or time than the integration.
            Refused: The gateway refused something because of what the integration did.
            Unfaithful: The gateway refused what it has to accept.
        """
        allowed = {"", Code.SUCCESS, *self._allowed, *excused}
        for request in requests:
            for one in request.submitted:
                self._check_submitted(one, request)
            if request.code not in allowed and not request.is_refused_by_fault:
                why = self._say.explain(request.code, request.explanation)
                operation = request.operation or self._say("a request")
                raise Refused(self._say("refused request", operation=operation, code=request.code, why=why))

    def _check_submitted(self, one: Submitted, request: GatewayRequest) -> None:
        message = self._of(one)
        is_refused = one.code not in {Code.SUCCESS, *self._allowed} and not request.is_refused_by_fault
        why = self._say.explain(one.code, request.explanation)
        if message is None:
            if not self.has_token(one.content):
                raise Mismatched(self._say("no token", phone=one.phone, content=one.content))
            if is_refused:
                raise Refused(self._say("unknown number", phone=one.phone, code=one.code, why=why))
            raise Mismatched(self._say("not for it", phone=one.phone, content=one.content))
        other_text, other_time = self._other_text(message, one), self._other_time(message, one)
        if is_refused and one.phone not in self._refused:
            refusal = self._say("refused number", message=self.name(message), code=one.code, why=why)
            if other_text or other_time or self._has_own_texts or one.code in _OF_OTHER_ATTRIBUTES:
                raise Refused(self._say("semicolon").join(filter(None, (refusal, other_text))))
            raise Unfaithful(self._say("refused unchanged", message=self.name(message), code=one.code))
        if other_text or other_time:
            raise Mismatched(other_text or other_time)

    def _other_text(self, message: Message, one: Submitted) -> str:
        """Say in what the text differs from the one that was handed over; nothing if in nothing."""
        if self._has_own_texts or one.content == message.content:
            return ""
        expected, actual = _around_difference(message.content, one.content)
        difference = self._say("difference", expected=expected, actual=actual)
        return self._say("another text", message=self.name(message), difference=difference)

    def _other_time(self, message: Message, one: Submitted) -> str:
        """Say in what the time differs from the one that was asked for; nothing if in nothing."""
        if one.sendtime == message.sendtime:
            return ""
        actual, expected = (str(at or self._say("now")) for at in (one.sendtime, message.sendtime))
        return self._say("another time", message=self.name(message), actual=actual, expected=expected)

    def check_repetition(self, requests: Iterable[GatewayRequest]) -> None:
        """Check that nothing is repeated in a step after a refusal that will stay, and that could be read.

        Raises:
            Refused: The same was sent again.
        """
        if REPETITION in self._allowed:
            return
        final: dict[object, str] = {}
        for request in requests:
            if request.operation is not Operation.SEND:
                continue
            asked: list[tuple[object, str, str]] = [
                ((one.phone, one.content, one.sendtime), one.code, self.name(one)) for one in request.submitted
            ]
            if request.text:
                asked.append((request.text, request.code, request.operation))
            for key, _, name in asked:
                if key in final:
                    raise Refused(self._say("sent again", what=name, code=final[key]))
            if request.is_readable:
                final.update((key, code) for key, code, _ in asked if code not in {"", Code.SUCCESS, *_PASSING})

    def accepted(self) -> dict[str, list[AcceptedMessage]]:
        """Messages that the gateway accepted, by reference."""
        accepted: dict[str, list[AcceptedMessage]] = {}
        for one in self._model.accepted.values():
            message = self._of(one.submitted)
            if message is not None:
                accepted.setdefault(message.reference, []).append(one)
        return accepted

    def check_messages(self, fates: Mapping[str, str]) -> None:
        """Check the fate of each message in the store.

        Raises:
            Lost: The store ignores an answer or a report, or gave up an accepted message.
            Duplicated: A message was accepted twice.
            Mismatched: A fate is wrong.
            ValueError: A fate is invalid.
        """
        accepted = self.accepted()
        if not isinstance(fates, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - written by users
            wrong = f"fates() must return a mapping from references to states, got {type(fates).__name__}"
            raise TypeError(wrong)
        for message in self._messages.values():
            copies = _not_failed(accepted.get(message.reference, []))
            if len(copies) > 1:
                raise Duplicated(self._say("twice", message=self.name(message), count=len(copies)))
            if message.reference in fates:
                self._check_fate(message, _fate_of(message, fates), copies[0] if copies else None)
            elif copies or message.reference not in self._interrupted:
                raise Lost(self._say("missing", message=self.name(message)))

    def _check_fate(self, message: Message, fate: Fate, accepted: AcceptedMessage | None) -> None:
        stored = self._say("stored", message=self.name(message), fate=fate)
        if accepted is None:
            if fate in {Fate.ACCEPTED, Fate.DELIVERED}:
                raise Lost(self._say("not accepted", stored=stored))
            return
        final = Fate.DELIVERED if accepted.is_delivered else Fate.FAILED
        if accepted.report is HandedOut.NOT_YET:
            if fate is Fate.DELIVERED:
                raise Mismatched(self._say("not reported", stored=stored))
            if fate is Fate.FAILED:
                raise Lost(self._say("given up", stored=stored))
        elif fate in {Fate.DELIVERED, Fate.FAILED}:
            if fate is not final:
                raise Mismatched(self._say("other report", stored=stored, final=self._say(final)))
        elif accepted.report is HandedOut.ARRIVED:
            raise Lost(self._say("report lost", stored=stored, final=self._say(final)))

    def check_sent(self, messages: Iterable[Message], fates: Mapping[str, str]) -> None:
        """Check that the integration has asked for messages whose outcome it does not know.

        Args:
            messages: Messages that nothing prevented from being sent.
            fates: The state of each message in the store.

        Raises:
            Lost: It has never asked for one of them.
        """
        asked = {(message.token, message.phone) for one in self._model.submitted if (message := self._of(one))}
        for message in messages:
            if (message.token, message.phone) not in asked and fates[message.reference] == Fate.UNKNOWN:
                raise Lost(self._say("never sent", message=self.name(message)))

    def check_charges(self, charges: Mapping[str, int]) -> None:
        """Check what accepted messages cost in the store, in messages (Q13).

        Raises:
            Mismatched: The gateway charged another number.
        """
        accepted = self.accepted()
        for message in self._messages.values():
            for one in accepted.get(message.reference, ()):
                stored, charged = charges.get(message.reference), segments(one.submitted.content)
                if stored is not None and stored != charged:
                    raise Mismatched(self._say("charge", message=self.name(message), stored=stored, charged=charged))

    def check_upmsgs(self, stored: Iterable[tuple[str, str]]) -> None:
        """Check the replies in the store.

        Raises:
            Lost: A reply is missing.
            Duplicated: A reply is stored too often.
            Mismatched: A reply was never handed out, or another phone sent it.
        """
        replies = self._model.replies
        # The document's samples have a blank before the number. A store may keep blanks around number and text, or not.
        arrived = Counter(_trimmed(one.phone, one.content) for one in replies if one.handed_out is HandedOut.ARRIVED)
        lost = Counter(_trimmed(one.phone, one.content) for one in replies if one.handed_out is HandedOut.LOST)
        stored_counts = Counter(_trimmed(phone, content) for phone, content in stored)
        for phone, text in stored_counts - (arrived + lost):
            count, sent = stored_counts[phone, text], (arrived + lost)[phone, text]
            if sent:
                raise Duplicated(self._say("reply twice", phone=phone, text=text, stored=count, sent=sent))
            raise Mismatched(self._say("reply unknown", phone=phone, text=text))
        if missing := arrived - stored_counts:
            phone, text = min(missing)
            count, total = missing.total(), arrived.total()
            raise Lost(self._say("replies lost", count=count, total=total, phone=phone, text=text))


def _trimmed(phone: str, content: str) -> tuple[str, str]:
    return phone.strip(), content.strip()


def _not_failed(copies: Sequence[AcceptedMessage]) -> Sequence[AcceptedMessage]:
    """Leave out copies whose reports had said that they failed. What failed may be sent again."""
    return [one for one in copies if one.is_delivered or one.report is not HandedOut.ARRIVED] or copies[-1:]


def _fate_of(message: Message, fates: Mapping[str, str]) -> Fate:
    try:
        return Fate(fates[message.reference])
    except ValueError:
        allowed = ", ".join(Fate)
        wrong = f"fates() must have one of {allowed} for {message.reference!r}, got {fates[message.reference]!r}"
        raise ValueError(wrong) from None


def _around_difference(expected: str, actual: str) -> tuple[str, str]:
    """Return two texts from shortly before the place where they begin to differ."""
    shorter = min(len(expected), len(actual))
    differs = next((place for place in range(shorter) if expected[place] != actual[place]), shorter)
    first = max(differs - _SHOWN // 4, 0)
    return expected[first:][:_SHOWN], actual[first:][:_SHOWN]
