"""The faults of an account, by keyword."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ccell_fake import faults
from ccell_fake.control.client import AccountControl
from ccell_fake.model import Operation

KINDS: Mapping[str, tuple[type[faults.Fault], str]] = MappingProxyType(
    {
        "code": (faults.CodeFault, "code"),
        "delay": (faults.DelayFault, "seconds"),
        "http": (faults.HttpFault, "status"),
        "close": (faults.CloseFault, ""),
        "reset": (faults.ResetFault, ""),
        "truncate": (faults.TruncateFault, "sent"),
        "broken_xml": (faults.BrokenXmlFault, ""),
        "gbk": (faults.GbkFault, ""),
        "dribble": (faults.DribbleFault, "seconds"),
    }
)
"""Each kind with what its keyword's value is; True stands for its default."""


class Faults:
    """What goes wrong on an account."""

    def __init__(self, account: AccountControl) -> None:
        """Arrange the faults of an account."""
        self._account = account

    def __iter__(self) -> Iterator[faults.FaultStatus]:
        """Those that are arranged, with what is left of each."""
        return iter(self._account.faults())

    def __repr__(self) -> str:
        """Those that are arranged."""
        return f"Faults({[one.fault for one in self]})"

    def next(self, operation: str | None = None, *, times: int | None = 1, **fault: Any) -> faults.FaultStatus:  # noqa: ANN401 - as each kind has them
        """Let the next requests meet a fault: `next("send", code="1001999", times=2)`.

        Exactly one keyword names the kind: `code="1001999"`, `delay=5` (seconds), `http=502`, `close=True`,
        `reset=True`, `truncate=True` or after so many bytes, `broken_xml=True`, `gbk=True`, `dribble=True` or with so
        many seconds between two pieces. Others go with it: `phone`, `skip`, `rate`, `since`, `until` for each kind,
        `processed=True` for http, close and reset, `body` for http, `declared` for gbk, `piece` for dribble.

        Args:
            operation: `send`, `report`, `upmsg` or `info`; None for any.
            times: How many of the requests that match; None for all of them.
            fault: What goes wrong, and when.

        Raises:
            TypeError: The keywords name no kind, several, or something the kind does not have.
            ValueError: There is no such operation.
            ControlError: A value is not allowed; the message says what is.
        """
        kinds = sorted(fault.keys() & KINDS.keys())
        if len(kinds) != 1:
            message = (
                f"a fault is of one kind, and {' and '.join(kinds) or 'none'} is given; there are {', '.join(KINDS)}"
            )
            raise TypeError(message)
        kind, valued = KINDS[kinds[0]]
        value = fault.pop(kinds[0])
        if not valued and value is not True:
            message = f"{kinds[0]} takes True, not {value!r}"
            raise TypeError(message)
        if valued and value is not True:
            fault[valued] = value
        return self.add(kind(operation=None if operation is None else Operation(operation), times=times, **fault))

    def add(self, fault: faults.Fault) -> faults.FaultStatus:
        """Arrange a fault behind those that are there."""
        return self._account.add_fault(fault)

    def clear(self) -> None:
        """Remove all."""
        self._account.remove_faults()
