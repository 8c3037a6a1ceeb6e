"""Notices between emulators: which accounts changed, and which lives ended.

A notice is sent after its commit. Sent within the transaction, it would make all commits wait for each other.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from ccell_fake.records import Lifetime

CHANNEL = "ccell_fake"
NOBODY = 0
"""No emulator. All hear such a notice."""

# A payload of NOTIFY has less than 8000 bytes.
_MOST_ACCOUNTS = 200


@dataclass(slots=True)
class Notice:
    """What happened in an emulator.

    Attributes:
        emulator: The emulator.
        changed: Keys of the accounts that changed.
        ended: Lives that ended.
        is_complete: Whether nothing else happened. Otherwise, anything may have changed.
    """

    emulator: int
    changed: set[int] = field(default_factory=set[int])
    ended: set[Lifetime] = field(default_factory=set[Lifetime])
    is_complete: bool = True

    def add(self, changed: Collection[int], ended: Collection[Lifetime]) -> None:
        """Add what happened later."""
        self.changed.update(changed)
        self.ended.update(ended)

    def __bool__(self) -> bool:
        """Return whether anything happened."""
        return bool(self.changed or self.ended or not self.is_complete)


def send(connection: Connection[Any], notice: Notice) -> None:
    """Send a notice to all emulators of the database. One about many accounts becomes one about anything."""
    if len(notice.changed) + len(notice.ended) > _MOST_ACCOUNTS:
        notice = Notice(notice.emulator, is_complete=False)
    payload = [str(notice.emulator), sorted(notice.changed), sorted(notice.ended), notice.is_complete]
    # Nobody hears a notice after a crash, so nothing waits for the disk.
    connection.execute(
        b"SELECT set_config('synchronous_commit', 'off', TRUE), pg_notify(%s, %s)", (CHANNEL, json.dumps(payload))
    )


def listen(connection: Connection[Any]) -> None:
    """Let notices come to a connection."""
    connection.execute(f"LISTEN {CHANNEL}".encode())


def received(connection: Connection[Any]) -> list[Notice]:
    """Return the notices that have come, without waiting."""
    # All at once: nothing else can use the connection between two of them.
    return [_notice(one.payload) for one in connection.notifies(timeout=0)]


def _notice(payload: str) -> Notice:
    emulator, changed, ended, is_complete = json.loads(payload)
    return Notice(int(emulator), {*changed}, {(history, key) for history, key in ended}, is_complete)
