"""What a test needs of the account it asks with, and how an account that can be arranged is made to have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.limits import DEFAULT_THREADS as DOCUMENTED_THREADS
from ccell_fake.settings import AccountSettings

ARRANGED_OWN = tuple(f"139000000{place:02d}" for place in range(10))
"""The numbers that an account which can be arranged may send to."""

ARRANGED_DEAD = "13900009999"
"""The one of them that nothing can be delivered to."""

ARRANGED_NEW = "19500001111"
"""The document's own example of a number that is not recognised; its prefix came into service later."""

_OVERLAPPING = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """One thing that is needed.

    Attributes:
        name: What reports call it.
        says: What has to be so, in one sentence.
        is_met: Whether it is so, by what is known.
        settings: Of an account that is opened for it.
    """

    name: str
    says: str
    is_met: Callable[[KnownAccount], bool] = field(repr=False)
    settings: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


class NotAsked(Exception):
    """A test cannot be asked of this target: it needs something that is not there, or that is not allowed."""

    def __init__(self, reason: str) -> None:
        """Say why: the need, or the cost that is not allowed."""
        super().__init__(reason)
        self.reason = reason


def _stated(name: str, condition: Callable[[KnownAccount], object]) -> Callable[[KnownAccount], bool]:
    """Whether a setting is known and meets a condition."""
    return lambda standing: name in standing.known and bool(condition(standing))


def _able(ability: str) -> Callable[[KnownAccount], bool]:
    return lambda standing: ability in standing.abilities


def _takes_any_text(standing: KnownAccount) -> bool:
    settings = standing.settings
    return not (settings.templates or settings.white_words or settings.closing_phrase)


OWN_NUMBER = Need("own number", "a number of one's own to send to", lambda one: len(one.own) > 0)
TWO_NUMBERS = Need("two own numbers", "two numbers of one's own to send to", lambda one: len(one.own) > 1)
DEAD_NUMBER = Need("dead number", "a number of one's own that nothing can be delivered to", lambda one: bool(one.dead))
OLD_AND_NEW_NUMBER = Need(
    "old and new number",
    "two numbers of one's own, the prefix of one in service when the document was written, of the other only later",
    lambda one: bool(one.new and set(one.own) - set(one.new)),
)
UPSTREAM = Need(
    "upstream",
    "somebody who sends messages to the account, such as a number of one's own that answers by itself",
    lambda one: "upstream" in one.abilities or bool(one.answering),
)
CLOCK = Need("clock", "time that can be let pass", _able("clock"))


def seconds_to_pass(seconds: float) -> Need:
    """So much time that can be let pass."""
    return Need("clock", f"{seconds:g} seconds that can be let pass", lambda one: one.passable >= seconds)


STILL_CLOCK = Need("still clock", "a clock of the account that can be made to stand", _able("still"))
CROWD = Need("crowd", "requests of the account that stay in progress as long as a test wants", _able("crowd"))
SETTINGS = Need("settings", "an account whose settings can be chosen", _able("settings"))
FAILING = Need("failing", "a gateway that fails when told to", _able("failing"))
OVERLAP = Need(
    "overlap",
    "requests that take long enough to be in progress together",
    _stated("processing_time", lambda one: one.settings.processing_time >= _OVERLAPPING),
    {"processing_time": 1.0},
)

ANY_SIGNATURE = Need(
    "any signature",
    "an account that takes any signature, and insists on one",
    lambda one: (
        {"signcode", "require_signature"} <= one.known
        and one.settings.signcode == "*"
        and one.settings.require_signature
        and _takes_any_text(one)
    ),
)
FIXED_SIGNATURE = Need(
    "fixed signature",
    "an account with fixed signatures",
    _stated("signcode", lambda one: one.settings.signcode != "*" and _takes_any_text(one)),
    {"signcode": ["测试"]},
)
SPCODE = Need(
    "spcode",
    "an account with the extension opened",
    _stated("spcode", lambda one: one.settings.spcode),
    {"spcode": True},
)
NO_SPCODE = Need(
    "no spcode",
    "an account without the extension",
    _stated("spcode", lambda one: not one.settings.spcode),
)
SMALL_BALANCE = Need(
    "small balance",
    "an account that has a single message left, credit included",
    _stated("balance", lambda one: one.settings.balance + one.settings.credit == 1),
    {"balance": 1},
)
NO_BALANCE = Need(
    "no balance",
    "an account that has no message left, credit included",
    _stated("balance", lambda one: one.settings.balance + one.settings.credit == 0),
    {"balance": 0},
)
CREDIT = Need(
    "credit",
    "an account that has one message paid for, and one on credit",
    lambda one: {"balance", "credit"} <= one.known and (one.settings.balance, one.settings.credit) == (1, 1),
    {"balance": 1, "credit": 1},
)
LOGIN = Need(
    "login",
    "an account whose login on the platform is no number",
    # Whether it is so, info shows.
    lambda _: True,
    {"name": "login@example.com"},
)
FROZEN = Need(
    "frozen",
    "an account that is frozen",
    _stated("status", lambda one: one.settings.status == "frozen"),
    {"status": "frozen"},
)
IP_REFUSED = Need(
    "refused address",
    "an account that does not take requests from this machine",
    _stated("allowed_ips", lambda one: one.settings.allowed_ips),
    {"allowed_ips": ["192.0.2.1"]},
)
RAISED_THREADS = Need(
    "more threads",
    "an account with more than 3 threads",
    _stated("max_concurrency", lambda one: one.settings.max_concurrency > DOCUMENTED_THREADS),
    {"max_concurrency": 5},
)
DEFAULT_THREADS = Need(
    "3 threads",
    "an account with 3 threads",
    _stated("max_concurrency", lambda one: one.settings.max_concurrency == DOCUMENTED_THREADS),
)
CLOSING_PHRASE = Need(
    "closing phrase",
    "an account whose contents have to end with a phrase",
    _stated("closing_phrase", lambda one: one.settings.closing_phrase),
    {"closing_phrase": "退订回T"},
)
NO_SENDING_RULE = Need(
    "no sending rule",
    "an account without a sending rule",
    _stated("sending_rule", lambda one: not one.settings.sending_rule),
    {"sending_rule": False},
)
NO_CHANNEL = Need(
    "no channel",
    "an account without a channel to any carrier of one's own numbers",
    _stated("channels", lambda one: len(one.settings.channels) < len(AccountSettings().channels)),
    {"channels": ["telecom"]},
)
TEMPLATES = Need(
    "templates",
    "an account that takes contents of some templates only",
    _stated("templates", lambda one: one.settings.templates),
    {"templates": ["您的验证码是*。"]},
)
BLACKLIST = Need(
    "blacklist",
    "an account whose blacklist has a number of one's own",
    _stated("blacklist", lambda one: set(one.own) & set(one.settings.blacklist)),
    {"blacklist": [ARRANGED_OWN[-1]]},
)
WHITELIST = Need(
    "whitelist",
    "an account whose whitelist lacks a number of one's own",
    _stated("whitelist", lambda one: one.settings.whitelist is not None and set(one.own) - set(one.settings.whitelist)),
    {"whitelist": [*ARRANGED_OWN[:-1], ARRANGED_DEAD]},
)
BLACK_WORDS = Need(
    "black words",
    "an account with words that no content may hold",
    _stated("black_words", lambda one: one.settings.black_words),
    {"black_words": ["发票"]},
)
WHITE_WORDS = Need(
    "white words",
    "an account with words of which each content has to hold one",
    _stated("white_words", lambda one: one.settings.white_words),
    {"white_words": ["验证码"]},
)
