"""Filters and parts of lists as conditions of statements."""

from collections.abc import Iterator, Mapping
from typing import Any

from ccell_fake.clock import to_micros
from ccell_fake.inspection import Listing, MessageFilter, ReportFilter, UpmsgFilter
from ccell_fake.store.matching import WITHOUT_CASE
from ccell_fake.store.postgresql.texts import like


def matching(
    wanted: MessageFilter | ReportFilter | UpmsgFilter,
    columns: Mapping[str, str],
    values: dict[str, Any],
    *,
    ignore_case: bool,
) -> Iterator[str]:
    """Yield the conditions of a filter, and add their values.

    Where SQLite calls Python's `casefold`, PostgreSQL converts texts to lower case and then to upper case. In a search
    that ignores case, `ı` is the same as `i` then. On a server without ICU the rules of the database's locale apply,
    which may be those of ASCII.

    Args:
        wanted: The filter.
        columns: The column of each member of the filter.
        values: The values of the statement.
        ignore_case: Whether patterns ignore case.
    """
    for name, column in columns.items():
        value: str | None = getattr(wanted, name)
        if value is None:
            continue
        is_folded = ignore_case and name not in WITHOUT_CASE
        if name == "state":
            values[name] = str(value)
            yield f"{column} = %({name})s"
        else:
            yield compare(column, name, value, values, ignore_case=is_folded)


def compare(column: str, name: str, pattern: str, values: dict[str, Any], *, ignore_case: bool = False) -> str:
    """Return the condition that a column matches a pattern, and add its value under a name."""
    if ignore_case:
        values[name] = like(pattern)
        return f"fold_case({column}) LIKE fold_case(%({name})s)"
    if "*" in pattern:
        values[name] = like(pattern)
        return f"{column} LIKE %({name})s"
    values[name] = pattern
    return f"{column} = %({name})s"


def within(listing: Listing, time: str, values: dict[str, Any]) -> Iterator[str]:
    """Yield the conditions of the times of a listing, and add their values. `time` is the column."""
    for name, sign, instant in (("since", ">=", listing.since), ("until", "<", listing.until)):
        if instant is not None:
            values[name] = to_micros(instant)
            yield f"{time} {sign} %({name})s"
