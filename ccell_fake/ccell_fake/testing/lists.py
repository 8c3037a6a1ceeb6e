"""What happened on an account, to be read like a list: messages, reports, upstream messages.

Each look asks the emulator anew, so that a list is never behind what the code under test did.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any, ClassVar, Generic, TypedDict, TypeVar, Unpack, overload

import anyio.to_thread

from ccell_fake.control.client import AccountControl, NotInTime
from ccell_fake.inspection import MessageRecord, ReportRecord, State, UpmsgRecord
from ccell_fake.testing.errors import NotAsExpected

Item = TypeVar("Item")

_SHOWN = 5
_LONGEST = 60


class Wanted(TypedDict, total=False):
    """Which messages: the fields a message has to have; phone, linkid and content may hold `*` for any text."""

    phone: str
    linkid: str
    content: str
    msgid: str
    state: State


class Listed(ABC, Sequence[Item], Generic[Item]):
    """Something of an account, oldest first."""

    _called = "items"
    _shown: tuple[str, ...] = ()

    def __init__(self, account: AccountControl) -> None:
        """Look at an account."""
        self._account = account

    @abstractmethod
    def _found(self) -> Iterable[Item]:
        """All of them."""

    def __iter__(self) -> Iterator[Item]:
        """Each, as they are by now."""
        return iter(tuple(self._found()))

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self._found())

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        """One by its place, or some.

        Raises:
            IndexError: There are not so many.
        """
        found = tuple(self._found())
        __tracebackhide__ = True
        try:
            return found[place]
        except IndexError:
            message = f"[{place}] is not there; there are {self._told(found)}"
            raise IndexError(message) from None

    def __eq__(self, other: object) -> bool:
        """Whether it holds the same as a list or a tuple."""
        return isinstance(other, Sequence) and list(self) == list(other)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    __hash__: ClassVar[None] = None  # type: ignore[assignment] # what is in it changes

    def __repr__(self) -> str:
        """What there is, a line each."""
        return self._told(tuple(self._found()))

    def _told(self, found: Sequence[Item]) -> str:
        if not found:
            return f"no {self._called}"
        lines = [self._line(item) for item in found[:_SHOWN]]
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        return "\n  ".join([f"{len(found)} {self._called}:", *lines, *more])

    def _line(self, item: Item) -> str:
        return " ".join(f"{name}={_short(getattr(item, name))}" for name in self._shown)

    def _only(self, wanted: dict[str, Any], found: Sequence[Item]) -> Item:
        __tracebackhide__ = True
        if len(found) == 1:
            return found[0]
        message = f"there are {len(found)} {self._called} with {_asked(wanted)}, not one\n{self._told(found)}"
        raise NotAsExpected(message)


class Messages(Listed[MessageRecord]):
    """Messages that were submitted: of `ccell.outbox` those that were accepted, of `ccell.refused` the others."""

    _shown = ("phone", "content", "linkid", "state", "code")

    def __init__(self, account: AccountControl, called: str, **only: str) -> None:
        """Look at the messages of an account.

        Args:
            account: Whose.
            called: What errors call them.
            only: Which of them, as `AccountControl.messages` has it.
        """
        super().__init__(account)
        self._called = called
        self._only_those = only

    def _found(self) -> Iterable[MessageRecord]:
        return self._account.messages(**self._asked_for({}))

    def _asked_for(self, wanted: Wanted) -> dict[str, Any]:
        return {**self._only_those, **wanted}

    def find(self, **wanted: Unpack[Wanted]) -> list[MessageRecord]:
        """Those that are as wanted."""
        return list(self._account.messages(**self._asked_for(wanted)))

    def one(self, **wanted: Unpack[Wanted]) -> MessageRecord:
        """The one that is as wanted.

        Raises:
            NotAsExpected: There is none, and the message says what was nearest; or there are several.
        """
        __tracebackhide__ = True
        found = self.find(**wanted)
        if found:
            return self._only(dict(wanted), found)
        try:
            return self._account.wait(timeout=0, **self._asked_for(wanted)).messages[0]
        except NotInTime as error:
            message = f"there are no {self._called} with {_asked(dict(wanted))}\n{_instead(error)}"
            raise NotAsExpected(message) from None

    def wait(self, *, timeout: float = 10.0, **wanted: Unpack[Wanted]) -> MessageRecord:
        """The first that is as wanted, as soon as there is one.

        Args:
            timeout: Seconds.
            wanted: Which.

        Raises:
            NotAsExpected: None came in time; the message says what did, the nearest first.
        """
        __tracebackhide__ = True
        try:
            return self._account.wait(timeout=timeout, **self._asked_for(wanted)).messages[0]
        except NotInTime as error:
            message = f"no {self._called} with {_asked(dict(wanted))} came within {timeout:g} s\n{_instead(error)}"
            raise NotAsExpected(message) from None

    async def wait_async(self, *, timeout: float = 10.0, **wanted: Unpack[Wanted]) -> MessageRecord:  # noqa: ASYNC109 - as `wait` has it
        """The same for asynchronous tests, whose event loop goes on meanwhile."""
        wait = partial(self.wait, timeout=timeout, **wanted)
        return await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)


class _Plain(Listed[Item]):
    """What is compared here: there is no question for it."""

    def find(self, **wanted: str) -> list[Item]:
        """Those whose fields are as wanted."""
        return [item for item in self if all(getattr(item, name) == value for name, value in wanted.items())]

    def one(self, **wanted: str) -> Item:
        """The one whose fields are as wanted.

        Raises:
            NotAsExpected: There is none, and the message says what there is, the nearest first; or there are several.
        """
        __tracebackhide__ = True
        found = self.find(**wanted)
        if found:
            return self._only(dict(wanted), found)
        nearest = sorted(self, key=lambda item: -_likeness(item, wanted))
        message = f"there are no {self._called} with {_asked(wanted)}\n{self._told(nearest)}"
        raise NotAsExpected(message)


class Reports(_Plain[ReportRecord]):
    """Status reports: those to come, those waiting and those that were fetched (`fetched_at`)."""

    _called = "reports"
    _shown = ("msgid", "phone", "linkid", "status", "info", "fetched_at")

    def _found(self) -> Iterable[ReportRecord]:
        return self._account.reports()


class Upmsgs(_Plain[UpmsgRecord]):
    """Upstream messages: those to come, those waiting and those that were fetched (`fetched_at`)."""

    _called = "upmsgs"
    _shown = ("phone", "msgcontent", "spnumber", "fetched_at")

    def _found(self) -> Iterable[UpmsgRecord]:
        return self._account.upmsgs()


def _likeness(item: object, wanted: dict[str, str]) -> float:
    return sum(SequenceMatcher(None, str(getattr(item, name)), value).ratio() for name, value in wanted.items())


def _instead(error: NotInTime) -> str:
    """What there was, without what was waited for."""
    return str(error).partition("\n")[2]


def _asked(wanted: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in wanted.items()) or "any fields"


def _short(value: object) -> str:
    text = str(value) if value is None or isinstance(value, State) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
