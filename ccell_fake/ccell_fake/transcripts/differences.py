"""What differs between an answer that was recorded and one that was replayed.

Serial numbers and the account's ID cannot be the same. They are held to correspond: each that was recorded stands for
one that was replayed, and none for two.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ccell_fake.errors import UnreadableReply
from ccell_fake.model import AccountInfo, AnyReply
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.wire import replies

_VALUE = re.compile(rb"(?<==)(\s*)([\"'])[^<]*?\2")
_TEXT = re.compile(rb">([^<]*[^<\s][^<]*)<")
_CORRESPONDING = {"msgid", "id"}
_ABSENT = "(none)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not the same.

    Attributes:
        number: The number of the exchange.
        operation: Its endpoint, or its path where that is none.
        where: What differs, such as `HTTP status`, `return` or `resp 2 info`.
        recorded: How it was.
        replayed: How it is.
    """

    number: int
    operation: str
    where: str
    recorded: str
    replayed: str


class Comparison:
    """Compares the answers of one run, in order; what corresponds is learnt from one exchange to the next."""

    def __init__(self) -> None:
        """Nothing corresponds yet."""
        self._replayed: dict[tuple[str, str], str] = {}
        self._recorded: dict[tuple[str, str], str] = {}

    def replayed_msgid(self, recorded: str) -> str | None:
        """The msgid that a recorded one stands for, if there is one."""
        return self._replayed.get(("msgid", recorded))

    def differences(self, recorded: Exchange, replayed: Exchange) -> Iterator[Difference]:
        """What differs between two answers to the same request."""
        operation = recorded.operation
        for where, before, now in self._compared(recorded, replayed):
            if before != now:
                yield Difference(recorded.number, operation or recorded.path, where, before, now)

    def _compared(self, recorded: Exchange, replayed: Exchange) -> Iterator[tuple[str, str, str]]:
        yield "ending", recorded.ending.value, replayed.ending.value
        yield "HTTP status", f"{recorded.status}", f"{replayed.status}"
        yield "Content-Type", _media_type(recorded.answer_type), _media_type(replayed.answer_type)
        before, now = _reply(recorded), _reply(replayed)
        if before is None or now is None:
            yield "body", _shown(recorded.answer), _shown(replayed.answer)
            return
        yield "return", before.code, now.code
        yield "info", before.info, now.info
        yield "count", f"{len(before.items)}", f"{len(now.items)}"
        if len(before.items) == len(now.items):
            yield "layout", layout(recorded.answer), layout(replayed.answer)
        for place, (one, other) in enumerate(zip(before.items, now.items, strict=False), 1):
            yield from self._items(place, one, other)

    def _items(self, place: int, before: Any, now: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - whatever an answer carries
        name = "account" if isinstance(before, AccountInfo) else f"{type(before).__name__.lower()} {place}"
        others = asdict(now)
        for field, value in asdict(before).items():
            if field in _CORRESPONDING:
                yield f"{name} {field}", *self._corresponding(field, value, others[field])
            else:
                yield f"{name} {field}", _said(value), _said(others[field])

    def _corresponding(self, field: str, before: str, now: str) -> tuple[str, str]:
        """Two texts that are equal if one value may stand for the other."""
        if not before or not now:
            return before or _ABSENT, now or _ABSENT
        expected = self._replayed.setdefault((field, before), now)
        known = self._recorded.setdefault((field, now), before)
        if (expected, known) == (now, before):
            return "", ""
        return f"{before}, which is {expected}", now


def _said(value: object) -> str:
    return _ABSENT if value is None else f"{value}"


def _media_type(content_type: str) -> str:
    return content_type.replace(" ", "").lower()


def _reply(exchange: Exchange) -> AnyReply | None:
    if exchange.operation is None:
        return None
    try:
        return replies.parse(exchange.operation, exchange.answer)
    except UnreadableReply:
        return None


def layout(answer: bytes) -> str:
    """How an answer is written, whatever it says: its declaration, blanks, elements and the order of attributes.

    Neighbours that are written alike count as one.
    """
    declaration, end, rest = answer.partition(b"?>")
    shape = _TEXT.sub(b">.<", _VALUE.sub(rb"\1\2\2", rest if end else answer))
    parts = [*re.findall(rb"[^<]*<[^<>]*>", shape), shape[shape.rfind(b">") + 1 :]]
    kept = [part for place, part in enumerate(parts) if place == 0 or part != parts[place - 1]]
    return _shown((declaration + end if end else b"") + b"".join(kept))


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
