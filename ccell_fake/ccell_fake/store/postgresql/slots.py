"""The lease of an emulator. Its slots count as taken while it holds, by the database's clock."""

from collections.abc import Container
from typing import Any

from psycopg import Connection

from ccell_fake.records import Slot


def renew(connection: Connection[Any], emulator: int, seconds: float) -> None:
    """Renew the lease of an emulator for some seconds, and drop the slots of those whose lease ended a while ago.

    The caller ends the transaction, unless the connection commits each statement.
    """
    connection.execute(
        b"INSERT INTO emulator VALUES (%(id)s, clock_timestamp() + make_interval(secs => %(seconds)s))"
        b" ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
        {"id": emulator, "seconds": seconds},
    )
    # A restore locks rows for as long as it takes. They are skipped.
    with connection.pipeline():
        # Not sooner: an emulator that was cut off for a while goes on with its requests, and renews its lease.
        connection.execute(
            b"DELETE FROM emulator WHERE id IN (SELECT id FROM emulator"
            b" WHERE lease_until <= clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED)"
        )
        connection.execute(
            b"DELETE FROM slot WHERE id IN (SELECT id FROM slot"
            b" WHERE NOT EXISTS (SELECT FROM emulator e WHERE e.id = slot.emulator) FOR UPDATE SKIP LOCKED)"
        )
        connection.execute(
            b"DELETE FROM hold WHERE id IN (SELECT id FROM hold"
            b" WHERE ends_at <= clock_timestamp() FOR UPDATE SKIP LOCKED)"
        )


def end_lease(connection: Connection[Any], emulator: int) -> None:
    """End the lease of an emulator that stops, and free its slots."""
    connection.execute(b"DELETE FROM slot WHERE emulator = %s", (emulator,))
    connection.execute(b"DELETE FROM emulator WHERE id = %s", (emulator,))


def leave(connection: Connection[Any], slot: Slot) -> None:
    """Free a slot. A second call does nothing."""
    connection.execute(b"DELETE FROM slot WHERE id = %s", (slot.id,))


def free(connection: Connection[Any], emulator: int, taken: Container[int]) -> set[int]:
    """Free the slots of an emulator whose requests have ended. Returns the keys of their accounts.

    A transaction that takes a slot may be committed after its request has failed.
    """
    rows = connection.execute(b"SELECT id, account FROM slot WHERE emulator = %s", (emulator,)).fetchall()
    # Afterwards: a request notes its slot before it is in the table.
    ended = [id_ for id_, _ in rows if id_ not in taken]
    if not ended:
        return set()
    freed = connection.execute(
        b"DELETE FROM slot WHERE id IN (SELECT id FROM slot WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED)"
        b" RETURNING account",
        (ended,),
    )
    return {account for (account,) in freed}
