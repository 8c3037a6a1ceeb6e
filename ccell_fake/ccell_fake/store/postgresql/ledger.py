"""The ledger of one transaction. `ccell_fake.engine.ledger.Ledger` describes each method."""

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any

from ccell_fake.clock import from_micros, to_micros
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Report, Upmsg
from ccell_fake.records import NO_ACCOUNT, BalanceRow, MessageRow, Met, ReportRow, Submission
from ccell_fake.store.ledger import SEQIDS
from ccell_fake.store.postgresql.open_accounts import OpenAccounts
from ccell_fake.store.postgresql.tables import columns_of, fault_row

_SUBMISSION, _UPMSG, _ENTRY = columns_of(Submission), columns_of(Upmsg), columns_of(JournalEntry)


class PostgresqlLedger(OpenAccounts):
    """The engine's ledger on a connection to PostgreSQL, for one transaction."""

    def balance(self, account: int, now: int) -> BalanceRow:
        state = self._load(account)
        if state.next_charge is not None and state.next_charge <= now:
            if not self._is_locked(account):
                ((fallen_due, reserved),) = self._read(
                    "SELECT coalesce(sum(messages) FILTER (WHERE due <= %(now)s), 0)::bigint,"
                    " coalesce(sum(greatest(messages, 0)) FILTER (WHERE due > %(now)s), 0)::bigint"
                    " FROM pending_charge WHERE account = %(account)s",
                    {"account": account, "now": now},
                )
                return BalanceRow(state.spent + fallen_due, reserved, state.locked_at)
            ((fallen_due,),) = self._read(
                "WITH fallen AS (DELETE FROM pending_charge WHERE account = %(account)s AND due <= %(now)s"
                " RETURNING messages) SELECT coalesce(sum(messages), 0)::bigint FROM fallen",
                {"account": account, "now": now},
            )
            self._modify(account).spent += fallen_due
            self._read_pending(account)
        return BalanceRow(state.spent, state.reserved, state.locked_at)

    def _read_pending(self, account: int) -> None:
        """Read the sum of future charges without refunds, and when the next charge or refund is due."""
        state = self._modify(account)
        ((state.reserved, state.next_charge),) = self._read(
            "SELECT coalesce(sum(greatest(messages, 0)), 0)::bigint, min(due) FROM pending_charge"
            " WHERE account = %(account)s",
            {"account": account},
        )

    def charge(self, account: int, messages: int, due: int | None = None, msgid: int | None = None) -> None:
        state = self._modify(account)
        if due is None:
            state.spent += messages
        else:
            self._add("pending_charge", [{"account": account, "due": due, "messages": messages, "msgid": msgid}])
            state.reserved += max(messages, 0)
            state.next_charge = due if state.next_charge is None else min(due, state.next_charge)

    def reserve_msgids(self, second: int, start: int, width: int) -> int:
        return self._reserve(second, start, width)

    def add_messages(self, account: int, submission: Submission, messages: list[MessageRow]) -> None:
        position = self._next_position()
        self._has_submissions = True
        # A place in the buffer, in place of the key.
        key = len(self._rows.get("submission", ())) + 1
        self._add("submission", [{"key": key, "account": account, "position": position, **_SUBMISSION(submission)}])
        self._add("message", [{"account": account, "submission": key, **message._asdict()} for message in messages])

    def add_unreported(self, account: int, msgids: Iterable[int]) -> None:
        self._add("unreported", [{"account": account, "msgid": msgid} for msgid in msgids])

    def add_reports(self, account: int, reports: Iterable[ReportRow]) -> None:
        self._add("report", [{"account": account, **row._asdict()} for row in reports])
        self.changed.add(account)

    def add_stray_report(self, account: int, msgid: str, row: ReportRow) -> None:
        self._add("report", [{"account": account, "stray": msgid, **row._asdict()}])
        self.changed.add(account)

    def settle(self, account: int, row: ReportRow) -> None:
        values = {"account": account, "msgid": row.msgid}
        if self._run("DELETE FROM pending_charge WHERE account = %(account)s AND msgid = %(msgid)s", values):
            self._read_pending(account)
        self._run("DELETE FROM report WHERE account = %(account)s AND msgid = %(msgid)s", values)
        self.add_reports(account, (row,))

    def cost_of(self, account: int, msgid: int) -> int:
        rows = self._read(
            "SELECT charge FROM message WHERE account = %(account)s AND msgid = %(msgid)s",
            {"account": account, "msgid": msgid},
        )
        return int(rows[0][0]) if rows else 0

    def take_reports(self, account: int, now: int, limit: int, again: int | None) -> list[Report]:
        columns = "recvtime, key, coalesce(stray, msgid::text), linkid, phone, status, info"
        return [
            Report(msgid, linkid, phone, from_micros(recvtime), status, info)
            for recvtime, _, msgid, linkid, phone, status, info in self._take(
                "report", columns, account, now, limit, again
            )
        ]

    def add_upmsg(self, account: int, upmsg: Upmsg) -> None:
        self._add("upmsg", [{"account": account, **_UPMSG(upmsg), "motime": to_micros(upmsg.motime)}])
        self.changed.add(account)

    def opt_out(self, account: int, phone: str, since: int) -> None:
        self._add("opt_out", [{"account": account, "phone": phone, "since": since}])

    def opted_out(self, account: int, now: int) -> frozenset[str]:
        rows = self._read(
            "SELECT phone FROM opt_out WHERE account = %(account)s AND since <= %(now)s",
            {"account": account, "now": now},
        )
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
            f"UPDATE {table} SET due = coalesce(%(again)s::bigint, due),"
            " fetched_at = CASE WHEN %(again)s::bigint IS NULL THEN %(now)s::bigint END"
            f" WHERE key = ANY(ARRAY(SELECT key FROM {table} WHERE account = %(account)s AND fetched_at IS NULL"
            f" AND due <= %(now)s::bigint ORDER BY due, key LIMIT %(limit)s)) RETURNING {columns}",
            {"again": again, "now": now, "account": account, "limit": limit},
        )
        self.changed.add(account)
        return sorted(rows, key=itemgetter(0, 1))

    def use_seqid(self, account: int, seqid: str) -> bool:
        ((added,),) = self._read(
            "WITH latest AS (SELECT coalesce(max(number), 0) AS number FROM seqid WHERE account = %(account)s),"
            " added AS (INSERT INTO seqid SELECT %(account)s, number + 1, %(seqid)s FROM latest"
            " ON CONFLICT (account, seqid) DO NOTHING RETURNING number),"
            " dropped AS (DELETE FROM seqid WHERE account = %(account)s"
            " AND number <= (SELECT number - %(kept)s FROM added))"
            " SELECT count(*) FROM added",
            {"account": account, "seqid": seqid, "kept": SEQIDS},
        )
        return bool(added)

    def count_excess(self, account: int, now: int, since: int) -> int:
        # After the clock was set back, some excesses lie in the future.
        ((count,),) = self._read(
            "WITH dropped AS (DELETE FROM excess WHERE account = %(account)s"
            " AND (at < %(since)s OR at > %(now)s)),"
            " added AS (INSERT INTO excess VALUES (%(account)s, %(now)s))"
            " SELECT count(*) + 1 FROM excess WHERE account = %(account)s AND at BETWEEN %(since)s AND %(now)s",
            {"account": account, "since": since, "now": now},
        )
        return int(count)

    def set_locked(self, account: int, at: int | None) -> None:
        self._modify(account).locked_at = at
        self._run("DELETE FROM excess WHERE account = %(account)s", {"account": account})
        self.changed.add(account)

    def faults(self, account: int) -> tuple[FaultStatus, ...]:
        return self._load(account).faults

    def add_fault(self, account: int, fault: Fault) -> FaultStatus:
        row = FaultStatus(self._take_position(), fault, 0, 0, fault.times)
        state = self._load(account)
        state.faults = (*state.faults, row)
        self._add("fault", [fault_row(account, row)])
        self.changed.add(account)
        return row

    def drop_faults(self, account: int, ids: Iterable[int]) -> None:
        dropped = list(ids)
        state = self._load(account)
        self._run(
            "DELETE FROM fault WHERE account = %(account)s AND id = ANY(%(ids)s::bigint[])",
            {"account": account, "ids": dropped},
        )
        state.faults = tuple(row for row in state.faults if row.id not in dropped)
        self.changed.add(account)

    def count_faults(self, account: int, faults: tuple[FaultStatus, ...]) -> None:
        state = self._load(account)
        counted = {row.id: fault_row(account, row) for row in faults if row not in state.faults}
        # A row is written once at a time.
        others = [row for row in self._rows.pop("fault", ()) if row["id"] not in counted]
        self._add("fault", [*others, *counted.values()])
        state.faults = faults

    def count_met(self, account: int | None, met: Iterable[Met], at: datetime) -> None:
        key = account or NO_ACCOUNT
        if key == NO_ACCOUNT:
            self._lock_strays()
        self._add_met(key, met, at)

    def hand_over_met(self, account: int, to: int | None) -> None:
        key = to or NO_ACCOUNT
        if key == NO_ACCOUNT:
            self._lock_strays()
        values = {"account": account, "to": key}
        self._run(
            "INSERT INTO met SELECT %(to)s, kind, name, count, first_at, last_at FROM met WHERE account = %(account)s"
            " ON CONFLICT (account, kind, name) DO UPDATE SET count = met.count + excluded.count,"
            " first_at = least(met.first_at, excluded.first_at), last_at = greatest(met.last_at, excluded.last_at)",
            values,
        )
        self._run("DELETE FROM met WHERE account = %(account)s", values)

    def write(self, account: int | None, entry: JournalEntry) -> int:
        key = account or NO_ACCOUNT
        if key == NO_ACCOUNT:
            self._lock_strays()
        self._modify(key).journaled += 1
        position = self._take_position()
        row = {
            **_ENTRY(entry),
            "account": key,
            "position": position,
            "at": to_micros(entry.at),
            "operation": entry.operation or "",
            "door": entry.door or "",
        }
        self._add("journal", [row])
        self.changed.add(key)
        self.entry: tuple[int, int] | None = (key, position)
        return position
