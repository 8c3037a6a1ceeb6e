"""Poller that writes status reports to a database."""

import sqlite3
from collections.abc import Sequence

from examples.gateways import Gateway, Unsure


class Messages:
    """Table of messages sent through a gateway."""

    def __init__(self, database: sqlite3.Connection, gateway: Gateway) -> None:
        self._database = database
        self._gateway = gateway
        database.execute("CREATE TABLE message (linkid TEXT, phone TEXT, state TEXT, PRIMARY KEY (linkid, phone))")

    def send(self, linkid: str, phones: Sequence[str], content: str) -> None:
        """Send once. A message with unknown outcome is not sent again."""
        # Written first, so that a report always finds its message.
        self._database.executemany("INSERT INTO message VALUES (?, ?, 'unknown')", [(linkid, one) for one in phones])
        try:
            answered = self._gateway.send(phones, content, linkid)
        except Unsure:
            return
        for phone, code in answered.items():
            self._set(linkid, phone, "accepted" if code == "0" else f"refused {code}")

    def poll(self) -> int:
        """Write new reports to the table. Returns their number."""
        count = 0
        for one in self._gateway.outcomes():
            self._set(one.linkid, one.phone, "delivered" if one.is_delivered else "failed")
            count += 1
        return count

    def states(self, linkid: str) -> dict[str, str]:
        """State of each number."""
        return dict(self._database.execute("SELECT phone, state FROM message WHERE linkid = ?", (linkid,)))

    def _set(self, linkid: str, phone: str, state: str) -> None:
        self._database.execute("UPDATE message SET state = ? WHERE linkid = ? AND phone = ?", (state, linkid, phone))
