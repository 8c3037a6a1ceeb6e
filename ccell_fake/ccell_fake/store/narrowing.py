"""Narrow a search of messages to the rows of an index, if they are few."""

from collections.abc import Callable, Iterator
from typing import Any

from ccell_fake.inspection import MessageFilter, State

Value = str | int | None

FEW = 1_000
"""From this many rows on, no index is used: matches are dense, and a search in the order of positions ends soon."""

_BY_PHONE = "SELECT msgid FROM message INDEXED BY message_phone WHERE account = :account AND phone"
_BY_LINKID = (
    "SELECT m.msgid FROM submission s INDEXED BY submission_linkid CROSS JOIN message m ON m.submission = s.key"
    " WHERE s.account = :account AND s.linkid <> '' AND s.linkid"
)
_REFUSED = "SELECT msgid FROM message INDEXED BY message_refused WHERE account = :account AND code <> '0'"
_REPORTED = "SELECT msgid FROM report INDEXED BY {} WHERE account = :account AND status {} '0' AND recvtime <= :now"
_TO_COME = "SELECT msgid FROM report INDEXED BY {} WHERE account = :account AND status {} '0' AND recvtime > :now"
_OF_STATE = {
    State.REFUSED: _REFUSED,
    State.SCHEDULED: (
        "SELECT m.msgid FROM submission s INDEXED BY submission_scheduled CROSS JOIN message m ON m.submission = s.key"
        " WHERE s.account = :account AND s.due > :now AND s.due > s.submitted_at"
    ),
    State.SENT: (
        "SELECT msgid FROM unreported WHERE account = :account UNION ALL "
        f"{_TO_COME.format('report_delivered', '=')} UNION ALL {_TO_COME.format('report_failed', '<>')}"
    ),
    State.DELIVERED: _REPORTED.format("report_delivered", "="),
    State.FAILED: _REPORTED.format("report_failed", "<>"),
}
_LAST_BEFORE_SURROGATES, _FIRST_AFTER_SURROGATES, _LAST_CHARACTER = "\ud7ff", "\ue000", "\U0010ffff"


def narrow(
    wanted: MessageFilter, values: dict[str, Value], read: Callable[[str, dict[str, Value]], list[tuple[Any, ...]]]
) -> str | None:
    """Return a statement that selects the msgids of all matching messages, and a few others.

    Args:
        wanted: The filter.
        values: The values of statements: `account` and `now`. Those of the returned statement are added.
        read: Runs a statement.

    Returns:
        The statement, or None if no index selects only a few.
    """
    for statement, own in _statements(wanted):
        given = {**values, **own}
        ((count,),) = read(f"SELECT count(*) FROM ({statement} LIMIT {FEW})", given)
        if count < FEW:
            values.update(own)
            return statement
    return None


def _statements(wanted: MessageFilter) -> Iterator[tuple[str, dict[str, Value]]]:
    if wanted.linkid:
        yield from _matching(_BY_LINKID, wanted.linkid)
    if wanted.phone:
        yield from _matching(_BY_PHONE, wanted.phone)
    of_state = wanted.state and _OF_STATE.get(wanted.state)
    if of_state:
        yield of_state, {}
    # A pattern such as 0* also matches the code of an accepted message.
    if wanted.code is not None and wanted.code.strip("*") not in {"", "0"}:
        yield _REFUSED, {}


def _matching(statement: str, pattern: str) -> Iterator[tuple[str, dict[str, Value]]]:
    """Compare a column with the beginning of a pattern, up to its first `*`."""
    beginning, star, _ = pattern.partition("*")
    if not star:
        yield f"{statement} = :exactly", {"exactly": pattern}
    elif bounds := bounds_of_beginning(beginning):
        values: dict[str, Value] = dict(zip(("from", "to"), bounds, strict=True))
        yield f"{statement} >= :from AND {statement.rpartition(' ')[2]} < :to", values


def bounds_of_beginning(beginning: str) -> tuple[str, str] | None:
    """Return the first text with a beginning, and the first one after all of them. None if there are no such bounds."""
    if not beginning or beginning[-1] == _LAST_CHARACTER:
        return None
    last = beginning[-1]
    following = _FIRST_AFTER_SURROGATES if last == _LAST_BEFORE_SURROGATES else chr(ord(last) + 1)
    return beginning, beginning[:-1] + following
