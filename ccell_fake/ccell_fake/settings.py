"""The settings of an account, defined once for TOML, JSON and the pytest marker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypedDict

from annotated_types import Ge, Interval, Len

from ccell_fake.limits import DEFAULT_THREADS

__all__ = ["AccountSettings", "OutcomeRule", "Persona", "PersonaAnswer", "SettingsByName"]

Text = Annotated[str, Len(1)]
Seconds = Annotated[float, Interval(ge=0, le=10 * 365 * 86_400)]
Count = Annotated[int, Ge(0)]
Carrier = Literal["mobile", "unicom", "telecom", "broadnet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """A rule that decides the reports of the messages that match.

    `*` in a pattern stands for any text. A pattern that is not set matches everything.

    Attributes:
        phone: Pattern of the number.
        content: Pattern of the content, its signature included.
        linkid: Pattern of the linkid.
        stat: The result. `DELIVRD` is reported as 成功, any other text unchanged.
        status: The report's status. By default 0 for `DELIVRD` and -1 for any other stat.
        delay: Seconds from sending to the report. By default the account's `report_delay`.
        spread: Maximum additional delay in seconds. The seed decides it for each message.
        reports: Number of reports: 1, 0 for none, or 2 for the same report twice.
        rate: Share of the matching messages that the rule applies to. The seed decides for each message.
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
    """A persona's answer to a keyword.

    Attributes:
        keyword: Text that the content must contain.
        text: The answer.
    """

    keyword: Text
    text: Text

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """The owner of the phones that match: how they answer the messages they receive.

    An answer is an upstream message to the account's port plus the message's spcode. The gateway refuses a
    phone (1004008) that has sent one of the words of `opt_out`.

    Attributes:
        phone: Pattern of the numbers, `*` for any text.
        answers: Answers by keyword. The first keyword that the content contains decides.
        echo: Answer with the received content if it contains no keyword.
        delay: Seconds from sending to the answer.
        opt_out: Words that opt out if they are the whole text that a phone sends. Case does not matter.
    """

    phone: Text
    answers: tuple[PersonaAnswer, ...] = ()
    echo: bool = False
    delay: Seconds = 0.0
    opt_out: tuple[Text, ...] = ("TD", "退订")

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The settings of an account.

    Attributes:
        userid: The account. All known userids have six digits (W11).
        password: The password. Requests may also send its md5 (Q30).
        name: NAME of info. By default the userid.
        status: `normal`, or `frozen` (1001003).
        balance: Messages that are paid for and left when this is set, whatever was sent before. RICHES of info counts
            down from it.
        credit: Messages that may be sent after the balance is used up (1001002).
        signcode: `*` for any signature, or a list of the allowed signatures without brackets (1004004, 1004005).
        require_signature: Whether a content needs a signature (1004003).
        max_concurrency: The thread limit: requests in progress at the same time (K1, 1001006).
        lock_after: Lock the account after this many excesses within `lock_window`; 0 for never (K3). The server's
            answer to Q22 applies if neither is set.
        lock_window: Length of the window in seconds.
        lock_duration: Seconds until a lock ends; 0 to keep it until the account is unlocked.
        processing_time: Seconds that each request takes. It keeps its slot meanwhile.
        allowed_ips: Addresses or networks that may send requests. Empty for all (1001005).
        spcode: Whether the spcode extension is enabled (A3).
        spnumber: The account's port. The spcode is appended to it.
        sending_rule: Whether the account has a sending rule (1004002).
        channels: The carriers that the account has a channel to (1004006).
        templates: Patterns, `*` for any text. The content without its signature must match one of them (1004007).
        prefixes: Further numbers of 11 digits to recognise, or prefixes ending in `*` (1004001). Nobody owns `100*`.
        blacklist: Refused numbers, or prefixes ending in `*` (1004008).
        whitelist: The only accepted numbers or prefixes (1004009). By default all numbers are accepted.
        black_words: Words that no content may contain (1004010).
        white_words: Each content must contain one of these words (1004011). Empty for no restriction.
        closing_phrase: Text that each content must end with, apart from the signature (1001007). Empty for none.
        report_delay: Seconds from sending to the report.
        outcomes: Rules that decide reports. The first rule that matches applies.
        personas: Owners of phones. The first one that matches applies.
        magic_numbers: Whether magic numbers work.
        assumptions: Answers to open questions, by id. They override the defaults.
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
    prefixes: tuple[Text, ...] = ()
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


SETTING_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Account": ("userid", "password", "name", "status", "allowed_ips"),
        "Balance": ("balance", "credit"),
        "Threads and lock": ("max_concurrency", "processing_time", "lock_after", "lock_window", "lock_duration"),
        "Signature and content": (
            "signcode",
            "require_signature",
            "templates",
            "black_words",
            "white_words",
            "closing_phrase",
        ),
        "Numbers": ("channels", "sending_rule", "prefixes", "blacklist", "whitelist", "magic_numbers"),
        "Port": ("spcode", "spnumber"),
        "Reports": ("report_delay", "outcomes"),
        "Phones": ("personas",),
        "Open questions": ("assumptions",),
    }
)
"""The settings of an account in groups, for people who read them. Each setting is in one group."""


class SettingsByName(TypedDict, total=False):
    """Some settings of an account, by the names and with the meanings of `AccountSettings`."""

    userid: str
    password: str
    name: str
    status: Literal["normal", "frozen"]
    balance: int
    credit: int
    signcode: Literal["*"] | Sequence[str]
    require_signature: bool
    max_concurrency: int
    lock_after: int
    lock_window: float
    lock_duration: float
    processing_time: float
    allowed_ips: Sequence[str]
    spcode: bool
    spnumber: str
    sending_rule: bool
    channels: Sequence[Carrier]
    templates: Sequence[str]
    prefixes: Sequence[str]
    blacklist: Sequence[str]
    whitelist: Sequence[str] | None
    black_words: Sequence[str]
    white_words: Sequence[str]
    closing_phrase: str
    report_delay: float
    outcomes: Sequence[OutcomeRule | Mapping[str, object]]
    personas: Sequence[Persona | Mapping[str, object]]
    magic_numbers: bool
    assumptions: Mapping[str, str | Sequence[str]]


DOCUMENT_ACCOUNT = AccountSettings(userid="200001", password="123456", spcode=True)  # noqa: S106 - the document prints it
"""The account of the document's samples. The samples use spcode."""
