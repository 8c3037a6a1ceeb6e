"""Compare recorded answers with replayed ones.

Serial numbers and the account's ID always differ. Each recorded one must correspond to one replayed one.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ccell_fake.errors import UnreadableReply
from ccell_fake.model import AccountInfo, AnyReply
from ccell_fake.transcripts.exchange import Exchange

_VALUE = re.compile(rb"(?<==)(\s*)([\"'])[^<]*?\2")
_TEXT = re.compile(rb">([^<]*)")
_JSON_VALUE = re.compile(rb'(?<=[:\[,])(\s{0,16})(?:"(?:[^"\\]|\\.)*"|[\w.+-]+)(?=\s{0,16}[,}\]])')
_CORRESPONDING = {"msgid", "id"}
_ABSENT = "(none)"

LAYOUT = "layout"
"""The `where` of a difference in the bytes only: blanks, quotes, the order of attributes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two answers.

    Attributes:
        number: The number of the exchange.
        operation: Its endpoint, or its path if it has no endpoint.
        where: The part that differs, such as `HTTP status`, `return` or `resp 2 info`.
        recorded: The recorded value.
        replayed: The replayed value.
    """

    number: int
    operation: str
    where: str
    recorded: str
    replayed: str


class Comparison:
    """Compares the answers of one run, in order. It remembers which serial numbers correspond."""

    def __init__(self) -> None:
        """Start without corresponding values."""
        self._replayed: dict[tuple[str, str], str] = {}
        self._recorded: dict[tuple[str, str], str] = {}

    def replayed_msgid(self, recorded: str) -> str | None:
        """Return the replayed msgid that corresponds to a recorded one, if known."""
        return self._replayed.get(("msgid", recorded))

    def differences(self, recorded: Exchange, replayed: Exchange) -> Iterator[Difference]:
        """Return the differences between two answers to the same request."""
        for where, before, after in self._compare(recorded, replayed):
            if before != after:
                yield Difference(recorded.number, recorded.operation or recorded.path, where, before, after)

    def _compare(self, recorded: Exchange, replayed: Exchange) -> Iterator[tuple[str, str, str]]:
        yield "ending", recorded.ending.value, replayed.ending.value
        yield "HTTP status", f"{recorded.status}", f"{replayed.status}"
        yield "Content-Type", _normalize(recorded.answer_type), _normalize(replayed.answer_type)
        before, after = _parse_reply(recorded), _parse_reply(replayed)
        if before is None or after is None:
            yield "body", _decode(recorded.answer), _decode(replayed.answer)
            return
        yield "return", before.code, after.code
        yield "info", before.info, after.info
        yield "count", f"{len(before.items)}", f"{len(after.items)}"
        for number, (one, other) in enumerate(zip(before.items, after.items, strict=False), 1):
            yield from self._compare_items(number, one, other)
        if len(before.items) == len(after.items):
            yield LAYOUT, layout(recorded.answer), layout(replayed.answer)

    def _compare_items(self, number: int, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - any item of an answer
        name = "account" if isinstance(before, AccountInfo) else f"{type(before).__name__.lower()} {number}"
        others = asdict(after)
        for field, value in asdict(before).items():
            if field in _CORRESPONDING:
                yield f"{name} {field}", *self._correspond(field, value, others[field])
            else:
                yield f"{name} {field}", _format(value), _format(others[field])

    def _correspond(self, field: str, before: str, after: str) -> tuple[str, str]:
        """Return two equal texts if the values may correspond."""
        if not before or not after:
            return before or _ABSENT, after or _ABSENT
        expected = self._replayed.setdefault((field, before), after)
        known = self._recorded.setdefault((field, after), before)
        if (expected, known) == (after, before):
            return "", ""
        return f"{before}, which is {expected}", after


def _format(value: object) -> str:
    return _ABSENT if value is None else f"{value}"


def _normalize(content_type: str) -> str:
    return content_type.replace(" ", "").lower()


def _parse_reply(exchange: Exchange) -> AnyReply | None:
    try:
        return exchange.reply()
    except UnreadableReply:
        return None


def layout(answer: bytes) -> str:
    """Return the declaration, blanks, elements and attribute order of an answer, without its values.

    Of JSON, return blanks and the order of members. Neighbours with the same layout count as one.
    """
    if answer.lstrip().startswith(b"{"):
        return _decode(_join_alike(_JSON_VALUE.sub(rb'\1""', answer), b"}"))
    declaration, end, rest = answer.partition(b"?>")
    shape = _TEXT.sub(_without_text, _VALUE.sub(rb"\1\2\2", rest if end else answer))
    return _decode((declaration + end if end else b"") + _join_alike(shape, b">"))


def _join_alike(shape: bytes, end: bytes) -> bytes:
    """Leave out each part, up to the end of an element or object, that is like the one before it."""
    parts = [*(part + end for part in shape.split(end)[:-1]), shape[shape.rfind(end) + 1 :]]
    return b"".join(part for index, part in enumerate(parts) if index == 0 or part != parts[index - 1])


def _without_text(text: re.Match[bytes]) -> bytes:
    """Replace a text between two tags by a dot. Blanks stay."""
    is_between = text.end() < len(text.string)
    return b">." if is_between and text[1].strip() else text[0]


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
