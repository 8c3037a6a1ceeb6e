"""The connections of an emulator to its database."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from psycopg import Connection, Error, InterfaceError, OperationalError, conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from ccell_fake.clock import elapsed
from ccell_fake.errors import EffectUnknown, StoreUnavailable
from ccell_fake.records import Figure
from ccell_fake.store.errors import StoreError
from ccell_fake.store.place import shown
from ccell_fake.store.postgresql.bounded import LONGEST_SILENCE, BoundedConnection

AnyConnection = Connection[Any]
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

CONNECTIONS = 8
"""Connections for transactions that an emulator has by default."""

LONGEST_WAIT = 5.0
"""Seconds that a request waits for a connection or a lock."""

LONGEST_STATEMENT = 6.0
"""Seconds after which the database ends a statement."""

LONGEST_PATIENT = 300.0
"""Seconds for a statement of what may take long: creating tables, and snapshots."""

_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 7_000,
}
_LIMITS = {
    "lock_timeout": f"{LONGEST_WAIT:.0f}s",
    "statement_timeout": f"{LONGEST_STATEMENT:.0f}s",
    "idle_in_transaction_session_timeout": "10s",
    "default_transaction_isolation": "read committed",
}
_PATIENCE = (
    f"SET lock_timeout TO '60s'; SET statement_timeout TO '{LONGEST_PATIENT:.0f}s';"
    f" SET idle_in_transaction_session_timeout TO '{LONGEST_PATIENT:.0f}s'"
).encode()
LOST = (OperationalError, InterfaceError, ReadOnlySqlTransaction)
"""Errors of a database that is away. After a failover, a server that is left may only read."""


def _parameters(url: str) -> dict[str, Any]:
    """Return the parameters of a connection. Those of the URL come first. Its options, or those of PGOPTIONS, are kept.

    Raises:
        StoreError: The URL cannot be read.
    """
    try:
        given = conninfo.conninfo_to_dict(url)
    except Error:
        # The reason may quote the password.
        message = f"{shown(url)}: not the URL of a database, which is like postgresql://user:password@host:5432/name"
        raise StoreError(message) from None
    limits = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in _LIMITS.items())
    options = f"{limits} {given.get('options') or os.environ.get('PGOPTIONS', '')}".strip()
    return {**_OPTIONS, **given, "client_encoding": "utf8", "options": options}


class Connections:
    """A pool of connections for transactions, and single ones that commit each statement.

    Attributes:
        place: The URL without its password.
    """

    def __init__(self, url: str, size: int, name: str) -> None:
        """Prepare connections. None is opened before it is needed.

        Args:
            url: The database.
            size: Most connections for transactions.
            name: What the database calls the connections.

        Raises:
            StoreError: The URL cannot be read.
        """
        self.place: str = shown(url)
        self._size = size
        self._parameters: dict[str, Any] = {**_parameters(url), "application_name": name}
        self._guard = threading.Lock()
        self._lock_seconds = 0.0
        self._pool: ConnectionPool[AnyConnection] = ConnectionPool(
            "",
            connection_class=BoundedConnection,
            # Otherwise psycopg begins each transaction itself, and waits for the answer.
            kwargs={**self._parameters, "autocommit": True},
            min_size=1,
            max_size=size,
            timeout=LONGEST_WAIT,
            reconnect_timeout=LONGEST_WAIT,
            open=False,
        )

    def open(self) -> None:
        """Begin to fill the pool."""
        self._pool.open()

    def close(self) -> None:
        """Close all connections of the pool."""
        self._pool.close()

    def single(self) -> BoundedConnection:
        """Open a connection that commits each statement."""
        return BoundedConnection.connect("", autocommit=True, **self._parameters)

    def patient(self) -> AnyConnection:
        """Open a connection that commits each statement, and whose statements may take minutes."""
        connection = self.single()
        connection.execute(_PATIENCE)
        connection.longest_silence = LONGEST_PATIENT + LONGEST_SILENCE
        return connection

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What the metrics show about the connections for transactions."""
        stats = self._pool.get_stats()
        used = stats.get("pool_size", 0) - stats.get("pool_available", 0)
        pool_seconds = stats.get("requests_wait_ms", 0) / 1000
        return (
            ("store_connections", "Connections for transactions", stats.get("pool_size", 0)),
            ("store_connections_in_use", "Connections for transactions that are in use", used),
            ("store_connection_wait_seconds_total", "Time that transactions waited for a connection", pool_seconds),
            ("store_lock_wait_seconds_total", "Time that transactions waited for their account", self._lock_seconds),
        )

    def take(self, begin: Callable[[AnyConnection], _Result]) -> tuple[AnyConnection, _Result]:
        """Take a connection from the pool, and begin a transaction on it.

        A connection that was lost while nobody used it is replaced.

        Args:
            begin: Begins the transaction. It is called again on another connection if that one is lost.

        Raises:
            StoreUnavailable: No connection can be had, or the lock of the account.
        """
        ends = elapsed() + LONGEST_WAIT
        for attempt in range(self._size + 1):
            try:
                connection = self._pool.getconn()
            except (PoolTimeout, PoolClosed, TooManyRequests) as error:
                raise self.unavailable(error) from error
            begun = elapsed()
            try:
                result = begin(connection)
            except BaseException as error:
                self.close_if_read_only(connection, error)
                is_lost = isinstance(error, LOST) and connection.closed
                self.give_back(connection)
                is_hopeless = attempt == self._size or elapsed() > ends
                if isinstance(error, LOST) and (is_hopeless or not is_lost):
                    raise self.unavailable(error) from error
                if not is_lost:
                    raise
            else:
                with self._guard:
                    self._lock_seconds += elapsed() - begun
                return connection, result
        raise AssertionError

    @staticmethod
    def close_if_read_only(connection: AnyConnection, error: BaseException) -> None:
        """Close a connection whose server only reads, so that the next one goes to another server."""
        if isinstance(error, ReadOnlySqlTransaction):
            connection.close()

    def give_back(self, connection: AnyConnection) -> None:
        """Give a connection back to the pool, after the end of its transaction."""
        with suppress(Error):
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                connection.rollback()
        self._pool.putconn(connection)

    def unavailable(self, error: Exception) -> StoreUnavailable:
        """Return what to raise in place of an error of the database."""
        return StoreUnavailable(f"the database {self.place} did not decide the request: {self._reason(error)}")

    def unknown(self, error: Exception) -> EffectUnknown:
        """Return what to raise if the database does not say whether it carried out a request."""
        return EffectUnknown(
            f"the database {self.place} may have carried out the request, and does not say so: {self._reason(error)}"
        )

    def _reason(self, error: Exception) -> str:
        if isinstance(error, Error) and error.diag.message_primary and error.sqlstate and error.sqlstate[:3] != "57P":
            return error.diag.message_primary
        if isinstance(error, PoolTimeout) and self._pool.get_stats().get("pool_size") == self._size:
            return f"all {self._size} connections are in use"
        return "it cannot be reached"


