"""An account's settings, compiled: patterns, and indexed lists of numbers and words."""

import ipaddress
from dataclasses import dataclass

from ccell_fake.clock import in_micros
from ccell_fake.codes import Code
from ccell_fake.engine import numbers, personas
from ccell_fake.engine.assumptions import Answers
from ccell_fake.limits import Limits
from ccell_fake.patterns import NumberList, Patterns
from ccell_fake.records import Submission
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_fake.signing import is_digest, md5
from ccell_fake.word_index import WordIndex

_DEFAULT_LOCK = AccountSettings().lock_after, AccountSettings().lock_window


@dataclass(frozen=True, slots=True)
class OutcomePatterns:
    """An outcome rule with its patterns compiled. A pattern that is not set is None."""

    rule: OutcomeRule
    phone: Patterns | None
    content: Patterns | None
    linkid: Patterns | None

    def match(self, phone: str, submission: Submission) -> bool:
        """Return whether the rule matches a message."""
        return (
            (self.phone is None or self.phone.match(phone))
            and (self.content is None or self.content.match(submission.content))
            and (self.linkid is None or self.linkid.match(submission.linkid))
        )


class Policy:
    """The settings and answers of an account, compiled.

    Attributes:
        settings: The settings.
        answers: The answers in force.
        limits: The limits.
        passwords: The accepted passwords: the password, and its md5 in lower-case hex (Q30).
        signing_key: What a sign is made of, together with a seqid: the md5 of the password (P2, Q44).
        networks: Networks that may send requests. Empty for all.
        templates: Matches a content without its signature. None to accept all.
        prefixes: Further numbers to recognise.
        blacklist: Refused numbers, or None.
        whitelist: The only accepted numbers. None for all.
        black_words: Words that no content may contain, or None.
        white_words: A content must contain one of these words. None for no restriction.
        outcomes: Rules that decide reports.
        personas: Owners of phones.
        spcode_refuses: Whether an spcode refuses the `request` or a `number` (Q15); empty if the account has spcodes.
        closing_phrase_refuses: The same for a missing closing phrase (Q29); empty if the account has no phrase.
        lock: Number of excesses and window in seconds after which the account is locked. 0 for never (Q22).
    """

    def __init__(self, settings: AccountSettings, answers: Answers, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen, so sharing it is safe
        """Compile settings.

        Raises:
            ValueError: An entry of `allowed_ips` is not an address or a network.
        """
        self.settings = settings
        self.answers = answers
        self.limits = limits
        self.passwords: frozenset[str] = _passwords(settings.password, with_md5=answers["Q30"] == "yes")
        is_key = answers["Q44"] == "stored" and is_digest(settings.password)
        self.signing_key: str = settings.password if is_key else md5(settings.password)
        self.networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
            ipaddress.ip_network(text, strict=False) for text in settings.allowed_ips
        )
        self.templates: Patterns | None = Patterns(settings.templates) if settings.templates else None
        self.prefixes: NumberList = NumberList(settings.prefixes)
        self.blacklist: NumberList | None = NumberList(settings.blacklist) if settings.blacklist else None
        self.whitelist: NumberList | None = None if settings.whitelist is None else NumberList(settings.whitelist)
        self.black_words: WordIndex | None = WordIndex(settings.black_words) if settings.black_words else None
        self.white_words: WordIndex | None = WordIndex(settings.white_words) if settings.white_words else None
        self.outcomes: tuple[OutcomePatterns, ...] = tuple(
            OutcomePatterns(rule, _compiled(rule.phone), _compiled(rule.content), _compiled(rule.linkid))
            for rule in settings.outcomes
        )
        self.personas: tuple[personas.PersonaPattern, ...] = personas.compile_personas(settings.personas)
        self.spcode_refuses: str = "" if settings.spcode else _refuses(answers["Q15"] == Code.PARAMETERS_INCOMPLETE)
        self.closing_phrase_refuses: str = _refuses(answers["Q29"] != "number") if settings.closing_phrase else ""
        self.lock: tuple[int, float] = _lock(settings, answers)

    def carrier(self, number: str) -> str | None:
        """Return the carrier of a number, empty for one of `prefixes`, or None if it is not recognised (Q8)."""
        whose = numbers.carrier(number, self.answers)
        if whose is None and number in self.prefixes and numbers.has_digits(number):
            return ""
        return whose

    def is_locked(self, locked_at: int | None, now: int) -> bool:
        """Return whether a lock still holds. Both arguments are microseconds since 1970."""
        if locked_at is None:
            return False
        duration = self.settings.lock_duration
        return not duration or locked_at <= now < locked_at + in_micros(duration)


def _passwords(password: str, *, with_md5: bool) -> frozenset[str]:
    if not with_md5:
        return frozenset({password})
    return frozenset({password, md5(password)})


def _refuses(is_request: bool) -> str:  # noqa: FBT001 - the answer to a question
    return "request" if is_request else "number"


def _compiled(pattern: str | None) -> Patterns | None:
    return None if pattern is None else Patterns((pattern,))


def _lock(settings: AccountSettings, answers: Answers) -> tuple[int, float]:
    """Return the account's answer to Q22, else its lock settings, else the server's answer."""
    own = settings.lock_after, settings.lock_window
    if "Q22" not in answers.given or ("Q22" not in settings.assumptions and own != _DEFAULT_LOCK):
        return own
    if answers["Q22"] == "never":
        return 0, 0.0
    after, _, window = answers["Q22"].partition("/")
    return int(after), float(window)
