"""The gateway: admits a request, judges it by the rules in order, does what it asks, and says on what evidence."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ccell_fake.clock import elapsed, in_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.engine import answer as evidence
from ccell_fake.engine import faults, journal, request_rules
from ccell_fake.engine.account import Account
from ccell_fake.engine.accounts import Accounts, Pauses
from ccell_fake.engine.answer import Answer, SlotGuard
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import AccountState, Admission, Arrival, RequestFacts
from ccell_fake.engine.faults import FaultEffect
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.number_context import NOTHING_ARRANGED, Arranged
from ccell_fake.engine.number_rules import FAULT
from ccell_fake.engine.operations import DOCUMENTED_BY
from ccell_fake.engine.rules import Refusal, first_refusal
from ccell_fake.errors import UnreadableRequest
from ccell_fake.faults import CodeFault, DelayFault, DribbleFault
from ccell_fake.model import AnyReply, Layout, Operation, Reply, Request

_RESET = "reset"


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A request that was let in, or that is to be told that it was not.

    Attributes:
        admission: How the account stood.
        seat: The slot it has, or None.
        strike: The fault that strikes it, or None.
    """

    admission: Admission
    seat: SlotGuard | None
    strike: FaultEffect | None


class Gateway:
    """One gateway. Any number of threads may ask it at the same time."""

    def __init__(
        self,
        accounts: Accounts,
        store: Store,
        *,
        render: Callable[[AnyReply, Layout], bytes],
        pauses: Pauses,
        seed: int = 0,
        has_magic_userids: bool = True,
    ) -> None:
        """A gateway of accounts.

        Args:
            accounts: Whom it answers.
            store: What it remembers with.
            render: Makes an answer's bytes.
            pauses: How requests wait: what a request's processing time is spent with.
            seed: What decides everything that looks like chance.
            has_magic_userids: Whether a userid that is a code is answered with that code.
        """
        self.accounts = accounts
        self._store = store
        self._render = render
        self._pauses = pauses
        self._seed = seed
        self._has_magic_userids = has_magic_userids

    def answer(self, arrival: Arrival) -> Answer:
        """Answer a request; when this returns, all that the answer says is remembered.

        An answer that takes its time to leave has a seat, which `leave` frees.
        """
        request = arrival.request
        account = None if isinstance(request, UnreadableRequest) else self.accounts.get(request.userid or "")
        if account is None or isinstance(request, UnreadableRequest):
            return self._answer_stranger(arrival)
        admitted = self._admit(account, arrival.operation, request)
        keeps_seat = False
        try:
            self._wait(account, admitted, arrival)
            with self._store.transaction() as ledger:
                # By now the settings may be others, or the account gone.
                current = self.accounts.still(account)
                if current is None:
                    return self._deliver(arrival, self._answer_gone(account), None, ledger)
                answer = self._answer_account(arrival, request, current, admitted, ledger)
                keeps_seat = answer.seat is not None
                return answer
        finally:
            if not keeps_seat:
                self.leave(admitted.seat)

    def leave(self, seat: SlotGuard | None) -> None:
        """Free the slot of an answer that has left."""
        if seat is not None:
            with self._store.exclusive():
                seat.slots.leave(seat.token)

    def fail(self, arrival: Arrival) -> Answer:
        """Answer a request of which `answer` failed; nothing it did is remembered."""
        failure = Reply(Code.SYSTEM_ERROR, Code.SYSTEM_ERROR.text)
        explanation = "the emulator failed; its log says how"
        delivery = faults.whole(self._render(failure, Layout()))
        answer = Answer(failure, Layout(), "failure", "documented C1", explanation, delivery)
        # What failed once may fail again.
        with suppress(Exception), self._store.transaction() as ledger:
            self._deliver(arrival, answer, None, ledger)
        return answer

    def _admit(self, account: Account, operation: Operation, request: Request) -> _Admitted:
        """Look how the account stands and which fault strikes, and take a slot where one is left."""
        with self._store.transaction() as ledger:
            if self.accounts.still(account) is None:
                return _Admitted(Admission(is_over=False, in_progress=0, at_endpoint=0, is_locked=False), None, None)
            slots, now = account.slots, to_micros(self.accounts.clock.now())
            locked_at = ledger.standing(account.key, account.clock.at(now)).locked_at
            is_locked = account.policy.is_locked(locked_at, account.clock.at(now))
            at_endpoint = slots.in_progress(now, operation)
            in_progress = at_endpoint if account.policy.answers["Q21"] == "endpoint" else slots.in_progress(now)
            is_over = in_progress >= account.settings.max_concurrency
            admission = Admission(is_over, in_progress, at_endpoint, is_locked)
            # Whoever does not know the password takes no slot and no fault from those who do.
            if request.password not in account.policy.passwords:
                return _Admitted(admission, None, None)
            seat = None if is_over else SlotGuard(slots, slots.enter(operation))
            return _Admitted(admission, seat, self._strike(account, operation, request, admission, ledger))

    def _strike(
        self, account: Account, operation: Operation, request: Request, admission: Admission, ledger: Ledger
    ) -> FaultEffect | None:
        arranged = ledger.faults(account.key)
        if not arranged:
            return None
        is_judged = not (admission.is_over or admission.is_locked)
        counted, strike = faults.strike(arranged, operation, request, account, self._seed, is_judged=is_judged)
        if counted != arranged:
            ledger.count_faults(account.key, counted)
        return strike

    def _wait(self, account: Account, admitted: _Admitted, arrival: Arrival) -> None:
        """Spend what processing takes, and what a fault adds; who leaves meanwhile is served at once."""
        fault = admitted.strike.row.fault if admitted.strike else None
        seconds = fault.seconds if isinstance(fault, DelayFault) else 0.0
        if not admitted.admission.is_over and (fault is None or fault.is_processed):
            seconds += account.settings.processing_time
        if seconds:
            self._pauses.pause(seconds, account.slots, arrival.client)

    def _answer_stranger(self, arrival: Arrival) -> Answer:
        answers = self.accounts.answers
        facts = request_rules.StrangerFacts(arrival.request, answers, self._has_magic_userids)
        refusal = first_refusal(request_rules.for_strangers(answers), facts)
        if refusal is None:
            # The account was closed while the request was on its way here.
            refusal = Refusal(Code(answers["Q1"]), "Q1", "there is no such account", rule="account-known")
        with self._store.transaction() as ledger:
            return self._deliver(arrival, _refused(refusal, answers), None, ledger)

    def _answer_gone(self, account: Account) -> Answer:
        explanation = f"account {account.settings.userid} was reset or closed while the request was in progress"
        return _refused(Refusal(Code.SYSTEM_ERROR, _RESET, explanation, rule=_RESET), account.policy.answers)

    def _answer_account(
        self, arrival: Arrival, request: Request, account: Account, admitted: _Admitted, ledger: Ledger
    ) -> Answer:
        strike = admitted.strike
        if strike is not None and not strike.row.fault.is_processed:
            answer = _struck(strike, account.policy.answers)
        else:
            answer = self._judge(arrival, request, account, admitted, ledger)
        return self._deliver(arrival, answer, account, ledger, admitted)

    def _judge(
        self, arrival: Arrival, request: Request, account: Account, admitted: _Admitted, ledger: Ledger
    ) -> Answer:
        answers, now = account.policy.answers, account.clock.now()
        standing = ledger.standing(account.key, to_micros(now))
        # Settings can be lowered below what was spent; what costs nothing passes all the same.
        left = max(account.settings.balance + account.settings.credit - standing.spent, 0)
        available = max(left - standing.reserved, 0)
        arranged = _arranged(account, admitted.strike, to_micros(now), ledger)
        state = AccountState(now, admitted.admission, left, available, arranged)
        known = RequestFacts(arrival.operation, request, arrival.peer, account, answers, state)
        refusal = first_refusal(account.request_rules, known)
        if refusal is None:
            return self._accepted(known, ledger)
        if refusal.rule == request_rules.CONCURRENCY:
            _count_excess(known, ledger)
        return _refused(refusal, answers)

    def _accepted(self, facts: RequestFacts, ledger: Ledger) -> Answer:
        reply = self.accounts.behaviour.operations[facts.operation](facts, ledger, self._seed)
        refusals = tuple(verdict.refusal for submit in facts.verdicts for verdict in submit if verdict.refusal)
        if refusals:
            rule, basis, explanation = evidence.of_refusals(refusals, facts.answers)
        else:
            grounds = [DOCUMENTED_BY[facts.operation]]
            if facts.request.password != facts.account.settings.password:
                grounds.append("W9")
            rule, basis, explanation = str(facts.operation), evidence.bases(grounds, facts.answers), ""
        return Answer(reply, facts.answers.layout, rule, basis, explanation)

    def _deliver(
        self,
        arrival: Arrival,
        answer: Answer,
        account: Account | None,
        ledger: Ledger,
        admitted: _Admitted | None = None,
    ) -> Answer:
        """Make an answer's bytes, spoil them where a fault says so, and write down what leaves."""
        fault = admitted.strike.row.fault if admitted and admitted.strike else None
        delivery = faults.deliver(fault, self._render(answer.reply, answer.layout))
        seat = admitted.seat if admitted and isinstance(fault, DribbleFault) else None
        answer = replace(answer, delivery=delivery, seat=seat)
        at = (account.clock if account else self.accounts.clock).now()
        entry = journal.entry(arrival, answer, fault, at, in_micros(elapsed() - arrival.began))
        ledger.write(account.key if account else None, entry)
        return answer


