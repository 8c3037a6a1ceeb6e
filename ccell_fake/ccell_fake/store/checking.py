"""Check a database before it is used: it must be a whole store, and all its data must be readable and in range."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from pydantic import ValidationError

from ccell_fake.clock import EARLIEST, LATEST, ClockSetting, to_micros
from ccell_fake.faults import Fault, invalid_field
from ccell_fake.limits import MSGIDS_PER_SECOND
from ccell_fake.model import Operation
from ccell_fake.serialization import from_json
from ccell_fake.settings import AccountSettings
from ccell_fake.store.schema import APPLICATION, SEARCH_INDEXES, TABLES

SettingsCheck = Callable[[AccountSettings], None]
"""Raises ValueError for settings that are not allowed."""

# The greatest integer that every reader of JSON keeps.
_MAX_NUMBER = 2**53
_MAX_MESSAGES = 10**9
# The year 9999, which is the last one that a time can have.
_MAX_TIME = 253_370_764_800_000_000
_NUMBER = f"BETWEEN 0 AND {_MAX_NUMBER}"
_TIME = f"BETWEEN 0 AND {_MAX_TIME}"
_MESSAGES = f"BETWEEN -{_MAX_MESSAGES} AND {_MAX_MESSAGES}"
_OPERATIONS = ", ".join(f"'{operation}'" for operation in Operation)
_CONDITIONS = {
    "account": f"key {_NUMBER} AND abs(spent) {_NUMBER} AND coalesce(locked_at, 0) {_TIME} AND last_dropped {_NUMBER}"
    f" AND last_event_dropped {_NUMBER}"
    " AND (key = 0) = (userid = '') AND (key <> 0 OR settings = '')",
    "high_water": f"number {_NUMBER} AND (SELECT count(*) FROM high_water) = 1",
    "event_log": "length(history) = 16 AND history NOT GLOB '*[^0-9a-f]*' AND is_recording IN (0, 1)"
    " AND (SELECT count(*) FROM event_log) = 1",
    "time_event": f"position {_NUMBER} AND at {_TIME} AND (account = 0) = (kind = 'ended')"
    " AND kind IN ('sent', 'report', 'upmsg', 'opt_out', 'ended')",
    "recorded": f"until {_TIME} AND submission {_NUMBER} AND report {_NUMBER} AND upmsg {_NUMBER}"
    f" AND opt_out {_NUMBER}",
    "fault": f"id {_NUMBER} AND matched {_NUMBER} AND applied {_NUMBER}"
    " AND (SELECT a.settings FROM account a WHERE a.key = account) <> ''",
    "opt_out": f"key {_NUMBER} AND since {_TIME}",
    "pending_charge": f"due {_TIME} AND messages {_MESSAGES} AND coalesce(msgid, 0) >= 0",
    "excess": f"at {_TIME}",
    "seqid": f"number {_NUMBER} AND length(seqid) = 18",
    "submission": f"key {_NUMBER} AND position {_NUMBER} AND submitted_at {_TIME} AND due {_TIME}",
    "message": f"msgid >= 0 AND charge {_MESSAGES}"
    " AND account = (SELECT s.account FROM submission s WHERE s.key = submission)",
    "used_msgid": f"second {_NUMBER} AND greatest / {MSGIDS_PER_SECOND} = second",
    "unreported": "msgid >= 0",
    "report": f"key {_NUMBER} AND msgid >= 0 AND recvtime {_TIME} AND due {_TIME} AND coalesce(fetched_at, 0) {_TIME}",
    "upmsg": f"key {_NUMBER} AND motime {_TIME} AND due {_TIME} AND coalesce(fetched_at, 0) {_TIME}",
    "journal": f"position {_NUMBER} AND at {_TIME} AND items {_NUMBER} AND duration {_NUMBER}"
    f" AND operation IN ('', {_OPERATIONS}) AND door IN ('', 'xml', 'json')",
    "met": f"count {_NUMBER} AND first_at {_TIME} AND last_at {_TIME}",
    "sqlite_sequence": f"typeof(seq) = 'integer' AND seq {_NUMBER}",
}
_ALWAYS_THERE = {"account": "key = 0", "high_water": "TRUE", "event_log": "TRUE"}


def identify(connection: sqlite3.Connection) -> tuple[int, int | None]:
    """Return the number of tables, and the version of the store. The version is None for any other database."""
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except UnicodeDecodeError as error:
        # The message of SQLite quotes the schema.
        message = "malformed database schema"
        raise sqlite3.DatabaseError(message) from error
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return tables, version if application == APPLICATION else None


def create(connection: sqlite3.Connection) -> None:
    """Create the tables. The caller owns the transaction."""
    for statement in TABLES.split(";\n"):
        connection.execute(statement)


def begin_history(connection: sqlite3.Connection) -> None:
    """Name the history of a copy anew: its positions are not those of the original."""
    connection.execute("UPDATE event_log SET history = lower(hex(randomblob(8)))")


def check_store(connection: sqlite3.Connection, what: str, check: SettingsCheck) -> None:
    """Check a store of the present version. Reads everything, and changes nothing.

    Args:
        connection: The database.
        what: `the store` or `the snapshot`, for messages.
        check: Checks the settings of each account.

    Raises:
        ValueError: The store is damaged, or an account's data are not allowed. The message is one line.
    """
    try:
        _check_structure(connection, what)
        for table, condition in _CONDITIONS.items():
            _check_rows(connection, what, table, condition)
        _check_accounts(connection, check)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        # SQLite quotes a text that is not UTF-8, which may hold a password.
        reason = str(error).partition(" with text ")[0]
        message = f"{what} is damaged: {_line(reason)}"
        raise ValueError(message) from None


def _check_structure(connection: sqlite3.Connection, what: str) -> None:
    ((result,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if result != "ok":
        message = f"{what} is damaged: {_line(result)}"
        raise ValueError(message)
    shape = _shape(connection)
    if shape.items() - _OPTIONAL.items() != _expected_shape().items():
        message = f"{what} is damaged: its tables are not those of a store"
        raise ValueError(message)
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        message = f"{what} is damaged: a row refers to a row that is missing"
        raise ValueError(message)


def _shape(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # ANALYZE makes tables of this name. SQLite alone uses them.
    return {name: " ".join(sql.split()) for name, sql in rows if not name.startswith("sqlite_stat")}


_OPTIONAL = {name: f"CREATE INDEX {name} ON {rows}" for name, rows in SEARCH_INDEXES.items()}


def _expected_shape() -> dict[str, str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        create(fresh)
        return _shape(fresh)


def _check_rows(connection: sqlite3.Connection, what: str, table: str, condition: str) -> None:
    if connection.execute(f"SELECT 1 FROM {table} WHERE ({condition}) IS NOT TRUE LIMIT 1").fetchone():
        message = f"{what} is damaged: a row of table {table} is out of range"
        raise ValueError(message)
    needed = _ALWAYS_THERE.get(table)
    if needed and not connection.execute(f"SELECT 1 FROM {table} WHERE {needed}").fetchone():
        message = f"{what} is damaged: table {table} lacks a row"
        raise ValueError(message)
    # A text that is not UTF-8 fails here.
    for _ in connection.execute(f"SELECT * FROM {table}"):
        pass


def _check_accounts(connection: sqlite3.Connection, check: SettingsCheck) -> None:
    rows = connection.execute(
        "SELECT key, userid, settings, offset, frozen_at FROM account WHERE settings <> ''"
    ).fetchall()
    for key, userid, text, offset, frozen_at in rows:
        try:
            settings: AccountSettings = from_json(AccountSettings, text)
            check(settings)
            _check_clock(ClockSetting(offset, frozen_at))
            for (fault,) in connection.execute("SELECT fault FROM fault WHERE account = ?", (key,)):
                _check_fault(from_json(Fault, fault))
        except ValueError as error:
            message = f"account {userid!r} has unreadable data: {_line(error)}"
            raise ValueError(message) from error
        if settings.userid != userid:
            message = f"account {userid!r} has the settings of account {settings.userid!r}"
            raise ValueError(message)


def _check_fault(fault: Fault) -> None:
    found = invalid_field(fault)
    if found is not None:
        message = f"{found[0]} of a fault {found[1]}"
        raise ValueError(message)


def _check_clock(setting: ClockSetting) -> None:
    longest = to_micros(LATEST) - to_micros(EARLIEST)
    shown = to_micros(EARLIEST) if setting.frozen_at is None else setting.frozen_at
    if abs(setting.offset) > longest or not to_micros(EARLIEST) <= shown <= to_micros(LATEST):
        message = f"its clock is outside {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"
        raise ValueError(message)


def _line(reason: object) -> str:
    """Return a reason as one line, without the values of settings, which may be secret."""
    if isinstance(reason, ValidationError):
        first = reason.errors(include_input=False, include_url=False)[0]
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
    return " ".join(str(reason).split())
