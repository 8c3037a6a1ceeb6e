"""An account's settings: one definition for TOML, JSON and the pytest marker, with what each may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Interval, Len

from ccell_fake.limits import DEFAULT_THREADS

__all__ = ["AccountSettings", "OutcomeRule", "Persona", "PersonaAnswer"]

Text = Annotated[str, Len(1)]
Seconds = Annotated[float, Interval(ge=0, le=10 * 365 * 86_400)]
Count = Annotated[int, Ge(0)]
Carrier = Literal["mobile", "unicom", "telecom", "broadnet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """What becomes of the messages that match: how their report reads, when it comes, and how often.

    A pattern is text with `*` for any text; one that is absent matches everything.

    Attributes:
        phone: Pattern of the number.
        content: Pattern of the content, its signature included.
        linkid: Pattern of the linkid.
        stat: What became of them: `DELIVRD` is reported as 成功, any other text as it stands.
        status: The report's status; None for 0 where stat is `DELIVRD` and -1 elsewhere.
        delay: Seconds from sending to the report; None for the account's `report_delay`.
        spread: Up to so many seconds more, decided by the seed for each message.
        reports: How many reports come: 1, 0 for none at all, 2 for the same one twice.
        rate: The share of the matching messages that the rule is for, decided by the seed for each message.
    """

    phone: Text | None = None
    content: Text | None = None
    linkid: Text | None = None
    stat: Text = "DELIVRD"
    status: Text | None = None
    delay: Seconds | None = None
    spread: Seconds = 0.0
    reports: Annotated[int, Interval(ge=0, le=2)] = 1
    rate: Annotated[float, Interval(ge=0, le=1)] = 1.0

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaAnswer:
    """What a persona answers to a content that holds a keyword.

    Attributes:
        keyword: Text that the content has to hold.
        text: What comes back.
    """

    keyword: Text
    text: Text

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Who holds the phones that match: what they answer to a message that reaches them.

    What they answer comes in as an upstream message on the account's port, with the message's spcode behind it. A phone
    that answers one of the words of `opt_out` is refused from then on (1004008).

    Attributes:
        phone: Pattern of the numbers, `*` for any text.
        answers: What is answered to which keyword; the first whose keyword occurs is.
        echo: Answer what was received where no keyword occurs.
        delay: Seconds from sending to the answer.
        opt_out: Words that opt out when they are the whole of what a phone sends, in either case.
    """

    phone: Text
    answers: tuple[PersonaAnswer, ...] = ()
    echo: bool = False
    delay: Seconds = 0.0
    opt_out: tuple[Text, ...] = ("TD", "退订")

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """Everything that can be set on an account.

    Attributes:
        userid: The account; six digits in every client that shows one (W11).
        password: Its password; requests may also send its md5 (Q30).
        name: NAME of info; the userid where it is empty.
        status: `normal`, or `frozen` (1001003).
        balance: Messages paid for.
        credit: Messages that may be sent beyond that (1001002).
        signcode: `*` for any signature, or the signatures allowed, without their brackets (1004004, 1004005).
        require_signature: Whether a content needs a signature (1004003).
        max_concurrency: Requests in progress at the same time (K1, 1001006).
        lock_after: Lock the account at so many excesses within `lock_window`; 0 for never (K3). An account that leaves
            both as they are goes by the server's answer to Q22.
        lock_window: Seconds.
        lock_duration: Seconds that a lock lasts; 0 until it is lifted.
        processing_time: Seconds that a request keeps its slot and its caller.
        allowed_ips: Addresses or networks requests may come from; empty for any (1001005).
        spcode: Whether the extension is opened (A3).
        spnumber: The account's port, to which spcode is appended.
        sending_rule: Whether there is one (1004002).
        channels: The carriers there is a channel to (1004006).
        templates: Patterns, `*` for any text, one of which the content without its signature has to match (1004007).
        blacklist: Numbers, or prefixes ending in `*`, that are refused (1004008).
        whitelist: Numbers or prefixes that alone are accepted (1004009); None for any.
        black_words: Words no content may hold (1004010).
        white_words: Words of which each content has to hold one (1004011); empty for none needed.
        closing_phrase: What each content has to end with, signature aside (1001007); empty for nothing.
        report_delay: Seconds between sending and report.
        outcomes: What decides reports; the first rule that matches does.
        personas: Who holds which phones; the first that matches does.
        magic_numbers: Whether magic numbers act.
        assumptions: Answers that differ from the registry's, by question.
    """

    userid: Annotated[str, Len(1, 64)] = ""
    password: Annotated[str, Len(1, 128)] = field(default="", repr=False)
    name: str = ""
    status: Literal["normal", "frozen"] = "normal"
    balance: Count = 100_000
    credit: Count = 0
    signcode: Literal["*"] | Annotated[tuple[Text, ...], Len(1)] = "*"
    require_signature: bool = True
    max_concurrency: Annotated[int, Ge(1)] = DEFAULT_THREADS
    lock_after: Count = 10
    lock_window: Seconds = 60.0
    lock_duration: Seconds = 0.0
    processing_time: Seconds = 0.0
    allowed_ips: tuple[Text, ...] = ()
    spcode: bool = False
    spnumber: str = "10690000"
    sending_rule: bool = True
    channels: tuple[Carrier, ...] = ("mobile", "unicom", "telecom", "broadnet")
    templates: tuple[Text, ...] = ()
    blacklist: tuple[Text, ...] = ()
    whitelist: tuple[Text, ...] | None = None
    black_words: tuple[Text, ...] = ()
    white_words: tuple[Text, ...] = ()
    closing_phrase: str = ""
    report_delay: Seconds = 0.0
    outcomes: tuple[OutcomeRule, ...] = ()
    personas: tuple[Persona, ...] = ()
    magic_numbers: bool = True
    assumptions: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict[str, str | tuple[str, ...]])

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


DOCUMENT_ACCOUNT = AccountSettings(userid="200001", password="123456", spcode=True)  # noqa: S106 - the document prints it
"""The account of the document's samples, which use spcode."""
