"""Strategies for faults to arrange on an account, and for schedules of several faults."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.codes import Code
from ccell_fake.faults import FAULT_KINDS, Fault, HttpFault
from ccell_fake.model import Operation
from ccell_fake.strategies.checks import check_choice, check_sizes, named

_ABSENT = st.none()
_HOUR = 3600
# Strategies shrink towards the first code: the least specific error.
_CODES = sorted(set(Code) - {Code.SUCCESS}, key=lambda code: (code is not Code.SYSTEM_ERROR, code))
# Answers of a gateway, a proxy, a firewall and a captive portal. No page is a readable reply.
_STATUSES = st.sampled_from([502, 500, 503, 504, 429, 404, 403, 200]) | st.integers(200, 599)
_PAGES = st.sampled_from([HttpFault().body, "", "维护中", '<root return="0" info="', '{"error": "busy"}'])
_PAGE_TYPES = st.sampled_from(
    [HttpFault().content_type, "", "text/xml;charset=UTF-8", "application/json", "text/html;charset=GBK"]
)
_PAGE_HEADERS = st.sampled_from([{}, {"Retry-After": "1"}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}])
# Long answers would take long in smaller pieces with pauses between them.
_PIECE_WITH_PAUSES = 64
_OF_XML = tuple(kind for kind in FAULT_KINDS if kind != "broken_json")


@named
def faults(
    *,
    kinds: Collection[str] | None = None,
    operations: Collection[Operation | str | None] | None = None,
    phones: SearchStrategy[str | None] = _ABSENT,
    max_skip: int = 3,
    max_times: int | None = 3,
    by_chance: bool = False,
    now: datetime | None = None,
    max_seconds: float = 0.01,
) -> SearchStrategy[Fault]:
    """Faults that the control API accepts. The simplest answers the next request with 1001999.

    Args:
        kinds: Kinds of faults; None for all that apply to requests in XML. `broken_json` applies to JSON only.
        operations: Endpoints, with None for any endpoint; all of these by default.
        phones: Patterns of numbers, with `*` for any text, for faults of sends; absent by default.
        max_skip: Greatest number of matching requests to let pass first.
        max_times: Greatest number of requests to affect; None includes faults without end.
        by_chance: Include faults that affect only a share of the matching requests.
        now: The account's time, aware, for faults with a time window; without it none has one.
        max_seconds: Longest delay of a request, really waited. The pieces of a dribbled answer are at most a tenth of
            it apart, and have at least 64 bytes unless it is 0.

    Raises:
        InvalidArgument: A kind or an endpoint is unknown, a bound is invalid, or the time is naive.
    """
    if now is not None and now.tzinfo is None:
        message = f"now must be an aware time, got {now.isoformat()}"
        raise InvalidArgument(message)
    check_sizes("skip", 0, max_skip, 0)
    if max_times is not None:
        check_sizes("times", 1, max_times, 1)
    if not 0 <= max_seconds <= _HOUR:
        message = f"max_seconds must be from 0 to {_HOUR}, got {max_seconds}"
        raise InvalidArgument(message)
    times: SearchStrategy[int | None] = st.integers(1, max_times or 3)
    conditions: dict[str, SearchStrategy[Any]] = {
        "skip": st.integers(0, max_skip),
        "times": times if max_times else times | _ABSENT,
    }
    if by_chance:
        conditions["rate"] = st.just(1.0) | st.floats(0, 1)
    windows: SearchStrategy[Mapping[str, datetime]] = st.just({}) if now is None else _windows(now)
    chosen: list[str] = _choose("kinds", _OF_XML if kinds is None else kinds, tuple(FAULT_KINDS))
    endpoints = [one and Operation(one) for one in _choose("operations", operations, (None, *Operation))]
    return _faults(chosen, endpoints, phones, st.fixed_dictionaries(conditions), windows, max_seconds)


def _choose(name: str, values: Collection[Any] | None, choices: tuple[Any, ...]) -> list[Any]:
    """The choices among the values, in the order of the choices; all of them if there are no values."""
    for value in values or ():
        if value is not None or None not in choices:
            check_choice(name, value, filter(None, choices))
    if values is not None and not values:
        message = f"{name} must not be empty; known: {', '.join(map(str, choices))}"
        raise InvalidArgument(message)
    return [choice for choice in choices if values is None or choice in values]


@st.composite
def _faults(
    draw: DrawFn,
    kinds: list[str],
    operations: list[Operation | None],
    phones: SearchStrategy[str | None],
    conditions: SearchStrategy[dict[str, Any]],
    windows: SearchStrategy[Mapping[str, datetime]],
    seconds: float,
) -> Fault:
    kind, operation = draw(st.sampled_from(kinds)), draw(st.sampled_from(operations))
    affects_sends = operation in {None, Operation.SEND}
    # Always drawn: fewer draws count as simpler, and a fault of a report is not.
    phone = draw(phones)
    common: dict[str, Any] = {"operation": operation, "phone": phone if affects_sends else None}
    fields = _own_fields(seconds, affects_sends=affects_sends).get(kind, {})
    common |= {**draw(conditions), **draw(windows)}
    # Likewise: a fault without a field of its own is not simpler.
    own = {name: draw(strategy) for name, strategy in fields.items()} or draw(st.booleans().map(lambda _: {}))
    return FAULT_KINDS[kind](**common, **own)


def _own_fields(seconds: float, *, affects_sends: bool) -> dict[str, dict[str, SearchStrategy[Any]]]:
    """Strategies for the fields that a kind of fault has besides the conditions."""
    processed: dict[str, SearchStrategy[Any]] = {"processed": st.booleans()}
    codes = [one for one in _CODES if affects_sends or not one.is_about_a_number]
    pieces = st.integers(_PIECE_WITH_PAUSES if seconds else 1, 1024)
    return {
        "code": {"code": st.sampled_from(codes)},
        "http": {
            "status": _STATUSES.filter(lambda status: HttpFault(status=status).has_body),
            "body": _PAGES,
            "content_type": _PAGE_TYPES,
            "headers": _PAGE_HEADERS.map(dict),
            **processed,
        },
        "close": processed,
        "reset": processed,
        "truncate": {"sent": _ABSENT | st.integers(0, 1000)},
        "gbk": {"declared": st.sampled_from([True, False])},
        "delay": {"seconds": st.floats(0, seconds)},
        "dribble": {"piece": pieces, "seconds": st.floats(0, seconds / 10)},
    }


@st.composite
def _windows(draw: DrawFn, now: datetime) -> Mapping[str, datetime]:
    sides = draw(st.sampled_from([(), ("since",), ("until",), ("since", "until")]))
    starts = now + timedelta(seconds=draw(st.integers(-_HOUR, _HOUR)))
    ends = starts + timedelta(seconds=draw(st.integers(1, _HOUR)))
    return {side: {"since": starts, "until": ends}[side] for side in sides}


_one = faults


@named
def fault_schedules(
    *,
    min_size: int = 0,
    max_size: int = 5,
    kinds: Collection[str] | None = None,
    operations: Collection[Operation | str | None] | None = None,
    max_skip: int = 3,
    max_times: int = 3,
    max_seconds: float = 0.01,
) -> SearchStrategy[list[Fault]]:
    """Lists of faults for one account that depend only on counts, so the same requests always fare the same.

    A schedule is used up after as many requests to each endpoint as its faults skip and affect in all. The account
    then answers normally.

    Args:
        min_size: Least number of faults.
        max_size: Greatest number of faults.
        kinds: As for `faults`, like the following.
        operations: Endpoints, with None for any endpoint.
        max_skip: Greatest number of requests each fault lets pass first.
        max_times: Greatest number of requests each fault affects.
        max_seconds: Longest delay of a request.

    Raises:
        InvalidArgument: A kind or an endpoint is unknown, or a bound is invalid.
    """
    check_sizes("size", min_size, max_size, 0)
    each = _one(
        kinds=kinds,
        operations=operations,
        max_skip=max_skip,
        max_times=max_times,
        max_seconds=max_seconds,
    )
    return st.lists(each, min_size=min_size, max_size=max_size)
