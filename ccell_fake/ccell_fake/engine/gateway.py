"""The gateway: admits a request, judges it by the rules in order, carries it out and names the evidence."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ccell_fake.clock import elapsed, in_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.engine import faults, request_rules
from ccell_fake.engine.account import Account
from ccell_fake.engine.accounts import Accounts, Pauses
from ccell_fake.engine.answer import (
    Answer,
    TakenSlot,
    describe_basis,
    explain_refusals,
    journal_entry,
    refusal_text,
)
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
    """A request after admission.

    Attributes:
        admission: The account's state.
        slot: The slot that was taken, or None.
        effect: The fault that applies, or None.
    """

    admission: Admission
    slot: TakenSlot | None
    effect: FaultEffect | None


class Gateway:
    """One gateway. It is safe to use from several threads."""

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
        """Create a gateway.

        Args:
            accounts: The accounts that it serves.
            store: Where it keeps its data.
            render: Renders a reply to bytes.
            pauses: Pauses requests, for the processing time and for faults.
            seed: Seed for all randomness.
            has_magic_userids: Whether a userid that equals a code is answered with that code.
        """
        self.accounts = accounts
        self._store = store
        self._render = render
        self._pauses = pauses
        self._seed = seed
        self._has_magic_userids = has_magic_userids

    def answer(self, arrival: Arrival) -> Answer:
        """Answer a request. Everything is committed before this returns.

        An answer that leaves slowly keeps a slot. `release` frees it.
        """
        request = arrival.request
        account = None if isinstance(request, UnreadableRequest) else self.accounts.get(request.userid or "")
        if account is None or isinstance(request, UnreadableRequest):
            return self._answer_unknown_account(arrival)
        admitted = self._admit(account, arrival.operation, request)
        keeps_slot = False
        try:
            self._wait(account, admitted, arrival)
            with self._store.transaction() as ledger:
                # Meanwhile the settings may have changed, or the account may be gone.
                current = self.accounts.current(account)
                if current is None:
                    return self._deliver(arrival, self._answer_gone(account), None, ledger)
                answer = self._answer_account(arrival, request, current, admitted, ledger)
                keeps_slot = answer.slot is not None
                return answer
        finally:
            if not keeps_slot:
                self.release(admitted.slot)

    def release(self, slot: TakenSlot | None) -> None:
        """Free the slot of an answer after it has left."""
        if slot is not None:
            with self._store.exclusive():
                slot.slots.leave(slot.token)

    def answer_failure(self, arrival: Arrival) -> Answer:
        """Answer a request after `answer` raised an exception. The request has no effect."""
        failure = Reply(Code.SYSTEM_ERROR, Code.SYSTEM_ERROR.text)
        explanation = "the emulator failed; see its log"
        delivery = faults.whole(self._render(failure, Layout()))
        answer = Answer(failure, Layout(), "failure", "documented C1", explanation, delivery)
        # The journal may fail for the same reason.
        with suppress(Exception), self._store.transaction() as ledger:
            self._deliver(arrival, answer, None, ledger)
        return answer

    def _admit(self, account: Account, operation: Operation, request: Request) -> _Admitted:
        """Record the account's state, choose the fault that applies, and take a slot if one is free."""
        with self._store.transaction() as ledger:
            if self.accounts.current(account) is None:
                return _Admitted(Admission(is_over=False, in_progress=0, at_endpoint=0, is_locked=False), None, None)
            slots, now = account.slots, to_micros(self.accounts.clock.now())
            locked_at = ledger.balance(account.key, account.clock.at(now)).locked_at
            is_locked = account.policy.is_locked(locked_at, account.clock.at(now))
            at_endpoint = slots.in_progress(now, operation)
            in_progress = at_endpoint if account.policy.answers["Q21"] == "endpoint" else slots.in_progress(now)
            is_over = in_progress >= account.settings.max_concurrency
            admission = Admission(is_over, in_progress, at_endpoint, is_locked)
            # A request with a wrong password takes no slot and uses up no fault.
            if request.password not in account.policy.passwords:
                return _Admitted(admission, None, None)
            slot = None if is_over else TakenSlot(slots, slots.enter(operation))
            return _Admitted(admission, slot, self._choose_fault(account, operation, request, admission, ledger))

    def _choose_fault(
        self, account: Account, operation: Operation, request: Request, admission: Admission, ledger: Ledger
    ) -> FaultEffect | None:
        arranged = ledger.faults(account.key)
        if not arranged:
            return None
        is_judged = not (admission.is_over or admission.is_locked)
        counted, effect = faults.choose_fault(arranged, operation, request, account, self._seed, is_judged=is_judged)
        if counted != arranged:
            ledger.count_faults(account.key, counted)
        return effect

    def _wait(self, account: Account, admitted: _Admitted, arrival: Arrival) -> None:
        """Wait for the processing time and the delay of a fault. The wait ends if the client disconnects."""
        fault = admitted.effect.row.fault if admitted.effect else None
        seconds = fault.seconds if isinstance(fault, DelayFault) else 0.0
        if not admitted.admission.is_over and (fault is None or fault.is_processed):
            seconds += account.settings.processing_time
        if seconds:
            self._pauses.pause(seconds, account.slots, arrival.client)

    def _answer_unknown_account(self, arrival: Arrival) -> Answer:
        answers = self.accounts.answers
        facts = request_rules.UnknownAccountFacts(arrival.request, answers, self._has_magic_userids)
        refusal = first_refusal(request_rules.for_unknown_accounts(answers), facts)
        if refusal is None:
            # The account was closed after the request arrived.
            refusal = Refusal(Code(answers["Q1"]), "Q1", "there is no such account", rule="account-known")
        with self._store.transaction() as ledger:
            return self._deliver(arrival, _refused(refusal, answers), None, ledger)

    def _answer_gone(self, account: Account) -> Answer:
        explanation = f"account {account.settings.userid} was reset or closed while the request was in progress"
        return _refused(Refusal(Code.SYSTEM_ERROR, _RESET, explanation, rule=_RESET), account.policy.answers)

    def _answer_account(
        self, arrival: Arrival, request: Request, account: Account, admitted: _Admitted, ledger: Ledger
    ) -> Answer:
        effect = admitted.effect
        if effect is not None and not effect.row.fault.is_processed:
            answer = _answer_fault(effect, account.policy.answers)
        else:
            answer = self._judge(arrival, request, account, admitted, ledger)
        return self._deliver(arrival, answer, account, ledger, admitted)

    def _judge(
        self, arrival: Arrival, request: Request, account: Account, admitted: _Admitted, ledger: Ledger
    ) -> Answer:
        answers, now = account.policy.answers, account.clock.now()
        balance = ledger.balance(account.key, to_micros(now))
        # Settings can be lowered below the spent messages. Then only requests without charge pass.
        left = max(account.settings.balance + account.settings.credit - balance.spent, 0)
        available = max(left - balance.reserved, 0)
        arranged = _arranged(account, admitted.effect, to_micros(now), ledger)
        state = AccountState(now, admitted.admission, left, available, arranged)
        facts = RequestFacts(arrival.operation, request, arrival.peer, account, answers, state)
        refusal = first_refusal(account.request_rules, facts)
        if refusal is None:
            return self._carry_out(facts, ledger)
        if refusal.rule == request_rules.CONCURRENCY:
            _count_excess(facts, ledger)
        return _refused(refusal, answers)

    def _carry_out(self, facts: RequestFacts, ledger: Ledger) -> Answer:
        reply = self.accounts.behaviour.operations[facts.operation](facts, ledger, self._seed)
        refusals = tuple(verdict.refusal for submit in facts.verdicts for verdict in submit if verdict.refusal)
        if refusals:
            rule, basis, explanation = explain_refusals(refusals, facts.answers)
        else:
            grounds = [DOCUMENTED_BY[facts.operation]]
            if facts.request.password != facts.account.settings.password:
                grounds.append("W9")
            rule, basis, explanation = str(facts.operation), describe_basis(grounds, facts.answers), ""
        return Answer(reply, facts.answers.layout, rule, basis, explanation)

    def _deliver(
        self,
        arrival: Arrival,
        answer: Answer,
        account: Account | None,
        ledger: Ledger,
        admitted: _Admitted | None = None,
    ) -> Answer:
        """Render an answer, apply the fault, and write the journal entry."""
        fault = admitted.effect.row.fault if admitted and admitted.effect else None
        delivery = faults.apply_fault(fault, self._render(answer.reply, answer.layout))
        slot = admitted.slot if admitted and isinstance(fault, DribbleFault) else None
        answer = replace(answer, delivery=delivery, slot=slot)
        at = (account.clock if account else self.accounts.clock).now()
        entry = journal_entry(arrival, answer, fault, at, in_micros(elapsed() - arrival.began))
        ledger.write(account.key if account else None, entry)
        return answer


def _refused(refusal: Refusal, answers: Answers) -> Answer:
    info = refusal_text(refusal, names_value=answers["Q12"] == "value")
    rule, basis, explanation = explain_refusals((refusal,), answers)
    return Answer(Reply(refusal.code, info), answers.layout, rule, basis, explanation)


def _answer_fault(effect: FaultEffect, answers: Answers) -> Answer:
    """Answer a request that a fault prevents from being judged."""
    fault = effect.row.fault
    explanation = f"fault {effect.row.id} ({fault.kind}) applied before the request was judged"
    if isinstance(fault, CodeFault):
        return _refused(Refusal(fault.code, FAULT, explanation, rule=FAULT), answers)
    return Answer(Reply("", ""), answers.layout, FAULT, describe_basis((FAULT,), answers), explanation)


def _arranged(account: Account, effect: FaultEffect | None, now: int, ledger: Ledger) -> Arranged:
    arranged = effect.arranged if effect else NOTHING_ARRANGED
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
