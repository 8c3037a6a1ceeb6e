"""The gateway: admits a request, judges it by the rules in order, carries it out and names the evidence."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from ccell_fake.clock import in_micros, to_micros
from ccell_fake.codes import Code
from ccell_fake.engine import credentials, faults, request_rules
from ccell_fake.engine.account import Account
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.answer import (
    Answer,
    Decision,
    TakenSlot,
    describe_basis,
    explain_refusals,
    journal_entry,
)
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.context import AccountState, Admission, Arrival, RequestFacts
from ccell_fake.engine.coverage import met_by
from ccell_fake.engine.faults import Delivery, FaultEffect
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.number_context import NOTHING_ARRANGED, Arranged
from ccell_fake.engine.number_rules import FAULT
from ccell_fake.engine.operations import DOCUMENTED_BY
from ccell_fake.engine.pauses import Pauses
from ccell_fake.engine.rules import Refusal, first_refusal
from ccell_fake.errors import AnswerTooLong, TooManyWaiters, UnreadableRequest
from ccell_fake.faults import CodeFault, DelayFault, DribbleFault, Fault
from ccell_fake.inspection import JournalEntry
from ccell_fake.limits import ANSWER_CHARACTERS
from ccell_fake.model import AccountInfo, AnyReply, Envelope, Layout, Reply, Report, Request, Resp, Upmsg
from ccell_fake.signing import is_seqid

_RESET = "reset"
_OTHER_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A request after admission.

    Attributes:
        admission: The account's state.
        effect: The fault that applies, or None.
        pause: Seconds that the request is in progress before it is judged.
        slot: What it takes until it is judged or its answer has left. None if it takes no time.
    """

    admission: Admission
    effect: FaultEffect | None = None
    pause: float = 0.0
    slot: TakenSlot | None = None


