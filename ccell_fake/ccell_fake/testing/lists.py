"""Lists of an account's messages, reports and upstream messages. Each read asks the emulator."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any, ClassVar, Generic, TypedDict, TypeVar, Unpack, overload

import anyio.to_thread

from ccell_fake.control.client import AccountControl, NotInTime
from ccell_fake.errors import CcellError
from ccell_fake.inspection import MessageRecord, ReportRecord, State, UpmsgRecord
from ccell_fake.patterns import Patterns

Item = TypeVar("Item")

_MAX_ITEMS = 5
_MAX_CHARACTERS = 60


class NotAsExpected(CcellError, AssertionError):
    """The item you asked for is not there, or more than once. The message lists the items that are."""


class MessageConditions(TypedDict, total=False):
    """Fields that a message must have; in phone, linkid and content, `*` stands for any text."""

    phone: str
    linkid: str
    content: str
    msgid: str
    state: State


class AccountList(ABC, Sequence[Item], Generic[Item]):
    """Items of an account, oldest first."""

    _name = "items"
    _fields: tuple[str, ...] = ()

    def __init__(self, account: AccountControl) -> None:
        """List items of an account."""
        self._account = account

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
        __tracebackhide__ = True
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

    def _only(self, items: Sequence[Item], conditions: dict[str, Any]) -> Item:
        __tracebackhide__ = True
        if len(items) == 1:
            return items[0]
        message = f"{self._name} with {_listed(conditions)} must be one, got {len(items)}\n{self._describe(items)}"
        raise NotAsExpected(message)


class Messages(AccountList[MessageRecord]):
    """Submitted messages: `ccell.outbox` has the accepted ones, `ccell.refused` the others."""

    _fields = ("phone", "content", "linkid", "state", "code")

    def __init__(self, account: AccountControl, name: str, **base: str) -> None:
        """List messages of an account.

        Args:
            account: The account.
            name: Name of the messages in errors.
            base: Conditions of all messages of the list, as in `AccountControl.messages`.
        """
        super().__init__(account)
        self._name = name
        self._base = base

    def _items(self) -> Iterable[MessageRecord]:
        return self._account.messages(**self._conditions({}))

    def _conditions(self, conditions: MessageConditions) -> dict[str, Any]:
        return {**self._base, **conditions}

    def find(self, **conditions: Unpack[MessageConditions]) -> list[MessageRecord]:
        """The messages that match."""
        return list(self._account.messages(**self._conditions(conditions)))

    def one(self, **conditions: Unpack[MessageConditions]) -> MessageRecord:
        """The message that matches.

        Raises:
            NotAsExpected: None matches, and the error lists those that almost match; or several match.
        """
        __tracebackhide__ = True
        found = self.find(**conditions)
        if found:
            return self._only(found, dict(conditions))
        return self._wait(0, f"there are no {self._name} with {_listed(dict(conditions))}", conditions)

    def wait(self, *, timeout: float = 10.0, **conditions: Unpack[MessageConditions]) -> MessageRecord:
        """Block until a message matches, and return the first that does.

        Args:
            timeout: Seconds.
            conditions: Fields of the message.

        Raises:
            NotAsExpected: None came in time; the error lists those that almost match.
        """
        __tracebackhide__ = True
        failure = f"no {self._name} with {_listed(dict(conditions))} came within {timeout:g} s"
        return self._wait(timeout, failure, conditions)

    def _wait(self, timeout: float, failure: str, conditions: MessageConditions) -> MessageRecord:
        __tracebackhide__ = True
        try:
            return self._account.wait(timeout=timeout, **self._conditions(conditions)).messages[0]
        except NotInTime as error:
            # The first line of the error repeats the conditions.
            _, _, found = str(error).partition("\n")
            message = f"{failure}\n{found}"
            raise NotAsExpected(message) from None

    async def wait_async(self, *, timeout: float = 10.0, **conditions: Unpack[MessageConditions]) -> MessageRecord:  # noqa: ASYNC109 - as `wait` has it
        """Do the same as `wait`, without blocking the event loop."""
        wait = partial(self.wait, timeout=timeout, **conditions)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)


class _ComparedList(AccountList[Item]):
    """Items that are compared here, because the control API has no filter for them."""

    def find(self, **conditions: str) -> list[Item]:
        """The items that match. In every condition, `*` stands for any text."""
        return [item for item in self if all(_fits(getattr(item, name), text) for name, text in conditions.items())]

    def one(self, **conditions: str) -> Item:
        """The item that matches.

        Raises:
            NotAsExpected: There is none, and the error lists the most similar ones; or there are several.
        """
        __tracebackhide__ = True
        found = self.find(**conditions)
        if found:
            return self._only(found, conditions)
        nearest = sorted(self, key=lambda item: -_similarity(item, conditions))
        message = f"there are no {self._name} with {_listed(conditions)}\n{self._describe(nearest)}"
        raise NotAsExpected(message)


class Reports(_ComparedList[ReportRecord]):
    """Status reports: later, waiting, and fetched (`fetched_at`)."""

    _name = "reports"
    _fields = ("msgid", "phone", "linkid", "status", "info", "fetched_at")

    def _items(self) -> Iterable[ReportRecord]:
        return self._account.reports()


class Upmsgs(_ComparedList[UpmsgRecord]):
    """Upstream messages: later, waiting, and fetched (`fetched_at`)."""

    _name = "upmsgs"
    _fields = ("phone", "msgcontent", "spnumber", "fetched_at")

    def _items(self) -> Iterable[UpmsgRecord]:
        return self._account.upmsgs()


def _fits(value: object, wanted: str) -> bool:
    return value == wanted or (isinstance(value, str) and Patterns((wanted,)).match(value))


def _similarity(item: object, conditions: dict[str, str]) -> float:
    return sum(SequenceMatcher(None, str(getattr(item, name)), value).ratio() for name, value in conditions.items())


def _listed(conditions: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in conditions.items()) or "any fields"


def _short(value: object) -> str:
    text = str(value) if value is None or isinstance(value, State) else repr(value)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 1]}…"
