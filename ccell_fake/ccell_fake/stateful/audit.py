"""Comparison of an integration's store with what the gateway did."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccell_fake.stateful.account_model import AcceptedMessage, AccountModel, HandedOut
from ccell_fake.stateful.findings import Duplicated, Lost, Mismatched


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
    """

    reference: str
    phone: str
    content: str
    token: str
    sendtime: datetime | None = None

    def __str__(self) -> str:
        """Reference and phone."""
        return f"message {self.reference} to {self.phone}"


class Audit:
    """Messages given to an integration, checked against an account model."""

    def __init__(self, model: AccountModel) -> None:
        self._model = model
        self._messages: dict[tuple[str, str], Message] = {}
        self._tokens: dict[str, None] = {}

    def add(self, messages: Iterable[Message]) -> None:
        """Add messages that the integration is about to send."""
        for message in messages:
            self._messages[message.token, message.phone] = message
            self._tokens[message.token] = None

    def accepted(self) -> dict[str, list[AcceptedMessage]]:
        """Messages that the gateway accepted, by reference.

        Raises:
            Mismatched: A message went to a wrong number or has a wrong sendtime.
        """
        accepted: dict[str, list[AcceptedMessage]] = {}
        for one in self._model.submitted:
            token = next((token for token in self._tokens if token in one.content), None)
            if token is None:
                continue
            message = self._messages.get((token, one.phone))
            if message is None:
                wrong = f"{one.phone} was sent {one.content!r}, which was not for it"
                raise Mismatched(wrong)
            if one.msgid in self._model.accepted:
                if one.sendtime != message.sendtime:
                    wrong = f"{message} is sent at {one.sendtime}, not at {message.sendtime} (A1)"
                    raise Mismatched(wrong)
                accepted.setdefault(message.reference, []).append(self._model.accepted[one.msgid])
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
        for message in self._messages.values():
            copies = accepted.get(message.reference, [])
            if len(copies) > 1:
                msgids = " and ".join(one.submitted.msgid for one in copies)
                twice = f"{message} was accepted {len(copies)} times, as {msgids}"
                raise Duplicated(twice)
            if message.reference not in fates:
                lost = f"{message} was given to the integration, and fates() does not have it"
                raise Lost(lost)
            _check(message, Fate(fates[message.reference]), copies[0] if copies else None)

    def check_upmsgs(self, stored: Iterable[tuple[str, str]]) -> None:
        """Check the replies in the store.

        Raises:
            Lost: A reply is missing.
            Duplicated: A reply is stored too often.
            Mismatched: A reply was never handed out, or another phone sent it.
        """
        replies = self._model.replies
        # The document's samples have a blank before the number, which a store may keep.
        arrived = Counter((one.phone.strip(), one.content) for one in replies if one.handed_out is HandedOut.ARRIVED)
        lost = Counter((one.phone.strip(), one.content) for one in replies if one.handed_out is HandedOut.LOST)
        stored_counts = Counter((phone.strip(), content) for phone, content in stored)
        for reply in stored_counts - (arrived + lost):
            if sent := (arrived + lost)[reply]:
                twice = f"the reply {reply} is stored {stored_counts[reply]} times, and was sent {sent} times"
                raise Duplicated(twice)
            wrong = f"the reply {reply} is stored, and was never handed out"
            raise Mismatched(wrong)
        if missing := arrived - stored_counts:
            gone = f"{missing.total()} of {arrived.total()} replies that were handed out are not stored: {min(missing)}"
            raise Lost(gone)


def _check(message: Message, fate: Fate, accepted: AcceptedMessage | None) -> None:
    stored = f"{message} is {fate} in the store"
    if accepted is None:
        if fate in {Fate.ACCEPTED, Fate.DELIVERED}:
            lost = f"{stored}, and the gateway has not accepted it"
            raise Lost(lost)
        return
    final = Fate.DELIVERED if accepted.is_delivered else Fate.FAILED
    if accepted.report is HandedOut.NOT_YET:
        if fate is Fate.DELIVERED:
            wrong = f"{stored}, and its report has not been handed out"
            raise Mismatched(wrong)
        if fate is Fate.FAILED:
            lost = f"{stored}, and the gateway has accepted it as {accepted.submitted.msgid}"
            raise Lost(lost)
    elif fate in {Fate.DELIVERED, Fate.FAILED}:
        if fate is not final:
            wrong = f"{stored}, and its report says that it was {final}"
            raise Mismatched(wrong)
    elif accepted.report is HandedOut.ARRIVED:
        lost = f"{stored}, and its report, which was handed out, says that it was {final}"
        raise Lost(lost)
