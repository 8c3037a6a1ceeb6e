"""Filters and parts of lists as conditions of statements, and rows as pages."""

from collections.abc import Iterator, Mapping

from ccell_fake.clock import to_micros
from ccell_fake.inspection import Listing, MessageFilter, ReportFilter, UpmsgFilter
from ccell_fake.store.narrowing import Value

# Digits have no case, and are found by an index.
WITHOUT_CASE = {"phone", "msgid", "code"}
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
        if ignore_case and is_pattern and name not in WITHOUT_CASE:
            yield f"casefold({condition.replace(' GLOB ', ') GLOB casefold(')})"
        else:
            yield condition


def within(listing: Listing, time: str, values: dict[str, Value]) -> Iterator[str]:
    """Yield the conditions of the times of a listing, and add their values. `time` is the column."""
    for name, sign, instant in (("since", ">=", listing.since), ("until", "<", listing.until)):
        if instant is not None:
            values[name] = to_micros(instant)
            yield f"{time} {sign} :{name}"
