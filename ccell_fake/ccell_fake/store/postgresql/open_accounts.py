"""The open accounts, their slots and holds."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from ccell_fake.clock import ClockSetting, to_micros
from ccell_fake.inspection import Hold
from ccell_fake.model import Operation
from ccell_fake.records import NO_ACCOUNT, AccountRow, Slot
from ccell_fake.serialization import to_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.conversions import read_settings
from ccell_fake.store.postgresql.deletion import DeletingTables
from ccell_fake.store.postgresql.tables import AccountState
from ccell_fake.store.schema import OF_AN_ACCOUNT

_COLUMNS = 'key, version, settings, "offset", frozen_at'
_SLOT_BITS = 63


class OpenAccounts(DeletingTables):
    """A part of the ledger. `ccell_fake.engine.ledger.Ledger` describes each method."""

    def account_row(self, userid: str) -> AccountRow | None:
        for state in self._states.values():
            if state.userid == userid:
                return _row_of(state)
        return self._account_row("userid = %(userid)s", {"userid": userid})

    def account_with_key(self, account: int) -> AccountRow | None:
        if account in self._states:
            return _row_of(self._states[account])
        return self._account_row("key = %(account)s", {"account": account})

    def _account_row(self, condition: str, values: dict[str, int | str]) -> AccountRow | None:
        rows = self._read(f"SELECT {_COLUMNS} FROM account WHERE {condition} AND settings <> ''", values)
        return _row(*rows[0]) if rows else None

    def accounts(self) -> list[AccountRow]:
        return [
            _row(*row) for row in self._read(f"SELECT {_COLUMNS} FROM account WHERE settings <> '' ORDER BY key", {})
        ]

    def open_account(self, userid: str) -> int:
        for state in self._states.values():
            if state.userid == userid:
                return state.key
        rows = self._read("SELECT key FROM account WHERE userid = %(userid)s", {"userid": userid})
        if rows:
            return int(rows[0][0])
        ((key, version),) = self._read(
            "INSERT INTO account (userid) VALUES (%(userid)s) RETURNING key, version", {"userid": userid}
        )
        self._states[key] = AccountState(key, userid, version)
        self._locked.add(key)
        self._record_opening(key)
        return int(key)

    def save_account(self, account: int, settings: AccountSettings, clock: ClockSetting) -> AccountRow:
        text = to_json(settings).decode()
        ((version,),) = self._read(
            'UPDATE account SET settings = %(settings)s, "offset" = %(offset)s, frozen_at = %(frozen_at)s,'
            " version = nextval('versions') WHERE key = %(account)s RETURNING version",
            {"settings": text, "offset": clock.offset, "frozen_at": clock.frozen_at, "account": account},
        )
        if account in self._states:
            state = self._states[account]
            state.version, state.settings, state.offset, state.frozen_at = version, text, clock.offset, clock.frozen_at
        self.changed.add(account)
        return AccountRow(account, version, settings, clock)

    def forget(self, account: int) -> None:
        self._record_end(account)
        self._keep_used("account = %(account)s", {"account": account})
        for table in (*OF_AN_ACCOUNT, "slot", "hold"):
            self._run(f"DELETE FROM {table} WHERE account = %(account)s", {"account": account})
        self._run("DELETE FROM account WHERE key = %(account)s", {"account": account})
        self._states.pop(account, None)
        self._modified.discard(account)
        self.changed.add(account)
        self.ended.add(account)

    def forget_strays(self) -> None:
        self._run("DELETE FROM journal WHERE account = %(account)s", {"account": NO_ACCOUNT})
        self._run("UPDATE account SET last_dropped = 0, journaled = 0 WHERE key = %(account)s", {"account": NO_ACCOUNT})
        state = self._load(NO_ACCOUNT)
        state.last_dropped = state.journaled = 0
        self.changed.add(NO_ACCOUNT)

    def in_progress(self, account: int, operation: Operation | None = None) -> int:
        state = self._load(account)
        requests = len(state.slots) if operation is None else list(state.slots.values()).count(operation)
        return requests + sum(
            hold.slots for hold in state.holds if operation is None or hold.operation in {None, operation}
        )

    def enter(self, account: int, operation: Operation) -> Slot:
        slot = Slot(account, secrets.randbits(_SLOT_BITS))
        self._taken.add(slot.id)
        self.at_rollback(lambda: self._taken.discard(slot.id))
        self._load(account).slots[slot.id] = operation
        self._add("slot", [{"id": slot.id, "account": account, "operation": operation, "emulator": self._emulator}])
        return slot

    def leave(self, slot: Slot) -> None:
        self.at_commit(lambda: self._taken.discard(slot.id))
        if slot.account in self._states:
            self._states[slot.account].slots.pop(slot.id, None)
        rows = self._rows.get("slot", [])
        waiting = [row for row in rows if row["id"] != slot.id]
        if len(waiting) == len(rows):
            self._add("left_slot", [slot.id])
        elif waiting:
            self._rows["slot"] = waiting
        else:
            del self._rows["slot"]

    def hold(self, account: int, slots: int, operation: Operation | None, until: datetime, seconds: float) -> Hold:
        ((id_,),) = self._read(
            "INSERT INTO hold (account, slots, operation, until, ends_at) VALUES (%(account)s, %(slots)s,"
            " %(operation)s, %(until)s, clock_timestamp() + make_interval(secs => %(seconds)s)) RETURNING id",
            {
                "account": account,
                "slots": slots,
                "operation": operation and operation.value,
                "until": to_micros(until),
                "seconds": seconds,
            },
        )
        hold = Hold(id_, slots, operation, until)
        state = self._load(account)
        if hold not in state.holds:
            state.holds = (*state.holds, hold)
        return hold

    def holds(self, account: int) -> tuple[Hold, ...]:
        return self._load(account).holds

    def release_holds(self, account: int, ids: Iterable[int]) -> None:
        released = list(ids)
        self._run(
            "DELETE FROM hold WHERE account = %(account)s AND id = ANY(%(ids)s::bigint[])",
            {"account": account, "ids": released},
        )
        state = self._load(account)
        state.holds = tuple(hold for hold in state.holds if hold.id not in released)


def _row_of(state: AccountState) -> AccountRow | None:
    if not state.settings:
        return None
    return _row(state.key, state.version, state.settings, state.offset, state.frozen_at)


def _row(key: int, version: int, text: str, offset: int, frozen_at: int | None) -> AccountRow:
    return AccountRow(key, version, read_settings(text), ClockSetting(offset, frozen_at))