class Shared:
    """A single connection that several threads use in turn. It is opened when it is needed, and again after a loss."""

    def __init__(self, connections: Connections) -> None:
        """Begin without a connection."""
        self._connections = connections
        self._guard = threading.RLock()
        self._connection: AnyConnection | None = None

    def run(
        self,
        function: Callable[Concatenate[AnyConnection, _Arguments], _Result],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Result:
        """Call a function with the connection. It is called once more if the connection was lost soon.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        if not self._guard.acquire(timeout=LONGEST_WAIT):
            message = f"the database {self._connections.place} did not decide the request: it does not answer"
            raise StoreUnavailable(message)
        try:
            ends = elapsed() + LONGEST_WAIT
            was_open = self._connection is not None
            try:
                return function(self._opened(), *arguments, **named)
            except LOST:
                self._drop()
                if not was_open or elapsed() > ends:
                    raise
                return function(self._opened(), *arguments, **named)
        except LOST as error:
            self._drop()
            raise self._connections.unavailable(error) from error
        finally:
            self._guard.release()

    def close(self) -> None:
        """Close the connection."""
        with self._guard:
            self._drop()

    def _opened(self) -> AnyConnection:
        if self._connection is None:
            self._connection = self._connections.single()
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_logged(record: logging.LogRecord) -> bool:
    return record.levelno < logging.WARNING


# They warn of each lost connection and of each attempt to connect. The store says once that its database is away.
for _name in ("psycopg", "psycopg.pool"):
    logging.getLogger(_name).addFilter(_is_logged)
