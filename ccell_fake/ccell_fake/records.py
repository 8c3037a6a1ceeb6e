"""What is remembered: the rows that the engine writes and the store keeps. Instants are microseconds since 1970.

Those of which a send may make five hundred are tuples: they are made in half the time, and are the rows of a table.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ccell_fake.clock import ClockSetting
from ccell_fake.faults import Fault
from ccell_fake.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account that is open.

    Attributes:
        key: The store's number for it; one that was forgotten does not come again.
        settings: Its settings.
        clock: How its clock stands.
    """

    key: int
    settings: AccountSettings
    clock: ClockSetting


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """How an account stands.

    Attributes:
        spent: Messages charged so far, refunds taken off.
        reserved: Messages that are going to be charged when they are sent.
        locked_at: When repeated excess locked it, or None.
    """

    spent: int
    reserved: int
    locked_at: int | None


@dataclass(frozen=True, slots=True)
class Submission:
    """One submit as it was accepted.

    Attributes:
        content: The text.
        linkid: The sender's reference; empty where there was none.
        spcode: The extension; empty where there was none.
        submitted_at: When it came in.
        due: When it is sent: at once, or at its sendtime.
    """

    content: str
    linkid: str
    spcode: str
    submitted_at: int
    due: int


class MessageRow(NamedTuple):
    """One number of a submission.

    Attributes:
        msgid: Its serial number.
        phone: The number.
        code: 0, or the code it was refused with.
        info: The text of that, as its resp has it.
        charge: What it cost.
    """

    msgid: int
    phone: str
    code: str
    info: str
    charge: int


class ReportRow(NamedTuple):
    """A report that comes in when its time has come.

    Attributes:
        msgid: The message it is about.
        linkid: Its submission's linkid.
        phone: Its number.
        due: When it comes in.
        status: 0 for delivered.
        info: 成功, or why it failed.
    """

    msgid: int
    linkid: str
    phone: str
    due: int
    status: str
    info: str


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault that is arranged.

    Attributes:
        id: Its number on the account, in the order of arranging.
        fault: What it does, and when.
        seen: How many requests matched so far.
        struck: How many of them it struck.
    """

    id: int
    fault: Fault
    seen: int = 0
    struck: int = 0

    @property
    def left(self) -> int | None:
        """How often it will still strike; None for as long as it is there."""
        return None if self.fault.times is None else self.fault.times - self.struck


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What was asked, what was answered, and why.

    Attributes:
        at: When, on the account's clock.
        operation: The endpoint.
        peer: The address the request came from.
        place: Where the payload was found, `body` or `query`; empty where there was none.
        request: The payload, or what stood in its place, with secrets replaced and what is long cut.
        answer: What was answered, likewise; None where nothing was.
        delivery: How the answer left: `whole`, or the kind of the fault that struck.
        items: How many resps, reports or upstream messages the answer has.
        code: What was decided; empty where a fault struck before that.
        rule: The rule that decided.
        basis: How well it is known, and by which clause or question, as in `assumed Q4`.
        explanation: One sentence for each refusal, a line each; empty where nothing was refused.
        duration: Microseconds from the request's arrival to the answer.
        position: Its position in the journal, which all accounts share; the store assigns it.
    """

    at: int
    operation: str
    peer: str
    place: str
    request: str
    answer: str | None
    delivery: str
    items: int
    code: str
    rule: str
    basis: str
    explanation: str
    duration: int
    position: int = 0