class Gateway:
    """One gateway. It is safe to use from several threads."""

    def __init__(
        self,
        accounts: Accounts,
        store: Store,
        *,
        render: Callable[[AnyReply, Layout, Envelope], bytes],
        pauses: Pauses,
        seed: int = 0,
        has_magic_userids: bool = True,
    ) -> None:
        """Create a gateway.

        Args:
            accounts: The accounts that it serves.
            store: Where it keeps its data.
            render: Renders a reply to bytes, for the envelope of its request.
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

        A request is admitted, judged and recorded in one transaction, at one instant. A request that takes time, by the
        setting `processing_time` or by a fault, holds a slot and is judged in a second transaction. An answer that
        leaves slowly keeps its slot until `release`.
        """
        admitted: _Admitted | None = None
        try:
            with self._store.transaction(_userid(arrival)) as ledger:
                at = self.accounts.clock.now()
                account = self._account(arrival, ledger)
                if account is None:
                    return self._answer_unknown_account(arrival, at, ledger)
                admitted = self._admit(account, arrival, at, ledger)
                if not admitted.pause:
                    return self._answer_account(arrival, account, admitted, at, ledger)
            self._pauses.pause(admitted.pause, account.lifetime, arrival.client)
            with self._store.transaction(_userid(arrival)) as ledger:
                at = self.accounts.clock.now()
                # Meanwhile the settings may have changed, or the account may be gone.
                current = self.accounts.current(account, ledger)
                if current is None:
                    return self._record(arrival, _gone(account), admitted, at, None, ledger)
                return self._answer_account(arrival, current, admitted, at, ledger)
        except (AnswerTooLong, TooManyWaiters) as error:
            if admitted is not None:
                self.release(admitted.slot)
            return self.answer_failure(arrival, str(error))
        except BaseException:
            if admitted is not None:
                self.release(admitted.slot)
            raise

    def release(self, slot: TakenSlot | None) -> None:
        """Free the slot of an answer after it has left."""
        if slot is not None:
            slot.leave_place()
            if slot.slot is not None:
                self._store.leave(slot.slot)

    def record(self, entry: JournalEntry) -> None:
        """Write the entry of a request that reached no endpoint."""
        with self._store.transaction(None) as ledger:
            ledger.write(None, entry)

    def answer_failure(
        self,
        arrival: Arrival,
        reason: str = "the emulator failed; see its log",
        *,
        rule: str = "failure",
        is_recorded: bool = True,
    ) -> Answer:
        """Answer a request that could not be decided. The request has no effect, unless the rule is `unknown_effect`.

        Args:
            arrival: The request.
            reason: Why it could not be decided.
            rule: The rule that the answer names: `failure` or `unknown_effect`.
            is_recorded: Whether to write a journal entry.
        """
        failure = Reply(Code.SYSTEM_ERROR, Code.SYSTEM_ERROR.text)
        decision = Decision(failure, Layout(), rule, "documented C1", reason)
        # The journal may fail for the same reason.
        if is_recorded:
            with suppress(Exception), self._store.transaction(_userid(arrival)) as ledger:
                at, account = self.accounts.clock.now(), self._account(arrival, ledger)
                return self._record(arrival, decision, None, at, account, ledger)
        delivery = self._deliver(decision, None, arrival.envelope)
        return Answer(failure, decision.rule, decision.basis, decision.explanation, delivery)

    def _account(self, arrival: Arrival, ledger: Ledger) -> Account | None:
        userid = _userid(arrival)
        return None if userid is None else self.accounts.find(userid, ledger)

    def _admit(self, account: Account, arrival: Arrival, at: datetime, ledger: Ledger) -> _Admitted:
        """Record the account's state, choose the fault that applies, and take a slot if the request takes time."""
        operation, request = arrival.parsed
        policy = account.policy
        base = to_micros(at)
        now = account.clock.at(base)
        is_locked = policy.is_locked(ledger.balance(account.key, now).locked_at, now)
        at_endpoint = ledger.in_progress(account.key, operation)
        in_progress = at_endpoint if policy.answers["Q21"] == "endpoint" else ledger.in_progress(account.key)
        is_over = in_progress >= policy.settings.max_concurrency
        admission = Admission(is_over, in_progress, at_endpoint, is_locked)
        processing = 0.0 if is_over else policy.settings.processing_time
        # A request with a wrong password or sign takes no slot and uses up no fault.
        if not credentials.are_right(request, policy):
            slot = TakenSlot(account.lifetime, None, self._pauses.take_place()) if processing else None
            return _Admitted(admission, pause=processing, slot=slot)
        effect = self._choose_fault(account, arrival, admission, now, ledger)
        fault = effect.row.fault if effect else None
        pause = fault.seconds if isinstance(fault, DelayFault) else 0.0
        if fault is None or fault.is_processed:
            pause += processing
        takes_time = pause or isinstance(fault, DribbleFault)
        slot = None
        if takes_time:
            leave_place = self._pauses.take_place()
            taken = None if is_over else ledger.enter(account.key, operation)
            slot = TakenSlot(account.lifetime, taken, leave_place)
        return _Admitted(admission, effect, pause, slot)

    def _choose_fault(
        self, account: Account, arrival: Arrival, admission: Admission, now: int, ledger: Ledger
    ) -> FaultEffect | None:
        arranged = ledger.faults(account.key)
        if not arranged:
            return None
        is_judged = not (admission.is_over or admission.is_locked)
        counted, effect = faults.choose_fault(arranged, arrival, account, now, self._seed, is_judged=is_judged)
        if counted != arranged:
            ledger.count_faults(account.key, counted)
        return effect

    def _answer_unknown_account(self, arrival: Arrival, at: datetime, ledger: Ledger) -> Answer:
        answers = self.accounts.answers
        limits = self.accounts.behaviour.limits
        facts = request_rules.UnknownAccountFacts(arrival.request, answers, self._has_magic_userids, limits)
        refusal = first_refusal(request_rules.for_unknown_accounts(answers), facts)
        assert refusal is not None, "a rule refuses each request of no account"  # noqa: S101 - for the type
        return self._record(arrival, _refused(refusal, answers), None, at, None, ledger)

    def _answer_account(
        self, arrival: Arrival, account: Account, admitted: _Admitted, at: datetime, ledger: Ledger
    ) -> Answer:
        effect, now = admitted.effect, account.clock.shown_at(at)
        if effect is not None and not effect.row.fault.is_processed:
            decision = _decide_by_fault(effect, account.policy.answers)
        else:
            decision = self._judge(arrival, account, admitted, now, ledger)
        return self._record(arrival, decision, admitted, at, account, ledger)

    def _judge(
        self, arrival: Arrival, account: Account, admitted: _Admitted, now: datetime, ledger: Ledger
    ) -> Decision:
        answers, micros = account.policy.answers, to_micros(now)
        balance = ledger.balance(account.key, micros)
        # After the balance or the credit was lowered, charges can exceed both. Then only requests without charge pass.
        left = max(account.settings.balance + account.settings.credit - balance.spent, 0)
        available = max(left - balance.reserved, 0)
        arranged = _arranged(account, admitted.effect, micros, ledger)
        operation, request = arrival.parsed
        is_seqid_new = _use_seqid(request, account, ledger)
        state = AccountState(now, micros, admitted.admission, left, available, arranged, is_seqid_new)
        facts = RequestFacts(operation, request, arrival.peer, account, answers, state)
        refusal = first_refusal(account.request_rules, facts)
        if refusal is None:
            return self._carry_out(facts, arrival.grounds, ledger)
        if refusal.rule == request_rules.CONCURRENCY:
            _count_excess(facts, ledger)
        return _refused(refusal, answers)

    def _carry_out(self, facts: RequestFacts, transport: tuple[str, ...], ledger: Ledger) -> Decision:
        """Perform a request. Its basis names the grounds of its transport, too."""
        refusals = tuple(verdict.refusal for submit in facts.verdicts for verdict in submit if verdict.refusal)
        are_all = bool(refusals) and len(refusals) == sum(map(len, facts.verdicts))
        if are_all and facts.answers["Q50"] == "first":
            reply: AnyReply = Reply(refusals[0].code, refusals[0].code.text)
        else:
            reply = self.accounts.behaviour.operations[facts.operation](facts, ledger, self._seed)
            _check_length(reply)
        others = (*transport, *credentials.grounds(facts.request, facts.account.policy, facts.state.now))
        if refusals:
            about = ("Q50",) if are_all else facts.grounds
            explained = explain_refusals(refusals, facts.answers, (*about, *others))
            return Decision(reply, facts.answers.layout, *explained, refusals)
        grounds = (DOCUMENTED_BY[facts.operation], *others, *facts.grounds)
        return Decision(reply, facts.answers.layout, facts.operation, describe_basis(grounds, facts.answers))

    def _record(
        self,
        arrival: Arrival,
        decision: Decision,
        admitted: _Admitted | None,
        at: datetime,
        account: Account | None,
        ledger: Ledger,
    ) -> Answer:
        """Render an answer under its fault, write the journal entry, and free the slot unless the answer needs it.

        `at` is the gateway's time.
        """
        # An account that is gone has no faults.
        fault = admitted.effect.row.fault if admitted and admitted.effect and account else None
        delivery = self._deliver(decision, fault, arrival.envelope)
        slot = admitted.slot if admitted else None
        if slot is not None and not delivery.piece:
            slot.leave_place()
            if slot.slot is not None:
                ledger.leave(slot.slot)
            slot = None
        explanation = arrival.hide(decision.explanation)
        answer = Answer(decision.reply, decision.rule, decision.basis, explanation, delivery, slot, arrival.duration())
        key = account.key if account else None
        shown_at = account.clock.shown_at(at) if account else at
        ledger.write(key, journal_entry(arrival, answer, fault, shown_at))
        is_locked = admitted is not None and admitted.admission.is_locked
        ledger.count_met(key, met_by(decision, arrival.operation, fault, account, is_locked=is_locked), at)
        return answer

    def _deliver(self, decision: Decision, fault: Fault | None, envelope: Envelope) -> Delivery:
        return faults.apply_fault(fault, self._render(decision.reply, decision.layout, envelope), envelope.door)


