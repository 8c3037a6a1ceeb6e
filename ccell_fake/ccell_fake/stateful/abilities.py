"""Abilities of an integration at a target, and the faults, times and texts to try."""

from dataclasses import dataclass
from datetime import datetime

from ccell_fake.clock import SHANGHAI
from ccell_fake.codes import Code
from ccell_fake.faults import (
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation
from ccell_fake.stateful.steps import NOON, Busy, Killed, Late, Slow, StepFault

TEXTS = (
    "",
    '，请勿告诉&<b>"他人"\'</b>',
    # With 17 more characters it takes three messages, as 67 and not 70 characters fit into each of several.
    "，" + "请在三十分钟内使用，" * 11 + "谢谢e\u0301，再见",
    "，第一行\n第二行\t完",
    "，😀😀😀😀😀a😀😀😀😀😀",
    "，100%+1%41　Ａ𠮷祥€",
)
"""Texts after the token in a content: none, XML's characters, three segments, lines, emoji, rare characters."""

REPLIES = ("1", "TD", "退订", "好的😀 ", "A&B<C")
"""Texts of replies."""

STARTS = (
    NOON,
    datetime(2031, 1, 15, 6, 30, tzinfo=SHANGHAI),
    datetime(2031, 1, 15, 23, 59, 30, tzinfo=SHANGHAI),
    datetime(2031, 1, 31, 23, 30, tzinfo=SHANGHAI),
    datetime(2031, 7, 15, 14, tzinfo=SHANGHAI),
    # An hour before clocks change in Europe and in America.
    datetime(2031, 3, 30, 8, tzinfo=SHANGHAI),
    datetime(2031, 11, 2, 13, tzinfo=SHANGHAI),
    datetime(2032, 2, 28, 23, 30, tzinfo=SHANGHAI),
)
"""Beginnings of plans: at noon, in the morning, around midnight, a month's end, and changes of clocks."""

MINUTES = (1, 60, 24 * 60, 45 * 24 * 60)
"""Minutes from now at which messages are scheduled."""

MANY_REPLIES = 101
"""One more than a page has."""

FAULTS: tuple[StepFault, ...] = (
    CloseFault(processed=True),
    TruncateFault(),
    CloseFault(),
    HttpFault(),
    CodeFault(code=Code.CONCURRENCY_EXCEEDED),
    CodeFault(code=Code.BALANCE_TOO_SMALL),
    CodeFault(code=Code.SYSTEM_ERROR),
    CodeFault(code=Code.NUMBER_BLACKLISTED, operation=Operation.SEND),
    HttpFault(processed=True),
    BrokenXmlFault(),
    ResetFault(processed=True),
    GbkFault(),
    Busy(),
    Slow(),
    Late(),
    Killed(),
)
"""Everything that the machine knows to go wrong in a step."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """Abilities of an integration at a target.

    Attributes:
        phones: The numbers to send to.
        faults: What may go wrong.
        many: Numbers of phones of a large send.
        schedules: Whether the integration schedules.
        fetches_reports: Whether it fetches reports.
        fetches_replies: Whether it fetches replies.
        restarts: Whether it can be killed and started again.
        is_controlled: Whether the account's clock, reports and replies are under control.
        has_timeout: Whether the time is known after which it gives up waiting.
    """

    phones: tuple[str, ...]
    faults: tuple[StepFault, ...]
    many: tuple[int, ...] = ()
    schedules: bool = False
    fetches_reports: bool = False
    fetches_replies: bool = False
    restarts: bool = False
    is_controlled: bool = True
    has_timeout: bool = False

    def possible(self, operation: Operation) -> tuple[StepFault, ...]:
        """Return the faults that can be made in a step that calls an endpoint."""
        return tuple(fault for fault in self.faults if self._is_possible(fault, operation))

    def _is_possible(self, fault: StepFault, operation: Operation) -> bool:
        match fault:
            case Late():
                return self.is_controlled and self.has_timeout
            case Killed():
                return self.is_controlled and self.restarts
            case Slow() | Busy():
                return self.is_controlled
            case _:
                return fault.operation in {None, operation}
