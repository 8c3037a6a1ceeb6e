"""Narrow a search of messages to the rows of an index, if they are few."""

from collections.abc import Callable, Iterator
from typing import Any

from ccell_fake.inspection import MessageFilter, State
from ccell_fake.store.narrowing import FEW, bounds_of_beginning

# The indexes have the beginnings of texts: an entry of an index cannot be long.
_INDEXED = 100

_BY_PHONE = f"SELECT msgid FROM message WHERE account = %(account)s AND left(phone, {_INDEXED})"
_BY_LINKID = (
    "SELECT m.msgid FROM submission s JOIN message m ON m.submission = s.key"
    f" WHERE s.account = %(account)s AND s.linkid <> '' AND left(s.linkid, {_INDEXED})"
)
_REFUSED = "SELECT msgid FROM message WHERE account = %(account)s AND code <> '0'"
_REPORTED = "SELECT msgid FROM report WHERE account = %(account)s AND status {} '0' AND recvtime <= %(now)s"
_TO_COME = "SELECT msgid FROM report WHERE account = %(account)s AND status {} '0' AND recvtime > %(now)s"
_OF_STATE = {
    State.REFUSED: _REFUSED,
    State.SCHEDULED: (
        "SELECT m.msgid FROM submission s JOIN message m ON m.submission = s.key"
        " WHERE s.account = %(account)s AND s.due > %(now)s AND s.due > s.submitted_at"
    ),
    State.SENT: (
        "SELECT msgid FROM unreported WHERE account = %(account)s UNION ALL "
        f"{_TO_COME.format('=')} UNION ALL {_TO_COME.format('<>')}"
    ),
    State.DELIVERED: _REPORTED.format("="),
    State.FAILED: _REPORTED.format("<>"),
}


def narrow(
    wanted: MessageFilter, values: dict[str, Any], read: Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]
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
        ((count,),) = read(f"SELECT count(*) FROM ({statement} LIMIT {FEW}) few", {**values, **own})
        if count < FEW:
            values.update(own)
            return statement
    return None


def _statements(wanted: MessageFilter) -> Iterator[tuple[str, dict[str, Any]]]:
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


def _matching(statement: str, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Compare a column with the beginning of a pattern, up to its first `*`."""
    beginning, star, _ = pattern.partition("*")
    if not star:
        yield f"{statement} = left(%(exactly)s, {_INDEXED})", {"exactly": beginning}
    elif bounds := bounds_of_beginning(beginning):
        column = statement.rpartition(" AND ")[2]
        yield (
            f"{statement} >= left(%(from)s, {_INDEXED}) AND {column} <= left(%(to)s, {_INDEXED})",
            dict(zip(("from", "to"), bounds, strict=True)),
        )
