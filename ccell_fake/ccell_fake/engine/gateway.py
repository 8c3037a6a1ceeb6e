"""The gateway: admits a request, judges it by the rules in order, does what it asks, and says on what evidence."""

from collections.abc import Callable
from dataclasses import replace

from ccell_fake.clock import Clock, in_micros, to_micros
from ccell_fake.engine import evidence, number_rules, request_rules
from ccell_fake.engine.accounts import Account
from ccell_fake.engine.answers import Answers, Given
from ccell_fake.engine.evidence import Answer
from ccell_fake.engine.facts import AccountState, Admission, Arrival, RequestFacts
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.operations import DOCUMENTED_BY, OPERATIONS
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import Refusal, first_refusal
from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Reply, Request, Upmsg
from ccell_fake.records import JournalEntry
from ccell_fake.settings import AccountSettings


class Gateway:
    """One gateway with its accounts. Any number of threads may ask it at the same time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        pause: Callable[[float], None],
        seed: int = 0,
        has_magic_userids: bool = True,
    ) -> None:
        """A gateway without accounts.

        Args:
            store: What it remembers with.
            clock: What tells it and its accounts the time.
            pause: Waits so many seconds; what a request's processing time is spent with.
            seed: What decides everything that looks like chance.
            has_magic_userids: Whether a userid that is a code is answered with that code.
        """
        self._store = store
        self._clock = clock
        self._pause = pause
        self._seed = seed
        self._has_magic_userids = has_magic_userids
        self._accounts: dict[str, Account] = {}
        self.assume({})

    def assume(self, given: Given, observed: Given | None = None) -> None:
        """Answer questions for the whole server; accounts opened from then on go by it.

        Args:
            given: Answers that differ from the registry's defaults.
            observed: What a live service answered, under all that is given.
        """
        self._given = given
        self._observed = observed or {}
        self.answers = Answers(given, observed=self._observed)
        self._stranger_rules = request_rules.for_strangers(self.answers)

    def open(self, settings: AccountSettings) -> Account:
        """Open an account, or change the settings of an open one; its queues and what it spent stay."""
        answers = Answers(self._given, settings.assumptions, observed=self._observed)
        account = Account(
            self._store.account(settings.userid),
            Policy(settings, answers),
            self._clock,
            request_rules.in_order(answers),
            number_rules.in_order(answers),
        )
        former = self._accounts.get(settings.userid)
        if former is not None:
            account = replace(account, slots=former.slots)
        self._accounts[settings.userid] = account
        return account

    def unlock(self, userid: str) -> None:
        """Let an account in again that repeated excess has locked.

        Raises:
            KeyError: There is no such account.
        """
        account = self._accounts[userid]
        with self._store.transaction() as ledger:
            ledger.set_locked(account.key, is_locked=False)

    def receive(self, userid: str, upmsg: Upmsg) -> None:
        """Take in a message that a phone sent; it can be fetched once the account's clock has reached its motime.

        Raises:
            KeyError: There is no such account.
        """
        account = self._accounts[userid]
        with self._store.transaction() as ledger:
            ledger.add_upmsg(account.key, upmsg)

    def answer(self, arrival: Arrival) -> Answer:
        """Answer a request; when this returns, all that the answer says is remembered."""
        request = arrival.request
        if isinstance(request, UnreadableRequest) or (request.userid or "") not in self._accounts:
            return self._answer_stranger(arrival)
        account = self._accounts[request.userid or ""]
        admission, token = self._admit(account, arrival.operation, request)
        try:
            if not admission.is_over and account.settings.processing_time:
                self._pause(account.settings.processing_time)
            with self._store.transaction() as ledger:
                # By now the settings may be others.
                account = self._accounts[account.settings.userid]
                return self._answer_account(arrival, request, account, admission, ledger)
        finally:
            if token is not None:
                with self._store.exclusive():
                    account.slots.leave(token)

    def _admit(self, account: Account, operation: Operation, request: Request) -> tuple[Admission, object | None]:
        """Look how the account stands, and take a slot where one is left."""
        with self._store.transaction() as ledger:
            is_locked = ledger.standing(account.key, to_micros(account.clock.now())).is_locked
            at_endpoint = account.slots.in_progress(operation)
            in_progress = at_endpoint if account.policy.answers["Q21"] == "endpoint" else account.slots.in_progress()
            is_over = in_progress >= account.settings.max_concurrency
            # Whoever does not know the password takes no slot from those who do.
            takes_slot = not is_over and request.password in account.policy.passwords
            token = account.slots.enter(operation) if takes_slot else None
            return Admission(is_over, in_progress, at_endpoint, is_locked), token

    def _answer_stranger(self, arrival: Arrival) -> Answer:
        facts = request_rules.StrangerFacts(arrival.request, self.answers, self._has_magic_userids)
        refusal = first_refusal(self._stranger_rules, facts)
        if refusal is None:
            message = "no rule refused a request of no account"
            raise AssertionError(message)
        answer = _refused(refusal, self.answers)
        with self._store.transaction() as ledger:
            ledger.write(None, _entry(arrival, answer, to_micros(self._clock.now())))
        return answer

    def _answer_account(
        self, arrival: Arrival, request: Request, account: Account, admission: Admission, ledger: Ledger
    ) -> Answer:
        answers, now = account.policy.answers, account.clock.now()
        standing = ledger.standing(account.key, to_micros(now))
        # Settings can be lowered below what was spent; what costs nothing passes all the same.
        left = max(account.settings.balance + account.settings.credit - standing.spent, 0)
        state = AccountState(now, admission, left, max(left - standing.reserved, 0))
        known = RequestFacts(arrival.operation, request, arrival.peer, account, answers, state)
        refusal = first_refusal(account.request_rules, known)
        if refusal is None:
            answer = self._accepted(known, ledger)
        else:
            answer = _refused(refusal, answers)
            if refusal.rule == request_rules.CONCURRENCY:
                _count_excess(known, ledger)
        ledger.write(account.key, _entry(arrival, answer, to_micros(now)))
        return answer

    def _accepted(self, facts: RequestFacts, ledger: Ledger) -> Answer:
        reply = OPERATIONS[facts.operation](facts, ledger, self._seed)
        refusals = tuple(verdict.refusal for submit in facts.verdicts for verdict in submit if verdict.refusal)
        if refusals:
            rule, basis, explanation = evidence.of_refusals(refusals, facts.answers)
        else:
            grounds = [DOCUMENTED_BY[facts.operation]]
            if facts.request.password != facts.account.settings.password:
                grounds.append("W9")
            rule, basis, explanation = str(facts.operation), evidence.bases(grounds, facts.answers), ""
        return Answer(reply, facts.answers.layout, rule, basis, explanation)


def _refused(refusal: Refusal, answers: Answers) -> Answer:
    info = evidence.text_of(refusal, names_value=answers["Q12"] == "value")
    rule, basis, explanation = evidence.of_refusals((refusal,), answers)
    return Answer(Reply(refusal.code, info), answers.layout, rule, basis, explanation)


def _count_excess(facts: RequestFacts, ledger: Ledger) -> None:
    after, window = facts.account.policy.lock
    if not after:
        return
    now = to_micros(facts.state.now)
    if ledger.count_excess(facts.account.key, now, now - in_micros(window)) >= after:
        ledger.set_locked(facts.account.key, is_locked=True)


def _entry(arrival: Arrival, answer: Answer, at: int) -> JournalEntry:
    return JournalEntry(
        at, arrival.operation, arrival.peer, answer.reply.code, answer.rule, answer.basis, answer.explanation
    )
