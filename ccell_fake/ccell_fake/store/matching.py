"""Filters and parts of lists as conditions of statements, and rows as pages."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ccell_fake.clock import to_micros
from ccell_fake.inspection import Item, Listing, MessageFilter, Page, ReportFilter, UpmsgFilter
from ccell_fake.store.narrowing import Value

# Digits have no case, and are found by an index.
_WITHOUT_CASE = {"phone", "msgid", "code"}
GLOB: dict[int, str] = str.maketrans({"?": "[?]", "[": "[[]"})


def matching(
    wanted: MessageFilter | ReportFilter | UpmsgFilter,
    conditions: Mapping[str, str],
    values: dict[str, Value],
    *,
    ignore_case: bool,
) -> Iterator[str]:
    """Yield the conditions of a filter, and add their values.

    Args:
        wanted: The filter.
        conditions: A condition for each member of the filter. One with GLOB is a pattern.
        values: The values of the statement.
        ignore_case: Whether patterns ignore case.
    """
    for name, condition in conditions.items():
        value: str | None = getattr(wanted, name)
        if value is None:
            continue
        is_pattern = " GLOB " in condition
        values[name] = value.translate(GLOB) if is_pattern else str(value)
        if ignore_case and is_pattern and name not in _WITHOUT_CASE:
            yield f"casefold({condition.replace(' GLOB ', ') GLOB casefold(')})"
        else:
            yield condition


def within(listing: Listing, time: str, values: dict[str, Value]) -> Iterator[str]:
    """Yield the conditions of the times of a listing, and add their values. `time` is the column."""
    for name, sign, instant in (("since", ">=", listing.since), ("until", "<", listing.until)):
        if instant is not None:
            values[name] = to_micros(instant)
            yield f"{time} {sign} :{name}"


def page(
    rows: list[tuple[Any, ...]],
    limit: int | None,
    record: Callable[[tuple[Any, ...]], Item],
    cursor: Callable[[tuple[Any, ...]], str | int],
) -> Page[Item]:
    """Make a page of rows. One row more than the limit means that there is a next page."""
    items = tuple(record(row) for row in rows[:limit])
    return Page(items, cursor(rows[limit - 1]) if limit is not None and len(rows) > limit else None)
