"""Requests in progress, violated (K1 to K4)."""

from dataclasses import replace
from functools import partial

from ccell_fake.codes import Code
from ccell_fake.engine.context import RequestFacts
from ccell_fake.engine.ledger import Ledger
from ccell_fake.engine.rules import Refusal
from ccell_fake.limits import DEFAULT_THREADS
from ccell_fake.model import AnyReply, Operation, Reply

from .behaviours import afterwards, judged, recoded, without
from .mutant import Mutant

_OVER = Refusal(Code.CONCURRENCY_EXCEEDED, "K2", "too many")


def _off_by(more: int, facts: RequestFacts, refusal: Refusal | None, *, raised: bool) -> Refusal | None:
    """The verdict of a gateway that takes so many more than the account may have, of one kind of accounts."""
    limit = facts.account.settings.max_concurrency
    if (limit > DEFAULT_THREADS) != raised:
        return refusal
    return _OVER if facts.state.admission.in_progress >= limit + more else None


def _never_raised(facts: RequestFacts, _: Refusal | None) -> Refusal | None:
    return _OVER if facts.state.admission.in_progress >= DEFAULT_THREADS else None


def _as_if_submitted(facts: RequestFacts, _: Ledger, reply: AnyReply) -> AnyReply:
    """Submit a request over the thread limit, then refuse it."""
    return Reply(_OVER.code, _OVER.code.text) if facts.state.admission.is_over else reply


def _let_in_when_idle(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    return refusal if facts.state.admission.in_progress else None


def _locked_differently(facts: RequestFacts, refusal: Refusal | None) -> Refusal | None:
    is_locked = refusal and facts.state.admission.is_locked
    return replace(refusal, code=Code.IP_REFUSED) if refusal and is_locked else refusal


MUTANTS = (
    *(
        Mutant(
            "K1",
            f"The default thread limit is {DEFAULT_THREADS + more}.",
            behaviour=judged("concurrency", partial(_off_by, more, raised=False)),
            limit=("threads", more),
        )
        for more in (-1, 1)
    ),
    Mutant(
        "K2",
        "A request over the thread limit gets the system error.",
        behaviour=recoded("concurrency", Code.SYSTEM_ERROR),
    ),
    Mutant("K2", "A request over the thread limit is submitted.", behaviour=without("concurrency")),
    Mutant(
        "K2",
        "A request over the thread limit is refused but submitted.",
        behaviour=afterwards(Operation.SEND, _as_if_submitted, without("concurrency")),
    ),
    Mutant(
        "K3",
        "A locked account gets the code for a refused address.",
        behaviour=judged("frozen", _locked_differently),
    ),
    Mutant("K3", "A lock ends as soon as no request is in progress.", behaviour=judged("frozen", _let_in_when_idle)),
    Mutant("K4", "The thread limit is never raised above 3.", behaviour=judged("concurrency", _never_raised)),
    *(
        Mutant(
            "K4",
            f"A raised thread limit is {'too high' if more > 0 else 'too low'} by {abs(more)}.",
            behaviour=judged("concurrency", partial(_off_by, more, raised=True)),
            limit=("raised threads", more),
        )
        for more in (-1, 1)
    ),
)
