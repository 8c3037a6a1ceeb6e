"""The statements that delete records, and that put them back into their queue."""

from collections.abc import Collection
from typing import Any

from ccell_fake.limits import MSGIDS_PER_SECOND
from ccell_fake.store.deletion import MAX_USED_SECONDS
from ccell_fake.store.postgresql.event_log import EventLog

_CHOSEN = "account = %(account)s AND msgid = ANY(%(msgids)s::bigint[])"


class DeletingTables(EventLog):
    """A part of the ledger. `ccell_fake.engine.ledger.Ledger` describes each method."""

    def delete_messages(self, account: int, msgids: Collection[int]) -> None:
        values = {"account": account, "msgids": list(msgids)}
        self._keep_used(_CHOSEN, values)
        self._run(f"DELETE FROM report WHERE {_CHOSEN} AND fetched_at IS NOT NULL AND stray IS NULL", values)
        self._run(f"DELETE FROM unreported WHERE {_CHOSEN}", values)
        deleted = self._read(f"DELETE FROM message WHERE {_CHOSEN} RETURNING submission", values)
        self._run(
            "DELETE FROM submission s WHERE key = ANY(%(keys)s::bigint[])"
            " AND NOT EXISTS (SELECT FROM message m WHERE m.submission = s.key)",
            {"keys": sorted({key for (key,) in deleted})},
        )
        self.changed.add(account)

    def _keep_used(self, chosen: str, values: dict[str, Any]) -> None:
        """Note the msgids of chosen messages, which are deleted next, so that no other message gets them."""
        # In this order, so that two transactions do not wait for each other.
        self._run(
            f"INSERT INTO used_msgid SELECT msgid / {MSGIDS_PER_SECOND}, max(msgid) FROM message WHERE {chosen}"
            " GROUP BY 1 ORDER BY 1 ON CONFLICT (second) DO UPDATE"
            " SET greatest = greatest(used_msgid.greatest, excluded.greatest)",
            values,
        )
        self._run(
            "DELETE FROM used_msgid WHERE second <="
            " (SELECT second FROM used_msgid ORDER BY second DESC LIMIT 1 OFFSET %(kept)s)",
            {"kept": MAX_USED_SECONDS},
        )

    def delete_reports(self, account: int, ids: Collection[int]) -> int:
        deleted = self._read(
            "DELETE FROM report WHERE account = %(account)s AND key = ANY(%(ids)s::bigint[]) RETURNING msgid",
            {"account": account, "ids": list(ids)},
        )
        # Their messages are sent, and get no report.
        self._run(
            f"INSERT INTO unreported SELECT account, msgid FROM message m WHERE {_CHOSEN} AND code = '0'"
            " AND NOT EXISTS (SELECT FROM report r WHERE r.account = m.account AND r.msgid = m.msgid)"
            " ON CONFLICT DO NOTHING",
            {"account": account, "msgids": [msgid for (msgid,) in deleted]},
        )
        self.changed.add(account)
        return len(deleted)

    def delete_upmsgs(self, account: int, ids: Collection[int]) -> int:
        self.changed.add(account)
        return self._run(
            "DELETE FROM upmsg WHERE account = %(account)s AND key = ANY(%(ids)s::bigint[])",
            {"account": account, "ids": list(ids)},
        )

    def requeue_reports(self, account: int, ids: Collection[int], now: int) -> int:
        return self._requeue("report", account, ids, now)

    def requeue_upmsgs(self, account: int, ids: Collection[int], now: int) -> int:
        return self._requeue("upmsg", account, ids, now)

    def _requeue(self, table: str, account: int, ids: Collection[int], now: int) -> int:
        # After the clock was set back, their time lies in the future.
        self.changed.add(account)
        return self._run(
            f"UPDATE {table} SET fetched_at = NULL, due = least(due, %(now)s) WHERE account = %(account)s"
            " AND fetched_at IS NOT NULL AND key = ANY(%(ids)s::bigint[])",
            {"now": now, "account": account, "ids": list(ids)},
        )

    def apply_cap(self, account: int, now: int) -> None:
        """Do nothing: they are deleted in the background."""

    def delete_submissions(self, account: int, keys: list[int], now: int) -> None:
        """Delete the messages of submissions that nothing is to come of. `now` is the account's time."""
        self.record_events(account, now)
        msgids = self._read(
            "SELECT m.msgid FROM message m JOIN submission s ON s.key = m.submission"
            " WHERE s.key = ANY(%(keys)s::bigint[]) AND s.account = %(account)s"
            " AND (s.due <= %(now)s OR s.due <= s.submitted_at)"
            " AND NOT EXISTS (SELECT FROM message o JOIN report r ON r.msgid = o.msgid AND r.account = o.account"
            " WHERE o.submission = s.key AND r.fetched_at IS NULL)",
            {"keys": keys, "account": account, "now": now},
        )
        if msgids:
            self.delete_messages(account, [msgid for (msgid,) in msgids])

    def delete_fetched_upmsgs(self, account: int, keys: list[int], now: int) -> None:
        """Delete upstream messages that are fetched. `now` is the account's time."""
        self.record_events(account, now)
        self._run(
            "DELETE FROM upmsg WHERE account = %(account)s AND key = ANY(%(keys)s::bigint[])"
            " AND fetched_at IS NOT NULL",
            {"account": account, "keys": keys},
        )
        self.changed.add(account)
