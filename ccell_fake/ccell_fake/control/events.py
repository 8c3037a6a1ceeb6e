"""Events of the control API as server-sent events: written by the emulator, read by its client."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python


@dataclass(frozen=True, slots=True)
class Event:
    """An event of an account.

    Attributes:
        kind: From requests: `send`, `message`, `fetch_report`, `fetch_upmsg`, `info` or `http_error`. From time:
            `sent`, `report`, `upmsg` or `opt_out`. Last of a stream: `ended` or `entries_dropped`.
        data: The userid, null for a request of no account, and the record of the event under `request`, `message` or
            `event`.
        position: Position in the journal; None unless this is the last event of a request.
    """

    kind: str
    data: dict[str, Any]
    position: int | None = None

    def encode(self) -> bytes:
        """Write the event, in ASCII: readers also split lines at other characters."""
        position = b"" if self.position is None else b"id: %d\n" % self.position
        data = json.dumps(to_jsonable_python(self.data))
        return b"%sevent: %s\ndata: %s\n\n" % (position, self.kind.encode(), data.encode())


def read_events(lines: Iterator[str]) -> Iterator[Event]:
    """Read events from the lines of a stream."""
    members: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            members[name] = value
        elif "data" in members:
            yield Event(members["event"], json.loads(members["data"]), int(members["id"]) if "id" in members else None)
            members = {}
