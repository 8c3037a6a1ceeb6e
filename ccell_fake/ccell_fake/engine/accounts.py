"""The open accounts: finding, opening, changing, resetting and closing them."""

from collections.abc import Iterator

from ccell_fake.clock import AccountClock, Clock, ClockSetting
from ccell_fake.engine.account import Account
from ccell_fake.engine.assumptions import Answers, AnswerTable
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.rules import that_can_refuse
from ccell_fake.errors import StoreUnavailable
from ccell_fake.records import AccountRow
from ccell_fake.settings import AccountSettings


class Accounts:
    """The accounts of a gateway, by userid.

    The store has them. Here they are compiled, and compiled again when the store has another version.
    """

    def __init__(self, store: Store, clock: Clock, behaviour: Behaviour = Behaviour()) -> None:  # noqa: B008 - frozen, so sharing it is safe
        """Refer to the accounts of a store.

        Args:
            store: Where accounts are kept.
            clock: The gateway's clock.
            behaviour: The limits, rules and operations.
        """
        self._store = store
        self.clock = clock
        self.behaviour = behaviour
        self._compiled: dict[str, Account] = {}
        self.set_assumptions({})

    def set_assumptions(self, configured: AnswerTable, observed: AnswerTable | None = None) -> None:
        """Answer questions for the whole server, before an account is found.

        Args:
            configured: Answers that differ from the registry's defaults.
            observed: Answers of a live service. Configured ones take precedence.
        """
        self._configured = configured
        self._observed = observed or {}
        self.answers: Answers = Answers(configured, observed=self._observed)

    def __contains__(self, userid: object) -> bool:
        """Return whether an account was open when it was last found."""
        return userid in self._compiled

    def remembered(self, userid: str) -> Account | None:
        """Return an account as it was when it was last found, or None. It may have changed since, in any emulator."""
        return self._compiled.get(userid)

    def read(self) -> list[Account]:
        """Return the accounts in the order of opening, in a transaction of its own."""
        with self._store.reading() as ledger:
            return list(self.all(ledger))

    def known(self) -> list[Account]:
        """Return the accounts as `read` does, or as they were last found if the store is not available."""
        try:
            return self.read()
        except StoreUnavailable:
            return list(self._compiled.values())

    def all(self, ledger: Ledger) -> Iterator[Account]:
        """Iterate over the accounts in the order of opening, within a transaction."""
        return (self._account(row, ledger) for row in ledger.accounts())

    def find(self, userid: str, ledger: Ledger) -> Account | None:
        """Return an account within a transaction, or None."""
        row = ledger.account_row(userid)
        if row is None:
            self._compiled.pop(userid, None)
            return None
        return self._account(row, ledger)

    def with_key(self, key: int, ledger: Ledger) -> Account | None:
        """Return the account with a number of the store within a transaction, or None."""
        row = ledger.account_with_key(key)
        return None if row is None else self._account(row, ledger)

    def current(self, account: Account, ledger: Ledger) -> Account | None:
        """Return the present state of an account within a transaction, or None if it was reset or closed."""
        current = self.find(account.settings.userid, ledger)
        return current if current is not None and current.lifetime == account.lifetime else None

    def open(self, settings: AccountSettings) -> Account:
        """Open an account, or change the settings of an open one. What is left stays unless the balance is another."""
        with self._store.transaction(settings.userid) as ledger:
            return self.save(settings, ledger)

    def save(self, settings: AccountSettings, ledger: Ledger, *, sets_balance: bool = False) -> Account:
        """Open or change an account within a transaction. Its queues and its clock stay.

        Args:
            settings: Its settings.
            ledger: The transaction's ledger.
            sets_balance: Whether the balance is what is left from now on, even if it is the same as before.
        """
        former = ledger.account_row(settings.userid)
        key = former.key if former else ledger.open_account(settings.userid)
        account = self._account(ledger.save_account(key, settings, former.clock if former else ClockSetting()), ledger)
        if former is not None and (sets_balance or settings.balance != former.settings.balance):
            ledger.charge(key, -ledger.balance(key, account.now).spent)
        return account

    def set_clock(self, account: Account, setting: ClockSetting, ledger: Ledger) -> Account:
        """Set an account's clock within a transaction."""
        ledger.record_events(account.key, account.now)
        return self._account(ledger.save_account(account.key, account.settings, setting), ledger)

    def close(self, account: Account, ledger: Ledger) -> None:
        """Delete an account within a transaction. Requests of no account inherit what it has met."""
        ledger.hand_over_met(account.key, None)
        ledger.forget(account.key)

    def reset(self, account: Account, ledger: Ledger) -> Account:
        """Close an account and open it again with the same settings, within a transaction. What it has met stays."""
        ledger.forget(account.key)
        opened = self.save(account.settings, ledger)
        ledger.hand_over_met(account.key, opened.key)
        return opened

    def reset_all(self) -> None:
        """Reset every account, and delete the journal of the requests of no account."""
        with self._store.transaction_of_all() as ledger:
            for account in list(self.all(ledger)):
                self.reset(account, ledger)
            ledger.forget_strays()

    def _account(self, row: AccountRow, ledger: Ledger) -> Account:
        """Return the account of a row, compiled."""
        userid = row.settings.userid
        known = self._compiled.get(userid)
        if known is not None and known.version == row.version and known.lifetime == (ledger.history, row.key):
            return known
        account = self._compiled[userid] = self._compile(row, ledger.history)
        return account

    def _compile(self, row: AccountRow, history: str) -> Account:
        answers = Answers(self._configured, row.settings.assumptions, observed=self._observed)
        policy = Policy(self.behaviour.settings(row.settings), answers, self.behaviour.limits)
        return Account(
            (history, row.key),
            row.version,
            policy,
            AccountClock(self.clock, row.clock),
            that_can_refuse(self.behaviour.request_rules(answers), policy),
            that_can_refuse(self.behaviour.number_rules(answers), policy),
        )
