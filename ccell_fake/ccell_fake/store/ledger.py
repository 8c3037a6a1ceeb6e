"""Every statement by which the store changes, and what it keeps at hand so as to run few."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from sqlite3 import Connection
from typing import Any

from ccell_fake.clock import ClockSetting, from_micros, to_micros
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import AccountRow, BalanceRow, MessageRow, ReportRow, Submission
from ccell_fake.serialization import from_json, to_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.buffer import RowBuffer
from ccell_fake.store.inspection import SqliteInspection, Value
from ccell_fake.store.schema import OF_AN_ACCOUNT

JOURNAL_ENTRIES = 10_000
"""How many journal entries an account keeps unless told otherwise; so do, together, the requests of no account."""

NO_ACCOUNT = 0
"""The number under which the requests of no account are kept."""

_ROWS_AT_HAND = 2_000
_SPANS_AT_HAND = 256
_SECOND = 1_000_000
_ENTRIES_TO_SPARE = 1_000

# With the columns that a row begins with; SQLite fills in the others faster than it takes NULL for them.
_REPORT = "report (account, msgid, linkid, phone, recvtime, status, info, due)"
_UPMSG = "upmsg (account, spnumber, phone, motime, msgcontent, due)"


@dataclass(slots=True)
class _AccountAtHand:
    """What every request asks of its account."""

    spent: int
    locked_at: int | None
    reserved: int
    next_charge: int | None
    journaled: int
    faults: tuple[FaultStatus, ...]
    faults_written: tuple[FaultStatus, ...] = ()

    def copy(self) -> "_AccountAtHand":
        """The same, to be kept as it is now; copy.copy takes ten times as long."""
        return _AccountAtHand(
            self.spent,
            self.locked_at,
            self.reserved,
            self.next_charge,
            self.journaled,
            self.faults,
            self.faults_written,
        )


class SqliteLedger:
    """The engine's ledger on an SQLite connection, used by one thread at a time.

    A transaction's rows wait in a buffer. An SQL transaction is begun only when something is read from a table, or, for
    a durable ledger, when the transaction ends; rows of earlier ones are then written first, in one of their own.
    """

    def __init__(self, connection: Connection, *, is_durable: bool, journal_entries: int = JOURNAL_ENTRIES) -> None:
        """Work on a connection.

        Args:
            connection: Whose transactions this ledger begins and ends.
            is_durable: Whether what a transaction wrote has to be in the tables when it ends.
            journal_entries: How many journal entries an account keeps.
        """
        self._connection = connection
        self._is_durable = is_durable
        self._journal_entries = journal_entries
        self.inspect: SqliteInspection = SqliteInspection(self._read, journal_entries)
        self._changed: set[int] = set()
        self._rows = RowBuffer()
        self._settled_rows = RowBuffer()
        self._accounts: dict[int, _AccountAtHand] = {}
        self._before: dict[int, _AccountAtHand] = {}
        self._settled_accounts: set[int] = set()
        self._greatest: dict[tuple[int, int], int | None] = {}
        (self._submissions,) = connection.execute("SELECT coalesce(max(key), 0) FROM submission").fetchone()
        self._number: int
        (self._number,) = connection.execute(
            "SELECT max((SELECT coalesce(max(position), 0) FROM journal), (SELECT coalesce(max(id), 0) FROM fault),"
            " (SELECT max(last_dropped) FROM account), (SELECT number FROM high_water))"
        ).fetchone()

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
                self.settle_all()
        self._before.clear()

    def take_changed(self) -> frozenset[int]:
        """The accounts of which something changed since this was last asked."""
        changed = frozenset(self._changed)
        self._changed.clear()
        return changed

    def rollback(self) -> None:
        """End the transaction and undo all it wrote."""
        self._changed.clear()
        self._rows.clear()
        self._greatest.clear()
        self._accounts.update(self._before)
        self._before.clear()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            self._accounts = {key: self._accounts[key] for key in self._settled_accounts}

    def account(self, userid: str) -> int:
        """The number of an account, given out when it is first asked for."""
        rows = self._read("SELECT key FROM account WHERE userid = ?", (userid,))
        if not rows:
            rows = self._read("INSERT INTO account (userid) VALUES (?) RETURNING key", (userid,))
        return int(rows[0][0])

    def accounts(self) -> list[AccountRow]:
        """The accounts that were open when the store was closed, in the order of opening."""
        rows = self._read("SELECT key, settings, offset, frozen_at FROM account WHERE settings <> '' ORDER BY key", ())
        return [
            AccountRow(key, from_json(AccountSettings, text), ClockSetting(offset, frozen_at))
            for key, text, offset, frozen_at in rows
        ]

    def keep_account(self, row: AccountRow) -> None:
        """Keep an account's settings and how its clock stands."""
        self._read(
            "UPDATE account SET settings = ?, offset = ?, frozen_at = ? WHERE key = ?",
            (to_json(row.settings).decode(), row.clock.offset, row.clock.frozen_at, row.key),
        )
        self._changed.add(row.key)

    def forget(self, account: int) -> None:
        """Forget an account and everything that hangs on it."""
        self._read("DELETE FROM message WHERE submission IN (SELECT key FROM submission WHERE account = ?)", (account,))
        for table in ("submission", *OF_AN_ACCOUNT):
            self._read(f"DELETE FROM {table} WHERE account = ?", (account,))
        self._read("DELETE FROM account WHERE key = ?", (account,))
        self._read("UPDATE high_water SET number = ?", (self._number,))
        self._accounts.pop(account, None)
        self._before.pop(account, None)
        self._greatest = {place: msgid for place, msgid in self._greatest.items() if place[0] != account}
        self._changed.add(account)

    def standing(self, account: int, now: int) -> BalanceRow:
        """How the account stands, once charges and refunds that have fallen due are taken in."""
        at_hand = self._at_hand(account)
        if at_hand.next_charge is not None and at_hand.next_charge <= now:
            ((fallen_due,),) = self._read(
                "SELECT sum(messages) FROM pending_charge WHERE account = ? AND due <= ?", (account, now)
            )
            self._read("DELETE FROM pending_charge WHERE account = ? AND due <= ?", (account, now))
            at_hand = self._changing(account)
            at_hand.spent += fallen_due
            at_hand.reserved, at_hand.next_charge = self._pending(account)
        return BalanceRow(at_hand.spent, at_hand.reserved, at_hand.locked_at)

    def _pending(self, account: int) -> tuple[int, int | None]:
        """What is going to be charged, refunds aside, and when the next charge or refund falls due."""
        ((reserved, next_charge),) = self._read(
            "SELECT coalesce(sum(max(messages, 0)), 0), min(due) FROM pending_charge WHERE account = ?",
            (account,),
        )
        return reserved, next_charge

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        """Charge messages, or refund a negative number of them for one message, at once or when an instant has come."""
        at_hand = self._changing(account)
        if due is None:
            at_hand.spent += messages
        else:
            self._rows.add("pending_charge", [(account, due, messages, msgid)])
            at_hand.reserved += max(messages, 0)
            at_hand.next_charge = due if at_hand.next_charge is None else min(due, at_hand.next_charge)

    def greatest_msgid(self, account: int, second: int) -> int | None:
        """The greatest serial number that an account's messages of a second have, named by its first microsecond."""
        place = account, second
        if place not in self._greatest:
            if len(self._greatest) >= _SPANS_AT_HAND:
                self._greatest.clear()
            ((self._greatest[place],),) = self._read(
                "SELECT max(m.msgid) FROM submission s JOIN message m ON m.submission = s.key"
                " WHERE s.account = ? AND s.submitted_at >= ? AND s.submitted_at < ?",
                (account, second, second + _SECOND),
            )
        return self._greatest[place]

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        """Keep a submission with its messages; its request is the one whose journal entry is written next."""
        self._submissions += 1
        key, one = self._submissions, submission
        row = key, account, self._number + 1, one.content, one.linkid, one.spcode, one.submitted_at, one.due
        self._rows.add("submission", [row])
        self._rows.add("message", [(key, *message) for message in messages])
        if messages:
            self._greatest[account, one.submitted_at - one.submitted_at % _SECOND] = messages[-1].msgid

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        """Keep reports until they are fetched."""
        self._rows.add(_REPORT, [(account, *row, row.due) for row in reports])
        self._changed.add(account)

    def settle(self, account: int, row: ReportRow) -> None:
        """Put a report in the place of those a message was going to have, and undo the refund that hung on them."""
        ((refund,),) = self._read(
            "SELECT sum(messages) FROM pending_charge WHERE account = ? AND msgid = ?", (account, row.msgid)
        )
        if refund:
            self._read("DELETE FROM pending_charge WHERE account = ? AND msgid = ?", (account, row.msgid))
            at_hand = self._changing(account)
            at_hand.reserved, at_hand.next_charge = self._pending(account)
        self._read("DELETE FROM report WHERE account = ? AND msgid = ?", (account, row.msgid))
        self.add_reports(account, (row,))

    def cost_of(self, account: int, msgid: int) -> int:
        """What a message cost."""
        rows = self._read(
            "SELECT m.charge FROM submission s JOIN message m ON m.submission = s.key"
            " WHERE s.account = ? AND m.msgid = ?",
            (account, msgid),
        )
        return int(rows[0][0]) if rows else 0

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
        self._rows.add(_UPMSG, [(account, upmsg.spnumber, upmsg.phone, motime, upmsg.msgcontent, motime)])
        self._changed.add(account)

    def opt_out(self, account: int, phone: str, since: int) -> None:
        """Note that a phone wants no more messages from an instant on."""
        self._rows.add("opt_out", [(account, phone, since)])

    def opted_out(self, account: int, now: int) -> frozenset[str]:
        """The phones that want no more messages."""
        rows = self._read("SELECT phone FROM opt_out WHERE account = ? AND since <= ?", (account, now))
        return frozenset(phone for (phone,) in rows)

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
            (again, now, account, limit),
        )
        self._changed.add(account)
        return sorted(rows, key=itemgetter(0, 1))

    def count_excess(self, account: int, now: int, since: int) -> int:
        """Note an excess of threads; how many there were since an instant, this one included."""
        self._rows.add("excess", [(account, now)])
        # A clock that was set back leaves excesses ahead of it.
        self._read("DELETE FROM excess WHERE account = ? AND (at < ? OR at > ?)", (account, since, now))
        ((count,),) = self._read("SELECT count(*) FROM excess WHERE account = ?", (account,))
        return int(count)

    def set_locked(self, account: int, at: int | None) -> None:
        """Lock an account at an instant, or unlock it; either way its excesses are forgotten."""
        self._changing(account).locked_at = at
        self._read("DELETE FROM excess WHERE account = ?", (account,))
        self._changed.add(account)

    def faults(self, account: int) -> tuple[FaultStatus, ...]:
        """The faults of an account, in the order of arranging."""
        return self._at_hand(account).faults

    def add_fault(self, account: int, fault: Fault) -> FaultStatus:
        """Arrange a fault behind those that are there."""
        self._number += 1
        row = FaultStatus(self._number, fault, 0, 0, fault.times)
        self._rows.add("fault", [(account, row.id, to_json(fault).decode(), 0, 0)])
        at_hand = self._changing(account)
        at_hand.faults = (*at_hand.faults, row)
        self._changed.add(account)
        return row

    def drop_faults(self, account: int, ids: Iterable[int]) -> None:
        """Take faults away."""
        dropped = set(ids)
        for id_ in dropped:
            self._read("DELETE FROM fault WHERE account = ? AND id = ?", (account, id_))
        at_hand = self._changing(account)
        at_hand.faults = tuple(row for row in at_hand.faults if row.id not in dropped)
        self._changed.add(account)

    def count_faults(self, account: int, faults: tuple[FaultStatus, ...]) -> None:
        """Keep the counts of the faults of an account."""
        self._changing(account).faults = faults

    def write(self, account: int | None, entry: JournalEntry) -> int:
        """Keep a journal entry and return its position. The oldest entries of an account are dropped."""
        key = account or NO_ACCOUNT
        self._changing(key).journaled += 1
        self._number += 1
        self._rows.add(
            "journal",
            [
                (
                    key,
                    self._number,
                    to_micros(entry.at),
                    entry.operation,
                    entry.peer,
                    entry.place,
                    entry.request,
                    entry.answer,
                    entry.delivery,
                    entry.items,
                    entry.code,
                    entry.rule,
                    entry.basis,
                    entry.explanation,
                    entry.duration,
                )
            ],
        )
        self._changed.add(key)
        return self._number

    def _at_hand(self, account: int) -> _AccountAtHand:
        at_hand = self._accounts.get(account)
        if at_hand is None:
            rows = self._read("SELECT spent, locked_at FROM account WHERE key = ?", (account,))
            spent, locked_at = rows[0] if rows else (0, None)
            reserved, next_charge = self._pending(account)
            ((journaled,),) = self._read("SELECT count(*) FROM journal WHERE account = ?", (account,))
            faults = tuple(
                _fault_status(id_, from_json(Fault, text), matched, applied)
                for id_, text, matched, applied in self._read(
                    "SELECT id, fault, matched, applied FROM fault WHERE account = ? ORDER BY id", (account,)
                )
            )
            at_hand = _AccountAtHand(spent, locked_at, reserved, next_charge, journaled, faults, faults)
            self._accounts[account] = at_hand
        return at_hand

    def _changing(self, account: int) -> _AccountAtHand:
        """What is at hand of an account, about to be changed by this transaction."""
        at_hand = self._at_hand(account)
        if account not in self._before:
            self._before[account] = at_hand.copy()
        return at_hand

    def _read(self, statement: str, values: tuple[Value, ...] | dict[str, Value]) -> list[tuple[Any, ...]]:
        """Run a statement on the tables, with everything in them that this ledger was told so far."""
        self._begin()
        return self._connection.execute(statement, values).fetchall()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self.settle_all()
            self._connection.execute("BEGIN IMMEDIATE")
        self._rows.write(self._connection)

    def settle_all(self) -> None:
        """Write into the tables what ended transactions left."""
        if self._settled_rows or self._settled_accounts:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(self._settled_rows, self._settled_accounts)
            self._connection.execute("COMMIT")
            self._settled_accounts.clear()

    def _write(self, rows: RowBuffer, accounts: Iterable[int]) -> None:
        rows.write(self._connection)
        for key in accounts:
            if key in self._accounts:
                self._write_account(key, self._accounts[key])

    def _write_account(self, key: int, at_hand: _AccountAtHand) -> None:
        execute = self._connection.execute
        execute("UPDATE account SET spent = ?, locked_at = ? WHERE key = ?", (at_hand.spent, at_hand.locked_at, key))
        for row in at_hand.faults:
            if row not in at_hand.faults_written:
                values = row.matched, row.applied, key, row.id
                execute("UPDATE fault SET matched = ?, applied = ? WHERE account = ? AND id = ?", values)
        at_hand.faults_written = at_hand.faults
        if at_hand.journaled > self._journal_entries + _ENTRIES_TO_SPARE:
            (dropped,) = execute(
                "SELECT position FROM journal WHERE account = ? ORDER BY position DESC LIMIT 1 OFFSET ?",
                (key, self._journal_entries),
            ).fetchone()
            execute("UPDATE account SET last_dropped = ? WHERE key = ?", (dropped, key))
            execute("DELETE FROM journal WHERE account = ? AND position <= ?", (key, dropped))
            at_hand.journaled = self._journal_entries


def _fault_status(id_: int, fault: Fault, matched: int, applied: int) -> FaultStatus:
    return FaultStatus(id_, fault, matched, applied, None if fault.times is None else fault.times - applied)
