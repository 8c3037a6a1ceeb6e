"""Records of what clients have met: codes, limits, open questions and kinds of faults.

Times are aware, in Asia/Shanghai, on the gateway's clock. They are ISO 8601 with the offset in JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

__all__ = ["Coverage", "CoverageCall", "CoverageItem", "CoverageTotal", "CoverageWay"]

CoverageKind = Literal["code", "limit", "question", "fault"]
WayKind = Literal["request", "setting", "phone", "userid", "fault"]


@dataclass(frozen=True, slots=True)
class CoverageCall:
    """A call of the control API.

    Attributes:
        method: The HTTP method.
        path: The path, such as `/_ccell/v1/accounts/200001/faults`; `{userid}` stands for an account to choose.
        body: The body, as JSON.
    """

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CoverageWay:
    """One way to bring something about.

    Attributes:
        kind: `fault` (arranged for the next request), `setting` (the call comes first), `phone` (a magic number to send
            to), `userid` (a magic userid) or `request` (a request with certain attributes).
        text: What to do, in English.
        text_zh: The same in Chinese.
        value: The magic number, the magic userid or the attributes of the request; empty if there are none.
        call: The call of the control API; null if none is needed.
    """

    kind: WayKind
    text: str
    text_zh: str
    value: str = ""
    call: CoverageCall | None = None


@dataclass(frozen=True, slots=True)
class CoverageItem:
    """Something that a client can meet.

    Attributes:
        kind: `code` (a status code of a request or a number), `limit` (a limit of the gateway or the account),
            `question` (an open question that was the basis of an answer) or `fault` (a kind of fault that was applied).
        name: The code, the name of the limit, the id of the question, or the kind of the fault.
        text: Its meaning in English.
        text_zh: The same in Chinese.
        count: Number of answers in which the client met it; 0 if it has not.
        first: Time of the first one, or null.
        last: Time of the last one, or null.
        ways: How to bring it about, the simplest way first.
    """

    kind: CoverageKind
    name: str
    text: str
    text_zh: str
    count: int
    first: datetime | None
    last: datetime | None
    ways: tuple[CoverageWay, ...]


@dataclass(frozen=True, slots=True)
class CoverageTotal:
    """The number of items of a kind that were met.

    Attributes:
        kind: The kind.
        met: Number of items that were met.
        total: Number of all items.
    """

    kind: CoverageKind
    met: int
    total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The items that the clients of an account have met, or those of all accounts.

    Attributes:
        userid: The account; null for all accounts, with closed ones and requests of no account.
        totals: How much of each kind was met: codes, limits, questions, faults.
        items: Everything that can be met, by kind.
    """

    userid: str | None
    totals: tuple[CoverageTotal, ...]
    items: tuple[CoverageItem, ...]

    @classmethod
    def of(cls, userid: str | None, items: Iterable[CoverageItem]) -> "Coverage":
        """Count the items of each kind."""
        listed = tuple(items)
        totals: dict[CoverageKind, tuple[int, int]] = {}
        for one in listed:
            met, total = totals.get(one.kind, (0, 0))
            totals[one.kind] = met + bool(one.count), total + 1
        return cls(userid, tuple(CoverageTotal(kind, *counts) for kind, counts in totals.items()), listed)

    def __add__(self, other: "Coverage") -> "Coverage":
        """Add up what two have met. The sum is that of all accounts."""
        others = {(one.kind, one.name): one for one in other.items}
        return Coverage.of(None, (_sum(one, others.get((one.kind, one.name))) for one in self.items))


def _sum(one: CoverageItem, other: CoverageItem | None) -> CoverageItem:
    if other is None or not other.count:
        return one
    firsts = [time for time in (one.first, other.first) if time is not None]
    lasts = [time for time in (one.last, other.last) if time is not None]
    return replace(one, count=one.count + other.count, first=min(firsts), last=max(lasts))
