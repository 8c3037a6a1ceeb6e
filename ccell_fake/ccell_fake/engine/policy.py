"""An account's settings made ready for judging: patterns compiled, lists indexed, words in one automaton."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from ccell_fake.clock import in_micros
from ccell_fake.engine import personas
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.patterns import NumberList, any_of
from ccell_fake.limits import Limits
from ccell_fake.records import Submission
from ccell_fake.settings import AccountSettings, OutcomeRule

_DEFAULT_LOCK = AccountSettings().lock_after, AccountSettings().lock_window


class Words:
    """A list of words, found in a content in one pass however many there are."""

    def __init__(self, words: tuple[str, ...]) -> None:
        """Build the automaton."""
        self._words = words
        self._automaton = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest)

    def first_in(self, content: str) -> str | None:
        """The word that stands first in the content."""
        for index, _, _ in self._automaton.find_matches_as_indexes(content):
            return self._words[index]
        return None


@dataclass(frozen=True, slots=True)
class OutcomePatterns:
    """An outcome rule with its patterns compiled; a pattern that is absent is None."""

    rule: OutcomeRule
    phone: re.Pattern[str] | None
    content: re.Pattern[str] | None
    linkid: re.Pattern[str] | None

    def match(self, phone: str, submission: Submission) -> bool:
        """Whether the rule is for such a message."""
        return (
            (self.phone is None or self.phone.fullmatch(phone) is not None)
            and (self.content is None or self.content.fullmatch(submission.content) is not None)
            and (self.linkid is None or self.linkid.fullmatch(submission.linkid) is not None)
        )


class Policy:
    """Settings and answers, with what is derived from them worked out once.

    Attributes:
        settings: What was set.
        answers: The answers in force.
        limits: The figures to go by.
        passwords: What is accepted as the password: itself, and its md5 in lower-case hex (Q30).
        networks: The networks requests may come from; empty for any.
        templates: What a content without its signature has to match, or None for anything.
        blacklist: Numbers that are refused, or None.
        whitelist: The only numbers that are accepted, or None for any.
        black_words: Words no content may hold, or None.
        white_words: Words of which a content has to hold one, or None.
        outcomes: What decides reports.
        personas: Who holds which phones.
        lock: At how many excesses, within how many seconds, the account locks; 0 for never (Q22).
    """

    def __init__(self, settings: AccountSettings, answers: Answers, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen, so sharing it is safe
        """Make settings ready.

        Raises:
            ValueError: An entry of `allowed_ips` is neither an address nor a network.
        """
        self.settings = settings
        self.answers = answers
        self.limits = limits
        self.passwords: frozenset[str] = _passwords(settings.password, with_md5=answers["Q30"] == "yes")
        self.networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
            ipaddress.ip_network(text, strict=False) for text in settings.allowed_ips
        )
        self.templates: re.Pattern[str] | None = any_of(settings.templates) if settings.templates else None
        self.blacklist: NumberList | None = NumberList(settings.blacklist) if settings.blacklist else None
        self.whitelist: NumberList | None = None if settings.whitelist is None else NumberList(settings.whitelist)
        self.black_words: Words | None = Words(settings.black_words) if settings.black_words else None
        self.white_words: Words | None = Words(settings.white_words) if settings.white_words else None
        self.outcomes: tuple[OutcomePatterns, ...] = tuple(
            OutcomePatterns(rule, _compiled(rule.phone), _compiled(rule.content), _compiled(rule.linkid))
            for rule in settings.outcomes
        )
        self.personas: tuple[personas.PersonaPattern, ...] = personas.compiled(settings.personas)
        self.lock: tuple[int, float] = _lock(settings, answers)

    def is_locked(self, locked_at: int | None, now: int) -> bool:
        """Whether a lock that was put on at an instant still holds, both in microseconds since 1970."""
        if locked_at is None:
            return False
        duration = self.settings.lock_duration
        return not duration or locked_at <= now < locked_at + in_micros(duration)


def _passwords(password: str, *, with_md5: bool) -> frozenset[str]:
    if not with_md5:
        return frozenset({password})
    return frozenset({password, hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()})


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else any_of((pattern,))


def _lock(settings: AccountSettings, answers: Answers) -> tuple[int, float]:
    """The account's own answer to Q22, else its own lock settings, else what the server answers."""
    own = settings.lock_after, settings.lock_window
    if "Q22" not in answers.given or ("Q22" not in settings.assumptions and own != _DEFAULT_LOCK):
        return own
    if answers["Q22"] == "never":
        return 0, 0.0
    after, _, window = answers["Q22"].partition("/")
    return int(after), float(window)
