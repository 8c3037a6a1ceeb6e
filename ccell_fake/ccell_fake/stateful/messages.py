"""What a gateway took and handed out, as whoever follows it keeps that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ccell_fake.stateful.exchange import GatewayRequest, Submitted

_DELIVERED = "0"


class HandedOut(Enum):
    """Whether something has been handed out: not yet, in an answer that can be read, or in one that was lost."""

    NOT_YET = 0
    ARRIVED = 1
    ASTRAY = 2


@dataclass(slots=True)
class AcceptedMessage:
    """A message that the gateway accepted.

    Attributes:
        submitted: What was submitted.
        status: What its report says, 0 for delivered.
        hand: Whether its report has been handed out.
    """

    submitted: Submitted
    status: str = _DELIVERED
    hand: HandedOut = HandedOut.NOT_YET

    @property
    def is_delivered(self) -> bool:
        """Whether its report says that it reached the phone."""
        return self.status == _DELIVERED


@dataclass(slots=True)
class UpstreamReply:
    """An upstream message.

    Attributes:
        phone: Who sent it.
        content: The text.
        hand: Whether it has been handed out.
    """

    phone: str
    content: str
    hand: HandedOut = HandedOut.NOT_YET


class AccountModel(Protocol):
    """One account of a gateway, followed from outside."""

    @property
    def submitted(self) -> Sequence[Submitted]:
        """Every number that was judged, in order."""
        ...

    @property
    def carried(self) -> Mapping[str, AcceptedMessage]:
        """The messages that were accepted, by msgid."""
        ...

    @property
    def replies(self) -> Sequence[UpstreamReply]:
        """Upstream messages, oldest first."""
        ...

    @property
    def waiting(self) -> tuple[int, int]:
        """How many reports and how many upstream messages a poll may find."""
        ...

    def take(self, exchange: GatewayRequest) -> None:
        """Follow a request.

        Raises:
            Unfaithful: The gateway must not have answered so.
        """
        ...
