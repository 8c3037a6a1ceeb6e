"""The facts that rules judge a submit and its numbers by."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ccell_fake.codes import Code
from ccell_fake.engine import numbers
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.content import Signature, count_characters, find_signatures
from ccell_fake.engine.policy import Policy
from ccell_fake.model import Submit
from ccell_fake.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class Arranged:
    """The outcomes that a test arranged for the numbers of a request.

    Attributes:
        opted_out: Numbers that have opted out.
        code: The code with which a fault refuses numbers, or None.
        refused: The numbers that the fault refuses; None for all.
    """

    opted_out: frozenset[str] = frozenset()
    code: Code | None = None
    refused: frozenset[str] | None = None

    def refuses(self, number: str) -> bool:
        """Return whether the fault refuses a number."""
        return self.code is not None and (self.refused is None or number in self.refused)


NOTHING_ARRANGED = Arranged()


@dataclass(frozen=True, slots=True)
class SubmitFacts:
    """The facts of one submit.

    Attributes:
        submit: The submit as it was sent.
        policy: The account's policy.
        now: The account's time.
        content: The content. Empty if the submit has none.
        length: Characters of the content (Q35).
        numbers: The numbers of the phone attribute.
        signatures: Possible signatures, or only those on the account's list if it has any.
        arranged: What a test arranged for the numbers.
    """

    submit: Submit
    policy: Policy
    now: datetime
    content: str
    length: int
    numbers: tuple[str, ...]
    signatures: tuple[Signature, ...]
    arranged: Arranged

    @property
    def missing(self) -> str | None:
        """The required attribute that the submit lacks, `content` or `phone`."""
        if not self.content:
            return "content"
        return None if self.submit.phone and self.numbers else "phone"

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The content without its signature, once for each possible signature."""
        return tuple(one.rest for one in self.signatures) or (self.content,)


def submit_facts(submit: Submit, policy: Policy, now: datetime, arranged: Arranged = NOTHING_ARRANGED) -> SubmitFacts:
    """Collect the facts of a submit."""
    content = submit.content or ""
    return SubmitFacts(
        submit,
        policy,
        now,
        content,
        count_characters(content, policy.answers),
        numbers.split_numbers(submit.phone or "", policy.answers),
        possible_signatures(content, policy.settings, policy.answers),
        arranged,
    )


def possible_signatures(content: str, settings: AccountSettings, answers: Answers) -> tuple[Signature, ...]:
    """Return the possible signatures of a content (Q27, Q52), or only those on the account's list if it has any."""
    signatures = find_signatures(content, answers)
    if settings.signcode == "*":
        return signatures
    return tuple(one for one in signatures if one.text in settings.signcode) or signatures


class NumberFacts(NamedTuple):
    """The facts of one number of a submit.

    Attributes:
        number: The number.
        carrier: The carrier of its prefix; empty for a number of the setting `prefixes`, which any channel takes.
            None if the number is not recognised (Q8).
        is_repeated: Whether the request holds the number a second time.
        policy: The account's policy.
        arranged: What a test arranged for the numbers.
    """

    number: str
    carrier: str | None
    is_repeated: bool
    policy: Policy
    arranged: Arranged
