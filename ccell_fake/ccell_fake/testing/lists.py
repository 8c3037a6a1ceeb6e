"""Lists of an account's messages, reports and upstream messages. Each read asks the emulator."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import partial
from operator import methodcaller
from typing import Any, ClassVar, Generic, TypedDict, TypeVar, Unpack, cast, overload

import anyio.to_thread

from ccell_fake.clock import elapsed
from ccell_fake.control.client import AccountControl, NotInTime
from ccell_fake.control.queries import ReportQuery, UpmsgQuery
from ccell_fake.errors import CcellError
from ccell_fake.inspection import MessageRecord, ReportRecord, State, UpmsgRecord
from ccell_fake.testing.blocking import check_not_in_event_loop

Item = TypeVar("Item")

# Pytest shows the line of the test instead.
__tracebackhide__: methodcaller = methodcaller("errisinstance", (CcellError, IndexError, TypeError))

_MAX_ITEMS = 5
_MAX_CHARACTERS = 60
_POLL_SECONDS = 0.02
_IS_FETCHED = "is_fetched"


class NotAsExpected(CcellError, AssertionError):
    """The item you asked for is not there, or more than once. The message lists the items that are."""


class MessageConditions(TypedDict, total=False):
    """Fields that a message must have; in all but state, `*` stands for any text."""

    phone: str
    linkid: str
    content: str
    msgid: str
    code: str
    state: State


class ReportConditions(TypedDict, total=False):
    """Fields that a report must have; `*` stands for any text.

    Attributes:
        is_fetched: Whether it was fetched.
    """

    msgid: str
    phone: str
    linkid: str
    status: str
    info: str
    is_fetched: bool


class UpmsgConditions(TypedDict, total=False):
    """Fields that an upstream message must have; `*` stands for any text.

    Attributes:
        is_fetched: Whether it was fetched.
    """

    phone: str
    msgcontent: str
    spnumber: str
    is_fetched: bool


class AccountList(ABC, Sequence[Item], Generic[Item]):
    """Items of an account, oldest first."""

    _name = "items"
    # The fields that are shown, the conditions of `find`, and those in which `*` stands for any text.
    _fields: tuple[str, ...] = ()
    _conditions: frozenset[str] = frozenset()
    _patterns: frozenset[str] = frozenset()

    def __init__(self, account: AccountControl, notes: Callable[[], list[str]] = list[str]) -> None:
        """List items of an account.

        Args:
            account: The account.
            notes: Returns lines to add to errors, about requests that did not reach the account.
        """
        self._account = account
        self._notes = notes

    @abstractmethod
    def _items(self) -> Iterable[Item]:
        """All items."""

    def __iter__(self) -> Iterator[Item]:
        """The items at present."""
        return iter(tuple(self._items()))

    def __len__(self) -> int:
        """Number of items."""
        return sum(1 for _ in self._items())

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        """One item by its place, or several.

        Raises:
            IndexError: There are fewer items.
        """
        items = tuple(self._items())
        try:
            return items[place]
        except IndexError:
            message = f"there is no [{place}]; there are {self._describe(items)}"
            raise IndexError(message) from None

    def __eq__(self, other: object) -> bool:
        """Return whether it has the same items as a list or a tuple."""
        return isinstance(other, Sequence) and list(self) == list(other)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    __hash__: ClassVar[None] = None  # type: ignore[assignment] # the items change

    def __repr__(self) -> str:
        """The items, a line each."""
        return self._describe(tuple(self._items()))

    def _describe(self, items: Sequence[Item]) -> str:
        if not items:
            return f"no {self._name}"
        lines = [
            " ".join(f"{name}={_short(getattr(item, name))}" for name in self._fields) for item in items[:_MAX_ITEMS]
        ]
        more = [f"and {len(items) - _MAX_ITEMS} more"] if len(items) > _MAX_ITEMS else []
        return "\n  ".join([f"{len(items)} {self._name}:", *lines, *more])

    def _check(self, conditions: Mapping[str, Any]) -> None:
        """Refuse unknown fields, and values that no item can have."""
        for name, value in conditions.items():
            if name not in self._conditions:
                close = get_close_matches(name, self._conditions, 1)
                hint = f"did you mean {close[0]}? " if close else ""
                fields = ", ".join(sorted(self._conditions))
                message = f"{self._name} cannot be found by {name!r}; {hint}fields: {fields}"
                raise TypeError(message)
            kind = bool if name == _IS_FETCHED else str
            if not isinstance(value, kind):
                message = f"{name} must be {'True or False' if kind is bool else 'text'}, got {value!r}"
                raise TypeError(message)

    def _only(self, items: Sequence[Item], conditions: Mapping[str, Any]) -> Item:
        if len(items) == 1:
            return items[0]
        message = f"{self._name}{_listed(conditions)} must be one, got {len(items)}\n{self._describe(items)}"
        raise NotAsExpected(message)

    def _failure(self, conditions: Mapping[str, Any], timeout: float, found: str) -> NotAsExpected:
        """The error if no item matches.

        Args:
            conditions: The conditions.
            timeout: Seconds that the test waited.
            found: The items that there are, or the reason that there are none.
        """
        what = f"{self._name}{_listed(conditions)}"
        first = f"no {what} came within {timeout:g} s" if timeout else f"there are no {what}"
        return NotAsExpected("\n".join([first, found, *self._hints(conditions), *self._notes()]))

    def _hints(self, conditions: Mapping[str, Any]) -> Iterator[str]:
        """Name the conditions that only match a part of a field."""
        for name in self._patterns & conditions.keys():
            value = conditions[name]
            if "*" not in value and any(value in getattr(item, name) != value for item in self):
                yield f"  {name} must be the whole text; a part is {name}={f'*{value}*'!r}"


class Messages(AccountList[MessageRecord]):
    """Submitted messages: `ccell.outbox` has the accepted ones, `ccell.refused` the others."""

    _fields = ("phone", "content", "linkid", "state", "code")
    _patterns = frozenset({"phone", "linkid", "content"})

    def __init__(
        self,
        account: AccountControl,
        name: str,
        notes: Callable[[], list[str]] = list[str],
        **base: Any,  # noqa: ANN401 - as AccountControl.messages has them
    ) -> None:
        """List messages of an account.

        Args:
            account: The account.
            name: Name of the messages in errors.
            notes: Returns lines to add to errors, about requests that did not reach the account.
            base: Conditions of all messages of the list, as in `AccountControl.messages`.
        """
        super().__init__(account, notes)
        self._name = name
        self._base = base
        self._conditions = frozenset(MessageConditions.__annotations__) - base.keys()

    def _items(self) -> Iterable[MessageRecord]:
        return self._account.messages(**self._base)

    def _with_base(self, conditions: MessageConditions) -> dict[str, Any]:
        return {**self._base, **conditions}

    def find(self, **conditions: Unpack[MessageConditions]) -> list[MessageRecord]:
        """The messages that match.

        Raises:
            TypeError: Messages cannot be found by such a field or value.
        """
        self._check(conditions)
        return list(self._account.messages(**self._with_base(conditions)))

    def one(self, **conditions: Unpack[MessageConditions]) -> MessageRecord:
        """The message that matches.

        Raises:
            NotAsExpected: None matches, and the error lists those that almost match; or several match.
            TypeError: Messages cannot be found by such a field or value.
        """
        found = self.find(**conditions)
        return self._only(found, conditions) if found else self._wait(0, conditions)

    def wait(self, *, timeout: float = 10.0, **conditions: Unpack[MessageConditions]) -> MessageRecord:
        """Block until a message matches, and return the first that does.

        Args:
            timeout: Seconds.
            conditions: Fields of the message.

        Raises:
            NotAsExpected: None came in time; the error lists those that almost match.
            TypeError: Messages cannot be found by such a field or value.
            WouldBlock: The caller is a coroutine.
        """
        check_not_in_event_loop("wait", timeout)
        self._check(conditions)
        return self._wait(timeout, conditions)

    def _wait(self, timeout: float, conditions: MessageConditions) -> MessageRecord:
        try:
            return self._account.wait(timeout=timeout, **self._with_base(conditions)).messages[0]
        except NotInTime as error:
            # The first line of the error repeats the conditions.
            _, _, found = str(error).partition("\n")
        raise self._failure(conditions, timeout, found)

    async def wait_async(self, *, timeout: float = 10.0, **conditions: Unpack[MessageConditions]) -> MessageRecord:  # noqa: ASYNC109 - as `wait` has it
        """Do the same as `wait`, without blocking the event loop."""
        self._check(conditions)
        wait = partial(self._wait, timeout, conditions)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)


class _QueueList(AccountList[Item]):
    """Reports or upstream messages. The control API has no wait for them, so a wait asks repeatedly."""

    @abstractmethod
    def _matching(self, conditions: Mapping[str, Any]) -> Iterable[Item]:
        """The items that match conditions of the control API."""

    def _items(self) -> Iterable[Item]:
        return self._matching({})

    def _find(self, conditions: Mapping[str, Any]) -> list[Item]:
        self._check(conditions)
        asked = {name: value for name, value in conditions.items() if name != _IS_FETCHED}
        found = self._matching(asked)
        if _IS_FETCHED not in conditions:
            return list(found)
        return [one for one in found if (getattr(one, "fetched_at", None) is not None) is conditions[_IS_FETCHED]]

    def _one(self, conditions: Mapping[str, Any]) -> Item:
        found = self._find(conditions)
        if found:
            return self._only(found, conditions)
        raise self._not_found(conditions, 0)

    def _wait_for(self, timeout: float, conditions: Mapping[str, Any]) -> Item:
        deadline, pause = elapsed() + timeout, threading.Event()
        while not (found := self._find(conditions)):
            if elapsed() >= deadline:
                raise self._not_found(conditions, timeout)
            pause.wait(_POLL_SECONDS)
        return found[0]

    async def _wait_async(self, timeout: float, conditions: Mapping[str, Any]) -> Item:  # noqa: ASYNC109 - as `wait` has it
        wait = partial(self._wait_for, timeout, conditions)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)

    def _not_found(self, conditions: Mapping[str, Any], timeout: float) -> NotAsExpected:
        nearest = sorted(self, key=lambda item: -_similarity(item, conditions))
        return self._failure(conditions, timeout, self._describe(nearest))


class Reports(_QueueList[ReportRecord]):
    """Status reports: later, waiting, and fetched (`fetched_at`)."""

    _name = "reports"
    _fields = ("msgid", "phone", "linkid", "status", "info", "fetched_at")
    _conditions = frozenset(ReportConditions.__annotations__)
    _patterns = _conditions - {_IS_FETCHED}

    def _matching(self, conditions: Mapping[str, Any]) -> Iterable[ReportRecord]:
        return self._account.reports(**cast("ReportQuery", conditions))

    def find(self, **conditions: Unpack[ReportConditions]) -> list[ReportRecord]:
        """The reports that match. Raises TypeError for another field or value."""
        return self._find(conditions)

    def one(self, **conditions: Unpack[ReportConditions]) -> ReportRecord:
        """The report that matches.

        Raises:
            NotAsExpected: There is none, and the error lists the most similar ones; or there are several.
            TypeError: Reports cannot be found by such a field or value.
        """
        return self._one(conditions)

    def wait(self, *, timeout: float = 10.0, **conditions: Unpack[ReportConditions]) -> ReportRecord:
        """Block until a report matches, and return the first that does.

        Args:
            timeout: Seconds.
            conditions: Fields of the report. With `is_fetched=True`, the wait is for its fetch.

        Raises:
            NotAsExpected: None came in time; the error lists the most similar ones.
            TypeError: Reports cannot be found by such a field or value.
            WouldBlock: The caller is a coroutine.
        """
        check_not_in_event_loop("wait", timeout)
        return self._wait_for(timeout, conditions)

    async def wait_async(self, *, timeout: float = 10.0, **conditions: Unpack[ReportConditions]) -> ReportRecord:  # noqa: ASYNC109 - as `wait` has it
        """Do the same as `wait`, without blocking the event loop."""
        return await self._wait_async(timeout, conditions)


class Upmsgs(_QueueList[UpmsgRecord]):
    """Upstream messages: later, waiting, and fetched (`fetched_at`)."""

    _name = "upmsgs"
    _fields = ("phone", "msgcontent", "spnumber", "fetched_at")
    _conditions = frozenset(UpmsgConditions.__annotations__)
    _patterns = _conditions - {_IS_FETCHED}

    def _matching(self, conditions: Mapping[str, Any]) -> Iterable[UpmsgRecord]:
        return self._account.upmsgs(**cast("UpmsgQuery", conditions))

    def find(self, **conditions: Unpack[UpmsgConditions]) -> list[UpmsgRecord]:
        """The upstream messages that match. Raises TypeError for another field or value."""
        return self._find(conditions)

    def one(self, **conditions: Unpack[UpmsgConditions]) -> UpmsgRecord:
        """The upstream message that matches.

        Raises:
            NotAsExpected: There is none, and the error lists the most similar ones; or there are several.
            TypeError: Upstream messages cannot be found by such a field or value.
        """
        return self._one(conditions)

    def wait(self, *, timeout: float = 10.0, **conditions: Unpack[UpmsgConditions]) -> UpmsgRecord:
        """Block until an upstream message matches, and return the first that does.

        Args:
            timeout: Seconds.
            conditions: Fields of the upstream message. With `is_fetched=True`, the wait is for its fetch.

        Raises:
            NotAsExpected: None came in time; the error lists the most similar ones.
            TypeError: Upstream messages cannot be found by such a field or value.
            WouldBlock: The caller is a coroutine.
        """
        check_not_in_event_loop("wait", timeout)
        return self._wait_for(timeout, conditions)

    async def wait_async(self, *, timeout: float = 10.0, **conditions: Unpack[UpmsgConditions]) -> UpmsgRecord:  # noqa: ASYNC109 - as `wait` has it
        """Do the same as `wait`, without blocking the event loop."""
        return await self._wait_async(timeout, conditions)


def _similarity(item: object, conditions: Mapping[str, Any]) -> float:
    compared = ((str(getattr(item, name, "")), str(value)) for name, value in conditions.items())
    return sum(SequenceMatcher(None, was, wanted).ratio() for was, wanted in compared)


def _listed(conditions: Mapping[str, Any]) -> str:
    listed = ", ".join(f"{name}={value!r}" for name, value in conditions.items())
    return f" with {listed}" if listed else ""


def _short(value: object) -> str:
    text = str(value) if value is None or isinstance(value, State) else repr(value)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 1]}…"
