"""Faults, as a test arranges them on an account: any one of them, and schedules of several that strike by count."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from ccell_fake.codes import Code
from ccell_fake.faults import (
    BrokenXmlFault,
    CloseFault,
    CodeFault,
    DelayFault,
    DribbleFault,
    Fault,
    GbkFault,
    HttpFault,
    ResetFault,
    TruncateFault,
)
from ccell_fake.model import Operation
from ccell_fake.strategies.checks import check_choice, check_sizes, named

FaultKind = Literal["code", "http", "close", "reset", "truncate", "broken_xml", "gbk", "delay", "dribble"]
"""What a fault does, as its `kind` says."""

_ABSENT = st.none()
_HOUR = 3600
# The error that says least stands first, for strategies shrink towards it.
_CODES = sorted(set(Code) - {Code.SUCCESS}, key=lambda code: (code is not Code.SYSTEM_ERROR, code))
_PAGES = st.sampled_from([HttpFault().body, "", "维护中", '<root return="0" info="'])
# Long answers would take long in small pieces with pauses between them.
_PIECE_AND_PAUSE = 64


@named
def faults(
    *,
    kinds: Collection[FaultKind] | None = None,
    operations: Collection[Operation | str | None] | None = None,
    phones: SearchStrategy[str | None] = _ABSENT,
    max_skip: int = 3,
    max_times: int | None = 3,
    by_chance: bool = False,
    now: datetime | None = None,
    max_seconds: float = 0.01,
) -> SearchStrategy[Fault]:
    """Faults that the control API takes; the simplest answers the next request with 1001999.

    Args:
        kinds: What they do; None for anything.
        operations: At which endpoints they strike, None among them for any; all of these if not given.
        phones: Patterns of numbers, `*` for any text, for faults that may strike sends; absent if not given.
        max_skip: How many matching requests they let pass first at most.
        max_times: How often they strike at most; None for ones that strike for ever, too.
        by_chance: Whether some strike but a share of the matching requests.
        now: The account's present, aware, for faults with a window on its clock; without it none has one.
        max_seconds: How long they delay a request; so long is really waited. The pieces of a dribbled answer are a
            tenth of this apart at most, and have 64 bytes at least unless this is 0.

    Raises:
        InvalidArgument: There is no such kind or endpoint, nothing between the bounds, or the time is naive.
    """
    if now is not None and now.tzinfo is None:
        message = f"now is {now.isoformat()}, which has no zone; it takes an aware time"
        raise InvalidArgument(message)
    check_sizes("skip", 0, max_skip, 0)
    if max_times is not None:
        check_sizes("times", 1, max_times, 1)
    if not 0 <= max_seconds <= _HOUR:
        message = f"max_seconds is {max_seconds}; it takes 0 to {_HOUR}"
        raise InvalidArgument(message)
    times: SearchStrategy[int | None] = st.integers(1, max_times or 3)
    strikes: dict[str, SearchStrategy[Any]] = {
        "skip": st.integers(0, max_skip),
        "times": times if max_times else times | _ABSENT,
    }
    if by_chance:
        strikes["rate"] = st.just(1.0) | st.floats(0, 1)
    windows: SearchStrategy[Mapping[str, datetime]] = st.just({}) if now is None else _windows(now)
    chosen = _chosen("a kind of fault", kinds, get_args(FaultKind))
    places = [one and Operation(one) for one in _chosen("an operation", operations, (None, *Operation))]
    return _faults(chosen, places, phones, strikes, windows, max_seconds)


def _chosen(what: str, given: Collection[Any] | None, choices: tuple[Any, ...]) -> list[Any]:
    for one in given or ():
        if one is not None or None not in choices:
            check_choice(what, one, tuple(choice for choice in choices if choice is not None))
    if given is not None and not given:
        message = f"{what} is to be drawn from nothing; there are {', '.join(map(str, choices))}"
        raise InvalidArgument(message)
    return [choice for choice in choices if given is None or choice in given]


@st.composite
def _faults(
    draw: DrawFn,
    kinds: list[FaultKind],
    places: list[Operation | None],
    phones: SearchStrategy[str | None],
    strikes: dict[str, SearchStrategy[Any]],
    windows: SearchStrategy[Mapping[str, datetime]],
    seconds: float,
) -> Fault:
    kind = draw(st.sampled_from(kinds))
    operation = draw(st.sampled_from(places))
    is_at_a_send = operation in {None, Operation.SEND}
    # Drawn whether it is needed or not: what draws less is simpler, and faults of a report are not.
    phone = draw(phones)
    common: dict[str, Any] = {
        "operation": operation,
        "phone": phone if is_at_a_send else None,
        **draw(st.fixed_dictionaries(strikes)),
        **draw(windows),
    }
    make, fields = _made(kind, seconds, has_numbers=is_at_a_send)
    own = {name: draw(strategy) for name, strategy in fields.items()}
    if not own:
        # What draws less is simpler, and a fault without a field of its own is not.
        draw(st.booleans())
    return make(**common, **own)


def _made(  # noqa: PLR0911 - one for each kind
    kind: FaultKind, seconds: float, *, has_numbers: bool
) -> tuple[type[Fault], dict[str, SearchStrategy[Any]]]:
    """What a kind of fault is made by, and from what fields of its own."""
    processed: dict[str, SearchStrategy[Any]] = {"processed": st.booleans()}
    match kind:
        case "code":
            return CodeFault, {
                "code": st.sampled_from([one for one in _CODES if has_numbers or not one.is_about_a_number])
            }
        case "http":
            return HttpFault, {"status": st.sampled_from([502, 500, 503]), "body": _PAGES, **processed}
        case "close":
            return CloseFault, processed
        case "reset":
            return ResetFault, processed
        case "truncate":
            return TruncateFault, {"sent": _ABSENT | st.integers(0, 1000)}
        case "broken_xml":
            return BrokenXmlFault, {}
        case "gbk":
            return GbkFault, {"declared": st.sampled_from([True, False])}
        case "delay":
            return DelayFault, {"seconds": st.floats(0, seconds)}
        case "dribble":
            pieces = st.integers(_PIECE_AND_PAUSE if seconds else 1, 1024)
            return DribbleFault, {"piece": pieces, "seconds": st.floats(0, seconds / 10)}


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
    kinds: Collection[FaultKind] | None = None,
    operations: Collection[Operation | str | None] | None = None,
    max_skip: int = 3,
    max_times: int = 3,
    max_seconds: float = 0.01,
) -> SearchStrategy[list[Fault]]:
    """Faults to arrange on one account, which strike by count alone: the same requests fare the same every time.

    A schedule is used up, and the account answers as ever, after as many requests to each endpoint as its faults skip
    and strike altogether.

    Args:
        min_size: The fewest faults.
        max_size: The most.
        kinds: What they do; None for anything.
        operations: At which endpoints they strike, None among them for any; all of these if not given.
        max_skip: How many matching requests each lets pass first at most.
        max_times: How often each strikes at most.
        max_seconds: How long each delays a request.

    Raises:
        InvalidArgument: There is no such kind or endpoint, or nothing between the bounds.
    """
    check_sizes("size", min_size, max_size, 0)
    each = _one(kinds=kinds, operations=operations, max_skip=max_skip, max_times=max_times, max_seconds=max_seconds)
    return st.lists(each, min_size=min_size, max_size=max_size)
