"""A transaction's reads and writes: rows buffered, and the data of accounts cached."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from ccell_fake.faults import FaultStatus
from ccell_fake.store.buffer import RowBuffer
from ccell_fake.store.conversions import fault_status
from ccell_fake.store.inspection import SqliteInspection
from ccell_fake.store.narrowing import Value
from ccell_fake.store.retention import NO_CAP, Cap, Retention

JOURNAL_ENTRIES = 10_000
"""Journal entries that an account keeps by default. Requests of no account share one such journal."""

_NONE: frozenset[int] = frozenset()
_MAX_BUFFERED_ROWS = 2_000
SPARE_ENTRIES = 200
"""Entries of an account beyond the maximum, before the oldest ones are dropped."""


@dataclass(slots=True)
class _CachedAccount:
    """The data of an account that every request reads."""

    spent: int
    locked_at: int | None
    reserved: int
    next_charge: int | None
    journaled: int
    faults: tuple[FaultStatus, ...]
    faults_written: tuple[FaultStatus, ...] = ()

    def copy(self) -> "_CachedAccount":
        """Copy it. copy.copy takes ten times as long."""
        return _CachedAccount(
            self.spent,
            self.locked_at,
            self.reserved,
            self.next_charge,
            self.journaled,
            self.faults,
            self.faults_written,
        )


class BufferedTables:
    """The tables of a store, for one thread at a time.

    Rows are buffered. An SQL transaction begins when a table is read or, if durable, at the end of the transaction.
    Buffered rows of earlier transactions are written first, in an SQL transaction of their own.
    """

    def __init__(
        self, connection: Connection, *, is_durable: bool, journal_entries: int = JOURNAL_ENTRIES, cap: Cap = NO_CAP
    ) -> None:
        """Create a ledger.

        Args:
            connection: The connection. The ledger begins and ends its transactions.
            is_durable: Whether a transaction's rows must be in the tables when it ends.
            journal_entries: How many journal entries an account keeps.
            cap: How many messages an account keeps, and for how long.
        """
        self._connection = connection
        self._is_durable = is_durable
        self._journal_entries = journal_entries
        self.inspect: SqliteInspection = SqliteInspection(self._read, self._count_journal, journal_entries)
        self._changed: set[int] = set()
        self._ended: set[int] = set()
        self._rows = RowBuffer()
        self._settled_rows = RowBuffer()
        self._accounts: dict[int, _CachedAccount] = {}
        self._before: dict[int, _CachedAccount] = {}
        self._settled_accounts: set[int] = set()
        self._at_commit: list[Callable[[], object]] = []
        self._at_rollback: list[Callable[[], object]] = []
        self._retention = Retention(cap, self._read, self.at_rollback)
        self._retention.load(connection)
        # Serial numbers of deleted accounts and of rolled back sends stay used.
        self._greatest: dict[int, int] = {}
        self._submissions: int
        (self._submissions,) = connection.execute(
            "SELECT max((SELECT coalesce(max(key), 0) FROM submission),"
            " (SELECT coalesce(max(submission), 0) FROM recorded))"
        ).fetchone()
        self._number: int
        (self._number,) = connection.execute(
            "SELECT max((SELECT coalesce(max(position), 0) FROM journal), (SELECT coalesce(max(id), 0) FROM fault),"
            " (SELECT coalesce(max(position), 0) FROM time_event),"
            " (SELECT max(last_dropped) FROM account), (SELECT number FROM high_water))"
        ).fetchone()
        # Names the history that positions belong to. A snapshot begins another.
        self.history: str
        self.history, is_recording = connection.execute("SELECT history, is_recording FROM event_log").fetchone()
        self._is_recording = bool(is_recording)
        # How many events of each account are in the log.
        self._logged: dict[int, int] = {}

    def use(self, connection: Connection) -> None:
        """Use another connection with the same data, between transactions."""
        self._connection = connection

    def commit(self) -> None:
        """Commit the transaction."""
        is_much = len(self._rows) + len(self._settled_rows) > _MAX_BUFFERED_ROWS
        if is_much or (self._is_durable and (self._rows or self._before)):
            self._begin()
        if self._connection.in_transaction:
            self._write(self._rows, self._before)
        else:
            self._rows.move_to(self._settled_rows)
            self._settled_accounts.update(self._before)
        self._before.clear()
        if self._at_commit or self._at_rollback:
            acts, self._at_commit, self._at_rollback = self._at_commit, [], []
            for act in acts:
                act()

    def at_commit(self, act: Callable[[], object]) -> None:
        """Call a function once the transaction is committed."""
        self._at_commit.append(act)

    def at_rollback(self, act: Callable[[], object]) -> None:
        """Call a function if the transaction is rolled back. The last one is called first."""
        self._at_rollback.append(act)

    def take_changed(self) -> tuple[frozenset[int], frozenset[int]]:
        """Return the accounts that changed since the last call, and those that ended."""
        if not self._changed:
            return _NONE, _NONE
        taken = frozenset(self._changed), frozenset(self._ended)
        self._changed.clear()
        self._ended.clear()
        return taken

    def rollback(self) -> None:
        """Roll the transaction back."""
        self._changed.clear()
        self._ended.clear()
        acts, self._at_commit, self._at_rollback = self._at_rollback, [], []
        for act in reversed(acts):
            act()
        self.inspect.forget_indexes()
        self._rows.clear()
        self._accounts.update(self._before)
        self._before.clear()
        self._undo()
        # The tables have the data of all other accounts.
        self._accounts = {key: row for key, row in self._accounts.items() if key in self._settled_accounts}

    def _pending(self, account: int) -> tuple[int, int | None]:
        """Return the sum of future charges without refunds, and when the next charge or refund is due."""
        ((reserved, next_charge),) = self._read(
            "SELECT coalesce(sum(max(messages, 0)), 0), min(due) FROM pending_charge WHERE account = ?",
            (account,),
        )
        return reserved, next_charge

    def _load(self, account: int) -> _CachedAccount:
        cached = self._accounts.get(account)
        if cached is None:
            rows = self._read("SELECT spent, locked_at FROM account WHERE key = ?", (account,))
            spent, locked_at = rows[0] if rows else (0, None)
            reserved, next_charge = self._pending(account)
            ((journaled,),) = self._read("SELECT count(*) FROM journal WHERE account = ?", (account,))
            faults = tuple(
                fault_status(*row)
                for row in self._read(
                    "SELECT id, fault, matched, applied FROM fault WHERE account = ? ORDER BY id", (account,)
                )
            )
            cached = _CachedAccount(spent, locked_at, reserved, next_charge, journaled, faults, faults)
            self._accounts[account] = cached
        return cached

    def _count_journal(self, account: int) -> int:
        # Entries are dropped when earlier transactions are written, which must not come after the count.
        self._begin()
        return self._load(account).journaled

    def _modify(self, account: int) -> _CachedAccount:
        """Return the cached account, after saving a copy for a rollback."""
        cached = self._load(account)
        if account not in self._before:
            self._before[account] = cached.copy()
        return cached

    def _read(self, statement: str, values: tuple[Value, ...] | dict[str, Value]) -> list[tuple[Any, ...]]:
        """Run a statement after writing the buffered rows to the tables."""
        self._begin()
        return self._connection.execute(statement, values).fetchall()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self.settle_all()
            self._connection.execute("BEGIN IMMEDIATE")
        self._rows.write(self._connection)
        self._rows.clear()

    def settle_all(self) -> None:
        """Write the buffered rows of finished transactions to the tables. They stay buffered if that fails."""
        if not (self._settled_rows or self._settled_accounts):
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(self._settled_rows, self._settled_accounts)
        except BaseException:
            self._undo()
            raise
        self._settled_accounts.clear()

    def _undo(self) -> None:
        # SQLite itself ends the transaction after some errors.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _write(self, rows: RowBuffer, accounts: Iterable[int]) -> None:
        """Write rows and accounts to the tables, and commit. Nothing in memory changes before."""
        rows.write(self._connection)
        written = {key: self._write_account(key, self._accounts[key]) for key in accounts if key in self._accounts}
        self._connection.execute("COMMIT")
        rows.clear()
        self._accounts.update(written)

    def _write_account(self, key: int, cached: _CachedAccount) -> _CachedAccount:
        """Write an account. Returns what to cache of it after the commit."""
        execute = self._connection.execute
        execute("UPDATE account SET spent = ?, locked_at = ? WHERE key = ?", (cached.spent, cached.locked_at, key))
        for row in cached.faults:
            if row not in cached.faults_written:
                values = row.matched, row.applied, key, row.id
                execute("UPDATE fault SET matched = ?, applied = ? WHERE account = ? AND id = ?", values)
        written = cached.copy()
        written.faults_written = cached.faults
        if cached.journaled > self._journal_entries + SPARE_ENTRIES:
            (dropped,) = execute(
                "SELECT position FROM journal WHERE account = ? ORDER BY position DESC LIMIT 1 OFFSET ?",
                (key, self._journal_entries),
            ).fetchone()
            execute("UPDATE account SET last_dropped = ? WHERE key = ?", (dropped, key))
            execute("DELETE FROM journal WHERE account = ? AND position <= ?", (key, dropped))
            written.journaled = self._journal_entries
        return written
