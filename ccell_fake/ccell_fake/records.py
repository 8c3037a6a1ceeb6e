"""Rows that the engine writes and the store keeps. Times are microseconds since 1970.

A send may write five hundred of MessageRow and ReportRow: they are tuples, which are made in half the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ccell_fake.clock import ClockSetting
from ccell_fake.settings import AccountSettings

NO_ACCOUNT = 0
"""The account number of requests of no account."""

Lifetime = tuple[str, int]
"""The life of an account from its opening to a reset or its end: the store's history, and the account's key."""

Figure = tuple[str, str, float]
"""A figure of a store: its name, its meaning, and its value. A name that ends with `_total` only grows."""

Met = tuple[str, str]
"""Something that a client can meet: its kind (`code`, `limit`, `question` or `fault`) and its name."""


class MetRow(NamedTuple):
    """Count of something that was met. Times are on the gateway's clock.

    Attributes:
        kind: Its kind.
        name: Its name.
        times: Number of answers.
        first: Time of the first one.
        last: Time of the last one.
    """

    kind: str
    name: str
    times: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An open account.

    Attributes:
        key: Its key in the store. Keys are not reused.
        version: A number that every change of the settings or the clock changes. Numbers are not reused.
        settings: Its settings.
        clock: Setting of its clock.
    """

    key: int
    version: int
    settings: AccountSettings
    clock: ClockSetting


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that a request takes.

    Attributes:
        account: Key of the account.
        id: Number of the slot. Numbers are not reused while the emulator runs.
    """

    account: int
    id: int


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """Balance of an account.

    Attributes:
        spent: Messages charged since the balance was set, less refunds.
        reserved: Messages that will be charged when they are sent.
        locked_at: Time repeated excess locked it, or None.
    """

    spent: int
    reserved: int
    locked_at: int | None


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted submit.

    Attributes:
        content: The text.
        linkid: The sender's reference, or empty.
        spcode: The extension, or empty.
        submitted_at: Time it was submitted.
        due: Time it is sent: at once, or at its sendtime.
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
        code: 0, or the code that refused it.
        info: Text of the code, as in its resp.
        charge: Messages charged for it.
    """

    msgid: int
    phone: str
    code: str
    info: str
    charge: int


class ReportRow(NamedTuple):
    """A report.

    Attributes:
        msgid: Serial number of its message.
        linkid: Linkid of the submission.
        phone: The number.
        due: Time it comes in.
        status: 0 for delivered.
        info: 成功, or the reason for the failure.
    """

    msgid: int
    linkid: str
    phone: str
    due: int
    status: str
    info: str


class ContentFacts(NamedTuple):
    """The facts of a content that a reader of messages wants to know.

    Attributes:
        characters: Its characters, as the account counts them.
        segments: The messages that one number is charged for it.
        verification_code: The verification code in it, or None.
    """

    characters: int
    segments: int
    verification_code: str | None


@dataclass(frozen=True, slots=True)
class View:
    """An account at a time, as its messages are read.

    Attributes:
        key: Key of the account.
        userid: The account.
        now: Its time, which decides the state of its messages.
        describe: Returns the facts of a content.
    """

    key: int
    userid: str
    now: int
    describe: Callable[[str], ContentFacts]


class Keys(NamedTuple):
    """Keys of the last rows in the store. Later rows have greater keys.

    Attributes:
        submission: Key of the last submission.
        report: Key of the last report.
        upmsg: Key of the last upstream message.
        opt_out: Key of the last opt-out.
    """

    submission: int
    report: int
    upmsg: int
    opt_out: int


class LoggedEvent(NamedTuple):
    """An event in the log.

    Attributes:
        position: Its position, in one order with those of the journal.
        account: Key of its account; 0 for `ended`.
        at: Time on the account's clock; 0 for `ended`.
        kind: `sent`, `report`, `upmsg`, `opt_out`, or `ended` for an account that was reset or closed.
        msgid: The message, or None.
        phone: The number.
        text: Content of a message, or info of a report; the userid for `ended`.
    """

    position: int
    account: int
    at: int
    kind: str
    msgid: str | None
    phone: str
    text: str
