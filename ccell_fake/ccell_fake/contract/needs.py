"""Properties that checks need of an account, and the settings that arrange them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.limits import DEFAULT_THREADS as DOCUMENTED_THREADS
from ccell_fake.model import Door
from ccell_fake.settings import AccountSettings
from ccell_fake.signing import is_digest

ARRANGED_OWN = tuple(f"139000000{index:02d}" for index in range(10))
"""Numbers that an arranged account may send to."""

ARRANGED_DEAD = "13900009999"
"""An arranged account's number that is switched off."""

ARRANGED_NEW = "19500000001"
"""An arranged account's number whose prefix came into service after the document was written."""

ARRANGED_DIGEST = "9af15b336e6a9619928537df30b2e6a2"
"""The password of an arranged account whose password looks like an md5."""

_OVERLAPPING = 0.2

Condition = Callable[[KnownAccount], object]


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """One property that a check needs.

    Attributes:
        name: Its name in reports.
        description: The property in a few words, after "needs".
        condition: Whether a known account has it.
        settings: Settings of an account that is opened for it.
    """

    name: str
    description: str
    condition: Condition = field(repr=False)
    settings: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    def is_satisfied_by(self, known: KnownAccount) -> bool:
        """Return whether the account is known to have the property."""
        return bool(self.condition(known))


class NotAsked(Exception):
    """The target cannot run a check: a need is missing, or its cost is not allowed."""

    def __init__(self, reason: str) -> None:
        """Name the missing need or the cost."""
        super().__init__(reason)
        self.reason = reason


def _ability(name: str, description: str, ability: str) -> Need:
    """A need for an ability of the arranger."""
    return Need(name, description, lambda known: ability in known.abilities)


_ABSENT = object()


def _setting(name: str, description: str, setting: str, condition: Condition, value: object = _ABSENT) -> Need:
    """A need for a setting that is known and meets a condition. The value arranges it."""
    settings = {} if value is _ABSENT else {setting: value}
    return Need(name, description, lambda known: setting in known.known_settings and condition(known), settings)


def _accepts_any_text(known: KnownAccount) -> bool:
    settings = known.settings
    return not (settings.templates or settings.white_words or settings.closing_phrase)


def _messages_left(known: KnownAccount) -> int:
    return known.settings.balance + known.settings.credit


JSON_RPC = Need("JSON-RPC", "a gateway that speaks JSON-RPC", lambda known: Door.JSON in known.doors)
DIGEST_PASSWORD = Need(
    "password like an md5",
    "an account whose password is 32 lower-case hexadecimal digits, like an md5",
    lambda known: is_digest(known.settings.password),
    {"password": ARRANGED_DIGEST},
)
OWN_NUMBER = Need("own number", "a number of your own to send to", lambda known: known.own_numbers)
TWO_NUMBERS = Need("two own numbers", "two numbers of your own to send to", lambda known: len(known.own_numbers) > 1)
DEAD_NUMBER = Need("dead number", "a number of your own that is switched off", lambda known: known.dead_numbers)
OLD_AND_NEW_NUMBER = Need(
    "old and new number",
    "two numbers of your own: one with a prefix that the document knows, one with a later prefix",
    lambda known: known.new_numbers and set(known.own_numbers) - set(known.new_numbers),
)
UPSTREAM = Need(
    "upstream",
    "a phone that sends messages to the account, such as a number of your own that replies by itself",
    lambda known: "upstream" in known.abilities or known.replying_numbers,
)
CLOCK = _ability("clock", "a clock that can be advanced", "clock")


def clock_advance(seconds: float) -> Need:
    """A need to let this much time pass."""
    return Need("clock", f"{seconds:g} seconds to pass", lambda known: known.longest_advance >= seconds)


FREEZABLE_CLOCK = _ability("still clock", "an account whose clock can be frozen", "freeze")
HOLD = _ability("crowd", "requests that can be kept in progress", "hold")
SETTINGS = _ability("settings", "an account whose settings can be chosen", "settings")
FAIL_ON_DEMAND = _ability("failing", "a gateway that fails on demand", "fail")
OVERLAP = _setting(
    "overlap",
    "requests slow enough to be in progress together",
    "processing_time",
    lambda known: known.settings.processing_time >= _OVERLAPPING,
    value=1.0,
)
EXCESS = Need(
    "excess",
    "requests that can be in progress together",
    lambda known: HOLD.is_satisfied_by(known) or OVERLAP.is_satisfied_by(known),
)

