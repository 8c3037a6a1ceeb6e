"""What is remembered: the rows that the engine writes and the store keeps. Instants are microseconds since 1970."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands.

    Attributes:
        spent: Messages charged so far, refunds taken off.
        reserved: Messages that are going to be charged when they are sent.
        is_locked: Whether repeated excess has locked it.
    """

    spent: int
    reserved: int
    is_locked: bool


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


@dataclass(frozen=True, slots=True)
class Message:
    """One number of a submission.

    Attributes:
        msgid: Its serial number.
        phone: The number.
        code: 0, or the code it was refused with.
        charge: What it cost.
    """

    msgid: int
    phone: str
    code: str
    charge: int


@dataclass(frozen=True, slots=True)
class ReportRow:
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
class JournalEntry:
    """What was asked, what was answered, and why.

    Attributes:
        at: When, on the account's clock.
        operation: The endpoint.
        peer: The address the request came from.
        code: What was answered.
        rule: The rule that decided.
        basis: How well it is known, and by which clause or question, as in `assumed Q4`.
        explanation: One sentence for each refusal, a line each; empty where nothing was refused.
    """

    at: int
    operation: str
    peer: str
    code: str
    rule: str
    basis: str
    explanation: str
