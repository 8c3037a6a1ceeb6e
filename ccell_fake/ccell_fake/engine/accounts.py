"""The accounts there are: opened, changed, reset, closed, and taken up again from the store."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from ccell_fake.clock import AccountClock, Clock, ClockSetting
from ccell_fake.engine.account import Account
from ccell_fake.engine.assumptions import Answers, Given
from ccell_fake.engine.behaviour import Behaviour
from ccell_fake.engine.ledger import Ledger, Store
from ccell_fake.engine.policy import Policy
from ccell_fake.engine.slots import Slots
from ccell_fake.records import AccountRow
from ccell_fake.settings import AccountSettings


class Pauses(Protocol):
    """How requests wait: each under the admin that it belongs to."""

    def pause(self, seconds: float, owner: object, client: object = None) -> bool:
        """Wait; False where the wait was cancelled, or the client has left."""
        ...

    def cancel(self, owner: object) -> None:
        """End every wait of a admin, and those that are begun later."""
        ...


class Accounts:
    """The accounts of a gateway, by userid. They change within transactions of its store alone."""

    def __init__(self, store: Store, clock: Clock, pauses: Pauses, behaviour: Behaviour = Behaviour()) -> None:  # noqa: B008 - frozen, so sharing it is safe
        """Begin with none.

        Args:
            store: Where they are remembered.
            clock: The gateway's own.
            pauses: How their requests wait.
            behaviour: What they are judged by.
        """
        self._store = store
        self.clock = clock
        self.behaviour = behaviour
        self._pauses = pauses
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
        self.answers: Answers = Answers(given, observed=self._observed)

    def __iter__(self) -> Iterator[Account]:
        """The accounts, in the order of opening."""
        return iter(tuple(self._accounts.values()))

    def __contains__(self, userid: object) -> bool:
        """Whether there is such an account."""
        return userid in self._accounts

    def get(self, userid: str) -> Account | None:
        """An account, or None where there is none of that userid."""
        return self._accounts.get(userid)

    def still(self, account: Account) -> Account | None:
        """An account as it is now, or None where it was reset or closed since."""
        current = self._accounts.get(account.settings.userid)
        return current if current is not None and current.slots is account.slots else None

    def open(self, settings: AccountSettings) -> Account:
        """Open an account, or change the settings of an open one; its queues and what it spent stay."""
        with self._store.transaction() as ledger:
            return self.keep(settings, ledger)

    def keep(self, settings: AccountSettings, ledger: Ledger, clock: ClockSetting | None = None) -> Account:
        """Open or change an account within a transaction.

        Args:
            settings: Its settings.
            ledger: The transaction's.
            clock: How its clock stands from now on; None for as it did.
        """
        former = self._accounts.get(settings.userid)
        clock = clock or (former.clock.setting if former else ClockSetting())
        row = AccountRow(former.key if former else ledger.account(settings.userid), settings, clock)
        ledger.keep_account(row)
        return self._put(row, former.slots if former else Slots())

    def set_clock(self, account: Account, setting: ClockSetting, ledger: Ledger) -> Account:
        """Set the clock of an account within a transaction."""
        ledger.keep_account(AccountRow(account.key, account.settings, setting))
        changed = replace(account, clock=replace(account.clock, setting=setting))
        self._accounts[account.settings.userid] = changed
        return changed

    def close(self, account: Account, ledger: Ledger) -> None:
        """Forget an account within a transaction, and end what waits in it."""
        ledger.forget(account.key)
        del self._accounts[account.settings.userid]
        self._pauses.cancel(account.slots)

    def reset(self, account: Account, ledger: Ledger) -> Account:
        """Open an account anew within a transaction: only its settings stay."""
        self.close(account, ledger)
        return self.keep(account.settings, ledger)

    def reload(self, ledger: Ledger) -> None:
        """Open the accounts that the store remembers, and no others, within a transaction; what waits ends."""
        ended = tuple(self)
        self._accounts = {}
        for row in ledger.accounts():
            self._put(row, Slots())
        for account in ended:
            self._pauses.cancel(account.slots)

    def _put(self, row: AccountRow, slots: Slots) -> Account:
        answers = Answers(self._given, row.settings.assumptions, observed=self._observed)
        account = Account(
            row.key,
            Policy(self.behaviour.settings(row.settings), answers, self.behaviour.limits),
            AccountClock(self.clock, row.clock),
            self.behaviour.request_rules(answers),
            self.behaviour.number_rules(answers),
            slots,
        )
        self._accounts[row.settings.userid] = account
        return account
