"""What is known of a submit, and of each of its numbers, when they are judged."""

from dataclasses import dataclass
from datetime import datetime

from ccell_fake.engine import characters, numbers, signatures
from ccell_fake.engine.policy import Policy
from ccell_fake.model import Submit


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
    """

    submit: Submit
    policy: Policy
    now: datetime
    content: str
    length: int
    numbers: tuple[str, ...]
    signatures: tuple[signatures.Signature, ...]

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


def facts_of(submit: Submit, policy: Policy, now: datetime) -> SubmitFacts:
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
        characters.length(content, policy.answers),
        numbers.divide(submit.phone or "", policy.answers),
        found,
    )


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """One number of a submit.

    Attributes:
        number: The number.
        carrier: Whose it is, or None where it is not recognised (Q8).
        is_repeated: Whether it stood in the request before.
        policy: The account's.
    """

    number: str
    carrier: str | None
    is_repeated: bool
    policy: Policy
