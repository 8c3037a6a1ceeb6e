"""The open accounts as a ledger has them in memory, with their slots in this process."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from operator import attrgetter
from sqlite3 import Connection

from ccell_fake.clock import ClockSetting
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation
from ccell_fake.records import AccountRow, Slot
from ccell_fake.serialization import from_json, to_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.deletion import DeletingTables
from ccell_fake.store.retention import NO_CAP, Cap
from ccell_fake.store.slots import Slots


class OpenAccounts(DeletingTables):
    """A part of the ledger. `ccell_fake.engine.ledger.Ledger` describes each method."""

    def __init__(
        self,
        connection: Connection,
        *,
        elapsed: Callable[[], float],
        is_durable: bool,
        journal_entries: int = JOURNAL_ENTRIES,
        cap: Cap = NO_CAP,
    ) -> None:
        """Create a ledger, with the arguments of BufferedTables.

        Args:
            connection: The connection.
            elapsed: Returns the seconds of a monotonic clock, which ends the holds.
            is_durable: Whether a transaction's rows must be in the tables when it ends.
            journal_entries: How many journal entries an account keeps.
            cap: How many messages an account keeps, and for how long.
        """
        super().__init__(connection, is_durable=is_durable, journal_entries=journal_entries, cap=cap)
        self._elapsed = elapsed
        self._opened: dict[str, AccountRow] = {}
        self._userids: dict[int, str] = {}
        self._slots: dict[int, Slots] = {}
        self._version = 0
        for key, text, offset, frozen_at in connection.execute(
            "SELECT key, settings, offset, frozen_at FROM account WHERE settings <> '' ORDER BY key"
        ):
            settings = from_json(AccountSettings, text)
            self._put(settings.userid, AccountRow(key, 0, settings, ClockSetting(offset, frozen_at)))

    def account_row(self, userid: str) -> AccountRow | None:
        return self._opened.get(userid)

    def account_with_key(self, account: int) -> AccountRow | None:
        return self._opened.get(self._userids.get(account, ""))

    def accounts(self) -> list[AccountRow]:
        return sorted(self._opened.values(), key=attrgetter("key"))

    def open_account(self, userid: str) -> int:
        rows = self._read("SELECT key FROM account WHERE userid = ?", (userid,))
        if not rows:
            rows = self._read("INSERT INTO account (userid) VALUES (?) RETURNING key", (userid,))
            self._record_opening(rows[0][0])
        return int(rows[0][0])

    def save_account(self, account: int, settings: AccountSettings, clock: ClockSetting) -> AccountRow:
        self._read(
            "UPDATE account SET settings = ?, offset = ?, frozen_at = ? WHERE key = ?",
            (to_json(settings).decode(), clock.offset, clock.frozen_at, account),
        )
        self._version += 1
        row = AccountRow(account, self._version, settings, clock)
        self._keep(settings.userid, row)
        self._changed.add(account)
        return row

    def in_progress(self, account: int, operation: Operation | None = None) -> int:
        return self._slots_of(account).in_progress(operation)

    def enter(self, account: int, operation: Operation) -> Slot:
        slot = self._slots_of(account).enter(operation)
        self.at_rollback(partial(self.leave, slot))
        return slot

    def leave(self, slot: Slot) -> None:
        if slot.account in self._slots:
            self._slots[slot.account].leave(slot)

    def hold(self, account: int, slots: int, operation: Operation | None, until: datetime, seconds: float) -> Hold:
        taken = self._slots_of(account)
        hold = taken.hold(slots, operation, until, seconds)
        self.at_rollback(partial(taken.release, [hold.id]))
        return hold

    def holds(self, account: int) -> tuple[Hold, ...]:
        return self._slots_of(account).holds()

    def release_holds(self, account: int, ids: Iterable[int]) -> None:
        self.at_commit(partial(self._slots_of(account).release, tuple(ids)))

    def _end(self, account: int) -> None:
        """End an account in memory."""
        self._keep(self._userids[account], None)
        self.at_commit(partial(self._slots.pop, account, None))
        self._ended.add(account)

    def _slots_of(self, account: int) -> Slots:
        if account not in self._slots:
            self._slots[account] = Slots(account, self._elapsed)
        return self._slots[account]

    def _keep(self, userid: str, row: AccountRow | None) -> None:
        """Keep an account under its userid, or None for no account, unless the transaction is rolled back."""
        self.at_rollback(partial(self._put, userid, self._opened.get(userid)))
        self._put(userid, row)

    def _put(self, userid: str, row: AccountRow | None) -> None:
        former = self._opened.pop(userid, None) if row is None else self._opened.get(userid)
        if former is not None:
            self._userids.pop(former.key, None)
        if row is not None:
            self._opened[userid] = row
            self._userids[row.key] = userid
