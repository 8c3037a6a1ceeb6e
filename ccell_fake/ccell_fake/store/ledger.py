"""The statements that change the store. `ccell_fake.engine.ledger.Ledger` describes each method."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import JournalEntry
from ccell_fake.limits import MSGIDS_PER_SECOND
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import NO_ACCOUNT, BalanceRow, MessageRow, Met, ReportRow, Submission
from ccell_fake.serialization import to_json
from ccell_fake.store.buffer import ADD_MET
from ccell_fake.store.open_accounts import OpenAccounts
from ccell_fake.store.retention import SUBMISSIONS, UPMSGS
from ccell_fake.store.schema import OF_AN_ACCOUNT

SEQIDS = 100_000
"""Seqids that an account remembers, the latest ones."""

_MAX_CACHED_SECONDS = 10_000

# Only the columns with values: SQLite fills in the others faster than it takes NULL for them.
_MESSAGE = "message (account, submission, msgid, phone, code, info, charge)"
_REPORT = "report (account, msgid, linkid, phone, recvtime, status, info, due)"
_STRAY_REPORT = "report (account, msgid, linkid, phone, recvtime, status, info, due, stray)"
_OPT_OUT = "opt_out (account, phone, since)"
_UPMSG = "upmsg (account, spnumber, phone, motime, msgcontent, due)"

_ENTRY = attrgetter(
    *("peer", "place", "request", "answer", "delivery"),
    *("items", "code", "rule", "basis", "explanation", "duration"),
)


class SqliteLedger(OpenAccounts):
    """The engine's ledger on an SQLite connection, for one thread at a time."""

    def forget_strays(self) -> None:
        self._read("DELETE FROM journal WHERE account = ?", (NO_ACCOUNT,))
        self._read("UPDATE account SET last_dropped = 0 WHERE key = ?", (NO_ACCOUNT,))
        self._read("UPDATE high_water SET number = ?", (self._number,))
        self._modify(NO_ACCOUNT).journaled = 0
        self._changed.add(NO_ACCOUNT)

    def forget(self, account: int) -> None:
        self._record_end(account, NO_ACCOUNT)
        self._keep_used("account = ?", (account,))
        self._end(account)
        for table in OF_AN_ACCOUNT:
            self._read(f"DELETE FROM {table} WHERE account = ?", (account,))
        self._read("DELETE FROM account WHERE key = ?", (account,))
        self._read("UPDATE high_water SET number = ?", (self._number,))
        self._accounts.pop(account, None)
        self._before.pop(account, None)
        self._retention.forget(account)
        self._logged.pop(account, None)
        self._changed.add(account)

    def balance(self, account: int, now: int) -> BalanceRow:
        cached = self._load(account)
        if cached.next_charge is not None and cached.next_charge <= now:
            ((fallen_due,),) = self._read(
                "SELECT sum(messages) FROM pending_charge WHERE account = ? AND due <= ?", (account, now)
            )
            self._read("DELETE FROM pending_charge WHERE account = ? AND due <= ?", (account, now))
            cached = self._modify(account)
            cached.spent += fallen_due
            cached.reserved, cached.next_charge = self._pending(account)
        return BalanceRow(cached.spent, cached.reserved, cached.locked_at)

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        cached = self._modify(account)
        if due is None:
            cached.spent += messages
        else:
            self._rows.add("pending_charge", [(account, due, messages, msgid)])
            cached.reserved += max(messages, 0)
            cached.next_charge = due if cached.next_charge is None else min(due, cached.next_charge)

    def reserve_msgids(self, second: int, start: int, width: int) -> int:  # noqa: ARG002 - nobody else sends meanwhile
        if second not in self._greatest:
            if len(self._greatest) >= _MAX_CACHED_SECONDS:
                self._greatest.clear()
            ((greatest,),) = self._read(
                "SELECT max(greatest) FROM (SELECT max(msgid) AS greatest FROM message"
                " WHERE msgid >= :second AND msgid < :second + :msgids"
                " UNION ALL SELECT greatest FROM used_msgid WHERE second = :second / :msgids)",
                {"second": second, "msgids": MSGIDS_PER_SECOND},
            )
            self._greatest[second] = greatest or 0
        return max(self._greatest[second], start)

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        self._submissions += 1
        key, one = self._submissions, submission
        row = key, account, self._number + 1, one.content, one.linkid, one.spcode, one.submitted_at, one.due
        self._rows.add("submission", [row])
        self._rows.add(_MESSAGE, [(account, key, *message) for message in messages])
        if messages:
            last = messages[-1].msgid
            self._greatest[last - last % MSGIDS_PER_SECOND] = last
        self._retention.count(SUBMISSIONS, account, len(messages), submission.submitted_at)

    def add_unreported(self, account: int, msgids: Iterable[int]) -> None:
        self._rows.add("unreported", [(account, msgid) for msgid in msgids])

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        self._rows.add(_REPORT, [(account, *row, row.due) for row in reports])
        self._changed.add(account)

    def add_stray_report(self, account: int, msgid: str, row: ReportRow) -> None:
        self._rows.add(_STRAY_REPORT, [(account, *row, row.due, msgid)])
        self._changed.add(account)

    def settle(self, account: int, row: ReportRow) -> None:
        ((refund,),) = self._read(
            "SELECT sum(messages) FROM pending_charge WHERE account = ? AND msgid = ?", (account, row.msgid)
        )
        if refund:
            self._read("DELETE FROM pending_charge WHERE account = ? AND msgid = ?", (account, row.msgid))
            cached = self._modify(account)
            cached.reserved, cached.next_charge = self._pending(account)
        self._read("DELETE FROM report WHERE account = ? AND msgid = ?", (account, row.msgid))
        self.add_reports(account, (row,))

    def cost_of(self, account: int, msgid: int) -> int:
        rows = self._read("SELECT charge FROM message WHERE account = ? AND msgid = ?", (account, msgid))
        return int(rows[0][0]) if rows else 0

    def take_reports(self, account: int, now: int, limit: int, again: int | None) -> list[Report]:
        rows = self._take(
            "report", "recvtime, key, coalesce(stray, msgid), linkid, phone, status, info", account, now, limit, again
        )
        return [
            Report(str(msgid), linkid, phone, from_micros(recvtime), status, info)
            for recvtime, _, msgid, linkid, phone, status, info in rows
        ]

    def add_upmsg(self, account: int, upmsg: Upmsg) -> None:
        motime = to_micros(upmsg.motime)
        self._rows.add(_UPMSG, [(account, upmsg.spnumber, upmsg.phone, motime, upmsg.msgcontent, motime)])
        self._retention.count(UPMSGS, account, 1, motime)
        self._changed.add(account)

    def opt_out(self, account: int, phone: str, since: int) -> None:
        self._rows.add(_OPT_OUT, [(account, phone, since)])

    def opted_out(self, account: int, now: int) -> frozenset[str]:
        rows = self._read("SELECT phone FROM opt_out WHERE account = ? AND since <= ?", (account, now))
        return frozenset(phone for (phone,) in rows)

    def take_upmsgs(self, account: int, now: int, limit: int, again: int | None) -> list[Upmsg]:
        rows = self._take("upmsg", "motime, key, spnumber, phone, msgcontent", account, now, limit, again)
        return [Upmsg(spnumber, phone, from_micros(motime), text) for motime, _, spnumber, phone, text in rows]

    def _take(
        self, table: str, columns: str, account: int, now: int, limit: int, again: int | None
    ) -> list[tuple[Any, ...]]:
        """Take the rows that are due, oldest first. The first two columns are the order."""
        # They come in before they are handed out.
        self.record_events(account, now)
        rows = self._read(
            f"UPDATE {table} SET due = coalesce(:again, due), fetched_at = iif(:again IS NULL, :now, NULL)"
            f" WHERE key IN (SELECT key FROM {table} WHERE account = :account AND fetched_at IS NULL AND due <= :now"
            f" ORDER BY due, key LIMIT :limit) RETURNING {columns}",
            {"again": again, "now": now, "account": account, "limit": limit},
        )
        self._changed.add(account)
        return sorted(rows, key=itemgetter(0, 1))

    def use_seqid(self, account: int, seqid: str) -> bool:
        if self._read("SELECT 1 FROM seqid WHERE account = ? AND seqid = ?", (account, seqid)):
            return False
        ((number,),) = self._read("SELECT coalesce(max(number), 0) + 1 FROM seqid WHERE account = ?", (account,))
        self._read("INSERT INTO seqid (account, number, seqid) VALUES (?, ?, ?)", (account, number, seqid))
        self._read("DELETE FROM seqid WHERE account = ? AND number <= ?", (account, number - SEQIDS))
        return True

    def count_excess(self, account: int, now: int, since: int) -> int:
        self._rows.add("excess", [(account, now)])
        # After the clock was set back, some excesses lie in the future.
        self._read("DELETE FROM excess WHERE account = ? AND (at < ? OR at > ?)", (account, since, now))
        ((count,),) = self._read("SELECT count(*) FROM excess WHERE account = ?", (account,))
        return int(count)

    def set_locked(self, account: int, at: int | None) -> None:
        self._modify(account).locked_at = at
        self._read("DELETE FROM excess WHERE account = ?", (account,))
        self._changed.add(account)

    def faults(self, account: int) -> tuple[FaultStatus, ...]:
        return self._load(account).faults

    def add_fault(self, account: int, fault: Fault) -> FaultStatus:
        self._number += 1
        row = FaultStatus(self._number, fault, 0, 0, fault.times)
        # Loaded before the row is written, or the cached faults would have it twice.
        cached = self._modify(account)
        cached.faults = (*cached.faults, row)
        self._rows.add("fault", [(account, row.id, to_json(fault).decode(), 0, 0)])
        self._changed.add(account)
        return row

    def drop_faults(self, account: int, ids: Iterable[int]) -> None:
        dropped = set(ids)
        for id_ in dropped:
            self._read("DELETE FROM fault WHERE account = ? AND id = ?", (account, id_))
        cached = self._modify(account)
        cached.faults = tuple(row for row in cached.faults if row.id not in dropped)
        self._changed.add(account)

    def count_faults(self, account: int, faults: tuple[FaultStatus, ...]) -> None:
        self._modify(account).faults = faults

    def count_met(self, account: int | None, met: Iterable[Met], at: datetime) -> None:
        self._rows.count(account or NO_ACCOUNT, met, at)

    def hand_over_met(self, account: int, to: int | None) -> None:
        self._read(
            "INSERT INTO met SELECT ?, kind, name, count, first_at, last_at FROM met WHERE account = ?" + ADD_MET,
            (to or NO_ACCOUNT, account),
        )
        self._read("DELETE FROM met WHERE account = ?", (account,))

    def write(self, account: int | None, entry: JournalEntry) -> int:
        key = account or NO_ACCOUNT
        self._modify(key).journaled += 1
        self._number += 1
        row = (key, self._number, to_micros(entry.at), entry.operation or "", entry.door or "", *_ENTRY(entry))
        self._rows.add("journal", [row])
        self._changed.add(key)
        if account is not None:
            self.apply_cap(account, row[2])
        return self._number
