"""What is known of a submit, and of each of its numbers, when they are judged."""

from dataclasses import dataclass
from datetime import datetime

from ccell_fake.codes import Code
from ccell_fake.engine import numbers, segments, signatures
from ccell_fake.engine.policy import Policy
from ccell_fake.model import Submit


@dataclass(frozen=True, slots=True)
class Arranged:
    """What a test arranged for the numbers of a request.

    Attributes:
        opted_out: Numbers that want no more messages.
        code: What a fault refuses numbers with, or None.
        struck: The numbers that the fault refuses; None for all.
    """

    opted_out: frozenset[str] = frozenset()
    code: Code | None = None
    struck: frozenset[str] | None = None

    def refuses(self, number: str) -> bool:
        """Whether the fault refuses a number."""
        return self.code is not None and (self.struck is None or number in self.struck)


NOTHING_ARRANGED = Arranged()


@dataclass(frozen=True, slots=True)
class SubmitFacts:
    """What is known of one submit.

    Attributes:
        submit: As it was sent.
        policy: The account's.
        now: The account's present.
        content: The content, empty where there is none.
        length: Its characters (Q35).
        numbers: The numbers it is for.
        signatures: What may be its signature; of several, only those that the account's fixed list has.
        arranged: What a test arranged for its numbers.
    """

    submit: Submit
    policy: Policy
    now: datetime
    content: str
    length: int
    numbers: tuple[str, ...]
    signatures: tuple[signatures.Signature, ...]
    arranged: Arranged

    @property
    def missing(self) -> str | None:
        """What is required of the submit and not there: `content` or `phone`."""
        if not self.content:
            return "content"
        return None if self.submit.phone and self.numbers else "phone"

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The content without its signature, for each text that may be it."""
        return tuple(one.rest for one in self.signatures) or (self.content,)


def facts_of(submit: Submit, policy: Policy, now: datetime, arranged: Arranged = NOTHING_ARRANGED) -> SubmitFacts:
    """What is known of a submit when it arrives."""
    content = submit.content or ""
    found = signatures.find(content, policy.answers)
    allowed = policy.settings.signcode
    if allowed != "*":
        found = tuple(one for one in found if one.text in allowed) or found
    return SubmitFacts(
        submit,
        policy,
        now,
        content,
        segments.length(content, policy.answers),
        numbers.divide(submit.phone or "", policy.answers),
        found,
        arranged,
    )


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """One number of a submit.

    Attributes:
        number: The number.
        carrier: Whose it is, or None where it is not recognised (Q8).
        is_repeated: Whether it stood in the request before.
        policy: The account's.
        arranged: What a test arranged for numbers.
    """

    number: str
    carrier: str | None
    is_repeated: bool
    policy: Policy
    arranged: Arranged
