"""The audit: what an integration's store says, held against what the gateway did."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccell_fake.stateful.findings import Duplicated, Lost, Mismatched
from ccell_fake.stateful.messages import AcceptedMessage, AccountModel, HandedOut


class Fate(StrEnum):
    """What a store can say of a message; a plain string does as well."""

    UNKNOWN = "unknown"
    """It may or may not have been accepted."""
    ACCEPTED = "accepted"
    """The gateway has it; its report is not in."""
    DELIVERED = "delivered"
    """Its report says that it reached the phone."""
    FAILED = "failed"
    """It did not reach the phone and will not: it was refused, was never sent, or its report says so."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the integration to send.

    Attributes:
        reference: What `fates` calls it; no other message has it, so it can be a linkid or a key of a table.
        phone: The number.
        content: The text, with its signature. Messages that are handed over together have the same.
        token: Six digits that stand in the content. An integration that writes contents of its own has to put them in,
            as the code of a verification text for example: by them the message is recognised at the gateway.
        sendtime: When it is to be sent, aware, in Asia/Shanghai; None for at once.
    """

    reference: str
    phone: str
    content: str
    token: str
    sendtime: datetime | None = None


class Audit:
    """The messages that were handed over to an integration, and where they got to."""

    def __init__(self, gateway: AccountModel) -> None:
        """Hold a store against this gateway."""
        self._gateway = gateway
        self._given: dict[tuple[str, str], Message] = {}
        self._tokens: dict[str, None] = {}

    def give(self, messages: Iterable[Message]) -> None:
        """Note that messages are handed over."""
        for message in messages:
            self._given[message.token, message.phone] = message
            self._tokens[message.token] = None

    def at_gateway(self) -> dict[str, list[AcceptedMessage]]:
        """What the gateway accepted of each message, by reference.

        Raises:
            Mismatched: A number got what was not for it, or at another time.
        """
        found: dict[str, list[AcceptedMessage]] = {}
        for one in self._gateway.submitted:
            token = next((token for token in self._tokens if token in one.content), None)
            if token is None:
                continue
            message = self._given.get((token, one.phone))
            if message is None:
                wrong = f"{one.phone} was sent {one.content!r}, which was not for it"
                raise Mismatched(wrong)
            if one.msgid in self._gateway.carried:
                if one.sendtime != message.sendtime:
                    wrong = f"{_named(message)} is sent at {one.sendtime}, not at {message.sendtime} (A1)"
                    raise Mismatched(wrong)
                found.setdefault(message.reference, []).append(self._gateway.carried[one.msgid])
        return found

    def check_messages(self, fates: Mapping[str, str]) -> None:
        """Hold what the store says of each message against what became of it.

        Raises:
            Lost: It says less than the integration was told, or it gave up what the gateway has.
            Duplicated: A message was accepted twice.
            Mismatched: It says what is not true of this message.
            ValueError: It says what is no fate.
        """
        at_gateway = self.at_gateway()
        for message in self._given.values():
            carried = at_gateway.get(message.reference, [])
            if len(carried) > 1:
                msgids = " and ".join(one.submitted.msgid for one in carried)
                twice = f"{_named(message)} was accepted {len(carried)} times, as {msgids}"
                raise Duplicated(twice)
            if message.reference not in fates:
                lost = f"{_named(message)} was handed over to be sent, and fates() does not have it"
                raise Lost(lost)
            _check(message, Fate(fates[message.reference]), carried[0] if carried else None)

    def check_upmsgs(self, stored: Iterable[tuple[str, str]]) -> None:
        """Hold the replies in the store against those that were handed out.

        Raises:
            Lost: One is missing.
            Duplicated: One is there too often.
            Mismatched: One is there that nobody sent, or that another phone did.
        """
        replies = self._gateway.replies
        # The document's samples have a blank before the number; a store may have it or not.
        arrived = Counter((one.phone.strip(), one.content) for one in replies if one.hand is HandedOut.ARRIVED)
        astray = Counter((one.phone.strip(), one.content) for one in replies if one.hand is HandedOut.ASTRAY)
        had = Counter((phone.strip(), content) for phone, content in stored)
        for reply in had - (arrived + astray):
            if reply in arrived or reply in astray:
                twice = (
                    f"the reply {reply} is stored {had[reply]} times, and was sent {(arrived + astray)[reply]} times"
                )
                raise Duplicated(twice)
            wrong = f"the reply {reply} is stored, and was never handed out"
            raise Mismatched(wrong)
        if missing := arrived - had:
            lost = f"{missing.total()} of {arrived.total()} replies that were handed out are not stored: {min(missing)}"
            raise Lost(lost)


def _named(message: Message) -> str:
    return f"message {message.reference} to {message.phone}"


def _check(message: Message, fate: Fate, carried: AcceptedMessage | None) -> None:
    said = f"{_named(message)} is {fate} in the store"
    if carried is None:
        if fate in {Fate.ACCEPTED, Fate.DELIVERED}:
            lost = f"{said}, and the gateway has not accepted it"
            raise Lost(lost)
        return
    final = Fate.DELIVERED if carried.is_delivered else Fate.FAILED
    if carried.hand is HandedOut.NOT_YET:
        if fate is Fate.DELIVERED:
            wrong = f"{said}, and its report has not been handed out"
            raise Mismatched(wrong)
        if fate is Fate.FAILED:
            lost = f"{said}, and the gateway has accepted it as {carried.submitted.msgid}"
            raise Lost(lost)
    elif fate in {Fate.DELIVERED, Fate.FAILED}:
        if fate is not final:
            wrong = f"{said}, and its report says that it was {final}"
            raise Mismatched(wrong)
    elif carried.hand is HandedOut.ARRIVED:
        lost = f"{said}, and its report, which was handed out, says that it was {final}"
        raise Lost(lost)