def _userid(arrival: Arrival) -> str | None:
    """Return the userid that decides about a request, or None if it names none."""
    request = arrival.request
    return None if isinstance(request, UnreadableRequest) else request.userid or None


def _check_length(reply: AnyReply) -> None:
    """Raise AnswerTooLong if the values of a reply have too many characters. The transaction is rolled back then."""
    characters = sum(map(_count_characters, reply.items))
    if characters > ANSWER_CHARACTERS:
        message = (
            f"the answer would have {characters} characters; it may have {ANSWER_CHARACTERS}; "
            "send fewer numbers at a time, or a shorter linkid"
        )
        raise AnswerTooLong(message)


def _count_characters(item: Resp | Report | Upmsg | AccountInfo) -> int:
    match item:
        case Resp():
            return len(item.phone) + len(item.info) + len(item.linkid or "") + _OTHER_CHARACTERS
        case Report():
            return len(item.phone) + len(item.info) + len(item.linkid) + _OTHER_CHARACTERS
        case Upmsg():
            return len(item.spnumber) + len(item.phone) + len(item.msgcontent) + _OTHER_CHARACTERS
        case AccountInfo():
            return len(item.signcode) + _OTHER_CHARACTERS


def _refused(refusal: Refusal, answers: Answers) -> Decision:
    # Only the text of a refused number names a value (Q12).
    reply, refusals = Reply(refusal.code, refusal.code.text), (refusal,)
    return Decision(reply, answers.layout, *explain_refusals(refusals, answers), refusals)


def _use_seqid(request: Request, account: Account, ledger: Ledger) -> bool:
    """Use up the seqid of a request. Returns False if an earlier request had it. A wrong sign uses up nothing."""
    seqid = credentials.used_seqid(request, account.policy)
    if seqid is None or not is_seqid(seqid) or not credentials.are_right(request, account.policy):
        return True
    return ledger.use_seqid(account.key, seqid)


def _gone(account: Account) -> Decision:
    explanation = f"account {account.settings.userid} was reset or closed while the request was in progress"
    return _refused(Refusal(Code.SYSTEM_ERROR, _RESET, explanation, rule=_RESET), account.policy.answers)


def _decide_by_fault(effect: FaultEffect, answers: Answers) -> Decision:
    """Decide a request that a fault prevents from being judged."""
    fault = effect.row.fault
    explanation = f"fault {effect.row.id} ({fault.kind}) applied before the request was judged"
    if isinstance(fault, CodeFault):
        return _refused(Refusal(fault.code, FAULT, explanation, rule=FAULT), answers)
    return Decision(Reply("", ""), answers.layout, FAULT, describe_basis((FAULT,), answers), explanation)


def _arranged(account: Account, effect: FaultEffect | None, now: int, ledger: Ledger) -> Arranged:
    arranged = effect.arranged if effect else NOTHING_ARRANGED
    if not account.policy.personas:
        return arranged
    return replace(arranged, opted_out=ledger.opted_out(account.key, now))


def _count_excess(facts: RequestFacts, ledger: Ledger) -> None:
    after, window = facts.account.policy.lock
    if not after:
        return
    now = facts.state.micros
    if ledger.count_excess(facts.account.key, now, now - in_micros(window)) >= after:
        ledger.set_locked(facts.account.key, now)
