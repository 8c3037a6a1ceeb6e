"""Describe the events of an emulator, each in a line for people."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ccell_fake.clock import SystemClock
from ccell_fake.control.events import Event
from ccell_fake.patterns import Patterns
from ccell_mock_server.commands.terminal import breaks, render, visible, width

if TYPE_CHECKING:
    from rich.text import Text

_GOOD, _BAD, _QUIET = "green", "red", "dim"
_TIME_STYLES = {"upmsg": "cyan", "opt_out": "yellow"}
_NUMBER = re.compile("[0-9]+")
_RESYNCS = {
    "unknown_id": "the emulator was started anew; what it had before is gone",
    "restored": "a snapshot replaced the state of the emulator",
    "entries_dropped": "the journal has dropped requests that are not shown here",
}


class Line(NamedTuple):
    """An event for people.

    Attributes:
        at: Its time, on the account's clock; None if it has none.
        words: Its words in order, each with its style, which may be empty.
        explanation: The reasons for refusals.
    """

    at: datetime | None
    words: tuple[tuple[str, str], ...]
    explanation: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """Conditions of events. None means any.

    Attributes:
        userid: The account.
        phone: A pattern of the number.
        code: A pattern of the code.
    """

    userid: str | None = None
    phone: str | None = None
    code: str | None = None

    def match(self, event: Event) -> bool:
        """Return whether an event matches. An event about the whole stream always does."""
        data = event.data
        if event.kind == "resync":
            return True
        if self.userid is not None and data["userid"] != self.userid:
            return False
        if self.code is not None and not Patterns([self.code]).match(_code(data)):
            return False
        return self.phone is None or any(map(Patterns([self.phone]).match, _phones(event)))


def _code(data: dict[str, Any]) -> str:
    return next((str(data[name]["code"]) for name in ("message", "request") if name in data), "")


def _phones(event: Event) -> Iterator[str]:
    data = event.data
    yield from (data[name]["phone"] for name in ("message", "event") if name in data and data[name]["phone"])
    if event.kind == "send":
        yield from _NUMBER.findall(data["request"]["request"])


class EventLines:
    """Describes events in their order."""

    def __init__(self) -> None:
        self._explanations: tuple[str, ...] = ()

    def describe(self, event: Event) -> Line | None:
        """Return the line of an event; None for a send whose messages follow, each with a line of its own."""
        data = event.data
        who = (data.get("userid") or "-", _QUIET)
        match event.kind:
            case "resync":
                return Line(None, ((_RESYNCS[data["reason"]], "yellow"),))
            case "ended":
                return Line(None, (who, ("the account was reset or closed", "yellow")))
            case "message":
                return self._message(who, data["message"])
            case _ if "request" in data:
                return self._request(event.kind, who, data["request"])
            case kind:
                return _time(kind, who, data["event"])

    def _message(self, who: tuple[str, str], one: dict[str, Any]) -> Line:
        is_accepted = one["code"] == "0"
        reason = "" if is_accepted else f"{one['code']} {one['info']}"
        state = "accepted" if is_accepted else "refused"
        due = f"for {one['sendtime'][:19].replace('T', ' ')}" if one["sendtime"] and is_accepted else ""
        words = (
            (one["phone"], ""),
            (state, _GOOD if is_accepted else _BAD),
            (reason, _BAD),
            (due, ""),
            (one["content"], ""),
            (f"msgid={one['msgid']}", _QUIET),
            (f"linkid={one['linkid']}" if one["linkid"] else "", _QUIET),
        )
        explained = [line for line in self._explanations if line.startswith(f"{one['code']}: ")]
        named = [line for line in explained if one["phone"] in line]
        return Line(_at(one["submitted_at"]), (who, ("message", ""), *words), tuple((named or explained)[:1]))

    def _request(self, kind: str, who: tuple[str, str], one: dict[str, Any]) -> Line | None:
        explanation = tuple(one["explanation"].splitlines())
        self._explanations = explanation if kind == "send" else ()
        if one["code"] == "0":
            if kind == "send" and one["items"]:
                return None
            count = f"{one['items']} items" if one["items"] != 1 else "1 item"
            words = () if kind == "info" else ((count, ""),)
            return Line(_at(one["at"]), (who, (kind, _QUIET), *words, _delivery(one)))
        about = (one["request"], "") if kind == "http_error" else ("", "")
        answered = ("refused" if one["code"] else "not judged", _BAD), (one["code"], _BAD), (one["basis"], _QUIET)
        return Line(_at(one["at"]), (who, (kind, ""), about, *answered, _delivery(one)), explanation)


def _delivery(one: dict[str, Any]) -> tuple[str, str]:
    return ("" if one["delivery"] == "whole" else f"fault {one['delivery']}", "yellow")


def _time(kind: str, who: tuple[str, str], one: dict[str, Any]) -> Line:
    msgid = (f"msgid={one['msgid']}" if one["msgid"] else "", _QUIET)
    style = _TIME_STYLES.get(kind, "")
    if kind == "report":
        style = _GOOD if one["text"] == "成功" else _BAD
    return Line(_at(one["at"]), (who, (kind, style), (one["phone"] or "", ""), (one["text"], style), msgid))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def render_line(line: Line) -> str:
    """Render a line with its colours. What does not fit in the width of stdout continues under its first word."""
    from rich.text import Text  # noqa: PLC0415 - takes longer to import than the rest of a command

    clock = Text(f"{_clock(line.at)} ", _QUIET)
    indent = Text(" " * len(clock))
    texts = [_styled(line.words), *(Text(visible(text)) for text in line.explanation)]
    lines = chain.from_iterable(text.divide(breaks(text.plain, width() - len(clock))) for text in texts)
    return render(Text("\n").join((indent if index else clock) + text for index, text in enumerate(lines)))


def _clock(at: datetime | None) -> str:
    """Return the time; with the date if it is not today's in Asia/Shanghai."""
    now = SystemClock().now()
    at = at or now
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S}"


def _styled(words: tuple[tuple[str, str], ...]) -> "Text":
    from rich.text import Text  # noqa: PLC0415 - likewise

    return Text(" ").join(Text(visible(text), style) for text, style in words if text)
