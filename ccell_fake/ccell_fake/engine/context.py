"""What is known of a request when it is judged; costly things are worked out when first asked for."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ccell_fake.clock import elapsed
from ccell_fake.engine import verdicts
from ccell_fake.engine.account import Account
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.number_context import NOTHING_ARRANGED, Arranged, SubmitFacts, facts_of
from ccell_fake.engine.number_rules import without_arranged
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request


@dataclass(frozen=True, slots=True)
class Admission:
    """How the account stood when a request came in: whatever happens while it is in progress does not shut it out.

    Attributes:
        is_over: Whether as many requests were in progress as the account may have.
        in_progress: How many were, of those that count (Q21).
        at_endpoint: How many of them at the same endpoint.
        is_locked: Whether the account was locked.
    """

    is_over: bool
    in_progress: int
    at_endpoint: int
    is_locked: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """How the account of a request stands at that moment.

    Attributes:
        now: The account's present.
        admission: How it stood when the request came in.
        left: Messages of balance and credit that are left.
        available: How many of these are not reserved for scheduled messages (Q34).
        arranged: What a test arranged for its numbers.
    """

    now: datetime
    admission: Admission
    left: int
    available: int
    arranged: Arranged


@dataclass(frozen=True)
class RequestFacts:
    """A request of an account that exists.

    Attributes:
        operation: The endpoint.
        request: What was asked.
        peer: The address it came from.
        account: The account it names.
        answers: The answers in force for it.
        state: How it stands.
    """

    operation: Operation
    request: Request
    peer: str
    account: Account
    answers: Answers
    state: AccountState

    @cached_property
    def submits(self) -> tuple[SubmitFacts, ...]:
        """The submits, ready to be judged."""
        return tuple(
            facts_of(submit, self.account.policy, self.state.now, self.state.arranged)
            for submit in self.request.submits
        )

    @cached_property
    def verdicts(self) -> tuple[tuple[verdicts.Verdict, ...], ...]:
        """What becomes of each number of each submit."""
        rules = self.account.number_rules
        if self.state.arranged == NOTHING_ARRANGED:
            rules = without_arranged(rules)
        judged = verdicts.judge(self.submits, rules)
        return verdicts.within(self.state.available, judged) if self.answers["Q14"] == "number" else judged


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it arrived, of whatever account.

    Attributes:
        operation: The endpoint.
        request: What was asked, or why it cannot be read.
        peer: The address it came from.
        place: Where the payload was found, `body` or `query`; empty where there was none.
        text: The payload, or what stood in its place, with secrets replaced.
        began: When it came in, on the clock of `elapsed`.
        client: Whose leaving ends what the request waits for, whatever stands for it; None where that cannot be seen.
    """

    operation: Operation
    request: Request | UnreadableRequest
    peer: str
    place: str = ""
    text: str = ""
    began: float = field(default_factory=elapsed)
    client: object = None
