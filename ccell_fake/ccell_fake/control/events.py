"""Events of the control API as server-sent events: written by the emulator, read by its client."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from pydantic_core import to_jsonable_python

_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class EventId:
    """A place in a stream of events. Its text is opaque to clients.

    Attributes:
        history: Name of the history that the positions belong to.
        account: Key of the only account of the stream; 0 if it has all.
        position: Events up to this position were sent.
        time_position: Events of time up to this position were sent or are not wanted.
        part: Msgid of the last message of the request at `position` that was sent; 1 for the request alone, 0 for all.
    """

    history: str
    account: int
    position: int
    time_position: int
    part: int = 0

    def __str__(self) -> str:
        """Write it."""
        return f"{self.history}-{self.account}-{self.position}-{self.time_position}-{self.part}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read it. Returns None for any other text."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(found[1], *map(int, found.groups()[1:]))


@dataclass(frozen=True, slots=True)
class Event:
    """An event of an account.

    Attributes:
        kind: From requests: `send`, `message`, `fetch_report`, `fetch_upmsg`, `info` or `http_error`. From time:
            `sent`, `report`, `upmsg` or `opt_out`. `ended` if an account was reset or closed. `resync` if you must read
            everything anew, because events are missing.
        data: The userid, null for a request of no account, and the record of the event under `request`, `message` or
            `event`. `resync` has its `reason` instead: `unknown_id`, `entries_dropped` or `restored`.
        id: Opaque text to continue after this event; empty if the emulator sent none.
    """

    kind: str
    data: dict[str, Any]
    id: str = ""

    def encode(self) -> bytes:
        """Write the event, in ASCII: readers also split lines at other characters."""
        data = json.dumps(to_jsonable_python(self.data))
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (self.id.encode(), self.kind.encode(), data.encode())


def encode_start(id_: str) -> bytes:
    """Write the start of a stream: a comment, and the id to continue from if no event comes, unless it is empty."""
    return b": listening\n%s\n" % (b"id: %s\n" % id_.encode() if id_ else b"")


def read_id(lines: Iterator[str]) -> str:
    """Read the rest of the start of a stream. Returns the id to continue from, or empty text."""
    return next(lines, "").removeprefix("id: ")


def read_events(lines: Iterator[str]) -> Iterator[Event]:
    """Read events from the lines of a stream, after its start."""
    members: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            members[name] = value
        elif not line and "data" in members:
            yield Event(members["event"], json.loads(members["data"]), members.get("id", ""))
            members = {}
