"""Faults of an account, by keyword."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from operator import methodcaller
from typing import Any, Literal, TypedDict, Unpack

from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl
from ccell_fake.errors import CcellError
from ccell_fake.faults import FAULT_KINDS, Fault, FaultStatus
from ccell_fake.model import Operation, OperationName


class FaultByName(TypedDict, total=False):
    """The kind of a fault and its fields, as `Faults.next` describes them."""

    code: Code | str
    delay: float
    http: Literal[True] | int
    close: Literal[True]
    reset: Literal[True]
    truncate: Literal[True] | int
    broken_xml: Literal[True]
    broken_json: Literal[True]
    gbk: Literal[True]
    dribble: Literal[True] | float
    phone: str
    skip: int
    rate: float
    since: datetime
    until: datetime
    processed: bool
    body: str
    content_type: str
    headers: Mapping[str, str]
    declared: bool
    piece: int


# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (CcellError, TypeError, ValueError))


def named_operation(operation: OperationName | None) -> Operation | None:
    """The endpoint of a name. Raises ValueError if there is none, from this line: not from those of `enum`."""
    try:
        return None if operation is None else Operation(operation)
    except ValueError as error:
        raise ValueError(*error.args) from None


class Faults:
    """The faults of an account."""

    def __init__(self, account: AccountControl) -> None:
        """Arrange the faults of an account."""
        self._account = account

    def __iter__(self) -> Iterator[FaultStatus]:
        """The faults, with their counts."""
        return iter(self._account.faults())

    def __repr__(self) -> str:
        """The faults."""
        return f"Faults({[one.fault for one in self]})"

    def next(
        self, operation: OperationName | None = None, *, times: int | None = 1, **fault: Unpack[FaultByName]
    ) -> FaultStatus:
        """Apply a fault to the next requests: `next("send", code="1001999", times=2)`.

        Exactly one keyword names the kind: `code="1001999"`, `delay=5` (seconds), `http=502`, `close=True`,
        `reset=True`, `truncate=True` or `truncate=100` (bytes), `broken_xml=True`, `broken_json=True`, `gbk=True`,
        `dribble=True` or `dribble=0.5` (seconds between pieces). Each kind takes `phone`, `skip`, `rate`, `since` and
        `until`; http, close and reset take `processed=True`, http `body`, `content_type` and `headers`, gbk `declared`,
        dribble `piece`.

        Args:
            operation: `send`, `report`, `upmsg` or `info`; None for any.
            times: Number of matching requests to apply it to; None for all.
            fault: The kind and its fields.

        Raises:
            TypeError: The keywords name no kind, several, or a field that the kind does not have.
            ValueError: There is no such operation.
            ControlError: A value is not allowed; the message names those that are.
        """
        endpoint = named_operation(operation)
        given: dict[str, Any] = dict(fault)
        for name in given.keys() - FaultByName.__annotations__.keys():
            close = get_close_matches(name, FaultByName.__annotations__, 1)
            hint = f"did you mean {close[0]}? " if close else ""
            message = f"unknown keyword {name!r}; {hint}keywords: {', '.join(FaultByName.__annotations__)}"
            raise TypeError(message)
        kinds = sorted(given.keys() & FAULT_KINDS.keys())
        if len(kinds) != 1:
            named = " and ".join(kinds) or "none"
            message = f"exactly one keyword must name the kind, got {named}; kinds: {', '.join(FAULT_KINDS)}"
            raise TypeError(message)
        kind = FAULT_KINDS[kinds[0]]
        value = given.pop(kinds[0])
        if value is not True:
            if not kind.main_field:
                message = f"{kinds[0]} must be True, got {value!r}"
                raise TypeError(message)
            given[kind.main_field] = value
        return self.add(kind(operation=endpoint, times=times, **given))

    def add(self, fault: Fault) -> FaultStatus:
        """Add a fault after the others."""
        return self._account.add_fault(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._account.remove_faults()
