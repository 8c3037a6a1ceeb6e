"""The open accounts: opening, changing, resetting, closing, and loading from the store."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol

from ccell_fake.clock import AccountClock, Clock, ClockSetting
from ccell_fake.engine.account import Account, Slots
from ccell_fake.engine.assumptions import Answers, AnswerTable
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import that_can_refuse
from ccell_fake.records import AccountRow
from ccell_fake.settings import AccountSettings


class Pauses(Protocol):
    """Pauses requests. Each pause belongs to an owner, the account's slots."""

    def take_place(self) -> Callable[[], None]:
        """Take a place for a request that takes time. Returns the function that frees it, which may be called twice.

        Raises:
            TooManyWaiters: No place is free.
        """
        ...

    def pause(self, seconds: float, owner: object, client: object = None) -> bool:
        """Wait. Returns False if the wait was cancelled or the client disconnected."""
        ...

    def cancel(self, owner: object) -> None:
        """End the present and future waits of an owner."""
        ...


class Accounts:
    """The accounts of a gateway, by userid. They change only within transactions of its store."""

    def __init__(self, store: Store, clock: Clock, pauses: Pauses, behaviour: Behaviour = Behaviour()) -> None:  # noqa: B008 - frozen, so sharing it is safe
        """Start without accounts.

        Args:
            store: Where accounts are kept.
            clock: The gateway's clock.
            pauses: Pauses requests. Its waits end when their account is reset or closed.
            behaviour: The limits, rules and operations.
        """
        self._store = store
        self.clock = clock
        self.behaviour = behaviour
        self._pauses = pauses
        self._accounts: dict[str, Account] = {}
        self._userids: dict[int, str] = {}
        self.set_assumptions({})

    def set_assumptions(self, configured: AnswerTable, observed: AnswerTable | None = None) -> None:
        """Answer questions for the whole server. Accounts opened afterwards use the answers.

        Args:
            configured: Answers that differ from the registry's defaults.
            observed: Answers of a live service. Configured ones take precedence.
        """
        self._configured = configured
        self._observed = observed or {}
        self.answers: Answers = Answers(configured, observed=self._observed)

    def __iter__(self) -> Iterator[Account]:
        """Iterate over the accounts in the order of opening."""
        return iter(tuple(self._accounts.values()))

    def __contains__(self, userid: object) -> bool:
        """Return whether an account is open."""
        return userid in self._accounts

    def get(self, userid: str) -> Account | None:
        """Return an account, or None."""
        return self._accounts.get(userid)

    def with_key(self, key: int) -> Account | None:
        """Return the account with a number of the store, or None."""
        return self._accounts.get(self._userids.get(key, ""))

    def current(self, account: Account) -> Account | None:
        """Return the present state of an account, or None if it was reset or closed."""
        current = self._accounts.get(account.settings.userid)
        return current if current is not None and current.slots is account.slots else None

    def open(self, settings: AccountSettings) -> Account:
        """Open an account, or change the settings of an open one. What is left stays unless the balance is another."""
        with self._store.transaction() as ledger:
            return self.save(settings, ledger)

    def save(self, settings: AccountSettings, ledger: Ledger, *, sets_balance: bool = False) -> Account:
        """Open or change an account within a transaction. Its queues and its clock stay.

        Args:
            settings: Its settings.
            ledger: The transaction's ledger.
            sets_balance: Whether the balance is what is left from now on, even if it is the same as before.
        """
        former = self._accounts.get(settings.userid)
        clock = former.clock.setting if former else ClockSetting()
        row = AccountRow(former.key if former else ledger.account(settings.userid), settings, clock)
        ledger.save_account(row)
        account = self._make(row, former.slots if former else Slots(self.clock.elapsed))
        if former is not None and (sets_balance or settings.balance != former.settings.balance):
            ledger.charge(account.key, -ledger.balance(account.key, account.now).spent)
        self._keep(settings.userid, account, ledger)
        return account

    def set_clock(self, account: Account, setting: ClockSetting, ledger: Ledger) -> Account:
        """Set an account's clock within a transaction."""
        ledger.record_events(account.key, account.now)
        ledger.save_account(AccountRow(account.key, account.settings, setting))
        changed = replace(account, clock=replace(account.clock, setting=setting))
        self._keep(account.settings.userid, changed, ledger)
        return changed

    def close(self, account: Account, ledger: Ledger) -> None:
        """Delete an account within a transaction, and end its waits. Requests of no account inherit what it has met."""
        ledger.hand_over_met(account.key, None)
        self._close(account, ledger)

    def _close(self, account: Account, ledger: Ledger) -> None:
        ledger.forget(account.key)
        self._keep(account.settings.userid, None, ledger)
        ledger.at_commit(partial(self._pauses.cancel, account.slots))

    def reset(self, account: Account, ledger: Ledger) -> Account:
        """Close an account and open it again with the same settings, within a transaction. What it has met stays."""
        self._close(account, ledger)
        opened = self.save(account.settings, ledger)
        ledger.hand_over_met(account.key, opened.key)
        return opened

    def reset_all(self, ledger: Ledger) -> None:
        """Reset every account within a transaction, and delete the journal of the requests of no account."""
        for account in self:
            self.reset(account, ledger)
        ledger.forget_strays()

    def load(self, ledger: Ledger) -> Callable[[], frozenset[int]]:
        """Read all accounts of a ledger.

        Returns:
            A function that cannot fail: it replaces all accounts by these, ends all waits, and returns the store's
            numbers of the former accounts and of these.
        """
        opened = [self._make(row, Slots(self.clock.elapsed)) for row in ledger.accounts()]

        def replace_all() -> frozenset[int]:
            former = tuple(self._accounts.values())
            self._accounts = {account.settings.userid: account for account in opened}
            self._userids = {account.key: account.settings.userid for account in opened}
            for account in former:
                self._pauses.cancel(account.slots)
            return frozenset(account.key for account in (*former, *opened))

        return replace_all

    def _keep(self, userid: str, account: Account | None, ledger: Ledger) -> None:
        """Keep an account under its userid, or None for no account, unless the transaction is rolled back."""
        ledger.at_rollback(partial(self._put, userid, self._accounts.get(userid)))
        self._put(userid, account)

    def _put(self, userid: str, account: Account | None) -> None:
        former = self._accounts.pop(userid, None) if account is None else self._accounts.get(userid)
        if former is not None:
            self._userids.pop(former.key, None)
        if account is not None:
            self._accounts[userid] = account
            self._userids[account.key] = userid

    def _make(self, row: AccountRow, slots: Slots) -> Account:
        answers = Answers(self._configured, row.settings.assumptions, observed=self._observed)
        policy = Policy(self.behaviour.settings(row.settings), answers, self.behaviour.limits)
        return Account(
            row.key,
            policy,
            AccountClock(self.clock, row.clock),
            that_can_refuse(self.behaviour.request_rules(answers), policy),
            that_can_refuse(self.behaviour.number_rules(answers), policy),
            slots,
        )
