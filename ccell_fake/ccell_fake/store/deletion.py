"""The statements that delete records, and that put them back into their queue."""

from collections.abc import Collection

from ccell_fake.limits import MSGIDS_PER_SECOND
from ccell_fake.serialization import to_json
from ccell_fake.store.event_log import EventLog
from ccell_fake.store.narrowing import Value
from ccell_fake.store.retention import SUBMISSIONS, UPMSGS

# The clock seldom returns to a second after messages of so many later seconds were deleted.
MAX_USED_SECONDS = 10_000


class DeletingTables(EventLog):
    """A part of the ledger. `ccell_fake.engine.ledger.Ledger` describes each method.

    A plus sign keeps the account out of the choice of an index: an index of its rows would be read as a whole.
    """

    def delete_messages(self, account: int, msgids: Collection[int]) -> None:
        values = account, to_json(tuple(msgids)).decode()
        chosen = "+account = ? AND msgid IN (SELECT value FROM json_each(?))"
        self._keep_used(chosen, values)
        self._read(f"DELETE FROM report WHERE {chosen} AND fetched_at IS NOT NULL AND stray IS NULL", values)
        self._read(f"DELETE FROM unreported WHERE {chosen[1:]}", values)
        deleted = self._read(f"DELETE FROM message WHERE {chosen} RETURNING submission", values)
        self._read(
            "DELETE FROM submission WHERE key IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE message.submission = submission.key)",
            (to_json(sorted({key for (key,) in deleted})).decode(),),
        )
        self._retention.count(SUBMISSIONS, account, -len(deleted))
        self._changed.add(account)

    def _keep_used(self, chosen: str, values: tuple[Value, ...]) -> None:
        """Note the msgids of chosen messages, which are deleted next, so that no other message gets them."""
        self._read(
            f"INSERT INTO used_msgid SELECT msgid / {MSGIDS_PER_SECOND}, max(msgid) FROM message WHERE {chosen}"
            " GROUP BY 1 ON CONFLICT DO UPDATE SET greatest = max(greatest, excluded.greatest)",
            values,
        )
        self._read(
            "DELETE FROM used_msgid WHERE second <="
            " (SELECT second FROM used_msgid ORDER BY second DESC LIMIT 1 OFFSET ?)",
            (MAX_USED_SECONDS,),
        )

    def delete_reports(self, account: int, ids: Collection[int]) -> int:
        deleted = self._read(
            "DELETE FROM report WHERE +account = ? AND key IN (SELECT value FROM json_each(?)) RETURNING msgid",
            (account, to_json(tuple(ids)).decode()),
        )
        # Their messages are sent, and get no report.
        self._read(
            "INSERT OR IGNORE INTO unreported SELECT account, msgid FROM message WHERE +account = :account"
            " AND msgid IN (SELECT value FROM json_each(:msgids)) AND code = '0' AND NOT EXISTS"
            " (SELECT 1 FROM report WHERE +report.account = :account AND report.msgid = message.msgid)",
            {"account": account, "msgids": to_json([msgid for (msgid,) in deleted]).decode()},
        )
        self._changed.add(account)
        return len(deleted)

    def delete_upmsgs(self, account: int, ids: Collection[int]) -> int:
        deleted = self._read(
            "DELETE FROM upmsg WHERE +account = ? AND key IN (SELECT value FROM json_each(?)) RETURNING key",
            (account, to_json(tuple(ids)).decode()),
        )
        self._retention.count(UPMSGS, account, -len(deleted))
        self._changed.add(account)
        return len(deleted)

    def requeue_reports(self, account: int, ids: Collection[int], now: int) -> int:
        return self._requeue("report", account, ids, now)

    def requeue_upmsgs(self, account: int, ids: Collection[int], now: int) -> int:
        return self._requeue("upmsg", account, ids, now)

    def _requeue(self, table: str, account: int, ids: Collection[int], now: int) -> int:
        # After the clock was set back, their time lies in the future.
        requeued = self._read(
            f"UPDATE {table} SET fetched_at = NULL, due = min(due, ?) WHERE +account = ? AND fetched_at IS NOT NULL"
            " AND key IN (SELECT value FROM json_each(?)) RETURNING key",
            (now, account, to_json(tuple(ids)).decode()),
        )
        self._changed.add(account)
        return len(requeued)

    def apply_cap(self, account: int, now: int) -> None:
        submissions = self._retention.take_due(SUBMISSIONS, account, now)
        upmsgs = self._retention.take_due(UPMSGS, account, now)
        if submissions or upmsgs:
            self.record_events(account, now)
        if submissions:
            msgids = self._read(
                "SELECT msgid FROM message WHERE submission IN (SELECT value FROM json_each(?))",
                (to_json(submissions).decode(),),
            )
            self.delete_messages(account, [msgid for (msgid,) in msgids])
        if upmsgs:
            self.delete_upmsgs(account, upmsgs)