def _refused(refusal: Refusal, answers: Answers) -> Answer:
    info = evidence.text_of(refusal, names_value=answers["Q12"] == "value")
    rule, basis, explanation = evidence.of_refusals((refusal,), answers)
    return Answer(Reply(refusal.code, info), answers.layout, rule, basis, explanation)


def _struck(strike: FaultEffect, answers: Answers) -> Answer:
    """The answer to a request that a fault keeps from being judged."""
    fault = strike.row.fault
    explanation = f"fault {strike.row.id}, {fault.kind}, struck the request before it was judged"
    if isinstance(fault, CodeFault):
        return _refused(Refusal(fault.code, FAULT, explanation, rule=FAULT), answers)
    return Answer(Reply("", ""), answers.layout, FAULT, evidence.bases((FAULT,), answers), explanation)


def _arranged(account: Account, strike: FaultEffect | None, now: int, ledger: Ledger) -> Arranged:
    arranged = strike.arranged if strike else NOTHING_ARRANGED
    if not account.policy.personas:
        return arranged
    return replace(arranged, opted_out=ledger.opted_out(account.key, now))


def _count_excess(facts: RequestFacts, ledger: Ledger) -> None:
    after, window = facts.account.policy.lock
    if not after:
        return
    now = to_micros(facts.state.now)
    if ledger.count_excess(facts.account.key, now, now - in_micros(window)) >= after:
        ledger.set_locked(facts.account.key, now)
