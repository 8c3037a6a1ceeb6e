"""Every statement the store runs, and what it keeps at hand so as to run few."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from sqlite3 import Connection
from typing import Any

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import JournalEntry, Message, ReportRow, Standing, Submission
from ccell_fake.store.buffer import RowBuffer

JOURNAL_ENTRIES = 10_000
"""How many journal entries an account keeps; so do, together, the requests of no account."""

_NO_ACCOUNT = 0
_ROWS_AT_HAND = 2_000
_SPANS_AT_HAND = 256


@dataclass(slots=True)
class _AccountAtHand:
    """What every request asks of its account."""

    spent: int
    is_locked: bool
    reserved: int
    next_charge: int | None
    journaled: int

    def copy(self) -> "_AccountAtHand":
        """The same, to be kept as it is now; copy.copy takes ten times as long."""
        return _AccountAtHand(self.spent, self.is_locked, self.reserved, self.next_charge, self.journaled)


class SqliteLedger:
    """The engine's ledger on an SQLite connection, used by one thread at a time.

    A transaction's rows wait in a buffer. An SQL transaction is begun only when something is read from a table, or, for
    a durable ledger, when the transaction ends; rows of earlier ones are then written first, in one of their own.
    """

    def __init__(self, connection: Connection, *, is_durable: bool) -> None:
        """Work on a connection.

        Args:
            connection: Whose transactions this ledger begins and ends.
            is_durable: Whether what a transaction wrote has to be in the tables when it ends.
        """
        self._connection = connection
        self._is_durable = is_durable
        self._rows = RowBuffer()
        self._settled_rows = RowBuffer()
        self._accounts: dict[int, _AccountAtHand] = {}
        self._before: dict[int, _AccountAtHand] = {}
        self._settled_accounts: set[int] = set()
        self._greatest: dict[int, int | None] = {}
        self._span = (0, 0)
        (self._submissions,) = connection.execute("SELECT coalesce(max(key), 0) FROM submission").fetchone()

    def commit(self) -> None:
        """End the transaction and keep all it wrote."""
        if self._is_durable and (self._rows or self._before):
            self._begin()
        if self._connection.in_transaction:
            self._write(self._rows, self._before)
            self._connection.execute("COMMIT")
        else:
            self._rows.move_to(self._settled_rows)
            self._settled_accounts.update(self._before)
            if len(self._settled_rows) > _ROWS_AT_HAND:
                self._settle()
        self._before.clear()

    def rollback(self) -> None:
        """End the transaction and undo all it wrote."""
        self._rows.clear()
        self._greatest.clear()
        self._accounts.update(self._before)
        self._before.clear()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            self._accounts = {key: self._accounts[key] for key in self._settled_accounts}

    def account(self, userid: str) -> int:
        """The number of an account, given out when it is first asked for."""
        self._read("INSERT INTO account (userid) VALUES (?) ON CONFLICT DO NOTHING", userid)
        ((key,),) = self._read("SELECT key FROM account WHERE userid = ?", userid)
        return int(key)

    def standing(self, account: int, now: int) -> Standing:
        """How the account stands, once charges and refunds that have fallen due are taken in."""
        at_hand = self._at_hand(account)
        if at_hand.next_charge is not None and at_hand.next_charge <= now:
            ((fallen_due,),) = self._read(
                "SELECT sum(messages) FROM pending_charge WHERE account = ? AND due <= ?", account, now
            )
            self._read("DELETE FROM pending_charge WHERE account = ? AND due <= ?", account, now)
            at_hand = self._changing(account)
            at_hand.spent += fallen_due
            at_hand.reserved, at_hand.next_charge = self._pending(account)
        return Standing(at_hand.spent, at_hand.reserved, at_hand.is_locked)

    def _pending(self, account: int) -> tuple[int, int | None]:
        """What is going to be charged, refunds aside, and when the next charge or refund falls due."""
        ((reserved, next_charge),) = self._read(
            "SELECT coalesce(sum(max(messages, 0)), 0), min(due) FROM pending_charge WHERE account = ?", account
        )
        return reserved, next_charge

    def charge(self, account: int, messages: int, due: int | None = None) -> None:
        """Charge messages, or refund a negative number of them, at once or when an instant has come."""
        at_hand = self._changing(account)
        if due is None:
            at_hand.spent += messages
        else:
            self._rows.add("pending_charge", [(account, due, messages)])
            at_hand.reserved += max(messages, 0)
            at_hand.next_charge = due if at_hand.next_charge is None else min(due, at_hand.next_charge)

    def greatest_msgid(self, first: int, last: int) -> int | None:
        """The greatest serial number given out within a span."""
        self._span = (first, last)
        if first not in self._greatest:
            if len(self._greatest) >= _SPANS_AT_HAND:
                self._greatest.clear()
            ((self._greatest[first],),) = self._read(
                "SELECT max(msgid) FROM message WHERE msgid BETWEEN ? AND ?", first, last
            )
        return self._greatest[first]

    def add_messages(self, account: int, submission: Submission, messages: list[Message]) -> None:
        """Keep a submission with its messages."""
        self._submissions += 1
        key = self._submissions
        self._rows.add(
            "submission",
            [
                (
                    key,
                    account,
                    submission.content,
                    submission.linkid,
                    submission.spcode,
                    submission.submitted_at,
                    submission.due,
                )
            ],
        )
        self._rows.add("message", [(one.msgid, key, one.phone, one.code, one.charge) for one in messages])
        first, last = self._span
        if messages and first <= messages[0].msgid and messages[-1].msgid <= last:
            self._greatest[first] = messages[-1].msgid
        else:
            self._greatest.clear()

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Keep reports until they are fetched."""
        self._rows.add(
            "report",
            [
                (None, account, row.msgid, row.linkid, row.phone, row.due, row.status, row.info, row.due, None)
                for row in reports
            ],
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
        self._rows.add("upmsg", [(None, account, upmsg.spnumber, upmsg.phone, motime, upmsg.msgcontent, motime, None)])

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        """Hand out upstream messages that have come in, oldest first."""
        rows = self._take("upmsg", "motime, key, spnumber, phone, msgcontent", account, now, limit, again)
        return [Upmsg(spnumber, phone, from_micros(motime), text) for motime, _, spnumber, phone, text in rows]

    def _take(
        self, table: str, columns: str, account: int, now: int, limit: int, again: int | None
    ) -> list[tuple[Any, ...]]:
        """Take what waits, oldest first; the first two columns are the order it came in."""
        rows = self._read(
            f"UPDATE {table} SET due = coalesce(?1, due), fetched_at = iif(?1 IS NULL, ?2, NULL)"
            f" WHERE key IN (SELECT key FROM {table} WHERE account = ?3 AND fetched_at IS NULL AND due <= ?2"
            f" ORDER BY due, key LIMIT ?4) RETURNING {columns}",
            again,
            now,
            account,
            limit,
        )
        return sorted(rows, key=itemgetter(0, 1))

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Note an excess of threads; how many there were since an instant, this one included."""
        self._rows.add("excess", [(account, now)])
        self._read("DELETE FROM excess WHERE account = ? AND at < ?", account, since)
        ((count,),) = self._read("SELECT count(*) FROM excess WHERE account = ?", account)
        return int(count)

    def set_locked(self, account: int, *, is_locked: bool) -> None:
        """Lock or unlock an account; either way its excesses are forgotten."""
        self._changing(account).is_locked = is_locked
        self._read("DELETE FROM excess WHERE account = ?", account)

    def write(self, account: int | None, entry: JournalEntry) -> None:
        """Keep a journal entry; the oldest of an account fall out."""
        key = account or _NO_ACCOUNT
        at_hand = self._changing(key)
        at_hand.journaled += 1
        self._rows.add(
            "journal",
            [
                (
                    key,
                    at_hand.journaled,
                    entry.at,
                    entry.operation,
                    entry.peer,
                    entry.code,
                    entry.rule,
                    entry.basis,
                    entry.explanation,
                )
            ],
        )

    def journal(self, account: int | None) -> list[JournalEntry]:
        """The journal entries of an account that are still kept, oldest first."""
        key = account or _NO_ACCOUNT
        rows = self._read(
            "SELECT at, operation, peer, code, rule, basis, explanation FROM journal"
            " WHERE account = ? AND number > ? ORDER BY number",
            key,
            self._at_hand(key).journaled - JOURNAL_ENTRIES,
        )
        return [JournalEntry(*row) for row in rows]

    def _at_hand(self, account: int) -> _AccountAtHand:
        at_hand = self._accounts.get(account)
        if at_hand is None:
            rows = self._read("SELECT spent, locked FROM account WHERE key = ?", account)
            spent, locked = rows[0] if rows else (0, 0)
            reserved, next_charge = self._pending(account)
            ((journaled,),) = self._read("SELECT coalesce(max(number), 0) FROM journal WHERE account = ?", account)
            at_hand = self._accounts[account] = _AccountAtHand(spent, bool(locked), reserved, next_charge, journaled)
        return at_hand

    def _changing(self, account: int) -> _AccountAtHand:
        """What is at hand of an account, about to be changed by this transaction."""
        at_hand = self._at_hand(account)
        if account not in self._before:
            self._before[account] = at_hand.copy()
        return at_hand

    def _read(self, statement: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        """Run a statement on the tables, with everything in them that this ledger was told so far."""
        self._begin()
        return self._connection.execute(statement, values).fetchall()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._settle()
            self._connection.execute("BEGIN IMMEDIATE")
        self._rows.write(self._connection)

    def _settle(self) -> None:
        """Write what ended transactions left."""
        if self._settled_rows or self._settled_accounts:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(self._settled_rows, self._settled_accounts)
            self._connection.execute("COMMIT")
            self._settled_accounts.clear()

    def _write(self, rows: RowBuffer, accounts: Iterable[int]) -> None:
        rows.write(self._connection)
        for key in accounts:
            at_hand = self._accounts[key]
            self._connection.execute(
                "UPDATE account SET spent = ?, locked = ? WHERE key = ?", (at_hand.spent, at_hand.is_locked, key)
            )
            if at_hand.journaled > JOURNAL_ENTRIES:
                self._connection.execute(
                    "DELETE FROM journal WHERE account = ? AND number <= ?", (key, at_hand.journaled - JOURNAL_ENTRIES)
                )