ANY_SIGNATURE = Need(
    "any signature",
    "an account that requires a signature and accepts any",
    lambda known: (
        {"signcode", "require_signature"} <= known.known_settings
        and known.settings.signcode == "*"
        and known.settings.require_signature
        and _accepts_any_text(known)
    ),
)
FIXED_SIGNATURE = _setting(
    "fixed signature",
    "an account with fixed signatures",
    "signcode",
    lambda known: known.settings.signcode != "*" and _accepts_any_text(known),
    value=["测试"],
)
SPCODE = _setting(
    "spcode", "an account with the extension opened", "spcode", lambda known: known.settings.spcode, value=True
)
NO_SPCODE = _setting("no spcode", "an account without the extension", "spcode", lambda known: not known.settings.spcode)
SMALL_BALANCE = _setting(
    "small balance",
    "an account with one message left, credit included",
    "balance",
    lambda known: _messages_left(known) == 1,
    value=1,
)
NO_BALANCE = _setting(
    "no balance",
    "an account with no messages left, credit included",
    "balance",
    lambda known: _messages_left(known) == 0,
    value=0,
)
CREDIT = Need(
    "credit",
    "an account with one paid message and one on credit",
    lambda known: (
        {"balance", "credit"} <= known.known_settings and (known.settings.balance, known.settings.credit) == (1, 1)
    ),
    {"balance": 1, "credit": 1},
)
LOGIN = Need(
    "login",
    "an account whose login on the platform is not a number",
    # Only info shows the login, so the check decides.
    lambda _: True,
    {"name": "login@example.com"},
)
FROZEN = _setting(
    "frozen", "a frozen account", "status", lambda known: known.settings.status == "frozen", value="frozen"
)
IP_REFUSED = _setting(
    "refused address",
    "an account that refuses requests from this machine",
    "allowed_ips",
    lambda known: known.settings.allowed_ips,
    value=["192.0.2.1"],
)
RAISED_THREADS = _setting(
    "more threads",
    "an account with more than 3 threads",
    "max_concurrency",
    lambda known: known.settings.max_concurrency > DOCUMENTED_THREADS,
    value=5,
)
DEFAULT_THREADS = _setting(
    "3 threads",
    "an account with 3 threads",
    "max_concurrency",
    lambda known: known.settings.max_concurrency == DOCUMENTED_THREADS,
)
CLOSING_PHRASE = _setting(
    "closing phrase",
    "an account whose contents must end with a phrase",
    "closing_phrase",
    lambda known: known.settings.closing_phrase,
    value="退订回T",
)
NO_SENDING_RULE = _setting(
    "no sending rule",
    "an account without a sending rule",
    "sending_rule",
    lambda known: not known.settings.sending_rule,
    value=False,
)
NO_CHANNEL = _setting(
    "no channel",
    "an account without a channel to the carriers of your own numbers",
    "channels",
    lambda known: len(known.settings.channels) < len(AccountSettings().channels),
    value=["telecom"],
)
TEMPLATES = _setting(
    "templates",
    "an account that only accepts contents of its templates",
    "templates",
    lambda known: known.settings.templates,
    value=["您的验证码是*。"],
)
BLACKLIST = _setting(
    "blacklist",
    "an account with a number of your own on its blacklist",
    "blacklist",
    lambda known: set(known.own_numbers) & set(known.settings.blacklist),
    value=[ARRANGED_OWN[-1]],
)
WHITELIST = _setting(
    "whitelist",
    "an account with a whitelist that lacks a number of your own",
    "whitelist",
    lambda known: known.settings.whitelist is not None and set(known.own_numbers) - set(known.settings.whitelist),
    value=[*ARRANGED_OWN[:-1], ARRANGED_DEAD],
)
BLACK_WORDS = _setting(
    "black words",
    "an account with forbidden words",
    "black_words",
    lambda known: known.settings.black_words,
    value=["发票"],
)
WHITE_WORDS = _setting(
    "white words",
    "an account whose contents must contain one of some words",
    "white_words",
    lambda known: known.settings.white_words,
    value=["验证码"],
)
