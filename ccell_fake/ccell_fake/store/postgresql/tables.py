"""A transaction's reads and writes: rows buffered until a table is read or the transaction ends, and account states.

A transaction on an account takes two round trips where nothing else is needed: one locks the account and reads what
every request needs of it, one writes all rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from psycopg import ClientCursor, Connection
from psycopg.types.json import Jsonb

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.faults import FaultStatus
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation
from ccell_fake.records import NO_ACCOUNT, Met
from ccell_fake.serialization import to_json
from ccell_fake.store.cache import SPARE_ENTRIES
from ccell_fake.store.conversions import fault_status
from ccell_fake.store.postgresql.inspection import PostgresqlInspection
from ccell_fake.store.postgresql.texts import adapt, encoded_json


@dataclass(slots=True)
class AccountState:
    """What every request needs of an account.

    Attributes:
        key: Its key.
        userid: Its userid; empty for the requests of no account.
        version: Version of its settings.
        settings: Its settings as JSON; empty if it is not open.
        offset: Offset of its clock.
        frozen_at: Time its clock is frozen at.
        spent: Messages charged.
        locked_at: Time it was locked.
        last_dropped: Position of its last dropped journal entry.
        reserved: Sum of future charges, without refunds.
        next_charge: Time of the next charge or refund.
        journaled: Number of its journal entries.
        logged: Number of its logged events.
        faults: Its faults.
        slots: Its taken slots.
        holds: Its holds.
    """

    key: int
    userid: str = ""
    version: int = 0
    settings: str = ""
    offset: int = 0
    frozen_at: int | None = None
    spent: int = 0
    locked_at: int | None = None
    last_dropped: int = 0
    reserved: int = 0
    next_charge: int | None = None
    journaled: int = 0
    logged: int = 0
    faults: tuple[FaultStatus, ...] = ()
    slots: dict[int, Operation] = field(default_factory=dict[int, Operation])
    holds: tuple[Hold, ...] = ()


class BufferedTables:
    """The tables within one transaction, for one thread.

    Attributes:
        changed: Keys of the accounts that the transaction changed.
        ended: Keys of the accounts that it deleted.
        entry: Account and position of the last journal entry that it wrote. It is in the tables if the transaction is.
    """

    def __init__(
        self,
        connection: Connection[Any],
        *,
        reserve: Callable[[int, int, int], int],
        emulator: int,
        taken: set[int],
        journal_entries: int,
    ) -> None:
        """Begin without a lock: the transaction may read any account, and change none.

        Args:
            connection: A connection with autocommit, outside a transaction. The caller ends the one that begins.
            reserve: Reserves msgids as `Ledger.reserve_msgids` says, in a transaction of its own.
            emulator: The emulator that takes slots.
            taken: Ids of the slots of its requests in progress.
            journal_entries: How many journal entries an account keeps.
        """
        adapt(connection)
        self._connection = connection
        self._reserve = reserve
        self._emulator = emulator
        self._taken = taken
        self._journal_entries = journal_entries
        self.inspect: PostgresqlInspection = PostgresqlInspection(
            self._read, lambda account: self._load(account).journaled, journal_entries
        )
        self.changed: set[int] = set()
        self.ended: set[int] = set()
        self.entry: tuple[int, int] | None = None
        self._rows: dict[str, list[Any]] = {}
        self._met: dict[tuple[int, Met], list[Any]] = {}
        self._states: dict[int, AccountState] = {}
        self._modified: set[int] = set()
        self._log: tuple[str, bool] | None = None
        self._locked: set[int] = set()
        self._locks_all = False
        # A position that is drawn and not used yet, or used for submissions only.
        self._drawn: int | None = None
        self._has_submissions = False
        self._at_commit: list[Callable[[], object]] = []
        self._at_rollback: list[Callable[[], object]] = []

    def lock(self, userid: str | None) -> None:
        """Lock an account, or the requests of no account in place of one that does not exist. Begins a transaction."""
        while True:
            row = self._begin(b"SELECT * FROM lock_account(%s)", userid or "")
            if row is not None:
                break
            # The account was opened while this transaction waited for the requests of no account.
            self._connection.rollback()
        self._drawn, history, is_recording, *state = row
        self._log = history, is_recording
        one = _state(state)
        self._states[one.key] = one
        self._locked.add(one.key)

    def lock_all(self) -> None:
        """Lock all accounts. Begins a transaction."""
        self._log = self._begin(
            b"LOCK TABLE account IN EXCLUSIVE MODE;"
            b"SELECT history, is_recording FROM event_log, LATERAL mark_positions() one"
        )
        self._locks_all = True

    def _begin(self, statements: bytes, *values: str) -> tuple[Any, ...] | None:
        """Begin a transaction with statements, in one round trip. Returns the row of the last one."""
        cursor = ClientCursor(self._connection)
        cursor.execute(b"BEGIN;" + statements, values)
        while cursor.nextset():
            pass
        return cursor.fetchone()

    def begin_reading(self) -> None:
        """Begin a transaction that changes nothing."""
        self._read_log()

    def at_commit(self, act: Callable[[], object]) -> None:
        """Call a function once the transaction is committed."""
        self._at_commit.append(act)

    def at_rollback(self, act: Callable[[], object]) -> None:
        """Call a function if the transaction is rolled back. The last one is called first."""
        self._at_rollback.append(act)

    def run_at_commit(self) -> None:
        """Call the functions of `at_commit`."""
        for act in self._at_commit:
            act()

    def run_at_rollback(self) -> None:
        """Call the functions of `at_rollback`."""
        for act in reversed(self._at_rollback):
            act()

    def commit(self) -> None:
        """Write everything that is still to be written, and commit. This takes one round trip."""
        states = [self._states[key] for key in sorted(self._modified)]
        if states:
            self._rows["account"] = [
                {
                    "key": one.key,
                    "spent": one.spent,
                    "locked_at": one.locked_at,
                    "reserved": one.reserved,
                    "next_charge": one.next_charge,
                    "journaled": one.journaled,
                }
                for one in states
            ]
            most = self._journal_entries + SPARE_ENTRIES
            trimmed = [one.key for one in states if one.journaled > most]
            self._add("trimmed", [{"account": key, "kept": self._journal_entries} for key in trimmed])
        self._write_rows(b"COMMIT")

    def _write_rows(self, end: bytes = b"") -> None:
        """Write the buffered rows, and run one more statement in the same round trip."""
        if self._met:
            self._rows["met"] = [
                {"account": account, "kind": kind, "name": name, "count": count, "first_at": first, "last_at": last}
                for (account, (kind, name)), (count, first, last) in sorted(self._met.items())
            ]
        if self._rows:
            rows = Jsonb(self._rows, dumps=encoded_json)
            ClientCursor(self._connection).execute(b"SELECT write_rows(%s);" + end, (rows,))
            self._rows.clear()
            self._met.clear()
        elif end:
            self._connection.execute(end)

    def _add(self, table: str, rows: list[Any]) -> None:
        """Buffer rows, with their columns by name."""
        if rows:
            self._rows.setdefault(table, []).extend(rows)

    def _add_met(self, account: int, met: Iterable[Met], at: datetime) -> None:
        micros = to_micros(at)
        for one in met:
            known = self._met.setdefault((account, one), [0, micros, micros])
            known[0] += 1
            known[2] = micros

    def _read(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement that returns rows, after writing the buffered ones."""
        self._write_rows()
        return self._connection.execute(statement.encode(), values).fetchall()

    def _run(self, statement: str, values: dict[str, Any]) -> int:
        """Run a statement, after writing the buffered rows. Returns the number of rows that it changed."""
        self._write_rows()
        return self._connection.execute(statement.encode(), values).rowcount

    def _load(self, account: int) -> AccountState:
        if account not in self._states:
            rows = self._read("SELECT * FROM account_state(%(account)s)", {"account": account})
            self._states[account] = _state(rows[0]) if rows else AccountState(account)
        return self._states[account]

    def _modify(self, account: int) -> AccountState:
        """Return the state of an account, which is written at the end."""
        state = self._load(account)
        self._modified.add(account)
        return state

    def _read_log(self) -> tuple[str, bool]:
        if self._log is None:
            ((history, is_recording),) = self._read("SELECT history, is_recording FROM event_log", {})
            self._log = history, is_recording
        return self._log

    @property
    def history(self) -> str:
        """Name of the history that positions belong to."""
        return self._read_log()[0]

    @property
    def _is_recording(self) -> bool:
        return self._read_log()[1]

    def _next_position(self) -> int:
        """Return the next position, and keep it for the next call."""
        if self._drawn is None:
            ((drawn,),) = self._read("SELECT nextval('positions')", {})
            self._drawn = int(drawn)
        return self._drawn

    def _take_position(self) -> int:
        position = self._next_position()
        self._drop_position()
        return position

    def _drop_position(self) -> None:
        self._drawn = None
        self._has_submissions = False

    @property
    def locked_account(self) -> int | None:
        """Key of the account that `lock` locked, or None."""
        return next(iter(self._locked), None)

    def _is_locked(self, account: int) -> bool:
        """Return whether no other transaction changes the account meanwhile."""
        return self._locks_all or account in self._locked

    def _lock_strays(self) -> None:
        """Lock the requests of no account, too. This comes last, so that no transactions wait for each other."""
        if not self._is_locked(NO_ACCOUNT):
            self._read("SELECT FROM account WHERE key = 0 FOR NO KEY UPDATE", {})
            self._states.pop(NO_ACCOUNT, None)
            self._locked.add(NO_ACCOUNT)
            # An earlier position may lie before those that others have used for the requests of no account meanwhile.
            if not self._has_submissions:
                self._drop_position()


def columns_of(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that returns the columns of a row of some kind. `asdict` takes ten times as long."""
    names = [one.name for one in fields(kind)]
    read = attrgetter(*names)
    return lambda one: dict(zip(names, read(one), strict=True))


def _state(row: Iterable[Any]) -> AccountState:
    *columns, faults, slots, holds = row
    one = AccountState(*columns)
    one.faults = tuple(fault_status(*fault) for fault in faults or ())
    one.slots = {id_: Operation(operation) for id_, operation in slots or ()}
    one.holds = tuple(
        Hold(id_, count, Operation(operation) if operation else None, from_micros(until))
        for id_, count, operation, until in holds or ()
    )
    return one


def fault_row(account: int, one: FaultStatus) -> dict[str, Any]:
    """Return a row of table `fault`."""
    fault = to_json(one.fault).decode()
    return {"account": account, "id": one.id, "fault": fault, "matched": one.matched, "applied": one.applied}
