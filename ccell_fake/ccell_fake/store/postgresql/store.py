"""The store in PostgreSQL: transactions of one emulator of many."""

import secrets
import threading
import weakref
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager

from psycopg import Error, OperationalError

from ccell_fake.errors import EffectUnknown, StoreUnavailable
from ccell_fake.records import NO_ACCOUNT, Figure, Lifetime, Slot
from ccell_fake.store.cache import JOURNAL_ENTRIES
from ccell_fake.store.checking import SettingsCheck
from ccell_fake.store.errors import StoreError
from ccell_fake.store.postgresql import msgids, schema, slots, snapshots
from ccell_fake.store.postgresql.connections import CONNECTIONS, LOST, AnyConnection, Connections, Shared
from ccell_fake.store.postgresql.housekeeping import Housekeeper, Listener
from ccell_fake.store.postgresql.ledger import PostgresqlLedger
from ccell_fake.store.postgresql.retention import Sweeper
from ccell_fake.store.postgresql.snapshots import Restored
from ccell_fake.store.process import Owner
from ccell_fake.store.retention import NO_CAP, Cap

_EMULATOR_BITS = 63


class PostgresqlStore:
    """The gateway's data in a database, which all emulators with this database share.

    It has the interface of SqliteStore. A forked process cannot use the store of its parent.

    Attributes:
        owner: The process that opened the store.
        place: The URL of the database without its password.
        emulator: Number of this emulator among those of the database.
    """

    def __init__(
        self,
        url: str,
        *,
        journal_entries: int = JOURNAL_ENTRIES,
        cap: Cap = NO_CAP,
        connections: int = CONNECTIONS,
        elapsed: Callable[[], float] | None = None,  # noqa: ARG002 - the database's clock ends the holds
        on_change: Callable[[frozenset[int]], None] | None = None,
        on_end: Callable[[frozenset[Lifetime]], None] | None = None,
        check: SettingsCheck = lambda _: None,
    ) -> None:
        """Open a store.

        Args:
            url: The database, such as `postgresql://user:password@host:5432/name`. An empty one becomes a store.
            journal_entries: How many journal entries an account keeps.
            cap: How many messages an account keeps, and for how long.
            connections: Most connections for transactions.
            elapsed: Not used: holds end by the database's clock.
            on_change: Called after a commit of any emulator with the numbers of the changed accounts.
            on_end: Called after a commit of any emulator with the lives of accounts that ended.
            check: Raises ValueError for settings in a snapshot that are not allowed.

        Raises:
            StoreError: The database cannot be reached, is not a store, or has a newer version.
        """
        self.emulator: int = secrets.randbits(_EMULATOR_BITS)
        self._connections = Connections(url, connections, f"ccell-fake {self.emulator}")
        self.place: str = self._connections.place
        self.owner: Owner = Owner()
        self._journal_entries = journal_entries
        self._on_change = on_change
        self._on_end = on_end
        self._check = check
        self._guard = threading.Lock()
        # Lives that somebody here may wait for.
        self._lives: set[Lifetime] = set()
        try:
            with ExitStack() as parts:
                parts.enter_context(closing(self._connections))
                with self._connections.patient() as connection:
                    schema.prepare(connection)
                self._connections.open()
                self._msgids = parts.enter_context(closing(Shared(self._connections)))
                self._housekeeper = parts.enter_context(closing(Housekeeper(self._connections, self.emulator)))
                parts.enter_context(closing(Listener(self._connections, self.emulator, _Hearer(self))))
                parts.enter_context(closing(Sweeper(self._connections, cap, weakref.ref(self))))
                self._finalize = weakref.finalize(self, _close, self.owner, parts.pop_all())
        except (StoreUnavailable, StoreError, Error) as error:
            reason = error if isinstance(error, StoreError) else _reason(error)
            message = f"{self.place}: {reason}"
            raise StoreError(message) from error

    @property
    def is_reached(self) -> bool:
        """Whether the database was reached the last time. It is tried each second."""
        return self._housekeeper.is_reached

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What the metrics show about it."""
        return self._connections.figures

    def close(self) -> None:
        """Close the store. In a forked process this does nothing."""
        if self.owner.is_here:
            self._finalize()

    @contextmanager
    def transaction(self, userid: str | None = None) -> Generator[PostgresqlLedger]:
        """Open a transaction on an account, or on the requests of no account (None)."""
        with self._ledger(lambda ledger: ledger.lock(userid)) as (connection, ledger):
            yield ledger
            self._commit(connection, ledger)
        self._end(ledger)

    @contextmanager
    def transaction_of_all(self) -> Generator[PostgresqlLedger]:
        """Open a transaction on all accounts."""
        with self._ledger(PostgresqlLedger.lock_all) as (connection, ledger):
            yield ledger
            self._commit(connection, ledger)
        self._end(ledger)

    @contextmanager
    def reading(self) -> Generator[PostgresqlLedger]:
        """Open a transaction that changes nothing."""
        with self._ledger(PostgresqlLedger.begin_reading) as (_, ledger):
            yield ledger

    @contextmanager
    def _ledger(self, begin: Callable[[PostgresqlLedger], None]) -> Generator[tuple[AnyConnection, PostgresqlLedger]]:
        self.owner.check()
        connection, ledger = self._connections.take(lambda taken: self._begin(taken, begin))
        try:
            yield connection, ledger
        except BaseException as error:
            ledger.run_at_rollback()
            self._connections.close_if_read_only(connection, error)
            if isinstance(error, LOST):
                raise self._connections.unavailable(error) from error
            raise
        finally:
            self._connections.give_back(connection)

    def _end(self, ledger: PostgresqlLedger) -> None:
        """Say what a transaction changed."""
        ledger.run_at_commit()
        if ledger.changed or ledger.ended:
            ended = {(ledger.history, key) for key in ledger.ended}
            self._housekeeper.tell(ledger.changed, ended)
            self.tell(frozenset(ledger.changed), frozenset(ended))

    def _begin(self, connection: AnyConnection, begin: Callable[[PostgresqlLedger], None]) -> PostgresqlLedger:
        ledger = PostgresqlLedger(
            connection,
            reserve=self._reserve,
            emulator=self.emulator,
            taken=self._housekeeper.taken,
            journal_entries=self._journal_entries,
        )
        begin(ledger)
        key = ledger.locked_account
        if key is not None:
            with self._guard:
                self._lives.add((ledger.history, key))
        return ledger

    def _commit(self, connection: AnyConnection, ledger: PostgresqlLedger) -> None:
        """Write and commit. If the connection is lost meanwhile, the journal entry tells whether that was committed."""
        try:
            ledger.commit()
        except LOST as error:
            if not connection.broken:
                raise
            if ledger.entry is None:
                raise self._unknown(error) from error
            entry = b"SELECT FROM journal WHERE account = %s AND position = %s"
            if not self._is_committed(ledger.entry[0], entry, ledger.entry):
                raise

    def _is_committed(self, account: int, question: bytes, values: Sequence[object]) -> bool:
        """Return whether a transaction on an account left a row. Waits for its end.

        The connection is not of the pool: threads that ask the same may keep all of these.

        Raises:
            EffectUnknown: The database does not say.
        """
        try:
            with self._connections.single() as connection:
                connection.execute(b"SELECT FROM account WHERE key = %s FOR NO KEY UPDATE", (account,))
                return connection.execute(question, values).fetchone() is not None
        except Error as error:
            raise self._unknown(error) from error

    def _unknown(self, error: Exception) -> EffectUnknown:
        """Return what to raise for a transaction that may be committed. All emulators look what has changed."""
        self._housekeeper.tell_of_anything()
        return self._connections.unknown(error)

    def _reserve(self, second: int, start: int, width: int) -> int:
        return self._msgids.run(msgids.reserve, second, start, width)

    def leave(self, slot: Slot) -> None:
        """Free a slot. A second call does nothing. If the database is away, the slot is free when it is back."""
        self.owner.check()
        self._housekeeper.taken.discard(slot.id)
        if not self.is_reached:
            return
        try:
            connection, _ = self._connections.take(lambda taken: slots.leave(taken, slot))
            self._connections.give_back(connection)
        except (StoreUnavailable, Error):
            # The next renewal of the lease frees it.
            return
        self._housekeeper.tell((slot.account,), ())
        self.tell(frozenset({slot.account}), frozenset())

    def dump(self, is_public: Callable[[str], bool]) -> bytes:
        """Return a snapshot: the bytes of a store's SQLite file.

        Args:
            is_public: Whether the snapshot may hold a password. Other passwords are left out.
        """
        self.owner.check()
        with self._available(), self._connections.patient() as connection:
            return snapshots.dump(connection, is_public)

    def restore(self, snapshot: bytes) -> None:
        """Replace all data by a snapshot, except what clients have met. Nothing changes if that fails.

        Passwords that the snapshot leaves out are those of the present accounts. `snapshot` is what `dump` returned,
        or the store in SQLite.

        Raises:
            SnapshotError: The bytes are not a snapshot, it has another version or is damaged, or a password is missing.
        """
        self.owner.check()
        restored: Restored | None = None
        with self._available():
            try:
                with self._connections.patient() as connection, connection.transaction():
                    restored = snapshots.restore(connection, snapshot, self._check)
            except LOST:
                history = b"SELECT FROM event_log WHERE history = %s"
                if restored is None or not self._is_committed(NO_ACCOUNT, history, (restored.history,)):
                    raise
        self._housekeeper.tell_of_anything()
        self.tell(restored.changed, restored.ended)

    @contextmanager
    def _available(self) -> Generator[None]:
        """Say in one sentence that the database cannot be reached."""
        try:
            yield
        except LOST as error:
            raise self._connections.unavailable(error) from error

    def tell(self, changed: frozenset[int], ended: frozenset[Lifetime]) -> None:
        """Tell the emulator what changed and ended."""
        with self._guard:
            self._lives -= ended
        if ended and self._on_end is not None:
            self._on_end(ended)
        if changed and self._on_change is not None:
            self._on_change(changed)

    def catch_up(self, connection: AnyConnection) -> None:
        """Tell the emulator that every account may have changed, and which lives are over."""
        with self._guard:
            # Before the accounts are read: those that begin meanwhile are not among the rows.
            lives = frozenset(self._lives)
        rows = connection.execute(b"SELECT history, key FROM event_log, account").fetchall()
        ended = lives.difference(rows)
        self.tell(frozenset(key for _, key in (*rows, *ended)), ended)


class _Hearer:
    """Passes on what other emulators did. The listener's thread must not keep a store alive."""

    def __init__(self, store: PostgresqlStore) -> None:
        self._store = weakref.ref(store)

    def hear(self, changed: frozenset[int], ended: frozenset[Lifetime]) -> None:
        """Pass on what another emulator changed and ended."""
        store = self._store()
        if store is not None:
            store.tell(changed, ended)

    def catch_up(self, connection: AnyConnection) -> None:
        """Pass on that every account may have changed, and which lives are over."""
        store = self._store()
        if store is not None:
            store.catch_up(connection)


def _close(owner: Owner, parts: ExitStack) -> None:
    if owner.is_here:
        parts.close()


def _reason(error: Exception) -> str:
    """Return the reason of an error as one line, without a password."""
    if isinstance(error, OperationalError) and error.diag.message_primary:
        return error.diag.message_primary
    return " ".join(str(error).split())
