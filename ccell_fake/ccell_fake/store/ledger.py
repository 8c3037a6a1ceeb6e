"""Every statement the store runs, one function each, within a transaction that is someone else's affair."""

from collections.abc import Iterable
from operator import itemgetter
from sqlite3 import Connection
from typing import Any

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import JournalEntry, Message, ReportRow, Standing, Submission

JOURNAL_ENTRIES = 10_000
"""How many journal entries an account keeps; so do, together, the requests of no account."""

NO_ACCOUNT = 0


class SqliteLedger:
    """The engine's ledger on an SQLite connection with an open transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._execute = connection.execute
        self._executemany = connection.executemany

    def account(self, userid: str) -> int:
        """The number of an account, given out when it is first asked for."""
        self._execute("INSERT INTO account (userid) VALUES (?) ON CONFLICT DO NOTHING", (userid,))
        (key,) = self._execute("SELECT key FROM account WHERE userid = ?", (userid,)).fetchone()
        return int(key)

    def standing(self, account: int, now: int) -> Standing:
        """How the account stands, once charges and refunds that have fallen due are taken in."""
        fallen_due = "FROM pending_charge WHERE account = ? AND due <= ?"
        count, messages = self._execute(f"SELECT count(*), sum(messages) {fallen_due}", (account, now)).fetchone()
        if count:
            self.charge(account, messages)
            self._execute(f"DELETE {fallen_due}", (account, now))
        spent, locked = self._execute("SELECT spent, locked FROM account WHERE key = ?", (account,)).fetchone()
        return Standing(spent, bool(locked))

    def charge(self, account: int, messages: int, due: int | None = None) -> None:
        """Charge messages, or refund a negative number of them, at once or when an instant has come."""
        if due is None:
            self._execute("UPDATE account SET spent = spent + ? WHERE key = ?", (messages, account))
        else:
            self._execute("INSERT INTO pending_charge VALUES (?, ?, ?)", (account, due, messages))

    def greatest_msgid(self, first: int, last: int) -> int | None:
        """The greatest serial number given out within a span."""
        (msgid,) = self._execute("SELECT max(msgid) FROM message WHERE msgid BETWEEN ? AND ?", (first, last)).fetchone()
        return None if msgid is None else int(msgid)

    def add_messages(self, account: int, submission: Submission, messages: Iterable[Message]) -> None:
        """Keep a submission with its messages."""
        key = self._execute(
            "INSERT INTO submission (account, content, linkid, spcode, submitted_at, due) VALUES (?, ?, ?, ?, ?, ?)",
            (
                account,
                submission.content,
                submission.linkid,
                submission.spcode,
                submission.submitted_at,
                submission.due,
            ),
        ).lastrowid
        self._executemany(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?)",
            [(message.msgid, key, message.phone, message.code, message.charge) for message in messages],
        )

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Keep reports until they are fetched."""
        self._executemany(
            "INSERT INTO report (account, msgid, linkid, phone, recvtime, status, info, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(account, row.msgid, row.linkid, row.phone, row.due, row.status, row.info, row.due) for row in reports],
        )

    def take_reports(self, account: int, now: int, limit: int, again: int | None) -> list[Report]:
        """Hand out reports that have come in, oldest first."""
        rows = self._take("report", "recvtime, key, msgid, linkid, phone, status, info", account, now, limit, again)
        return [
            Report(str(msgid), linkid, phone, from_micros(recvtime), status, info)
            for recvtime, _, msgid, linkid, phone, status, info in rows
        ]

    def add_upmsg(self, account: int, upmsg: Upmsg) -> None:
        """Keep an upstream message until it is fetched."""
        motime = to_micros(upmsg.motime)
        self._execute(
            "INSERT INTO upmsg (account, spnumber, phone, motime, msgcontent, due) VALUES (?, ?, ?, ?, ?, ?)",
            (account, upmsg.spnumber, upmsg.phone, motime, upmsg.msgcontent, motime),
        )

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        """Hand out upstream messages that have come in, oldest first."""
        rows = self._take("upmsg", "motime, key, spnumber, phone, msgcontent", account, now, limit, again)
        return [Upmsg(spnumber, phone, from_micros(motime), text) for motime, _, spnumber, phone, text in rows]

    def _take(
        self, table: str, columns: str, account: int, now: int, limit: int, again: int | None
    ) -> list[tuple[Any, ...]]:
        """Take what waits, oldest first; the first two columns are the order it came in."""
        taken = self._execute(
            f"UPDATE {table} SET due = coalesce(:again, due), fetched_at = iif(:again IS NULL, :now, NULL)"
            f" WHERE key IN (SELECT key FROM {table} WHERE account = :account AND fetched_at IS NULL AND due <= :now"
            f" ORDER BY due, key LIMIT :limit) RETURNING {columns}",
            {"account": account, "now": now, "limit": limit, "again": again},
        )
        return sorted(taken.fetchall(), key=itemgetter(0, 1))

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Note an excess of threads; how many there were since an instant, this one included."""
        self._execute("DELETE FROM excess WHERE account = ? AND at < ?", (account, since))
        self._execute("INSERT INTO excess VALUES (?, ?)", (account, now))
        (count,) = self._execute("SELECT count(*) FROM excess WHERE account = ?", (account,)).fetchone()
        return int(count)

    def set_locked(self, account: int, *, is_locked: bool) -> None:
        """Lock or unlock an account; either way its excesses are forgotten."""
        self._execute("UPDATE account SET locked = ? WHERE key = ?", (is_locked, account))
        self._execute("DELETE FROM excess WHERE account = ?", (account,))

    def write(self, account: int | None, entry: JournalEntry) -> None:
        """Keep a journal entry; the oldest of an account fall out."""
        written = self._execute(
            "INSERT INTO journal SELECT :account, coalesce(max(number), 0) + 1,"
            " :at, :operation, :peer, :code, :rule, :basis, :explanation"
            " FROM journal WHERE account = :account RETURNING number",
            {
                "account": account or NO_ACCOUNT,
                "at": entry.at,
                "operation": entry.operation,
                "peer": entry.peer,
                "code": entry.code,
                "rule": entry.rule,
                "basis": entry.basis,
                "explanation": entry.explanation,
            },
        )
        (number,) = written.fetchone()
        self._execute(
            "DELETE FROM journal WHERE account = ? AND number <= ?",
            (account or NO_ACCOUNT, number - JOURNAL_ENTRIES),
        )

    def journal(self, account: int | None) -> list[JournalEntry]:
        """The journal entries of an account that are still kept, oldest first."""
        rows = self._execute(
            "SELECT at, operation, peer, code, rule, basis, explanation FROM journal WHERE account = ? ORDER BY number",
            (account or NO_ACCOUNT,),
        )
        return [JournalEntry(*row) for row in rows]
