"""The facts that rules judge a request by. Costly facts are computed on first use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ccell_fake.clock import elapsed, in_micros
from ccell_fake.engine import grounds, verdicts
from ccell_fake.engine.account import Account
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.number_context import Arranged, SubmitFacts, submit_facts
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Envelope, Operation, Request


@dataclass(frozen=True, slots=True)
class Admission:
    """The account's state when the request came in. Later changes do not affect the request.

    Attributes:
        is_over: Whether the thread limit was reached.
        in_progress: The requests in progress that count (Q21).
        at_endpoint: The requests in progress at the same endpoint.
        is_locked: Whether the account was locked.
    """

    is_over: bool
    in_progress: int
    at_endpoint: int
    is_locked: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account's state when the request is judged.

    Attributes:
        now: The account's time.
        micros: The same in microseconds since 1970.
        admission: Its state when the request came in.
        left: Messages left of balance and credit.
        available: Messages left that are not reserved for scheduled messages (Q34).
        arranged: What a test arranged for the numbers.
        is_seqid_new: Whether no earlier request had the seqid of this one.
    """

    now: datetime
    micros: int
    admission: Admission
    left: int
    available: int
    arranged: Arranged
    is_seqid_new: bool = True


@dataclass(frozen=True)
class RequestFacts:
    """A request of an account that exists.

    Attributes:
        operation: The endpoint.
        request: The request.
        peer: The address it came from.
        account: The account.
        answers: The answers in force.
        state: The account's state.
    """

    operation: Operation
    request: Request
    peer: str
    account: Account
    answers: Answers
    state: AccountState

    @cached_property
    def submits(self) -> tuple[SubmitFacts, ...]:
        """The facts of each submit."""
        return tuple(
            submit_facts(submit, self.account.policy, self.state.now, self.state.arranged)
            for submit in self.request.submits
        )

    @cached_property
    def verdicts(self) -> tuple[tuple[verdicts.Verdict, ...], ...]:
        """The verdicts on the numbers of each submit."""
        judged = verdicts.judge(self.submits, self.account.number_rules)
        return verdicts.limit_to_balance(self.state.available, judged) if self.answers["Q14"] == "number" else judged

    @property
    def grounds(self) -> tuple[str, ...]:
        """The open questions that an accepted request rests on: another answer would have decided it differently."""
        if self.operation is Operation.INFO:
            return ("Q53",) if self.state.left < self.account.settings.credit else ()
        accepted = [
            submit
            for submit, judged in zip(self.submits, self.verdicts, strict=True)
            if any(verdict.refusal is None for verdict in judged)
        ]
        if not accepted:
            return ()
        return (
            *(ground for submit in accepted for ground in grounds.of_submit(submit)),
            *grounds.of_request(self.submits),
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it arrived, of any account.

    Attributes:
        operation: The endpoint; None for a method of JSON-RPC that does not exist.
        request: The request, or why it is unreadable.
        peer: The address it came from.
        envelope: What the answer repeats.
        place: Where the payload was found, `body` or `query`. Empty if there was none.
        text: The payload, or the text found instead, with secrets replaced.
        began: When it arrived, on the clock of `elapsed`.
        client: Identifies the client, so that a wait ends when the client disconnects. None if that is unknown.
        hide: Replaces the request's passwords in text about it that is kept or logged.
        grounds: The observations and questions that its transport rested on.
    """

    operation: Operation | None
    request: Request | UnreadableRequest
    peer: str
    envelope: Envelope = field(default_factory=Envelope)
    place: str = ""
    text: str = ""
    began: float = field(default_factory=elapsed)
    client: object = None
    hide: Callable[[str], str] = str
    grounds: tuple[str, ...] = ()

    @property
    def parsed(self) -> tuple[Operation, Request]:
        """The endpoint and the request, if it is readable.

        Raises:
            UnreadableRequest: It is not.
        """
        if isinstance(self.request, UnreadableRequest):
            raise self.request
        assert self.operation is not None, "a readable request has an endpoint"  # noqa: S101 - for the type
        return self.operation, self.request

    def duration(self) -> int:
        """Return the microseconds since the request arrived."""
        return in_micros(elapsed() - self.began)
