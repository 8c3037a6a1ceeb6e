"""The steps of a run, and what goes wrong in them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from ccell_fake.clock import SHANGHAI
from ccell_fake.faults import Fault
from ccell_fake.limits import SCHEDULE_AHEAD

NOON = datetime(2031, 1, 15, 12, tzinfo=SHANGHAI)
"""Beginning of a plan on the account's clock, unless it says otherwise."""


_MOST_MINUTES = SCHEDULE_AHEAD // timedelta(minutes=1)
PHONE = "13800000000"
"""The number of the simplest plan."""


@dataclass(frozen=True, slots=True)
class Late:
    """An answer comes after the integration has given up waiting.

    Attributes:
        skip: Requests of the step that are answered in time first.
    """

    skip: int = 0


@dataclass(frozen=True, slots=True)
class Slow:
    """Every request of the step takes a twentieth of a second, so that those of several threads overlap."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Other users of the account have all of its threads in use during the step (1001006)."""


@dataclass(frozen=True, slots=True)
class Killed:
    """The integration is killed while it waits for an answer, and starts again.

    Attributes:
        skip: Requests of the step that are answered first.
    """

    skip: int = 0


StepFault = Fault | Late | Slow | Busy | Killed
"""Fault of a step. It applies to the requests of its step only."""


@dataclass(frozen=True, slots=True)
class Send:
    """Hand messages to the integration: the same text for each phone.

    Attributes:
        phones: The numbers, all different.
        text: What follows the token in the content.
        minutes: Minutes from now for which to schedule them; 0 to send at once.
        fault: What goes wrong.
    """

    phones: tuple[str, ...]
    text: str = ""
    minutes: int = 0
    fault: StepFault | None = None

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The phones are not different numbers of 11 digits, or the time is past or too far away.
        """
        numbers = [one for one in self.phones if re.fullmatch("[0-9]{11}", one)]
        _require(0 < len(self.phones) == len(set(numbers)), "phones must be different numbers of 11 digits", self)
        _require(0 <= self.minutes <= _MOST_MINUTES, f"minutes must be from 0 to {_MOST_MINUTES}", self)


@dataclass(frozen=True, slots=True)
class SendMany:
    """Hand one message for each of many phones to the integration.

    Attributes:
        count: How many phones.
        fault: What goes wrong.
    """

    count: int
    fault: StepFault | None = None

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The count is not positive.
        """
        _require(self.count > 0, "count must be positive", self)


@dataclass(frozen=True, slots=True)
class Report:
    """Let the report of an accepted message come in now.

    Attributes:
        message: Which one: its place among all messages, from 0.
        is_delivered: Whether it reached the phone.
    """

    message: int = 0
    is_delivered: bool = True

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The message is negative.
        """
        _require(self.message >= 0, "message must not be negative", self)


@dataclass(frozen=True, slots=True)
class Reply:
    """Let a phone send a message.

    Attributes:
        phone: The phone.
        text: The message.
    """

    phone: str
    text: str = "1"


@dataclass(frozen=True, slots=True)
class ReplyMany:
    """Let many phones send a message.

    Attributes:
        count: How many phones.
    """

    count: int

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The count is not positive.
        """
        _require(self.count > 0, "count must be positive", self)


@dataclass(frozen=True, slots=True)
class FetchReports:
    """Let the integration fetch reports.

    Attributes:
        fault: What goes wrong.
    """

    fault: StepFault | None = None


@dataclass(frozen=True, slots=True)
class FetchReplies:
    """Let the integration fetch replies.

    Attributes:
        fault: What goes wrong.
    """

    fault: StepFault | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the account's clock forwards.

    Attributes:
        minutes: How far.
    """

    minutes: int = 1

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The clock would not move.
        """
        _require(self.minutes > 0, "minutes must be positive", self)


@dataclass(frozen=True, slots=True)
class Restart:
    """Start the integration again."""


Step = Send | SendMany | Report | Reply | ReplyMany | FetchReports | FetchReplies | Advance | Restart


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: its steps, and the account's clock and habits. Everything that is due is fetched at its end.

    Attributes:
        steps: The steps.
        start: The account's time at the beginning.
        report_minutes: Minutes from sending to the report.
        has_long_references: Whether the messages' references have 36 characters, as UUIDs have.
        has_blank_before_phones: Whether the phone of a reply begins with a blank, as in the document's sample (Q19).
    """

    steps: tuple[Step, ...] = ()
    start: datetime = NOON
    report_minutes: int = 0
    has_long_references: bool = False
    has_blank_before_phones: bool = False

    @property
    def report_delay(self) -> timedelta:
        """Time from sending to the report."""
        return timedelta(minutes=self.report_minutes)

    def __post_init__(self) -> None:
        """Check the attributes.

        Raises:
            ValueError: The steps are no steps, or the start has no offset.
        """
        _require(all(isinstance(step, get_args(Step)) for step in self.steps), "steps must be steps", self)
        _require(self.start.tzinfo is not None, "start must have an offset", self)


def _require(condition: bool, message: str, value: object) -> None:  # noqa: FBT001 - as assert has it
    if not condition:
        wrong = f"{message}, got {value}"
        raise ValueError(wrong)
