"""Rows as records, the same ones from every database. Pages and their cursors."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from ccell_fake.clock import from_micros
from ccell_fake.faults import Fault, FaultStatus
from ccell_fake.inspection import (
    Item,
    JournalEntry,
    Listing,
    MessageRecord,
    MessageReport,
    Page,
    QueueState,
    ReportRecord,
    RequestRecord,
    State,
    UpmsgRecord,
)
from ccell_fake.model import Door, Operation
from ccell_fake.records import View
from ccell_fake.serialization import from_json
from ccell_fake.settings import AccountSettings

_REPORTED = {State.DELIVERED, State.FAILED}


@lru_cache(maxsize=10_000)
def read_settings(text: str) -> AccountSettings:
    """Read the settings of an account. The same text gives the same settings."""
    settings: AccountSettings = from_json(AccountSettings, text)
    return settings


def fault_status(id_: int, text: str, matched: int, applied: int) -> FaultStatus:
    """Make a fault of a row."""
    fault: Fault = from_json(Fault, text)
    return FaultStatus(id_, fault, matched, applied, None if fault.times is None else fault.times - applied)


def page(
    rows: list[tuple[Any, ...]],
    limit: int | None,
    record: Callable[[tuple[Any, ...]], Item],
    cursor: Callable[[tuple[Any, ...]], str | int],
) -> Page[Item]:
    """Make a page of rows. One row more than the limit means that there is a next page."""
    items = tuple(record(row) for row in rows[:limit])
    return Page(items, cursor(rows[limit - 1]) if limit is not None and len(rows) > limit else None)


def message_page(rows: list[tuple[Any, ...]], views: Mapping[int, View], listing: Listing) -> Page[MessageRecord]:
    """Make a page of messages."""
    return page(rows, listing.limit, lambda row: message_record(row, views[row[2]]), _cursor)


def message_keys(rows: list[tuple[Any, ...]], limit: int) -> Page[tuple[int, int]]:
    """Make a page of the keys of submissions and the msgids."""
    return page(rows, limit, lambda row: (row[0], row[1]), _cursor)


def _cursor(row: tuple[Any, ...]) -> str:
    return f"{row[0]}-{row[1]}"


def journal_entry(row: tuple[Any, ...]) -> JournalEntry:
    """Make a journal entry of a row."""
    return JournalEntry(*_values(row))


def request_record(row: tuple[Any, ...]) -> RequestRecord:
    """Make a journal entry with its account of a row."""
    return RequestRecord(*_values(row))


def _values(row: tuple[Any, ...]) -> tuple[Any, ...]:
    at, operation, door, *rest = row
    return from_micros(at), Operation(operation) if operation else None, Door(door) if door else None, *rest


def message_record(row: tuple[Any, ...], view: View) -> MessageRecord:
    """Make a message of a row."""
    _, msgid, _, position, phone, content, linkid, spcode, due, submitted_at, code, info, charge, state, *reported = row
    status, report_info, recvtime, fetched_at = reported
    characters, segments, verification_code = view.describe(content)
    return MessageRecord(
        view.userid,
        str(msgid),
        phone,
        content,
        linkid,
        spcode,
        from_micros(due) if due > submitted_at else None,
        from_micros(submitted_at),
        code,
        info,
        State(state),
        # A report that is still to come has decided the state, and is not shown.
        None
        if recvtime is None or State(state) not in _REPORTED
        else MessageReport(status, report_info, from_micros(recvtime), moment(fetched_at)),
        position,
        characters,
        segments,
        charge,
        verification_code,
    )


def report_record(userid: str, key: int, state: QueueState, *columns: Any) -> ReportRecord:  # noqa: ANN401 - columns of a row
    """Make a report of its account and the columns of a row."""
    msgid, linkid, phone, status, info, recvtime, fetched_at = columns
    return ReportRecord(
        userid, key, str(msgid), linkid, phone, status, info, from_micros(recvtime), state, moment(fetched_at)
    )


def upmsg_record(userid: str, key: int, state: QueueState, *columns: Any) -> UpmsgRecord:  # noqa: ANN401 - columns of a row
    """Make an upstream message of its account and the columns of a row."""
    spnumber, phone, msgcontent, motime, fetched_at = columns
    return UpmsgRecord(userid, key, spnumber, phone, msgcontent, from_micros(motime), state, moment(fetched_at))


def moment(micros: int | None) -> datetime | None:
    """Return the time of a column that may be NULL."""
    return None if micros is None else from_micros(micros)
